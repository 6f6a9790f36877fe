//! Which library this is.

use std::ffi::{CStr, c_char};

/// The version of this interface: types, functions and their meanings.
///
/// It changes only when a program that was built against an earlier header
/// may no longer work; functions and codes may be added without it.
pub const STYTCH_ABI_VERSION: u32 = 1;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version contains no NUL"),
    };

/// Returns the version of the library that is running, such as "1.2.3".
///
/// Compare with #STYTCH_VERSION, which is the version of the header.
///
/// @return A static string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the ABI version of the library that is running.
///
/// A program that loads the library by hand (dlopen, ctypes) should refuse
/// one whose number is not the #STYTCH_ABI_VERSION that it was written for.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_abi_version() -> u32 {
    STYTCH_ABI_VERSION
}
