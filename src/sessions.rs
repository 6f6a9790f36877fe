//! API calls on `client.sessions`.

use std::ffi::{c_char, c_void};

use super::call::stytch_call;
use super::client::stytch_client;
use super::error::ErrorOut;
use super::pointers::{optional_text, text};
use super::queue::{start, stytch_queue};
use super::response::{self, stytch_response};
use stytch_core::api::sessions::{self as api, Selector};
use stytch_core::call::Call;
use stytch_core::error::Result;

// What the log calls them.
const AUTHENTICATE: &str = "sessions_authenticate";
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
