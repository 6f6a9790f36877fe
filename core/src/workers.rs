//! The threads of a client that run its calls that do not block.
//!
//! ```text
//!   start ──> backlog, first come, first served ──> a worker runs one at a time
//!              │                                     no more than `most_threads`
//!              └── full: refused                     gone after 30 s without work
//! ```
//!
//! The time of a call runs from its start, in the backlog too, and yet nobody
//! has to watch the backlog: all calls of a client have the same time, so what
//! was started earlier ends earlier. When the first in the backlog has no time
//! left, neither has any call that a worker runs; so each worker is free by
//! then, takes it, and ends it.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use once_cell::race::OnceBox;

use crate::process::Inherited;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::threads;

/// How long a worker stays without work.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// A call needs 64 KiB, a debug build 192; the rest is for a log callback.
const STACK: usize = 256 * 1024;

/// What a worker does.
pub trait Job: Send + Sync {
    /// Runs it to its end; without memory it fails.
    fn run(self: Arc<Self>, has_memory: bool);

    /// Makes it end soon. It may be called at any time.
    fn cancel(self: Arc<Self>);

    /// Whether there is still something to run.
    fn is_waiting(&self) -> bool;
}

/// Runs what it is given, and says whether there is memory for it.
type Surroundings = fn(&mut dyn FnMut(bool));

static SURROUNDINGS: OnceBox<Surroundings> = OnceBox::new();

/// Takes what stands around each job.
pub fn surround(surroundings: Surroundings) {
    let _ = SURROUNDINGS.set(Box::new(surroundings));
}

/// The workers of one process.
pub struct Workers(Arc<Shared>);

struct Shared {
    most_threads: usize,
    most_pending: usize,
    idle_time: Duration,
    /// Jobs that have not ended.
    pending: Arc<AtomicUsize>,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    backlog: VecDeque<Arc<dyn Job>>,
    running: Vec<(ThreadId, Arc<dyn Job>)>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    is_closed: bool,
}

/// A job's place among those that have not ended, until dropped.
pub struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Workers {
    pub fn new(most_threads: usize, most_pending: usize) -> Self {
        Self::with_idle_time(most_threads, most_pending, IDLE_TIME)
    }

    fn with_idle_time(most_threads: usize, most_pending: usize, idle_time: Duration) -> Self {
        Self(Arc::new(Shared {
            most_threads,
            most_pending,
            idle_time,
            pending: Arc::default(),
            state: Mutex::default(),
            work: Condvar::new(),
        }))
    }

    /// As many workers at most, for a child of this process.
    pub fn for_child(&self) -> Self {
        Self::new(self.0.most_threads, self.0.most_pending)
    }

    pub fn most_pending(&self) -> usize {
        self.0.most_pending
    }

    /// Takes a place for a job; `None` if there are too many already.
    pub fn place(&self) -> Option<Place> {
        let most = self.0.most_pending;
        let add = |pending| (pending < most).then_some(pending + 1);
        self.0.pending.fetch_update(Relaxed, Relaxed, add).ok()?;
        Some(Place(Arc::clone(&self.0.pending)))
    }

    /// Has a job run as soon as a worker is free. It is an error only if there
    /// is no worker and the system gives no thread, or no memory; the job is
    /// then the caller's to end.
    pub fn start(&self, job: Arc<dyn Job>) -> io::Result<()> {
        let mut state = self.0.lock();
        // What was cancelled in the backlog has ended and is still there.
        let most = 64 + 2 * self.0.pending.load(Relaxed);
        if state.backlog.len() > most {
            state.backlog.retain(|job| job.is_waiting());
        }
        state.backlog.try_reserve(1)?;
        state.backlog.push_back(job);
        let may_grow = state.threads.len() < self.0.most_threads;
        if state.idle < state.backlog.len() && may_grow {
            let shared = Arc::clone(&self.0);
            match threads::spawn("stytch-worker", STACK, move || shared.work()) {
                Ok(thread) => state.threads.push(thread),
                Err(error) if state.threads.is_empty() => {
                    state.backlog.pop_back();
                    return Err(error);
                }
                // There are others, which will come to it.
                Err(_) => {}
            }
        }
        let is_awaited = state.idle > 0;
        drop(state);
        if is_awaited {
            self.0.work.notify_one();
        }
        Ok(())
    }

    /// Cancels all that has not ended, and waits until no worker is left. From
    /// a worker itself, as a callback might call it, it does not wait for that
    /// one.
    pub fn close(&self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.backlog);
        let threads = std::mem::take(&mut state.threads);
        let running: Vec<_> = (state.running.iter())
            .map(|(_, job)| Arc::clone(job))
            .collect();
        drop(state);
        // The latest first: one that waits for what an earlier one fetches must
        // not begin to fetch itself.
        for job in running.into_iter().rev().chain(waiting) {
            job.cancel();
        }
        self.0.work.notify_all();
        let own = thread::current().id();
        for thread in threads {
            if thread.thread().id() != own {
                threads::join(thread);
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a worker does all its life.
    fn work(&self) {
        let own = thread::current().id();
        while let Some(job) = self.next(own) {
            let mut job = Some(job);
            let mut run = |has_memory| {
                if let Some(job) = job.take() {
                    job.run(has_memory);
                }
            };
            match SURROUNDINGS.get() {
                Some(surroundings) => surroundings(&mut run),
                None => run(true),
            }
            self.lock().running.retain(|(thread, _)| *thread != own);
        }
    }

    /// Waits for a job; `None` when this worker is to go.
    fn next(&self, own: ThreadId) -> Option<Arc<dyn Job>> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(job) = state.backlog.pop_front() {
                state.running.push((own, Arc::clone(&job)));
                return Some(job);
            }
            state.idle += 1;
            let waited = self.work.wait_timeout(state, self.idle_time);
            let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if timeout.timed_out() && state.backlog.is_empty() && !state.is_closed {
                // Nobody joins it: it only has to return.
                state.threads.retain(|thread| thread.thread().id() != own);
                return None;
            }
        }
    }
}

impl Inherited for Workers {
    /// The child has none of the threads.
    fn abandon(self) {
        std::mem::forget(self);
    }
}

#[cfg(test)]
mod tests;
