//! Windows, by `rustix` and std. The sockets stay non-blocking, so std's own
//! calls read and write without waiting.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long `read_or_block` may wait: it does not.
pub const RECEIVE_WAIT: Option<Duration> = None;
/// How long a wait for a connect may take before each is asked whether it has
/// failed. `WSAPoll` says nothing of failed connects before Windows 10, version
/// 2004.
pub const CONNECT_WAIT: Option<Duration> = Some(Duration::from_millis(100));

/// A socket to wait for, and what it is waited for.
pub type Polled<'a> = PollFd<'a>;

pub fn to_read(stream: &TcpStream) -> Polled<'_> {
    PollFd::new(stream, PollFlags::IN)
}

pub fn to_write(stream: &TcpStream) -> Polled<'_> {
    PollFd::new(stream, PollFlags::OUT)
}

/// Whether the last wait found it ready, or at its end.
pub fn is_ready(polled: &Polled) -> bool {
    !polled.revents().is_empty()
}

/// Waits for one of `polled`, for so many milliseconds at most.
pub fn wait(polled: &mut [Polled], millis: i32) -> io::Result<()> {
    let limit = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    poll(polled, Some(&limit))?;
    Ok(())
}

/// A socket that has connected is what reads and writes expect.
pub fn settle(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}

/// Reads what is there; `WouldBlock` where nothing is.
pub fn read(mut stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read(buffer)
}

/// The same: see [`RECEIVE_WAIT`].
pub fn read_or_block(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    read(stream, buffer)
}

/// Sends what the system takes at once.
pub fn write(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    stream.write(bytes)
}
