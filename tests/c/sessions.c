/*
 * The life of a session as a program meets it: recognised by token and by JWT, impersonated or not, refreshed,
 * listed, ended, and what its JWT is worth at each point.
 */
#include "support.h"

/* A session that the sandbox has started. */
struct session {
    char *token;
    char *jwt;
    char *id;
    char *member_id;
    char *organization_id;
};

/* Returns a string of the sandbox's JSON, to be freed. */
static char *text_of(const char *json, const char *name)
{
    char key[64];
    const char *start;
    const char *end;
    char *text;

    snprintf(key, sizeof key, "\"%s\":\"", name);
    start = strstr(json, key);
    REQUIRE(start != NULL);
    start += strlen(key);
    end = strchr(start, '"');
    REQUIRE(end != NULL);
    text = filled((size_t)(end - start), '\0');
    memcpy(text, start, (size_t)(end - start));
    return text;
}

static struct session start_session(const char *json)
{
    char *answer = sandbox_request("POST", "/sandbox/sessions", json);
    struct session session;

    session.token = text_of(answer, "session_token");
    session.jwt = text_of(answer, "session_jwt");
    session.id = text_of(answer, "member_session_id");
    session.member_id = text_of(answer, "member_id");
    session.organization_id = text_of(answer, "organization_id");
    free(answer);
    return session;
}

static void free_session(struct session *session)
{
    free(session->token);
    free(session->jwt);
    free(session->id);
    free(session->member_id);
    free(session->organization_id);
}

static void move_clock(const char *json)
{
    free(sandbox_request("POST", "/sandbox/clock", json));
}

static void check_gone(stytch_response *response, stytch_error **out)
{
    stytch_error *error = *out;

    CHECK(response == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_INT(stytch_error_http_status(error), 404);
    CHECK_STRING(stytch_error_type(error), "session_not_found");
    CHECK(!stytch_error_is_retryable(error));
    CHECK(stytch_error_api_message(error) != NULL);
    stytch_error_free(error);
    *out = NULL;
}

/* The error is looked at behind a pointer: the call that makes it is an argument too, in no order. */
static void check_refused_token(stytch_response *response, stytch_error **out, const char *type)
{
    stytch_error *error = *out;

    CHECK(response == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_INVALID_TOKEN, STYTCH_DELIVERY_NOT_SENT);
    CHECK_STRING(stytch_error_type(error), type);
    CHECK_INT(stytch_error_http_status(error), 0);
    CHECK(!stytch_error_is_retryable(error));
    stytch_error_free(error);
    *out = NULL;
}

/* What every response about this session says, wherever it comes from. */
static void check_member(const stytch_response *response, const struct session *session)
{
    REQUIRE(response != NULL);
    CHECK_STRING(stytch_response_member_id(response), session->member_id);
    CHECK_STRING(stytch_response_organization_id(response), session->organization_id);
    CHECK_STRING(stytch_response_get_string(response, "/member_session/member_session_id"), session->id);
    CHECK(stytch_response_session_jwt(response) != NULL);
}

static void recognised_by_token_and_by_jwt(const stytch_client *client)
{
    struct session session = start_session("{\"custom_claims\":{\"plan\":\"pro\",\"seats\":3}}");
    stytch_error *error = NULL;
    stytch_response *response = stytch_sessions_authenticate(client, session.token, NULL, NULL, &error);
    int64_t seats = 0;

    check_member(response, &session);
    CHECK_INT(stytch_response_http_status(response), 200);
    CHECK_STRING(stytch_response_session_token(response), session.token);
    CHECK(stytch_response_get_string(response, "/member/name") != NULL);
    CHECK(!stytch_response_is_impersonated(response));
    CHECK_STRING(stytch_response_impersonator_id(response), NULL);
    CHECK_STRING(stytch_response_impersonator_email_address(response), NULL);
    stytch_response_free(response);

    response = stytch_sessions_authenticate(client, NULL, session.jwt, NULL, &error);
    check_member(response, &session);
    stytch_response_free(response);

    response = stytch_sessions_authenticate_jwt_local(client, session.jwt, -1, &error);
    check_member(response, &session);
    CHECK_INT(stytch_response_http_status(response), 0);
    CHECK_STRING(stytch_response_session_jwt(response), session.jwt);
    CHECK_STRING(stytch_response_session_token(response), NULL);
    CHECK_STRING(stytch_response_request_id(response), NULL);
    CHECK_STRING(stytch_response_get_string(response, "/member_session/custom_claims/plan"), "pro");
    CHECK(stytch_response_get_int64(response, "/member_session/custom_claims/seats", &seats));
    CHECK_INT(seats, 3);
    CHECK(!stytch_response_is_impersonated(response));
    stytch_response_free(response);

    /* Not a second old: the local result will do. With no age allowed, the API is asked. */
    response = stytch_sessions_authenticate_jwt(client, session.jwt, 60, &error);
    check_member(response, &session);
    CHECK_INT(stytch_response_http_status(response), 0);
    stytch_response_free(response);
    response = stytch_sessions_authenticate_jwt(client, session.jwt, 0, &error);
    check_member(response, &session);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    CHECK(error == NULL);
    check_refused_token(stytch_sessions_authenticate_jwt_local(client, session.jwt, 0, &error), &error, "jwt_too_old");
    free_session(&session);
}

static void extended_and_asked_for_a_permission(const stytch_client *client)
{
    struct session session = start_session("{}");
    stytch_error *error = NULL;
    stytch_response *response;
    char params[512];
    bool authorized = false;

    response = stytch_sessions_authenticate(client, session.token, NULL, "{\"session_duration_minutes\":120}", &error);
    check_member(response, &session);
    stytch_response_free(response);

    snprintf(params, sizeof params,
             "{\"authorization_check\":{\"organization_id\":\"%s\",\"resource_id\":\"documents\",\"action\":\"edit\"}}",
             session.organization_id);
    response = stytch_sessions_authenticate(client, session.token, NULL, params, &error);
    CHECK(stytch_response_get_bool(response, "/verdict/authorized", &authorized));
    CHECK(authorized);
    stytch_response_free(response);
    CHECK(error == NULL);

    snprintf(params, sizeof params,
             "{\"authorization_check\":{\"organization_id\":\"%s\",\"resource_id\":\"reports\",\"action\":\"export\"}}",
             session.organization_id);
    CHECK(stytch_sessions_authenticate(client, session.token, NULL, params, &error) == NULL);
    CHECK_INT(stytch_error_http_status(error), 403);
    CHECK_STRING(stytch_error_type(error), "session_authorization_error");
    stytch_error_free(error);
    free_session(&session);
}

static void impersonated(const stytch_client *client)
{
    struct session session = start_session(
        "{\"kind\":\"impersonated\",\"impersonator_id\":\"dashboard-7\",\"impersonator_email_address\":\"help@example.com\"}");
    stytch_error *error = NULL;
    stytch_response *both[2];

    both[0] = stytch_sessions_authenticate_jwt_local(client, session.jwt, -1, &error);
    both[1] = stytch_sessions_authenticate(client, session.token, NULL, NULL, &error);
    for (int i = 0; i < 2; i++) {
        check_member(both[i], &session);
        CHECK(stytch_response_is_impersonated(both[i]));
        CHECK_STRING(stytch_response_impersonator_id(both[i]), "dashboard-7");
        CHECK_STRING(stytch_response_impersonator_email_address(both[i]), "help@example.com");
        CHECK(stytch_response_impersonator_id(both[i]) == stytch_response_impersonator_id(both[i]));
        stytch_response_free(both[i]);
    }
    CHECK(stytch_sessions_authenticate(client, session.token, NULL, "{\"session_duration_minutes\":120}", &error) == NULL);
    CHECK_ERROR(error, STYTCH_ERROR_API, STYTCH_DELIVERY_REJECTED);
    CHECK_STRING(stytch_error_type(error), "session_not_mutable_impersonated");
    stytch_error_free(error);
    free_session(&session);
}

/* The sandbox's clock was ten minutes behind when it signed, so the JWT has expired and the session has not. */
static void expired_jwt_of_a_living_session(const stytch_client *client)
{
    struct session session;
    stytch_error *error = NULL;
    stytch_response *response;

    move_clock("{\"advance_seconds\":-600}");
    session = start_session("{}");
    move_clock("{\"reset\":true}");
    check_refused_token(stytch_sessions_authenticate_jwt_local(client, session.jwt, -1, &error), &error, "jwt_expired");
    error = NULL;
    response = stytch_sessions_authenticate_jwt(client, session.jwt, -1, &error);
    check_member(response, &session);
    CHECK_INT(stytch_response_http_status(response), 200);
    CHECK(strcmp(stytch_response_session_jwt(response), session.jwt) != 0); /* the fresh one is not lost */
    stytch_response_free(response);
    CHECK(error == NULL);
    free_session(&session);
}

static void ended(const stytch_client *client)
{
    struct session session = start_session("{}");
    struct session other = start_session("{}");
    stytch_error *error = NULL;
    stytch_response *response = stytch_sessions_get(client, session.organization_id, session.member_id, &error);
    size_t before = 0;
    size_t after = 0;

    CHECK(stytch_response_get_length(response, "/member_sessions", &before));
    CHECK(before >= 2);
    CHECK(!stytch_response_is_impersonated(response));
    stytch_response_free(response);

    response = stytch_sessions_revoke(client, NULL, session.token, NULL, NULL, &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    CHECK(stytch_response_request_id(response) != NULL);
    CHECK_STRING(stytch_response_member_id(response), NULL);
    CHECK(!stytch_response_is_impersonated(response));
    stytch_response_free(response);
    CHECK(error == NULL);

    check_gone(stytch_sessions_revoke(client, session.id, NULL, NULL, NULL, &error), &error);
    check_gone(stytch_sessions_revoke(client, NULL, NULL, session.jwt, NULL, &error), &error);
    check_gone(stytch_sessions_authenticate(client, session.token, NULL, NULL, &error), &error);
    check_gone(stytch_sessions_authenticate_jwt(client, session.jwt, 0, &error), &error);

    /* Locally its JWT stays valid until it expires: that is the price of no request. */
    error = NULL;
    response = stytch_sessions_authenticate_jwt_local(client, session.jwt, -1, &error);
    check_member(response, &session);
    stytch_response_free(response);

    response = stytch_sessions_get(client, session.organization_id, session.member_id, &error);
    CHECK(stytch_response_get_length(response, "/member_sessions", &after));
    CHECK_INT(after, before - 1);
    stytch_response_free(response);

    response = stytch_sessions_revoke(client, NULL, NULL, NULL, session.member_id, &error);
    CHECK_INT(stytch_response_http_status(response), 200);
    stytch_response_free(response);
    check_gone(stytch_sessions_authenticate(client, NULL, other.jwt, NULL, &error), &error);
    free_session(&session);
    free_session(&other);
}

/* A body that breaks off does not turn a done revoke into a failure that invites to another. */
static void ended_with_a_broken_body(const stytch_client *client)
{
    stytch_error *error = NULL;
    stytch_response *response;

    queue_raw("HTTP/1.1 200 OK\r\nContent-Length: 90\r\nConnection: close\r\n\r\n", "{\"status_", 9);
    response = stytch_sessions_revoke(client, "any-session", NULL, NULL, NULL, &error);
    CHECK(error == NULL);
    CHECK_INT(stytch_response_http_status(response), 200);
    CHECK_STRING(stytch_response_json(response), "{\"status_");
    CHECK_STRING(stytch_response_request_id(response), NULL);
    stytch_response_free(response);
}

static void any_other_call(const stytch_client *client)
{
    stytch_error *error = NULL;
    stytch_response *response;

    queue_raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "", 0);
    response = stytch_request(client, "DELETE", "/v1/b2b/things/1", NULL, &error);
    CHECK_INT(stytch_response_http_status(response), 204);
    CHECK_STRING(stytch_response_json(response), "");
    CHECK_INT(stytch_response_json_length(response), 0);
    stytch_response_free(response);
    CHECK(error == NULL);

    CHECK(stytch_request(client, "PUT", "/v1/b2b/no/such/thing", "{}", &error) == NULL);
    CHECK_INT(stytch_error_http_status(error), 404);
    CHECK(!stytch_error_is_retryable(error));
    stytch_error_free(error);
}

static void signed_by_the_next_key(const stytch_client *client)
{
    struct session session;
    stytch_error *error = NULL;
    stytch_response *response;

    free(sandbox_request("POST", "/sandbox/rotate_keys", "{}"));
    session = start_session("{}");
    response = stytch_sessions_authenticate_jwt_local(client, session.jwt, -1, &error);
    check_member(response, &session);
    stytch_response_free(response);
    CHECK(error == NULL);
    free_session(&session);
}

int main(void)
{
    stytch_client *client = sandbox_client();

    recognised_by_token_and_by_jwt(client);
    extended_and_asked_for_a_permission(client);
    impersonated(client);
    expired_jwt_of_a_living_session(client);
    ended(client);
    ended_with_a_broken_body(client);
    any_other_call(client);
    signed_by_the_next_key(client);
    stytch_client_free(client);
    return finish("sessions");
}
