//! `stytch_client`: who calls, and where.

use std::ffi::c_char;
use std::ptr;

use super::alloc::release_idle;
use super::error::{ErrorOut, fallible};
use super::options::stytch_options;
use super::pointers::{free, into_raw, text};
use stytch_core::client::Client;
use stytch_core::options::Options;
use stytch_core::outcome::Delivery;

/// A project's credentials and its connections. Any number of threads may make
/// calls with one client at once; connections are kept and shared.
pub struct stytch_client {
    pub(crate) client: Client,
}

/// Creates a client. Nothing is sent until its first call.
///
/// A process needs one client for each project. After a fork the child may go
/// on using it: it gets connections of its own.
///
/// @param project_id  From Stytch's dashboard. At most 4 KiB, without `:`.
/// @param secret      From Stytch's dashboard. At most 4 KiB. It is copied, and
///                    wiped when the client is freed.
/// @param options     NULL for the defaults. They are copied.
/// @param error       NULL, or where to put the reason on failure.
/// @return A client to free with stytch_client_free(). NULL on failure:
///         #STYTCH_ERROR_INVALID_ARGUMENT, or #STYTCH_ERROR_INTERNAL after an
///         internal error.
///
/// # Safety
/// Pointers are NULL or valid, strings NUL-terminated.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_client_new(
    project_id: *const c_char,
    secret: *const c_char,
    options: Option<&stytch_options>,
    error: ErrorOut,
) -> *mut stytch_client {
    fallible(error, ptr::null_mut(), Delivery::NotSent, || {
        // SAFETY: the caller's part.
        let (project_id, secret) =
            unsafe { (text(project_id, "project_id")?, text(secret, "secret")?) };
        let client = match options {
            Some(options) => Client::new(project_id, secret, &options.options)?,
            None => Client::new(project_id, secret, &Options::default())?,
        };
        Ok(into_raw(stytch_client { client }))
    })
}

/// Frees a client, wipes its credentials and closes its connections. Responses
/// and errors that came from it live on.
///
/// Calls that do not block and have not finished are cancelled, and come out of
/// their queue as such; the function waits for the client's threads to end,
/// which takes 100 ms at most, and as long as a log callback takes.
///
/// In a forked child it does the same to what the child has of its parent's
/// client, and leaves the parent's connections intact.
///
/// @param client  May be NULL; then nothing happens. No other thread may be
///                using it.
///
/// # Safety
/// `client` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_client_free(client: *mut stytch_client) {
    // SAFETY: the caller's part.
    unsafe { free(client) };
    release_idle();
}
