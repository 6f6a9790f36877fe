//! Strings that belong to the caller.

use std::ffi::{CString, c_char};

use zeroize::Zeroize;

use super::panic::infallible;

/// Frees a string that a function of this library returned as `char *`, and
/// wipes it first.
///
/// Never use `free()` for such a string, and never this for a
/// `const char *`, which belongs to the handle that it came from.
///
/// @param string  May be NULL, and then nothing happens.
///
/// # Safety
/// `string` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_string_free(string: *mut c_char) {
    infallible((), || {
        if !string.is_null() {
            // SAFETY: such strings come from `into_c`.
            let string = unsafe { CString::from_raw(string) };
            string.into_bytes().zeroize();
        }
    });
}

/// A string for the caller to free; NULL where C cannot hold it.
pub(super) fn into_c(text: &[u8]) -> *mut c_char {
    CString::new(text).map_or(std::ptr::null_mut(), CString::into_raw)
}
