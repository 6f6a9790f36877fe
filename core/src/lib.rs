//! libstytch's safe core: Stytch's B2B impersonation, without C.
//!
//! A [`client::Client`] makes the calls of [`api`]; what comes back is a
//! [`response::Response`] or an [`error::Error`]. The C boundary, the package
//! `stytch-ffi`, stands on this crate.
//!
//! Modules use only those above them in this list:
//!
//! ```text
//! outcome                what a call can come to, as data
//! sync                   locks, which tests can run in every order
//! process  turn  cancel  which process this is; whether a call may begin, and must end
//! text  secret  url      what arguments may be
//! decode  redact  quote  what of a server's words a message may quote
//! json/  jwt/            re-exported from the package stytch-reader: what bytes mean
//! link                   the token in the link that Stytch's dashboard opens
//! call  events           what an API call is; what the log is told of it
//! transport/             sends a call's request, at most once more than it may
//! error  message         what went wrong, and the sentence for a person
//! key_cache              the keys of the API, fetched when they are needed
//! options  response      what goes into a client, what comes out of a call
//! run  sender            one run of an operation; sends, judges, catches, tells
//! api/                   the calls, one resource a file
//! signal  queue          where calls that do not block come out
//! threads  workers       the threads that run them
//! task  client           such a call; a client
//! ```

#![forbid(unsafe_code)]
#![warn(unused_qualifications)]

pub use stytch_reader::{json, jwt};

pub mod api;
pub mod call;
pub mod cancel;
pub mod client;
mod decode;
pub mod error;
pub mod events;
mod key_cache;
mod link;
mod message;
pub mod options;
pub mod outcome;
mod planted;
pub mod process;
pub mod queue;
pub mod quote;
mod redact;
pub mod response;
pub mod run;
mod secret;
pub mod sender;
mod signal;
mod sync;
pub mod task;
mod text;
mod threads;
pub mod transport;
pub mod turn;
mod url;
pub mod workers;
