//! `stytch_client`: who asks, and where.

use std::ffi::c_char;
use std::ptr;

use super::error::stytch_error;
use super::fork;
use super::guard;
use super::options::stytch_options;
use stytch_core::client::Client;
use stytch_core::options::Options;

/// A project's credentials and its connections. Any number of threads may make
/// calls with one client at once; connections are kept and shared.
pub struct stytch_client {
    pub(super) client: Client,
}

/// Makes a client. Nothing is sent until its first call.
///
/// A process needs one client for each project. After `fork` the child may go
/// on using it: it gets connections of its own.
///
/// @param project_id  From Stytch's dashboard. At most 4 KiB, no `:`.
/// @param secret      From Stytch's dashboard. At most 4 KiB. It is copied,
///                    and wiped when the client is freed.
/// @param options     NULL for the defaults. They are copied.
/// @param error       NULL, or where to put the reason on failure.
/// @return A client to free with stytch_client_free(); NULL on failure, which
///         is always #STYTCH_ERROR_INVALID_ARGUMENT save for a defect in the
///         library.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_client_new(
    project_id: *const c_char,
    secret: *const c_char,
    options: *const stytch_options,
    error: *mut *mut stytch_error,
) -> *mut stytch_client {
    // SAFETY: the caller's part.
    unsafe {
        guard::fallible(error, ptr::null_mut(), || {
            fork::watch();
            let project_id = guard::text(project_id, "project_id")?;
            let secret = guard::text(secret, "secret")?;
            let client = match options.as_ref() {
                Some(options) => Client::new(project_id, secret, &options.options)?,
                None => Client::new(project_id, secret, &Options::default())?,
            };
            Ok(guard::into_raw(stytch_client { client }))
        })
    }
}

/// Frees a client and closes its connections. Responses and errors that came
/// from it live on.
///
/// @param client  May be NULL, and then nothing happens. No other thread may
///                be using it.
///
/// # Safety
/// `client` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_client_free(client: *mut stytch_client) {
    // SAFETY: the caller's part.
    unsafe { guard::free(client) };
}
