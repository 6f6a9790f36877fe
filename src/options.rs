//! `stytch_options`: how a client works, where the defaults do not fit.

use std::ffi::c_char;

use super::alloc::release_idle;
use super::error::{ErrorOut, fallible};
use super::panic::infallible;
use super::pointers::{free, into_raw, required, text};
use stytch_core::error::Result;
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
    infallible(std::ptr::null_mut(), || {
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
