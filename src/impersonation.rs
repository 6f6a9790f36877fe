//! API calls on `client.impersonation`.

use std::ffi::c_char;
use std::ptr;

use super::client::stytch_client;
use super::error::stytch_error;
use super::guard;
use super::response::stytch_response;

/// Turns an impersonation token into a session of 60 minutes for the member:
/// `POST /v1/b2b/impersonation/authenticate`.
///
/// The token comes from the button "Impersonate Member" in Stytch's dashboard,
/// works once and expires after five minutes. It is sent at most once, unless
/// it is surely unspent; see stytch_options_set_max_retries(). The session
/// cannot be extended.
///
/// The call blocks the calling thread until there is an answer or the deadline
/// has passed. Any number of threads may make it with the same client. It
/// needs a stack of 64 KiB.
///
/// @param client               Not NULL.
/// @param impersonation_token  At most 8 KiB, without control characters.
/// @param error                NULL, or where to put the reason on failure;
///                             stytch_error_delivery() then says whether the
///                             token may be sent again.
/// @return A response to free with stytch_response_free(); its
///         stytch_response_session_token() is never NULL. NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_impersonation_authenticate(
    client: *const stytch_client,
    impersonation_token: *const c_char,
    error: *mut *mut stytch_error,
) -> *mut stytch_response {
    // SAFETY: the caller's part.
    unsafe {
        guard::fallible(error, ptr::null_mut(), || {
            let client = &guard::get(client, "client")?.client;
            let token = guard::text(impersonation_token, "impersonation_token")?;
            let response = client.authenticate_impersonation(token)?;
            Ok(guard::into_raw(stytch_response { response }))
        })
    }
}
