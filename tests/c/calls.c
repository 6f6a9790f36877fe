/*
 * Calls that do not block, as a program sees them: when the descriptor is readable, in which order calls come out,
 * what is refused, how many threads there are, and what a cancellation or a deadline comes to. freeing.c has who may
 * be freed when, log.c the log.
 */
#include "calls.h"

enum { CALLS = 20, BACKLOG = 60 };

/* ---- The descriptor ------------------------------------------------------------------------------ */

static void readable_exactly_while_something_waits(void)
{
    stytch_client *client = sandbox_client();
    stytch_queue *queue = new_queue();
    stytch_call *calls[CALLS];
    char *event;

    CHECK((stytch_queue_fd(queue) >= 0) == HAS_DESCRIPTORS);
    CHECK(!is_readable(queue, 0));
    CHECK(!stytch_queue_wait(queue, 1));
    for (int i = 0; i < CALLS; i++) {
        calls[i] = start_good(client, queue, &calls[i]);
    }
    for (int i = 0; i < CALLS; i++) {
        while (!stytch_call_is_finished(calls[i])) {
            sleep_ms(1);
        }
    }
    for (int i = 0; i < CALLS; i++) {
        stytch_call *call;

        CHECK(is_readable(queue, 0));
        call = stytch_queue_next(queue);
        REQUIRE(call != NULL);
        CHECK(*(stytch_call **)stytch_call_userdata(call) == call);
        CHECK(stytch_call_is_finished(call));
        check_succeeds(call);
        stytch_call_free(call);
    }
    CHECK(!is_readable(queue, 0));
    CHECK(stytch_queue_next(queue) == NULL);

    /* A finished call that is freed instead of being taken out does not wait any more. */
    calls[0] = start_good(client, queue, NULL);
    CHECK(is_readable(queue, LONG_ENOUGH_MS));
    stytch_call_free(calls[0]);
    CHECK(!is_readable(queue, 0));
    CHECK(stytch_queue_next(queue) == NULL);

    /* An event waits as a call does. */
    CHECK(stytch_queue_set_log_level(queue, STYTCH_LOG_INFO, NULL));
    calls[0] = start_good(client, queue, NULL);
    expect_next(queue, calls[0]);
    CHECK(is_readable(queue, 0) == HAS_DESCRIPTORS);
    CHECK(!stytch_queue_wait(queue, 0)); /* which is for calls */
    event = stytch_queue_next_event(queue, NULL);
    CHECK_CONTAINS(event, "\"code\":\"OK\"");
    stytch_string_free(event);
    CHECK(!is_readable(queue, 0));
    stytch_call_free(calls[0]);

    stytch_queue_free(queue);
    stytch_client_free(client);
}

/* One thread runs them one after the other; a call that finishes earlier comes out earlier, whoever began first. */
static void in_the_order_in_which_they_finish(void)
{
    struct silent server = silent_server();
    stytch_options *options = sandbox_options();
    stytch_client *slow = silent_client(&server), *quick;
    stytch_queue *queue = new_queue();
    stytch_call *calls[CALLS], *first;
    int connection;

    CHECK(stytch_options_set_max_threads(options, 1, NULL));
    quick = client_with(options);
    stytch_options_free(options);
    for (int i = 0; i < CALLS; i++) {
        calls[i] = start_good(quick, queue, NULL);
    }
    for (int i = 0; i < CALLS; i++) {
        expect_next(queue, calls[i]);
        stytch_call_free(calls[i]);
    }

    first = start_good(slow, queue, NULL);
    connection = request_arrives(&server);
    calls[0] = start_good(quick, queue, NULL);
    expect_next(queue, calls[0]);
    CHECK(!stytch_call_is_finished(first));
    answer(connection);
    expect_next(queue, first);
    check_succeeds(first);

    stytch_call_free(first);
    stytch_call_free(calls[0]);
    stytch_queue_free(queue);
    stytch_client_free(quick);
    stytch_client_free(slow);
    close_socket(server.listener);
}

/* ---- Taking -------------------------------------------------------------------------------------- */

static void taken_once_and_not_too_early(void)
{
    struct silent server = silent_server();
    stytch_client *client = silent_client(&server);
    stytch_queue *queue = new_queue();
    stytch_call *running = start_good(client, queue, NULL), *waiting = start_good(client, queue, NULL);
    int connection = request_arrives(&server);

    CHECK(!stytch_call_is_finished(running) && !stytch_call_is_finished(waiting));
    check_fails(running, STYTCH_ERROR_INVALID_ARGUMENT, STYTCH_DELIVERY_UNKNOWN);
    check_fails(waiting, STYTCH_ERROR_INVALID_ARGUMENT, STYTCH_DELIVERY_UNKNOWN);
    answer(connection);
    expect_next(queue, running);
    check_succeeds(running);
    check_fails(running, STYTCH_ERROR_INVALID_ARGUMENT, STYTCH_DELIVERY_UNKNOWN);
    CHECK(stytch_call_is_finished(running));
    answer(request_arrives(&server));
    expect_next(queue, waiting);

    /* A call belongs to nobody: without queue and client it can be taken. */
    stytch_queue_free(queue);
    stytch_client_free(client);
    check_succeeds(waiting);
    stytch_call_free(waiting);
    stytch_call_free(running);
    close_socket(server.listener);
}

/* ---- Bounds -------------------------------------------------------------------------------------- */

static void busy_until_one_has_finished(void)
{
    struct silent server = silent_server();
    stytch_options *options = silent_options(&server);
    stytch_client *client;
    stytch_queue *queue = new_queue();
    stytch_call *calls[3];
    stytch_error *error = NULL;
    stytch_response *response;
    int connection;

    CHECK(stytch_options_set_max_pending(options, 2, NULL));
    client = client_with(options);
    stytch_options_free(options);
    calls[0] = start_good(client, queue, NULL);
    calls[1] = start_good(client, queue, NULL);
    connection = request_arrives(&server);
    CHECK(stytch_sessions_get_jwks_start(client, queue, NULL, &error) == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_BUSY, STYTCH_DELIVERY_NOT_SENT);
    CHECK(stytch_error_is_retryable(error));
    CHECK_INT(stytch_error_http_status(error), 0);
    stytch_error_free(error);
    CHECK(stytch_sessions_get_jwks_start(client, queue, NULL, NULL) == NULL);

    /* One that has finished does not count, though nobody has taken it; nor does a call that blocks. */
    stytch_call_cancel(calls[1]);
    CHECK(stytch_call_is_finished(calls[1]));
    calls[2] = start_good(client, queue, NULL);
    CHECK(stytch_sessions_get_jwks_start(client, queue, NULL, NULL) == NULL);
    response = stytch_sessions_authenticate_jwt_local(client, "a.b.c", -1, &error);
    CHECK(response == NULL);
    CHECK(stytch_error_code(error) != STYTCH_ERROR_BUSY);
    stytch_error_free(error);

    close_socket(connection);
    stytch_client_free(client); /* ends what has not finished */
    for (int i = 0; i < 3; i++) {
        CHECK(stytch_call_is_finished(calls[i]));
        stytch_call_free(calls[i]);
    }
    stytch_queue_free(queue);
    close_socket(server.listener);
}

static void as_many_threads_as_allowed(void)
{
    struct silent server = silent_server();
    stytch_options *options = silent_options(&server);
    stytch_client *client;
    stytch_queue *queue = new_queue();
    stytch_call *calls[CALLS];
    int connections[3];

    CHECK(stytch_options_set_max_threads(options, 3, NULL));
    client = client_with(options);
    stytch_options_free(options);
    CHECK(has_workers(0));
    calls[0] = start_good(client, queue, NULL);
    connections[0] = request_arrives(&server);
    CHECK(has_workers(1));
    for (int i = 1; i < CALLS; i++) {
        calls[i] = start_good(client, queue, NULL);
    }
    connections[1] = request_arrives(&server);
    connections[2] = request_arrives(&server);
    CHECK(has_workers(3));
    for (int i = 0; i < 20; i++) {
        CHECK(count_workers() <= 3);
        sleep_ms(1);
    }
    stytch_client_free(client);
    CHECK(has_workers(0));

    /* Its calls came out as cancelled: three were sent, the others not. */
    for (int i = 0; i < CALLS; i++) {
        stytch_call *call = stytch_queue_next(queue);
        int32_t delivery = STYTCH_DELIVERY_NOT_SENT;

        REQUIRE(call != NULL);
        if (call == calls[0] || call == calls[1] || call == calls[2]) {
            delivery = STYTCH_DELIVERY_UNKNOWN;
        }
        check_fails(call, STYTCH_ERROR_CANCELLED, delivery);
        stytch_call_free(call);
    }
    CHECK(stytch_queue_next(queue) == NULL);
    stytch_queue_free(queue);
    for (int i = 0; i < 3; i++) {
        close_socket(connections[i]);
    }
    close_socket(server.listener);
}

/* ---- Cancellation and the deadline --------------------------------------------------------------- */

static void *cancel(void *call)
{
    stytch_call_cancel((stytch_call *)call);
    stytch_call_cancel((stytch_call *)call);
    return NULL;
}

static void cancel_elsewhere(stytch_call *call)
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, cancel, call) == 0);
    pthread_join(thread, NULL);
}

static void cancelled_from_another_thread(void)
{
    struct silent server = silent_server();
    stytch_client *client = silent_client(&server);
    stytch_queue *queue = new_queue();
    stytch_call *running = start_good(client, queue, NULL), *waiting = start_good(client, queue, NULL), *next;
    int connection = request_arrives(&server);
    char rest[4096];
    ssize_t length;

    cancel_elsewhere(waiting);
    expect_next(queue, waiting);
    check_fails(waiting, STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_NOT_SENT);
    CHECK(!stytch_call_is_finished(running));

    /* The deadline is an hour away. */
    cancel_elsewhere(running);
    expect_next(queue, running);
    check_fails(running, STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_UNKNOWN);
    do {
        length = recv(connection, rest, sizeof rest, 0);
    } while (length > 0);
    close_socket(connection); /* the library has closed its side: this did not wait */

    /* What has a result keeps it, and the client goes on. */
    next = start_good(client, queue, NULL);
    answer(request_arrives(&server));
    expect_next(queue, next);
    cancel_elsewhere(next);
    check_succeeds(next);
    cancel_elsewhere(next);
    CHECK(stytch_queue_next(queue) == NULL);

    stytch_call_free(next);
    stytch_call_free(running);
    stytch_call_free(waiting);
    stytch_queue_free(queue);
    stytch_client_free(client);
    close_socket(server.listener);
}

/* The time runs in the backlog: nobody has to free a thread first. A call that is started a moment after the one before
 * has that moment left when its turn comes, and on a slow machine it is enough to be sent. */
static void the_deadline_counts_in_the_backlog(void)
{
    struct silent server = silent_server();
    stytch_options *options = silent_options(&server);
    stytch_client *client;
    stytch_queue *queue = new_queue();
    stytch_call *calls[BACKLOG], *call;
    stytch_error *error = NULL;
    int64_t begun = now_ms();
    int not_sent = 0;

    CHECK(stytch_options_set_timeout_ms(options, 700, NULL));
    client = client_with(options);
    stytch_options_free(options);
    for (int i = 0; i < BACKLOG; i++) {
        calls[i] = start_good(client, queue, NULL);
    }
    for (int i = 0; i < BACKLOG; i++) {
        REQUIRE(stytch_queue_wait(queue, LONG_ENOUGH_MS));
        call = stytch_queue_next(queue);
        CHECK(now_ms() - begun >= 690);
        CHECK(now_ms() - begun < 30000); /* one after the other they would take 42 s */
        CHECK(call == calls[i]);
        CHECK(stytch_call_take(call, &error) == NULL);
        CHECK_INT(stytch_error_code(error), STYTCH_ERROR_TIMEOUT);
        not_sent += stytch_error_delivery(error) == STYTCH_DELIVERY_NOT_SENT;
        stytch_error_free(error);
        stytch_call_free(call);
    }
    CHECK(not_sent > BACKLOG / 2);
    stytch_queue_free(queue);
    stytch_client_free(client);
    close_socket(server.listener);
}

int main(void)
{
    readable_exactly_while_something_waits();
    in_the_order_in_which_they_finish();
    taken_once_and_not_too_early();
    busy_until_one_has_finished();
    as_many_threads_as_allowed();
    cancelled_from_another_thread();
    the_deadline_counts_in_the_backlog();
    return finish("calls");
}
