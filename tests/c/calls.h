/*
 * What the programs share that make calls which do not block: a server that says nothing until it is told to, and
 * how many threads the library has.
 */
#ifndef TESTS_C_CALLS_H
#define TESTS_C_CALLS_H

#include "support.h"

#include <time.h>

#ifdef __linux__
#include <dirent.h>
#endif
#ifndef _WIN32
#include <poll.h>
#endif

enum { LONG_ENOUGH_MS = 60000 }; /* for what takes a moment, under valgrind on a busy machine too */

static inline int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void sleep_ms(int milliseconds)
{
    struct timespec time;

    time.tv_sec = milliseconds / 1000;
    time.tv_nsec = milliseconds % 1000 * 1000000L;
    nanosleep(&time, NULL);
}

#ifdef _WIN32
/* Without a descriptor, a program waits for calls. */
static inline bool is_readable(stytch_queue *queue, int milliseconds)
{
    return stytch_queue_wait(queue, (uint32_t)milliseconds);
}
#else
static inline bool is_readable(const stytch_queue *queue, int milliseconds)
{
    struct pollfd watched;

    watched.fd = stytch_queue_fd(queue);
    watched.events = POLLIN;
    watched.revents = 0;
    return poll(&watched, 1, milliseconds) == 1 && watched.revents == POLLIN;
}
#endif

static inline stytch_queue *new_queue(void)
{
    stytch_queue *queue = stytch_queue_new(NULL);

    REQUIRE(queue != NULL);
    return queue;
}

/* Any call that succeeds. */
static inline stytch_call *start_good(const stytch_client *client, stytch_queue *queue, void *userdata)
{
    stytch_error *error = NULL;
    stytch_call *call = stytch_sessions_get_jwks_start(client, queue, userdata, &error);

    CHECK_STRING(stytch_error_message(error), NULL);
    REQUIRE(call != NULL);
    return call;
}

/* Waits for the call that has to come next. */
static inline void expect_next(stytch_queue *queue, const stytch_call *call)
{
    REQUIRE(stytch_queue_wait(queue, LONG_ENOUGH_MS));
    CHECK(stytch_queue_next(queue) == call);
    CHECK(stytch_call_is_finished(call));
}

static inline void check_fails(stytch_call *call, int32_t code, int32_t delivery)
{
    stytch_error *error = NULL;

    CHECK(stytch_call_take(call, &error) == NULL);
    CHECK_ERROR(error, code, delivery);
    stytch_error_free(error);
}

static inline void check_succeeds(stytch_call *call)
{
    stytch_error *error = NULL;
    stytch_response *response = stytch_call_take(call, &error);

    CHECK_STRING(stytch_error_message(error), NULL);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_error_free(error);
    stytch_response_free(response);
}

/* ---- Threads ------------------------------------------------------------------------------------ */

#ifdef __linux__
static inline int count_workers(void)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;

    REQUIRE(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        char path[300], name[32] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        file = fopen(path, "r");
        if (file != NULL) {
            count += fgets(name, sizeof name, file) != NULL && strcmp(name, "stytch-worker\n") == 0;
            fclose(file);
        }
    }
    closedir(folder);
    return count;
}

/* The system lists a thread a moment longer than it runs, and a new one under its maker's name at first. */
static inline bool has_workers(int count)
{
    int64_t until = now_ms() + LONG_ENOUGH_MS;

    while (count_workers() != count && now_ms() < until) {
        sleep_ms(1);
    }
    return count_workers() == count;
}
#else
/* Nobody is asked there: how many threads there are is checked on Linux. */
static inline int count_workers(void)
{
    return 0;
}

static inline bool has_workers(int count)
{
    (void)count;
    return true;
}
#endif

/* ---- A server that is silent until it is told to answer ----------------------------------------- */

struct silent {
    int listener;
    char url[64];
};

static inline struct silent silent_server(void)
{
    struct silent server;
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    start_network();
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.listener = (int)socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(server.listener, (struct sockaddr *)&address, length) == 0);
    REQUIRE(listen(server.listener, 128) == 0);
    REQUIRE(getsockname(server.listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(server.url, sizeof server.url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return server;
}

/* A client of it with one thread and without a deadline that a test could meet. */
static inline stytch_options *silent_options(const struct silent *server)
{
    stytch_options *options = sandbox_options();

    REQUIRE(stytch_options_set_base_url(options, server->url, NULL));
    REQUIRE(stytch_options_set_timeout_ms(options, 3600000, NULL));
    REQUIRE(stytch_options_set_max_threads(options, 1, NULL));
    return options;
}

static inline stytch_client *silent_client(const struct silent *server)
{
    stytch_options *options = silent_options(server);
    stytch_client *client = client_with(options);

    stytch_options_free(options);
    return client;
}

/* Waits until a request has begun to arrive: from then on its call runs, and was sent. */
static inline int request_arrives(const struct silent *server)
{
    char bytes[4096];
    int connection = (int)accept(server->listener, NULL, NULL);

    REQUIRE(connection >= 0);
    REQUIRE(recv(connection, bytes, sizeof bytes, 0) > 0);
    return connection;
}

static inline void answer(int connection)
{
    static const char response[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\nConnection: close\r\n\r\n"
        "{\"keys\":[]}";

    write_all(connection, response, sizeof response - 1);
    close_socket(connection);
}

#endif
