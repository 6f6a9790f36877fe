//! API calls on `client.sessions`, by JWT.

use std::ffi::{c_char, c_void};

use super::call::stytch_call;
use super::client::stytch_client;
use super::error::ErrorOut;
use super::pointers::bytes;
use super::queue::{start, stytch_queue};
use super::response::{self, stytch_response};
use stytch_core::api::session_jwt::AuthenticateJwt;

// What the log calls them.
const AUTHENTICATE_JWT_LOCAL: &str = "sessions_authenticate_jwt_local";
const AUTHENTICATE_JWT: &str = "sessions_authenticate_jwt";

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
        AuthenticateJwt::local(session_jwt, max_token_age_seconds)
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
