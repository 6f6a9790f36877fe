//! A TCP connection whose every wait ends with the call's time. What the system
//! has to do for that is in [`super::system`].
//!
//! A wait for a response is one call to the system where that can be had:
//!
//! ```text
//!   much time is left:    recv, for 250 ms at most ──> bytes, or an end
//!                           │ nothing came
//!   little is left:         └─> poll, for exactly what is left ──> recv
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::call_state::CallState;
use super::failure::{Cause, Failure};
use super::system::{self, Polled};
use crate::cancel::Wake;
use crate::turn::waiting;

/// How long an address may keep the next one waiting: RFC 8305, section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A stream that waits for nothing by itself: see [`Wire`].
#[derive(Debug)]
pub struct Socket(Arc<TcpStream>);

/// A socket at work for a call: everything that reads, writes or waits goes
/// through it, and ends with the call's time. `Read` and `Write` are one
/// attempt each, but for a reader that [waits](Self::that_waits).
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    socket: &'a Socket,
    pub state: &'a CallState,
    reads_wait: bool,
}

/// What went wrong with the addresses of a host, by family: what a host
/// responded tells more than what this machine lacks, whichever came last.
#[derive(Default)]
struct Troubles {
    v4: Option<(u8, io::Error)>,
    v6: Option<(u8, io::Error)>,
}

impl Troubles {
    fn add(&mut self, address: &SocketAddr, error: io::Error) {
        let family = match address {
            SocketAddr::V4(_) => &mut self.v4,
            SocketAddr::V6(_) => &mut self.v6,
        };
        let rank = rank(&error);
        if family.as_ref().is_none_or(|(known, _)| rank > *known) {
            *family = Some((rank, error));
        }
    }

    /// Returns the one that tells most, with the family that it is of.
    fn into_cause(self) -> Cause {
        let of = |trouble: Option<(u8, io::Error)>, family| trouble.map(|t| (t.0, t.1, family));
        let (worse, other) = match (of(self.v4, "IPv4"), of(self.v6, "IPv6")) {
            (None, None) => return Cause::Lookup("the name has no address".into()),
            (Some(one), None) | (None, Some(one)) => (one, None),
            (Some(v4), Some(v6)) if v4.0 >= v6.0 => (v4, Some(v6)),
            (Some(v4), Some(v6)) => (v6, Some(v4)),
        };
        let Cause::Broken(mut text) = Cause::io(&worse.1) else {
            return Cause::Deadline;
        };
        let also = other.map(|(_, error, family)| match Cause::io(&error) {
            Cause::Broken(same) if same == text => format!(" and {family}"),
            Cause::Broken(reason) => format!("; over {family}: {reason}"),
            _ => format!("; over {family}: timed out"),
        });
        let also = also.unwrap_or_default();
        text = format!("{text} (over {}{also})", worse.2).into();
        Cause::Broken(text)
    }
}

/// Ranks why an address could not be connected to.
fn rank(error: &io::Error) -> u8 {
    use io::ErrorKind as Kind;
    let code = error.raw_os_error().unwrap_or_default();
    match error.kind() {
        // The host itself responded,
        Kind::ConnectionRefused | Kind::ConnectionReset | Kind::ConnectionAborted => 5,
        // nobody did,
        Kind::TimedOut => 4,
        // a router or a firewall did,
        Kind::HostUnreachable | Kind::PermissionDenied => 3,
        _ if code == system::HOST_DOWN => 3,
        // this process is at a limit,
        _ if system::NO_DESCRIPTOR.contains(&code) || system::NO_MEMORY.contains(&code) => 2,
        // or this machine has no such network: no route, no address of its own.
        Kind::NetworkUnreachable => 1,
        _ => 0,
    }
}

impl Socket {
    /// Connects to the first of `addresses` that responds. Each further one is
    /// tried beside the earlier ones after [`ATTEMPT_DELAY`], or at once when
    /// none is left in the air, so a dead address does not eat the time.
    pub fn connect(addresses: &[SocketAddr], state: &CallState) -> Result<Self, Failure> {
        let mut waiting = addresses.iter();
        let mut attempts: Vec<(TcpStream, &SocketAddr)> = Vec::new();
        let mut troubles = Troubles::default();
        let mut next_start = Instant::now();
        loop {
            let now = Instant::now();
            if (attempts.is_empty() || now >= next_start) && waiting.len() > 0 {
                let address = waiting.next().expect("one is waiting");
                next_start = now + ATTEMPT_DELAY;
                match system::start(address) {
                    Ok((stream, true)) => return Self::new(stream, state),
                    Ok((stream, false)) => attempts.push((stream, address)),
                    Err(error) => troubles.add(address, error),
                }
                continue;
            }
            if attempts.is_empty() {
                return Err(state.failure(troubles.into_cause()));
            }
            let left = state.time_left()?;
            let pause = if waiting.len() > 0 {
                left.min(next_start.saturating_duration_since(now))
            } else {
                left
            };
            let pause = system::CONNECT_WAIT.map_or(pause, |most| pause.min(most));
            // Not every system lets another thread wake a connect.
            let pause = state.bounded(pause);
            let mut polled: Vec<Polled> = attempts
                .iter()
                .map(|(stream, _)| system::to_write(stream))
                .collect();
            wait(&mut polled, pause).map_err(|error| state.failure(Cause::io(&error)))?;
            let ready: Vec<bool> = polled.iter().map(system::is_ready).collect();
            // The latest first: removing one then leaves the others in place.
            for (index, is_ready) in ready.into_iter().enumerate().rev() {
                if !is_ready && system::CONNECT_WAIT.is_none() {
                    continue;
                }
                let error = match attempts[index].0.take_error() {
                    Ok(None) if !is_ready => continue,
                    Ok(None) => return Self::new(attempts.swap_remove(index).0, state),
                    Ok(Some(error)) | Err(error) => error,
                };
                let (_, address) = attempts.swap_remove(index);
                troubles.add(address, error);
            }
        }
    }

    fn new(stream: TcpStream, state: &CallState) -> Result<Self, Failure> {
        match stream
            .set_nodelay(true)
            .and_then(|()| system::settle(&stream))
        {
            Ok(()) => Ok(Self(Arc::new(stream))),
            Err(error) => Err(state.failure(Cause::io(&error))),
        }
    }

    pub fn stream(&self) -> &TcpStream {
        &self.0
    }

    /// With this, another thread can end the connection.
    fn shutdown_handle(&self) -> Arc<TcpStream> {
        Arc::clone(&self.0)
    }

    /// This socket at work for the call whose state is `state`.
    pub fn at_work<'a>(&'a self, state: &'a CallState) -> Wire<'a> {
        Wire {
            socket: self,
            state,
            reads_wait: false,
        }
    }
}

/// Every wait for the socket returns at once.
impl Wake for TcpStream {
    fn wake(&self) {
        // It may be closed already, which does as well.
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Wire<'_> {
    /// The same, with reads that wait until there is something, or an end.
    pub fn that_waits(self) -> Self {
        Self {
            reads_wait: true,
            ..self
        }
    }

    /// Waits until there is something to read, or an end.
    pub fn wait_readable(&self) -> Result<(), Failure> {
        self.wait_for(system::to_read)
            .map_err(|error| self.state.failure(Cause::io(&error)))
    }

    pub fn wait_writable(&self) -> Result<(), Failure> {
        self.wait_for(system::to_write)
            .map_err(|error| self.state.failure(Cause::io(&error)))
    }

    fn wait_for<'a>(&'a self, what: impl Fn(&'a TcpStream) -> Polled<'a>) -> io::Result<()> {
        let _sleep = self.state.sleep_as(|| self.socket.shutdown_handle());
        loop {
            let mut polled = [what(&self.socket.0)];
            let left = self.time_left()?;
            // Winsock does not promise that a shutdown wakes a poll.
            let left = if cfg!(windows) {
                self.state.bounded(left)
            } else {
                left
            };
            wait(&mut polled, left)?;
            if system::is_ready(&polled[0]) {
                return Ok(());
            }
        }
    }

    fn time_left(&self) -> io::Result<Duration> {
        let left = self.state.time_left();
        left.map_err(|_| io::ErrorKind::TimedOut.into())
    }

    /// The outcome of a read. After a cancellation an end is not the peer's.
    fn judged(&self, outcome: io::Result<usize>) -> io::Result<usize> {
        match outcome {
            Ok(0) if self.state.is_cancelled() => Err(io::ErrorKind::TimedOut.into()),
            outcome => outcome,
        }
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.state.may_read() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        loop {
            match system::read(&self.socket.0, buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return self.judged(outcome),
            }
        }
    }

    fn read_or_wait(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let _sleep = self.state.sleep_as(|| self.socket.shutdown_handle());
        if self.state.is_cancelled() {
            // What is there already is still taken.
            return match self.read_now(buffer) {
                Err(error) if is_too_early(&error) => Err(io::ErrorKind::TimedOut.into()),
                outcome => outcome,
            };
        }
        // The system may take a little longer than it was told: not near the end.
        let left = self.time_left()?;
        if system::RECEIVE_WAIT.is_some_and(|wait| left > 2 * wait) {
            match waiting(|| system::read_or_block(&self.socket.0, buffer)) {
                Err(error) if is_too_early(&error) => {}
                outcome => return self.judged(outcome),
            }
        }
        loop {
            self.wait_for(system::to_read)?;
            match system::read(&self.socket.0, buffer) {
                Err(error) if is_too_early(&error) => {}
                outcome => return self.judged(outcome),
            }
        }
    }
}

/// Waits for any of `polled`; ends early for a signal or a change of clock,
/// so callers look at what is ready and call again.
fn wait(polled: &mut [Polled], limit: Duration) -> io::Result<()> {
    // Rounded up: waking too early would only mean to wait once more.
    let millis = i32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
    match waiting(|| system::wait(polled, millis)) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        outcome => outcome,
    }
}

/// Nothing is there yet, or a signal came first.
fn is_too_early(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

impl Read for Wire<'_> {
    /// A peer that never lets us wait must not outlast the deadline either.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reads_wait {
            return self.read_or_wait(buffer);
        }
        self.read_now(buffer)
    }
}

impl Write for Wire<'_> {
    // Not `write_vectored`: std's is a writev, which raises SIGPIPE in a
    // process that has not turned it off.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.time_left()?;
        loop {
            match system::write(&self.socket.0, bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests;
