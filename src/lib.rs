//! libstytch: Stytch's B2B impersonation behind a C ABI.
//!
//! Two layers. The safe core knows nothing of C: [`client`] makes calls with
//! [`options`], one file per API resource ([`impersonation`]) says what is sent
//! and what makes the answer usable, every request goes through [`transport`],
//! and what comes back is a [`response`] or an [`error`]. On it stands `ffi`,
//! the only place with `unsafe` and `extern "C"`, one file per C type, from
//! which `include/stytch.h` is generated.
//!
//! The crate is a Rust library only for its own tests.

#![deny(unsafe_code)]
#![warn(unused_qualifications)]

#[cfg(panic = "abort")]
compile_error!(
    "libstytch catches panics at the C boundary: build it with panic = \"unwind\", the default"
);

pub mod client;
pub mod error;
#[allow(unsafe_code)]
pub mod ffi;
pub mod impersonation;
pub mod json;
pub mod options;
pub mod response;
mod text;
pub mod transport;
mod url;
