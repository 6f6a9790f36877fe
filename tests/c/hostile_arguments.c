/*
 * Every function with every kind of bad argument: NULL in each place, text that is not UTF-8, empty, with
 * control characters, or 1 MB long. None may crash, none may leave an out-parameter as it found it where it
 * must clear it, and none may touch a value on failure. hostile_calls.c has the calls that do not block.
 */
#include "hostile.h"

static stytch_options *options; /* a handle that is always good */
static stytch_client *client;
static stytch_response *response;

/* ---- Every place that takes text, and may fail ------------------------------------------------ */

static bool made_client(stytch_client *made)
{
    stytch_client_free(made);
    return made != NULL;
}

static bool project_id(const char *text, stytch_error **error)
{
    return made_client(stytch_client_new(text, "secret", options, error));
}

static bool secret(const char *text, stytch_error **error)
{
    return made_client(stytch_client_new("project-test-1", text, options, error));
}

static bool token(const char *text, stytch_error **error)
{
    stytch_response *made = stytch_impersonation_authenticate(client, text, error);

    stytch_response_free(made);
    return made != NULL;
}

static bool base_url(const char *text, stytch_error **error)
{
    return stytch_options_set_base_url(options, text, error);
}

static bool ca_file(const char *text, stytch_error **error)
{
    return stytch_options_set_ca_file(options, text, error);
}

static bool ca_pem(const char *text, stytch_error **error)
{
    return stytch_options_set_ca_pem(options, text, error);
}

static bool proxy(const char *text, stytch_error **error)
{
    return stytch_options_set_proxy(options, text, error);
}

static bool app_name(const char *text, stytch_error **error)
{
    return stytch_options_set_app_info(options, text, "1.0", error);
}

static bool app_version(const char *text, stytch_error **error)
{
    return stytch_options_set_app_info(options, "name", text, error);
}

static bool freed(stytch_response *made)
{
    stytch_response_free(made);
    return made != NULL;
}

static bool jwks_json(const char *text, stytch_error **error)
{
    return stytch_options_set_jwks_json(options, text, error);
}

static bool dashboard_link(const char *text, stytch_error **error)
{
    char *made = stytch_impersonation_token_from_url(text, error);

    stytch_string_free(made);
    return made != NULL;
}

static bool session_token(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate(client, text, NULL, NULL, error));
}

static bool session_jwt(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate(client, NULL, text, NULL, error));
}

static bool revoke_by_id(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke(client, text, NULL, NULL, NULL, error));
}

static bool revoke_by_token(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke(client, NULL, text, NULL, NULL, error));
}

static bool revoke_by_jwt(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke(client, NULL, NULL, text, NULL, error));
}

static bool revoke_by_member(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke(client, NULL, NULL, NULL, text, error));
}

static bool get_organization(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_get(client, text, "member-1", error));
}

static bool get_member(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_get(client, "organization-1", text, error));
}

static bool request_method(const char *text, stytch_error **error)
{
    return freed(stytch_request(client, text, "/v1/b2b/things", NULL, error));
}

static bool request_path(const char *text, stytch_error **error)
{
    return freed(stytch_request(client, "GET", text, NULL, error));
}

/* NULL is fine for these two: it would only make another call. */
static bool params_json(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate(client, "token", NULL, text ? text : "[]", error));
}

static bool request_body(const char *text, stytch_error **error)
{
    return freed(stytch_request(client, "POST", "/v1/b2b/things", text ? text : "{", error));
}

/* ---- More than one of what there must be one, and numbers that are none ----------------------- */

static bool two_sessions(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate(client, "token", "a.b.c", NULL, error));
}

static bool two_selectors(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke(client, "session-1", NULL, NULL, "member-1", error));
}

static bool four_selectors(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke(client, "session-1", "token", "a.b.c", "member-1", error));
}

static bool params_with_a_session(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate(client, "token", NULL, "{\"session\\u005fjwt\":\"x\"}", error));
}

static bool age_below(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt(client, "a.b.c", -2, error));
}

static bool local_age_below(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt_local(client, "a.b.c", INT64_MIN, error));
}

static bool jwt_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt(client, NULL, -1, error));
}

static bool local_jwt_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt_local(client, NULL, -1, error));
}

static bool leeway(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_jwt_leeway_seconds(options, 301, error);
}

/* ---- The same functions with good text and no handle ------------------------------------------ */

static bool base_url_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_base_url(NULL, "https://api.example.com", error);
}

static bool timeout_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_timeout_ms(NULL, 1000, error);
}

static bool connect_timeout_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_connect_timeout_ms(NULL, 1000, error);
}

static bool max_retries_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_retries(NULL, 1, error);
}

static bool ca_file_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_ca_file(NULL, env("STYTCH_CA_FILE"), error);
}

static bool ca_pem_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_ca_pem(NULL, "-----BEGIN CERTIFICATE-----", error);
}

static bool proxy_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_proxy(NULL, "http://proxy.example.com", error);
}

static bool app_info_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_app_info(NULL, "name", "1.0", error);
}

static bool authenticate_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_impersonation_authenticate(NULL, "token", error) != NULL;
}

static bool authenticate_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_impersonation_authenticate(NULL, NULL, error) != NULL;
}

static bool client_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return made_client(stytch_client_new(NULL, NULL, NULL, error));
}

static bool jwks_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_jwks_json(NULL, "{\"keys\":[]}", error);
}

static bool leeway_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_jwt_leeway_seconds(NULL, 1, error);
}

static bool session_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate(NULL, "token", NULL, NULL, error));
}

static bool session_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate(NULL, NULL, NULL, NULL, error));
}

static bool jwt_without_client(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt(NULL, "a.b.c", -1, error));
}

static bool local_jwt_without_client(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt_local(NULL, "a.b.c", -1, error));
}

static bool revoke_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke(NULL, "session-1", NULL, NULL, NULL, error));
}

static bool revoke_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke(NULL, NULL, NULL, NULL, NULL, error));
}

static bool get_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_get(NULL, "organization-1", "member-1", error));
}

static bool get_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_get(NULL, NULL, NULL, error));
}

static bool jwks_without_client(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_get_jwks(NULL, error));
}

static bool request_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_request(NULL, "GET", "/v1/b2b/things", NULL, error));
}

static bool request_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_request(NULL, NULL, NULL, NULL, error));
}

static const struct place texts[] = {
    {"stytch_client_new: project_id", project_id},
    {"stytch_client_new: secret", secret},
    {"stytch_impersonation_authenticate: impersonation_token", token},
    {"stytch_options_set_base_url: url", base_url},
    {"stytch_options_set_ca_file: pem_path", ca_file},
    {"stytch_options_set_ca_pem: pem", ca_pem},
    {"stytch_options_set_proxy: url", proxy},
    {"stytch_options_set_app_info: name", app_name},
    {"stytch_options_set_app_info: version", app_version},
    {"stytch_options_set_jwks_json: jwks_json", jwks_json},
    {"stytch_impersonation_token_from_url: url", dashboard_link},
    {"stytch_sessions_authenticate: session_token", session_token},
    {"stytch_sessions_authenticate: session_jwt", session_jwt},
    {"stytch_sessions_authenticate: params_json", params_json},
    {"stytch_sessions_revoke: member_session_id", revoke_by_id},
    {"stytch_sessions_revoke: session_token", revoke_by_token},
    {"stytch_sessions_revoke: session_jwt", revoke_by_jwt},
    {"stytch_sessions_revoke: member_id", revoke_by_member},
    {"stytch_sessions_get: organization_id", get_organization},
    {"stytch_sessions_get: member_id", get_member},
    {"stytch_request: method", request_method},
    {"stytch_request: path", request_path},
    {"stytch_request: json_body", request_body},
};

static const struct place null_handles[] = {
    {"stytch_client_new: all NULL", client_of_nulls},
    {"stytch_impersonation_authenticate: client NULL", authenticate_of_null},
    {"stytch_impersonation_authenticate: all NULL", authenticate_of_nulls},
    {"stytch_options_set_base_url: options NULL", base_url_of_null},
    {"stytch_options_set_timeout_ms: options NULL", timeout_of_null},
    {"stytch_options_set_connect_timeout_ms: options NULL", connect_timeout_of_null},
    {"stytch_options_set_max_retries: options NULL", max_retries_of_null},
    {"stytch_options_set_ca_file: options NULL", ca_file_of_null},
    {"stytch_options_set_ca_pem: options NULL", ca_pem_of_null},
    {"stytch_options_set_proxy: options NULL", proxy_of_null},
    {"stytch_options_set_app_info: options NULL", app_info_of_null},
    {"stytch_options_set_jwks_json: options NULL", jwks_of_null},
    {"stytch_options_set_jwt_leeway_seconds: options NULL", leeway_of_null},
    {"stytch_options_set_jwt_leeway_seconds: 301", leeway},
    {"stytch_sessions_authenticate: client NULL", session_of_null},
    {"stytch_sessions_authenticate: all NULL", session_of_nulls},
    {"stytch_sessions_authenticate: token and JWT", two_sessions},
    {"stytch_sessions_authenticate: a session in params_json", params_with_a_session},
    {"stytch_sessions_authenticate_jwt: client NULL", jwt_without_client},
    {"stytch_sessions_authenticate_jwt: session_jwt NULL", jwt_of_null},
    {"stytch_sessions_authenticate_jwt: age -2", age_below},
    {"stytch_sessions_authenticate_jwt_local: client NULL", local_jwt_without_client},
    {"stytch_sessions_authenticate_jwt_local: session_jwt NULL", local_jwt_of_null},
    {"stytch_sessions_authenticate_jwt_local: age INT64_MIN", local_age_below},
    {"stytch_sessions_revoke: client NULL", revoke_of_null},
    {"stytch_sessions_revoke: all NULL", revoke_of_nulls},
    {"stytch_sessions_revoke: two selectors", two_selectors},
    {"stytch_sessions_revoke: four selectors", four_selectors},
    {"stytch_sessions_get: client NULL", get_of_null},
    {"stytch_sessions_get: all NULL", get_of_nulls},
    {"stytch_sessions_get_jwks: client NULL", jwks_without_client},
    {"stytch_request: client NULL", request_of_null},
    {"stytch_request: all NULL", request_of_nulls},
};

static void every_text(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < HOSTILE_COUNT; j++) {
            set_context(texts[i].name, hostiles[j].name);
            check_refused(texts[i].function, hostiles[j].text);
        }
    }
    for (size_t i = 0; i < sizeof null_handles / sizeof null_handles[0]; i++) {
        set_context(null_handles[i].name, "");
        check_refused(null_handles[i].function, "");
    }
    set_context("", "");
}

/* Whatever a browser sends for a JWT is judged as a token: no argument is at fault. */
static void every_jwt(void)
{
    for (size_t i = 1; i < HOSTILE_COUNT; i++) {
        for (int remote = 0; remote < 2; remote++) {
            stytch_error *error = poison();

            set_context(remote ? "stytch_sessions_authenticate_jwt" : "stytch_sessions_authenticate_jwt_local",
                        hostiles[i].name);
            if (remote) {
                CHECK(!freed(stytch_sessions_authenticate_jwt(client, hostiles[i].text, 0, &error)));
                CHECK(!freed(stytch_sessions_authenticate_jwt(client, hostiles[i].text, -1, NULL)));
            } else {
                CHECK(!freed(stytch_sessions_authenticate_jwt_local(client, hostiles[i].text, INT64_MAX, &error)));
                CHECK(!freed(stytch_sessions_authenticate_jwt_local(client, hostiles[i].text, 0, NULL)));
            }
            REQUIRE(error != poison());
            CHECK_ERROR(error, STYTCH_ERROR_INVALID_TOKEN, STYTCH_DELIVERY_NOT_SENT);
            CHECK_STRING(stytch_error_type(error), "jwt_malformed");
            CHECK(!stytch_error_is_retryable(error));
            CHECK_INT(stytch_error_http_status(error), 0);
            CHECK_STRING(stytch_error_body(error), NULL);
            CHECK_STRING(stytch_error_api_message(error), NULL);
            check_plain_message(stytch_error_message(error));
            stytch_error_free(error);
        }
    }
    set_context("", "");
}

/* A 1 MB URL that is otherwise well formed, and 1 MB of credentials within it. */
static void long_urls(void)
{
    char *url = filled(HUGE_LENGTH, 'a');

    memcpy(url, "https://", 8);
    set_context("stytch_options_set_base_url", "1 MB of host");
    check_refused(base_url, url);
    memcpy(url, "http://a:", 9);
    set_context("stytch_options_set_proxy", "1 MB of port");
    check_refused(proxy, url);
    set_context("", "");
    free(url);
}

/* ---- Out-parameters ----------------------------------------------------------------------------- */

/* Success clears *error as well, and refusals before it have left no mark on the options. */
static void success_clears_error(void)
{
    stytch_options *fresh = stytch_options_new();
    stytch_error *error = poison();
    stytch_client *made;

    CHECK(stytch_options_set_base_url(fresh, env("STYTCH_BASE_URL"), &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_timeout_ms(fresh, 1000, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_connect_timeout_ms(fresh, 1000, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_max_retries(fresh, 0, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_ca_file(fresh, env("STYTCH_CA_FILE"), &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_app_info(fresh, "name", "1.0", &error));
    CHECK(error == NULL);
    error = poison();
    made = stytch_client_new(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), fresh, &error);
    CHECK(made != NULL);
    CHECK(error == NULL);
    stytch_client_free(made);
    error = poison();
    CHECK(stytch_options_set_proxy(fresh, "http://proxy.example.com", &error));
    CHECK(error == NULL);
    stytch_options_free(fresh);

    error = poison();
    made = stytch_client_new("project-test-1", "secret", NULL, &error);
    CHECK(made != NULL);
    CHECK(error == NULL);
    stytch_client_free(made);
}

static void check_nothing_read(const stytch_response *from, const char *pointer)
{
    bool boolean = true;
    int64_t integer = 42;
    double number = 42.5;
    size_t length = 42;
    char *json = stytch_response_get_json(from, pointer);

    CHECK_STRING(stytch_response_get_string(from, pointer), NULL);
    CHECK_STRING(json, NULL);
    stytch_string_free(json);
    CHECK(!stytch_response_get_bool(from, pointer, &boolean));
    CHECK(!stytch_response_get_int64(from, pointer, &integer));
    CHECK(!stytch_response_get_double(from, pointer, &number));
    CHECK(!stytch_response_get_length(from, pointer, &length));
    CHECK(boolean);
    CHECK_INT(integer, 42);
    CHECK(number > 42.4 && number < 42.6);
    CHECK_INT(length, 42);
    CHECK(!stytch_response_get_bool(from, pointer, NULL));
    CHECK(!stytch_response_get_int64(from, pointer, NULL));
    CHECK(!stytch_response_get_double(from, pointer, NULL));
    CHECK(!stytch_response_get_length(from, pointer, NULL));
}

static void every_getter(void)
{
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        set_context("stytch_response_get_*: pointer", hostiles[i].name);
        if (i != 1) { /* the empty pointer is the whole document */
            check_nothing_read(response, hostiles[i].text);
        }
        check_nothing_read(NULL, hostiles[i].text);
    }
    set_context("stytch_response_get_*: value NULL", "");
    CHECK(!stytch_response_get_bool(response, "/true", NULL));
    CHECK(!stytch_response_get_int64(response, "/one", NULL));
    CHECK(!stytch_response_get_double(response, "/one", NULL));
    CHECK(!stytch_response_get_length(response, "", NULL));
    set_context("", "");
}

/* ---- NULL handles -------------------------------------------------------------------------------- */

static void null_handles_read_as_nothing(void)
{
    check_nothing_read(NULL, "");
    check_nothing_read(NULL, "/member_id");
    CHECK_STRING(stytch_response_json(NULL), NULL);
    CHECK_INT(stytch_response_json_length(NULL), 0);
    CHECK_INT(stytch_response_http_status(NULL), 0);
    CHECK_STRING(stytch_response_request_id(NULL), NULL);
    CHECK_STRING(stytch_response_member_id(NULL), NULL);
    CHECK_STRING(stytch_response_organization_id(NULL), NULL);
    CHECK_STRING(stytch_response_session_token(NULL), NULL);
    CHECK_STRING(stytch_response_session_jwt(NULL), NULL);

    CHECK_INT(stytch_error_code(NULL), 0);
    CHECK_INT(stytch_error_delivery(NULL), STYTCH_DELIVERY_UNKNOWN);
    CHECK_STRING(stytch_error_message(NULL), NULL);
    CHECK_INT(stytch_error_http_status(NULL), 0);
    CHECK_STRING(stytch_error_type(NULL), NULL);
    CHECK_STRING(stytch_error_request_id(NULL), NULL);
    CHECK_STRING(stytch_error_url(NULL), NULL);
    CHECK_INT(stytch_error_retry_after_ms(NULL), -1);
    CHECK_STRING(stytch_error_body(NULL), NULL);
    CHECK_INT(stytch_error_body_length(NULL), 0);
    CHECK(!stytch_error_is_retryable(NULL));
    CHECK_STRING(stytch_error_api_message(NULL), NULL);
    CHECK(!stytch_response_is_impersonated(NULL));
    CHECK_STRING(stytch_response_impersonator_id(NULL), NULL);
    CHECK_STRING(stytch_response_impersonator_email_address(NULL), NULL);

    stytch_options_free(NULL);
    stytch_client_free(NULL);
    stytch_response_free(NULL);
    stytch_error_free(NULL);
    stytch_string_free(NULL);
    CHECK_STRING(stytch_version(), STYTCH_VERSION); /* takes nothing, so nothing can be hostile */
    CHECK_INT(stytch_abi_version(), STYTCH_ABI_VERSION);
}

/* After all that, the handles still do their work. */
static void handles_still_work(void)
{
    char *fresh = new_token();
    stytch_response *session = stytch_impersonation_authenticate(client, fresh, NULL);

    CHECK(session != NULL);
    CHECK(stytch_response_session_token(session) != NULL);
    stytch_response_free(session);
    session = stytch_impersonation_authenticate(client, fresh, NULL); /* fails, and nobody asks why */
    CHECK(session == NULL);
    free(fresh);
}

int main(void)
{
    make_long_texts();
    options = sandbox_options();
    client = client_with(options);
    response = response_of(client, "{\"session_token\":\"s\",\"true\":true,\"one\":1}");

    every_text();
    every_jwt();
    long_urls();
    success_clears_error();
    every_getter();
    null_handles_read_as_nothing();
    handles_still_work();

    stytch_response_free(response);
    stytch_client_free(client);
    stytch_options_free(options);
    free_long_texts();
    return finish("hostile_arguments");
}
