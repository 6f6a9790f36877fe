//! Which process this is, told without asking the system: a count of the forks
//! between the process that loaded the library and this one.

use std::sync::atomic::{AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The number of this process in its line of descent.
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Runs in the child of each fork; the C boundary sees to that. It may do
/// nothing but this: another thread's locks may be held for good.
pub fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}
