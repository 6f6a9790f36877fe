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
//! process  turn          which process this is; whether a call may begin
//! text  secret  url      what arguments may be
//! decode  redact  quote  what of a server's words a message may quote
//! json/  jwt/            re-exported from the package stytch-reader: what bytes mean
//! link                   the token in the link that Stytch's dashboard opens
//! call                   what an API call is
//! transport/             sends a call's request, at most once more than it may
//! error  message         what went wrong, and the sentence for a person
//! key_cache              the keys of the API, fetched when they are needed
//! options  response      what goes into a client, what comes out of a call
//! client                 credentials and host: sends a call, judges, catches
//! api/                   the calls, one resource a file
//! ```

#![forbid(unsafe_code)]
#![warn(unused_qualifications)]

pub use stytch_reader::{json, jwt};

pub mod api;
pub mod call;
pub mod client;
mod decode;
pub mod error;
mod key_cache;
mod link;
mod message;
pub mod options;
pub mod outcome;
mod planted;
pub mod process;
pub mod quote;
mod redact;
pub mod response;
mod secret;
mod text;
pub mod transport;
pub mod turn;
mod url;
