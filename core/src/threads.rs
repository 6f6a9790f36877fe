//! Threads of the library's own: named, with a small stack, and out of the way
//! of the host's signals.

use std::io;
use std::thread::{Builder, JoinHandle};

use nix::sys::signal::{SigSet, SigmaskHow};

use crate::transport::stack;

/// Starts a thread with `free` bytes of stack for frames.
pub fn spawn(
    name: &str,
    free: usize,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    // A new thread inherits the mask. None of the host's signals may run their
    // handlers on this stack.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let started = Builder::new()
        .name(name.to_owned())
        .stack_size(stack::with_free(free))
        .spawn(body);
    mask.thread_set_mask()?;
    started
}
