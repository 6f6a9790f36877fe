//! libstytch's safe core: Stytch's B2B impersonation, without C.
//!
//! A [`client::Client`] makes calls with [`options`]; what comes back is a
//! [`response::Response`] or an [`error::Error`]. The C boundary, the package
//! `stytch-ffi`, stands on this crate.
//!
//! Modules use only those above them in this list:
//!
//! ```text
//! outcome                what a call can come to, as data
//! text  secret  url      what arguments may be; what a message may quote
//! json                   a reader that never loses a session
//! call                   what an API call is
//! transport/             sends a call's request, at most once more than it may
//! error  message         what went wrong, and the sentence for a person
//! options  response      what goes into a client, what comes out of a call
//! client                 credentials and host: sends a call, judges, catches
//! api/                   the calls, one resource a file
//! ```

#![forbid(unsafe_code)]
#![warn(unused_qualifications)]

pub mod api;
pub mod call;
pub mod client;
pub mod error;
pub mod json;
mod message;
pub mod options;
pub mod outcome;
pub mod response;
mod secret;
mod text;
pub mod transport;
mod url;
