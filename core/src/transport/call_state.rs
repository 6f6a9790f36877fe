//! How far a call has come: its deadline, its phase, and how many bytes of its
//! request were sent. From that count and from the status that arrived, and
//! from nothing else, follows whether a token may have been used.
//!
//! The state is a value that is handed down to whatever works for the call,
//! never a property of a thread: two calls may take turns on one thread (a
//! coroutine, a signal handler, a callback), and another thread may look at it.
//!
//! ```text
//!            begin_attempt        sent(n)             received(status)
//!   NOT_SENT ------------> NOT_SENT -----> UNKNOWN -------------------> ACCEPTED 2xx
//!                             ^                 |                       REJECTED 4xx
//!                             +--- a retry -----+                       UNKNOWN  else
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed,
};
use std::thread;
use std::time::{Duration, Instant};

use super::failure::{Cause, Failure};
use crate::cancel::{Cancel, Sleep, Wake};
use crate::outcome::{Delivery, Phase};

/// `connect_limit` while nothing is being connected.
const NO_LIMIT: u64 = u64::MAX;

/// How often a wait that a cancellation cannot wake looks whether there was one.
const CANCEL_LOOKS: Duration = Duration::from_millis(50);
/// What has arrived when a call is cancelled may still be read for this long.
const LAST_READS: Duration = Duration::from_millis(50);

/// The state of one call. Only the thread that runs the call changes it; the
/// fields are atomic because others may look.
#[derive(Debug)]
pub struct CallState {
    begun: Instant,
    timeout: Duration,
    connect_timeout: Duration,
    /// When connecting must be done, in nanoseconds after `begun`.
    connect_limit: AtomicU64,
    phase: AtomicU8,
    bytes_sent: AtomicUsize,
    /// The status of the response whose head has arrived; 0 until then.
    status: AtomicU16,
    attempts: AtomicU32,
    /// How this attempt got its connection.
    connection: AtomicU8,
    /// For calls that another thread may cancel.
    cancel: Option<Arc<Cancel>>,
}

impl CallState {
    /// Starts the time of a call.
    pub fn new(timeout: Duration, connect_timeout: Duration) -> Self {
        Self::cancellable(timeout, connect_timeout, None)
    }

    /// The same for a call that another thread may cancel.
    pub fn cancellable(
        timeout: Duration,
        connect_timeout: Duration,
        cancel: Option<Arc<Cancel>>,
    ) -> Self {
        Self {
            cancel,
            attempts: AtomicU32::new(0),
            connection: AtomicU8::new(0),
            begun: Instant::now(),
            timeout,
            connect_timeout,
            connect_limit: AtomicU64::new(NO_LIMIT),
            phase: AtomicU8::new(Phase::Lookup as u8),
            bytes_sent: AtomicUsize::new(0),
            status: AtomicU16::new(0),
        }
    }

    /// Forgets the last attempt, all but the time that it took.
    pub fn begin_attempt(&self) {
        self.connect_limit.store(NO_LIMIT, Relaxed);
        self.bytes_sent.store(0, Relaxed);
        self.status.store(0, Relaxed);
        self.connection.store(0, Relaxed);
        self.attempts.fetch_add(1, Relaxed);
        self.enter(Phase::Lookup);
    }

    /// How many attempts have begun.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// The attempt has a connection: one that an earlier call left, or a new one.
    pub fn has_connection(&self, is_reused: bool) {
        self.connection.store(1 + u8::from(is_reused), Relaxed);
    }

    /// How the last attempt got its connection, if it got one.
    pub fn connection(&self) -> Option<&'static str> {
        [None, Some("new"), Some("reused")][usize::from(self.connection.load(Relaxed))]
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancel
            .as_ref()
            .is_some_and(|cancel| cancel.is_cancelled())
    }

    /// Says how a wait can be ended by whoever cancels the call. The guard has
    /// to be made before any lock that `sleeper` takes.
    pub fn sleep_as<W: Wake + 'static>(
        &self,
        sleeper: impl FnOnce() -> Arc<W>,
    ) -> Option<Sleep<'_>> {
        let cancel = self.cancel.as_ref()?;
        Some(cancel.sleep_as(sleeper()))
    }

    /// At most how long to wait for what a cancellation cannot wake.
    pub fn bounded(&self, time: Duration) -> Duration {
        match self.cancel {
            Some(_) => time.min(CANCEL_LOOKS),
            None => time,
        }
    }

    /// Lets time pass, less of it if the call is cancelled.
    pub fn pause(&self, time: Duration) {
        match &self.cancel {
            Some(cancel) => cancel.pause(time),
            None => thread::sleep(time),
        }
    }

    /// How long what is there may still be read: until the deadline, and after
    /// a cancellation as long as takes what has arrived by then.
    pub fn may_read(&self) -> bool {
        let cancel = self.cancel.as_ref();
        let is_given_up = cancel.is_some_and(|cancel| cancel.is_older_than(LAST_READS));
        !is_given_up && self.until_limit().is_some()
    }

    fn until_limit(&self) -> Option<Duration> {
        let limit = match self.connect_limit.load(Relaxed) {
            NO_LIMIT => self.timeout,
            nanos => self.timeout.min(Duration::from_nanos(nanos)),
        };
        limit
            .checked_sub(self.begun.elapsed())
            .filter(|left| !left.is_zero())
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    /// The system has taken `count` bytes of the request.
    pub fn sent(&self, count: usize) {
        self.bytes_sent.fetch_add(count, Relaxed);
    }

    /// Whether a byte of the request was sent.
    pub fn request_sent(&self) -> bool {
        self.bytes_sent.load(Relaxed) > 0
    }

    /// The head of the final response has arrived.
    pub fn received(&self, status: u16) {
        self.status.store(status, Relaxed);
    }

    /// The status that has arrived.
    pub fn status(&self) -> Option<u16> {
        Some(self.status.load(Relaxed)).filter(|status| *status > 0)
    }

    pub fn delivery(&self) -> Delivery {
        Delivery::of(self.request_sent(), self.status())
    }

    /// Starts the time in which a connection must be made.
    pub fn begin_connect(&self) {
        let limit = self.begun.elapsed().saturating_add(self.connect_timeout);
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(NO_LIMIT);
        self.connect_limit.store(limit, Relaxed);
    }

    /// The connection is made: only the call's own deadline counts from here.
    pub fn end_connect(&self) {
        self.connect_limit.store(NO_LIMIT, Relaxed);
    }

    /// How long the call may still take for what it is doing now; an error if
    /// that time is over, or the call is cancelled.
    pub fn time_left(&self) -> Result<Duration, Failure> {
        if self.is_cancelled() {
            return Err(self.failure(Cause::Cancelled));
        }
        self.until_limit()
            .ok_or_else(|| self.failure(Cause::Deadline))
    }

    /// What is left of the whole call's time.
    pub fn whole_time_left(&self) -> Duration {
        self.timeout.saturating_sub(self.begun.elapsed())
    }

    /// The failure of this call, now. Whatever fails after a cancellation failed
    /// because of it.
    pub fn failure(&self, cause: Cause) -> Failure {
        let cause = match cause {
            Cause::Defect => cause,
            _ if self.is_cancelled() => Cause::Cancelled,
            _ => cause,
        };
        Failure {
            phase: Phase::from_number(self.phase.load(Relaxed)),
            cause,
            request_sent: self.request_sent(),
            host: String::new(),
        }
    }
}

impl CallState {
    /// The failure that ureq carried, or what it says on its own account: its
    /// parser's verdict on the response, told in our words, for its own may
    /// quote.
    pub fn failure_of_ureq(&self, error: ureq::Error) -> Failure {
        let cause = match error {
            ureq::Error::Other(error) => match error.downcast::<Failure>() {
                Ok(failure) => return *failure,
                Err(_) => Cause::Defect,
            },
            ureq::Error::Io(error) => return self.failure_of_io(error),
            ureq::Error::LargeResponseHeader(..) => {
                Cause::Broken("the response's header is longer than 64 KiB".into())
            }
            // The texts are fixed ones, of the parser's own.
            ureq::Error::Protocol(error) if self.request_sent() => {
                Cause::Broken(format!("the response is not valid HTTP/1.1 ({error})").into())
            }
            _ => Cause::Defect,
        };
        self.failure(cause)
    }

    /// Reading a body, ureq wraps its errors once more.
    pub fn failure_of_io(&self, error: io::Error) -> Failure {
        match error.downcast::<ureq::Error>() {
            Ok(error) => self.failure_of_ureq(error),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.failure(Cause::closed())
            }
            Err(error) => self.failure(Cause::io(&error)),
        }
    }
}
