//! libstytch's safe core: Stytch's B2B impersonation, without C.
//!
//! [`client`] makes calls with [`options`]; what comes back is a [`response`]
//! or an [`error`]. The C boundary, the package `stytch-ffi`, stands on it.

#![forbid(unsafe_code)]
#![warn(unused_qualifications)]

pub mod client;
mod decode;
pub mod error;
pub mod impersonation;
pub mod json;
pub mod options;
pub mod quote;
mod redact;
pub mod response;
mod text;
pub mod transport;
mod url;
