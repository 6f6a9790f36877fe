//! Runs the threads of a test in every order that there is.
//!
//! The code is the real one; its locks come from here. A thread of a model runs
//! until it is about to take a lock, wait, look at a flag, or end. There,
//! exactly one is chosen to go on:
//!
//! ```text
//!   first run:   0 0 0 0 0        which of those that can go on did so
//!   second run:  0 0 0 0 1        the last choice that has another one is
//!   third run:   0 0 0 1 0 0      changed, all before it are made again
//! ```
//!
//! until there is no other. Of choices that take a thread's turn away although
//! it could go on, a run has no more than [`MOST_PREEMPTIONS`]: faults of order
//! need one or two. A wait of less than [`FOR_EVER`] may time out, once in a
//! run. Where nobody can go on, a wake-up was lost or locks are held crosswise,
//! and the test fails, with the choices that led there.
//!
//! A thread that is not of a model uses std's locks as they are. All memory is
//! taken to be as with one processor, which is right as long as what is shared
//! is behind locks or `SeqCst`.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{self, Arc, LockResult, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

const MOST_PREEMPTIONS: usize = 3;
const FOR_EVER: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Ready,
    Locking(usize),
    Waiting { on: usize, may_time_out: bool },
    Joining(ThreadId),
    Ended,
}

#[derive(Default)]
struct Run {
    threads: Vec<(Status, Option<ThreadId>)>,
    active: usize,
    /// The choices: which one of how many.
    path: Vec<(usize, usize)>,
    depth: usize,
    preemptions: usize,
    has_timed_out: bool,
    failure: Option<String>,
}

#[derive(Default)]
struct Model {
    run: sync::Mutex<Run>,
    changed: sync::Condvar,
}

thread_local! {
    static OWN: RefCell<Option<(Arc<Model>, usize)>> = const { RefCell::new(None) };
}

fn own() -> Option<(Arc<Model>, usize)> {
    OWN.with_borrow(Clone::clone)
}

/// Runs `scenario`, which may [`spawn`], in every order; returns how many there
/// were, or how it failed.
pub fn explore(scenario: impl Fn() + Send + Sync + 'static) -> Result<usize, String> {
    let scenario = Arc::new(scenario);
    let mut path = Vec::new();
    for count in 1.. {
        let model = Arc::new(Model::default());
        model.lock().path = path;
        let first = Arc::clone(&scenario);
        model.spawn(move || first());
        let mut run = model.lock();
        let is_over = |run: &Run| {
            let has_ended = |(status, _): &(Status, _)| *status == Status::Ended;
            run.failure.is_some() || run.threads.iter().all(has_ended)
        };
        while !is_over(&run) {
            run = model.changed.wait(run).unwrap();
        }
        let choices: Vec<usize> = run.path.iter().map(|choice| choice.0).collect();
        if let Some(failure) = &run.failure {
            // Its threads stay where they are: the test has failed.
            return Err(format!("run {count}: {failure}; choices {choices:?}"));
        }
        path = std::mem::take(&mut run.path);
        while path.pop_if(|(chosen, many)| *chosen + 1 == *many).is_some() {}
        match path.last_mut() {
            Some(last) => last.0 += 1,
            None => return Ok(count),
        }
    }
    unreachable!()
}

/// Whether this thread is of a model.
pub fn is_running() -> bool {
    own().is_some()
}

/// Starts a thread of the model that this thread is of.
pub fn spawn(body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let (model, _) = own().expect("a thread of a model");
    model.spawn(body)
}

/// Waits until a thread of the same model has nothing left to do but to end.
pub fn await_end(thread: &JoinHandle<()>) {
    if let Some((model, own)) = own() {
        let id = thread.thread().id();
        let is_over = |run: &Run| {
            let ended = |one: &(Status, Option<ThreadId>)| *one == (Status::Ended, Some(id));
            run.threads.iter().any(ended)
        };
        if !is_over(&model.lock()) {
            model.give_way(own, Status::Joining(id));
        }
    }
}

/// Lets another thread of the model go on, or not.
fn pass() {
    if let Some((model, own)) = own() {
        model.give_way(own, Status::Ready);
    }
}

impl Model {
    fn lock(&self) -> sync::MutexGuard<'_, Run> {
        self.run.lock().unwrap()
    }

    fn spawn(self: &Arc<Self>, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
        let model = Arc::clone(self);
        let number = self.lock().threads.len();
        self.lock().threads.push((Status::Ready, None));
        let thread = thread::spawn(move || {
            OWN.set(Some((Arc::clone(&model), number)));
            model.await_turn(number);
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            OWN.set(None);
            if outcome.is_err() {
                model.fail("a thread panicked".into());
            }
            model.end(number);
        });
        self.lock().threads[number].1 = Some(thread.thread().id());
        thread
    }

    fn fail(&self, failure: String) {
        self.lock().failure.get_or_insert(failure);
        self.changed.notify_all();
    }

    fn end(&self, number: usize) {
        let mut run = self.lock();
        let id = run.threads[number].1;
        run.wake(|status| matches!(status, Status::Joining(of) if Some(of) == id));
        run.threads[number].0 = Status::Ended;
        run.choose(number);
        self.changed.notify_all();
    }

    /// Goes on when it is this thread's turn again, which is so at the earliest
    /// when it is ready. Returns whether its wait timed out.
    fn give_way(&self, number: usize, status: Status) -> bool {
        let mut run = self.lock();
        run.threads[number].0 = status;
        run.choose(number);
        self.changed.notify_all();
        drop(run);
        self.await_turn(number)
    }

    fn await_turn(&self, number: usize) -> bool {
        let mut run = self.lock();
        while run.active != number || run.failure.is_some() {
            run = self.changed.wait(run).unwrap();
        }
        let timed_out = matches!(run.threads[number].0, Status::Waiting { .. });
        run.has_timed_out |= timed_out;
        run.threads[number].0 = Status::Ready;
        timed_out
    }
}

impl Run {
    fn wake(&mut self, which: impl Fn(Status) -> bool) {
        for (status, _) in &mut self.threads {
            if which(*status) {
                *status = Status::Ready;
            }
        }
    }

    /// Chooses who goes on; the thread whose turn it was is the first choice.
    fn choose(&mut self, last: usize) {
        let can_go_on = |number: usize| match self.threads[number].0 {
            Status::Ready => true,
            Status::Waiting { may_time_out, .. } => may_time_out && !self.has_timed_out,
            _ => false,
        };
        let mut choices: Vec<usize> = (0..self.threads.len()).filter(|n| can_go_on(*n)).collect();
        let is_ready = self.threads[last].0 == Status::Ready;
        if is_ready {
            choices.retain(|number| *number != last);
            choices.insert(0, last);
            if self.preemptions == MOST_PREEMPTIONS {
                choices.truncate(1);
            }
        }
        if choices.is_empty() {
            let statuses: Vec<Status> = self.threads.iter().map(|one| one.0).collect();
            if statuses.iter().any(|status| *status != Status::Ended) {
                self.failure = Some(format!("nobody can go on: {statuses:?}"));
            }
            return;
        }
        if self.depth == self.path.len() {
            self.path.push((0, choices.len()));
        }
        let (chosen, many) = self.path[self.depth];
        assert_eq!(
            many,
            choices.len(),
            "the scenario depends on more than order"
        );
        self.depth += 1;
        self.preemptions += usize::from(is_ready && chosen > 0);
        self.active = choices[chosen];
    }
}

#[derive(Default)]
pub struct Mutex<T>(sync::Mutex<T>);

pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` only while it is dropped, or waits.
    guard: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let Some((model, own)) = own() else {
            return self.guard(self.0.lock());
        };
        model.give_way(own, Status::Ready);
        loop {
            match self.0.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    model.give_way(own, Status::Locking(self.address()))
                }
                Err(TryLockError::Poisoned(poisoned)) => return self.guard(Err(poisoned)),
                Ok(guard) => return self.guard(Ok(guard)),
            };
        }
    }

    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, ()> {
        pass();
        let guard = self.0.try_lock().map_err(|_| ())?;
        self.guard(Ok(guard)).map_err(|_| ())
    }

    fn guard<'a>(
        &'a self,
        locked: LockResult<sync::MutexGuard<'a, T>>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let wrap = |guard| MutexGuard {
            mutex: self,
            guard: Some(guard),
        };
        match locked {
            Ok(guard) => Ok(wrap(guard)),
            Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
        }
    }
}

impl<T> MutexGuard<'_, T> {
    fn unlock(&mut self) {
        drop(self.guard.take());
        if let Some((model, _)) = own() {
            let address = self.mutex.address();
            let mut run = model.lock();
            run.wake(|status| status == Status::Locking(address));
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.guard.is_some() {
            self.unlock();
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it is locked")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it is locked")
    }
}

#[derive(Default)]
pub struct Condvar(sync::Condvar);

/// Whether a wait ended because its time was over.
pub struct TimedOut(bool);

impl TimedOut {
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    pub fn new() -> Self {
        Self::default()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    pub fn wait_timeout<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
        let mutex = guard.mutex;
        let Some((model, own)) = own() else {
            let inner = guard.guard.take().expect("it is locked");
            let waited = self.0.wait_timeout(inner, time);
            let (inner, result) = waited.unwrap_or_else(PoisonError::into_inner);
            guard.guard = Some(inner);
            return Ok((guard, TimedOut(result.timed_out())));
        };
        guard.unlock();
        let status = Status::Waiting {
            on: self.address(),
            may_time_out: time < FOR_EVER,
        };
        let timed_out = model.give_way(own, status);
        let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((guard, TimedOut(timed_out)))
    }

    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        time: Duration,
        mut is_on: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
        let begun = std::time::Instant::now();
        while is_on(&mut guard) {
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok((guard, TimedOut(true)));
            }
            // A model's time stands still.
            let left = if own().is_some() { time } else { left };
            guard = self.wait_timeout(guard, left)?.0;
        }
        Ok((guard, TimedOut(false)))
    }

    pub fn notify_one(&self) {
        match own() {
            None => self.0.notify_one(),
            Some((model, _)) => {
                let on = self.address();
                let mut run = model.lock();
                let is_here = |one: &&mut (Status, _)| matches!(one.0, Status::Waiting { on: of, .. } if of == on);
                if let Some(one) = run.threads.iter_mut().find(is_here) {
                    one.0 = Status::Ready;
                }
            }
        }
    }

    pub fn notify_all(&self) {
        match own() {
            None => self.0.notify_all(),
            Some((model, _)) => {
                let on = self.address();
                model
                    .lock()
                    .wake(|status| matches!(status, Status::Waiting { on: of, .. } if of == on));
            }
        }
    }
}

#[derive(Default)]
pub struct AtomicBool(sync::atomic::AtomicBool);

impl AtomicBool {
    pub fn load(&self, order: Ordering) -> bool {
        pass();
        self.0.load(order)
    }

    pub fn swap(&self, value: bool, order: Ordering) -> bool {
        pass();
        self.0.swap(value, order)
    }
}

#[cfg(test)]
mod tests;
