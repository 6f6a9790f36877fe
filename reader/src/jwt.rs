//! Local verification of a session JWT: whether Stytch has signed it for this
//! project, for a member's session, and for now.
//!
//! Everything here is pure: bytes, keys and a time come in, and a response or a
//! [`Refusal`] comes out. There is no clock, network, cache or C in it.
//!
//! ```text
//! bytes ── Parsed::parse ──> Parsed ── check_signature(keys) ──> Signed ── check_claims(…) ──> Verified
//!          form and header   key_id()  key, signature                      claims, times       text(), tape()
//! ```
//!
//! The order is the safety: nothing of the payload is believed, nor even read,
//! before the signature is checked, and the times come last, so that only a
//! session of this project can be called expired, not valid yet or too old.
//! These three are the doors to the API ([`Refusal::may_go_remote`]); a forged
//! token finds none.
//!
//! For the key cache: call [`Parsed::parse`] first. Where it fails there is
//! nothing to fetch. Then [`Parsed::key_id`] names the key; [`KeySet::get`] says
//! without an allocation whether a set has it, and only where it has not may a
//! refetch help. [`Parsed::check_signature`] with a set that lacks the key is
//! [`Refusal::UnknownKey`].
//!
//! The cryptography is ring's, which TLS uses anyway. Ours is what no library
//! does as strictly: one spelling of base64url, JSON without two meanings
//! ([`crate::json::strict`]), a fixed algorithm, exact comparison of times.

mod base64url;
mod claims;
mod document;
mod keys;
mod refusal;
mod time;
mod token;

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::json::Document;
use crate::wipe::wipe;

pub use keys::{BadKeySet, ENTRIES_LIMIT, KEY_SET_LIMIT, Key, KeySet};
pub use refusal::{Malformed, Refusal};
pub use token::{Parsed, Signed, TOKEN_LIMIT};

/// Whose tokens are accepted. Made once for a client.
#[derive(Clone, Debug)]
pub struct Expected {
    project_id: String,
    issuers: [String; 2],
}

impl Expected {
    /// A token is ours if it is issued to `project_id`, by Stytch or by the
    /// base URL, which custom domains use as their issuer.
    pub fn new(project_id: &str, base_url: &str) -> Self {
        let base_url = base_url.strip_suffix('/').unwrap_or(base_url);
        Self {
            project_id: project_id.to_owned(),
            issuers: [format!("stytch.com/{project_id}"), base_url.to_owned()],
        }
    }
}

/// How far clocks may differ, and how old a token may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Granted on `exp`, `nbf`, `iat` and the session's end; not on the age.
    pub leeway_seconds: u32,
    /// Since `iat`. -1 is no limit; 0, where every token is too old, always
    /// leads to the API. The caller has refused what is below -1.
    pub max_token_age_seconds: i64,
}

/// Verifies a session JWT from beginning to end, for a caller that has keys.
pub fn verify(
    token: &[u8],
    keys: &KeySet,
    expected: &Expected,
    now: SystemTime,
    limits: Limits,
) -> Result<Verified, Refusal> {
    Parsed::parse(token)?
        .check_signature(keys)?
        .check_claims(expected, now, limits)
}

/// A verified session.
pub struct Verified {
    text: Wiped,
    tape: Document,
}

impl Verified {
    /// Returns the response as JSON text: `member_session` as the API would
    /// return it, and the `session_jwt` as it was given.
    pub fn text(&self) -> &[u8] {
        &self.text.0
    }

    /// Returns the text's tape, which is what [`Document::parse`] makes of it.
    pub fn tape(&self) -> &Document {
        &self.tape
    }

    /// Returns both to keep. The text's buffer has room for a NUL, so
    /// appending one does not leave a copy behind.
    pub fn into_parts(mut self) -> (Zeroizing<Vec<u8>>, Document) {
        (Zeroizing::new(std::mem::take(&mut self.text.0)), self.tape)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({} bytes)", self.text.0.len())
    }
}

/// Bytes that are wiped after use. `Zeroizing` takes a quarter of the time of
/// a signature for that.
struct Wiped(Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
