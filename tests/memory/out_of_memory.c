/*
 * Memory runs out in the middle of a call, at every allocation in turn: the n-th one of the thread that calls,
 * and all later ones, fail. Each n has a process of its own, and a server of one response.
 *
 *     out_of_memory RESPONSE      usual, error, headers or large
 *
 * Before the request is sent the library may end the process, as the header says. After that it may not, nor
 * print, nor say anything that is not so about delivery; and the getters give the value or NULL.
 */
#include "../c/support.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

/* ---- An allocator that gives up: this program's, before the C library's ------------------------ */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static __thread long left = -1; /* how many allocations succeed; -1: all */
static __thread long refused;

static bool is_refused(void)
{
    if (left < 0) {
        return false;
    }
    if (left == 0) {
        refused++;
        errno = ENOMEM;
        return true;
    }
    left--;
    return false;
}

void *malloc(size_t size) { return is_refused() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return is_refused() ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return is_refused() ? NULL : __libc_realloc(block, size); }
void *aligned_alloc(size_t align, size_t size) { return is_refused() ? NULL : __libc_memalign(align, size); }

int posix_memalign(void **block, size_t align, size_t size)
{
    *block = is_refused() ? NULL : __libc_memalign(align, size);
    return *block == NULL ? ENOMEM : 0;
}

/* ---- A server of one response ----------------------------------------------------------------- */

static char response[2 * 1024 * 1024];
static size_t response_length;

static void add(const char *text) { response_length += (size_t)sprintf(response + response_length, "%s", text); }

static void make_response(const char *kind)
{
    static char body[1024 * 1024];
    char line[1024];
    size_t n = 0;

    if (strcmp(kind, "error") == 0) {
        n += (size_t)sprintf(body, "{\"error_type\":\"bad_token\",\"request_id\":\"r-1\",\"error_message\":\"No &#116;oken-0123456789.\"}");
        add("HTTP/1.1 400 Bad Request\r\n");
    } else {
        n += (size_t)sprintf(body, "{\"session_token\":\"session-1\",\"request_id\":\"r-1\",\"a\":[1,2,3],\"b\":[1");
        while (strcmp(kind, "large") == 0 && n < 900000) {
            n += (size_t)sprintf(body + n, ",1");
        }
        n += (size_t)sprintf(body + n, "]}");
        add("HTTP/1.1 200 OK\r\n");
    }
    for (int i = 0; strcmp(kind, "headers") == 0 && i < 120; i++) {
        snprintf(line, sizeof line, "X-Header-%03d: %0490d\r\n", i, i);
        add(line);
    }
    snprintf(line, sizeof line, "Content-Length: %lu\r\n\r\n", (unsigned long)n);
    add(line);
    memcpy(response + response_length, body, n);
    response_length += n;
}

/* Returns the process's id. Writes a byte to `told` for each request that came as a whole. */
static pid_t serve(int listener, int told)
{
    static char request[65536];
    pid_t server = fork();

    if (server != 0) {
        return server;
    }
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        size_t length = 0;
        ssize_t got;

        while ((got = read(connection, request + length, sizeof request - 1 - length)) > 0) {
            length += (size_t)got;
            request[length] = '\0';
            if (length < 2 || request[length - 1] != '}') {
                continue;
            }
            if (write(told, "x", 1) != 1) {
                _exit(1);
            }
            for (size_t sent = 0; sent < response_length;) {
                ssize_t count = send(connection, response + sent, response_length - sent, MSG_NOSIGNAL);
                if (count <= 0) {
                    break;
                }
                sent += (size_t)count;
            }
            length = 0;
        }
        if (length > 0 && write(told, "x", 1) != 1) {
            _exit(1); /* a part of a request */
        }
        close(connection);
    }
}

/* ---- One call, with memory for `n` allocations ------------------------------------------------- */

enum { SUCCESS = 10, FAILURE = 20, WRONG = 90, NEVER_SHORT = 100 };

/* Ends with what came of it: SUCCESS, or FAILURE and the delivery; plus NEVER_SHORT where nothing was refused. */
static void call(const stytch_client *client, long n)
{
    stytch_error *error = NULL;
    stytch_response *made;
    int status;

    left = n;
    made = stytch_impersonation_authenticate(client, "token-0123456789", &error);
    if (made != NULL) {
        const char *token = stytch_response_session_token(made);
        const char *string = stytch_response_get_string(made, "/session_token");
        char *json = stytch_response_get_json(made, "/a");
        bool right = token != NULL && strcmp(token, "session-1") == 0 &&
                     (string == NULL || strcmp(string, "session-1") == 0) &&
                     (json == NULL || strcmp(json, "[1,2,3]") == 0);

        stytch_string_free(json);
        stytch_response_free(made);
        status = right ? SUCCESS : WRONG;
    } else {
        bool right = true;

        status = FAILURE + stytch_error_delivery(error);
        if (error != NULL) {
            const char *message = stytch_error_message(error);
            right = message != NULL && strstr(message, "0123456789") == NULL;
        }
        stytch_error_free(error);
        status = right ? status : WRONG;
    }
    left = -1;
    _exit(status + (refused == 0 ? NEVER_SHORT : 0));
}

static bool was_told(int told)
{
    char byte;
    bool any = false;

    while (read(told, &byte, 1) == 1) {
        any = true;
    }
    return any;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int told[2], printed[2];
    char url[64], context[64];
    stytch_options *options = stytch_options_new();
    stytch_client *client;
    pid_t server;
    long deaths = 0;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(argc == 2);
    make_response(argv[1]);
    REQUIRE(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 16) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    REQUIRE(pipe(told) == 0 && pipe(printed) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    REQUIRE(stytch_options_set_base_url(options, url, NULL));
    REQUIRE(stytch_options_set_max_retries(options, 0, NULL));
    client = stytch_client_new("project-test-1", "secret-test-0123456789", options, NULL);
    REQUIRE(client != NULL);
    stytch_options_free(options);

    for (long n = 0; n < 100000; n++) {
        pid_t child;
        int status;
        bool sent, died;

        server = serve(listener, told[1]);
        child = fork();
        if (child == 0) {
            dup2(printed[1], 1);
            dup2(printed[1], 2);
            call(client, n);
        }
        REQUIRE(waitpid(child, &status, 0) == child);
        kill(server, SIGKILL);
        REQUIRE(waitpid(server, NULL, 0) == server);
        close(told[1]);
        sent = was_told(told[0]);
        close(told[0]);
        REQUIRE(pipe(told) == 0);

        snprintf(context, sizeof context, "%ld allocations, status 0x%x%s", n, (unsigned)status, sent ? ", sent" : "");
        set_context(argv[1], context);
        died = !WIFEXITED(status);
        deaths += died ? 1 : 0;
        CHECK(!(died && sent));
        if (!died) {
            int outcome = WEXITSTATUS(status) % NEVER_SHORT;
            CHECK(outcome != WRONG);
            CHECK((outcome == FAILURE + STYTCH_DELIVERY_NOT_SENT) == !sent || outcome == FAILURE);
            CHECK(outcome != SUCCESS || sent);
            if (WEXITSTATUS(status) >= NEVER_SHORT) {
                CHECK(strcmp(argv[1], "error") == 0 ? outcome == FAILURE + STYTCH_DELIVERY_REJECTED : outcome == SUCCESS);
                break;
            }
        }
    }
    close(printed[1]);
    set_context(argv[1], "");
    {
        char byte;
        CHECK(deaths > 0 || read(printed[0], &byte, 1) == 0); /* the standard library says why it aborts */
    }
    stytch_client_free(client);
    return finish("out_of_memory");
}
