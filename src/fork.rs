//! Tells the core of a fork.

use std::sync::Once;

use stytch_core::transport::fork;

extern "C" fn in_child() {
    fork::forked();
}

/// Has the system call [`fork::forked`] in every child from now on. A child
/// that is made past the C library (a bare `clone`) is not told.
pub(super) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        // SAFETY: the handler is a plain function without an argument, and the
        // library is linked so that it is never unloaded. It fails only for
        // want of memory, and then forks go unnoticed.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}
