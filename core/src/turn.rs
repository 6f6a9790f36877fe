//! Whether a call may begin on this thread.
//!
//! A thread may have several calls under way: with user-level threads, or when
//! a signal handler makes a call of its own. While the interrupted call waits
//! for the network that is fine, because it holds no lock then and its state is
//! its own. Anywhere else it may be within the allocator, or hold the lock of
//! the connection pool: the second call would wait for ever.

use std::cell::Cell;

thread_local! {
    // Needs no destructor, so none can run after the library was unloaded.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// A call that runs on this thread, and does not wait.
pub struct Turn(());

impl Turn {
    /// Begins a call; `None` in the midst of another. Allocates nothing.
    pub fn begin() -> Option<Self> {
        (!IS_BUSY.replace(true)).then(|| Self(()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        IS_BUSY.set(false);
    }
}

/// Runs `wait`, during which another call may begin on this thread.
pub(crate) fn waiting<T>(wait: impl FnOnce() -> T) -> T {
    let was_busy = IS_BUSY.replace(false);
    let outcome = wait();
    IS_BUSY.set(was_busy);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_begins_only_while_others_wait() {
        let first = Turn::begin().unwrap();
        assert!(Turn::begin().is_none());
        waiting(|| {
            let second = Turn::begin().unwrap();
            assert!(Turn::begin().is_none());
            waiting(|| drop(Turn::begin().unwrap()));
            assert!(Turn::begin().is_none());
            drop(second);
        });
        assert!(Turn::begin().is_none());
        drop(first);
        assert!(Turn::begin().is_some());
    }
}
