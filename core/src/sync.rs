//! The locks of what several threads work on: std's. In tests they are wrapped,
//! so that a test can run threads in every order that there is: see `model`.

#[cfg(not(test))]
pub use std::sync::atomic::AtomicBool;
#[cfg(not(test))]
pub use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(test)]
pub mod model;
#[cfg(test)]
pub use model::{AtomicBool, Condvar, Mutex, MutexGuard};
