/*
 * Calls that do not block with every kind of bad argument, as hostile_arguments.c does it for the other functions:
 * NULL in each place, text that no function may take, numbers out of bounds. What is refused is refused at once:
 * nothing comes out of the queue.
 */
#include "hostile.h"

static stytch_options *options; /* handles that are always good */
static stytch_client *client;
static stytch_queue *queue;

/* ---- Every place that takes text, and may fail ------------------------------------------------ */

static bool freed(stytch_call *made)
{
    stytch_call_free(made);
    return made != NULL;
}

static bool token(const char *text, stytch_error **error)
{
    return freed(stytch_impersonation_authenticate_start(client, text, queue, NULL, error));
}

static bool session_token(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate_start(client, text, NULL, NULL, queue, NULL, error));
}

static bool session_jwt(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate_start(client, NULL, text, NULL, queue, NULL, error));
}

/* NULL is fine for these two: it would only make another call. */
static bool params_json(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_authenticate_start(client, "token", NULL, text ? text : "[]", queue, NULL, error));
}

static bool request_body(const char *text, stytch_error **error)
{
    return freed(stytch_request_start(client, "POST", "/v1/b2b/things", text ? text : "{", queue, NULL, error));
}

static bool revoke_by_id(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke_start(client, text, NULL, NULL, NULL, queue, NULL, error));
}

static bool revoke_by_token(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke_start(client, NULL, text, NULL, NULL, queue, NULL, error));
}

static bool revoke_by_jwt(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke_start(client, NULL, NULL, text, NULL, queue, NULL, error));
}

static bool revoke_by_member(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_revoke_start(client, NULL, NULL, NULL, text, queue, NULL, error));
}

static bool get_organization(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_get_start(client, text, "member-1", queue, NULL, error));
}

static bool get_member(const char *text, stytch_error **error)
{
    return freed(stytch_sessions_get_start(client, "organization-1", text, queue, NULL, error));
}

static bool request_method(const char *text, stytch_error **error)
{
    return freed(stytch_request_start(client, text, "/v1/b2b/things", NULL, queue, NULL, error));
}

static bool request_path(const char *text, stytch_error **error)
{
    return freed(stytch_request_start(client, "GET", text, NULL, queue, NULL, error));
}

static const struct place texts[] = {
    {"stytch_impersonation_authenticate_start: impersonation_token", token},
    {"stytch_sessions_authenticate_start: session_token", session_token},
    {"stytch_sessions_authenticate_start: session_jwt", session_jwt},
    {"stytch_sessions_authenticate_start: params_json", params_json},
    {"stytch_sessions_revoke_start: member_session_id", revoke_by_id},
    {"stytch_sessions_revoke_start: session_token", revoke_by_token},
    {"stytch_sessions_revoke_start: session_jwt", revoke_by_jwt},
    {"stytch_sessions_revoke_start: member_id", revoke_by_member},
    {"stytch_sessions_get_start: organization_id", get_organization},
    {"stytch_sessions_get_start: member_id", get_member},
    {"stytch_request_start: method", request_method},
    {"stytch_request_start: path", request_path},
    {"stytch_request_start: json_body", request_body},
};

/* ---- Good text, and a handle that is NULL ------------------------------------------------------ */

/* Each function with these handles. `which` is the number of the function. */
static stytch_call *start(int which, const stytch_client *of, stytch_queue *into, stytch_error **error)
{
    switch (which) {
    case 0: return stytch_impersonation_authenticate_start(of, "token", into, NULL, error);
    case 1: return stytch_sessions_authenticate_start(of, "token", NULL, NULL, into, NULL, error);
    case 2: return stytch_sessions_authenticate_jwt_start(of, "a.b.c", -1, into, NULL, error);
    case 3: return stytch_sessions_revoke_start(of, "session-1", NULL, NULL, NULL, into, NULL, error);
    case 4: return stytch_sessions_get_start(of, "organization-1", "member-1", into, NULL, error);
    case 5: return stytch_sessions_get_jwks_start(of, into, NULL, error);
    default: return stytch_request_start(of, "GET", "/v1/b2b/things", NULL, into, NULL, error);
    }
}

static int started; /* which function the three below call */

static bool no_client(const char *text, stytch_error **error)
{
    (void)text;
    return freed(start(started, NULL, queue, error));
}

static bool no_queue(const char *text, stytch_error **error)
{
    (void)text;
    return freed(start(started, client, NULL, error));
}

static bool neither(const char *text, stytch_error **error)
{
    (void)text;
    return freed(start(started, NULL, NULL, error));
}

static void without_a_handle(void)
{
    static const char *const names[] = {
        "stytch_impersonation_authenticate_start", "stytch_sessions_authenticate_start",
        "stytch_sessions_authenticate_jwt_start",  "stytch_sessions_revoke_start",
        "stytch_sessions_get_start",               "stytch_sessions_get_jwks_start",
        "stytch_request_start",
    };

    for (started = 0; started < 7; started++) {
        set_context(names[started], "client NULL");
        check_refused(no_client, "");
        set_context(names[started], "queue NULL");
        check_refused(no_queue, "");
        set_context(names[started], "both NULL");
        check_refused(neither, "");
    }
    set_context("", "");
}

/* ---- All NULL, more than one of what there must be one, and numbers that are none --------------- */

static bool start_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_impersonation_authenticate_start(NULL, NULL, NULL, NULL, error));
}

static bool request_of_nulls(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_request_start(NULL, NULL, NULL, NULL, NULL, NULL, error));
}

static bool no_session(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_start(client, NULL, NULL, NULL, queue, NULL, error));
}

static bool two_sessions(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_start(client, "token", "a.b.c", NULL, queue, NULL, error));
}

static bool no_selector(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke_start(client, NULL, NULL, NULL, NULL, queue, NULL, error));
}

static bool two_selectors(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_revoke_start(client, "session-1", NULL, NULL, "member-1", queue, NULL, error));
}

static bool jwt_of_null(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt_start(client, NULL, -1, queue, NULL, error));
}

static bool age_below(const char *text, stytch_error **error)
{
    (void)text;
    return freed(stytch_sessions_authenticate_jwt_start(client, "a.b.c", -2, queue, NULL, error));
}

static bool take_of_null(const char *text, stytch_error **error)
{
    stytch_response *response = stytch_call_take(NULL, error);

    (void)text;
    stytch_response_free(response);
    return response != NULL;
}

static void log_nothing(int32_t log_level, const char *event_json, void *userdata)
{
    (void)log_level;
    (void)event_json;
    (void)userdata;
}

static bool callback_without_options(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_log_callback(NULL, STYTCH_LOG_INFO, log_nothing, NULL, error);
}

static bool callback_level_0(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_log_callback(options, 0, log_nothing, NULL, error);
}

static bool callback_level_5(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_log_callback(options, STYTCH_LOG_DEBUG + 1, log_nothing, NULL, error);
}

static bool callback_level_least(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_log_callback(options, INT32_MIN, log_nothing, NULL, error);
}

static bool threads_without_options(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_threads(NULL, 1, error);
}

static bool threads_0(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_threads(options, 0, error);
}

static bool threads_65(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_threads(options, 65, error);
}

static bool pending_without_options(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_pending(NULL, 1, error);
}

static bool pending_0(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_pending(options, 0, error);
}

static bool pending_most(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_options_set_max_pending(options, UINT32_MAX, error);
}

static bool level_without_queue(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_queue_set_log_level(NULL, STYTCH_LOG_INFO, error);
}

static bool level_below(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_queue_set_log_level(queue, -1, error);
}

static bool level_above(const char *text, stytch_error **error)
{
    (void)text;
    return stytch_queue_set_log_level(queue, INT32_MAX, error);
}

static const struct place others[] = {
    {"stytch_impersonation_authenticate_start: all NULL", start_of_nulls},
    {"stytch_request_start: all NULL", request_of_nulls},
    {"stytch_sessions_authenticate_start: neither token nor JWT", no_session},
    {"stytch_sessions_authenticate_start: token and JWT", two_sessions},
    {"stytch_sessions_revoke_start: no selector", no_selector},
    {"stytch_sessions_revoke_start: two selectors", two_selectors},
    {"stytch_sessions_authenticate_jwt_start: session_jwt NULL", jwt_of_null},
    {"stytch_sessions_authenticate_jwt_start: age -2", age_below},
    {"stytch_options_set_log_callback: options NULL", callback_without_options},
    {"stytch_options_set_log_callback: level 0", callback_level_0},
    {"stytch_options_set_log_callback: level 5", callback_level_5},
    {"stytch_options_set_log_callback: level INT32_MIN", callback_level_least},
    {"stytch_options_set_max_threads: options NULL", threads_without_options},
    {"stytch_options_set_max_threads: 0", threads_0},
    {"stytch_options_set_max_threads: 65", threads_65},
    {"stytch_options_set_max_pending: options NULL", pending_without_options},
    {"stytch_options_set_max_pending: 0", pending_0},
    {"stytch_options_set_max_pending: UINT32_MAX", pending_most},
    {"stytch_queue_set_log_level: queue NULL", level_without_queue},
    {"stytch_queue_set_log_level: -1", level_below},
    {"stytch_queue_set_log_level: INT32_MAX", level_above},
};

/* ---- Nothing was started ------------------------------------------------------------------------ */

static void every_text(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < HOSTILE_COUNT; j++) {
            set_context(texts[i].name, hostiles[j].name);
            check_refused(texts[i].function, hostiles[j].text);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        set_context(others[i].name, "");
        check_refused(others[i].function, "");
    }
    set_context("", "");
    CHECK(!stytch_queue_wait(queue, 0));
    CHECK(stytch_queue_next(queue) == NULL);
}

/* Whatever a browser sends for a JWT is judged as a token, so it comes through the queue. */
static void every_jwt(void)
{
    for (size_t i = 1; i < HOSTILE_COUNT; i++) {
        stytch_error *error = poison();
        stytch_call *call;

        set_context("stytch_sessions_authenticate_jwt_start", hostiles[i].name);
        call = stytch_sessions_authenticate_jwt_start(client, hostiles[i].text, 0, queue, NULL, &error);
        CHECK(error == NULL);
        REQUIRE(call != NULL && stytch_queue_wait(queue, 60000));
        CHECK(stytch_queue_next(queue) == call);
        error = poison();
        CHECK(stytch_call_take(call, &error) == NULL);
        REQUIRE(error != poison());
        CHECK_ERROR(error, STYTCH_ERROR_INVALID_TOKEN, STYTCH_DELIVERY_NOT_SENT);
        CHECK_STRING(stytch_error_type(error), "jwt_malformed");
        check_plain_message(stytch_error_message(error));
        stytch_error_free(error);
        stytch_call_free(call);
    }
    set_context("", "");
}

static void null_reads_as_nothing(void)
{
    int32_t level = 42;
    stytch_error *error = poison();
    char *event;

    CHECK_INT(stytch_queue_fd(NULL), -1);
    CHECK(stytch_queue_next(NULL) == NULL);
    CHECK(!stytch_queue_wait(NULL, UINT32_MAX)); /* at once, not after 49 days */
    event = stytch_queue_next_event(NULL, &level);
    CHECK(event == NULL);
    event = stytch_queue_next_event(NULL, NULL);
    CHECK(event == NULL);
    event = stytch_queue_next_event(queue, &level);
    CHECK(event == NULL);
    CHECK_INT(level, 42);
    CHECK(stytch_call_userdata(NULL) == NULL);
    CHECK(!stytch_call_is_finished(NULL));
    /* Nothing is known of a call that is not there, so the delivery is the cautious one. */
    CHECK(!take_of_null("", &error));
    REQUIRE(error != poison());
    CHECK_INT(stytch_error_code(error), STYTCH_ERROR_INVALID_ARGUMENT);
    check_plain_message(stytch_error_message(error));
    stytch_error_free(error);
    CHECK(!take_of_null("", NULL));
    stytch_call_cancel(NULL);
    stytch_call_free(NULL);
    stytch_queue_free(NULL);
}

/* Success clears *error as well, and what was refused before has left no mark. */
static void handles_still_work(void)
{
    char *fresh = new_token();
    stytch_error *error = poison();
    stytch_queue *other = stytch_queue_new(&error);
    stytch_queue *silent = stytch_queue_new(NULL);
    stytch_call *call;
    stytch_response *session;

    REQUIRE(other != NULL && silent != NULL);
    CHECK(error == NULL);
    stytch_queue_free(silent);
    error = poison();
    CHECK(stytch_options_set_log_callback(options, STYTCH_LOG_DEBUG, NULL, NULL, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_max_threads(options, 64, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_options_set_max_pending(options, 65536, &error));
    CHECK(error == NULL);
    error = poison();
    CHECK(stytch_queue_set_log_level(other, 0, &error));
    CHECK(error == NULL);

    error = poison();
    call = stytch_impersonation_authenticate_start(client, fresh, other, &error, &error);
    REQUIRE(call != NULL);
    CHECK(error == NULL);
    CHECK(stytch_call_userdata(call) == (void *)&error);
    REQUIRE(stytch_queue_wait(other, 60000));
    CHECK(stytch_queue_next(other) == call);
    error = poison();
    session = stytch_call_take(call, &error);
    CHECK(error == NULL);
    CHECK(stytch_response_session_token(session) != NULL);
    stytch_response_free(session);
    CHECK(stytch_call_take(call, NULL) == NULL); /* fails, and nobody asks why */
    stytch_call_free(call);
    stytch_queue_free(other);
    free(fresh);
}

int main(void)
{
    make_long_texts();
    options = sandbox_options();
    client = client_with(options);
    queue = stytch_queue_new(NULL);
    REQUIRE(queue != NULL);

    every_text();
    without_a_handle();
    every_jwt();
    null_reads_as_nothing();
    handles_still_work();

    stytch_queue_free(queue);
    stytch_client_free(client);
    stytch_options_free(options);
    free_long_texts();
    return finish("hostile_calls");
}
