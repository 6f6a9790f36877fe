//! Name look-up with the system's `getaddrinfo`, bounded by the call's time.
//!
//! A client has one name to look up, its host or its proxy. Calls that need it
//! at once share one look-up, so threads stay few however many calls wait.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, SigmaskHow};

use super::call_state::CallState;
use super::failure::{Cause, Failure};
use super::fork;

/// `getaddrinfo` tells no lifetime. A minute spares a busy client its look-ups
/// and follows a change of address soon enough.
const LIFETIME: Duration = Duration::from_secs(60);
/// A look-up that takes longer counts as stuck, and the next call starts one
/// beside it: the system may have got its name server back.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// No more look-ups of a client than this at once, the stuck ones included.
const MOST_THREADS: usize = 4;
/// And no more of a process, however many clients it makes.
const MOST_THREADS_IN_ALL: u32 = 16;
/// How often a call that finds all of them taken looks again.
const PAUSE: Duration = Duration::from_millis(5);
/// Enough for glibc and its plug-ins, an eighth of std's default.
const STACK_SIZE: usize = 256 * 1024;

pub struct Resolver {
    port: u16,
    source: Source,
}

enum Source {
    Fixed(Vec<SocketAddr>),
    System(Arc<Shared>),
}

struct Shared {
    host: String,
    state: Mutex<State>,
    finished: Condvar,
}

#[derive(Default)]
struct State {
    addresses: Vec<IpAddr>,
    fresh_until: Option<Instant>,
    running: usize,
    last_started: Option<Instant>,
    /// How many look-ups have ended, so that a waiter knows one did.
    ended: u64,
    /// Why the last one failed.
    error: Option<String>,
}

impl Resolver {
    /// `host` as in a URL: a name, an IPv4 literal, or an IPv6 one in brackets.
    pub fn new(host: &str, port: u16) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let fixed: Option<Vec<IpAddr>> = if let Ok(address) = bare.parse() {
            Some(vec![address])
        } else if host.eq_ignore_ascii_case("localhost") {
            // RFC 6761, section 6.3: always the loopback addresses.
            Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        } else {
            None
        };
        let source = match fixed {
            Some(addresses) => Source::Fixed(with_port(&addresses, port)),
            None => Source::System(Arc::new(Shared {
                host: host.to_owned(),
                state: Mutex::default(),
                finished: Condvar::new(),
            })),
        };
        Self { port, source }
    }

    /// The addresses to connect to, families alternating (RFC 8305, section 4).
    pub fn look_up(&self, state: &CallState) -> Result<Vec<SocketAddr>, Failure> {
        match &self.source {
            Source::Fixed(addresses) => Ok(addresses.clone()),
            Source::System(shared) => shared
                .look_up(state)
                .map(|addresses| with_port(&addresses, self.port)),
        }
    }

    /// No address answered: look up anew next time.
    pub fn forget(&self) {
        if let Source::System(shared) = &self.source {
            shared.lock().fresh_until = None;
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

fn with_port(addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    addresses
        .iter()
        .map(|address| SocketAddr::new(*address, port))
        .collect()
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(self: &Arc<Self>, call: &CallState) -> Result<Vec<IpAddr>, Failure> {
        let mut state = self.lock();
        loop {
            if state.is_fresh() {
                return Ok(state.addresses.clone());
            }
            let is_stuck = state
                .last_started
                .is_none_or(|started| started.elapsed() > STUCK_AFTER);
            if state.running > 0 && !(is_stuck && state.running < MOST_THREADS) {
                break;
            }
            let Some(slot) = Slot::take() else {
                if state.running > 0 {
                    break;
                }
                drop(state);
                thread::sleep(PAUSE.min(call.time_left()?));
                state = self.lock();
                continue;
            };
            match self.start(slot) {
                Ok(()) => {
                    state.running += 1;
                    state.last_started = Some(Instant::now());
                }
                Err(error) if state.running == 0 => {
                    let text = format!("no thread could be made for it ({error})");
                    return Err(call.failure(Cause::Lookup(text.into())));
                }
                Err(_) => {}
            }
            break;
        }
        let seen = state.ended;
        while state.ended == seen {
            state = self
                .finished
                .wait_timeout(state, call.time_left()?)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        match &state.error {
            None => Ok(state.addresses.clone()),
            Some(text) => Err(call.failure(Cause::Lookup(text.clone().into()))),
        }
    }

    /// The thread ends by itself with its look-up; nobody waits for it.
    fn start(self: &Arc<Self>, slot: Slot) -> io::Result<()> {
        let shared = Arc::clone(self);
        // A new thread inherits the mask. None of the host's signals may run
        // their handlers on this small stack.
        let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        let started = thread::Builder::new()
            .name("stytch-lookup".into())
            .stack_size(STACK_SIZE)
            .spawn(move || {
                shared.run();
                drop(slot);
            });
        mask.thread_set_mask()?;
        started.map(drop)
    }

    fn run(&self) {
        let outcome = (self.host.as_str(), 0)
            .to_socket_addrs()
            .map(|addresses| alternate(addresses.map(|address| address.ip())));
        let mut state = self.lock();
        state.running -= 1;
        state.ended += 1;
        match outcome {
            Ok(addresses) if addresses.is_empty() => {
                state.error = Some("the name has no address".into());
            }
            Ok(addresses) => {
                state.addresses = addresses;
                state.fresh_until = Instant::now().checked_add(LIFETIME);
                state.error = None;
            }
            Err(error) => state.error = Some(describe(&error)),
        }
        drop(state);
        self.finished.notify_all();
    }
}

/// One of the process's look-ups, until dropped.
struct Slot {
    generation: u64,
}

/// How many slots are taken, above the generation of the process that took
/// them: after a fork the child has none of its parent's threads.
static TAKEN: AtomicU64 = AtomicU64::new(0);

impl Slot {
    fn take() -> Option<Self> {
        let generation = fork::generation() & u64::from(u32::MAX);
        let one_more = |taken: u64| {
            let (count, owner) = ((taken >> 32) as u32, taken & u64::from(u32::MAX));
            let count = if owner == generation { count } else { 0 };
            (count < MOST_THREADS_IN_ALL).then(|| u64::from(count + 1) << 32 | generation)
        };
        TAKEN
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok()
            .then(|| Self { generation })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let one_less = |taken: u64| {
            let is_ours = taken & u64::from(u32::MAX) == self.generation;
            is_ours.then(|| taken - (1 << 32))
        };
        // A slot of another generation has gone with its process.
        let _ = TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
    }
}

impl State {
    fn is_fresh(&self) -> bool {
        self.fresh_until.is_some_and(|until| Instant::now() < until)
    }
}

/// What the system said, without the preface that std puts before it.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((_, reason)) => reason.to_owned(),
        None => text,
    }
}

/// Keeps the system's order within a family, and lets the families take
/// turns, so that one which is broken is left after one attempt.
fn alternate(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut unique = Vec::new();
    for address in addresses {
        if !unique.contains(&address) {
            unique.push(address);
        }
    }
    let Some(first) = unique.first() else {
        return unique;
    };
    let leads = first.is_ipv6();
    let (mut one, mut other): (Vec<_>, Vec<_>) = unique
        .into_iter()
        .rev()
        .partition(|address| address.is_ipv6() == leads);
    let mut ordered = Vec::with_capacity(one.len() + other.len());
    while let Some(address) = one.pop() {
        ordered.push(address);
        ordered.extend(other.pop());
    }
    ordered.extend(other.into_iter().rev());
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let order = |list: &[&str]| alternate(ips(list).into_iter());
        assert_eq!(
            order(&["::1", "::2", "::1", "1.1.1.1", "2.2.2.2", "3.3.3.3"]),
            ips(&["::1", "1.1.1.1", "::2", "2.2.2.2", "3.3.3.3"])
        );
        assert_eq!(order(&["1.1.1.1", "::1"]), ips(&["1.1.1.1", "::1"]));
        assert_eq!(order(&[]), ips(&[]));
    }

    #[test]
    fn slots_are_given_up_to_the_cap_and_come_back() {
        let taken: Vec<Slot> = std::iter::from_fn(Slot::take).take(100).collect();
        assert_eq!(taken.len(), MOST_THREADS_IN_ALL as usize);
        assert!(Slot::take().is_none());
        assert!(Slot::take().is_none(), "a refusal frees none");
        drop(taken);
        assert!(Slot::take().is_some());
    }

    #[test]
    fn literals_and_localhost_need_no_look_up() {
        let state = CallState::new(Duration::MAX, Duration::MAX);
        for (host, first) in [
            ("127.0.0.9", "127.0.0.9:1"),
            ("[::1]", "[::1]:1"),
            ("LocalHost", "127.0.0.1:1"),
        ] {
            let resolver = Resolver::new(host, 1);
            assert!(matches!(resolver.source, Source::Fixed(_)), "{host}");
            assert_eq!(resolver.look_up(&state).unwrap()[0], first.parse().unwrap());
        }
    }
}
