//! `stytch_options`: how a client works, where the defaults do not fit.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::Arc;

use super::alloc::release_idle;
use super::error::{ErrorOut, fallible};
use super::panic::infallible;
use super::pointers::{free, into_raw, required, text};
use stytch_core::error::{Error, Result};
use stytch_core::events::{Level, Log};
use stytch_core::options::Options;
use stytch_core::outcome::Delivery;

/// How a client works, where the defaults do not fit. Only one thread at a time
/// may use them.
pub struct stytch_options {
    pub(super) options: Options,
}

/// Creates options with the defaults.
///
/// Each setter checks what it is given at once, and copies it. It returns
/// `true`, or `false` with an error of code #STYTCH_ERROR_INVALID_ARGUMENT and
/// leaves the options as they were.
///
/// @code
/// stytch_error *error = NULL;
/// stytch_client *client = NULL;
/// stytch_options *options = stytch_options_new();
/// if (stytch_options_set_timeout_ms(options, 10000, &error)
///     && stytch_options_set_ca_file(options, "/etc/ssl/company.pem", &error))
///     client = stytch_client_new(project_id, secret, options, &error);
/// stytch_options_free(options);
/// @endcode
///
/// @return Options to free with stytch_options_free(); NULL only after an
///         internal error.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_new() -> *mut stytch_options {
    infallible(ptr::null_mut(), || {
        into_raw(stytch_options {
            options: Options::default(),
        })
    })
}

/// Frees options. Clients that were created with them keep their own copy.
///
/// @param options  May be NULL; then nothing happens.
///
/// # Safety
/// `options` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_free(options: *mut stytch_options) {
    // SAFETY: the caller's part.
    unsafe { free(options) };
    release_idle();
}

/// What every setter does.
fn set(
    options: Option<&mut stytch_options>,
    error: ErrorOut,
    change: impl FnOnce(&mut Options) -> Result<()>,
) -> bool {
    fallible(error, false, Delivery::NotSent, || {
        change(&mut required(options, "options")?.options)?;
        Ok(true)
    })
}

/// Sets where the API is. Without this a project id that starts with
/// `project-live-` goes to https://api.stytch.com and one that starts with
/// `project-test-` to https://test.stytch.com.
///
/// @param options  Not NULL.
/// @param url      `https://host[:port][/prefix]`; `http://` only for a
///                 loopback host (127.0.0.0/8, ::1, localhost), such as the
///                 sandbox. No user info, query or fragment; a final slash is
///                 ignored.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_base_url(
    options: Option<&mut stytch_options>,
    url: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        options.set_base_url(unsafe { text(url, "base_url") }?)
    })
}

/// Sets the deadline of a whole call: name lookup, connecting, TLS, sending,
/// every byte of the response, and every retry with its waiting.
///
/// @param options       Not NULL.
/// @param milliseconds  1 to 3,600,000. The default is 31,000, a little more
///                      than the 30 s after which Stytch itself gives up.
/// @param error         NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_timeout_ms(
    options: Option<&mut stytch_options>,
    milliseconds: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        options.set_timeout_ms(milliseconds)
    })
}

/// Sets the time that one attempt has for name lookup, proxy, connecting and
/// TLS, within the deadline of the call.
///
/// @param options       Not NULL.
/// @param milliseconds  1 to 3,600,000. The default is 5,000.
/// @param error         NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_connect_timeout_ms(
    options: Option<&mut stytch_options>,
    milliseconds: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        options.set_connect_timeout_ms(milliseconds)
    })
}

/// Sets how many times the library retries a failed call. It retries only if
/// stytch_error_is_retryable() would be `true` and either nothing of the request
/// was sent, or the response was a 429 whose `Retry-After` ends before the
/// deadline. A request that may have been carried out is repeated only if it is
/// a GET.
///
/// @param options  Not NULL.
/// @param count    0 to 10. The default is 2.
/// @param error    NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_max_retries(
    options: Option<&mut stytch_options>,
    count: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| options.set_max_retries(count))
}

/// Sets the certificate authorities to trust, from a PEM file, instead of the
/// built-in ones (Mozilla's). Several calls of this and of
/// stytch_options_set_ca_pem() add up. The file is read now; one that is
/// missing, empty or has no certificate is refused.
///
/// An authority that is trusted here vouches for every name. Revocation is not
/// checked, and a certificate cannot be pinned.
///
/// @param options   Not NULL.
/// @param pem_path  Path of a PEM file, in UTF-8.
/// @param error     NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_ca_file(
    options: Option<&mut stytch_options>,
    pem_path: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        options.set_ca_file(unsafe { text(pem_path, "ca_file") }?)
    })
}

/// Sets the certificate authorities to trust, from a PEM text; see
/// stytch_options_set_ca_file().
///
/// @param options  Not NULL.
/// @param pem      One or more `-----BEGIN CERTIFICATE-----` blocks.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_ca_pem(
    options: Option<&mut stytch_options>,
    pem: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        options.set_ca_pem(unsafe { text(pem, "ca_pem") }?)
    })
}

/// Sets an HTTP proxy to reach the API through, by CONNECT. The proxy sees the
/// name of the API's host and no request. The environment (`HTTPS_PROXY` and
/// the like) is not used.
///
/// @param options  Not NULL.
/// @param url      `http://[user:password@]host[:port]`, user and password
///                 percent-encoded; the default port is 80. Only for an https
///                 base URL.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_proxy(
    options: Option<&mut stytch_options>,
    url: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        options.set_proxy(unsafe { text(url, "proxy") }?)
    })
}

/// Sets the keys that session JWTs are verified with. They are the only ones
/// then, and none are fetched.
///
/// @param options    Not NULL.
/// @param jwks_json  A JSON Web Key Set (RFC 7517), such as the response of
///                   stytch_sessions_get_jwks(), with at least one usable key
///                   and without private ones. At most 256 KiB and 64 keys.
/// @param error      NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_jwks_json(
    options: Option<&mut stytch_options>,
    jwks_json: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        options.set_jwks_json(unsafe { text(jwks_json, "jwks_json") }?)
    })
}

/// Sets how far this machine's clock and Stytch's may differ when the times of
/// a session JWT are verified.
///
/// @param options  Not NULL.
/// @param seconds  0 to 300. The default is 10.
/// @param error    NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_jwt_leeway_seconds(
    options: Option<&mut stytch_options>,
    seconds: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        options.set_jwt_leeway_seconds(seconds)
    })
}

/// Sets the name of your application, which stands in the `User-Agent` header
/// behind `libstytch/VERSION`, as `NAME/VERSION`.
///
/// @param options  Not NULL.
/// @param name     Letters, digits and ``!#$%&'*+-.^_`|~`` (a token of RFC
///                 9110, section 5.6.2), at most 256 of them.
/// @param version  The same.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_app_info(
    options: Option<&mut stytch_options>,
    name: *const c_char,
    version: *const c_char,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        // SAFETY: the caller's part.
        let (name, version) = unsafe { (text(name, "name")?, text(version, "version")?) };
        options.set_app_info(name, version)
    })
}

/// How much the log is told of. A level includes those with smaller numbers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum stytch_log_level_t {
    /// Calls that ended with #STYTCH_ERROR_INTERNAL.
    STYTCH_LOG_ERROR = 1,
    /// Other calls that failed.
    STYTCH_LOG_WARNING = 2,
    /// Calls that succeeded.
    STYTCH_LOG_INFO = 3,
    /// Retries, and local verifications that succeeded.
    STYTCH_LOG_DEBUG = 4,
}

/// What is told of events; see stytch_options_set_log_callback().
pub type stytch_log_function =
    Option<unsafe extern "C" fn(log_level: i32, event_json: *const c_char, userdata: *mut c_void)>;

/// Sets a function that is told of every call when it ends.
///
/// An event is a JSON object on one line. It has `operation`, the name of the
/// C function without its `stytch_`, `duration_ms` and `code`, which is "OK" or
/// the name of a #stytch_error_code_t without its prefix; and where there is
/// such a thing `host`, `path` (without a query), `attempts`, `connection`
/// ("new" or "reused"), `source` ("local" or "remote"), `http_status`,
/// `request_id`, `delivery`, `error_type`, `member_session_id` and
/// `impersonator_id`. It never contains a secret, a token or a JWT. Fetching
/// the keys of session JWTs is an event of its own, "sessions_get_jwks". An
/// event of a retry has `retry_in_ms`.
///
/// The function is called with no lock held, on the thread that ran the call:
/// the caller's, or one of the client's for a call that does not block. Then it
/// comes before stytch_queue_next() returns the call. It may be called by
/// several threads at once, and its time is not bounded by the deadline. It may
/// call the library, except to free the client, the queue or the call that it
/// is told about; events that are caused inside it are dropped. No exception
/// may leave it, and no `longjmp`.
///
/// @param options    Not NULL.
/// @param log_level  A #stytch_log_level_t: the highest level to be told of.
/// @param function   NULL to be told of nothing. `event_json` is borrowed for
///                   the duration of the call.
/// @param userdata   Passed on; never looked at. It has to live as long as every
///                   client that is created with these options, and until
///                   stytch_call_cancel() or stytch_call_free() returns on
///                   another thread that was in it while the client was freed.
/// @param error      NULL, or where to put the reason on failure.
///
/// # Safety
/// `function` is NULL or can be called so for as long as a client uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_log_callback(
    options: Option<&mut stytch_options>,
    log_level: i32,
    function: stytch_log_function,
    userdata: *mut c_void,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| {
        let level = level(log_level)?;
        let tag = userdata.expose_provenance();
        options.set_log(function.map(|function| {
            Log::new(
                level,
                Arc::new(move |level, event: &CStr| {
                    let userdata = ptr::with_exposed_provenance_mut(tag);
                    // SAFETY: the caller's part; the event lives for the call.
                    unsafe { function(level as i32, event.as_ptr(), userdata) }
                }),
            )
        }));
        Ok(())
    })
}

/// The level with this number, or what to tell the caller.
pub(super) fn level(number: i32) -> Result<Level> {
    Level::from_number(number).ok_or_else(|| {
        Error::invalid(format!(
            "log_level is {number}; give STYTCH_LOG_ERROR (1), _WARNING (2), _INFO (3) or _DEBUG (4)"
        ))
    })
}

/// Sets how many threads of a client run its calls that do not block, and so
/// how many of them run at once; the others wait. There are none before the
/// first such call, and each goes after 30 seconds without work.
///
/// @param options  Not NULL.
/// @param count    1 to 64. The default is 8.
/// @param error    NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_max_threads(
    options: Option<&mut stytch_options>,
    count: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| options.set_max_threads(count))
}

/// Sets how many calls of a client that do not block may be unfinished, those
/// that run included. The next is refused with #STYTCH_ERROR_BUSY.
///
/// @param options  Not NULL.
/// @param count    1 to 65,536. The default is 1,024.
/// @param error    NULL, or where to put the reason on failure.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_set_max_pending(
    options: Option<&mut stytch_options>,
    count: u32,
    error: ErrorOut,
) -> bool {
    set(options, error, |options| options.set_max_pending(count))
}
