//! The host's signals, kept off the library's own threads.

use std::io;

/// Runs `spawn` with all signals held back on this thread. A new thread
/// inherits that, so no handler of the host's runs on its small stack.
#[cfg(unix)]
pub fn held_back<T>(spawn: impl FnOnce() -> T) -> io::Result<T> {
    use nix::sys::signal::{SigSet, SigmaskHow};

    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let outcome = spawn();
    before.thread_set_mask()?;
    Ok(outcome)
}

/// Windows has no signals that interrupt a thread.
#[cfg(not(unix))]
pub fn held_back<T>(spawn: impl FnOnce() -> T) -> io::Result<T> {
    Ok(spawn())
}
