/*
 * No message holds a secret, a token or a password, whatever fails and whatever the server says about it.
 * A message goes to logs and screens; the body, which is for whoever asks for it, is not checked.
 */
#include "support.h"

#define SECRET "secret-that-nobody-may-read"
#define TOKEN "token-that-nobody-may-read"
#define PASSWORD "password-that-nobody-may-read"
#define SESSION "session-that-nobody-may-read"

/* base64 of "user:" PASSWORD, as it would stand in a header, from a multiple of three bytes on. */
static char encoded_credentials[128];

static void check_silent(const stytch_error *error)
{
    static const char *const hidden[] = {SECRET, TOKEN, PASSWORD, SESSION, encoded_credentials};
    const char *const texts[] = {stytch_error_message(error), stytch_error_type(error),
                                 stytch_error_request_id(error), stytch_error_url(error)};

    CHECK(error != NULL);
    CHECK(stytch_error_message(error) != NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; texts[i] != NULL && j < sizeof hidden / sizeof hidden[0]; j++) {
            if (!check_record(strstr(texts[i], hidden[j]) == NULL)) {
                check_report(__FILE__, __LINE__, texts[i]);
                fprintf(stderr, ": holds \"%s\"\n", hidden[j]);
            }
        }
    }
}

#define FAILS_SILENTLY(call)      \
    do {                          \
        stytch_error *error = NULL; \
        CHECK(!(call));           \
        check_silent(error);      \
        stytch_error_free(error); \
    } while (0)

static void refused_arguments(void)
{
    stytch_options *options = stytch_options_new();
    stytch_client *client = sandbox_client();

    FAILS_SILENTLY(stytch_client_new("project-1", SECRET, NULL, &error));
    FAILS_SILENTLY(stytch_client_new("project:1", SECRET, NULL, &error));
    FAILS_SILENTLY(stytch_client_new("project-test-1", SECRET "\n", NULL, &error));
    FAILS_SILENTLY(stytch_client_new("project-test-1", SECRET "\xff", NULL, &error));
    /* Arguments in the wrong order are a common slip. */
    FAILS_SILENTLY(stytch_client_new(SECRET, "project-test-1", NULL, &error));
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN "\n", &error));
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN "\xff", &error));
    FAILS_SILENTLY(stytch_options_set_base_url(options, "https://user:" PASSWORD "@example.com", &error));
    FAILS_SILENTLY(stytch_options_set_base_url(options, "https://" PASSWORD "@example.com", &error));
    FAILS_SILENTLY(stytch_options_set_base_url(options, "https://example.com/?token=" TOKEN, &error));
    FAILS_SILENTLY(stytch_options_set_base_url(options, "https://example.com/#" TOKEN, &error));
    FAILS_SILENTLY(stytch_options_set_base_url(options, "ftp://user:" PASSWORD "@example.com", &error));
    FAILS_SILENTLY(stytch_options_set_proxy(options, "socks5://user:" PASSWORD "@proxy.example.com", &error));
    FAILS_SILENTLY(stytch_options_set_proxy(options, "http://user:" PASSWORD "%zz@proxy.example.com", &error));
    FAILS_SILENTLY(stytch_options_set_proxy(options, "http://user:" PASSWORD "@proxy.example.com:99999", &error));
    FAILS_SILENTLY(stytch_options_set_proxy(options, "user:" PASSWORD "@proxy.example.com", &error));
    FAILS_SILENTLY(stytch_options_set_ca_pem(options, "-----BEGIN PRIVATE KEY-----\n" SECRET "\n", &error));

    CHECK(stytch_options_set_proxy(options, "http://user:" PASSWORD "@proxy.example.com", NULL));
    CHECK(stytch_options_set_base_url(options, "http://127.0.0.1:1", NULL));
    FAILS_SILENTLY(stytch_client_new("project-test-1", SECRET, options, &error));
    stytch_client_free(client);
    stytch_options_free(options);
}

static stytch_client *client_with_secret(const char *base_url, const char *proxy)
{
    stytch_options *options = sandbox_options();
    stytch_client *client;

    REQUIRE(base_url == NULL || stytch_options_set_base_url(options, base_url, NULL));
    REQUIRE(proxy == NULL || stytch_options_set_proxy(options, proxy, NULL));
    client = stytch_client_new("project-test-1", SECRET, options, NULL);
    REQUIRE(client != NULL);
    stytch_options_free(options);
    return client;
}

static void failed_calls(void)
{
    char proxy[256];
    char url[64];
    stytch_client *client = client_with_secret(NULL, NULL);

    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error)); /* 401: another secret is right */
    queue_fault("{\"connection\":\"close\",\"when\":\"before_headers\"}");
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    queue_answer("502 Bad Gateway", "<html>" SECRET "</html>", strlen("<html>" SECRET "</html>"));
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    stytch_client_free(client);

    client = client_with_secret("http://127.0.0.1:1", NULL); /* nobody listens there */
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    stytch_client_free(client);

    client = client_with_secret(env("STYTCH_TLS_BASE_URL"), NULL); /* not trusted */
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    stytch_client_free(client);

    /* The sandbox is no proxy: it refuses CONNECT, and the password was in that request. */
    snprintf(proxy, sizeof proxy, "http://user:" PASSWORD "@%s", strstr(env("STYTCH_BASE_URL"), "//") + 2);
    snprintf(url, sizeof url, "https://192.0.2.1");
    client = client_with_secret(url, proxy);
    FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    stytch_client_free(client);
}

/* A server that repeats what it was sent, and answers that were taken for sessions and are none. */
static void answers_that_tell(void)
{
    static const struct {
        const char *status;
        const char *body;
    } rows[] = {
        {"400 Bad Request", "{\"error_type\":\"bad_token\",\"error_message\":\"The token " TOKEN " is not known.\"}"},
        {"401 Unauthorized", "{\"error_type\":\"bad_secret\",\"error_message\":\"Not the secret: " SECRET "\"}"},
        {"400 Bad Request", "{\"error\":\"bad_token\",\"error_description\":\"No " TOKEN ", no session.\"}"},
        {"200 OK", "{\"session_token\":\"\",\"session_jwt\":\"" SESSION "\"}"},
        {"200 OK", "{\"session_token\":\"" SESSION "\\u0000\"}"},
        {"200 OK", "{\"session_token\":\"" SESSION},
    };
    stytch_client *client = client_with_secret(NULL, NULL);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_context("answer", rows[i].body);
        queue_answer(rows[i].status, rows[i].body, strlen(rows[i].body));
        FAILS_SILENTLY(stytch_impersonation_authenticate(client, TOKEN, &error));
    }
    set_context("", "");
    stytch_client_free(client);
}

/* What a gateway may make of the token before it repeats it. */
static void repeated_in_another_writing(void)
{
    static const char token[] = "7524dSrqP1hs0mwYj6gQxCUkSG43Ir8mkGhVWCX1OLc=";
    static const char *const leaks[] = {
        "blocked: %7B%22impersonation_token%22%3A%227524dSrqP1hs0mwYj6gQxCUkSG43Ir8mkGhVWCX1OLc%3D%22%7D",
        "no such token: 7524dSrqP1hs0mwYj6gQxCUkSG43...",
        "no such token: 7524dSrqP1hs0mwYj6gQxCUkSG43Ir8mkGhVWCX1OLc",
        "no such token: &#55;&#53;&#x32;&#52;&#100;SrqP&#49;hs0mw",
        "no such token: \\u0037524dSrqP\\\\x31hs0mw",
        "no such token: 7524dSrqP1\\n  hs0mwYj6gQ",
        "no such token: Y\u00ad7524\u00addSrq\u200bP1hs\u00ad0mwY",
        "blocked: eyJpbXBlcnNvbmF0aW9uX3Rva2VuIjoiNzUyNGRTcnFQMWhzMG13WWo2Z1F4Q1VrU0c0M0lyOG1rR2hWV0NYMU9MYz0ifQ==",
        "blocked: 37 35 32 34 64 53 72 71 50 31 68 73 30 6d 77 59 6a 36",
    };
    static const char *const innocent[] = {
        "The impersonation token is not valid, ask for another one.",
        "Project project-test-1 was not found; write to support@example.com.",
        "request-id-test-55555555-5555-4555-8555-555555555555",
    };
    stytch_client *client = client_with_secret(NULL, NULL);
    char body[512];

    for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++) {
        stytch_error *error = NULL;

        set_context("words", leaks[i]);
        snprintf(body, sizeof body, "{\"error_type\":\"blocked\",\"error_message\":\"%s\"}", leaks[i]);
        queue_answer("403 Forbidden", body, strlen(body));
        CHECK(!stytch_impersonation_authenticate(client, token, &error));
        CHECK_CONTAINS(stytch_error_message(error), "[redacted]");
        CHECK_STRING(stytch_error_api_message(error), "[redacted]");
        CHECK_STRING(stytch_error_type(error), "blocked");
        stytch_error_free(error);
    }
    for (size_t i = 0; i < sizeof innocent / sizeof innocent[0]; i++) {
        stytch_error *error = NULL;

        set_context("words", innocent[i]);
        snprintf(body, sizeof body, "{\"error_message\":\"%s\"}", innocent[i]);
        queue_answer("403 Forbidden", body, strlen(body));
        CHECK(!stytch_impersonation_authenticate(client, token, &error));
        CHECK_CONTAINS(stytch_error_message(error), innocent[i]);
        CHECK_STRING(stytch_error_api_message(error), innocent[i]);
        stytch_error_free(error);
    }
    set_context("", "");
    stytch_client_free(client);
}

/* Whatever a server writes, what is made to be logged is one line that no terminal obeys. */
static void texts_for_logs(void)
{
    static const char body[] =
        "{\"error_type\":\"a\\nforged\",\"request_id\":\"x\\u001b]0;t\\u0007\",\"error_url\":\"https://e.test/\\r\\nx\","
        "\"error_message\":\"fine\\u2028 forged \\u202e desrever \\u009b31m \\u200b\\ue000\"}";
    static const char session[] = "{\"session_token\":\"t\",\"request_id\":\"x\\nforged\"}";
    stytch_client *client = client_with_secret(NULL, NULL);
    stytch_error *error = NULL;
    stytch_response *response;

    queue_answer("400 Bad Request", body, strlen(body));
    CHECK(!stytch_impersonation_authenticate(client, TOKEN, &error));
    CHECK_STRING(stytch_error_type(error), NULL);
    CHECK_STRING(stytch_error_request_id(error), NULL);
    CHECK_STRING(stytch_error_url(error), NULL);
    CHECK_STRING(stytch_error_api_message(error), "fine  forged   desrever  31m   ");
    CHECK_CONTAINS(stytch_error_message(error), "(fine  forged   desrever  31m   )");
    stytch_error_free(error);

    queue_answer("200 OK", session, strlen(session));
    response = stytch_impersonation_authenticate(client, TOKEN, NULL);
    REQUIRE(response != NULL);
    CHECK_STRING(stytch_response_request_id(response), NULL);
    CHECK_STRING(stytch_response_get_string(response, "/request_id"), "x\nforged");
    stytch_response_free(response);
    stytch_client_free(client);
}

int main(void)
{
    base64("user:" PASSWORD, strlen("user:" PASSWORD), encoded_credentials);
    refused_arguments();
    failed_calls();
    answers_that_tell();
    repeated_in_another_writing();
    texts_for_logs();
    return finish("secrets");
}
