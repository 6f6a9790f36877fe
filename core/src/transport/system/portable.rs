//! Every system but Linux, by `socket2` and `rustix`. The sockets stay
//! non-blocking, so std's own calls read and write without waiting.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};

/// How long `read_or_block` may wait: there is none.
pub const RECEIVE_WAIT: Option<Duration> = None;
/// How long a wait for a connect may take before each is asked whether it has
/// failed. `WSAPoll` says nothing of failed connects before Windows 10, version
/// 2004.
pub const CONNECT_WAIT: Option<Duration> = if cfg!(windows) {
    Some(Duration::from_millis(100))
} else {
    None
};

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

/// Starts to connect; `true` where it stands already.
pub fn start(address: &SocketAddr) -> io::Result<(TcpStream, bool)> {
    // Not inherited by other programs; on Apple's systems without SIGPIPE.
    let socket = Socket::new(
        Domain::for_address(*address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_nonblocking(true)?;
    match socket.connect(&(*address).into()) {
        Ok(()) => Ok((socket.into(), true)),
        Err(error) if is_under_way(&error) => Ok((socket.into(), false)),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    // An interrupted connect goes on like one in progress.
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}

#[cfg(windows)]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Makes a socket that has connected what reads and writes expect.
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

/// Sends what the system takes at once. It never raises SIGPIPE.
pub fn write(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    stream.write(bytes)
}
