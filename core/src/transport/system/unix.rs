//! Unix, by `nix`.

use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{self, MsgFlags};

/// How long `read_or_block` may wait; `None` where it does not. On Apple's
/// systems a blocking socket waits in `send` whatever its flags say (XNU's
/// `sosendcheck` does not ask for `MSG_DONTWAIT`), so none blocks there.
pub const RECEIVE_WAIT: Option<Duration> = if cfg!(target_vendor = "apple") {
    None
} else {
    Some(Duration::from_millis(250))
};
/// How long a wait for a connect may take before each is asked whether it has
/// failed: as long as it likes, since it ends when one does.
pub const CONNECT_WAIT: Option<Duration> = None;

/// A socket to wait for, and what it is waited for.
pub type Polled<'a> = PollFd<'a>;

pub fn to_read(stream: &TcpStream) -> Polled<'_> {
    PollFd::new(stream.as_fd(), PollFlags::POLLIN)
}

pub fn to_write(stream: &TcpStream) -> Polled<'_> {
    PollFd::new(stream.as_fd(), PollFlags::POLLOUT)
}

/// Whether the last wait found it ready, or at its end.
pub fn is_ready(polled: &Polled) -> bool {
    polled.revents().is_some_and(|events| !events.is_empty())
}

/// Waits for one of `polled`, for so many milliseconds at most.
pub fn wait(polled: &mut [Polled], millis: i32) -> io::Result<()> {
    let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
    nix::poll::poll(polled, timeout)?;
    Ok(())
}

/// Makes a socket that has connected what reads and writes expect.
pub fn settle(stream: &TcpStream) -> io::Result<()> {
    if RECEIVE_WAIT.is_none() {
        return Ok(());
    }
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(RECEIVE_WAIT)
}

/// Reads what is there; `WouldBlock` where nothing is.
pub fn read(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(socket::recv(
        stream.as_raw_fd(),
        buffer,
        MsgFlags::MSG_DONTWAIT,
    )?)
}

/// Waits for something to read, and reads it; `WouldBlock` where nothing came
/// within [`RECEIVE_WAIT`].
pub fn read_or_block(mut stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read(buffer)
}

/// Sends what the system takes at once. It never raises SIGPIPE: where no flag
/// says so, the socket does.
pub fn write(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    #[cfg(target_vendor = "apple")]
    let flags = MsgFlags::MSG_DONTWAIT;
    Ok(socket::send(stream.as_raw_fd(), bytes, flags)?)
}
