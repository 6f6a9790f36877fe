//! What of a socket is the system's own: how a connect is started, how one
//! waits for several sockets, and how bytes are read and sent. Linux has a file
//! of its own, because it can wait in the call that reads; the other one serves
//! every system that has `poll` or, on Windows, `WSAPoll`. Tests run both.
//!
//! | | Linux | elsewhere |
//! | --- | --- | --- |
//! | a connected socket | blocking, and a read gives up after [`RECEIVE_WAIT`] | non-blocking |
//! | `read`, `write` | with `MSG_DONTWAIT` | as they are |
//! | `read_or_block` | `recv` | there is none |

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(not(target_os = "linux"))]
pub use portable::*;

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
