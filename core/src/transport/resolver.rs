//! Name lookup with the system's `getaddrinfo`, bounded by the call's time.
//!
//! A client has one name to look up, its host or its proxy. Calls that need it
//! at once share one lookup, so threads stay few however many calls wait; what
//! all clients together may have is in [`super::slots`].

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::call_state::CallState;
use super::failure::{Cause, Failure};
use super::signals;
use super::slots::{MOST_OF_NAME, SLOTS, Slot};
use super::stack;
use crate::url::is_localhost;

/// `getaddrinfo` tells no lifetime. A minute spares a busy client its lookups
/// and follows a change of address soon enough.
const LIFETIME: Duration = Duration::from_secs(60);
/// A lookup that takes longer counts as stuck, and the next call starts one
/// beside it: the system may have got its name server back.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// How often a call that must wait for a slot looks again.
const PAUSE: Duration = Duration::from_millis(5);
/// What is free of the stack for the C library and its plug-ins, which run on
/// stacks of 8 MiB elsewhere and have used 66 KiB and more. It is address
/// space; memory is what they touch.
const STACK: usize = 2 * 1024 * 1024;
/// Where address space is short. macOS gives 512 KiB to every thread but the
/// first, and its lookups may count on that.
const SMALL_STACK: usize = if cfg!(target_os = "macos") {
    512 * 1024
} else {
    256 * 1024
};

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
    /// With their interfaces, where they have one, and port 0.
    addresses: Vec<SocketAddr>,
    fresh_until: Option<Instant>,
    running: usize,
    last_started: Option<Instant>,
    /// How many lookups have ended, so that a waiter knows one did.
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
        } else if is_localhost(host) {
            Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        } else {
            None
        };
        let source = match fixed {
            Some(ips) => Source::Fixed(ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect()),
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
            Source::System(shared) => {
                let mut addresses = shared.look_up(state)?;
                for address in &mut addresses {
                    address.set_port(self.port);
                }
                Ok(addresses)
            }
        }
    }

    /// Looks up anew next time: no address could be connected to.
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(self: &Arc<Self>, call: &CallState) -> Result<Vec<SocketAddr>, Failure> {
        let mut state = self.lock();
        loop {
            if state.is_fresh() {
                return Ok(state.addresses.clone());
            }
            let is_stuck = state
                .last_started
                .is_none_or(|started| started.elapsed() > STUCK_AFTER);
            if state.running > 0 && !(is_stuck && state.running < MOST_OF_NAME) {
                break;
            }
            let Some(slot) = SLOTS.take(&self.host, state.running == 0) else {
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
                    return Err(call.failure(Cause::NoThread(error)));
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

    /// Starts a thread that ends by itself with its lookup; nobody waits for it.
    fn start(self: &Arc<Self>, slot: Slot) -> io::Result<()> {
        let slot = Arc::new(slot);
        let spawn = |free| {
            let (shared, slot) = (Arc::clone(self), Arc::clone(&slot));
            thread::Builder::new()
                .name("stytch-lookup".into())
                .stack_size(stack::with_free(free))
                .spawn(move || {
                    shared.run();
                    drop(slot);
                })
        };
        let started = signals::held_back(|| spawn(STACK).or_else(|_| spawn(SMALL_STACK)))?;
        started.map(drop)
    }

    fn run(&self) {
        let outcome = (self.host.as_str(), 0).to_socket_addrs().map(alternate);
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
fn alternate(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
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

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let order = |list: &[&str]| alternate(addresses(list).into_iter());
        let [a, b, c] = ["1.1.1.1:0", "2.2.2.2:0", "3.3.3.3:0"];
        assert_eq!(
            order(&["[::1]:0", "[::2]:0", "[::1]:0", a, b, c]),
            addresses(&["[::1]:0", a, "[::2]:0", b, c])
        );
        assert_eq!(order(&[a, "[::1]:0"]), addresses(&[a, "[::1]:0"]));
        assert_eq!(order(&[]), []);
    }

    #[test]
    fn an_address_keeps_its_interface_and_counts_once_for_each() {
        let [one, two] = ["[fe80::1%2]:0", "[fe80::1%3]:0"];
        let order = alternate(addresses(&[one, two, one]).into_iter());
        assert_eq!(order, addresses(&[one, two]));
        let shared = Shared {
            host: "gateway.test".into(),
            state: Mutex::default(),
            finished: Condvar::new(),
        };
        shared.lock().addresses = order;
        shared.lock().fresh_until = Instant::now().checked_add(LIFETIME);
        let resolver = Resolver {
            port: 443,
            source: Source::System(Arc::new(shared)),
        };
        let state = CallState::new(LIFETIME, LIFETIME);
        let found = resolver.look_up(&state).unwrap();
        assert_eq!(found, addresses(&["[fe80::1%2]:443", "[fe80::1%3]:443"]));
    }

    #[test]
    fn literals_and_localhost_need_no_look_up() {
        let state = CallState::new(Duration::MAX, Duration::MAX);
        for (host, first) in [
            ("127.0.0.9", "127.0.0.9:1"),
            ("[::1]", "[::1]:1"),
            ("LocalHost", "127.0.0.1:1"),
            ("localhost.", "127.0.0.1:1"),
        ] {
            let resolver = Resolver::new(host, 1);
            assert!(matches!(resolver.source, Source::Fixed(_)), "{host}");
            assert_eq!(resolver.look_up(&state).unwrap()[0], first.parse().unwrap());
        }
    }
}
