//! Threads of the library's own: named, with a small stack, and out of the way
//! of the host's signals.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::transport::{signals, stack};

/// Starts a thread with `free` bytes of stack for frames.
pub fn spawn(
    name: &str,
    free: usize,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    #[cfg(test)]
    if crate::sync::model::is_running() {
        return Ok(crate::sync::model::spawn(body));
    }
    signals::held_back(|| {
        Builder::new()
            .name(name.to_owned())
            .stack_size(stack::with_free(free))
            .spawn(body)
    })?
}

/// Waits until a thread has ended. It catches its panics itself.
pub fn join(thread: JoinHandle<()>) {
    #[cfg(test)]
    crate::sync::model::await_end(&thread);
    let _ = thread.join();
}
