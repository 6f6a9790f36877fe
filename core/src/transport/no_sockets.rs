//! Stands for `sockets.rs` where there is no `/proc/self/fd` to tell by whether
//! a descriptor still is a certain socket: a child keeps its copies of its
//! parent's sockets, so the server sees them closed when both have closed them.
//! Windows has no such children.

use std::net::TcpStream;
use std::sync::Arc;

#[derive(Default)]
pub struct Sockets(());

pub struct Place(());

impl Sockets {
    pub fn enter(self: &Arc<Self>, _socket: &TcpStream) -> Place {
        Place(())
    }

    pub fn close_copies(&self) {
        let Self(()) = self;
    }
}
