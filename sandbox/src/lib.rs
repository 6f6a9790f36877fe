//! A local stand-in for the part of Stytch that libstytch talks to.
//!
//! It answers `POST /v1/b2b/impersonation/authenticate` as Stytch's API document says, makes the
//! impersonation tokens that otherwise come from Stytch's dashboard alone, and can be told what
//! shall go wrong. The binary `stytch-sandbox` serves it on the command line; a Rust test starts
//! it in its own process:
//!
//! ```
//! use stytch_sandbox::{Config, Sandbox};
//!
//! let sandbox = Sandbox::start(Config::default())?;
//! println!("base URL {}, a token {}", sandbox.url(), sandbox.create_token());
//! # Ok::<(), stytch_sandbox::StartError>(())
//! ```
//!
//! Requests pass through `connection` (sockets, TLS), `http` (endpoints) and, where a test asked
//! for it, `faults`; `tokens`, `answer` and `signing` make sessions out of the people in
//! `directory`; `schema` has the types of the answer.

#![forbid(unsafe_code)]

mod answer;
mod app;
mod clock;
mod config;
mod connection;
mod directory;
mod faults;
mod http;
mod sandbox;
pub mod schema;
mod signing;
mod tokens;

pub use config::Config;
pub use sandbox::{Sandbox, StartError};
