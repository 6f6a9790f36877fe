//! Cancellation of the host's threads (`pthread_cancel`) is held back while a
//! function of the library runs.
//!
//! A thread that is cancelled in `poll` unwinds its stack; foreign unwinding
//! through Rust ends the whole process. With cancellation held back, the
//! request is delivered or fails as always, and the thread is cancelled at its
//! next cancellation point after the call.

#[cfg(unix)]
use std::ffi::c_int;
#[cfg(unix)]
use std::ptr;

/// `PTHREAD_CANCEL_DISABLE`, which `libc` does not have.
#[cfg(all(unix, not(target_vendor = "apple")))]
const DISABLE: c_int = 1;
#[cfg(target_vendor = "apple")]
const DISABLE: c_int = 0;

#[cfg(unix)]
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

/// While it lives, the thread is not cancelled; then its state is as before.
/// Windows has nothing like it.
pub(crate) struct Uncancellable {
    #[cfg(unix)]
    before: c_int,
}

impl Uncancellable {
    pub(crate) fn begin() -> Self {
        #[cfg(unix)]
        {
            let mut before = 0;
            // SAFETY: the function writes one number to a variable of ours.
            unsafe { pthread_setcancelstate(DISABLE, &raw mut before) };
            Self { before }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

impl Drop for Uncancellable {
    fn drop(&mut self) {
        #[cfg(unix)]
        // SAFETY: the state came from this function, which takes a NULL.
        unsafe {
            pthread_setcancelstate(self.before, ptr::null_mut());
        }
    }
}
