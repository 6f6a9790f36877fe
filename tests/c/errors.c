/*
 * What an error says, for everything that can go wrong on the way: the code, what became of the token, and
 * all that came back. The sandbox is told what to answer.
 */
#include "support.h"

static stytch_client *client;

/* The call fails with this code and delivery. The error is the caller's. */
#define FAILS(code, delivery) \
    CHECK_ERROR(failure_of("any-token"), STYTCH_ERROR_##code, STYTCH_DELIVERY_##delivery)

static stytch_error *failure_of(const char *token)
{
    stytch_error *error = NULL;
    stytch_response *response = stytch_impersonation_authenticate(client, token, &error);

    CHECK(response == NULL);
    CHECK(error != NULL);
    stytch_response_free(response);
    return error;
}

static void done(const stytch_error *error)
{
    stytch_error_free((stytch_error *)(uintptr_t)error);
}

/* The token still works, which proves that it was not spent. */
static void check_unspent(const char *token)
{
    stytch_error *error = NULL;
    stytch_response *response = stytch_impersonation_authenticate(client, token, &error);

    CHECK_STRING(stytch_error_message(error), NULL);
    CHECK(response != NULL);
    stytch_error_free(error);
    stytch_response_free(response);
}

/* ---- Answers with a status that is not 2xx ------------------------------------------------------------ */

static void spent_token(void)
{
    char *token = new_token();
    const stytch_error *error;

    check_unspent(token);
    error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_INT(stytch_error_http_status(error), 401);
    CHECK_STRING(stytch_error_type(error), "unable_to_auth_impersonation_token");
    CHECK_CONTAINS(stytch_error_url(error), "://");
    CHECK_CONTAINS(stytch_error_body(error), stytch_error_request_id(error));
    CHECK_INT(stytch_error_retry_after_ms(error), -1);
    done(error);
    free(token);
}

static void wrong_secret(void)
{
    stytch_options *options = sandbox_options();
    stytch_client *stranger = stytch_client_new(env("STYTCH_PROJECT_ID"), "not-the-secret", options, NULL);
    char *token = new_token();
    stytch_error *error = NULL;

    CHECK(stytch_impersonation_authenticate(stranger, token, &error) == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_INT(stytch_error_http_status(error), 401);
    CHECK_STRING(stytch_error_type(error), "unauthorized_credentials");
    stytch_error_free(error);
    check_unspent(token);
    stytch_client_free(stranger);
    stytch_options_free(options);
    free(token);
}

static void every_field(void)
{
    const stytch_error *error;

    queue_fault("{\"status\":404,\"headers\":{\"Retry-After\":\"3\"},\"body\":{\"status_code\":404,"
                "\"request_id\":\"request-id-1\",\"error_type\":\"member_not_found\","
                "\"error_message\":\"The member could not be found.\",\"error_url\":\"https://example.com/help\","
                "\"error_details\":{\"more\":[1]}}}");
    error = FAILS(API, REJECTED);
    CHECK_INT(stytch_error_http_status(error), 404);
    CHECK_STRING(stytch_error_type(error), "member_not_found");
    CHECK_CONTAINS(stytch_error_message(error), "The member could not be found");
    CHECK_STRING(stytch_error_request_id(error), "request-id-1");
    CHECK_STRING(stytch_error_url(error), "https://example.com/help");
    CHECK_INT(stytch_error_retry_after_ms(error), 3000);
    CHECK_CONTAINS(stytch_error_body(error), "error_details");
    done(error);
}

static void oauth_shape(void)
{
    const stytch_error *error;

    queue_fault("{\"status\":400,\"body\":{\"error\":\"invalid_request\",\"error_description\":"
                "\"The request lacks something.\",\"error_uri\":\"https://example.com/oauth\","
                "\"request_id\":\"request-id-2\"}}");
    error = FAILS(API, REJECTED);
    CHECK_STRING(stytch_error_type(error), "invalid_request");
    CHECK_CONTAINS(stytch_error_message(error), "The request lacks something");
    CHECK_STRING(stytch_error_url(error), "https://example.com/oauth");
    CHECK_STRING(stytch_error_request_id(error), "request-id-2");
    done(error);
}

/* An answer of this status, and what the token's fate then is. */
static void statuses(void)
{
    static const struct {
        const char *line;
        int32_t status;
        int32_t delivery;
    } rows[] = {
        {"300 Multiple Choices", 300, STYTCH_DELIVERY_UNKNOWN},
        {"301 Moved Permanently", 301, STYTCH_DELIVERY_UNKNOWN},
        {"304 Not Modified", 304, STYTCH_DELIVERY_UNKNOWN},
        {"400 Bad Request", 400, STYTCH_DELIVERY_REJECTED},
        {"401 Unauthorized", 401, STYTCH_DELIVERY_REJECTED},
        {"403 Forbidden", 403, STYTCH_DELIVERY_REJECTED},
        {"404 Not Found", 404, STYTCH_DELIVERY_REJECTED},
        {"408 Request Timeout", 408, STYTCH_DELIVERY_REJECTED},
        {"418 I'm a teapot", 418, STYTCH_DELIVERY_REJECTED},
        {"429 Too Many Requests", 429, STYTCH_DELIVERY_REJECTED},
        {"499 Odd", 499, STYTCH_DELIVERY_REJECTED},
        {"500 Internal Server Error", 500, STYTCH_DELIVERY_UNKNOWN},
        {"503 Service Unavailable", 503, STYTCH_DELIVERY_UNKNOWN},
        {"599 Odd", 599, STYTCH_DELIVERY_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const stytch_error *error;

        set_context("status", rows[i].line);
        queue_answer(rows[i].line, "", 0);
        error = CHECK_ERROR(failure_of("any-token"), STYTCH_ERROR_API, rows[i].delivery);
        CHECK_INT(stytch_error_http_status(error), rows[i].status);
        CHECK_STRING(stytch_error_type(error), NULL);
        CHECK_STRING(stytch_error_request_id(error), NULL);
        CHECK_STRING(stytch_error_url(error), NULL);
        CHECK_INT(stytch_error_body_length(error), 0);
        done(error);
    }
    set_context("", "");
}

static void redirects_are_not_followed(void)
{
    char fault[512];
    char *token = new_token();
    const stytch_error *error;

    snprintf(fault, sizeof fault,
             "{\"status\":307,\"headers\":{\"Location\":\"%s/v1/b2b/impersonation/authenticate\"},\"body\":\"elsewhere\"}",
             env("STYTCH_BASE_URL"));
    queue_fault(fault);
    error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_API, STYTCH_DELIVERY_UNKNOWN);
    CHECK_INT(stytch_error_http_status(error), 307);
    CHECK_STRING(stytch_error_body(error), "elsewhere");
    done(error);
    check_unspent(token);
    free(token);
}

static void bodies_that_are_not_json(void)
{
    static const char html[] = "<html><body>502 Bad\0Gateway \xff\xfe</body></html>";
    enum { LIMIT = 1024 * 1024 };
    char *large = filled(LIMIT + 1000, 'z');
    const stytch_error *error;

    queue_answer("502 Bad Gateway", html, sizeof html - 1);
    error = FAILS(API, UNKNOWN);
    CHECK_INT(stytch_error_http_status(error), 502);
    CHECK_INT(stytch_error_body_length(error), sizeof html - 1);
    CHECK(stytch_error_body_length(error) == sizeof html - 1 &&
          memcmp(stytch_error_body(error), html, sizeof html) == 0); /* with a final NUL */
    CHECK_STRING(stytch_error_type(error), NULL);
    done(error);

    queue_answer("502 Bad Gateway", large, LIMIT + 1000);
    error = FAILS(API, UNKNOWN);
    CHECK_INT(stytch_error_http_status(error), 502);
    CHECK_INT(stytch_error_body_length(error), LIMIT);
    done(error);
    free(large);
}

/* Fields of other types, or that cannot be C strings, are as if absent; the body has them. */
static void odd_error_bodies(void)
{
    static const char *const rows[] = {
        "{\"error_type\":7,\"request_id\":null,\"error_url\":[],\"error_message\":{}}",
        "{\"error_type\":\"a\\u0000b\",\"request_id\":\"\\ud83d\",\"error_url\":true}",
        "[\"error_type\",\"x\"]",
        "\"error_type\"",
        "null",
        "{\"error_type\":\"cut",
        "{}",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const stytch_error *error;

        set_context("error body", rows[i]);
        queue_answer("400 Bad Request", rows[i], strlen(rows[i]));
        error = FAILS(API, REJECTED);
        CHECK_STRING(stytch_error_type(error), NULL);
        CHECK_STRING(stytch_error_request_id(error), NULL);
        CHECK_STRING(stytch_error_url(error), NULL);
        CHECK_STRING(stytch_error_body(error), rows[i]);
        done(error);
    }
    set_context("", "");
}

static void retry_after(void)
{
    static const struct {
        const char *value;
        int64_t milliseconds;
    } rows[] = {
        {"0", 0},
        {"1", 1000},
        {"120", 120000},
        {"007", 7000},
        {"-1", -1},
        {"+1", -1},
        {"1.5", -1},
        {"1s", -1},
        {"soon", -1},
        {"1 2", -1},
        {"0x10", -1},
        {"99999999999999999999999", -1},
        {"9223372036854775807", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
        {"Sun Nov  6 08:49:37 1994", 0},
        {"Sun, 99 Nov 1994 08:49:37 GMT", -1},
        {"yesterday", -1},
    };
    char fault[256];
    const stytch_error *error;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(fault, sizeof fault, "{\"status\":%s,\"headers\":{\"Retry-After\":\"%s\"},\"body\":\"\"}",
                 i % 2 == 0 ? "429" : "503", rows[i].value);
        queue_fault(fault);
        set_context("Retry-After", rows[i].value);
        error = failure_of("any-token");
        CHECK_INT(stytch_error_code(error), STYTCH_ERROR_API);
        CHECK_INT(stytch_error_retry_after_ms(error), rows[i].milliseconds);
        done(error);
    }
    set_context("", "");

    queue_fault("{\"status\":429,\"headers\":{\"Retry-After\":\"Fri, 31 Dec 2100 23:59:59 GMT\"},\"body\":\"\"}");
    error = FAILS(API, REJECTED);
    CHECK(stytch_error_retry_after_ms(error) > INT64_C(1000000));
    done(error);
    queue_fault("{\"status\":429,\"body\":\"\"}");
    error = FAILS(API, REJECTED);
    CHECK_INT(stytch_error_retry_after_ms(error), -1);
    done(error);
}

/* A status that is not 2xx stays what it is, whatever becomes of its body. */
static void cut_body_of_a_refusal(void)
{
    static const char head[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n";
    const stytch_error *error;

    queue_raw(head, "half", 4);
    error = FAILS(API, REJECTED);
    CHECK_INT(stytch_error_http_status(error), 403);
    CHECK_STRING(stytch_error_body(error), "half");
    done(error);
}

/* ---- 2xx answers without a session --------------------------------------------------------------------- */

static void accepted_without_session(void)
{
    static const char *const rows[] = {
        "{\"member_id\":\"m\"}",
        "{\"session_token\":\"\"}",
        "{\"session_token\":null}",
        "{\"session_token\":7}",
        "{\"session_token\":[\"s\"]}",
        "{\"session_token\":\"a\\u0000b\"}",
        "{\"member\":{\"session_token\":\"inner\"}}",
        "[{\"session_token\":\"s\"}]",
        "\"session_token\"",
        "null",
        "<html>hello</html>",
        "{\"session_token\":\"s\"",
        "{\"session_token\":\"s\",}",
        "{session_token:\"s\"}",
        "{\"session_token\":\"s\xff\"}",
        "x{\"session_token\":\"s\"}",
        "",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const stytch_error *error;

        set_context("body", rows[i]);
        queue_answer(i % 2 == 0 ? "200 OK" : "202 Accepted", rows[i], strlen(rows[i]));
        error = FAILS(INVALID_RESPONSE, ACCEPTED);
        CHECK_INT(stytch_error_http_status(error), i % 2 == 0 ? 200 : 202);
        CHECK_INT(stytch_error_body_length(error), strlen(rows[i]));
        if (rows[i][0] != '\0') {
            CHECK_STRING(stytch_error_body(error), rows[i]);
        }
        done(error);
    }
    set_context("", "");
    queue_raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "", 0);
    done(FAILS(INVALID_RESPONSE, ACCEPTED));
}

/* The request id helps whoever asks Stytch what happened. */
static void accepted_keeps_the_request_id(void)
{
    static const char body[] = "{\"status_code\":200,\"request_id\":\"request-id-3\"}";
    const stytch_error *error;

    queue_answer("200 OK", body, sizeof body - 1);
    error = FAILS(INVALID_RESPONSE, ACCEPTED);
    CHECK_STRING(stytch_error_request_id(error), "request-id-3");
    done(error);
}

static void accepted_and_cut(void)
{
    char *token = new_token();
    const stytch_error *error;

    queue_fault("{\"cut_body\":10}");
    error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_TRANSPORT, STYTCH_DELIVERY_ACCEPTED);
    CHECK_INT(stytch_error_http_status(error), 200);
    CHECK_INT(stytch_error_body_length(error), 10);
    done(error);
    error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED); /* it was spent */
    done(error);
    free(token);
}

static void accepted_and_too_long(void)
{
    enum { LIMIT = 1024 * 1024 };
    char *body = filled(LIMIT + 1000, ' ');
    const stytch_error *error;

    body[0] = '{';
    body[LIMIT + 999] = '}';
    queue_answer("200 OK", body, LIMIT + 1000);
    error = FAILS(INVALID_RESPONSE, ACCEPTED);
    CHECK_INT(stytch_error_body_length(error), LIMIT);
    done(error);
    free(body);
}

/* A session that arrived is a session, however badly the answer ended. */
static void framing_that_failed(void)
{
    static const char session[] = "{\"session_token\":\"s\",\"member_id\":\"m\"}"; /* 0x25 bytes */
    static const struct {
        const char *what;
        const char *head;
        const char *tail;
    } rows[] = {
        {"length too long", "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", ""},
        {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n", "\r\n"},
        {"cut within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n", ""},
        {"no length", "HTTP/1.1 200 OK\r\n\r\n", ""},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", ""},
        {"odd type", "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16\r\nContent-Length: 37\r\nConnection: close\r\n\r\n", ""},
        {"interim answers", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 37\r\nConnection: close\r\n\r\n", ""},
    };

    CHECK_INT(sizeof session - 1, 0x25);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[128];
        stytch_error *error = NULL;
        stytch_response *response;

        set_context("framing", rows[i].what);
        snprintf(body, sizeof body, "%s%s", session, rows[i].tail);
        queue_raw(rows[i].head, body, strlen(body));
        response = stytch_impersonation_authenticate(client, "any-token", &error);
        CHECK_STRING(stytch_error_message(error), NULL);
        CHECK_STRING(stytch_response_session_token(response), "s");
        CHECK_STRING(stytch_response_member_id(response), "m");
        CHECK_STRING(stytch_response_json(response), session);
        stytch_response_free(response);
        stytch_error_free(error);
    }
    set_context("", "");
}

/* ---- Connections that break ----------------------------------------------------------------------------- */

static void no_final_answer(void)
{
    static const char *const raws[] = {
        "",
        "HTTP/1.1",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Cut",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "\r\n\r\n\r\n",
    };
    static const char *const faults[] = {
        "{\"connection\":\"close\",\"when\":\"before_headers\"}",
        "{\"connection\":\"reset\",\"when\":\"before_headers\"}",
        "{\"connection\":\"close\",\"when\":\"within_headers\"}",
        "{\"connection\":\"reset\",\"when\":\"within_headers\"}",
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const stytch_error *error;
        char *token = new_token();

        set_context("connection", faults[i]);
        queue_fault(faults[i]);
        error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_TRANSPORT, STYTCH_DELIVERY_UNKNOWN);
        CHECK_INT(stytch_error_http_status(error), 0);
        CHECK_INT(stytch_error_body_length(error), 0);
        done(error);
        free(token);
    }
    for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++) {
        const stytch_error *error;

        set_context("raw answer", raws[i]);
        queue_raw(raws[i], "", 0);
        error = FAILS(TRANSPORT, UNKNOWN);
        CHECK_INT(stytch_error_http_status(error), 0);
        done(error);
    }
    set_context("", "");
}

static void broken_within_the_body(void)
{
    static const char *const faults[] = {
        "{\"connection\":\"close\",\"when\":\"after_headers\"}",
        "{\"connection\":\"close\",\"when\":\"within_body\"}",
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *token = new_token();
        const stytch_error *error;

        set_context("connection", faults[i]);
        queue_fault(faults[i]);
        error = CHECK_ERROR(failure_of(token), STYTCH_ERROR_TRANSPORT, STYTCH_DELIVERY_ACCEPTED);
        CHECK_INT(stytch_error_http_status(error), 200);
        done(error);
        free(token);
    }
    set_context("", "");
}

/* A socket bound to a free port of this machine, and that port's URL. */
static int bound_socket(const char *scheme, char *url, size_t size)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int socket_fd;

    start_network();
    socket_fd = (int)socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(socket_fd >= 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_fd, (struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(getsockname(socket_fd, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, size, "%s://127.0.0.1:%d", scheme, ntohs(address.sin_port));
    return socket_fd;
}

static stytch_error *failure_at(const char *url)
{
    stytch_options *options = sandbox_options();
    stytch_client *elsewhere;
    stytch_error *error = NULL;

    REQUIRE(stytch_options_set_base_url(options, url, NULL));
    elsewhere = client_with(options);
    CHECK(stytch_impersonation_authenticate(elsewhere, "any-token", &error) == NULL);
    CHECK_INT(stytch_error_http_status(error), 0);
    stytch_client_free(elsewhere);
    stytch_options_free(options);
    return error;
}

/* A port that is bound and not listened on refuses, and nobody else can take it meanwhile. */
static void refused_connection(void)
{
    char url[64];
    int socket_fd = bound_socket("http", url, sizeof url);

    done(CHECK_ERROR(failure_at(url), STYTCH_ERROR_CONNECTION, STYTCH_DELIVERY_NOT_SENT));
    close_socket(socket_fd);
}

/* Answers in plain HTTP, whatever was said. */
static void *speak_no_tls(void *argument)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char heard[4096];
    int peer = (int)accept(*(int *)argument, NULL, NULL);

    REQUIRE(peer >= 0);
    REQUIRE(recv(peer, heard, sizeof heard, 0) > 0);
    write_all(peer, answer, sizeof answer - 1);
    shutdown(peer, SHUT_WR);
    while (recv(peer, heard, sizeof heard, 0) > 0) {
    }
    close_socket(peer);
    return NULL;
}

static void plain_text_peer(void)
{
    char url[64];
    int socket_fd = bound_socket("https", url, sizeof url);
    pthread_t thread;

    REQUIRE(listen(socket_fd, 1) == 0);
    REQUIRE(pthread_create(&thread, NULL, speak_no_tls, &socket_fd) == 0);
    done(CHECK_ERROR(failure_at(url), STYTCH_ERROR_TLS, STYTCH_DELIVERY_NOT_SENT));
    pthread_join(thread, NULL);
    close_socket(socket_fd);
}

static void late_answer(void)
{
    stytch_options *options = sandbox_options();
    stytch_client *hasty;
    char *token = new_token();
    stytch_error *error = NULL;

    REQUIRE(stytch_options_set_timeout_ms(options, 1500, NULL));
    hasty = client_with(options);
    queue_fault("{\"delay_ms\":60000}");
    CHECK(stytch_impersonation_authenticate(hasty, token, &error) == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_TIMEOUT, STYTCH_DELIVERY_UNKNOWN);
    CHECK_INT(stytch_error_http_status(error), 0);
    stytch_error_free(error);
    stytch_client_free(hasty);
    stytch_options_free(options);
    free(token);
}

/* ---- Retries: only where the token is surely unspent ----------------------------------------------------- */

static void retries(void)
{
    static const char *const never[] = {
        "{\"status\":429,\"body\":\"\"}",
        "{\"status\":429,\"headers\":{\"Retry-After\":\"86400\"},\"body\":\"\"}",
        "{\"status\":503,\"headers\":{\"Retry-After\":\"0\"},\"body\":\"\"}",
        "{\"status\":500,\"body\":\"\"}",
        "{\"status\":400,\"headers\":{\"Retry-After\":\"0\"},\"body\":\"\"}",
        "{\"connection\":\"close\",\"when\":\"before_headers\"}",
    };
    stytch_options *options = sandbox_options();
    stytch_client *patient;
    char *token = new_token();
    stytch_error *error = NULL;
    stytch_response *response;

    REQUIRE(stytch_options_set_max_retries(options, 2, NULL));
    patient = client_with(options);
    queue_fault("{\"status\":429,\"headers\":{\"Retry-After\":\"0\"},\"body\":\"\",\"times\":2}");
    response = stytch_impersonation_authenticate(patient, token, &error);
    CHECK_STRING(stytch_error_message(error), NULL);
    CHECK(response != NULL);
    check_no_fault_left();
    stytch_response_free(response);
    stytch_error_free(error);
    free(token);

    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        set_context("not retried", never[i]);
        token = new_token();
        queue_fault(never[i]);
        CHECK(stytch_impersonation_authenticate(patient, token, &error) == NULL);
        CHECK(error != NULL);
        check_no_fault_left();
        stytch_error_free(error);
        free(token);
    }
    set_context("", "");
    stytch_client_free(patient);
    stytch_options_free(options);
}

int main(void)
{
    client = sandbox_client();
    spent_token();
    wrong_secret();
    every_field();
    oauth_shape();
    statuses();
    redirects_are_not_followed();
    bodies_that_are_not_json();
    odd_error_bodies();
    retry_after();
    cut_body_of_a_refusal();
    accepted_without_session();
    accepted_keeps_the_request_id();
    accepted_and_cut();
    accepted_and_too_long();
    framing_that_failed();
    no_final_answer();
    broken_within_the_body();
    refused_connection();
    plain_text_peer();
    late_answer();
    retries();
    stytch_client_free(client);
    return finish("errors");
}
