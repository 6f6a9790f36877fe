//! Which process this is: a child made by `fork` must neither use its parent's
//! connections nor touch locks that were held.
//!
//! A count of forks that `pthread_atfork` keeps would miss children that are
//! made past the C library (`_Fork`, a bare `clone`), and those of another
//! link-map namespace. So the boundary lends a *mark*: a number in a page that
//! the kernel replaces by zeros in every child (`MADV_WIPEONFORK`). Zero means
//! that this process has not been seen before. Without such a page the process
//! id serves; it costs a system call each time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use once_cell::race::OnceRef;

static MARK: OnceRef<'static, AtomicU64> = OnceRef::new();
static LAST: AtomicU64 = AtomicU64::new(0);

/// Takes the number that the kernel sets to zero in every child.
pub fn watch(mark: &'static AtomicU64) {
    let _ = MARK.set(mark);
}

/// The number of this process among those between the process that loaded the
/// library and this one; two of them never have the same.
pub fn generation() -> u64 {
    match MARK.get() {
        Some(mark) => match mark.load(Relaxed) {
            0 => first_look(mark),
            number => number,
        },
        None => std::process::id().into(),
    }
}

/// Several threads of a new process may take this look at once, and a further
/// child may be made meanwhile: `LAST` moves first, so that no child can end up
/// with the number of its parent.
#[cold]
fn first_look(mark: &AtomicU64) -> u64 {
    let number = LAST.fetch_add(1, Relaxed) + 1;
    match mark.compare_exchange(0, number, Relaxed, Relaxed) {
        Ok(_) => number,
        Err(number) => number,
    }
}
