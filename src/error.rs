//! `stytch_error`: why a call failed, and what became of its request.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use super::alloc::Reserve;
use super::cancel::Uncancellable;
use super::panic::{catch, infallible};
use super::pointers::{free, into_raw, lend};
use super::setup;
use stytch_core::error::{ApiError, Error, Result};
use stytch_core::outcome::Delivery;

/// Why a call failed. Numbers are never changed. New ones may be added, so
/// treat one that you do not know like #STYTCH_ERROR_INTERNAL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stytch_error_code_t {
    /// The caller's mistake: NULL, not UTF-8, empty, malformed, an impossible
    /// option. The message says which argument and what to do.
    STYTCH_ERROR_INVALID_ARGUMENT = 1,
    /// No connection: name not resolved, refused, unreachable, or refused by
    /// the proxy.
    STYTCH_ERROR_CONNECTION = 2,
    /// The server cannot be trusted: certificate, name or protocol version.
    STYTCH_ERROR_TLS = 3,
    /// The deadline passed.
    STYTCH_ERROR_TIMEOUT = 4,
    /// The connection failed, or the peer sent invalid HTTP, after the request
    /// had begun.
    STYTCH_ERROR_TRANSPORT = 5,
    /// A response with a status other than 2xx.
    STYTCH_ERROR_API = 6,
    /// A 2xx response without what the call must return.
    STYTCH_ERROR_INVALID_RESPONSE = 7,
    /// The call was cancelled: see stytch_call_cancel().
    STYTCH_ERROR_CANCELLED = 8,
    /// An internal error: a panic was caught, or memory ran out. Please report
    /// a panic.
    STYTCH_ERROR_INTERNAL = 9,
    /// A session JWT failed local verification; stytch_error_type() says why.
    STYTCH_ERROR_INVALID_TOKEN = 10,
    /// Too many calls of the client have not finished: see
    /// stytch_options_set_max_pending().
    STYTCH_ERROR_BUSY = 11,
}

/// What became of the request. It follows from what was seen of it, whatever
/// stopped the call afterwards.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stytch_delivery_t {
    /// The request was sent, at least in part, but no conclusive response
    /// arrived (none at all, or a 3xx or 5xx): it may have been carried out. A
    /// single-use token in it may have been used.
    STYTCH_DELIVERY_UNKNOWN = 0,
    /// Nothing of the request was sent.
    STYTCH_DELIVERY_NOT_SENT = 1,
    /// Stytch rejected the request (4xx).
    STYTCH_DELIVERY_REJECTED = 2,
    /// Stytch accepted the request (2xx), and the response could not be used;
    /// stytch_error_body() has what arrived.
    STYTCH_DELIVERY_ACCEPTED = 3,
}

/// Why a call failed. It never changes, so any thread may read it.
pub struct stytch_error {
    error: Error,
    message: Option<CString>,
    error_type: Option<CString>,
    api_message: Option<CString>,
    request_id: Option<CString>,
    url: Option<CString>,
}

impl stytch_error {
    fn new(error: Error) -> Self {
        let text = |get: fn(&ApiError) -> &Option<String>| {
            CString::new(get(error.api()?).as_deref()?).ok()
        };
        Self {
            // A server's words may contain a NUL; better without it than not
            // at all.
            message: CString::new(error.to_string().replace('\0', "\u{FFFD}")).ok(),
            error_type: error.error_type().and_then(|text| CString::new(text).ok()),
            api_message: text(|api| &api.message),
            request_id: error.request_id().and_then(|text| CString::new(text).ok()),
            url: text(|api| &api.url),
            error,
        }
    }
}

/// Where a caller wants its error; NULL if it wants none.
pub type ErrorOut<'a> = Option<&'a mut MaybeUninit<*mut stytch_error>>;

/// Runs what can fail for several reasons. On failure it hands the error to
/// `*error`, if the caller wants it, and returns `failure`. A panic is an error
/// too, whose delivery is `if_panicked`.
pub(crate) fn fallible<T>(
    mut error: ErrorOut,
    failure: T,
    if_panicked: Delivery,
    body: impl FnOnce() -> Result<T>,
) -> T {
    let Some(_begun) = begin(&mut error) else {
        return failure;
    };
    let reason = match catch(body) {
        Some(Ok(value)) => return value,
        Some(Err(reason)) => reason,
        None => Error::internal(if_panicked),
    };
    hand_over(reason, error);
    failure
}

/// What a function that can fail begins with, and ends with when it is dropped.
struct Begun {
    _reserve: Reserve,
    /// Dropped last: the rest must not be cut short.
    _uncancellable: Uncancellable,
}

/// Begins a function; `None` if there is not enough memory, which the caller is
/// told. Not inlined, like its counterpart: some fifty functions have them.
#[inline(never)]
fn begin(error: &mut ErrorOut) -> Option<Begun> {
    let uncancellable = Uncancellable::begin();
    if let Some(error) = error {
        error.write(ptr::null_mut());
    }
    setup::ensure();
    // Before anything is sent: once it is, a call that needs memory must get it.
    let Some(reserve) = Reserve::take() else {
        if let Some(error) = error {
            error.write(out_of_memory());
        }
        return None;
    };
    Some(Begun {
        _reserve: reserve,
        _uncancellable: uncancellable,
    })
}

/// Gives the caller its error, if it wants one.
#[inline(never)]
fn hand_over(reason: Error, error: ErrorOut) {
    if let Some(error) = error {
        let handle = catch(|| into_raw(stytch_error::new(reason)));
        error.write(handle.unwrap_or(ptr::null_mut()));
    }
}

/// Makes an error of the library's last piece of memory; NULL if an earlier one
/// has it.
fn out_of_memory() -> *mut stytch_error {
    let Some(_last) = Reserve::take_last() else {
        return ptr::null_mut();
    };
    let handle = catch(|| into_raw(stytch_error::new(Error::out_of_memory())));
    handle.unwrap_or(ptr::null_mut())
}

/// Frees an error.
///
/// @param error  May be NULL; then nothing happens. No other thread may be
///               using it.
///
/// # Safety
/// `error` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_error_free(error: *mut stytch_error) {
    // SAFETY: the caller's part.
    unsafe { free(error) };
}

/// Reads one field of an error; `failure` for NULL.
fn read<T: Copy>(
    error: Option<&stytch_error>,
    failure: T,
    field: impl FnOnce(&stytch_error) -> T,
) -> T {
    infallible(failure, || error.map_or(failure, field))
}

fn read_text(
    error: Option<&stytch_error>,
    field: impl FnOnce(&stytch_error) -> Option<&CStr>,
) -> *const c_char {
    read(error, ptr::null(), |error| lend(field(error)))
}

/// Returns the error code.
///
/// @return A #stytch_error_code_t; 0 if `error` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_code(error: Option<&stytch_error>) -> i32 {
    read(error, 0, |error| error.error.code() as i32)
}

/// Returns what became of the request.
///
/// What follows for a single-use token in it stands at the call that takes
/// such a token. Whether to make the call again is what
/// stytch_error_is_retryable() says.
///
/// @return A #stytch_delivery_t; #STYTCH_DELIVERY_UNKNOWN, the cautious value,
///         if `error` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_delivery(error: Option<&stytch_error>) -> i32 {
    read(error, 0, |error| error.error.delivery() as i32)
}

/// Returns whether the same call, made again with the same arguments, may
/// succeed and cannot use a single-use token twice.
///
/// Wait for stytch_error_retry_after_ms() first, if that is not -1. It is
/// `true` for a passing reason such as a refused connection, a timeout before
/// anything was sent, or status 429. For calls that do no harm when they are
/// carried out twice, it is `true` also if the connection failed later, and for
/// the statuses 500, 502, 503 and 504. The library's own retries, see
/// stytch_options_set_max_retries(), follow the same rule and go less far.
///
/// @code
/// int attempts = 0;
/// stytch_error *error = NULL;
/// stytch_response *session;
/// while (!(session = stytch_impersonation_authenticate(client, token, &error))
///        && stytch_error_is_retryable(error) && ++attempts < 3) {
///     int64_t wait_ms = stytch_error_retry_after_ms(error);
///     stytch_error_free(error);
///     sleep_ms(wait_ms < 0 ? 1000 : wait_ms);
/// }
/// if (!session)
///     fprintf(stderr, "%s\n", stytch_error_message(error));
/// stytch_error_free(error);
/// @endcode
///
/// @return `false` if `error` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_is_retryable(error: Option<&stytch_error>) -> bool {
    read(error, false, |error| error.error.is_retryable())
}

/// Returns a one-line, human-readable message: what was being done, why it
/// failed and what to do. It never contains a secret or a token.
///
/// Of the server's words it has up to 500 characters, as one line of printable
/// ones: controls, line separators, marks of direction and others that a log
/// or a terminal obeys are replaced by spaces. Words that repeat a piece of a
/// secret, in whatever encoding, are replaced by "[redacted]".
///
/// @return UTF-8, borrowed from `error`; NULL only if `error` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_message(error: Option<&stytch_error>) -> *const c_char {
    read_text(error, |error| error.message.as_deref())
}

/// Returns the HTTP status of the response.
///
/// @return 100 to 999; 0 if no response arrived, or if `error` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_http_status(error: Option<&stytch_error>) -> i32 {
    read(error, 0, |error| error.error.http_status().into())
}

/// Returns Stytch's `error_type`, such as "unable_to_auth_impersonation_token";
/// the `error` of a response in OAuth's form. For a session JWT that was refused
/// it is a word of this library's, see stytch_sessions_authenticate_jwt_local().
/// Fit for a log: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL if there is none, or another text in its
///         place, which stytch_error_body() has.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_type(error: Option<&stytch_error>) -> *const c_char {
    read_text(error, |error| error.error_type.as_deref())
}

/// Returns Stytch's `error_message` alone; the `error_description` of a
/// response in OAuth's form. stytch_error_message() contains its start.
///
/// It is one line of up to 4,096 printable characters, or "[redacted]", for the
/// reasons that are given there.
///
/// @return UTF-8, borrowed from `error`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_api_message(error: Option<&stytch_error>) -> *const c_char {
    read_text(error, |error| error.api_message.as_deref())
}

/// Returns Stytch's `request_id`. Log it: it is what Stytch's support asks for.
/// It is fit for that: 1 to 256 graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL if there is none, or another text in its
///         place, which stytch_error_body() has.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_request_id(error: Option<&stytch_error>) -> *const c_char {
    read_text(error, |error| error.request_id.as_deref())
}

/// Returns Stytch's `error_url`, a page about this error; the `error_uri` of a
/// response in OAuth's form. It starts with `https://` or `http://` and has at
/// most 2,048 graphic ASCII characters.
///
/// @return Borrowed from `error`; NULL if there is none, or another text in its
///         place, which stytch_error_body() has.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_url(error: Option<&stytch_error>) -> *const c_char {
    read_text(error, |error| error.url.as_deref())
}

/// Returns how long the server asks to wait: `Retry-After` (RFC 9110, section
/// 10.2.3), in seconds or as a date, counted from when the response arrived.
///
/// @return Milliseconds; 0 for a date that has passed; -1 if none was given, or
///         none that can be understood.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_retry_after_ms(error: Option<&stytch_error>) -> i64 {
    read(error, -1, |error| {
        let received = error.error.received();
        received
            .and_then(|received| received.retry_after_ms)
            .unwrap_or(-1)
    })
}

/// Returns the body of the response as received, up to the limit of the call:
/// JSON, a gateway's HTML, or, after #STYTCH_DELIVERY_ACCEPTED, what arrived of
/// a session. It may contain secrets: do not log it.
///
/// @return stytch_error_body_length() bytes and a NUL, borrowed from `error`;
///         they may contain further NULs and need not be UTF-8. NULL if no
///         response arrived.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_body(error: Option<&stytch_error>) -> *const c_char {
    read(error, ptr::null(), |error| {
        let received = error.error.received();
        received.map_or(ptr::null(), |received| {
            received.body.as_bytes_with_nul().as_ptr().cast()
        })
    })
}

/// Returns the length of stytch_error_body() in bytes, without the final NUL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_error_body_length(error: Option<&stytch_error>) -> usize {
    read(error, 0, |error| {
        let received = error.error.received();
        received.map_or(0, |received| received.body.as_bytes().len())
    })
}
