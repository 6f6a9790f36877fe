//! Where calls that do not block come out when they have finished.
//!
//! One descriptor tells an event loop that something waits, however many calls
//! are under way: it is set when the queue gets its first entry and cleared
//! when the last one is taken, both under the queue's lock.
//!
//! What a queue holds is shared with those who started it, so a queue that is
//! closed only forgets. Entries are numbered as they come, so that one which is
//! freed is found, or seen to be gone, without a look at all the others.

use std::collections::{TryReserveError, VecDeque};
use std::ffi::{CStr, CString};
use std::io;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::events::{Level, Log};
use crate::process;
use crate::signal::Signal;
use crate::sync::{Condvar, Mutex, MutexGuard};

/// Events that nobody takes are kept up to this number; then the oldest go.
const MOST_EVENTS: usize = 4096;

pub struct Queue<T> {
    state: Mutex<State<T>>,
    /// Something has finished, for those who wait without a descriptor.
    finished: Condvar,
    descriptor: i32,
    /// The process that it belongs to: a child's copy is of no use.
    generation: u64,
    /// Which events come here instead of going to the client's listener; 0 for
    /// none.
    log_level: AtomicI32,
}

struct State<T> {
    /// `None` once it is closed.
    signal: Option<Signal>,
    is_set: bool,
    finished: VecDeque<(u64, Arc<T>)>,
    /// The number of the next entry.
    next_number: u64,
    /// How many more may come, for which there is room.
    expected: usize,
    events: VecDeque<(Level, CString)>,
    waiting: usize,
}

impl<T> Queue<T> {
    pub fn new() -> io::Result<Self> {
        let signal = Signal::new()?;
        Ok(Self {
            descriptor: signal.descriptor(),
            state: Mutex::new(State {
                signal: Some(signal),
                is_set: false,
                finished: VecDeque::new(),
                next_number: 0,
                expected: 0,
                events: VecDeque::new(),
                waiting: 0,
            }),
            finished: Condvar::new(),
            generation: process::generation(),
            log_level: AtomicI32::new(0),
        })
    }

    /// Whether it was made in this process. In a child its lock may be held by
    /// a thread that the child does not have, and its descriptor is shared.
    pub fn is_own(&self) -> bool {
        self.generation == process::generation()
    }

    /// What becomes readable; -1 if there is no such thing.
    pub fn descriptor(&self) -> i32 {
        if self.is_own() { self.descriptor } else { -1 }
    }

    /// Makes room for one more, so that none is needed when it has finished.
    pub fn expect(&self) -> Result<(), TryReserveError> {
        let mut state = self.lock();
        let expected = state.expected + 1;
        state.finished.try_reserve(expected)?;
        state.expected = expected;
        Ok(())
    }

    /// Puts in what has finished and was expected; returns its number.
    pub fn put(&self, one: Arc<T>) -> u64 {
        let mut state = self.lock();
        state.expected = state.expected.saturating_sub(1);
        let number = state.next_number;
        state.next_number += 1;
        if state.signal.is_none() {
            return number;
        }
        state.finished.push_back((number, one));
        state.tell();
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.finished.notify_all();
        }
        number
    }

    /// Takes out the entry with this number, which is not to be handed out any
    /// more. It may have been.
    pub fn forget(&self, number: u64) {
        let mut state = self.lock();
        let found = (state.finished).binary_search_by_key(&number, |(number, _)| *number);
        if let Ok(index) = found {
            let forgotten = state.finished.remove(index);
            state.tell();
            drop(state);
            drop(forgotten);
        }
    }

    /// What was expected does not come any more.
    pub fn expect_no_more(&self) {
        let mut state = self.lock();
        state.expected = state.expected.saturating_sub(1);
    }

    /// Hands out what has finished, each once; `None` if there is none.
    pub fn next(&self) -> Option<Arc<T>> {
        if !self.is_own() {
            return None;
        }
        let mut state = self.lock();
        let next = state.finished.pop_front();
        state.tell();
        next.map(|(_, one)| one)
    }

    /// Waits until something has finished, and returns whether it has.
    pub fn wait(&self, time: Duration) -> bool {
        if !self.is_own() {
            return false;
        }
        let until = Instant::now().checked_add(time);
        let mut state = self.lock();
        state.waiting += 1;
        while state.finished.is_empty() {
            let left = until.map_or(time, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                break;
            }
            let waited = self.finished.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting -= 1;
        !state.finished.is_empty()
    }

    /// Forgets everything and closes the descriptor.
    pub fn close(&self) {
        let state = if self.is_own() {
            self.state.lock().ok()
        } else {
            // Free, unless another thread of the parent was just using it.
            self.state.try_lock().ok()
        };
        if let Some(mut state) = state {
            let closed = (
                state.signal.take(),
                std::mem::take(&mut state.finished),
                std::mem::take(&mut state.events),
            );
            drop(state);
            drop(closed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Queue<T> {
    /// From now on, events of calls that are started on this queue wait here.
    /// `None` leaves them to the client's own listener.
    pub fn set_log_level(&self, level: Option<Level>) {
        let level = level.map_or(0, |level| level as i32);
        self.log_level.store(level, Relaxed);
    }

    /// Who is told of the events of a call that is started now. Not a queue that
    /// a child has inherited: its descriptor would wake the parent, and nobody
    /// clears it there.
    pub fn log(self: &Arc<Self>) -> Option<Log> {
        if !self.is_own() {
            return None;
        }
        let level = Level::from_number(self.log_level.load(Relaxed))?;
        let queue = Arc::clone(self);
        let listener = move |level, event: &CStr| queue.put_event(level, event);
        Some(Log::new(level, Arc::new(listener)))
    }

    fn put_event(&self, level: Level, event: &CStr) {
        let mut state = self.lock();
        if state.signal.is_none() {
            return;
        }
        if state.events.len() == MOST_EVENTS {
            state.events.pop_front();
        }
        state.events.push_back((level, event.to_owned()));
        state.tell();
    }

    /// Takes the oldest event. That of a call is here before the call is.
    pub fn next_event(&self) -> Option<(Level, CString)> {
        if !self.is_own() {
            return None;
        }
        let mut state = self.lock();
        let next = state.events.pop_front();
        state.tell();
        next
    }
}

impl<T> State<T> {
    /// Sets or clears the descriptor, as the queue is now.
    fn tell(&mut self) {
        let has_some = !self.finished.is_empty() || !self.events.is_empty();
        if has_some == self.is_set {
            return;
        }
        self.is_set = has_some;
        match &self.signal {
            Some(signal) if has_some => signal.set(),
            Some(signal) => signal.clear(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
