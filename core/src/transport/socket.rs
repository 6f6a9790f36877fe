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
use crate::turn::waiting;

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
    match error.raw_os_error().map(Errno::from_raw) {
        // The host itself responded,
        Some(Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::ECONNABORTED) => 5,
        // nobody did,
        Some(Errno::ETIMEDOUT) => 4,
        // a router or a firewall did,
        Some(Errno::EHOSTUNREACH | Errno::EHOSTDOWN | Errno::EPERM | Errno::EACCES) => 3,
        // this process is at a limit,
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => 2,
        // or this machine has no such network: no route, no address of its own.
        Some(Errno::ENETUNREACH) => 1,
        _ => 0,
    }
}

impl Socket {
    /// Connects to the first of `addresses` that responds. Each further one is
    /// tried beside the earlier ones after [`ATTEMPT_DELAY`], or at once when
    /// none is left in the air, so a dead address does not eat the time.
    pub fn connect(addresses: &[SocketAddr], state: &CallState) -> Result<Self, Failure> {
        let mut waiting = addresses.iter();
        let mut attempts: Vec<(OwnedFd, &SocketAddr)> = Vec::new();
        let mut troubles = Troubles::default();
        let mut next_start = Instant::now();
        loop {
            let now = Instant::now();
            if (attempts.is_empty() || now >= next_start) && waiting.len() > 0 {
                let address = waiting.next().expect("one is waiting");
                next_start = now + ATTEMPT_DELAY;
                match start(address) {
                    Ok((socket, true)) => return Self::from_fd(socket, state),
                    Ok((socket, false)) => attempts.push((socket, address)),
                    Err(error) => troubles.add(address, error.into()),
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
            let mut polled: Vec<PollFd> = attempts
                .iter()
                .map(|(socket, _)| PollFd::new(socket.as_fd(), PollFlags::POLLOUT))
                .collect();
            wait(&mut polled, pause, state)?;
            let ready: Vec<bool> = polled.iter().map(is_ready).collect();
            // The latest first: removing one then leaves the others in place.
            for (index, _) in ready.iter().enumerate().rev().filter(|(_, ready)| **ready) {
                let (socket, address) = attempts.swap_remove(index);
                match socket::getsockopt(&socket, sockopt::SocketError) {
                    Ok(0) => return Self::from_fd(socket, state),
                    Ok(code) => troubles.add(address, io::Error::from_raw_os_error(code)),
                    Err(error) => troubles.add(address, error.into()),
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
    match waiting(|| poll(polled, timeout)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(errors: &[(&str, Errno)]) -> String {
        let mut troubles = Troubles::default();
        for (address, error) in errors {
            troubles.add(&address.parse().unwrap(), (*error).into());
        }
        match troubles.into_cause() {
            Cause::Broken(text) => text.into_owned(),
            cause => format!("{cause:?}"),
        }
    }

    #[test]
    fn what_a_host_responded_tells_more_than_what_this_machine_lacks() {
        const V4: &str = "127.0.0.1:1";
        const V6: &str = "[::1]:1";
        let refused = "the connection was refused (over IPv4";
        for (lack, words) in [
            (Errno::EADDRNOTAVAIL, "Cannot assign requested address"),
            (Errno::EAFNOSUPPORT, "not supported"),
            (Errno::ENETUNREACH, "the network is unreachable"),
            (Errno::EHOSTUNREACH, "the host is unreachable"),
            (Errno::ETIMEDOUT, "timed out"),
            (Errno::EMFILE, "descriptor"),
            (Errno::EINVAL, "Invalid argument"),
        ] {
            for errors in [
                [(V4, Errno::ECONNREFUSED), (V6, lack)],
                [(V6, lack), (V4, Errno::ECONNREFUSED)],
            ] {
                let said = said(&errors);
                assert!(said.starts_with(refused), "{said}");
                assert!(
                    said.contains("; over IPv6: ") && said.contains(words),
                    "{said}"
                );
            }
        }
        // Of one family the best is told as well, whichever comes last.
        let both = [(V4, Errno::ECONNREFUSED), (V4, Errno::ENETUNREACH)];
        assert_eq!(said(&both), format!("{refused})"));
        let both = [(V6, Errno::ECONNREFUSED), (V4, Errno::ECONNREFUSED)];
        assert_eq!(said(&both), format!("{refused} and IPv6)"));
        let no_network = [(V6, Errno::ENETUNREACH), (V4, Errno::ENETUNREACH)];
        assert_eq!(
            said(&no_network),
            "the network is unreachable (over IPv4 and IPv6)"
        );
        assert_eq!(
            said(&[(V4, Errno::ETIMEDOUT), (V6, Errno::EADDRNOTAVAIL)]),
            "Deadline"
        );
        assert!(said(&[]).contains("no address"));
    }
}
