//! The fault matrix: what can go wrong between a client and its server, what must come of it, and
//! the bench on which it is tried.
//!
//! A case is a [`row::Row`]. Its servers run in the test's process, its client in a process of its
//! own that has nothing else in it, so that what is left over there is the library's.

pub mod answers;
pub mod bell;
pub mod call;
pub mod case;
pub mod certificates;
pub mod client;
pub mod flight;
pub mod host;
pub mod judge;
pub mod jwt;
pub mod page;
pub mod process;
pub mod queue;
pub mod row;
mod rows;
mod rsa_key;
pub mod server;
pub mod shim;
pub mod system;
pub mod wire;

pub use rows::rows;

/// Cases that the library does not pass yet, with the reason. One that starts to pass must leave.
pub const KNOWN: &[(&str, &str)] = &[];
