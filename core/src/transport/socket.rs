//! A TCP connection whose every wait ends with the call's time. What std does
//! not have comes from the system here: connecting to several addresses at
//! once, and waiting for a socket without changing its settings.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    self, AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, sockopt,
};

use super::call_state::CallState;
use super::failure::{Cause, Failure};

/// How long an address may keep the next one waiting: RFC 8305, section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A non-blocking stream. It waits for nothing by itself: see [`Wire`].
#[derive(Debug)]
pub struct Socket(TcpStream);

/// A socket at work for a call: everything that reads, writes or waits goes
/// through it, and ends with the call's time. `Read` and `Write` are one
/// attempt each; the others wait.
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    socket: &'a Socket,
    pub state: &'a CallState,
}

impl Socket {
    /// Connects to the first of `addresses` that answers. Each further one is
    /// tried beside the earlier ones after [`ATTEMPT_DELAY`], or at once when
    /// none is left in the air, so a dead address does not eat the time.
    pub fn connect(addresses: &[SocketAddr], state: &CallState) -> Result<Self, Failure> {
        let mut waiting = addresses.iter();
        let mut attempts: Vec<OwnedFd> = Vec::new();
        let mut last_error = Cause::Lookup("the name has no address".into());
        let mut next_start = Instant::now();
        loop {
            let now = Instant::now();
            if (attempts.is_empty() || now >= next_start) && waiting.len() > 0 {
                let address = waiting.next().expect("one is waiting");
                next_start = now + ATTEMPT_DELAY;
                match start(address) {
                    Ok((socket, true)) => return Self::from_fd(socket, state),
                    Ok((socket, false)) => attempts.push(socket),
                    Err(error) => last_error = Cause::io(&error.into()),
                }
                continue;
            }
            if attempts.is_empty() {
                return Err(state.failure(last_error));
            }
            let left = state.time_left()?;
            let pause = if waiting.len() > 0 {
                left.min(next_start.saturating_duration_since(now))
            } else {
                left
            };
            let mut polled: Vec<PollFd> = attempts
                .iter()
                .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLOUT))
                .collect();
            wait(&mut polled, pause, state)?;
            let ready: Vec<bool> = polled.iter().map(is_ready).collect();
            // The latest first: removing one then leaves the others in place.
            for (index, _) in ready.iter().enumerate().rev().filter(|(_, ready)| **ready) {
                let socket = attempts.swap_remove(index);
                match socket::getsockopt(&socket, sockopt::SocketError) {
                    Ok(0) => return Self::from_fd(socket, state),
                    Ok(code) => last_error = Cause::io(&io::Error::from_raw_os_error(code)),
                    Err(error) => last_error = Cause::io(&error.into()),
                }
            }
        }
    }

    fn from_fd(socket: OwnedFd, state: &CallState) -> Result<Self, Failure> {
        let stream = TcpStream::from(socket);
        match stream.set_nodelay(true) {
            Ok(()) => Ok(Self(stream)),
            Err(error) => Err(state.failure(Cause::io(&error))),
        }
    }

    /// This socket at work for the call whose state is `state`.
    pub fn at_work<'a>(&'a self, state: &'a CallState) -> Wire<'a> {
        Wire {
            socket: self,
            state,
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Wire<'_> {
    /// Waits until there is something to read, or an end.
    pub fn wait_readable(&self) -> Result<(), Failure> {
        self.wait_for(PollFlags::POLLIN)
    }

    pub fn wait_writable(&self) -> Result<(), Failure> {
        self.wait_for(PollFlags::POLLOUT)
    }

    fn wait_for(&self, what: PollFlags) -> Result<(), Failure> {
        loop {
            let mut polled = [PollFd::new(self.socket.0.as_fd(), what)];
            wait(&mut polled, self.state.time_left()?, self.state)?;
            if is_ready(&polled[0]) {
                return Ok(());
            }
        }
    }
}

/// Starts to connect; `true` where it stands already.
fn start(address: &SocketAddr) -> nix::Result<(OwnedFd, bool)> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let fd = new_socket(family)?;
    let target = SockaddrStorage::from(*address);
    match socket::connect(fd.as_raw_fd(), &target) {
        Ok(()) => Ok((fd, true)),
        // An interrupted connect goes on like one in progress.
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok((fd, false)),
        Err(error) => Err(error),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn new_socket(family: AddressFamily) -> nix::Result<OwnedFd> {
    socket::socket(
        family,
        SockType::Stream,
        SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC,
        SockProtocol::Tcp,
    )
}

/// Waits for any of `polled`; ends early for a signal or a change of clock,
/// so callers look at what is ready and call again.
fn wait(polled: &mut [PollFd], limit: Duration, state: &CallState) -> Result<(), Failure> {
    // Rounded up: waking too early would only mean to wait once more.
    let millis = i32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
    let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
    match poll(polled, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(state.failure(Cause::io(&error.into()))),
    }
}

fn is_ready(polled: &PollFd) -> bool {
    polled.revents().is_some_and(|events| !events.is_empty())
}

impl Read for Wire<'_> {
    /// A peer that never lets us wait must not outlast the deadline either.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.state.time_left().is_err() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        loop {
            match (&self.socket.0).read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

impl Write for Wire<'_> {
    // Not `write_vectored`: std's is a writev, which raises SIGPIPE in a
    // process that has not turned it off; its `write` never does.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.state.time_left().is_err() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        loop {
            match (&self.socket.0).write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
