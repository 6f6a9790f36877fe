//! What of a socket is the system's own. `socket2` starts a connect on all of
//! them; how one waits, reads and sends is in a file for Unix, and in one for
//! Windows. In the latter nothing is Windows' own, so that the tests run both.
//!
//! | | Linux, FreeBSD | macOS | Windows |
//! | --- | --- | --- | --- |
//! | a connected socket | blocking, and a read gives up after [`RECEIVE_WAIT`] | non-blocking | non-blocking |
//! | `read`, `write` | with `MSG_DONTWAIT` | with `MSG_DONTWAIT` | as they are |
//! | `read_or_block` | waits in `recv` | does not wait | does not wait |
//! | a connect that fails | ends the wait | ends the wait | may not, so waits are cut |

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

#[cfg(unix)]
mod unix;
#[cfg(any(test, windows))]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

/// Starts to connect; `true` where it stands already. Other programs do not
/// inherit the socket, and on Apple's systems it raises no SIGPIPE.
pub fn start(address: &SocketAddr) -> io::Result<(TcpStream, bool)> {
    let domain = Domain::for_address(*address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
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

/// The numbers of errors for which std has no kind.
#[cfg(unix)]
mod numbers {
    /// No descriptor is left, for this process or at all.
    pub const NO_DESCRIPTOR: [i32; 2] = [libc::EMFILE, libc::ENFILE];
    pub const NO_MEMORY: [i32; 2] = [libc::ENOBUFS, libc::ENOMEM];
    pub const HOST_DOWN: i32 = libc::EHOSTDOWN;
}
/// Those of Winsock, and of Windows where its own memory ran out.
#[cfg(windows)]
mod numbers {
    pub const NO_DESCRIPTOR: [i32; 1] = [10024];
    pub const NO_MEMORY: [i32; 3] = [10055, 8, 14];
    pub const HOST_DOWN: i32 = 10064;
}
pub use numbers::{HOST_DOWN, NO_DESCRIPTOR, NO_MEMORY};

#[cfg(test)]
mod tests;
