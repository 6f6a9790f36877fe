//! API calls on `client.impersonation`.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::call::stytch_call;
use super::client::stytch_client;
use super::error::{ErrorOut, fallible};
use super::pointers::text;
use super::queue::{start, stytch_queue};
use super::response::{self, stytch_response};
use super::string;
use stytch_core::api::impersonation::{authenticate, token_from_url};
use stytch_core::outcome::Delivery;

const AUTHENTICATE: &str = "impersonation_authenticate";

/// Turns an impersonation token into a session of 60 minutes for the member:
/// `POST /v1/b2b/impersonation/authenticate`.
///
/// The token comes from the button "Impersonate Member" in Stytch's dashboard,
/// works once and expires after five minutes. The library never sends a token
/// again if an earlier attempt may have used it. The session cannot be extended.
///
/// On failure stytch_error_is_retryable() says whether the same token may be
/// sent again. stytch_error_delivery() says what became of it:
/// #STYTCH_DELIVERY_NOT_SENT leaves it unused; so does
/// #STYTCH_DELIVERY_REJECTED with status 429 or with wrong credentials. Any
/// other rejection means that the token is of no use, and after
/// #STYTCH_DELIVERY_UNKNOWN it may have been used: get a new one. After
/// #STYTCH_DELIVERY_ACCEPTED it has been used.
///
/// The call blocks the calling thread until a response has arrived or the
/// deadline has passed. It needs a stack of 64 KiB.
///
/// @code
/// stytch_error *error = NULL;
/// stytch_response *session =
///     stytch_impersonation_authenticate(client, token, &error);
/// if (session) {
///     const char *member = stytch_response_member_id(session);
///     printf("member %s\n", member ? member : "?");
/// } else {
///     fprintf(stderr, "%s\n", stytch_error_message(error));
///     stytch_error_free(error);
/// }
/// stytch_response_free(session);
/// @endcode
///
/// @param client               Not NULL.
/// @param impersonation_token  At most 8 KiB, without control characters.
/// @param error                NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(); its
///         stytch_response_session_token() is neither NULL nor empty. NULL on
///         failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_impersonation_authenticate(
    client: Option<&stytch_client>,
    impersonation_token: *const c_char,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, AUTHENTICATE, |_| {
        // SAFETY: the caller's part.
        authenticate(unsafe { text(impersonation_token, "impersonation_token") }?)
    })
}

/// Starts stytch_impersonation_authenticate() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client               Not NULL.
/// @param impersonation_token  As there; it is copied.
/// @param queue                Not NULL.
/// @param userdata             For stytch_call_userdata(); never looked at.
/// @param error                NULL, or where to put the reason on failure:
///                             #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                             too many calls of this client have not finished; see
///                             stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_impersonation_authenticate_start(
    client: Option<&stytch_client>,
    impersonation_token: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, AUTHENTICATE, |_| {
        // SAFETY: the caller's part.
        let call = authenticate(unsafe { text(impersonation_token, "impersonation_token") }?)?;
        Ok(Box::new(call.into_owned()))
    })
}

/// Returns the impersonation token of the link that Stytch's dashboard opens:
/// the project's redirect URL with
/// `stytch_token_type=multi_tenant_impersonation&token=…` added.
///
/// The query is decoded as a form is. A link in which one of the two parameters
/// is missing, stands twice or is malformed is refused, and so is a token of
/// another type, which the message names: hand such a link to the flow that it
/// belongs to. No message contains the token.
///
/// @code
/// stytch_error *error = NULL;
/// char *token = stytch_impersonation_token_from_url(request_uri, &error);
/// stytch_response *session =
///     token ? stytch_impersonation_authenticate(client, token, &error) : NULL;
/// stytch_string_free(token);
/// stytch_response_free(session);
/// stytch_error_free(error);
/// @endcode
///
/// @param url    An absolute URL, or a path or bare query with its `?`: what a
///               server sees of a request. At most 64 KiB. Not NULL.
/// @param error  NULL, or where to put the reason on failure, which is
///               #STYTCH_ERROR_INVALID_ARGUMENT.
/// @return A string to free with stytch_string_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_impersonation_token_from_url(
    url: *const c_char,
    error: ErrorOut,
) -> *mut c_char {
    fallible(error, ptr::null_mut(), Delivery::NotSent, || {
        // SAFETY: the caller's part.
        let token = token_from_url(unsafe { text(url, "url") }?)?;
        Ok(string::into_c(token.as_bytes()))
    })
}
