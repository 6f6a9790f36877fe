//! Which lookups run in this process, so that they stay few.
//!
//! `getaddrinfo` cannot be stopped: a thread whose name service hangs stays
//! until that comes back. So threads are counted, by these rules:
//!
//! - at most 4 for one name, whichever clients ask for it;
//! - a client without any gets its first one, whatever others hold, so that no
//!   name that hangs keeps another from being looked up;
//! - beyond a client's first, at most 16 in the process;
//! - at most 256 in the process.
//!
//! They are entries of a table without a lock, because a child inherits locks
//! as they are. An entry belongs to a process (see [`crate::process`]): the child
//! has none of its parent's threads, and takes their entries for free.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::process;

/// How many threads a process may have for lookups. Each takes some 20 KiB of
/// memory and the address space of its stack.
pub const MOST_IN_ALL: usize = 256;
/// How many there may be for one name: those that hang and a fresh one.
pub const MOST_OF_NAME: usize = 4;
/// Up to how many there are in all, a client may have more than one.
const MOST_EXTRA: usize = 16;

const FREE: u64 = 0;

pub struct Slots([AtomicU64; MOST_IN_ALL]);

/// The table of the process.
pub static SLOTS: Slots = Slots::new();

/// The right to run a lookup, until dropped.
pub struct Slot {
    entry: &'static AtomicU64,
    value: u64,
}

impl Slots {
    const fn new() -> Self {
        Self([const { AtomicU64::new(FREE) }; MOST_IN_ALL])
    }

    /// Takes a slot for a lookup of `host`; `is_first` says that the client
    /// has no other one. `None` if the rules forbid it now.
    pub fn take(&'static self, host: &str, is_first: bool) -> Option<Slot> {
        let value = value_of(host);
        let entry = self.0.iter().find(|entry| {
            let seen = entry.load(Relaxed);
            let is_free = seen == FREE || process_of(seen) != process_of(value);
            is_free
                && entry
                    .compare_exchange(seen, value, Relaxed, Relaxed)
                    .is_ok()
        })?;
        let slot = Slot { entry, value };
        // Counted with this one in it, so that of two that come at once none
        // overlooks the other. Both may be refused then, and try again.
        let (mut in_all, mut of_name) = (0, 0);
        for entry in &self.0 {
            let seen = entry.load(Relaxed);
            in_all += usize::from(seen != FREE && process_of(seen) == process_of(value));
            of_name += usize::from(seen == value);
        }
        let is_allowed = of_name <= MOST_OF_NAME && (is_first || in_all <= MOST_EXTRA);
        is_allowed.then_some(slot)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Not in a child that has its parent's slot: the entry may be its own.
        let _ = self
            .entry
            .compare_exchange(self.value, FREE, Relaxed, Relaxed);
    }
}

/// The process above a hash of the name. Two names of one hash would only
/// share their four threads.
fn value_of(host: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    host.to_ascii_lowercase().hash(&mut hasher);
    // Never 0, which is a free entry.
    let name = hasher.finish() & u64::from(u32::MAX) | 1;
    process::generation() << 32 | name
}

fn process_of(value: u64) -> u64 {
    value >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static Slots {
        Box::leak(Box::new(Slots::new()))
    }

    #[test]
    fn a_name_has_four_and_gets_them_back() {
        let slots = table();
        let take = |is_first| slots.take("a.test", is_first);
        let taken: Vec<Slot> = (0..MOST_OF_NAME).map_while(|_| take(true)).collect();
        assert_eq!(taken.len(), MOST_OF_NAME);
        assert!(take(true).is_none() && take(false).is_none());
        assert!(take(true).is_none(), "a refusal frees none");
        assert!(slots.take("A.TEST", true).is_none(), "it is the same name");
        assert!(slots.take("b.test", false).is_some());
        drop(taken);
        assert!(take(false).is_some());
    }

    #[test]
    fn names_that_hang_do_not_starve_another() {
        let slots = table();
        let hanging: Vec<Slot> = (0..MOST_IN_ALL)
            .map_while(|i| slots.take(&format!("{i}.test"), true))
            .collect();
        assert!(hanging.len() > MOST_IN_ALL - 8, "{}", hanging.len());
        assert!(
            slots.take("more.test", true).is_none(),
            "threads are bounded"
        );
        let mut few = hanging;
        few.truncate(100);
        assert!(
            slots.take("good.test", false).is_none(),
            "not its second one"
        );
        let good = slots.take("good.test", true);
        assert!(good.is_some());
        few.truncate(10);
        assert!(slots.take("good.test", false).is_some());
    }

    #[test]
    fn at_once_they_keep_to_the_limit_as_well() {
        let slots = table();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn(|| {
                    (0..100)
                        .filter_map(|_| slots.take("x.test", true))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let held: Vec<Vec<Slot>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let count: usize = held.iter().map(Vec::len).sum();
        assert!((1..=MOST_OF_NAME).contains(&count), "{count}");
    }
}
