//! Handles and strings on their way in and out.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::cancel::Uncancellable;
use super::panic;
use stytch_core::error::{Error, Result};

/// Gives a handle to C.
pub(crate) fn into_raw<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes a handle back and frees it.
///
/// # Safety
/// `handle` is NULL or came from [`into_raw`], and nobody uses it any more.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        let _uncancellable = Uncancellable::begin();
        // SAFETY: see above.
        panic::infallible((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// The handle behind a parameter called `name`, or what to tell the caller.
pub(crate) fn required<T>(handle: Option<T>, name: &str) -> Result<T> {
    handle.ok_or_else(|| is_null(name))
}

/// The bytes of the string behind a parameter called `name`, or what to tell
/// the caller.
///
/// # Safety
/// `text` is NULL or NUL-terminated for as long as the result is used.
pub(crate) unsafe fn bytes<'a>(text: *const c_char, name: &str) -> Result<&'a [u8]> {
    if text.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: see above.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// The string behind a parameter called `name`, or what to tell the caller.
///
/// # Safety
/// `text` is NULL or NUL-terminated for as long as the result is used.
pub(crate) unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: see above.
    std::str::from_utf8(unsafe { bytes(text, name) }?)
        .map_err(|_| Error::invalid(format!("{name} is not valid UTF-8; pass UTF-8 text")))
}

/// The same for a string that may be NULL.
///
/// # Safety
/// `value` is NULL or NUL-terminated for as long as the result is used.
pub(crate) unsafe fn optional_text<'a>(
    value: *const c_char,
    name: &str,
) -> Result<Option<&'a str>> {
    if value.is_null() {
        return Ok(None);
    }
    // SAFETY: see above.
    unsafe { text(value, name) }.map(Some)
}

fn is_null(name: &str) -> Error {
    Error::invalid(format!("{name} is NULL; pass a valid pointer"))
}

/// A pointer that lives as long as what it was borrowed from, or NULL.
pub(crate) fn lend(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}
