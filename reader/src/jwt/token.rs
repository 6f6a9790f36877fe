//! A token's form and header, and its signature: rules 1 to 9.

use std::fmt;

use memchr::{memchr, memrchr};

use super::Wiped;
use super::base64url::{decode_into, decoded_length};
use super::keys::KeySet;
use super::refusal::{Malformed, Refusal};
use crate::json::Kind;
use crate::json::strict::{Item, Strict};

/// Custom claims may be 4 KB, and roles, factors and the signature are beside
/// them, so the 8 KiB of other tokens are not enough.
pub const TOKEN_LIMIT: usize = 32 * 1024;

const HEADER_DEPTH_LIMIT: usize = 16;

/// A token of good form whose signature has not been checked. Nothing of its
/// payload can be learned from it.
pub struct Parsed<'t> {
    token: &'t [u8],
    key_id: String,
    /// How long the part is that is signed: header, dot and payload.
    signed_length: usize,
    parts: Parts,
}

/// What the parts of a token encode, one behind the other.
struct Parts {
    bytes: Wiped,
    payload: usize,
    signature: usize,
}

impl Parts {
    fn decode(header: &[u8], payload: &[u8], signature: &[u8]) -> Result<Self, Refusal> {
        let payload_at = decoded_length(header);
        let signature_at = payload_at + decoded_length(payload);
        let length = signature_at + decoded_length(signature);
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| Refusal::OutOfMemory)?;
        bytes.resize(length, 0);
        let mut parts = Self {
            bytes: Wiped(bytes),
            payload: payload_at,
            signature: signature_at,
        };
        let (rest, signature_bytes) = parts.bytes.0.split_at_mut(signature_at);
        let (header_bytes, payload_bytes) = rest.split_at_mut(payload_at);
        for (text, bytes) in [
            (header, header_bytes),
            (payload, payload_bytes),
            (signature, signature_bytes),
        ] {
            decode_into(text, bytes).ok_or(Malformed::Base64)?;
        }
        Ok(parts)
    }

    fn header(&self) -> &[u8] {
        &self.bytes.0[..self.payload]
    }

    fn payload(&self) -> &[u8] {
        &self.bytes.0[self.payload..self.signature]
    }

    fn signature(&self) -> &[u8] {
        &self.bytes.0[self.signature..]
    }
}

impl<'t> Parsed<'t> {
    /// Takes a token apart and checks its form and its header.
    pub fn parse(token: &'t [u8]) -> Result<Self, Refusal> {
        if token.is_empty() {
            return Err(Malformed::Empty.into());
        }
        if token.len() > TOKEN_LIMIT {
            return Err(Malformed::TooLong.into());
        }
        // The ends are near the dots. A third dot between them is not base64url.
        let first = memchr(b'.', token).ok_or(Malformed::Parts)?;
        let last = memrchr(b'.', token).ok_or(Malformed::Parts)?;
        if first == 0 || last <= first + 1 || last + 1 == token.len() {
            return Err(Malformed::Parts.into());
        }
        let parts = Parts::decode(&token[..first], &token[first + 1..last], &token[last + 1..])?;
        Ok(Self {
            token,
            key_id: check_header(parts.header())?,
            signed_length: last,
            parts,
        })
    }

    /// Returns the `kid` of the key that the token says it is signed with.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Checks the signature with the key that the token names. There is no
    /// other way to the payload.
    pub fn check_signature(self, keys: &KeySet) -> Result<Signed<'t>, Refusal> {
        let key = keys.get(&self.key_id).ok_or(Refusal::UnknownKey)?;
        let message = &self.token[..self.signed_length];
        if !key.has_signed(message, self.parts.signature()) {
            return Err(Refusal::BadSignature);
        }
        Ok(Signed {
            token: self.token,
            parts: self.parts,
        })
    }
}

impl fmt::Debug for Parsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parsed({} bytes)", self.token.len())
    }
}

/// A token that one of the project's keys has signed. What it says has not been
/// looked at.
pub struct Signed<'t> {
    /// As received; base64url and two dots.
    pub(super) token: &'t [u8],
    parts: Parts,
}

impl Signed<'_> {
    /// Returns the payload's bytes.
    pub fn payload(&self) -> &[u8] {
        self.parts.payload()
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({} bytes)", self.token.len())
    }
}

/// Rules 3 to 7: returns the `kid`. The algorithm is never chosen by the token,
/// and nothing in the header that leads to a key (`jwk`, `jku`, `x5u`, `x5c`)
/// is read.
fn check_header(text: &[u8]) -> Result<String, Refusal> {
    let header = Strict::parse(text, HEADER_DEPTH_LIMIT)
        .map_err(|fault| Refusal::from_fault(fault, Malformed::Header))?;
    let header = header.root();
    if header.has_duplicates_below() {
        return Err(Malformed::Header.into());
    }
    let picked = header.pick(|name| {
        Some(match name {
            b"alg" => 0,
            b"kid" => 1,
            b"typ" => 2,
            b"cty" => 3,
            b"crit" => 4,
            b"b64" => 5,
            b"zip" => 6,
            _ => return None,
        })
    });
    let [alg, kid, typ, cty, crit, b64, zip] = picked.ok_or(Malformed::Header)?;
    if alg.and_then(Item::utf8) != Some(b"RS256") {
        return Err(Refusal::BadAlgorithm);
    }
    if crit.or(b64).or(zip).is_some() {
        return Err(Malformed::Extension.into());
    }
    let is_jwt = |value: Item<'_>| {
        value.utf8().is_some_and(|value| {
            value.eq_ignore_ascii_case(b"JWT") || value.eq_ignore_ascii_case(b"application/jwt")
        })
    };
    if !typ.is_none_or(is_jwt) {
        return Err(Malformed::Type.into());
    }
    if cty.is_some_and(|value| value.kind() != Kind::String || is_jwt(value)) {
        return Err(Malformed::Nested.into());
    }
    kid.and_then(Item::string)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .ok_or(Refusal::UnknownKey)
}
