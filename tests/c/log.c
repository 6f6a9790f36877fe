/*
 * What the log is told: one event a call, at its level, before the call can be taken, and never a secret. The callback
 * may call the library, and what that causes comes to no callback.
 */
#include "calls.h"

enum { MOST_EVENTS = 512, EVENT_LENGTH = 2048, CALLS = 40 };

/* Everything that any callback was ever told, for the search at the end. */
static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;
static char events[MOST_EVENTS][EVENT_LENGTH];
static int events_told = 0;

static char *secrets[MOST_EVENTS];
static int secrets_used = 0;

/* Counts by level, for one client. */
struct listener {
    int by_level[5];
    int all;
    char last[EVENT_LENGTH];
};

static void remember(const char *event)
{
    REQUIRE(events_told < MOST_EVENTS && strlen(event) < EVENT_LENGTH);
    strcpy(events[events_told++], event);
}

static void count(int32_t log_level, const char *event_json, void *userdata)
{
    struct listener *listener = (struct listener *)userdata;

    pthread_mutex_lock(&events_lock);
    CHECK(log_level >= STYTCH_LOG_ERROR && log_level <= STYTCH_LOG_DEBUG);
    CHECK(event_json[0] == '{' && event_json[strlen(event_json) - 1] == '}' && strchr(event_json, '\n') == NULL);
    listener->by_level[log_level]++;
    listener->all++;
    remember(event_json);
    strcpy(listener->last, event_json);
    pthread_mutex_unlock(&events_lock);
}

static int told(struct listener *listener)
{
    int all;

    pthread_mutex_lock(&events_lock);
    all = listener->all;
    pthread_mutex_unlock(&events_lock);
    return all;
}

/* What must be found in no event. */
static const char *secret(char *text)
{
    REQUIRE(text != NULL && secrets_used < MOST_EVENTS);
    secrets[secrets_used++] = text;
    return text;
}

static stytch_options *logged_options(int32_t log_level, stytch_log_function function, void *userdata)
{
    stytch_options *options = sandbox_options();

    REQUIRE(stytch_options_set_log_callback(options, log_level, function, userdata, NULL));
    return options;
}

static stytch_client *logged_client(int32_t log_level, stytch_log_function function, void *userdata)
{
    stytch_options *options = logged_options(log_level, function, userdata);
    stytch_client *client = client_with(options);

    stytch_options_free(options);
    return client;
}

/* ---- Levels -------------------------------------------------------------------------------------- */

/* A good call, a local verification that succeeds, one that fails, a rejected call, and a refused argument. */
static void make_five_calls(const stytch_client *client)
{
    const char *token = secret(new_token());
    stytch_response *session = stytch_impersonation_authenticate(client, token, NULL), *other;
    const char *jwt;

    REQUIRE(session != NULL);
    secret(strdup(stytch_response_session_token(session)));
    jwt = secret(strdup(stytch_response_session_jwt(session)));
    other = stytch_sessions_authenticate_jwt_local(client, jwt, -1, NULL);
    CHECK(other != NULL);
    stytch_response_free(other);
    CHECK(stytch_sessions_authenticate_jwt_local(client, "a.b.c", -1, NULL) == NULL);
    CHECK(stytch_impersonation_authenticate(client, token, NULL) == NULL);
    CHECK(stytch_impersonation_authenticate(client, "", NULL) == NULL);
    stytch_response_free(session);
}

static void levels(void)
{
    /* The keys of the local verification are fetched by a call of their own, which is the second success. */
    static const int expected[5][5] = {
        {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 3, 0, 0}, {0, 0, 3, 2, 0}, {0, 0, 3, 2, 1},
    };

    for (int32_t level = STYTCH_LOG_ERROR; level <= STYTCH_LOG_DEBUG; level++) {
        struct listener listener;
        stytch_client *client;
        char name[32];

        memset(&listener, 0, sizeof listener);
        snprintf(name, sizeof name, "level %d", (int)level);
        set_context(name, "");
        client = logged_client(level, count, &listener);
        make_five_calls(client);
        stytch_client_free(client);
        for (int i = 1; i < 5; i++) {
            CHECK_INT(listener.by_level[i], expected[level][i]);
        }
    }
    set_context("", "");
}

static void what_an_event_says(void)
{
    struct listener listener;
    stytch_client *client;
    stytch_options *options;
    stytch_response *session;

    memset(&listener, 0, sizeof listener);
    options = logged_options(STYTCH_LOG_INFO, count, &listener);
    client = client_with(options);
    /* A client keeps what its options said when it was made. */
    CHECK(stytch_options_set_log_callback(options, STYTCH_LOG_DEBUG, NULL, NULL, NULL));
    stytch_options_free(options);

    session = stytch_impersonation_authenticate(client, secret(new_token()), NULL);
    REQUIRE(session != NULL);
    secret(strdup(stytch_response_session_token(session)));
    CHECK_CONTAINS(listener.last, "\"operation\":\"impersonation_authenticate\"");
    CHECK_CONTAINS(listener.last, "\"host\":\"127.0.0.1");
    CHECK_CONTAINS(listener.last, "\"path\":\"/v1/b2b/impersonation/authenticate\"");
    CHECK_CONTAINS(listener.last, "\"http_status\":200");
    CHECK_CONTAINS(listener.last, "\"code\":\"OK\"");
    CHECK_CONTAINS(listener.last, "\"source\":\"remote\"");
    CHECK_CONTAINS(listener.last, stytch_response_request_id(session));
    CHECK_CONTAINS(listener.last, stytch_response_impersonator_id(session));
    CHECK_CONTAINS(listener.last, stytch_response_get_string(session, "/member_session/member_session_id"));
    stytch_response_free(session);

    /* A query may carry anything, so it is left out. */
    CHECK(stytch_request(client, "GET", "/v1/b2b/no/such/path?word=hidden-query", NULL, NULL) == NULL);
    CHECK_CONTAINS(listener.last, "\"path\":\"/v1/b2b/no/such/path\"");
    CHECK_CONTAINS(listener.last, "\"code\":\"API\"");
    CHECK_CONTAINS(listener.last, "\"delivery\":\"REJECTED\"");
    secret(strdup("hidden-query"));
    stytch_client_free(client);
}

/* ---- Calls that do not block --------------------------------------------------------------------- */

static void told_before_it_comes_out(void)
{
    struct listener listener;
    stytch_client *client;
    stytch_queue *queue = new_queue();
    stytch_call *calls[CALLS];

    memset(&listener, 0, sizeof listener);
    client = logged_client(STYTCH_LOG_INFO, count, &listener);
    for (int i = 0; i < CALLS; i++) {
        const char *token = secret(new_token());

        calls[i] = stytch_impersonation_authenticate_start(client, token, queue, NULL, NULL);
        REQUIRE(calls[i] != NULL);
    }
    for (int out = 1; out <= CALLS; out++) {
        stytch_call *call;
        stytch_response *session;

        REQUIRE(stytch_queue_wait(queue, LONG_ENOUGH_MS));
        call = stytch_queue_next(queue);
        CHECK(told(&listener) >= out);
        session = stytch_call_take(call, NULL);
        REQUIRE(session != NULL);
        secret(strdup(stytch_response_session_token(session)));
        secret(strdup(stytch_response_session_jwt(session)));
        stytch_response_free(session);
        stytch_call_free(call);
    }
    CHECK_INT(told(&listener), CALLS);
    stytch_queue_free(queue);
    stytch_client_free(client);
    CHECK_INT(told(&listener), CALLS);
}

/* Each is told once, on whichever thread ends it: cancelled in the backlog, busy, refused, and by client_free. */
static void what_did_not_run_is_told(void)
{
    struct silent server = silent_server();
    struct listener listener;
    stytch_options *options = silent_options(&server);
    stytch_client *client;
    stytch_queue *queue = new_queue();
    stytch_call *running, *waiting;
    int connection;

    memset(&listener, 0, sizeof listener);
    CHECK(stytch_options_set_log_callback(options, STYTCH_LOG_INFO, count, &listener, NULL));
    CHECK(stytch_options_set_max_pending(options, 2, NULL));
    client = client_with(options);
    stytch_options_free(options);
    running = start_good(client, queue, NULL);
    waiting = start_good(client, queue, NULL);
    connection = request_arrives(&server);
    CHECK(stytch_sessions_get_jwks_start(client, queue, NULL, NULL) == NULL);
    CHECK_INT(told(&listener), 1);
    CHECK_CONTAINS(listener.last, "\"code\":\"BUSY\"");
    CHECK(stytch_impersonation_authenticate_start(client, "", queue, NULL, NULL) == NULL);
    CHECK_INT(told(&listener), 2);
    CHECK_CONTAINS(listener.last, "\"code\":\"INVALID_ARGUMENT\"");
    stytch_call_cancel(waiting);
    CHECK_INT(told(&listener), 3);
    CHECK_CONTAINS(listener.last, "\"code\":\"CANCELLED\"");
    CHECK_CONTAINS(listener.last, "\"delivery\":\"NOT_SENT\"");
    stytch_call_cancel(waiting);
    CHECK_INT(told(&listener), 3);
    stytch_client_free(client);
    CHECK_INT(told(&listener), 4);
    CHECK_CONTAINS(listener.last, "\"delivery\":\"UNKNOWN\"");
    CHECK_INT(listener.by_level[STYTCH_LOG_WARNING], 4);
    stytch_call_free(running);
    stytch_call_free(waiting);
    stytch_queue_free(queue);
    close_socket(connection);
    close_socket(server.listener);
}

/* With events in the queue the callback hears of none of its calls, and of all others. */
static void events_in_the_queue(void)
{
    struct listener listener;
    stytch_client *client;
    stytch_queue *queue = new_queue(), *other = new_queue();
    stytch_call *call;
    int32_t level = 0;
    char *event;

    memset(&listener, 0, sizeof listener);
    client = logged_client(STYTCH_LOG_INFO, count, &listener);
    CHECK(stytch_queue_set_log_level(queue, STYTCH_LOG_WARNING, NULL));
    call = stytch_impersonation_authenticate_start(client, secret(strdup("never-made-token")), queue, NULL, NULL);
    expect_next(queue, call);
    stytch_call_free(call);
    event = stytch_queue_next_event(queue, &level);
    CHECK_INT(level, STYTCH_LOG_WARNING);
    CHECK_CONTAINS(event, "\"error_type\":\"unable_to_auth_impersonation_token\"");
    remember(event);
    stytch_string_free(event);
    call = start_good(client, queue, NULL); /* which a warning level does not hear of */
    expect_next(queue, call);
    stytch_call_free(call);
    event = stytch_queue_next_event(queue, &level);
    CHECK(event == NULL);
    CHECK_INT(told(&listener), 0);
    call = start_good(client, other, NULL);
    expect_next(other, call);
    stytch_call_free(call);
    CHECK_INT(told(&listener), 1);
    stytch_queue_free(other);
    stytch_queue_free(queue);
    stytch_client_free(client);
}

/* ---- The callback calls the library --------------------------------------------------------------- */

struct caller {
    int entered, depth, deepest;
    stytch_client *client;
    stytch_queue *queue;
    stytch_call *started[MOST_EVENTS];
};

/* Makes a call that blocks and starts one that does not, for each event. */
static void call_the_library(int32_t log_level, const char *event_json, void *userdata)
{
    struct caller *caller = (struct caller *)userdata;
    stytch_response *keys;
    stytch_error *error = NULL;

    (void)log_level;
    (void)event_json;
    CHECK_INT(caller->depth, 0);
    caller->depth++;
    REQUIRE(caller->entered < MOST_EVENTS);
    keys = stytch_sessions_get_jwks(caller->client, &error);
    CHECK_STRING(stytch_error_message(error), NULL);
    CHECK_INT(stytch_response_http_status(keys), 200);
    stytch_response_free(keys);
    caller->started[caller->entered++] = start_good(caller->client, caller->queue, NULL);
    caller->depth--;
}

static void a_callback_may_call_and_hears_nothing_of_it(void)
{
    static struct caller caller;
    stytch_options *options = logged_options(STYTCH_LOG_INFO, call_the_library, &caller);
    stytch_queue *queue = new_queue();
    stytch_call *call;
    stytch_response *keys;

    CHECK(stytch_options_set_max_threads(options, 1, NULL)); /* so that one callback runs at a time */
    caller.client = client_with(options);
    stytch_options_free(options);
    caller.queue = new_queue();
    keys = stytch_sessions_get_jwks(caller.client, NULL);
    CHECK(keys != NULL);
    stytch_response_free(keys);
    CHECK_INT(caller.entered, 1);
    expect_next(caller.queue, caller.started[0]);
    CHECK_INT(caller.entered, 1); /* what it started is caused by it, too, though it ends on another thread */
    call = start_good(caller.client, queue, NULL);
    expect_next(queue, call);
    expect_next(caller.queue, caller.started[1]);
    CHECK(!stytch_queue_wait(caller.queue, 200));
    stytch_client_free(caller.client);
    CHECK_INT(caller.entered, 2);
    stytch_call_free(call);
    for (int i = 0; i < caller.entered; i++) {
        stytch_call_free(caller.started[i]);
    }
    stytch_queue_free(caller.queue);
    stytch_queue_free(queue);
}

/* ---- Never a secret -------------------------------------------------------------------------------- */

static void no_event_holds_a_secret(void)
{
    char pair[512], encoded[1024];

    snprintf(pair, sizeof pair, "%s:%s", env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"));
    base64(pair, strlen(pair), encoded);
    secret(strdup(env("STYTCH_SECRET")));
    secret(strdup(encoded));
    CHECK(events_told > CALLS && secrets_used > 3 * CALLS);
    for (int i = 0; i < events_told; i++) {
        for (int j = 0; j < secrets_used; j++) {
            if (strstr(events[i], secrets[j]) != NULL) {
                set_context("a secret is in", events[i]);
                CHECK(!"an event holds a secret");
            }
        }
    }
    for (int i = 0; i < secrets_used; i++) {
        free(secrets[i]);
    }
}

int main(void)
{
    levels();
    what_an_event_says();
    told_before_it_comes_out();
    what_did_not_run_is_told();
    events_in_the_queue();
    a_callback_may_call_and_hears_nothing_of_it();
    no_event_holds_a_secret();
    return finish("log");
}
