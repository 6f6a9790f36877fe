//! A local stand-in for the part of Stytch that libstytch talks to.
//!
//! It serves the calls that begin, check and end an impersonated session, makes the impersonation
//! tokens that otherwise only Stytch's dashboard makes, and can be told what is to go wrong. Its
//! clock can be moved, its keys rotate, and it starts ordinary sessions besides. The binary
//! `stytch-sandbox` serves it on the command line; a Rust test starts it in its own process:
//!
//! ```
//! use stytch_sandbox::{Config, Sandbox};
//!
//! let sandbox = Sandbox::start(Config::default())?;
//! println!("base URL {}, a token {}", sandbox.url(), sandbox.create_token());
//! # Ok::<(), stytch_sandbox::StartError>(())
//! ```
//!
//! Arrows point one way, from left to right:
//!
//! ```text
//!   main ─> sandbox ─┬─> http ─┬─> app ─┬─> tokens ──┐
//!                    │         │        ├─> sessions ┼─> directory ─> schema
//!                    │         │        ├─> jwt      ┘      claims, policy, inferred, refusal
//!                    │         │        ├─> keys, clock, traffic
//!                    │         │        └─> faults ──┐
//!                    └─────────┴─────────────────────┴─> connection (sockets, TLS)
//! ```

#![forbid(unsafe_code)]

mod app;
mod claims;
mod clock;
mod config;
mod connection;
mod directory;
mod faults;
mod http;
mod ids;
mod inferred;
mod jwt;
mod keys;
mod policy;
mod refusal;
mod sandbox;
pub mod schema;
mod sessions;
mod tokens;
mod traffic;

pub use config::Config;
pub use keys::Key;
pub use sandbox::{Sandbox, StartError, StartedSession};
pub use sessions::{SessionKind, SessionState, SessionSummary};
pub use traffic::SeenRequest;
