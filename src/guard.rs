//! What every function does before and after its own work.

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::Once;

use super::alloc::Reserve;
use super::error::stytch_error;
use stytch_core::error::{Error, Result};
use stytch_core::transport::delivery;

/// Runs `body`; on an error or a panic hands the error to `*error`, where the
/// caller wants it, and returns `failure`.
///
/// # Safety
/// `error` is NULL or valid for a write.
pub(super) unsafe fn fallible<T>(
    error: *mut *mut stytch_error,
    failure: T,
    body: impl FnOnce() -> Result<T>,
) -> T {
    if !error.is_null() {
        // SAFETY: the caller vouches for a pointer that is not NULL.
        unsafe { *error = ptr::null_mut() };
    }
    // Before anything is sent: once it is, a call that needs memory must get it.
    let Some(reserve) = Reserve::take() else {
        if !error.is_null() {
            // SAFETY: as above.
            unsafe { *error = out_of_memory() };
        }
        return failure;
    };
    let result = catch(body).unwrap_or_else(|| {
        let request_sent = delivery::request_sent();
        delivery::end();
        Err(Error::Internal { request_sent })
    });
    let value = match result {
        Ok(value) => value,
        Err(reason) => {
            if !error.is_null() {
                let handle = catch(|| stytch_error::new(reason)).map_or(ptr::null_mut(), into_raw);
                // SAFETY: as above.
                unsafe { *error = handle };
            }
            failure
        }
    };
    drop(reserve);
    value
}

/// Makes an error of the library's last piece of memory; NULL where an earlier
/// one has it.
fn out_of_memory() -> *mut stytch_error {
    let Some(_last) = Reserve::take_last() else {
        return ptr::null_mut();
    };
    catch(|| {
        stytch_error::new(Error::Internal {
            request_sent: false,
        })
    })
    .map_or(ptr::null_mut(), into_raw)
}

/// Runs `body`, which has no error to give and may allocate; a panic becomes
/// `failure`, and so does want of memory.
pub(super) fn with_reserve<T>(failure: T, body: impl FnOnce() -> T) -> T {
    match Reserve::take() {
        Some(_reserve) => infallible(failure, body),
        None => failure,
    }
}

/// Runs `body`, which has no error to give; a panic becomes `failure`.
pub(super) fn infallible<T>(failure: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(failure)
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Catches a panic, and sees to it that it prints nothing: writing to a closed
/// stderr has killed processes.
fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    // A cdylib has a std of its own, so the hook is ours alone. In the
    // project's tests it is shared, and leaves their panics to be seen.
    QUIET.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                previous(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    GUARDED.set(outer);
    match result {
        Ok(value) => Some(value),
        Err(payload) => {
            // A payload may panic when dropped; none of ours does, and a leak
            // of one is better than to find out.
            std::mem::forget(payload);
            None
        }
    }
}

/// Gives a handle to C.
pub(super) fn into_raw<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes a handle back and frees it.
///
/// # Safety
/// `handle` is NULL or came from [`into_raw`], and nobody uses it any more.
pub(super) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: see above.
        infallible((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// # Safety
/// `handle` is NULL or valid for as long as the result is used.
pub(super) unsafe fn get<'a, T>(handle: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: see above.
    unsafe { handle.as_ref() }.ok_or_else(|| is_null(name))
}

/// # Safety
/// `handle` is NULL or valid, and used by nobody else, for as long as the
/// result is used.
pub(super) unsafe fn get_mut<'a, T>(handle: *mut T, name: &str) -> Result<&'a mut T> {
    // SAFETY: see above.
    unsafe { handle.as_mut() }.ok_or_else(|| is_null(name))
}

/// # Safety
/// `text` is NULL or NUL-terminated for as long as the result is used.
pub(super) unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str> {
    if text.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: see above.
    unsafe { CStr::from_ptr(text) }
        .to_str()
        .map_err(|_| Error::invalid(format!("{name} is not valid UTF-8; pass UTF-8 text")))
}

fn is_null(name: &str) -> Error {
    Error::invalid(format!("{name} is NULL; pass a valid pointer"))
}

/// A pointer that lives as long as what it was borrowed from, or NULL.
pub(super) fn lend(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}
