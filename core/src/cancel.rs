//! How another thread ends a call that is under way.
//!
//! Whoever waits for something on behalf of a call says first how it can be
//! woken; whoever cancels wakes it, under the lock that the waiter takes again
//! before it goes on. So a wake never meets what is no longer waited for, a
//! connection that is back in the pool, say:
//!
//! ```text
//!   the call's thread                          any thread
//!   sleep_as(socket) -- not cancelled? ---+
//!     waits in recv or poll               |    cancel(): is_cancelled = true
//!     <-- shutdown ------------------------------ wakes the sleeper there is
//!   the guard is dropped -----------------+
//!   is_cancelled() --> the call ends
//! ```

use std::fmt;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::sync::{AtomicBool, Condvar, Mutex, MutexGuard};

/// What a call waits for, and how its wait ends early.
pub trait Wake: Send + Sync {
    /// Ends the wait. It may be called before the wait has begun.
    fn wake(&self);
}

/// Whether a call is cancelled, and what it waits for.
#[derive(Default)]
pub struct Cancel {
    is_cancelled: AtomicBool,
    state: Mutex<State>,
    /// Wakes a call that only lets time pass.
    woken: Condvar,
}

#[derive(Default)]
struct State {
    sleeper: Option<Arc<dyn Wake>>,
    since: Option<Instant>,
}

/// While it lives, a cancellation wakes what was named. Waits may be nested;
/// the innermost is the one that is woken.
pub struct Sleep<'a> {
    cancel: &'a Cancel,
    outer: Option<Arc<dyn Wake>>,
}

impl Cancel {
    /// Cancels the call; does nothing the second time.
    pub fn cancel(&self) {
        let mut state = self.lock();
        if self.is_cancelled.swap(true, SeqCst) {
            return;
        }
        state.since = Some(Instant::now());
        if let Some(sleeper) = &state.sleeper {
            sleeper.wake();
        }
        drop(state);
        self.woken.notify_all();
    }

    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(SeqCst)
    }

    /// Whether it was cancelled longer than `time` ago.
    pub fn is_older_than(&self, time: Duration) -> bool {
        self.is_cancelled()
            && self
                .lock()
                .since
                .is_some_and(|since| since.elapsed() > time)
    }

    /// Says how a wait can be ended. Look at [`Self::is_cancelled`] afterwards:
    /// what was cancelled before wakes nobody.
    pub fn sleep_as(&self, sleeper: Arc<dyn Wake>) -> Sleep<'_> {
        let outer = self.lock().sleeper.replace(sleeper);
        Sleep {
            cancel: self,
            outer,
        }
    }

    /// Lets time pass, less of it if the call is cancelled.
    pub fn pause(&self, time: Duration) {
        let state = self.lock();
        let is_on = |_: &mut State| !self.is_cancelled();
        let waited = self.woken.wait_timeout_while(state, time, is_on);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.cancel.lock().sleeper = self.outer.take();
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Sleeper(AtomicUsize);

    impl Wake for Sleeper {
        fn wake(&self) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn the_innermost_wait_is_woken_once_and_none_that_is_over() {
        let [outer, inner] = [(); 2].map(|()| Arc::new(Sleeper::default()));
        let cancel = Cancel::default();
        let outer_sleep = cancel.sleep_as(Arc::<Sleeper>::clone(&outer));
        drop(cancel.sleep_as(Arc::<Sleeper>::clone(&inner)));
        cancel.cancel();
        cancel.cancel();
        assert!(cancel.is_cancelled());
        assert_eq!([&outer, &inner].map(|one| one.0.load(SeqCst)), [1, 0]);
        drop(outer_sleep);
    }

    #[test]
    fn a_pause_ends_when_the_call_is_cancelled() {
        let cancel = Arc::new(Cancel::default());
        let canceller = thread::spawn({
            let cancel = Arc::clone(&cancel);
            move || cancel.cancel()
        });
        // Without a wake this would outlast the test.
        cancel.pause(Duration::from_secs(3600));
        canceller.join().unwrap();
        cancel.pause(Duration::from_secs(3600));
    }
}
