//! The C boundary: every `extern "C"` function, and all that is `unsafe`.
//!
//! One file per C type and one per API resource. Handles and
//! out-parameters come in as references, so that the compiler checks for NULL;
//! `error::fallible` and `panic::infallible` are what every function passes
//! through. What a handle contains is a type of the safe core, `stytch-core`. The
//! comments here are the header's: build.rs turns this crate into
//! `include/stytch.h`, in the order of the public modules below, each under
//! the heading that is its comment.

#![allow(non_camel_case_types)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_safety_doc
)]

#[cfg(panic = "abort")]
compile_error!(
    "libstytch catches panics at the C boundary: build it with panic = \"unwind\", the default"
);

mod alloc;
mod cancel;
mod panic;
mod pointers;
mod setup;

/// The library
pub mod version;

/// Options
pub mod options;

/// Clients
pub mod client;

/// Impersonation
pub mod impersonation;

/// Sessions
pub mod sessions;

/// Sessions by JWT
pub mod session_jwt;

/// Any other call
pub mod request;

/// Calls that do not block: the queue
pub mod queue;

/// Calls that do not block: the call
pub mod call;

/// Responses
pub mod response;

/// Errors
pub mod error;

/// Strings
pub mod string;
