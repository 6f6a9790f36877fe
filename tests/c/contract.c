/*
 * The pinned ABI, used as a program would use it that was written before this library was: every function
 * is declared again with the pinned signature, which no compiler accepts if the header says otherwise, and
 * every one is called. A line is added for what is new; one that has to change breaks programs that were built
 * before, and STYTCH_ABI_VERSION, the SONAME and CHANGELOG.md ("ABI") change with it.
 */
#ifdef _WIN32
#define STYTCH_API /* or the declarations below would lack an attribute of the header's */
#endif
#include "support.h"

#ifdef __cplusplus
extern "C" {
#endif
const char *stytch_version(void);
uint32_t stytch_abi_version(void);
void stytch_string_free(char *string);

stytch_options *stytch_options_new(void);
void stytch_options_free(stytch_options *options);
bool stytch_options_set_base_url(stytch_options *options, const char *url, stytch_error **error);
bool stytch_options_set_timeout_ms(stytch_options *options, uint32_t milliseconds, stytch_error **error);
bool stytch_options_set_connect_timeout_ms(stytch_options *options, uint32_t milliseconds, stytch_error **error);
bool stytch_options_set_max_retries(stytch_options *options, uint32_t count, stytch_error **error);
bool stytch_options_set_ca_file(stytch_options *options, const char *pem_path, stytch_error **error);
bool stytch_options_set_ca_pem(stytch_options *options, const char *pem, stytch_error **error);
bool stytch_options_set_proxy(stytch_options *options, const char *url, stytch_error **error);
bool stytch_options_set_app_info(stytch_options *options, const char *name, const char *version,
                                 stytch_error **error);
bool stytch_options_set_jwks_json(stytch_options *options, const char *jwks_json, stytch_error **error);
bool stytch_options_set_jwt_leeway_seconds(stytch_options *options, uint32_t seconds, stytch_error **error);

stytch_client *stytch_client_new(const char *project_id, const char *secret, const stytch_options *options,
                                 stytch_error **error);
void stytch_client_free(stytch_client *client);

stytch_response *stytch_impersonation_authenticate(const stytch_client *client,
                                                   const char *impersonation_token, stytch_error **error);
char *stytch_impersonation_token_from_url(const char *url, stytch_error **error);

stytch_response *stytch_sessions_authenticate(const stytch_client *client, const char *session_token,
                                              const char *session_jwt, const char *params_json,
                                              stytch_error **error);
stytch_response *stytch_sessions_authenticate_jwt_local(const stytch_client *client, const char *session_jwt,
                                                        int64_t max_token_age_seconds, stytch_error **error);
stytch_response *stytch_sessions_authenticate_jwt(const stytch_client *client, const char *session_jwt,
                                                  int64_t max_token_age_seconds, stytch_error **error);
stytch_response *stytch_sessions_revoke(const stytch_client *client, const char *member_session_id,
                                        const char *session_token, const char *session_jwt,
                                        const char *member_id, stytch_error **error);
stytch_response *stytch_sessions_get(const stytch_client *client, const char *organization_id,
                                     const char *member_id, stytch_error **error);
stytch_response *stytch_sessions_get_jwks(const stytch_client *client, stytch_error **error);
stytch_response *stytch_request(const stytch_client *client, const char *method, const char *path,
                                const char *json_body, stytch_error **error);

bool stytch_options_set_log_callback(stytch_options *options, int32_t level, stytch_log_function function,
                                     void *userdata, stytch_error **error);
bool stytch_options_set_max_threads(stytch_options *options, uint32_t count, stytch_error **error);
bool stytch_options_set_max_pending(stytch_options *options, uint32_t count, stytch_error **error);

stytch_queue *stytch_queue_new(stytch_error **error);
void stytch_queue_free(stytch_queue *queue);
int32_t stytch_queue_fd(const stytch_queue *queue);
stytch_call *stytch_queue_next(stytch_queue *queue);
bool stytch_queue_wait(stytch_queue *queue, uint32_t milliseconds);
bool stytch_queue_set_log_level(stytch_queue *queue, int32_t level, stytch_error **error);
char *stytch_queue_next_event(stytch_queue *queue, int32_t *level);

stytch_call *stytch_impersonation_authenticate_start(const stytch_client *client, const char *impersonation_token,
                                                     stytch_queue *queue, void *userdata, stytch_error **error);
stytch_call *stytch_sessions_authenticate_start(const stytch_client *client, const char *session_token,
                                                const char *session_jwt, const char *params_json,
                                                stytch_queue *queue, void *userdata, stytch_error **error);
stytch_call *stytch_sessions_authenticate_jwt_start(const stytch_client *client, const char *session_jwt,
                                                    int64_t max_token_age_seconds, stytch_queue *queue,
                                                    void *userdata, stytch_error **error);
stytch_call *stytch_sessions_revoke_start(const stytch_client *client, const char *member_session_id,
                                          const char *session_token, const char *session_jwt,
                                          const char *member_id, stytch_queue *queue, void *userdata,
                                          stytch_error **error);
stytch_call *stytch_sessions_get_start(const stytch_client *client, const char *organization_id,
                                       const char *member_id, stytch_queue *queue, void *userdata,
                                       stytch_error **error);
stytch_call *stytch_sessions_get_jwks_start(const stytch_client *client, stytch_queue *queue, void *userdata,
                                            stytch_error **error);
stytch_call *stytch_request_start(const stytch_client *client, const char *method, const char *path,
                                  const char *json_body, stytch_queue *queue, void *userdata,
                                  stytch_error **error);

void *stytch_call_userdata(const stytch_call *call);
bool stytch_call_is_finished(const stytch_call *call);
stytch_response *stytch_call_take(stytch_call *call, stytch_error **error);
void stytch_call_cancel(stytch_call *call);
void stytch_call_free(stytch_call *call);

void stytch_response_free(stytch_response *response);
const char *stytch_response_json(const stytch_response *response);
size_t stytch_response_json_length(const stytch_response *response);
int32_t stytch_response_http_status(const stytch_response *response);
const char *stytch_response_request_id(const stytch_response *response);
const char *stytch_response_member_id(const stytch_response *response);
const char *stytch_response_organization_id(const stytch_response *response);
const char *stytch_response_session_token(const stytch_response *response);
const char *stytch_response_session_jwt(const stytch_response *response);
bool stytch_response_is_impersonated(const stytch_response *response);
const char *stytch_response_impersonator_id(const stytch_response *response);
const char *stytch_response_impersonator_email_address(const stytch_response *response);
const char *stytch_response_get_string(const stytch_response *response, const char *pointer);
bool stytch_response_get_bool(const stytch_response *response, const char *pointer, bool *value);
bool stytch_response_get_int64(const stytch_response *response, const char *pointer, int64_t *value);
bool stytch_response_get_double(const stytch_response *response, const char *pointer, double *value);
bool stytch_response_get_length(const stytch_response *response, const char *pointer, size_t *length);
char *stytch_response_get_json(const stytch_response *response, const char *pointer);

void stytch_error_free(stytch_error *error);
int32_t stytch_error_code(const stytch_error *error);
int32_t stytch_error_delivery(const stytch_error *error);
bool stytch_error_is_retryable(const stytch_error *error);
const char *stytch_error_message(const stytch_error *error);
int32_t stytch_error_http_status(const stytch_error *error);
const char *stytch_error_type(const stytch_error *error);
const char *stytch_error_request_id(const stytch_error *error);
const char *stytch_error_url(const stytch_error *error);
const char *stytch_error_api_message(const stytch_error *error);
int64_t stytch_error_retry_after_ms(const stytch_error *error);
const char *stytch_error_body(const stytch_error *error);
size_t stytch_error_body_length(const stytch_error *error);
#ifdef __cplusplus
}
#endif

static void names_and_numbers(void)
{
    stytch_error_code_t code = STYTCH_ERROR_INTERNAL;
    stytch_delivery_t delivery = STYTCH_DELIVERY_UNKNOWN;

    CHECK_INT(STYTCH_ABI_VERSION, 1);
    CHECK_INT(code, 9);
    CHECK_INT(delivery, 0);
    CHECK_INT(STYTCH_ERROR_INVALID_ARGUMENT, 1);
    CHECK_INT(STYTCH_ERROR_CONNECTION, 2);
    CHECK_INT(STYTCH_ERROR_TLS, 3);
    CHECK_INT(STYTCH_ERROR_TIMEOUT, 4);
    CHECK_INT(STYTCH_ERROR_TRANSPORT, 5);
    CHECK_INT(STYTCH_ERROR_API, 6);
    CHECK_INT(STYTCH_ERROR_INVALID_RESPONSE, 7);
    CHECK_INT(STYTCH_ERROR_CANCELLED, 8);
    CHECK_INT(STYTCH_ERROR_INVALID_TOKEN, 10);
    CHECK_INT(STYTCH_ERROR_BUSY, 11);
    CHECK_INT(STYTCH_DELIVERY_NOT_SENT, 1);
    CHECK_INT(STYTCH_DELIVERY_REJECTED, 2);
    CHECK_INT(STYTCH_DELIVERY_ACCEPTED, 3);
    CHECK_INT(STYTCH_LOG_ERROR, 1);
    CHECK_INT(STYTCH_LOG_WARNING, 2);
    CHECK_INT(STYTCH_LOG_INFO, 3);
    CHECK_INT(STYTCH_LOG_DEBUG, 4);
}

static void versions(void)
{
    char composed[64];

    snprintf(composed, sizeof composed, "%d.%d.%d", STYTCH_VERSION_MAJOR, STYTCH_VERSION_MINOR,
             STYTCH_VERSION_PATCH);
    CHECK_STRING(STYTCH_VERSION, composed);
    CHECK_STRING(stytch_version(), STYTCH_VERSION);
    CHECK(stytch_version() == stytch_version());
    CHECK_INT(stytch_abi_version(), STYTCH_ABI_VERSION);
}

static char *contents_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = filled(65536, '\0');
    size_t length;

    REQUIRE(file != NULL);
    length = fread(text, 1, 65536, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static void every_option(void)
{
    stytch_options *options = stytch_options_new();
    stytch_error *error = NULL;
    char *pem = contents_of(env("STYTCH_CA_FILE"));
    stytch_client *client;

    REQUIRE(options != NULL);
    CHECK(stytch_options_set_base_url(options, "https://api.example.com", &error));
    CHECK(stytch_options_set_timeout_ms(options, 20000, &error));
    CHECK(stytch_options_set_connect_timeout_ms(options, 4000, &error));
    CHECK(stytch_options_set_max_retries(options, 1, &error));
    CHECK(stytch_options_set_ca_file(options, env("STYTCH_CA_FILE"), &error));
    CHECK(stytch_options_set_ca_pem(options, pem, &error));
    CHECK(stytch_options_set_proxy(options, "http://user:pass%40word@proxy.example.com:3128", &error));
    CHECK(stytch_options_set_app_info(options, "contract", "1.0", &error));
    CHECK(error == NULL);
    client = stytch_client_new(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), options, &error);
    CHECK(client != NULL);
    CHECK(error == NULL);
    stytch_client_free(client);
    stytch_options_free(options);
    free(pem);
}

/* Everything that went in may go away: it was copied. */
static stytch_client *client_of_copies(void)
{
    char *url = strdup(env("STYTCH_BASE_URL"));
    char *project_id = strdup(env("STYTCH_PROJECT_ID"));
    char *secret = strdup(env("STYTCH_SECRET"));
    stytch_options *options = stytch_options_new();
    stytch_client *client;
    stytch_error *error = NULL;

    REQUIRE(url != NULL && project_id != NULL && secret != NULL);
    CHECK(stytch_options_set_base_url(options, url, &error));
    memset(url, 'x', strlen(url));
    client = stytch_client_new(project_id, secret, options, &error);
    REQUIRE(client != NULL);
    memset(project_id, 'x', strlen(project_id));
    memset(secret, 'x', strlen(secret));
    free(url);
    free(project_id);
    free(secret);
    stytch_options_free(options);
    return client;
}

static void read_response(const stytch_response *response)
{
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    size_t length = 0;
    char *json;

    CHECK_INT(stytch_response_http_status(response), 200);
    CHECK_INT(stytch_response_json_length(response), strlen(stytch_response_json(response)));
    CHECK_STRING(stytch_response_request_id(response), stytch_response_get_string(response, "/request_id"));
    CHECK_STRING(stytch_response_member_id(response), stytch_response_get_string(response, "/member_id"));
    CHECK_STRING(stytch_response_organization_id(response),
                 stytch_response_get_string(response, "/organization_id"));
    CHECK_STRING(stytch_response_session_token(response),
                 stytch_response_get_string(response, "/session_token"));
    CHECK_STRING(stytch_response_session_jwt(response), stytch_response_get_string(response, "/session_jwt"));
    CHECK(stytch_response_member_id(response) != NULL);
    CHECK(stytch_response_organization_id(response) != NULL);
    CHECK(stytch_response_request_id(response) != NULL);
    CHECK(stytch_response_session_jwt(response) != NULL);
    CHECK(stytch_response_session_token(response) != NULL && stytch_response_session_token(response)[0] != '\0');

    CHECK(stytch_response_is_impersonated(response));
    CHECK(stytch_response_impersonator_id(response) != NULL);
    CHECK_CONTAINS(stytch_response_impersonator_email_address(response), "@");

    CHECK(stytch_response_get_bool(response, "/member_authenticated", &boolean));
    CHECK(boolean);
    CHECK(stytch_response_get_int64(response, "/status_code", &integer));
    CHECK_INT(integer, 200);
    CHECK(stytch_response_get_double(response, "/status_code", &number));
    CHECK(number > 199.5 && number < 200.5);
    CHECK(stytch_response_get_length(response, "/member_session/authentication_factors", &length));
    CHECK_INT(length, 1);
    CHECK_STRING(stytch_response_get_string(response, "/member_session/authentication_factors/0/type"),
                 "impersonated");
    json = stytch_response_get_json(response, "/member_session/authentication_factors/0/delivery_method");
    CHECK_STRING(json, "\"impersonation\"");
    stytch_string_free(json);
}

static void read_error(const stytch_error *error)
{
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_INT(stytch_error_http_status(error), 401);
    CHECK_STRING(stytch_error_type(error), "unable_to_auth_impersonation_token");
    CHECK(stytch_error_request_id(error) != NULL);
    CHECK_CONTAINS(stytch_error_url(error), "http");
    CHECK_CONTAINS(stytch_error_api_message(error), "impersonation token");
    CHECK(!stytch_error_is_retryable(error));
    CHECK_INT(stytch_error_retry_after_ms(error), -1);
    CHECK(stytch_error_body(error) != NULL);
    CHECK_INT(stytch_error_body_length(error), strlen(stytch_error_body(error)));
    CHECK_CONTAINS(stytch_error_body(error), stytch_error_request_id(error));
}

static void a_token_works_once(void)
{
    stytch_client *client = client_of_copies();
    char *token = new_token();
    stytch_error *error = NULL;
    stytch_response *response = stytch_impersonation_authenticate(client, token, &error);

    CHECK(error == NULL);
    REQUIRE(response != NULL);
    CHECK(stytch_impersonation_authenticate(client, token, &error) == NULL);
    read_error(error);
    stytch_client_free(client); /* a response and an error outlive their client */
    read_response(response);
    read_error(error);
    stytch_error_free(error);
    stytch_response_free(response);
    free(token);
}

/* The life of a session, from the link that brought its token to its end. */
static void a_session_is_used_and_ends(void)
{
    stytch_client *client = client_of_copies();
    char *made = new_token();
    char link[512], *token, *session_token;
    stytch_error *error = NULL;
    stytch_options *options = stytch_options_new();
    stytch_response *session, *response;

    snprintf(link, sizeof link, "/login?stytch_token_type=multi_tenant_impersonation&token=%s", made);
    token = stytch_impersonation_token_from_url(link, &error);
    CHECK_STRING(token, made);
    session = stytch_impersonation_authenticate(client, token, &error);
    REQUIRE(session != NULL);
    stytch_string_free(token);
    free(made);
    session_token = strdup(stytch_response_session_token(session));
    REQUIRE(session_token != NULL);

    response = stytch_sessions_get_jwks(client, &error);
    REQUIRE(response != NULL);
    CHECK(stytch_options_set_jwks_json(options, stytch_response_json(response), &error));
    CHECK(stytch_options_set_jwt_leeway_seconds(options, 10, &error));
    stytch_response_free(response);
    stytch_options_free(options);

    response = stytch_sessions_authenticate_jwt_local(client, stytch_response_session_jwt(session), -1, &error);
    CHECK_INT(stytch_response_http_status(response), 0);
    CHECK_STRING(stytch_response_member_id(response), stytch_response_member_id(session));
    stytch_response_free(response);
    response = stytch_sessions_authenticate_jwt(client, stytch_response_session_jwt(session), 300, &error);
    CHECK_STRING(stytch_response_member_id(response), stytch_response_member_id(session));
    stytch_response_free(response);
    CHECK(stytch_sessions_authenticate_jwt_local(client, "a.b.c", -1, &error) == NULL);
    CHECK_INT(stytch_error_code(error), STYTCH_ERROR_INVALID_TOKEN);
    stytch_error_free(error);

    response = stytch_sessions_authenticate(client, session_token, NULL, NULL, &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    response = stytch_sessions_get(client, stytch_response_organization_id(session),
                                   stytch_response_member_id(session), &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    response = stytch_sessions_revoke(client, NULL, session_token, NULL, NULL, &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    CHECK(stytch_request(client, "GET", "/v1/b2b/there/is/no/such/path", NULL, &error) == NULL);
    CHECK_INT(stytch_error_http_status(error), 404);
    stytch_error_free(error);

    free(session_token);
    stytch_response_free(session);
    stytch_client_free(client);
}

static void count_events(int32_t level, const char *event_json, void *userdata)
{
    stytch_log_level_t info = STYTCH_LOG_INFO;

    CHECK(level >= STYTCH_LOG_ERROR && level <= (int32_t)info && event_json[0] == '{');
    ++*(int *)userdata;
}

/* Waits for the call, which is the only one, and gives its response. */
static stytch_response *finished(stytch_queue *queue, stytch_call *call, stytch_error **error)
{
    stytch_response *response;

    REQUIRE(call != NULL && stytch_queue_wait(queue, 20000));
    CHECK(stytch_queue_next(queue) == call && stytch_queue_next(queue) == NULL);
    CHECK(stytch_call_is_finished(call) && stytch_call_userdata(call) == (void *)queue);
    response = stytch_call_take(call, error);
    stytch_call_free(call);
    return response;
}

/* The same life without blocking. */
static void a_session_is_used_without_blocking(void)
{
    int events = 0;
    char *token = new_token(), *jwt, *session_token, *event;
    int32_t level = 0;
    stytch_error *error = NULL;
    stytch_options *options = sandbox_options();
    stytch_queue *queue = stytch_queue_new(&error);
    stytch_client *client;
    stytch_call *call;
    stytch_response *session, *response;

    CHECK((stytch_queue_fd(queue) >= 0) == HAS_DESCRIPTORS);
    CHECK(stytch_options_set_log_callback(options, STYTCH_LOG_INFO, count_events, &events, &error));
    CHECK(stytch_options_set_max_threads(options, 1, &error));
    CHECK(stytch_options_set_max_pending(options, 2, &error));
    client = client_with(options);
    stytch_options_free(options);

    call = stytch_impersonation_authenticate_start(client, token, queue, queue, &error);
    session = finished(queue, call, &error);
    REQUIRE(session != NULL);
    CHECK_INT(events, 1);
    session_token = strdup(stytch_response_session_token(session));
    jwt = strdup(stytch_response_session_jwt(session));
    REQUIRE(session_token != NULL && jwt != NULL);

    CHECK(stytch_queue_set_log_level(queue, STYTCH_LOG_DEBUG, &error));
    response = finished(queue, stytch_sessions_authenticate_start(client, session_token, NULL, NULL, queue, queue,
                                                                  &error), &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    event = stytch_queue_next_event(queue, &level);
    CHECK_INT(level, STYTCH_LOG_INFO);
    CHECK(event != NULL && strstr(event, "\"operation\":\"sessions_authenticate\"") != NULL);
    stytch_string_free(event);
    CHECK(stytch_queue_next_event(queue, NULL) == NULL);
    CHECK(stytch_queue_set_log_level(queue, 0, &error));
    CHECK_INT(events, 1);

    response = finished(queue, stytch_sessions_authenticate_jwt_start(client, jwt, -1, queue, queue, &error),
                        &error);
    CHECK_INT(stytch_response_http_status(response), 0);
    stytch_response_free(response);
    response = finished(queue, stytch_sessions_get_jwks_start(client, queue, queue, &error), &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    response = finished(queue, stytch_sessions_get_start(client, stytch_response_organization_id(session),
                                                         stytch_response_member_id(session), queue, queue,
                                                         &error), &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    response = finished(queue, stytch_sessions_revoke_start(client, NULL, session_token, NULL, NULL, queue, queue,
                                                            &error), &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    CHECK(finished(queue, stytch_request_start(client, "GET", "/v1/b2b/there/is/no/such/path", NULL, queue, queue,
                                               &error), &error) == NULL);
    CHECK_INT(stytch_error_http_status(error), 404);
    stytch_error_free(error);

    call = stytch_sessions_get_jwks_start(client, queue, queue, &error);
    stytch_call_cancel(call);
    stytch_response_free(finished(queue, call, &error));
    stytch_error_free(error);

    free(jwt);
    free(session_token);
    free(token);
    stytch_response_free(session);
    stytch_queue_free(queue);
    stytch_client_free(client);
}

int main(void)
{
    names_and_numbers();
    versions();
    every_option();
    a_token_works_once();
    a_session_is_used_and_ends();
    a_session_is_used_without_blocking();
    return finish("contract");
}
