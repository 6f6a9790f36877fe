//! How large the stack of a thread must be.
//!
//! glibc puts a thread's static thread-local storage, that of the host and of
//! all its libraries, onto the thread's stack, and takes it out of the size
//! that was asked for. A host with 200 KiB of it leaves little of 256 KiB:
//!
//! ```text
//!     asked for   |<- guard ->|<-- free for frames -->|<-- thread-local storage -->|
//!     asked here  |<- guard ->|<------ free for frames, always `needed` ------>|<-- … -->|
//! ```
//!
//! Only the C library knows how much that is, so the boundary asks it once and
//! tells it here.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Takes the number of bytes that the C library takes out of every stack.
pub fn watch_taken(bytes: usize) {
    TAKEN.store(bytes, Relaxed);
}

/// Returns the size to ask for, so that `needed` bytes are free for frames.
pub fn with_free(needed: usize) -> usize {
    needed.saturating_add(TAKEN.load(Relaxed))
}
