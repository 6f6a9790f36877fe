/* Every option: what it takes, what it refuses and what it says then, and that it does what it is for. */
#include "support.h"

/* A refusal whose message names what is wrong, so that one knows what to change. */
#define REFUSED(call, part)                                                                      \
    do {                                                                                         \
        stytch_error *error = NULL;                                                              \
        CHECK(!(call));                                                                          \
        CHECK_ERROR(error, STYTCH_ERROR_INVALID_ARGUMENT, STYTCH_DELIVERY_NOT_SENT);             \
        CHECK_CONTAINS(stytch_error_message(error), part);                                       \
        stytch_error_free(error);                                                                \
    } while (0)

#define TAKEN(call)                                                                              \
    do {                                                                                         \
        stytch_error *error = NULL;                                                              \
        bool taken = (call);                                                                     \
        CHECK_STRING(stytch_error_message(error), NULL);                                         \
        CHECK(taken);                                                                            \
        stytch_error_free(error);                                                                \
    } while (0)

static void numbers(stytch_options *options)
{
    TAKEN(stytch_options_set_timeout_ms(options, 1, &error));
    TAKEN(stytch_options_set_timeout_ms(options, 3600000, &error));
    REFUSED(stytch_options_set_timeout_ms(options, 0, &error), "1");
    REFUSED(stytch_options_set_timeout_ms(options, 3600001, &error), "timeout");
    REFUSED(stytch_options_set_timeout_ms(options, UINT32_MAX, &error), "timeout");
    TAKEN(stytch_options_set_connect_timeout_ms(options, 1, &error));
    TAKEN(stytch_options_set_connect_timeout_ms(options, 3600000, &error));
    REFUSED(stytch_options_set_connect_timeout_ms(options, 0, &error), "connect");
    REFUSED(stytch_options_set_connect_timeout_ms(options, 3600001, &error), "connect");
    REFUSED(stytch_options_set_connect_timeout_ms(options, UINT32_MAX, &error), "connect");
    TAKEN(stytch_options_set_max_retries(options, 0, &error));
    TAKEN(stytch_options_set_max_retries(options, 10, &error));
    REFUSED(stytch_options_set_max_retries(options, 11, &error), "10");
    REFUSED(stytch_options_set_max_retries(options, UINT32_MAX, &error), "10");
}

static void base_urls(stytch_options *options)
{
    static const char *const good[] = {
        "https://api.stytch.com",        "https://test.stytch.com/",   "https://example.com/a/prefix",
        "https://example.com/a/prefix/", "https://example.com:8443",   "https://[2001:db8::1]:8443",
        "https://[::1]",                 "HTTPS://EXAMPLE.COM",        "http://localhost:3000",
        "http://127.0.0.1",              "http://127.255.255.254:80/", "http://[::1]:8080/prefix",
        "http://LOCALHOST",
    };
    static const struct {
        const char *url;
        const char *reason;
    } bad[] = {
        {"example.com", "scheme"},
        {"//example.com", "scheme"},
        {"/v1", "scheme"},
        {"ftp://example.com", "https"},
        {"file:///etc/passwd", "host"},
        {"https://", "host"},
        {"https:///path", "host"},
        {"https://:443", "host"},
        {"https://user@example.com", "user"},
        {"https://user:password@example.com", "user"},
        {"https://@example.com", "user"},
        {"https://example.com?query", "query"},
        {"https://example.com/?query=1", "query"},
        {"https://example.com/#fragment", "fragment"},
        {"https://example.com#", "fragment"},
        {"https://example.com:", "port"},
        {"https://example.com:0", "port"},
        {"https://example.com:65536", "port"},
        {"https://example.com:99999", "port"},
        {"https://example.com:-1", "port"},
        {"https://example.com:http", "port"},
        {"https://exa mple.com", "space"},
        {"https://example.com/a b", "space"},
        {" https://example.com", "space"},
        {"https://example.com ", "space"},
        {"https://caf\xc3\xa9.example.com", "ASCII"},
        {"https://[::1", ""},
        {"https://::1", ""},
        {"https://[not-an-address]", "host"},
        {"http://example.com", "loopback"},
        {"http://128.0.0.1", "loopback"},
        {"http://10.0.0.1", "loopback"},
        {"http://127.0.0.1.example.com", "loopback"},
        {"http://localhost.example.com", "loopback"},
        {"http://notlocalhost", "loopback"},
        {"http://[::2]", "loopback"},
        {"http://0.0.0.0", "loopback"},
        {"http://stytch.com", "loopback"},
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        set_context("base URL", good[i]);
        TAKEN(stytch_options_set_base_url(options, good[i], &error));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_context("base URL", bad[i].url);
        REFUSED(stytch_options_set_base_url(options, bad[i].url, &error), "base_url");
        REFUSED(stytch_options_set_base_url(options, bad[i].url, &error), bad[i].reason);
    }
    set_context("", "");
}

static void proxies(stytch_options *options)
{
    static const char *const good[] = {
        "http://proxy.example.com",       "http://proxy.example.com:3128", "http://user:pass@proxy.example.com",
        "http://user:p%40ss@127.0.0.1:1", "http://[::1]:3128",             "http://proxy.example.com/",
    };
    static const char *const bad[] = {
        "proxy.example.com:3128",
        "https://proxy.example.com",
        "socks5://proxy.example.com",
        "socks4://proxy.example.com",
        "http://",
        "http://:3128",
        "http://proxy.example.com:0",
        "http://proxy.example.com:65536",
        "http://proxy.example.com:port",
        "http://proxy.example.com/path",
        "http://proxy.example.com?query",
        "http://proxy.example.com#fragment",
        "http://user:%zz@proxy.example.com",
        "http://user:%4@proxy.example.com",
        "http://user:a%0Ab@proxy.example.com",
        "http://pro xy.example.com",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        set_context("proxy", good[i]);
        TAKEN(stytch_options_set_proxy(options, good[i], &error));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_context("proxy", bad[i]);
        REFUSED(stytch_options_set_proxy(options, bad[i], &error), "proxy");
    }
    set_context("", "");
    REFUSED(stytch_options_set_proxy(options, "socks5://proxy.example.com", &error), "http");
}

static void app_infos(stytch_options *options)
{
    static const char *const bad[] = {"my app", "app/1", "app(1)", "app,1", "app;1", "\"app\"", "caf\xc3\xa9", "a@b",
                                      "a:b",    "a=b",   "a[b]",   "a{b}",  "a?b",   "a<b>",    "a\\b"};

    TAKEN(stytch_options_set_app_info(options, "my-app", "1.2.3", &error));
    TAKEN(stytch_options_set_app_info(options, "!#$%&'*+-.^_`|~09azAZ", "1.0.0-rc.1+build", &error));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_context("app info", bad[i]);
        REFUSED(stytch_options_set_app_info(options, bad[i], "1.0", &error), "name");
        REFUSED(stytch_options_set_app_info(options, "app", bad[i], &error), "version");
    }
    set_context("", "");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    REQUIRE(file != NULL);
    REQUIRE(fputs(text, file) >= 0);
    REQUIRE(fclose(file) == 0);
}

static void certificates(stytch_options *options)
{
    static const char *const bad[] = {
        "no certificate",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n*not base64*\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    };
    const char *path = env("STYTCH_SCRATCH_FILE");

    write_file(path, "");
    TAKEN(stytch_options_set_ca_file(options, env("STYTCH_CA_FILE"), &error));
    REFUSED(stytch_options_set_ca_file(options, "/nonexistent/ca.pem", &error), NO_SUCH_FILE);
    REFUSED(stytch_options_set_ca_file(options, "/", &error), "ca_file");
    REFUSED(stytch_options_set_ca_file(options, path, &error), "certificate"); /* still empty */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_context("certificate", bad[i]);
        write_file(path, bad[i]);
        REFUSED(stytch_options_set_ca_file(options, path, &error), "certificate");
        REFUSED(stytch_options_set_ca_pem(options, bad[i], &error), "certificate");
    }
    set_context("", "");
}

/* What client_new itself refuses: credentials, and options that do not fit together. */
static void clients(void)
{
    stytch_options *options = stytch_options_new();
    char *long_text = filled(4097, 'x');
    stytch_client *client;

    REFUSED(stytch_client_new("project-1", "secret", NULL, &error), "base_url");
    REFUSED(stytch_client_new("project-test-1:", "secret", NULL, &error), "colon");
    REFUSED(stytch_client_new(long_text, "secret", options, &error), "project_id");
    REFUSED(stytch_client_new("project-test-1", long_text, options, &error), "secret");
    long_text[4096] = '\0';
    client = stytch_client_new("project-test-1", long_text, options, NULL);
    CHECK(client != NULL);
    stytch_client_free(client);
    client = stytch_client_new("project-live-1", "secret", options, NULL);
    CHECK(client != NULL);
    stytch_client_free(client);

    TAKEN(stytch_options_set_proxy(options, "http://proxy.example.com", &error));
    TAKEN(stytch_options_set_base_url(options, "http://127.0.0.1:1", &error));
    REFUSED(stytch_client_new("project-test-1", "secret", options, &error), "proxy");
    stytch_options_free(options);
    free(long_text);
}

/* ---- What the options do ------------------------------------------------------------------------ */

/* A path prefix is kept, a final slash is not: at the prefix the sandbox has nothing. */
static void the_prefix_is_kept(void)
{
    stytch_options *options = sandbox_options();
    char url[256];
    stytch_client *client;
    stytch_error *error = NULL;
    char *token = new_token();
    stytch_response *response;

    snprintf(url, sizeof url, "%s/prefix", env("STYTCH_BASE_URL"));
    TAKEN(stytch_options_set_base_url(options, url, &error));
    client = client_with(options);
    CHECK(stytch_impersonation_authenticate(client, token, &error) == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_INT(stytch_error_http_status(error), 404);
    stytch_error_free(error);
    stytch_client_free(client);

    snprintf(url, sizeof url, "%s/", env("STYTCH_BASE_URL"));
    TAKEN(stytch_options_set_base_url(options, url, &error));
    client = client_with(options);
    response = stytch_impersonation_authenticate(client, token, &error);
    CHECK_STRING(stytch_error_message(error), NULL);
    CHECK(response != NULL);
    stytch_response_free(response);
    stytch_error_free(error);
    stytch_client_free(client);
    stytch_options_free(options);
    free(token);
}

/* Asks the https sandbox with a token that it does not know: an answer proves that TLS was spoken. */
static stytch_error *ask_over_tls(const stytch_options *options)
{
    stytch_client *client = client_with(options);
    stytch_error *error = NULL;

    CHECK(stytch_impersonation_authenticate(client, "unknown-token", &error) == NULL);
    stytch_client_free(client);
    return error;
}

static void the_ca_is_what_is_trusted(void)
{
    stytch_options *options = sandbox_options();
    stytch_error *error;

    TAKEN(stytch_options_set_base_url(options, env("STYTCH_TLS_BASE_URL"), &error));
    error = ask_over_tls(options); /* the built-in roots do not know the sandbox's CA */
    CHECK_ERROR(error, STYTCH_ERROR_TLS, STYTCH_DELIVERY_NOT_SENT);
    stytch_error_free(error);

    TAKEN(stytch_options_set_ca_file(options, env("STYTCH_CA_FILE"), &error));
    error = ask_over_tls(options);
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_STRING(stytch_error_type(error), "unable_to_auth_impersonation_token");
    stytch_error_free(error);
    stytch_options_free(options);
}

/* A refused setter leaves what was set before, and the client has a copy of it all. */
static void a_refusal_changes_nothing(void)
{
    stytch_options *options = sandbox_options();
    stytch_client *client;
    char *token = new_token();
    stytch_response *response;

    CHECK(!stytch_options_set_base_url(options, "http://example.com", NULL));
    client = client_with(options);
    TAKEN(stytch_options_set_base_url(options, "https://192.0.2.1", &error)); /* too late for that client */
    stytch_options_free(options);
    response = stytch_impersonation_authenticate(client, token, NULL);
    CHECK(response != NULL);
    stytch_response_free(response);
    stytch_client_free(client);
    free(token);
}

int main(void)
{
    stytch_options *options = stytch_options_new();

    REQUIRE(options != NULL);
    numbers(options);
    base_urls(options);
    proxies(options);
    app_infos(options);
    certificates(options);
    stytch_options_free(options);
    clients();
    the_prefix_is_kept();
    the_ca_is_what_is_trusted();
    a_refusal_changes_nothing();
    return finish("options");
}
