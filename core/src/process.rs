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

use once_cell::race::{OnceBox, OnceRef};

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

/// What each process has one of, made when it is first asked for.
///
/// A child does not touch its parent's, whose locks may be held by threads that
/// the child does not have.
pub struct PerProcess<T: Inherited> {
    number: u64,
    /// `None` only while it is dropped.
    value: Option<T>,
    next: OnceBox<Self>,
}

/// What can be inherited from a parent process.
pub trait Inherited {
    /// Gives up what belongs to the parent, without a lock and without a word
    /// to anybody; most often it is left where it is.
    fn abandon(self);
}

impl<T: Inherited> PerProcess<T> {
    /// Starts with the value of this process.
    pub fn new(value: T) -> Self {
        Self {
            number: generation(),
            value: Some(value),
            next: OnceBox::new(),
        }
    }

    /// The value of this process; `make` gets that of the last process before.
    pub fn get(&self, make: impl Fn(&T) -> T) -> &T {
        let number = generation();
        let mut process = self;
        while process.number != number {
            process = process
                .next
                .get_or_init(|| Box::new(Self::new(make(process.value()))));
        }
        process.value()
    }

    /// Looks at each value that was made so far: `own` at this process's, if it
    /// has one, and `inherited` at those of the processes before.
    pub fn each(&self, own: impl Fn(&T), inherited: impl Fn(&T)) {
        let number = generation();
        let mut next = Some(self);
        while let Some(process) = next {
            if process.number == number {
                own(process.value());
            } else {
                inherited(process.value());
            }
            next = process.next.get();
        }
    }

    fn value(&self) -> &T {
        self.value
            .as_ref()
            .expect("a value stays until it is dropped")
    }
}

impl<T: Inherited> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if self.number != generation()
            && let Some(value) = self.value.take()
        {
            value.abandon();
        }
    }
}
