/* The subject: libstytch's queue from C.
 *
 *     queue URL CA_FILE flight N     N calls at once; how long they took
 *     queue URL CA_FILE waiting N    N calls on a server that does not answer; how much memory is held
 *     queue - - cancel N             how long it takes from a cancellation until the queue's descriptor is readable,
 *                                    for N calls that wait for a response, then for N that no thread runs yet
 */
#define _GNU_SOURCE
#include "queue.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stytch.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_UP = 256, MOST_PENDING = 20000 };

static stytch_client *client;
static stytch_queue *queue;

_Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why ? why : "(no reason)");
    exit(1);
}

void use(const char *text) {
    static volatile char first;
    if (!text || !*text) fail("a field of the answer", "is missing or empty");
    first = *text;
    (void)first;
}

static void open_client(const char *base_url, const char *ca_file, unsigned threads) {
    stytch_error *error;
    stytch_options *options = stytch_options_new();
    if (!stytch_options_set_base_url(options, base_url, &error) ||
        (ca_file && !stytch_options_set_ca_file(options, ca_file, &error)) ||
        !stytch_options_set_timeout_ms(options, TIMEOUT_MS, &error) ||
        !stytch_options_set_connect_timeout_ms(options, TIMEOUT_MS, &error) ||
        !stytch_options_set_max_threads(options, threads, &error) ||
        !stytch_options_set_max_pending(options, MOST_PENDING, &error) ||
        !(client = stytch_client_new(PROJECT_ID, SECRET, options, &error)) || !(queue = stytch_queue_new(&error)))
        fail("libstytch", stytch_error_message(error));
    stytch_options_free(options);
}

static stytch_call *start(void) {
    stytch_error *error;
    stytch_call *call = stytch_impersonation_authenticate_start(client, TOKEN, queue, NULL, &error);
    if (!call) fail("libstytch", stytch_error_message(error));
    return call;
}

static void await_readable(void) {
    struct pollfd polled = {.fd = stytch_queue_fd(queue), .events = POLLIN};
    if (poll(&polled, 1, -1) != 1) fail("poll", "failed");
}

static void end(stytch_call *call) {
    stytch_error *error;
    stytch_response *session = stytch_call_take(call, &error);
    if (!session) fail("libstytch", stytch_error_message(error));
    use(stytch_response_request_id(session));
    use(stytch_response_member_id(session));
    use(stytch_response_organization_id(session));
    use(stytch_response_session_token(session));
    use(stytch_response_session_jwt(session));
    stytch_response_free(session);
    stytch_call_free(call);
}

static void drain(int count) {
    while (count > 0) {
        await_readable();
        for (stytch_call *call; (call = stytch_queue_next(queue)); count--) end(call);
    }
}

static void flight(int calls) {
    for (int i = 0; i < WARM_UP; i++) start();
    drain(WARM_UP);
    struct clocks begun = clocks();
    for (int i = 0; i < calls; i++) start();
    drain(calls);
    print_flight(calls, begun, begun);
}

static void waiting(int calls) {
    for (int i = 0; i < calls; i++) start();
    /* Until the connections stand and their requests are sent. */
    usleep(3000000);
    print_memory();
    fflush(stdout);
    _Exit(0);
}

/* A server that reads requests, counts them, and answers none. */
static sem_t requests;

static void *silent_server(void *argument) {
    int listener = *(int *)argument, loop = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        char bytes[8192];
        if (epoll_wait(loop, &event, 1, -1) < 1) continue;
        if (event.data.fd == listener) {
            event.data.fd = accept(listener, NULL, NULL);
            if (event.data.fd >= 0) epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event);
        } else if (read(event.data.fd, bytes, sizeof bytes) <= 0) close(event.data.fd);
        else sem_post(&requests); /* a request is sent in one piece */
    }
    return NULL;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Cancels a call and returns when the queue was readable. */
static double cancel(stytch_call *call) {
    double begun = now_us();
    stytch_call_cancel(call);
    await_readable();
    double elapsed = now_us() - begun;
    stytch_error *error;
    if (stytch_queue_next(queue) != call || stytch_call_take(call, &error)) fail("cancel", "another call came");
    if (stytch_error_code(error) != STYTCH_ERROR_CANCELLED) fail("cancel", stytch_error_message(error));
    stytch_error_free(error);
    stytch_call_free(call);
    return elapsed;
}

static void print_times(const char *what, double *times, int count, const char *after) {
    qsort(times, (size_t)count, sizeof *times, by_value);
    printf("\"%s\": {\"median_us\": %.1f, \"worst_us\": %.1f}%s", what, times[count / 2], times[count - 1], after);
}

static void cancels(int count) {
    static stytch_call *calls[CONNECTIONS];
    double *times = malloc((size_t)count * sizeof *times);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    char url[64];
    if (!times || listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length) || sem_init(&requests, 0, 0) ||
        pthread_create(&thread, NULL, silent_server, &listener))
        fail("the server", "cannot start");
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));

    open_client(url, NULL, CONNECTIONS);
    for (int done = 0; done < count;) {
        int many = count - done < CONNECTIONS ? count - done : CONNECTIONS;
        for (int i = 0; i < many; i++) calls[i] = start();
        for (int i = 0; i < many; i++) sem_wait(&requests);
        for (int i = 0; i < many; i++) times[done++] = cancel(calls[i]);
    }
    printf("{\"threads\": %ld, ", status_of("Threads: %ld") - 2);
    print_times("awaiting a response", times, count, ", ");
    stytch_client_free(client);
    stytch_queue_free(queue);

    open_client(url, NULL, 1);
    stytch_call **backlog = malloc((size_t)count * sizeof *backlog);
    if (!backlog) fail("malloc", "no memory");
    stytch_call *running = start();
    sem_wait(&requests);
    for (int i = 0; i < count; i++) backlog[i] = start();
    for (int i = 0; i < count; i++) times[i] = cancel(backlog[i]);
    print_times("in the backlog", times, count, "}\n");
    cancel(running);
    free(backlog);
    free(times);
}

int main(int count, char **arguments) {
    if (count != 5) fail("usage", "queue URL CA_FILE flight|waiting|cancel N");
    int calls = atoi(arguments[4]);
    if (calls < 1) fail("usage", "the number is at least 1");
    if (!strcmp(arguments[3], "cancel")) cancels(calls);
    else {
        open_client(arguments[1], arguments[2], CONNECTIONS);
        if (!strcmp(arguments[3], "flight")) flight(calls);
        else if (!strcmp(arguments[3], "waiting")) waiting(calls);
        else fail("usage", "the mode is flight, waiting or cancel");
    }
    stytch_client_free(client);
    stytch_queue_free(queue);
    return 0;
}
