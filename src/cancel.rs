//! Cancellation of the host's threads (`pthread_cancel`) is held back while a
//! function of the library runs.
//!
//! A thread that is cancelled in `poll` unwinds its stack; foreign unwinding
//! through Rust ends the whole process. With cancellation held back, the
//! request is delivered or fails as always, and the thread is cancelled at its
//! next cancellation point after the call.

use std::ffi::c_int;
use std::ptr;

/// `PTHREAD_CANCEL_DISABLE` of glibc and musl.
#[cfg(target_os = "linux")]
const DISABLE: c_int = 1;

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

/// While it lives, the thread is not cancelled; then its state is as before.
pub(crate) struct Uncancellable {
    before: c_int,
}

impl Uncancellable {
    pub(crate) fn begin() -> Self {
        let mut before = 0;
        // SAFETY: the function writes one number to a variable of ours.
        #[cfg(target_os = "linux")]
        unsafe {
            pthread_setcancelstate(DISABLE, &raw mut before);
        }
        Self { before }
    }
}

impl Drop for Uncancellable {
    fn drop(&mut self) {
        // SAFETY: the state came from this function, which takes a NULL.
        #[cfg(target_os = "linux")]
        unsafe {
            pthread_setcancelstate(self.before, ptr::null_mut());
        }
    }
}
