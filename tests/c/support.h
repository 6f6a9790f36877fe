/*
 * What the C test programs share: checks that say where they failed, and a minimal HTTP client for the
 * sandbox's control endpoints. Include it first.
 *
 * The runner provides STYTCH_BASE_URL (http, loopback), STYTCH_PROJECT_ID, STYTCH_SECRET, and for https
 * STYTCH_TLS_BASE_URL with the CA in the file STYTCH_CA_FILE. STYTCH_SCRATCH_FILE may be written to.
 */
#ifndef TESTS_C_SUPPORT_H
#define TESTS_C_SUPPORT_H

#include "portable.h"

#include <inttypes.h>
#include <stdio.h>

#include <stytch.h>

/* ---- Checks --------------------------------------------------------------------------------- */

static pthread_mutex_t check_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long checks_made = 0;
static unsigned long checks_failed = 0;
static char check_context[256] = ""; /* which row of a table is being checked; for one thread */

static inline bool check_record(bool passed)
{
    pthread_mutex_lock(&check_lock);
    checks_made++;
    checks_failed += passed ? 0 : 1;
    pthread_mutex_unlock(&check_lock);
    return passed;
}

static inline void check_report(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: ", file, line);
    if (check_context[0] != '\0') {
        fprintf(stderr, "[%s] ", check_context);
    }
    fprintf(stderr, "%s", what);
}

static inline void set_context(const char *first, const char *second)
{
    snprintf(check_context, sizeof check_context, "%s%s%s", first, second[0] ? ", " : "", second);
}

static inline void check_true(const char *file, int line, const char *text, bool passed)
{
    if (!check_record(passed)) {
        check_report(file, line, text);
        fputs(": is false\n", stderr);
    }
}

static inline void check_int(const char *file, int line, const char *text, int64_t actual, int64_t expected)
{
    if (!check_record(actual == expected)) {
        check_report(file, line, text);
        fprintf(stderr, ": is %" PRId64 ", expected %" PRId64 "\n", actual, expected);
    }
}

static inline void check_string(const char *file, int line, const char *text, const char *actual,
                                const char *expected)
{
    bool same = actual == expected || (actual != NULL && expected != NULL && strcmp(actual, expected) == 0);

    if (!check_record(same)) {
        check_report(file, line, text);
        fprintf(stderr, ": is \"%s\", expected \"%s\"\n", actual ? actual : "(NULL)",
                expected ? expected : "(NULL)");
    }
}

static inline void check_contains(const char *file, int line, const char *text, const char *actual,
                                  const char *part)
{
    if (!check_record(actual != NULL && strstr(actual, part) != NULL)) {
        check_report(file, line, text);
        fprintf(stderr, ": is \"%s\", which does not contain \"%s\"\n", actual ? actual : "(NULL)", part);
    }
}

/* The error is of this kind. Returns it, so that more can be checked, and leaves it to the caller. */
static inline const stytch_error *check_error(const char *file, int line, const stytch_error *error,
                                              int32_t code, int32_t delivery)
{
    const char *message = stytch_error_message(error);
    bool as_expected = error != NULL && stytch_error_code(error) == code &&
                       stytch_error_delivery(error) == delivery && message != NULL && message[0] != '\0';

    if (!check_record(as_expected)) {
        check_report(file, line, "the error");
        fprintf(stderr, ": is code %d, delivery %d, \"%s\"; expected code %d, delivery %d and a message\n",
                (int)stytch_error_code(error), (int)stytch_error_delivery(error),
                message ? message : "(NULL)", (int)code, (int)delivery);
    }
    return error;
}

#define CHECK(condition) check_true(__FILE__, __LINE__, #condition, (condition))
#define CHECK_INT(actual, expected) \
    check_int(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define CHECK_STRING(actual, expected) check_string(__FILE__, __LINE__, #actual, (actual), (expected))
#define CHECK_CONTAINS(actual, part) check_contains(__FILE__, __LINE__, #actual, (actual), (part))
#define CHECK_ERROR(error, code, delivery) check_error(__FILE__, __LINE__, (error), (code), (delivery))

/* Without this the rest of the program means nothing. */
#define REQUIRE(condition) \
    ((condition) ? (void)0 : fatal(__FILE__, __LINE__, #condition))

static inline void fatal(const char *file, int line, const char *what)
{
    check_report(file, line, what);
    fputs(": cannot go on\n", stderr);
    exit(2);
}

/* Prints the one line that a passing program prints, and gives main's return value. */
static inline int finish(const char *program)
{
    printf("%s: %lu checks, %lu failed\n", program, checks_made, checks_failed);
    return checks_failed == 0 && checks_made > 0 ? 0 : 1;
}

static inline const char *env(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL) {
        fprintf(stderr, "%s is not set\n", name);
        exit(2);
    }
    return value;
}

static inline char *filled(size_t length, char byte)
{
    char *text = (char *)malloc(length + 1);

    REQUIRE(text != NULL);
    memset(text, byte, length);
    text[length] = '\0';
    return text;
}

/* ---- The sandbox's control endpoints --------------------------------------------------------- */

static inline void write_all(int socket_fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = send(socket_fd, bytes, length, MSG_NOSIGNAL);

        REQUIRE(written > 0);
        bytes += written;
        length -= (size_t)written;
    }
}

static inline char *read_all(int socket_fd)
{
    size_t capacity = 4096;
    size_t length = 0;
    char *bytes = (char *)malloc(capacity);

    for (;;) {
        ssize_t count;

        REQUIRE(bytes != NULL);
        count = recv(socket_fd, bytes + length, capacity - length - 1, 0);
        REQUIRE(count >= 0);
        if (count == 0) {
            break;
        }
        length += (size_t)count;
        if (capacity - length < 2) {
            capacity *= 2;
            bytes = (char *)realloc(bytes, capacity);
        }
    }
    bytes[length] = '\0';
    return bytes;
}

static inline int connect_to_sandbox(void)
{
    const char *port = strrchr(env("STYTCH_BASE_URL"), ':');
    struct sockaddr_in address;
    int socket_fd;

    start_network();
    socket_fd = (int)socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(socket_fd >= 0 && port != NULL);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_fd, (struct sockaddr *)&address, sizeof address) == 0);
    return socket_fd;
}

/* The body of the answer, to be freed. Anything but a 200 ends the program. */
static inline char *sandbox_request(const char *method, const char *path, const char *body)
{
    char head[512];
    int socket_fd = connect_to_sandbox();
    char *answer;
    char *answer_body;

    snprintf(head, sizeof head,
             "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %lu\r\n"
             "Connection: close\r\n\r\n",
             method, path, strstr(env("STYTCH_BASE_URL"), "//") + 2, (unsigned long)strlen(body));
    write_all(socket_fd, head, strlen(head));
    write_all(socket_fd, body, strlen(body));
    answer = read_all(socket_fd);
    close_socket(socket_fd);

    answer_body = strstr(answer, "\r\n\r\n");
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || answer_body == NULL) {
        fprintf(stderr, "%s %s was answered\n%s\n", method, path, answer);
        exit(2);
    }
    answer_body += 4;
    memmove(answer, answer_body, strlen(answer_body) + 1);
    return answer;
}

/* A fresh impersonation token, to be freed. */
static inline char *new_token(void)
{
    static const char key[] = "\"impersonation_token\":\"";
    char *answer = sandbox_request("POST", "/sandbox/impersonation_tokens", "{}");
    char *token = strstr(answer, key);
    char *end;

    REQUIRE(token != NULL);
    token += sizeof key - 1;
    end = strchr(token, '"');
    REQUIRE(end != NULL && end > token);
    *end = '\0';
    memmove(answer, token, strlen(token) + 1);
    return answer;
}

/* What shall go wrong with the next request. */
static inline void queue_fault(const char *json)
{
    free(sandbox_request("POST", "/sandbox/faults", json));
}

static inline void check_no_fault_left(void)
{
    char *left = sandbox_request("GET", "/sandbox/faults", "");

    CHECK(strchr(left, '{') == NULL || strstr(left, ":[]") != NULL);
    free(left);
}

static inline size_t base64(const char *bytes, size_t length, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *start = out;

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

        group |= left > 1 ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes[i + 2] : 0;
        *out++ = digits[group >> 18 & 63];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    *out = '\0';
    return (size_t)(out - start);
}

/* The next answer is these bytes and the end of the connection. The token is not spent. */
static inline void queue_raw(const char *head, const char *body, size_t body_length)
{
    size_t head_length = strlen(head);
    char *raw = (char *)malloc(head_length + body_length);
    char *json = (char *)malloc((head_length + body_length) / 3 * 4 + 64);
    size_t length;

    REQUIRE(raw != NULL && json != NULL);
    memcpy(raw, head, head_length);
    memcpy(raw + head_length, body, body_length);
    length = (size_t)sprintf(json, "{\"raw_base64\":\"");
    length += base64(raw, head_length + body_length, json + length);
    strcpy(json + length, "\"}");
    queue_fault(json);
    free(json);
    free(raw);
}

/* The next answer has this status line, as "200 OK", and this body. */
static inline void queue_answer(const char *status, const char *body, size_t body_length)
{
    char head[256];

    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %lu\r\nConnection: close\r\n\r\n",
             status, (unsigned long)body_length);
    queue_raw(head, body, body_length);
}

/* ---- The library, set up ---------------------------------------------------------------------- */

/* Options for the sandbox, without retries so that one queued fault meets one call. */
static inline stytch_options *sandbox_options(void)
{
    stytch_options *options = stytch_options_new();

    REQUIRE(options != NULL);
    REQUIRE(stytch_options_set_base_url(options, env("STYTCH_BASE_URL"), NULL));
    REQUIRE(stytch_options_set_max_retries(options, 0, NULL));
    return options;
}

static inline stytch_client *client_with(const stytch_options *options)
{
    stytch_error *error = NULL;
    stytch_client *client =
        stytch_client_new(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), options, &error);

    if (client == NULL) {
        fprintf(stderr, "no client: %s\n", stytch_error_message(error));
        exit(2);
    }
    return client;
}

static inline stytch_client *sandbox_client(void)
{
    stytch_options *options = sandbox_options();
    stytch_client *client = client_with(options);

    stytch_options_free(options);
    return client;
}

/* The response to an answer 200 with this body, however odd it is. */
static inline stytch_response *response_of(const stytch_client *client, const char *json)
{
    stytch_error *error = NULL;
    stytch_response *response;

    queue_answer("200 OK", json, strlen(json));
    response = stytch_impersonation_authenticate(client, "any-token", &error);
    if (response == NULL) {
        fprintf(stderr, "no response: %s\n", stytch_error_message(error));
        exit(2);
    }
    return response;
}

#endif
