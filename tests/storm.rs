//! Everything at once: threads that start, cancel, take and free calls, and free clients and queues under
//! them, in an order that chance says, against a server that mixes faults in.
//!
//! What must hold afterwards, whatever the order was:
//!
//! - a call comes out of its queue once; not at all if it, or its queue, was freed before;
//! - its result is there once, and is what the server's deeds must lead to. Nobody learns that a call was
//!   cancelled which nobody cancelled, and whose client lives;
//! - the server sees no token twice, but after an answer that said so;
//! - freeing takes a bounded time, and no thread and no descriptor is left.
//!
//! `STYTCH_STORM_CALLS` says how many calls (1,500 unless set), `STYTCH_STORM_THREADS` from how many threads
//! (32), `STYTCH_STORM_SEED` what chance says: without it every run differs, and prints its seed.

#[path = "support/library.rs"]
mod library;
#[path = "soak/server.rs"]
mod server;
#[path = "storm/sky.rs"]
mod sky;
#[path = "support/stytch.rs"]
mod stytch;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use server::{Deed, Server};
use sky::Sky;

/// Much longer than a stalled response should keep a worker, and much shorter than the test.
const TIMEOUT: Duration = Duration::from_millis(1500);
const RETRIES: u32 = 1;
/// Far more than anything here takes; it only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(120);

const CONNECTION: i32 = 2;
const TIMED_OUT: i32 = 4;
const TRANSPORT: i32 = 5;
const API: i32 = 6;
const INVALID_RESPONSE: i32 = 7;
const CANCELLED: i32 = 8;
const BUSY: i32 = 11;
const UNKNOWN: i32 = 0;
const NOT_SENT: i32 = 1;
const REJECTED: i32 = 2;
const ACCEPTED: i32 = 3;

/// Code, delivery and HTTP status; all but the status 0 for a success.
type Outcome = (i32, i32, i32);

/// A number from the environment.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}: a number")),
    )
}

/// SplitMix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let value = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((value ^ value >> 31) % limit as u64) as usize
    }
}

/// Whether `outcome` is what the server's deeds for this token must lead to. There is none of a call that
/// was freed before anybody looked.
fn agrees(outcome: Option<Outcome>, deeds: &[Deed], was_cancelled: bool) -> bool {
    let (last, earlier) = match deeds.split_last() {
        Some((last, earlier)) => (Some(*last), earlier),
        None => (None, deeds),
    };
    // Sent again after a 429 that said when, and after nothing else.
    if deeds.len() > 1 + RETRIES as usize || earlier.iter().any(|deed| *deed != Deed::TooManyNow) {
        return false;
    }
    let is_open_again = deeds.iter().all(|deed| *deed == Deed::TooManyNow);
    let is_success = last.is_some_and(Deed::is_success);
    match outcome {
        None => was_cancelled,
        Some((BUSY, NOT_SENT, 0)) => deeds.is_empty(),
        Some((CANCELLED, NOT_SENT, 0)) => was_cancelled && is_open_again,
        Some((CANCELLED, UNKNOWN, 0)) => was_cancelled,
        Some((CANCELLED, ACCEPTED, 200)) => was_cancelled && is_success,
        Some((TIMED_OUT, NOT_SENT, 0)) => is_open_again,
        Some((TIMED_OUT, UNKNOWN, 0)) => true,
        Some((TIMED_OUT, ACCEPTED, 200)) => is_success,
        Some((CONNECTION, NOT_SENT, 0)) => is_open_again,
        Some((TRANSPORT, UNKNOWN, 0)) if is_open_again => true,
        Some(outcome) => last.is_some_and(|deed| deed.outcome() == outcome),
    }
}

/// How many descriptors and threads the process has.
fn held() -> (usize, usize) {
    let count = |folder| fs::read_dir(folder).expect("a folder of /proc").count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

#[test]
fn every_call_ends_once_whatever_is_freed_meanwhile() {
    let calls = number("STYTCH_STORM_CALLS").unwrap_or(1_500) as usize;
    let threads = number("STYTCH_STORM_THREADS").unwrap_or(32) as usize;
    let seed = number("STYTCH_STORM_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 16);
    println!("STYTCH_STORM_SEED={seed}: {calls} calls from {threads} threads");
    stytch::load();
    let before = held();
    let server = Server::start(calls);
    let sky = Arc::new(Sky::new(&server.url(), calls));

    let start = Instant::now();
    let blowing: Vec<_> = (0..threads as u64)
        .map(|thread| {
            let sky = Arc::clone(&sky);
            thread::spawn(move || sky.blow(&mut Chance::new(seed ^ thread << 48)))
        })
        .collect();
    for thread in blowing {
        thread.join().expect("a thread without a finding");
    }
    sky.clear_up(&mut Chance::new(!seed));
    let elapsed = start.elapsed();

    let ledger = Arc::clone(&server.ledger);
    server.stop();
    let patience = Instant::now() + PATIENCE;
    let has_left = |now: (usize, usize)| now.0 > before.0 || now.1 > before.1;
    while has_left(held()) && Instant::now() < patience {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(
        !has_left(held()),
        "left over: {before:?}, then {:?}",
        held()
    );

    let mut counts = BTreeMap::new();
    for (number, end) in sky.ends().enumerate() {
        let deeds = ledger.of(number);
        assert!(
            agrees(end.outcome, &deeds, end.was_cancelled),
            "token {number}: {end:?} after {deeds:?}"
        );
        *counts.entry(end.outcome).or_insert(0) += 1;
    }
    println!("{elapsed:.1?}; {}", sky.summary());
    for (outcome, count) in &counts {
        match outcome {
            Some((code, delivery, status)) => {
                println!("  {count:6} with code {code}, delivery {delivery}, HTTP status {status}")
            }
            None => println!("  {count:6} freed, and nobody learned of their end"),
        }
    }
    assert_eq!(ledger.misuses(), 0, "requests on a spoilt connection");
    if calls >= 1_000 {
        for code in [0, API, CANCELLED] {
            let is_there = counts.keys().flatten().any(|outcome| outcome.0 == code);
            assert!(is_there, "no call ended with code {code}");
        }
    }
}
