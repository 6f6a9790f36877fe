//! The keys that session JWTs are signed with, fetched when they are needed.
//!
//! However many threads wait, one of them fetches; there is no thread of the
//! cache's own. What a caller gets depends on the age of the keys and on
//! whether they have the one that its token names:
//!
//! ```text
//!            fresh_for           1 h after the last success
//!   fetch ----------------+---------------------------+--------------
//!          fresh: served  |  stale: served at once,   |  none: fetch
//!                         |  while one caller         |  and wait, or
//!                         |  refreshes, 2 s at most   |  share the failure
//!
//!   a key that is not there: one fetch in 30 s, past caches on the way;
//!   who comes meanwhile waits for it, and then it is unknown
//! ```
//!
//! A failed fetch and a bad response replace nothing, and are remembered for
//! two seconds, so that a storm of callers does not become a storm of requests.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cancel::{Cancel, Wake};
use crate::error::Error;
use crate::outcome::Code;
use crate::process::{Inherited, PerProcess};
use stytch_reader::jwt::KeySet;

/// How long stale keys serve after the last success. Session JWTs live for five
/// minutes and only the API makes them, so longer would gain little.
const STALE_LIMIT: Duration = Duration::from_secs(60 * 60);
/// How long a refresh may keep the one caller that makes it.
const REFRESH_TIME: Duration = Duration::from_secs(2);
/// How long any other fetch may take.
const FETCH_TIME: Duration = Duration::from_secs(10);
/// How long a failure is remembered.
const FAILURE_MEMORY: Duration = Duration::from_secs(2);
/// Between two fetches for a key that was not there. A rotation right after an
/// ordinary fetch is seen all the same: that does not count.
const UNKNOWN_KEY_COOLDOWN: Duration = Duration::from_secs(30);
/// The bounds of how long keys are fresh, and what holds without a `max-age`.
const FRESH_BOUNDS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(15 * 60)];
const FRESH_DEFAULT: Duration = Duration::from_secs(10 * 60);

/// What a fetch came to.
pub struct Fetched {
    pub keys: KeySet,
    pub max_age: Option<Duration>,
}

/// How a fetch is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    pub timeout: Duration,
    pub past_caches: bool,
}

/// How long a caller waits for keys.
#[derive(Clone, Copy)]
pub struct KeyWait<'a> {
    pub deadline: Instant,
    /// Who may end the wait before.
    pub cancel: Option<&'a Arc<Cancel>>,
    /// The error of a wait that has ended.
    pub given_up: &'a dyn Fn() -> Error,
}

pub struct KeyCache {
    /// The caller's own keys: never fetched, nor mixed with fetched ones.
    given: Option<Arc<KeySet>>,
    fetched: PerProcess<Arc<Shared>>,
    /// Tests have a clock that they move.
    now: fn() -> Instant,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A fetch has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    is_fetching: bool,
    failure: Option<(Instant, Error)>,
    last_for_unknown: Option<Instant>,
}

#[derive(Clone)]
struct Current {
    keys: Arc<KeySet>,
    since: Instant,
    fresh_for: Duration,
}

impl KeyCache {
    pub fn new(given: Option<Arc<KeySet>>) -> Self {
        Self {
            given,
            fetched: PerProcess::new(Arc::default()),
            now: Instant::now,
        }
    }

    /// Returns keys that have the one called `key_id`, if such can be had within
    /// `wait`, and those that there are otherwise. It is an error only if there
    /// are none at all. `fetch` does not panic.
    pub fn keys(
        &self,
        key_id: &str,
        wait: KeyWait,
        fetch: impl Fn(Fetch) -> Result<Fetched, Error>,
    ) -> Result<Arc<KeySet>, Error> {
        if let Some(given) = &self.given {
            return Ok(Arc::clone(given));
        }
        let shared = self.fetched.get(|parent| Arc::new(parent.for_child()));
        // Before the lock, which a wake takes.
        let _sleep = (wait.cancel).map(|cancel| cancel.sleep_as(Arc::<Shared>::clone(shared)));
        let mut state = shared.lock();
        let fetch = |state, timeout, past_caches| {
            let how = Fetch {
                timeout,
                past_caches,
            };
            shared.fetch(state, how, &fetch, self.now)
        };
        let mut has_refetched = false;
        loop {
            let now = (self.now)();
            let left = match wait.cancel {
                Some(cancel) if cancel.is_cancelled() => Duration::ZERO,
                _ => wait.deadline.saturating_duration_since(now),
            };
            let known = state.current.clone();
            let known = known.filter(|current| current.age(now) < STALE_LIMIT);
            let Some(Current {
                keys,
                since,
                fresh_for,
            }) = known
            else {
                let failure = state.recent_failure(now).filter(|_| !state.is_fetching);
                if let Some(failure) = failure {
                    return Err(failure);
                } else if left.is_zero() {
                    return Err((wait.given_up)());
                } else if state.is_fetching {
                    state = shared.wait(state, left);
                } else {
                    state = fetch(state, left.min(FETCH_TIME), false)?;
                }
                continue;
            };
            if keys.get(key_id).is_some() {
                let is_fresh = now.duration_since(since) < fresh_for;
                let may_not_fetch = left.is_zero() || state.is_fetching;
                if is_fresh || may_not_fetch || state.recent_failure(now).is_some() {
                    return Ok(keys);
                }
                // Given up or failed, the keys that there are serve.
                let fetched = fetch(state, left.min(REFRESH_TIME), false).ok();
                let current = fetched.and_then(|state| state.current.clone());
                return Ok(current.map_or(keys, |now| now.keys));
            }
            if has_refetched {
                return Ok(keys);
            }
            if left.is_zero() {
                // That there is no such key is a verdict, which nobody has found
                // for a call that was cancelled.
                return match wait.cancel {
                    Some(cancel) if cancel.is_cancelled() => Err((wait.given_up)()),
                    _ => Ok(keys),
                };
            }
            if state.is_fetching {
                state = shared.wait(state, left);
            } else if state.may_refetch(now) {
                state = fetch(state, left.min(FETCH_TIME), true)?;
                has_refetched = true;
            } else {
                return Ok(keys);
            }
        }
    }
}

impl Wake for Shared {
    fn wake(&self) {
        // With the lock, so that nobody is between a look and its wait.
        drop(self.lock());
        self.ended.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        let waited = self.ended.wait_timeout(state, limit);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Fetches, with the lock given back meanwhile. It is an error only if this
    /// caller was cancelled; any other failure is in the state.
    fn fetch<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        how: Fetch,
        fetch: &impl Fn(Fetch) -> Result<Fetched, Error>,
        now: fn() -> Instant,
    ) -> Result<MutexGuard<'a, State>, Error> {
        let last_for_unknown = state.last_for_unknown;
        if how.past_caches {
            state.last_for_unknown = Some(now());
        }
        state.is_fetching = true;
        drop(state);
        let outcome = fetch(how);
        let now = now();
        let mut state = self.lock();
        state.is_fetching = false;
        let mut given_up = None;
        match outcome {
            Ok(Fetched { keys, max_age }) => {
                let [shortest, longest] = FRESH_BOUNDS;
                state.current = Some(Current {
                    keys: Arc::new(keys),
                    since: now,
                    fresh_for: max_age.map_or(FRESH_DEFAULT, |age| age.clamp(shortest, longest)),
                });
                state.failure = None;
            }
            // That its caller gave it up says nothing to others, who fetch anew.
            Err(error) if error.code() == Code::Cancelled => {
                state.last_for_unknown = last_for_unknown;
                given_up = Some(error);
            }
            Err(error) => state.failure = Some((now, error)),
        }
        self.ended.notify_all();
        given_up.map_or(Ok(state), Err)
    }

    /// A child goes on with its parent's keys, unless another thread of the
    /// parent was about to change them.
    fn for_child(&self) -> Self {
        let state = State {
            current: self
                .state
                .try_lock()
                .ok()
                .and_then(|state| state.current.clone()),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            ended: Condvar::new(),
        }
    }
}

impl Inherited for Arc<Shared> {
    fn abandon(self) {
        std::mem::forget(self);
    }
}

impl State {
    fn recent_failure(&self, now: Instant) -> Option<Error> {
        let (since, error) = self.failure.as_ref()?;
        (now.duration_since(*since) < FAILURE_MEMORY).then(|| error.clone())
    }

    fn may_refetch(&self, now: Instant) -> bool {
        self.last_for_unknown
            .is_none_or(|last| now.duration_since(last) >= UNKNOWN_KEY_COOLDOWN)
    }
}

impl Current {
    fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }
}

#[cfg(test)]
mod tests;
