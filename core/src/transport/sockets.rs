//! Which sockets a process has open, so that a forked child can close its
//! copies of them.
//!
//! The child may not touch its parent's connections: their locks may be held,
//! and what it would say to the peer would break the parent's encryption. But
//! while its copies are open, the server does not see when the parent closes.
//! So the descriptors stand here, in slots without a lock.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

use nix::sys::stat::fstat;
use once_cell::race::OnceBox;

const FREE: RawFd = -1;
const TAKEN: RawFd = -2;

/// The open sockets of a client in one process.
#[derive(Default)]
pub struct Sockets(Block);

/// Some slots, and more where they are not enough.
struct Block {
    slots: [Slot; 32],
    next: OnceBox<Self>,
}

struct Slot {
    fd: AtomicI32,
    /// Tells whether the descriptor is still this socket: a program that
    /// becomes a daemon closes what it does not know, and uses the number again.
    inode: AtomicU64,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            slots: [const {
                Slot {
                    fd: AtomicI32::new(FREE),
                    inode: AtomicU64::new(0),
                }
            }; 32],
            next: OnceBox::new(),
        }
    }
}

/// A socket's place among the open ones, until dropped.
pub struct Place {
    sockets: Arc<Sockets>,
    fd: RawFd,
}

impl Sockets {
    /// Notes an open socket. Drop the place before the socket is closed.
    pub fn enter(self: &Arc<Self>, socket: &(impl AsFd + AsRawFd)) -> Place {
        let fd = socket.as_raw_fd();
        let inode = fstat(socket).map_or(0, |stat| stat.st_ino);
        let mut block = &self.0;
        loop {
            for slot in &block.slots {
                if slot
                    .fd
                    .compare_exchange(FREE, TAKEN, Relaxed, Relaxed)
                    .is_ok()
                {
                    slot.inode.store(inode, Relaxed);
                    slot.fd.store(fd, Relaxed);
                    return Place {
                        sockets: Arc::clone(self),
                        fd,
                    };
                }
            }
            block = block.next.get_or_init(Box::default);
        }
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        let mut block = Some(&self.0);
        std::iter::from_fn(move || {
            let current = block?;
            block = current.next.get();
            Some(&current.slots)
        })
        .flatten()
    }

    /// Closes this process's copies of sockets that belong to its parent.
    pub fn close_copies(&self) {
        for slot in self.slots() {
            let fd = slot.fd.swap(FREE, Relaxed);
            if fd >= 0 && is_socket(fd, slot.inode.load(Relaxed)) {
                // Nothing can be done about a copy that does not close.
                let _ = nix::unistd::close(fd);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for slot in self.sockets.slots() {
            if slot
                .fd
                .compare_exchange(self.fd, FREE, Relaxed, Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }
}

/// Whether a descriptor that may not be ours any more is that socket.
fn is_socket(fd: RawFd, inode: u64) -> bool {
    fs::read_link(format!("/proc/self/fd/{fd}"))
        .is_ok_and(|target| target.as_os_str() == format!("socket:[{inode}]").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn only_what_still_is_the_socket_is_closed() {
        let sockets: Arc<Sockets> = Arc::default();
        let open = || TcpListener::bind("127.0.0.1:0").unwrap();
        let places: Vec<(Place, TcpListener)> = (0..100)
            .map(|_| open())
            .map(|socket| (sockets.enter(&socket), socket))
            .collect();
        let taken = || {
            sockets
                .slots()
                .filter(|slot| slot.fd.load(Relaxed) >= 0)
                .count()
        };
        assert_eq!(taken(), 100);
        let first = places[0].1.as_raw_fd();
        let inode = fstat(&places[0].1).unwrap().st_ino;
        assert!(is_socket(first, inode));
        assert!(!is_socket(first, inode + 1));
        drop(places);
        assert_eq!(taken(), 0);
        assert!(!is_socket(1_000_000, inode));
    }
}
