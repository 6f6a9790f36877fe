//! Any other call of the API.

use std::ffi::{c_char, c_void};

use super::call::stytch_call;
use super::client::stytch_client;
use super::error::ErrorOut;
use super::pointers::{optional_text, text};
use super::queue::{start, stytch_queue};
use super::response::{self, stytch_response};
use stytch_core::api::request::request;
use stytch_core::call::Call;
use stytch_core::error::Result;

const REQUEST: &str = "request";

/// Makes any other call of Stytch's API, with the project's credentials.
///
/// Any 2xx status with a whole body is a success, an empty body too. What may
/// be repeated follows from the method (RFC 9110, section 9.2): after a failed
/// GET the library retries by itself, after a failed PUT or DELETE
/// stytch_error_is_retryable() allows it to the caller, and a POST or PATCH
/// whose request was sent counts as possibly carried out.
///
/// @code
/// stytch_error *error = NULL;
/// stytch_response *found = stytch_request(
///     client, "POST", "/v1/b2b/organizations/search", "{\"limit\":10}", &error);
/// size_t count = 0;
/// stytch_response_get_length(found, "/organizations", &count);
/// stytch_response_free(found);
/// stytch_error_free(error);
/// @endcode
///
/// @param client     Not NULL.
/// @param method     "GET", "POST", "PUT", "PATCH" or "DELETE".
/// @param path       Starts with `/v1/` and may have a query; percent-encoded
///                   ASCII without `#`, backslash, and empty, `.` or `..`
///                   segments. At most 8 KiB.
/// @param json_body  One JSON value of at most 16 MiB; NULL for no body.
/// @param error      NULL, or where to put the reason on failure.
/// @return A response to free with stytch_response_free(); of an empty body
///         stytch_response_json() is "". At most 16 MiB are read. NULL on
///         failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_request(
    client: Option<&stytch_client>,
    method: *const c_char,
    path: *const c_char,
    json_body: *const c_char,
    error: ErrorOut,
) -> *mut stytch_response {
    response::of_call(client, error, REQUEST, |_| {
        // SAFETY: the caller's part.
        unsafe { prepare(method, path, json_body) }
    })
}

/// Starts stytch_request() and returns at once; see stytch_queue_new().
/// What that function refuses as an argument is refused here; everything else
/// comes through the queue. The deadline runs from now.
///
/// @param client     Not NULL.
/// @param method     As there.
/// @param path       As there.
/// @param json_body  As there; it is copied.
/// @param queue      Not NULL.
/// @param userdata   For stytch_call_userdata(); never looked at.
/// @param error      NULL, or where to put the reason on failure:
///                   #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_BUSY if
///                   too many calls of this client have not finished; see
///                   stytch_options_set_max_pending().
/// @return A call to free with stytch_call_free(). NULL on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_request_start(
    client: Option<&stytch_client>,
    method: *const c_char,
    path: *const c_char,
    json_body: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: ErrorOut,
) -> *mut stytch_call {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    start(client, queue, userdata, error, REQUEST, |_| {
        // SAFETY: the caller's part.
        let call = unsafe { prepare(method, path, json_body) }?;
        Ok(Box::new(call.into_owned()))
    })
}

/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated, for as long as the result
/// is used.
unsafe fn prepare<'a>(
    method: *const c_char,
    path: *const c_char,
    json_body: *const c_char,
) -> Result<Call<'a>> {
    // SAFETY: see above.
    let (method, path, body) = unsafe {
        (
            text(method, "method")?,
            text(path, "path")?,
            optional_text(json_body, "json_body")?,
        )
    };
    request(method, path, body)
}
