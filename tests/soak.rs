//! Many calls from many threads on one client, against a server that mixes
//! faults in at random, counted on both sides.
//!
//! `STYTCH_SOAK_CALLS` says how many calls (2,000 unless set). What the server
//! does with a token follows from a fixed seed; when it does it, does not.
//! `STYTCH_SOAK_ANY_MEMORY=1` leaves memory unmeasured, for runs under a
//! sanitizer, which needs memory of its own.

#[path = "support/library.rs"]
mod library;
#[path = "soak/server.rs"]
mod server;
#[path = "support/stytch.rs"]
mod stytch;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fs;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use server::{Deed, Ledger, Server};
use stytch::*;

const THREADS: usize = 16;
const TIMEOUT: Duration = Duration::from_millis(400);
const RETRIES: u32 = 1;
/// What the test itself and std may keep, the ledger's eight bytes a call aside.
const ALLOCATED_SLACK: usize = 256 << 10;
/// What malloc may keep of freed blocks.
const RESIDENT_SLACK: usize = 24 << 20;
const DESCRIPTOR_SLACK: usize = 64 + 2 * THREADS;

const CONNECTION: i32 = 2;
const TIMED_OUT: i32 = 4;
const TRANSPORT: i32 = 5;
const API: i32 = 6;
const INVALID_RESPONSE: i32 = 7;
const UNKNOWN: i32 = 0;
const NOT_SENT: i32 = 1;
const REJECTED: i32 = 2;
const ACCEPTED: i32 = 3;

/// Code, delivery and HTTP status; all but the status 0 for a success.
type Outcome = (i32, i32, i32);
type Counts = BTreeMap<Outcome, usize>;

#[derive(Clone, Copy)]
struct Client(*mut stytch_client);

// SAFETY: any number of threads may make calls with one client.
unsafe impl Send for Client {}
unsafe impl Sync for Client {}

impl Client {
    fn new(url: &str) -> Self {
        let url = CString::new(url).expect("no NUL");
        // SAFETY: strings end with a NUL, handles are valid, errors unwanted.
        unsafe {
            let options = stytch_options_new();
            let none = ptr::null_mut();
            assert!(stytch_options_set_base_url(options, url.as_ptr(), none));
            let timeout = TIMEOUT.as_millis() as u32;
            assert!(stytch_options_set_timeout_ms(options, timeout, none));
            assert!(stytch_options_set_max_retries(options, RETRIES, none));
            let (id, secret) = (c"project-test-soak", c"secret-test-soak");
            let client = stytch_client_new(id.as_ptr(), secret.as_ptr(), options, none);
            stytch_options_free(options);
            assert!(!client.is_null());
            Self(client)
        }
    }

    /// One call, and whether its session is the one for its token.
    fn call(&self, number: usize) -> Outcome {
        let token = CString::new(format!("soak-{number}")).expect("no NUL");
        let mut error = ptr::null_mut();
        // SAFETY: as above; what comes back is read before it is freed.
        unsafe {
            let response = stytch_impersonation_authenticate(self.0, token.as_ptr(), &mut error);
            if response.is_null() {
                let outcome = (
                    stytch_error_code(error),
                    stytch_error_delivery(error),
                    stytch_error_http_status(error),
                );
                let message = CStr::from_ptr(stytch_error_message(error));
                let message = message.to_str().expect("UTF-8");
                assert!(!message.contains(token.to_str().expect("UTF-8")));
                stytch_error_free(error);
                return outcome;
            }
            assert!(error.is_null());
            let session = CStr::from_ptr(stytch_response_session_token(response));
            let expected = format!("session-{number}");
            assert_eq!(session.to_str(), Ok(expected.as_str()), "another's session");
            let again = CStr::from_ptr(stytch_response_get_string(
                response,
                c"/session_token".as_ptr(),
            ));
            assert_eq!(session, again);
            let status = stytch_response_http_status(response);
            stytch_response_free(response);
            (0, 0, status)
        }
    }
}

/// Whether `outcome` is what the server's deeds for this token must lead to.
fn agrees(outcome: Outcome, deeds: &[Deed], elapsed: Duration) -> bool {
    let (last, earlier) = match deeds.split_last() {
        Some((last, earlier)) => (Some(*last), earlier),
        None => (None, deeds),
    };
    // Sent again after a 429 that said when, and after nothing else.
    if deeds.len() > 1 + RETRIES as usize || earlier.iter().any(|deed| *deed != Deed::TooManyNow) {
        return false;
    }
    let is_open_again = deeds.iter().all(|deed| *deed == Deed::TooManyNow);
    match outcome {
        // The time was up, wherever: a busy machine makes any deed late.
        (TIMED_OUT, NOT_SENT, 0) => elapsed >= TIMEOUT && is_open_again,
        (TIMED_OUT, UNKNOWN, 0) => elapsed >= TIMEOUT,
        (TIMED_OUT, ACCEPTED, 200) => elapsed >= TIMEOUT && last.is_some_and(Deed::is_success),
        // Nobody listened, so the server saw nothing of this try.
        (CONNECTION, NOT_SENT, 0) => is_open_again,
        // Closed or reset while the request was on its way, unseen.
        (TRANSPORT, UNKNOWN, 0) if is_open_again => true,
        _ => last.is_some_and(|deed| deed.outcome() == outcome),
    }
}

/// Makes the calls `numbers` from all threads at once, and counts how they
/// ended: what is kept must not grow with them.
fn run(client: Client, ledger: &Arc<Ledger>, numbers: std::ops::Range<usize>) -> Counts {
    let next = AtomicUsize::new(numbers.start);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut counts = Counts::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            return counts;
                        }
                        let start = Instant::now();
                        let outcome = client.call(number);
                        let elapsed = start.elapsed();
                        let deeds = ledger.of(number);
                        assert!(
                            agrees(outcome, &deeds, elapsed),
                            "token {number}: {outcome:?} in {elapsed:?} after {deeds:?}"
                        );
                        *counts.entry(outcome).or_default() += 1;
                    }
                })
            })
            .collect();
        let mut counts = Counts::new();
        for thread in threads {
            add(
                &mut counts,
                thread.join().expect("a caller without a finding"),
            );
        }
        counts
    })
}

fn add(counts: &mut Counts, more: Counts) {
    for (outcome, count) in more {
        *counts.entry(outcome).or_default() += count;
    }
}

/// What the process holds.
#[derive(Clone, Copy, Debug)]
struct Usage {
    resident: usize,
    allocated: usize,
    descriptors: usize,
    threads: usize,
}

impl Usage {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("the process's status");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
        let count = |folder| fs::read_dir(folder).expect("a folder of /proc").count();
        Self {
            resident: resident.map_or(0, |kib: usize| kib * 1024),
            allocated: allocated(),
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
        }
    }

    fn print(&self, when: &str) {
        println!(
            "{when:>14}: VmRSS {:6} KiB, allocated {:6} KiB, {:3} descriptors, {:3} threads",
            self.resident / 1024,
            self.allocated / 1024,
            self.descriptors,
            self.threads
        );
    }
}

/// The bytes that malloc has given out, where it can tell.
fn allocated() -> usize {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it only reads malloc's own figures.
    return unsafe { libc::mallinfo2() }.uordblks;
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    0
}

#[test]
fn what_the_callers_were_told_is_what_the_server_did() {
    let calls = std::env::var("STYTCH_SOAK_CALLS").map_or(2_000, |text| {
        text.parse().expect("STYTCH_SOAK_CALLS: a number of calls")
    });
    let warm_up = calls / 10;
    let at_start = Usage::now();
    at_start.print("before");
    let server = Server::start(calls);
    let client = Client::new(&server.url());

    let start = Instant::now();
    let mut counts = run(client, &server.ledger, 0..warm_up);
    let at_warm = Usage::now();
    at_warm.print("after warm-up");
    add(&mut counts, run(client, &server.ledger, warm_up..calls));
    let elapsed = start.elapsed();
    let at_end = Usage::now();
    at_end.print("after all");

    // SAFETY: no thread uses the client any more.
    unsafe { stytch_client_free(client.0) };
    let ledger = Arc::clone(&server.ledger);
    let (connections, outages) = server.stop();
    let mut at_last = Usage::now();
    let patience = Instant::now() + Duration::from_secs(30);
    let has_left =
        |now: Usage| now.descriptors > at_start.descriptors || now.threads > at_start.threads;
    while has_left(at_last) && Instant::now() < patience {
        thread::sleep(Duration::from_millis(20));
        at_last = Usage::now();
    }
    at_last.print("client freed");

    let count = |is: fn(&Outcome) -> bool| -> usize {
        let counted = counts.iter().filter(|(outcome, _)| is(outcome));
        counted.map(|(_, count)| count).sum()
    };
    let answers = count(|outcome| outcome.0 == 0);
    let errors = count(|outcome| outcome.0 != 0);
    println!(
        "{calls} calls from {THREADS} threads in {elapsed:.1?} over {connections} connections: \
         {answers} sessions, {errors} errors"
    );
    for ((code, delivery, status), count) in &counts {
        println!("  {count:6} with code {code}, delivery {delivery}, HTTP status {status}");
    }

    assert_eq!(answers + errors, calls);
    // Once more, now that nothing moves: no token came after its call.
    let mut requests = 0;
    let mut races = 0;
    let mut spent = 0;
    let mut broken_seen = 0;
    for number in 0..calls {
        let deeds = ledger.of(number);
        requests += deeds.len();
        races += usize::from(deeds.contains(&Deed::SessionThenRace));
        broken_seen += usize::from(
            deeds
                .last()
                .is_some_and(|deed| deed.outcome() == (TRANSPORT, UNKNOWN, 0)),
        );
        spent += usize::from(deeds.iter().any(|deed| deed.is_success()));
        let is_once = deeds
            .iter()
            .rev()
            .skip(1)
            .all(|deed| *deed == Deed::TooManyNow);
        assert!(is_once, "token {number} was sent again: {deeds:?}");
    }
    println!("the server saw {requests} requests, opened {spent} sessions");
    assert!(spent >= answers, "sessions out of nothing");
    assert_eq!(
        ledger.misuses(),
        0,
        "requests on a connection that was spoken on unasked"
    );
    // An idle connection that was closed costs no error, save where the end
    // and the next request crossed, or where nobody listened any more.
    let broken = count(|outcome| *outcome == (TRANSPORT, UNKNOWN, 0));
    println!("{broken} requests without an answer, {broken_seen} of them seen by the server");
    assert!(broken.saturating_sub(broken_seen) <= races + THREADS * outages);
    if calls >= 2_000 {
        for delivery in [UNKNOWN, REJECTED, ACCEPTED] {
            assert!(counts.keys().any(|key| key.0 != 0 && key.1 == delivery));
        }
        assert!(answers > calls / 2);
    }

    assert!(
        !has_left(at_last),
        "left over: {at_start:?}, then {at_last:?}"
    );
    assert!(at_end.descriptors <= at_warm.descriptors + DESCRIPTOR_SLACK);
    if std::env::var_os("STYTCH_SOAK_ANY_MEMORY").is_none() {
        assert!(at_last.allocated <= at_start.allocated + 8 * calls + ALLOCATED_SLACK);
        assert!(at_end.resident <= at_warm.resident + RESIDENT_SLACK);
    }
}
