//! The cache by a clock that the tests move: nothing here waits for time to pass.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::outcome::{Code, Delivery};

thread_local! {
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The clock of a test, which has its own thread.
fn now() -> Instant {
    Instant::now() + AHEAD.get()
}

fn pass(seconds: u64) {
    AHEAD.set(AHEAD.get() + Duration::from_secs(seconds));
}

/// A set with these keys. Nothing is verified with them.
fn set(ids: &[&str]) -> KeySet {
    // An odd number of 2,048 bits.
    let modulus = "_".repeat(342);
    let modulus = format!("{}w", &modulus[..341]);
    let keys: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"kty":"RSA","kid":"{id}","e":"AQAB","n":"{modulus}"}}"#))
        .collect();
    let set = KeySet::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes());
    let set = set.expect("a set");
    assert_eq!(set.is_empty(), ids.is_empty());
    set
}

/// Stands for what a failed fetch says.
fn failure(words: &str) -> Error {
    Error::invalid(words)
}

fn words(error: &Error) -> String {
    error.to_string()
}

/// A wait until then, which nobody ends before.
fn until(deadline: Instant) -> KeyWait<'static> {
    KeyWait {
        deadline,
        cancel: None,
        given_up: &|| failure("too late"),
    }
}

/// A server of keys, and the cache before it.
struct Bench {
    cache: KeyCache,
    served: RefCell<Result<Vec<&'static str>, &'static str>>,
    max_age: Cell<Option<u64>>,
    /// How long a fetch takes, by the moved clock.
    takes: Cell<u64>,
    fetches: RefCell<Vec<Fetch>>,
}

impl Bench {
    fn serving(ids: &[&'static str]) -> Self {
        let mut cache = KeyCache::new(None);
        cache.now = now;
        Self {
            cache,
            served: RefCell::new(Ok(ids.to_vec())),
            max_age: Cell::new(None),
            takes: Cell::new(0),
            fetches: RefCell::default(),
        }
    }

    fn serve(&self, ids: &[&'static str]) {
        *self.served.borrow_mut() = Ok(ids.to_vec());
    }

    fn fail(&self, words: &'static str) {
        *self.served.borrow_mut() = Err(words);
    }

    /// Asks with 30 s to go. Tells whether the key is there, or the failure.
    fn ask(&self, id: &str) -> Result<bool, String> {
        self.ask_until(id, now() + Duration::from_secs(30))
    }

    fn ask_until(&self, id: &str, deadline: Instant) -> Result<bool, String> {
        let fetch = |how| {
            self.fetches.borrow_mut().push(how);
            pass(self.takes.get());
            match &*self.served.borrow() {
                Ok(ids) => Ok(Fetched {
                    keys: set(ids),
                    max_age: self.max_age.get().map(Duration::from_secs),
                }),
                Err(words) => Err(failure(words)),
            }
        };
        let keys = self.cache.keys(id, until(deadline), fetch);
        keys.map(|keys| keys.get(id).is_some())
            .map_err(|error| words(&error))
    }

    fn count(&self) -> usize {
        self.fetches.borrow().len()
    }

    fn last(&self) -> Fetch {
        *self.fetches.borrow().last().expect("a fetch")
    }
}

#[test]
fn keys_are_fresh_by_max_age_within_bounds() {
    for (max_age, fresh_for) in [
        (None, 600),
        (Some(0), 60),
        (Some(59), 60),
        (Some(61), 61),
        (Some(900), 900),
        (Some(86_400), 900),
    ] {
        let bench = Bench::serving(&["a"]);
        bench.max_age.set(max_age);
        assert_eq!(bench.ask("a"), Ok(true));
        assert!(!bench.last().past_caches);
        pass(fresh_for - 1);
        assert_eq!(bench.ask("a"), Ok(true));
        assert_eq!(bench.count(), 1, "{max_age:?}");
        pass(2);
        assert_eq!(bench.ask("a"), Ok(true));
        assert_eq!(bench.count(), 2, "{max_age:?}");
    }
}

#[test]
fn stale_keys_serve_for_an_hour_and_the_refresh_is_short() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(bench.ask("a"), Ok(true));
    assert_eq!(bench.last().timeout, FETCH_TIME);
    bench.fail("down");
    pass(601);
    assert_eq!(bench.ask("a"), Ok(true));
    assert_eq!(bench.count(), 2);
    assert_eq!(bench.last().timeout, REFRESH_TIME);
    // The failure is remembered: nobody waits for the endpoint again at once.
    assert_eq!(bench.ask("a"), Ok(true));
    assert_eq!(bench.count(), 2);
    pass(3);
    assert_eq!(bench.ask("a"), Ok(true));
    assert_eq!(bench.count(), 3);
    pass(3_600 - 601 - 3 - 2);
    assert_eq!(bench.ask("a"), Ok(true));
    pass(5);
    assert_eq!(bench.ask("a"), Err(words(&failure("down"))));
    // And back again.
    bench.serve(&["a"]);
    pass(3);
    assert_eq!(bench.ask("a"), Ok(true));
}

#[test]
fn a_refresh_has_no_more_time_than_its_caller() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(bench.ask("a"), Ok(true));
    pass(601);
    let deadline = now() + Duration::from_millis(700);
    assert_eq!(bench.ask_until("a", deadline), Ok(true));
    assert!(bench.last().timeout <= Duration::from_millis(700));
    // With no time left there is nothing to wait with, and the keys are there.
    pass(601);
    assert_eq!(bench.ask_until("a", now()), Ok(true));
    assert_eq!(bench.count(), 2);
}

#[test]
fn an_unknown_key_is_looked_for_once_in_a_cooldown() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(bench.ask("a"), Ok(true));
    // A rotation right after an ordinary fetch is seen, past the caches on the way.
    bench.serve(&["b", "a"]);
    assert_eq!(bench.ask("b"), Ok(true));
    assert_eq!(bench.count(), 2);
    assert!(bench.last().past_caches);
    assert_eq!(bench.last().timeout, FETCH_TIME);
    // A flood of invented names does not become one of requests.
    for number in 0..1_000 {
        assert_eq!(bench.ask(&format!("x{number}")), Ok(false));
    }
    assert_eq!(bench.count(), 2);
    pass(29);
    assert_eq!(bench.ask("x"), Ok(false));
    assert_eq!(bench.count(), 2);
    pass(2);
    bench.serve(&["c", "b"]);
    assert_eq!(bench.ask("c"), Ok(true));
    assert_eq!(bench.ask("a"), Ok(false));
    assert_eq!(bench.count(), 3);
}

#[test]
fn a_failed_look_for_an_unknown_key_costs_the_cooldown_and_no_keys() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(bench.ask("a"), Ok(true));
    bench.fail("down");
    assert_eq!(bench.ask("b"), Ok(false));
    assert_eq!(bench.ask("b"), Ok(false));
    assert_eq!(bench.ask("a"), Ok(true));
    assert_eq!(bench.count(), 2);
    pass(10);
    assert_eq!(bench.ask("b"), Ok(false));
    assert_eq!(bench.count(), 2);
    pass(21);
    bench.serve(&["b"]);
    assert_eq!(bench.ask("b"), Ok(true));
    assert_eq!(bench.count(), 3);
}

#[test]
fn the_first_unknown_key_is_looked_for_after_the_first_fetch() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(bench.ask("b"), Ok(false));
    let past_caches: Vec<bool> = bench
        .fetches
        .borrow()
        .iter()
        .map(|how| how.past_caches)
        .collect();
    assert_eq!(past_caches, [false, true]);
}

#[test]
fn a_failure_is_shared_for_two_seconds() {
    let bench = Bench::serving(&[]);
    bench.fail("down");
    for _ in 0..100 {
        assert_eq!(bench.ask("a"), Err(words(&failure("down"))));
    }
    assert_eq!(bench.count(), 1);
    pass(3);
    bench.fail("down again");
    assert_eq!(bench.ask("a"), Err(words(&failure("down again"))));
    assert_eq!(bench.count(), 2);
    pass(3);
    bench.serve(&["a"]);
    assert_eq!(bench.ask("a"), Ok(true));
}

#[test]
fn without_time_there_is_no_fetch() {
    let bench = Bench::serving(&["a"]);
    assert_eq!(
        bench.ask_until("a", now()),
        Err(words(&failure("too late")))
    );
    assert_eq!(bench.count(), 0);
    // The keys came, and the key is missing, when the time was up.
    bench.takes.set(40);
    assert_eq!(bench.ask("b"), Ok(false));
    assert_eq!(bench.count(), 1);
}

#[test]
fn given_keys_are_never_fetched() {
    let given = Arc::new(set(&["a"]));
    let cache = KeyCache::new(Some(given));
    for (id, expected) in [("a", true), ("b", false)] {
        let keys = cache.keys(id, until(Instant::now()), |_| panic!("it fetches"));
        assert_eq!(keys.expect("keys").get(id).is_some(), expected);
    }
}

/// Runs `count` callers at once, the first of which is in its fetch when the others come.
fn storm(
    cache: &KeyCache,
    count: usize,
    patience: impl Fn(usize) -> Duration + Sync,
    fetch: impl Fn(Fetch) -> Result<Fetched, Error> + Sync,
) -> Vec<Result<bool, String>> {
    let at_once = Barrier::new(count);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..count)
            .map(|number| {
                let (at_once, patience, fetch) = (&at_once, &patience, &fetch);
                scope.spawn(move || {
                    at_once.wait();
                    let deadline = Instant::now() + patience(number);
                    let keys = cache.keys("a", until(deadline), fetch);
                    keys.map(|keys| keys.get("a").is_some())
                        .map_err(|error| words(&error))
                })
            })
            .collect();
        let joined = callers.into_iter().map(|caller| caller.join());
        joined.map(|outcome| outcome.expect("no panic")).collect()
    })
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_storm_on_an_empty_cache_is_one_fetch() {
    let cache = KeyCache::new(None);
    let fetches = AtomicUsize::new(0);
    let outcomes = storm(
        &cache,
        64,
        |_| LONG,
        |_| {
            fetches.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(200));
            Ok(Fetched {
                keys: set(&["a"]),
                max_age: None,
            })
        },
    );
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(true)));
    assert_eq!(fetches.into_inner(), 1);
}

#[test]
fn a_storm_shares_a_failure() {
    let cache = KeyCache::new(None);
    let fetches = AtomicUsize::new(0);
    let outcomes = storm(
        &cache,
        64,
        |_| LONG,
        |_| {
            fetches.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(100));
            Err(failure("down"))
        },
    );
    let expected = Err(words(&failure("down")));
    assert!(outcomes.iter().all(|outcome| *outcome == expected));
    // A thread that this machine held back for longer than the memory lasts would be a second.
    assert!(fetches.into_inner() <= 2);
}

#[test]
fn who_waits_keeps_its_own_deadline() {
    let cache = KeyCache::new(None);
    // Until the impatient ones have given up, the fetch does not end.
    let gave_up = AtomicUsize::new(0);
    let fetch = |_| {
        let begin = Instant::now();
        while gave_up.load(Ordering::SeqCst) < 3 && begin.elapsed() < LONG {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Fetched {
            keys: set(&["a"]),
            max_age: None,
        })
    };
    let (fetching, begun) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let patient = scope.spawn(|| {
            let fetch = |how| {
                fetching.send(()).expect("a listener");
                fetch(how)
            };
            let keys = cache.keys("a", until(Instant::now() + LONG), fetch);
            keys.is_ok()
        });
        begun.recv().expect("a fetch");
        for milliseconds in [0, 20, 60] {
            let deadline = Instant::now() + Duration::from_millis(milliseconds);
            let outcome = cache.keys("a", until(deadline), |_| panic!("it fetches too"));
            assert_eq!(
                words(&outcome.expect_err("no keys")),
                words(&failure("too late"))
            );
            gave_up.fetch_add(1, Ordering::SeqCst);
        }
        assert!(patient.join().expect("no panic"));
    });
}

#[test]
fn one_caller_refreshes_and_the_others_do_not_wait() {
    let mut cache = KeyCache::new(None);
    let good = |_| {
        Ok(Fetched {
            keys: set(&["a"]),
            max_age: None,
        })
    };
    let keys = cache.keys("a", until(Instant::now() + LONG), good);
    assert!(keys.is_ok());
    // Stale for every thread, and long before the hour.
    cache.now = || Instant::now() + Duration::from_secs(1_000);
    let deadline = Instant::now() + Duration::from_secs(2_000);
    let (fetching, begun) = std::sync::mpsc::channel();
    let (served, end) = std::sync::mpsc::channel::<()>();
    let end = Mutex::new(end);
    thread::scope(|scope| {
        // Goes with a panic here, and ends the refresh then.
        let served = served;
        let (cache, end) = (&cache, &end);
        let one = scope.spawn(move || {
            let slow = |how: Fetch| {
                assert_eq!(how.timeout, REFRESH_TIME);
                fetching.send(()).expect("a listener");
                end.lock().expect("no panic").recv().expect("a word");
                Err(failure("slow"))
            };
            cache.keys("a", until(deadline), slow).is_ok()
        });
        begun.recv().expect("a refresh");
        // The refresh ends only after all of these have their keys.
        for _ in 0..64 {
            let keys = cache.keys("a", until(deadline), |_| panic!("a second refresh"));
            assert!(keys.is_ok());
        }
        served.send(()).expect("the refresh");
        assert!(one.join().expect("no panic"));
    });
}

#[test]
fn an_error_that_is_shared_stays_what_it_is() {
    let bench = Bench::serving(&[]);
    bench.fail("down");
    let fetch = |_| Err(failure("down"));
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let outcome = bench.cache.keys("a", until(now() + LONG), fetch);
        let error = outcome.expect_err("no keys");
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.delivery(), Delivery::NotSent);
        seen.insert(words(&error));
    }
    assert_eq!(seen.len(), 1);
}
