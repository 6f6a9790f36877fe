//! `stytch_options`: how a client works, where the defaults do not fit.

use std::ffi::c_char;

use super::error::stytch_error;
use super::guard;
use stytch_core::error::Result;
use stytch_core::options::Options;

/// How a client works, where the defaults do not fit. Not for several threads
/// at once.
pub struct stytch_options {
    pub(super) options: Options,
}

/// Makes a set of options in which every default holds.
///
/// Each setter copies what it is given and checks it at once. It returns
/// `true`, or `false` with an error of code #STYTCH_ERROR_INVALID_ARGUMENT and
/// leaves the options as they were.
///
/// @return Options to free with stytch_options_free(); NULL only after a
///         defect in the library.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_options_new() -> *mut stytch_options {
    guard::infallible(std::ptr::null_mut(), || {
        guard::into_raw(stytch_options {
            options: Options::default(),
        })
    })
}

/// Frees options. Clients that were made with them keep their own copy.
///
/// @param options  May be NULL, and then nothing happens.
///
/// # Safety
/// `options` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_free(options: *mut stytch_options) {
    // SAFETY: the caller's part.
    unsafe { guard::free(options) };
}

/// What every setter does.
///
/// # Safety
/// `options` and `error` are NULL or valid.
unsafe fn set(
    options: *mut stytch_options,
    error: *mut *mut stytch_error,
    change: impl FnOnce(&mut Options) -> Result<()>,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        guard::fallible(error, false, || {
            change(&mut guard::get_mut(options, "options")?.options)?;
            Ok(true)
        })
    }
}

/// Where the API is. Without this a project id that starts with
/// `project-live-` goes to https://api.stytch.com and one that starts with
/// `project-test-` to https://test.stytch.com.
///
/// @param options  Not NULL.
/// @param url      `https://host[:port][/prefix]`; `http://` only for a
///                 loopback host (127.0.0.0/8, ::1, localhost), as the sandbox
///                 is. No user info, query or fragment; a final slash is
///                 ignored.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_base_url(
    options: *mut stytch_options,
    url: *const c_char,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_base_url(guard::text(url, "base_url")?)
        })
    }
}

/// The deadline of a whole call: name look-up, connecting, TLS, sending, every
/// byte of the answer, and every retry with its waiting.
///
/// @param options       Not NULL.
/// @param milliseconds  1 to 3,600,000. The default is 31,000, a little more
///                      than the 30 s after which Stytch itself gives up.
/// @param error         NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_timeout_ms(
    options: *mut stytch_options,
    milliseconds: u32,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_timeout_ms(milliseconds)
        })
    }
}

/// The time that one try has for name look-up, proxy, connecting and TLS,
/// within the deadline of the call.
///
/// @param options       Not NULL.
/// @param milliseconds  1 to 3,600,000. The default is 5,000.
/// @param error         NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_connect_timeout_ms(
    options: *mut stytch_options,
    milliseconds: u32,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_connect_timeout_ms(milliseconds)
        })
    }
}

/// How often a call may be tried again by itself. It is, only where the token
/// is surely unspent: no byte of the request left and the reason may pass, or
/// the answer was a 429 whose `Retry-After` ends before the deadline.
///
/// @param options  Not NULL.
/// @param count    0 to 10. The default is 2.
/// @param error    NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_max_retries(
    options: *mut stytch_options,
    count: u32,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe { set(options, error, |options| options.set_max_retries(count)) }
}

/// Trusts the certificates of a PEM file instead of the built-in ones
/// (Mozilla's). Several calls of this and of stytch_options_set_ca_pem() add
/// up. The file is read now; one that is missing, empty or has no certificate
/// is refused.
///
/// @param options   Not NULL.
/// @param pem_path  A path in the file system's own form, UTF-8.
/// @param error     NULL, or where to put the reason on failure.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_options_set_ca_file(
    options: *mut stytch_options,
    pem_path: *const c_char,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_ca_file(guard::text(pem_path, "ca_file")?)
        })
    }
}

/// Trusts the certificates of a PEM text instead of the built-in ones; see
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
    options: *mut stytch_options,
    pem: *const c_char,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_ca_pem(guard::text(pem, "ca_pem")?)
        })
    }
}

/// Reaches the API through an HTTP proxy, by CONNECT. The proxy sees the name
/// of the API's host, and no request. The environment (`HTTPS_PROXY` and the
/// like) is not looked at.
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
    options: *mut stytch_options,
    url: *const c_char,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_proxy(guard::text(url, "proxy")?)
        })
    }
}

/// Names your application in the `User-Agent` header, behind
/// `libstytch/VERSION`, as `NAME/VERSION`.
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
    options: *mut stytch_options,
    name: *const c_char,
    version: *const c_char,
    error: *mut *mut stytch_error,
) -> bool {
    // SAFETY: the caller's part.
    unsafe {
        set(options, error, |options| {
            options.set_app_info(guard::text(name, "name")?, guard::text(version, "version")?)
        })
    }
}
