//! `stytch_response`: a successful response of the API.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use super::alloc::Reserve;
use super::client::stytch_client;
use super::error::{ErrorOut, fallible};
use super::panic::infallible;
use super::pointers::{free, into_raw, required, text};
use super::string;
use stytch_core::client::Client;
use stytch_core::error::Result;
use stytch_core::json::Value;
use stytch_core::outcome::Delivery;
use stytch_core::quote;
use stytch_core::response::{Field, Response};
use stytch_core::sender::Operation;
use stytch_core::turn::Turn;

/// A successful response of the API. It never changes, so any number of
/// threads may read it at once.
///
/// The named getters, such as stytch_response_member_id(), return NULL if the
/// response does not contain the value.
pub struct stytch_response {
    pub(super) response: Response,
}

/// Makes a call of the API and gives its response to C. `prepare` checks the
/// arguments of the function called `name`.
pub(crate) fn of_call<O: Operation>(
    client: Option<&stytch_client>,
    error: ErrorOut,
    name: &'static str,
    prepare: impl FnOnce(&Client) -> Result<O>,
) -> *mut stytch_response {
    // In the midst of another call of this thread, as from a signal handler,
    // not even an error can be allocated.
    let Some(_turn) = Turn::begin() else {
        if let Some(error) = error {
            error.write(ptr::null_mut());
        }
        return ptr::null_mut();
    };
    // What a panic outside of the call itself means for the request is unknown.
    fallible(error, ptr::null_mut(), Delivery::Unknown, || {
        let client = &required(client, "client")?.client;
        let operation = prepare(client);
        let operation = operation.inspect_err(|error| client.tell_refused(name, None, error))?;
        let response = client.call(&operation)?;
        Ok(into_raw(stytch_response { response }))
    })
}

/// Frees a response and wipes it.
///
/// @param response  May be NULL; then nothing happens. No other thread may be
///                  using it, or a string that was borrowed from it.
///
/// # Safety
/// `response` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_free(response: *mut stytch_response) {
    // SAFETY: the caller's part.
    unsafe { free(response) };
}

/// Reads from a response; `failure` for NULL.
fn read<T: Copy>(
    response: Option<&stytch_response>,
    failure: T,
    get: impl FnOnce(&Response) -> T,
) -> T {
    infallible(failure, || {
        response.map_or(failure, |response| get(&response.response))
    })
}

/// Lends bytes that end with the only NUL among them.
fn lend(text: Option<&[u8]>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr().cast())
}

fn field(response: Option<&stytch_response>, field: Field) -> *const c_char {
    read(response, ptr::null(), |response| {
        lend(response.field_with_nul(field))
    })
}

/// Follows a pointer and reads the value that it leads to.
///
/// # Safety
/// `pointer` is NULL or NUL-terminated.
unsafe fn read_at<T: Copy>(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    failure: T,
    get: impl FnOnce(Value, &[u8]) -> Option<T>,
) -> T {
    // The first look may build an index.
    let Some(_reserve) = Reserve::take() else {
        return failure;
    };
    read(response, failure, |response| {
        // SAFETY: the caller's part.
        let Ok(pointer) = (unsafe { text(pointer, "pointer") }) else {
            return failure;
        };
        let value = response.pointer(pointer);
        value
            .and_then(|value| get(value, response.body()))
            .unwrap_or(failure)
    })
}

/// Follows a pointer and stores what `get` makes of the value; `false` if
/// there is none, or no place for it.
///
/// # Safety
/// `pointer` is NULL or NUL-terminated.
unsafe fn store_at<T>(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    target: Option<&mut MaybeUninit<T>>,
    get: impl FnOnce(Value, &[u8]) -> Option<T>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, false, |found, text| {
            target?.write(get(found, text)?);
            Some(true)
        })
    }
}

/// Returns the whole response as received, byte for byte, with fields that
/// this library has never heard of. It may contain the session token: do not
/// log it.
///
/// @return stytch_response_json_length() bytes and a NUL, borrowed from
///         `response`; NULL only if `response` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_json(response: Option<&stytch_response>) -> *const c_char {
    read(response, ptr::null(), |response| {
        response.body_with_nul().as_ptr().cast()
    })
}

/// Returns the length of stytch_response_json() in bytes, without the final
/// NUL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_json_length(response: Option<&stytch_response>) -> usize {
    read(response, 0, |response| response.body().len())
}

/// Returns the HTTP status of the response, 200 to 299; 0 if it was made
/// locally, without a request, or if `response` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_http_status(response: Option<&stytch_response>) -> i32 {
    read(response, 0, |response| response.http_status().into())
}

/// Returns Stytch's id of this request. Log it: it is what Stytch's support
/// asks for. It is fit for that: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `response`; NULL if the response does not contain it,
///         or another text in its place, which stytch_response_get_string()
///         has.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_request_id(response: Option<&stytch_response>) -> *const c_char {
    read(response, ptr::null(), |response| {
        let is_id = |id: &&[u8]| {
            let text = std::str::from_utf8(&id[..id.len() - 1]);
            text.is_ok_and(|id| quote::name(id).is_some())
        };
        lend(response.field_with_nul(Field::RequestId).filter(is_id))
    })
}

/// Returns the id of the member whom the session is for.
///
/// @return Borrowed from `response`; NULL if the response does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_member_id(response: Option<&stytch_response>) -> *const c_char {
    field(response, Field::MemberId)
}

/// Returns the id of the member's organization.
///
/// @return Borrowed from `response`; NULL if the response does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_organization_id(
    response: Option<&stytch_response>,
) -> *const c_char {
    field(response, Field::OrganizationId)
}

/// Returns the session token: a secret, for the member's cookie or your own
/// store.
///
/// @return Borrowed from `response`; NULL if the response does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_session_token(
    response: Option<&stytch_response>,
) -> *const c_char {
    field(response, Field::SessionToken)
}

/// Returns the session as a JSON Web Token, signed RS256: a secret, which is
/// valid for five minutes.
///
/// @return Borrowed from `response`; NULL if the response does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_session_jwt(response: Option<&stytch_response>) -> *const c_char {
    field(response, Field::SessionJwt)
}

/// Returns whether somebody acts as the member: whether the `member_session` of
/// the response has an authentication factor of type "impersonated".
///
/// @return `false` also for lists of sessions, and if `response` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_is_impersonated(response: Option<&stytch_response>) -> bool {
    read(response, false, Response::is_impersonated)
}

/// Returns the id of whoever acts as the member: of a member of the project's
/// dashboard, not of an organization.
///
/// @return Borrowed from `response`; NULL if the session is not impersonated or
///         does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_impersonator_id(
    response: Option<&stytch_response>,
) -> *const c_char {
    read(response, ptr::null(), |response| {
        lend(response.impersonator_id())
    })
}

/// Returns the e-mail address of whoever acts as the member.
///
/// @return Borrowed from `response`; NULL if the session is not impersonated or
///         does not contain it.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_response_impersonator_email_address(
    response: Option<&stytch_response>,
) -> *const c_char {
    read(response, ptr::null(), |response| {
        lend(response.impersonator_email_address())
    })
}

/// Returns any string of the response.
///
/// All `stytch_response_get_*` functions take a JSON pointer (RFC 6901), such
/// as `"/member/name"` or `"/member/roles/0/role_id"`: `""` is the whole
/// document, `~1` stands for `/` and `~0` for `~` in a name. They return NULL
/// or `false` if the value is missing, is JSON null, or has another type. Of
/// members with the same name the last counts. The response was parsed when it
/// arrived: these functions only look things up, and loops over an array cost
/// time in proportion to its length.
///
/// @code
/// size_t roles = 0, i;
/// char pointer[64];
/// stytch_response_get_length(response, "/member/roles", &roles);
/// for (i = 0; i < roles; i++) {
///     const char *role;
///     sprintf(pointer, "/member/roles/%lu/role_id", (unsigned long)i);
///     role = stytch_response_get_string(response, pointer);
///     if (role)
///         puts(role);
/// }
/// @endcode
///
/// @return UTF-8, borrowed from `response`, the same pointer each time; NULL
///         also for a string that C cannot represent as UTF-8 (one with U+0000
///         or a lone surrogate), which stytch_response_get_json() still has.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_string(
    response: Option<&stytch_response>,
    pointer: *const c_char,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, ptr::null(), |value, _| {
            Some(lend(value.string_with_nul()))
        })
    }
}

/// Reads any boolean of the response; see stytch_response_get_string().
///
/// @param response  The response to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_bool(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    value: Option<&mut MaybeUninit<bool>>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe { store_at(response, pointer, value, |found, text| found.bool(text)) }
}

/// Reads any whole number of the response, written without fraction or
/// exponent, that fits; see stytch_response_get_string().
///
/// @param response  The response to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_int64(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    value: Option<&mut MaybeUninit<i64>>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe { store_at(response, pointer, value, |found, text| found.int64(text)) }
}

/// Reads any number of the response that is finite as a double, rounded to
/// nearest; see stytch_response_get_string().
///
/// @param response  The response to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_double(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    value: Option<&mut MaybeUninit<f64>>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe { store_at(response, pointer, value, |found, text| found.double(text)) }
}

/// Reads how many elements an array of the response has, or members an object;
/// see stytch_response_get_string().
///
/// @param response  The response to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param length    Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_length(
    response: Option<&stytch_response>,
    pointer: *const c_char,
    length: Option<&mut MaybeUninit<usize>>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe { store_at(response, pointer, length, |found, _| found.length()) }
}

/// Returns the JSON text of any part of the response, as received: an object,
/// an array, a string with its quotes, `null`; see
/// stytch_response_get_string().
///
/// @return A string to free with stytch_string_free(); NULL if nothing is
///         there, or no memory for a copy.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_json(
    response: Option<&stytch_response>,
    pointer: *const c_char,
) -> *mut c_char {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, ptr::null_mut(), |value, text| {
            Some(string::into_c(value.json(text)))
        })
    }
}
