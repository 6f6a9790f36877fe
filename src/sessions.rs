//! API calls on `client.sessions`.

use std::ffi::{c_char, c_void};

use super::call::stytch_call;
use super::client::stytch_client;
use super::error::ErrorOut;
use super::pointers::{bytes, optional_text, text};
use super::queue::{start, stytch_queue};
use super::response::{self, stytch_response};
use stytch_core::api::session_jwt::{AuthenticateJwt, AuthenticateJwtLocal};
use stytch_core::api::sessions::{self as api, Selector};
use stytch_core::call::Call;
use stytch_core::error::Result;

// What the log calls them.
const AUTHENTICATE: &str = "sessions_authenticate";
const AUTHENTICATE_JWT_LOCAL: &str = "sessions_authenticate_jwt_local";
const AUTHENTICATE_JWT: &str = "sessions_authenticate_jwt";
const REVOKE: &str = "sessions_revoke";
const GET: &str = "sessions_get";
const GET_JWKS: &str = "sessions_get_jwks";

/// Asks Stytch about a session, by its token or its JWT, and gets a fresh JWT:
/// `POST /v1/b2b/sessions/authenticate`.
///
/// An expired JWT is accepted as long as its session lives. The response has
/// the session as `member_session`, the member and the organization;
/// stytch_response_is_impersonated() says whether somebody acts as the member.
/// An impersonated session cannot be extended and has no custom claims: with
/// `session_duration_minutes` or `session_custom_claims` Stytch refuses it.
///
/// An error with status 404 and type "session_not_found" means that the session
/// is unknown, has expired or was revoked. The call does no harm when it is
/// repeated: see stytch_error_is_retryable(). It blocks until a response has
/// arrived or the deadline has passed, and needs a stack of 64 KiB.
///
/// @code
/// stytch_error *error = NULL;
/// stytch_response *session =
///     stytch_sessions_authenticate(client, token_of_cookie, NULL, NULL, &error);
/// if (session && stytch_response_is_impersonated(session)) {
///     const char *who = stytch_response_impersonator_email_address(session);
///     printf("%s acts as the member\n", who ? who : "somebody");
/// }
/// stytch_response_free(session);
/// stytch_error_free(error);
/// @endcode
///
/// @param client         Not NULL.
/// @param session_token  At most 8 KiB. NULL if `session_jwt` is given.
/// @param session_jwt    At most 32 KiB. NULL if `session_token` is given.
/// @param params_json    NULL, or a JSON object of at most 64 KiB with further
///                       fields of the request, such as
///                       `session_duration_minutes` or `authorization_check`.
/// @param error          NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_authenticate(
    client: Option<&stytch_client>,
    session_token: *const c_char,
    session_jwt: *const c_char,
    params_json: *const c_char,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, AUTHENTICATE, |_| {
        // SAFETY: the caller's part.
        unsafe { authenticate(session_token, session_jwt, params_json) }
    })
}

/// Starts stytch_sessions_authenticate() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client         Not NULL.
/// @param session_token  As there; it is copied.
/// @param session_jwt    As there; it is copied.
/// @param params_json    As there.
/// @param queue          Not NULL.
/// @param userdata       For stytch_call_userdata(); never looked at.
/// @param error          NULL, or where to put the reason on failure:
///                       #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                       too many calls of this client have not finished; see
///                       stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_authenticate_start(
    client: Option<&stytch_client>,
    session_token: *const c_char,
    session_jwt: *const c_char,
    params_json: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, AUTHENTICATE, |_| {
        // SAFETY: the caller's part.
        let call = unsafe { authenticate(session_token, session_jwt, params_json) }?;
        Ok(Box::new(call.into_owned()))
    })
}

/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated, for as long as the result
/// is used.
unsafe fn authenticate<'a>(
    session_token: *const c_char,
    session_jwt: *const c_char,
    params_json: *const c_char,
) -> Result<Call<'a>> {
    // SAFETY: see above.
    let (session_token, session_jwt, params) = unsafe {
        (
            optional_text(session_token, "session_token")?,
            optional_text(session_jwt, "session_jwt")?,
            optional_text(params_json, "params_json")?,
        )
    };
    api::authenticate(session_token, session_jwt, params)
}

/// Verifies a session JWT locally: the signature, the project, and the times.
/// Nothing is sent, except that the keys are fetched when they are first
/// needed, and again from time to time.
///
/// A session that has been revoked is not noticed: its JWT stays valid until it
/// expires, five minutes after it was issued at most. Use a small
/// `max_token_age_seconds` with stytch_sessions_authenticate_jwt(), or
/// stytch_sessions_authenticate(), where that matters.
///
/// The rules are those of RFC 7515, 7519 and 8725: RS256 only, one spelling of
/// the token, a key that the token names, the project as audience, Stytch or
/// the base URL as issuer, and both the JWT and its session not expired, with
/// the leeway of stytch_options_set_jwt_leeway_seconds(). The response has
/// `member_session` as the API would return it, and `session_jwt`; its
/// stytch_response_http_status() is 0.
///
/// A token that is refused is #STYTCH_ERROR_INVALID_TOKEN, and
/// stytch_error_type() is one of:
///
/// - "jwt_malformed", "jwt_bad_algorithm", "jwt_unknown_key",
///   "jwt_bad_signature": not a token of Stytch's;
/// - "jwt_wrong_issuer", "jwt_wrong_audience", "jwt_not_a_session": signed by
///   Stytch, and not for a member's session of this project;
/// - "jwt_expired", "jwt_not_yet_valid", "jwt_too_old": only these three may be
///   a session after all; stytch_sessions_authenticate_jwt() asks the API.
///
/// If there are no keys, the error is that of fetching them, with the delivery
/// of that request. Keys are kept for as long as the API says, from one to 15
/// minutes; while they cannot be fetched, the last ones serve for an hour. A
/// token with an unknown key makes the library look for new keys at most once
/// in 30 seconds. However many threads wait, there is one request.
///
/// @code
/// stytch_error *error = NULL;
/// stytch_response *session =
///     stytch_sessions_authenticate_jwt_local(client, jwt_of_cookie, -1, &error);
/// if (!session)
///     printf("not signed in: %s\n", stytch_error_message(error));
/// else if (stytch_response_is_impersonated(session))
///     puts("show the banner");
/// stytch_response_free(session);
/// stytch_error_free(error);
/// @endcode
///
/// @param client                 Not NULL.
/// @param session_jwt            Not NULL. Whatever it contains is judged as a
///                               token.
/// @param max_token_age_seconds  How long ago it may have been issued; -1 for no
///                               limit; with 0 every token is too old.
/// @param error                  NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_authenticate_jwt_local(
    client: Option<&stytch_client>,
    session_jwt: *const c_char,
    max_token_age_seconds: i64,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, AUTHENTICATE_JWT_LOCAL, |_| {
        // SAFETY: the caller's part.
        let session_jwt = unsafe { bytes(session_jwt, "session_jwt") }?;
        AuthenticateJwtLocal::new(session_jwt, max_token_age_seconds)
    })
}

/// Verifies a session JWT locally, as stytch_sessions_authenticate_jwt_local()
/// does, and asks the API only where it may know better: the token is this
/// project's own and expired, too old or not yet valid, or no keys can be had.
/// While there are keys, a forged token never reaches the network.
///
/// A response of the API has a fresh `session_jwt`, and the member and the
/// organization too; stytch_response_http_status() tells the two apart.
///
/// @param client                 Not NULL.
/// @param session_jwt            Not NULL. Whatever it contains is judged as a
///                               token.
/// @param max_token_age_seconds  How long ago it may have been issued to be
///                               accepted locally; -1 for no limit; with 0 the
///                               API is always asked.
/// @param error                  NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_authenticate_jwt(
    client: Option<&stytch_client>,
    session_jwt: *const c_char,
    max_token_age_seconds: i64,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, AUTHENTICATE_JWT, |_| {
        // SAFETY: the caller's part.
        let session_jwt = unsafe { bytes(session_jwt, "session_jwt") }?;
        AuthenticateJwt::new(session_jwt, max_token_age_seconds)
    })
}

/// Starts stytch_sessions_authenticate_jwt() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client                 Not NULL.
/// @param session_jwt            As there; it is copied.
/// @param max_token_age_seconds  As there.
/// @param queue                  Not NULL.
/// @param userdata               For stytch_call_userdata(); never looked at.
/// @param error                  NULL, or where to put the reason on failure:
///                               #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                               too many calls of this client have not finished; see
///                               stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_authenticate_jwt_start(
    client: Option<&stytch_client>,
    session_jwt: *const c_char,
    max_token_age_seconds: i64,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, AUTHENTICATE_JWT, |_| {
        // SAFETY: the caller's part.
        let session_jwt = unsafe { bytes(session_jwt, "session_jwt") }?;
        let operation = AuthenticateJwt::new(session_jwt, max_token_age_seconds)?;
        Ok(Box::new(operation.into_owned()))
    })
}

/// Ends a session, or with `member_id` every session of a member:
/// `POST /v1/b2b/sessions/revoke`.
///
/// Any 2xx status is a success, whatever became of the body: the session has
/// ended. Status 404 with type "session_not_found" means that the session
/// does not exist, so treat it as done. The call does no harm when it is
/// repeated. A JWT of the session stays valid for local verification until it
/// expires, up to five minutes later.
///
/// @param client             Not NULL.
/// @param member_session_id  At most 4 KiB. Exactly one of this and the
///                           following is not NULL.
/// @param session_token      At most 8 KiB.
/// @param session_jwt        At most 32 KiB.
/// @param member_id          At most 4 KiB.
/// @param error              NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_revoke(
    client: Option<&stytch_client>,
    member_session_id: *const c_char,
    session_token: *const c_char,
    session_jwt: *const c_char,
    member_id: *const c_char,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, REVOKE, |_| {
        // SAFETY: the caller's part.
        unsafe { revoke(member_session_id, session_token, session_jwt, member_id) }
    })
}

/// Starts stytch_sessions_revoke() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client             Not NULL.
/// @param member_session_id  As there.
/// @param session_token      As there; it is copied.
/// @param session_jwt        As there; it is copied.
/// @param member_id          As there.
/// @param queue              Not NULL.
/// @param userdata           For stytch_call_userdata(); never looked at.
/// @param error              NULL, or where to put the reason on failure:
///                           #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                           too many calls of this client have not finished; see
///                           stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_revoke_start(
    client: Option<&stytch_client>,
    member_session_id: *const c_char,
    session_token: *const c_char,
    session_jwt: *const c_char,
    member_id: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, REVOKE, |_| {
        // SAFETY: the caller's part.
        let call = unsafe { revoke(member_session_id, session_token, session_jwt, member_id) }?;
        Ok(Box::new(call.into_owned()))
    })
}

/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated, for as long as the result
/// is used.
unsafe fn revoke<'a>(
    member_session_id: *const c_char,
    session_token: *const c_char,
    session_jwt: *const c_char,
    member_id: *const c_char,
) -> Result<Call<'a>> {
    // SAFETY: see above.
    let selector = unsafe {
        Selector {
            member_session_id: optional_text(member_session_id, "member_session_id")?,
            session_token: optional_text(session_token, "session_token")?,
            session_jwt: optional_text(session_jwt, "session_jwt")?,
            member_id: optional_text(member_id, "member_id")?,
        }
    };
    api::revoke(selector)
}

/// Lists the sessions of a member: `GET /v1/b2b/sessions`.
///
/// The response has them in the array `/member_sessions`; it is a list, so
/// stytch_response_is_impersonated() is `false`. At most 16 MiB are read.
///
/// @param client           Not NULL.
/// @param organization_id  At most 4 KiB. Not NULL.
/// @param member_id        At most 4 KiB. Not NULL.
/// @param error            NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_get(
    client: Option<&stytch_client>,
    organization_id: *const c_char,
    member_id: *const c_char,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, GET, |_| {
        // SAFETY: the caller's part.
        unsafe { get(organization_id, member_id) }
    })
}

/// Starts stytch_sessions_get() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client           Not NULL.
/// @param organization_id  As there.
/// @param member_id        As there.
/// @param queue            Not NULL.
/// @param userdata         For stytch_call_userdata(); never looked at.
/// @param error            NULL, or where to put the reason on failure:
///                         #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                         too many calls of this client have not finished; see
///                         stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_get_start(
    client: Option<&stytch_client>,
    organization_id: *const c_char,
    member_id: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, GET, |_| {
        // SAFETY: the caller's part.
        Ok(Box::new(unsafe { get(organization_id, member_id) }?))
    })
}

/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
unsafe fn get(organization_id: *const c_char, member_id: *const c_char) -> Result<Call<'static>> {
    // SAFETY: see above.
    let (organization_id, member_id) = unsafe {
        (
            text(organization_id, "organization_id")?,
            text(member_id, "member_id")?,
        )
    };
    api::get(organization_id, member_id)
}

/// Gets the keys that session JWTs are signed with, as the server sends them:
/// `GET /v1/b2b/sessions/jwks/{project_id}`.
///
/// Local verification fetches and caches keys by itself; this call neither
/// reads nor fills that cache. It sends no credentials.
///
/// @param client  Not NULL.
/// @param error   NULL, or where to put the reason on failure.
/// @return A response with the array `/keys`, to free with
///         stytch_response_free(). NULL on failure.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn stytch_sessions_get_jwks(
    client: Option<&stytch_client>,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, GET_JWKS, |client| {
        Ok(api::get_jwks(client.project_id()))
    })
}

/// Starts stytch_sessions_get_jwks() and returns at once; see
/// stytch_queue_new(). The deadline runs from now.
///
/// @param client    Not NULL.
/// @param queue     Not NULL.
/// @param userdata  For stytch_call_userdata(); never looked at.
/// @param error     NULL, or where to put the reason on failure:
///                  #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                  too many calls of this client have not finished; see
///                  stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_sessions_get_jwks_start(
    client: Option<&stytch_client>,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, GET_JWKS, |client| {
        Ok(Box::new(api::get_jwks(client.project_id())))
    })
}
