/*
 * Client, queue and call are freed in every order, with the call in every state that it can be in, on the thread that
 * started it, on another one, and in a forked child. Each combination takes a bounded time; the memory checkers that
 * tests/sanitize runs this under see whether anything leaks or is touched afterwards.
 */
#include "calls.h"

#ifndef _WIN32
#include <sys/wait.h>
#endif

enum state { IN_BACKLOG, RUNNING, FINISHED, HANDED_OUT, TAKEN, STATES };
#ifdef _WIN32
enum place { SAME_THREAD, OTHER_THREAD, PLACES };
#else
enum place { SAME_THREAD, OTHER_THREAD, CHILD, PLACES };
#endif
enum { ORDERS = 6, BOUND_MS = 20000 }; /* the deadline of the call is an hour */

static const char *const state_names[STATES] = {"in the backlog", "running", "finished", "handed out", "taken"};
static const char *const order_names[ORDERS] = {"client, queue, call", "client, call, queue", "queue, client, call",
                                                "queue, call, client", "call, client, queue", "call, queue, client"};
/* 'l' is the client, 'q' the queue, 'c' the call. */
static const char *const orders[ORDERS] = {"lqc", "lcq", "qlc", "qcl", "clq", "cql"};

struct three {
    stytch_client *client;
    stytch_queue *queue;
    stytch_call *call;
    const char *order;
};

static void *free_three(void *argument)
{
    struct three *three = (struct three *)argument;

    for (const char *next = three->order; *next != '\0'; next++) {
        switch (*next) {
        case 'l': stytch_client_free(three->client); break;
        case 'q': stytch_queue_free(three->queue); break;
        default: stytch_call_free(three->call); break;
        }
    }
    return NULL;
}

static void free_on_another_thread(struct three *three)
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, free_three, three) == 0);
    pthread_join(thread, NULL);
}

#ifndef _WIN32
/* ---- In a child ---------------------------------------------------------------------------------- */

/* A child makes no check of ours: its count would be its own. 0 is good, others say which line was not. */
#define EXPECT(condition)    \
    do {                     \
        if (!(condition)) {  \
            return __LINE__; \
        }                    \
    } while (0)

static int refused_in_child(bool refused, stytch_error **error)
{
    EXPECT(refused && stytch_error_code(*error) == STYTCH_ERROR_INVALID_ARGUMENT);
    stytch_error_free(*error);
    *error = NULL;
    return 0;
}

/* What the child has inherited is good for nothing but to be freed. */
static int use_what_was_inherited(const struct three *three)
{
    stytch_error *error = NULL;
    stytch_response *response;
    char *event;
    int status;

    EXPECT(stytch_queue_fd(three->queue) == -1);
    EXPECT(stytch_queue_next(three->queue) == NULL);
    EXPECT(!stytch_queue_wait(three->queue, UINT32_MAX));
    event = stytch_queue_next_event(three->queue, NULL);
    EXPECT(event == NULL);
    EXPECT(!stytch_call_is_finished(three->call));
    EXPECT(stytch_call_userdata(three->call) == (void *)three);
    response = stytch_call_take(three->call, &error);
    status = refused_in_child(response == NULL, &error);
    if (status == 0) {
        stytch_call *call = stytch_sessions_get_jwks_start(three->client, three->queue, NULL, &error);

        status = refused_in_child(call == NULL, &error);
    }
    stytch_call_cancel(three->call);
    return status;
}

/* A queue of its own works, with the client that was inherited. */
static int use_a_queue_of_its_own(const stytch_client *client)
{
    stytch_queue *queue = stytch_queue_new(NULL);
    stytch_call *call = stytch_sessions_get_jwks_start(client, queue, NULL, NULL);
    stytch_response *response;

    EXPECT(queue != NULL && call != NULL);
    EXPECT(stytch_queue_wait(queue, LONG_ENOUGH_MS));
    EXPECT(stytch_queue_next(queue) == call);
    response = stytch_call_take(call, NULL);
    EXPECT(stytch_response_http_status(response) == 200);
    stytch_response_free(response);
    stytch_call_free(call);
    stytch_queue_free(queue);
    return 0;
}

static int child(struct three *three, bool reaches_the_sandbox)
{
    int status = use_what_was_inherited(three);

    if (status == 0 && reaches_the_sandbox) {
        status = use_a_queue_of_its_own(three->client);
    }
    free_three(three);
    return status;
}

/* A child cannot free what the stacks of its parent's threads hold, and leaves the parent's connections alone. So it
 * ends as another program, of which no memory checker asks what it has left; what it touched has been seen. */
static void end_child(const char *program)
{
    execlp(program, program, (char *)NULL);
    _exit(2);
}

static void free_in_a_child(struct three *three, bool reaches_the_sandbox)
{
    pid_t pid = fork();
    int status = 0;

    REQUIRE(pid >= 0);
    if (pid == 0) {
        int line = child(three, reaches_the_sandbox);

        if (line != 0) {
            fprintf(stderr, "[%s] line %d does not hold in the child\n", check_context, line);
        }
        end_child(line == 0 ? "true" : "false");
    }
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

#endif

/* ---- Every combination --------------------------------------------------------------------------- */

/* The call is as it is wanted when this returns. A silent server has sent nothing yet; the sandbox has answered. */
static struct three made_in(enum state state, const struct silent *server, const char *order, struct three *owner,
                            stytch_call **before, int *connection)
{
    struct three three;

    three.order = order;
    three.queue = new_queue();
    three.client = state <= RUNNING ? silent_client(server) : sandbox_client();
    if (state == IN_BACKLOG) {
        *before = start_good(three.client, three.queue, NULL);
    }
    three.call = start_good(three.client, three.queue, owner);
    if (state <= RUNNING) {
        *connection = request_arrives(server);
        CHECK(!stytch_call_is_finished(three.call));
        return three;
    }
    REQUIRE(stytch_queue_wait(three.queue, LONG_ENOUGH_MS));
    CHECK(stytch_call_is_finished(three.call));
    if (state >= HANDED_OUT) {
        CHECK(stytch_queue_next(three.queue) == three.call);
    }
    if (state == TAKEN) {
        check_succeeds(three.call);
    }
    return three;
}

#ifndef _WIN32
/* What a child has freed lives on in its parent, with its connection. */
static void outlived_a_child(enum state state, const struct silent *server, struct three *three, stytch_call *before,
                             int connection)
{
    if (state <= RUNNING) {
        CHECK(!is_readable(three->queue, 0));
        answer(connection);
    }
    if (state == IN_BACKLOG) {
        expect_next(three->queue, before);
        check_succeeds(before);
        answer(request_arrives(server));
    }
    if (state < HANDED_OUT) {
        CHECK(is_readable(three->queue, LONG_ENOUGH_MS));
        expect_next(three->queue, three->call);
    }
    CHECK(!is_readable(three->queue, 0));
    if (state < TAKEN) {
        check_succeeds(three->call);
    }
}
#endif

static void free_once(enum state state, int order, enum place place)
{
    struct silent server = silent_server();
    stytch_call *before = NULL;
    struct three three;
    int connection = -1;
    int64_t begun;

    three = made_in(state, &server, orders[order], &three, &before, &connection);
    begun = now_ms();
    switch (place) {
    case SAME_THREAD: free_three(&three); break;
    case OTHER_THREAD: free_on_another_thread(&three); break;
#ifndef _WIN32
    case CHILD:
        free_in_a_child(&three, state > RUNNING);
        outlived_a_child(state, &server, &three, before, connection);
        connection = -1;
        free_three(&three);
        break;
#endif
    default: break;
    }
    CHECK(now_ms() - begun < BOUND_MS);
    CHECK(has_workers(0));
    /* Of a call that ran first, only this is left. */
    stytch_call_free(before);
    if (connection >= 0) {
        close_socket(connection);
    }
    close_socket(server.listener);
}

static void every_order_in_every_state(void)
{
    static const char *const places[] = {"", "another thread", "a child"};

    for (int state = 0; state < STATES; state++) {
        for (int order = 0; order < ORDERS; order++) {
            for (int place = 0; place < PLACES; place++) {
                char where[128];

                snprintf(where, sizeof where, "%s, %s", state_names[state], places[place]);
                set_context(order_names[order], where);
                free_once((enum state)state, order, (enum place)place);
            }
        }
    }
    set_context("", "");
}

/* ---- Several of each ----------------------------------------------------------------------------- */

/* Two clients and two queues, crossed; the queue of a call that is under way goes first. */
static void crossed(void)
{
    struct silent server = silent_server();
    stytch_client *clients[2];
    stytch_queue *queues[2];
    stytch_call *calls[4];
    int connections[2];

    for (int i = 0; i < 2; i++) {
        clients[i] = silent_client(&server);
        queues[i] = new_queue();
    }
    for (int i = 0; i < 4; i++) {
        calls[i] = start_good(clients[i / 2], queues[i % 2], NULL);
    }
    connections[0] = request_arrives(&server);
    connections[1] = request_arrives(&server);
    stytch_queue_free(queues[0]);
    stytch_client_free(clients[0]);
    CHECK(stytch_call_is_finished(calls[0]) && stytch_call_is_finished(calls[1]));
    CHECK(!stytch_call_is_finished(calls[2]) && !stytch_call_is_finished(calls[3]));
    expect_next(queues[1], calls[1]);
    /* The result of a call whose queue is gone is still there. */
    check_fails(calls[0], STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_UNKNOWN);
    check_fails(calls[1], STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_NOT_SENT);
    stytch_client_free(clients[1]);
    stytch_queue_free(queues[1]);
    check_fails(calls[2], STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_UNKNOWN);
    check_fails(calls[3], STYTCH_ERROR_CANCELLED, STYTCH_DELIVERY_NOT_SENT);
    for (int i = 0; i < 4; i++) {
        stytch_call_free(calls[i]);
    }
    CHECK(has_workers(0));
    close_socket(connections[0]);
    close_socket(connections[1]);
    close_socket(server.listener);
}

int main(void)
{
    every_order_in_every_state();
    crossed();
    return finish("freeing");
}
