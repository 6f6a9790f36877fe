//! A descriptor that an event loop watches: readable while something is there.

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use linux::Signal;
#[cfg(not(unix))]
pub use none::Signal;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub use pipe::Signal;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};

    use nix::sys::eventfd::{EfdFlags, EventFd};

    pub struct Signal(EventFd);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
            Ok(Self(EventFd::from_flags(flags)?))
        }

        pub fn descriptor(&self) -> i32 {
            self.0.as_fd().as_raw_fd()
        }

        pub fn set(&self) {
            // It cannot be full: it is set once, and cleared once.
            let _ = self.0.write(1);
        }

        pub fn clear(&self) {
            let _ = self.0.read();
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod pipe {
    use std::io::{self, PipeReader, PipeWriter, Read, Write};
    use std::os::fd::AsRawFd;

    pub struct Signal(PipeReader, PipeWriter);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let (reader, writer) = io::pipe()?;
            Ok(Self(reader, writer))
        }

        pub fn descriptor(&self) -> i32 {
            self.0.as_raw_fd()
        }

        /// There is never more than one byte in the pipe, so nothing blocks.
        pub fn set(&self) {
            let _ = (&self.1).write(&[1]);
        }

        pub fn clear(&self) {
            let _ = (&self.0).read(&mut [0]);
        }
    }
}

/// Without descriptors, a program waits in `wait` or asks now and then.
#[cfg(not(unix))]
mod none {
    use std::io;

    pub struct Signal;

    impl Signal {
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub fn descriptor(&self) -> i32 {
            -1
        }

        pub fn set(&self) {}

        pub fn clear(&self) {}
    }
}
