//! The responses of Stytch's API, as its API document defines them.
//!
//! One Rust type per schema, under the schema's own name; where schemas have the same shape, one
//! type serves them all. `facts` holds every type against `data/schema-facts.json`.
//!
//! None of these types has `Debug` where it carries a token.

mod factor;
mod impersonation;
mod member;
mod metadata;
mod organization;
mod scim;
mod session;

#[cfg(test)]
mod facts;

pub use factor::*;
pub use impersonation::*;
pub use member::*;
pub use metadata::Metadata;
pub use organization::*;
pub use scim::*;
pub use session::*;

/// The status that a successful response repeats in its body.
pub const STATUS_OK: i32 = 200;
