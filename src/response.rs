//! `stytch_response`: a session, and the whole answer that it came in.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::guard;
use super::string;
use stytch_core::json::{Field, Value};
use stytch_core::quote;
use stytch_core::response::Response;

/// A session, and the whole answer that it came in. It never changes, so any
/// number of threads may read it at once.
pub struct stytch_response {
    pub(super) response: Response,
}

/// Frees a response, and wipes it first.
///
/// @param response  May be NULL, and then nothing happens. No other thread may
///                  be using it, or a string that was borrowed from it.
///
/// # Safety
/// `response` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_free(response: *mut stytch_response) {
    // SAFETY: the caller's part.
    unsafe { guard::free(response) };
}

/// Reads from a response; `failure` for NULL.
///
/// # Safety
/// `response` is NULL or valid.
unsafe fn read<T: Copy>(
    response: *const stytch_response,
    failure: T,
    get: impl FnOnce(&Response) -> T,
) -> T {
    guard::infallible(failure, || {
        // SAFETY: the caller's part.
        unsafe { response.as_ref() }.map_or(failure, |response| get(&response.response))
    })
}

/// Follows a pointer and reads the value that it leads to.
///
/// # Safety
/// `response` and `pointer` are NULL or valid, `pointer` is NUL-terminated.
unsafe fn read_at<T: Copy>(
    response: *const stytch_response,
    pointer: *const c_char,
    failure: T,
    get: impl FnOnce(Value, &[u8]) -> Option<T>,
) -> T {
    // SAFETY: the caller's part.
    unsafe {
        // The first look builds an index.
        guard::with_reserve(failure, || {
            let Some(response) = response.as_ref().map(|response| &response.response) else {
                return failure;
            };
            let Ok(pointer) = guard::text(pointer, "pointer") else {
                return failure;
            };
            let value = response.pointer(pointer);
            value
                .and_then(|value| get(value, response.body()))
                .unwrap_or(failure)
        })
    }
}

/// Writes a value to the caller's variable; `false` where there is none.
///
/// # Safety
/// `target` is NULL or valid for a write.
unsafe fn store<T>(target: *mut T, value: T) -> Option<bool> {
    if target.is_null() {
        return None;
    }
    // SAFETY: the caller's part.
    unsafe { target.write(value) };
    Some(true)
}

/// The whole answer as received, byte for byte, with fields that this library
/// has never heard of. It holds the session token: do not log it.
///
/// @return stytch_response_json_length() bytes and a NUL, borrowed from
///         `response`; NULL only if `response` is NULL.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_json(response: *const stytch_response) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(response, ptr::null(), |response| {
            response.body_with_nul().as_ptr().cast()
        })
    }
}

/// The length of stytch_response_json() in bytes, without the final NUL.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_json_length(response: *const stytch_response) -> usize {
    // SAFETY: the caller's part.
    unsafe { read(response, 0, |response| response.body().len()) }
}

/// The HTTP status of the answer, 200 to 299; 0 if `response` is NULL.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_http_status(response: *const stytch_response) -> i32 {
    // SAFETY: the caller's part.
    unsafe { read(response, 0, |response| response.http_status().into()) }
}

/// # Safety
/// `response` is NULL or valid.
unsafe fn field(response: *const stytch_response, field: Field) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(response, ptr::null(), |response| {
            guard::lend(response.field(field))
        })
    }
}

/// Stytch's id of this request. Log it: it is what Stytch's support asks for.
///
/// It is fit for a log: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `response`; NULL where the answer has none, or
///         another text in its place, which stytch_response_get_string() has.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_request_id(
    response: *const stytch_response,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(response, ptr::null(), |response| {
            let id = response.field(Field::RequestId);
            let is_id = |id: &&CStr| id.to_str().is_ok_and(|id| quote::name(id).is_some());
            guard::lend(id.filter(is_id))
        })
    }
}

/// The member who is impersonated.
///
/// @return Borrowed from `response`; NULL where the answer has none.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_member_id(
    response: *const stytch_response,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe { field(response, Field::MemberId) }
}

/// The organization of the member.
///
/// @return Borrowed from `response`; NULL where the answer has none.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_organization_id(
    response: *const stytch_response,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe { field(response, Field::OrganizationId) }
}

/// The session token: a secret, for the member's cookie or your own store.
///
/// @return Borrowed from `response`, never empty; NULL only if `response` is
///         NULL.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_session_token(
    response: *const stytch_response,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe { field(response, Field::SessionToken) }
}

/// The session as a JSON Web Token, signed RS256. A secret; it lives for five
/// minutes.
///
/// @return Borrowed from `response`; NULL where the answer has none.
///
/// # Safety
/// `response` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_session_jwt(
    response: *const stytch_response,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe { field(response, Field::SessionJwt) }
}

/// Any string of the answer.
///
/// All `stytch_response_get_*` functions take a JSON pointer (RFC 6901), as
/// `"/member/name"` or `"/member/roles/0/role_id"`: `""` is the whole
/// document, `~1` stands for `/` and `~0` for `~` in a name. They report NULL
/// or `false` where nothing is there, or `null`, or something of another type.
/// Of members with the same name the last counts. The answer is parsed once,
/// at the first such call.
///
/// @return UTF-8, borrowed from `response`, the same pointer each time; NULL
///         also for a string that C cannot hold as UTF-8 (one with U+0000 or a
///         lone surrogate), which stytch_response_get_json() still has.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_string(
    response: *const stytch_response,
    pointer: *const c_char,
) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, ptr::null(), |value, _| {
            value.string().map(CStr::as_ptr)
        })
    }
}

/// Any boolean of the answer; see stytch_response_get_string().
///
/// @param response  The answer to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_bool(
    response: *const stytch_response,
    pointer: *const c_char,
    value: *mut bool,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, false, |found, text| {
            store(value, found.bool(text)?)
        })
    }
}

/// Any whole number of the answer, written without fraction or exponent, that
/// fits; see stytch_response_get_string().
///
/// @param response  The answer to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_int64(
    response: *const stytch_response,
    pointer: *const c_char,
    value: *mut i64,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, false, |found, text| {
            store(value, found.int64(text)?)
        })
    }
}

/// Any number of the answer that is finite as a double, rounded to nearest;
/// see stytch_response_get_string().
///
/// @param response  The answer to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param value     Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_double(
    response: *const stytch_response,
    pointer: *const c_char,
    value: *mut f64,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, false, |found, text| {
            store(value, found.double(text)?)
        })
    }
}

/// How many elements an array of the answer has, or members an object; see
/// stytch_response_get_string().
///
/// @param response  The answer to look into. Not NULL.
/// @param pointer   A JSON pointer. Not NULL.
/// @param length    Written only on success. Not NULL.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_length(
    response: *const stytch_response,
    pointer: *const c_char,
    length: *mut usize,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, false, |found, _| {
            store(length, found.length()?)
        })
    }
}

/// The JSON text of any part of the answer, as received: an object, an array,
/// a string with its quotes, `null`; see stytch_response_get_string().
///
/// @return A string to free with stytch_string_free(); NULL only where nothing
///         is there.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_response_get_json(
    response: *const stytch_response,
    pointer: *const c_char,
) -> *mut c_char {
    // SAFETY: the caller's part.
    unsafe {
        read_at(response, pointer, ptr::null_mut(), |value, text| {
            Some(string::into_c(value.json(text)))
        })
    }
}
