//! A call that does not block.
//!
//! ```text
//!            a worker              its end
//!   Waiting ----------> Running ------------> Finished ----> Taken
//!      |                                         ^      take
//!      +---- cancelled, or the client freed -----+
//! ```
//!
//! Whoever moves a call out of *Waiting* ends it: the worker that runs it, or
//! the thread that cancels it before. One that runs is cancelled by waking it,
//! wherever it waits; a result that is there by then stands. A call that was
//! forgotten goes the same way, and nobody is told.
//!
//! Locks: a call's, then its queue's; no other is taken under them, and neither
//! is held while a call runs or a listener is told.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::outcome::Delivery;
use crate::process;
use crate::queue::Queue;
use crate::response::Response;
use crate::run::Run;
use crate::sender::{Operation, Sender};
use crate::sync::{Mutex, MutexGuard};
use crate::turn::Turn;
use crate::workers::{Job, Place};

/// An operation that can be run on a worker.
pub type Owned = Box<dyn Operation + Send>;

pub struct Task {
    /// Whatever the program wants to find again.
    pub tag: usize,
    cancel: Arc<Cancel>,
    queue: Arc<Queue<Self>>,
    generation: u64,
    state: Mutex<State>,
}

struct State {
    stage: Stage,
    is_forgotten: bool,
    /// Which entry of its queue it became.
    number: Option<u64>,
}

enum Stage {
    Waiting(Box<Work>),
    Running,
    /// Apart, so that calls that wait are small.
    Finished(Box<Result<Response>>),
    Taken,
}

impl Stage {
    fn is_over(&self) -> bool {
        matches!(self, Self::Finished(_) | Self::Taken)
    }
}

/// What is to be done, until it is done.
struct Work {
    operation: Owned,
    sender: Arc<Sender>,
    run: Run,
    _place: Place,
}

impl Task {
    /// Makes a call that waits; its time begins. It is an error only if there is
    /// no memory.
    pub(crate) fn new(
        operation: Owned,
        sender: &Arc<Sender>,
        place: Place,
        queue: &Arc<Queue<Self>>,
        tag: usize,
    ) -> Result<Arc<Self>> {
        queue.expect().map_err(|_| Error::out_of_memory())?;
        let cancel: Arc<Cancel> = Arc::default();
        let run = sender.begin_cancellable(Arc::clone(&cancel), queue.log());
        Ok(Arc::new(Self {
            tag,
            cancel,
            queue: Arc::clone(queue),
            generation: process::generation(),
            state: Mutex::new(State {
                stage: Stage::Waiting(Box::new(Work {
                    operation,
                    sender: Arc::clone(sender),
                    run,
                    _place: place,
                })),
                is_forgotten: false,
                number: None,
            }),
        }))
    }

    /// Whether it was started in this process. In a child nothing runs it.
    fn is_own(&self) -> bool {
        self.generation == process::generation()
    }

    pub fn is_finished(&self) -> bool {
        self.is_own() && self.lock().stage.is_over()
    }

    /// The result, once.
    pub fn take(&self) -> Result<Response> {
        if !self.is_own() {
            return Err(Error::no_result(
                "the call was started before this process was forked, so it has no result here; make the call in this process",
            ));
        }
        let mut state = self.lock();
        match std::mem::replace(&mut state.stage, Stage::Taken) {
            Stage::Finished(outcome) => *outcome,
            Stage::Taken => Err(Error::no_result(
                "the result of this call was taken already; take it once",
            )),
            unfinished => {
                state.stage = unfinished;
                Err(Error::no_result(
                    "the call has not finished; take it when stytch_queue_next returns it, or stytch_call_is_finished says so",
                ))
            }
        }
    }

    /// Ends the call soon: at once if it has not begun.
    pub fn cancel(self: &Arc<Self>) {
        if !self.is_own() {
            return;
        }
        self.cancel.cancel();
        if let Some(work) = self.begin() {
            let outcome = work.end(|work| Err(work.sender.give_up(&*work.operation, &work.run)));
            self.finish(work, outcome);
        }
    }

    /// Cancels the call if it has not finished, and drops its result; its queue
    /// does not hand it out any more.
    pub fn forget(self: &Arc<Self>) {
        if !self.is_own() {
            return;
        }
        let mut state = self.lock();
        state.is_forgotten = true;
        if !state.stage.is_over() {
            drop(state);
            self.cancel();
            return;
        }
        // Others may have a part in the call for a while, but not in this.
        let outcome = std::mem::replace(&mut state.stage, Stage::Taken);
        let number = state.number;
        drop(state);
        drop(outcome);
        if let Some(number) = number {
            self.queue.forget(number);
        }
    }

    /// Ends a call that no thread can be had for.
    pub(crate) fn fail(
        self: &Arc<Self>,
        make: impl FnOnce(&Sender, &dyn Operation, &Run) -> Error,
    ) {
        if let Some(work) = self.begin() {
            let outcome = work.end(|work| Err(make(&work.sender, &*work.operation, &work.run)));
            self.finish(work, outcome);
        }
    }

    /// Takes the work of a call that waits; `None` if somebody else has it.
    fn begin(&self) -> Option<Box<Work>> {
        let mut state = self.lock();
        match std::mem::replace(&mut state.stage, Stage::Running) {
            Stage::Waiting(work) => Some(work),
            other => {
                state.stage = other;
                None
            }
        }
    }

    fn finish(self: &Arc<Self>, work: Box<Work>, outcome: Result<Response>) {
        // Wiped, and its place free, before anybody learns of the end.
        drop(work);
        let mut state = self.lock();
        if state.is_forgotten {
            state.stage = Stage::Taken;
            drop(state);
            self.queue.expect_no_more();
            drop(outcome);
            return;
        }
        state.stage = Stage::Finished(Box::new(outcome));
        // Under the lock, or it might be forgotten in between.
        state.number = Some(self.queue.put(Arc::clone(self)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// Makes the outcome, also of a panic: a call always comes out of its queue.
    fn end(&self, make: impl FnOnce(&Self) -> Result<Response>) -> Result<Response> {
        panic::catch_unwind(AssertUnwindSafe(|| make(self))).unwrap_or_else(|payload| {
            std::mem::forget(payload);
            // What a panic outside of the call itself means is unknown.
            let delivery = Delivery::Unknown;
            let status = None;
            let kind = Kind::Internal { delivery, status };
            Err(Error::new(kind, self.operation.about()))
        })
    }
}

impl Job for Task {
    fn run(self: Arc<Self>, has_memory: bool) {
        let Some(work) = self.begin() else { return };
        let _turn = Turn::begin();
        let outcome = if !has_memory {
            Err(Error::out_of_memory())
        } else if work.run.is_cancelled() || work.run.left().is_zero() {
            work.end(|work| Err(work.sender.give_up(&*work.operation, &work.run)))
        } else {
            work.end(|work| work.sender.perform(&*work.operation, &work.run))
        };
        self.finish(work, outcome);
    }

    fn cancel(self: Arc<Self>) {
        Self::cancel(&self);
    }

    fn is_waiting(&self) -> bool {
        matches!(self.lock().stage, Stage::Waiting(_))
    }
}

#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod tests;
