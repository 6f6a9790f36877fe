//! What the call on this thread has come to: its deadline, its phase, and how
//! many bytes of its request have left. From that count, and from nothing
//! else, follows whether a token may have been spent.
//!
//! ureq decides which connection serves a call and hands a pooled one no word
//! of it, so the connection finds its call through the thread that runs it.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// What a call is doing, for the message when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    LookUp,
    Connect,
    Proxy,
    Tls,
    Send,
    AwaitAnswer,
    ReadAnswer,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LookUp => "looking up",
            Self::Connect => "connecting to",
            Self::Proxy => "asking the proxy for a tunnel to",
            Self::Tls => "setting up TLS with",
            Self::Send => "sending the request to",
            Self::AwaitAnswer => "waiting for the answer of",
            Self::ReadAnswer => "reading the answer of",
        })
    }
}

#[derive(Clone, Copy)]
struct Call {
    phase: Phase,
    bytes_sent: usize,
    deadline: Option<Instant>,
    connect_timeout: Duration,
    /// The deadline of looking up, connecting and TLS, once begun.
    connect_deadline: Option<Instant>,
}

const IDLE: Call = Call {
    phase: Phase::LookUp,
    bytes_sent: 0,
    deadline: None,
    connect_timeout: Duration::MAX,
    connect_deadline: None,
};

thread_local! {
    // Needs no destructor, so none can run after the library was unloaded.
    static CALL: Cell<Call> = const { Cell::new(IDLE) };
}

fn update(change: impl FnOnce(&mut Call)) {
    CALL.with(|cell| {
        let mut call = cell.get();
        change(&mut call);
        cell.set(call);
    });
}

/// Begins one try of a call on this thread.
pub fn begin(deadline: Instant, connect_timeout: Duration) {
    CALL.set(Call {
        deadline: Some(deadline),
        connect_timeout,
        ..IDLE
    });
}

/// Ends the call on this thread.
pub fn end() {
    CALL.set(IDLE);
}

pub fn enter(phase: Phase) {
    update(|call| call.phase = phase);
}

pub fn phase() -> Phase {
    CALL.get().phase
}

/// The system has taken `count` bytes of the request.
pub fn sent(count: usize) {
    update(|call| call.bytes_sent += count);
}

/// Whether a byte of the request has left.
pub fn request_sent() -> bool {
    CALL.get().bytes_sent > 0
}

/// Starts the time in which a connection must stand.
pub fn begin_connect() {
    update(|call| {
        call.connect_deadline = Instant::now().checked_add(call.connect_timeout);
    });
}

/// The connection stands: only the call's own deadline counts from here.
pub fn end_connect() {
    update(|call| call.connect_deadline = None);
}

/// Whether the time of what the call is doing is up. Nothing runs out of time
/// outside a call.
pub fn is_over() -> bool {
    let call = CALL.get();
    let deadline = [call.deadline, call.connect_deadline];
    let now = Instant::now();
    deadline
        .into_iter()
        .flatten()
        .any(|deadline| deadline <= now)
}

/// How long the call may still wait for what it is doing now, `None` where
/// the time is up.
pub fn time_left() -> Option<Duration> {
    let call = CALL.get();
    let deadline = [call.deadline, call.connect_deadline]
        .into_iter()
        .flatten()
        .min()?;
    deadline
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}
