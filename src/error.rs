//! `stytch_error`: why it failed, and what became of the token.

use std::ffi::{CString, c_char};
use std::ptr;

use super::guard;
use stytch_core::error::{ApiError, Error};
use stytch_core::json::{Field, Fields};
use stytch_core::quote;

/// Why a call failed. Numbers are never changed; new ones may be added, so
/// treat one that you do not know like #STYTCH_ERROR_INTERNAL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stytch_error_code_t {
    /// The caller's mistake: NULL, not UTF-8, empty, malformed, an impossible
    /// option. The message says which argument and what to do.
    STYTCH_ERROR_INVALID_ARGUMENT = 1,
    /// No connection: name not resolved, refused, unreachable, or the proxy
    /// said no.
    STYTCH_ERROR_CONNECTION = 2,
    /// The server could not be trusted: certificate, name or protocol version.
    STYTCH_ERROR_TLS = 3,
    /// The deadline passed.
    STYTCH_ERROR_TIMEOUT = 4,
    /// The connection broke, or spoke no valid HTTP, after the request had
    /// begun.
    STYTCH_ERROR_TRANSPORT = 5,
    /// An answer with a status that is not 2xx.
    STYTCH_ERROR_API = 6,
    /// A 2xx answer that carries no usable session.
    STYTCH_ERROR_INVALID_RESPONSE = 7,
    /// Kept for calls that can be cancelled. None can be so far.
    STYTCH_ERROR_CANCELLED = 8,
    /// A defect in the library: a panic was caught. Please report it.
    STYTCH_ERROR_INTERNAL = 9,
}

/// What became of the request: may the same token be sent again?
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stytch_delivery_t {
    /// Bytes left and no final answer came back, or one that does not tell (a
    /// 3xx or 5xx). The token may be spent: get a new one.
    STYTCH_DELIVERY_UNKNOWN = 0,
    /// Not one byte of the request left. The token is unspent: try it again
    /// while it lives.
    STYTCH_DELIVERY_NOT_SENT = 1,
    /// Stytch answered and refused (4xx). Mend what the error names; after
    /// status 429 the same token may be tried again, later.
    STYTCH_DELIVERY_REJECTED = 2,
    /// Stytch answered 2xx, and the answer could not be used. The token is
    /// spent; stytch_error_body() has what arrived.
    STYTCH_DELIVERY_ACCEPTED = 3,
}

/// Why a call failed. It never changes, so any thread may read it.
pub struct stytch_error {
    code: i32,
    delivery: i32,
    http_status: i32,
    retry_after_ms: i64,
    message: Option<CString>,
    error_type: Option<CString>,
    request_id: Option<CString>,
    url: Option<CString>,
    error: Error,
}

impl stytch_error {
    pub(super) fn new(error: Error) -> Self {
        let api = match &error {
            Error::Api(api) => Some(&**api),
            _ => None,
        };
        let text = |get: fn(&ApiError) -> &Option<String>| {
            api.and_then(|api| CString::new(get(api).as_deref()?).ok())
        };
        let request_id = match &error {
            Error::Unusable(answer, _) => Fields::find(answer.body.as_bytes())
                .and_then(|fields| fields.get(Field::RequestId).map(ToOwned::to_owned))
                .filter(|id| id.to_str().is_ok_and(|id| quote::name(id).is_some())),
            _ => text(|api| &api.request_id),
        };
        let answer = error.answer();
        Self {
            code: error.code() as i32,
            delivery: error.delivery() as i32,
            http_status: answer.map_or(0, |answer| answer.status.into()),
            retry_after_ms: answer
                .and_then(|answer| answer.retry_after_ms)
                .unwrap_or(-1),
            // A server's words may hold a NUL; better without it than not at all.
            message: CString::new(error.to_string().replace('\0', "\u{FFFD}")).ok(),
            error_type: text(|api| &api.error_type),
            request_id,
            url: text(|api| &api.url),
            error,
        }
    }
}

/// Frees an error.
///
/// @param error  May be NULL, and then nothing happens. No other thread may
///               be using it.
///
/// # Safety
/// `error` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_free(error: *mut stytch_error) {
    // SAFETY: the caller's part.
    unsafe { guard::free(error) };
}

/// Reads one field of an error; `failure` for NULL.
///
/// # Safety
/// `error` is NULL or valid.
unsafe fn read<T>(
    error: *const stytch_error,
    failure: T,
    field: impl FnOnce(&stytch_error) -> T,
) -> T
where
    T: Copy,
{
    // SAFETY: the caller's part.
    guard::infallible(failure, || unsafe { error.as_ref() }.map_or(failure, field))
}

/// Why it failed.
///
/// @return A #stytch_error_code_t; 0 if `error` is NULL.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_code(error: *const stytch_error) -> i32 {
    // SAFETY: the caller's part.
    unsafe { read(error, 0, |error| error.code) }
}

/// What became of the request, and so of the token in it.
///
/// This is what a program decides by: #STYTCH_DELIVERY_NOT_SENT leaves the
/// token usable, everything else asks for a new one.
///
/// @return A #stytch_delivery_t; #STYTCH_DELIVERY_UNKNOWN, the cautious
///         answer, if `error` is NULL.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_delivery(error: *const stytch_error) -> i32 {
    // SAFETY: the caller's part.
    unsafe { read(error, 0, |error| error.delivery) }
}

/// One sentence for a person or a log: what was being done, why it failed and
/// what to do. It never contains a secret or a token.
///
/// Of the server's words it has up to 500 characters, as one line of printable
/// ones: controls, line separators, marks of direction and others that a log
/// or a terminal obeys are replaced by spaces. Words that repeat a piece of a
/// secret, in whatever encoding, are replaced by "[redacted]".
///
/// @return UTF-8, borrowed from `error`; NULL only if `error` is NULL.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_message(error: *const stytch_error) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(error, ptr::null(), |error| {
            guard::lend(error.message.as_deref())
        })
    }
}

/// The HTTP status of the answer.
///
/// @return 100 to 999; 0 where no answer came, or if `error` is NULL.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_http_status(error: *const stytch_error) -> i32 {
    // SAFETY: the caller's part.
    unsafe { read(error, 0, |error| error.http_status) }
}

/// Stytch's `error_type`, as "unable_to_auth_impersonation_token"; an OAuth
/// answer's `error`. Fit for a log: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL where there is none, or another text in
///         its place, which stytch_error_body() has.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_type(error: *const stytch_error) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(error, ptr::null(), |error| {
            guard::lend(error.error_type.as_deref())
        })
    }
}

/// Stytch's `request_id`. Log it: it is what Stytch's support asks for. It is
/// fit for that: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL where there is none, or another text in
///         its place, which stytch_error_body() has.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_request_id(error: *const stytch_error) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(error, ptr::null(), |error| {
            guard::lend(error.request_id.as_deref())
        })
    }
}

/// Stytch's `error_url`, a page about this error; an OAuth answer's
/// `error_uri`. It starts with `https://` or `http://` and has at most 2,048
/// graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL where there is none, or another text in
///         its place, which stytch_error_body() has.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_url(error: *const stytch_error) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(error, ptr::null(), |error| {
            guard::lend(error.url.as_deref())
        })
    }
}

/// How long the server asks to wait: `Retry-After` (RFC 9110, section 10.2.3),
/// given in seconds or as a date, counted from when the answer came.
///
/// @return Milliseconds; 0 for a date that has passed; -1 where none was
///         given, or none that can be understood.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_retry_after_ms(error: *const stytch_error) -> i64 {
    // SAFETY: the caller's part.
    unsafe { read(error, -1, |error| error.retry_after_ms) }
}

/// The answer's body as received, up to 1 MiB of it: JSON, a gateway's HTML,
/// or, after #STYTCH_DELIVERY_ACCEPTED, what arrived of a session.
///
/// @return stytch_error_body_length() bytes and a NUL, borrowed from `error`;
///         they may hold further NULs and need not be UTF-8. NULL where no
///         answer came.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_body(error: *const stytch_error) -> *const c_char {
    // SAFETY: the caller's part.
    unsafe {
        read(error, ptr::null(), |error| {
            let answer = error.error.answer();
            answer.map_or(ptr::null(), |answer| {
                answer.body.as_bytes_with_nul().as_ptr().cast()
            })
        })
    }
}

/// The length of stytch_error_body() in bytes, without the final NUL.
///
/// # Safety
/// `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_body_length(error: *const stytch_error) -> usize {
    // SAFETY: the caller's part.
    unsafe {
        read(error, 0, |error| {
            error
                .error
                .answer()
                .map_or(0, |answer| answer.body.as_bytes().len())
        })
    }
}
