//! The project's public keys: a JSON Web Key Set (RFC 7517), rule 8.

use std::fmt;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::base64url;
use crate::json::Kind;
use crate::json::strict::{Fault, Item, Strict};

/// More than this is not read.
pub const KEY_SET_LIMIT: usize = 256 * 1024;

/// A set with more entries is bad.
pub const ENTRIES_LIMIT: usize = 64;

const DEPTH_LIMIT: usize = 128;

/// What a private or secret key has and a public one has not (RFC 7518,
/// sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The keys of a set that session JWTs can be verified with.
///
/// A key that cannot be used (of another type or algorithm, for another use, of
/// another length, with private members) is not in it. The set is small and is
/// searched from front to back, without an allocation.
pub struct KeySet {
    keys: Vec<Key>,
}

/// A public RSA key for RS256, of 2,048 to 8,192 bits.
pub struct Key {
    id: String,
    /// Without zero bytes in front, as is `exponent`.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why a whole set is not accepted. `Display` completes "the key set …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKeySet {
    TooLong,
    /// It is not one JSON object, read strictly.
    NotJson(Fault),
    /// Its names are not unique: which `keys` is meant?
    DuplicateName,
    /// It has no array `keys`.
    NoKeys,
    TooManyEntries,
    /// Two different keys have one `kid`.
    Conflict,
    /// Only for keys given by the caller: one has private or secret members.
    Private,
    /// Only for keys given by the caller: none of them can be used.
    NoUsableKey,
}

impl KeySet {
    /// Reads a set that a server sent. Entries that cannot be used are skipped,
    /// so the set may turn out empty: see [`KeySet::is_empty`].
    pub fn parse(json: &[u8]) -> Result<Self, BadKeySet> {
        Self::read(json, |_| Ok(()))
    }

    /// Reads a set that the caller gave. Private members are refused, so that
    /// nobody ships them with a program, and so is a set without a usable key.
    pub fn parse_given(json: &[u8]) -> Result<Self, BadKeySet> {
        let keys = Self::read(json, |entry| {
            if is_private(entry) {
                return Err(BadKeySet::Private);
            }
            Ok(())
        })?;
        if keys.is_empty() {
            return Err(BadKeySet::NoUsableKey);
        }
        Ok(keys)
    }

    fn read(json: &[u8], check: fn(Item<'_>) -> Result<(), BadKeySet>) -> Result<Self, BadKeySet> {
        if json.len() > KEY_SET_LIMIT {
            return Err(BadKeySet::TooLong);
        }
        let set = Strict::parse(json, DEPTH_LIMIT).map_err(BadKeySet::NotJson)?;
        if set.root().has_duplicates() {
            return Err(BadKeySet::DuplicateName);
        }
        let entries = set
            .root()
            .get("keys")
            .filter(|keys| keys.kind() == Kind::Array)
            .ok_or(BadKeySet::NoKeys)?;
        if entries.elements().nth(ENTRIES_LIMIT).is_some() {
            return Err(BadKeySet::TooManyEntries);
        }
        let mut keys: Vec<Key> = Vec::new();
        for entry in entries.elements() {
            check(entry)?;
            let Some(key) = Key::read(entry) else {
                continue;
            };
            match keys.iter().find(|other| other.id == key.id) {
                Some(other) if !other.is_same(&key) => return Err(BadKeySet::Conflict),
                Some(_) => {}
                None => keys.push(key),
            }
        }
        Ok(Self { keys })
    }

    /// Returns whether no key of the set can be used.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the key whose `kid` is `id`, byte for byte.
    pub fn get(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.keys.len())
    }
}

impl Key {
    /// `None` where the entry is not an RSA key that may verify RS256, or has
    /// no `kid` to be found by.
    fn read(entry: Item<'_>) -> Option<Self> {
        if entry.kind() != Kind::Object || entry.has_duplicates() || is_private(entry) {
            return None;
        }
        let string = |name| entry.get(name)?.string();
        let is_absent_or = |name, value| entry.get(name).is_none() || string(name) == Some(value);
        let may_verify = entry.get("key_ops").is_none_or(|operations| {
            operations
                .elements()
                .any(|it| it.string() == Some("verify"))
        });
        if string("kty") != Some("RSA")
            || !is_absent_or("use", "sig")
            || !is_absent_or("alg", "RS256")
            || !may_verify
        {
            return None;
        }
        let id = string("kid").filter(|id| !id.is_empty() && !id.contains('\0'))?;
        Self::new(
            id,
            base64url::decode(string("n")?.as_bytes()).ok()?,
            base64url::decode(string("e")?.as_bytes()).ok()?,
        )
    }

    /// Makes a key of a modulus and an exponent, most significant byte first;
    /// `None` where either is not what the verification accepts.
    pub fn new(id: &str, modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Self> {
        let modulus = without_zeros(modulus);
        let exponent = without_zeros(exponent);
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let is_good_modulus = (2048..=8192).contains(&bits(&modulus)) && is_odd(&modulus);
        let is_good_exponent = (2..=33).contains(&bits(&exponent)) && is_odd(&exponent);
        (is_good_modulus && is_good_exponent).then(|| Self {
            id: id.to_owned(),
            modulus,
            exponent,
        })
    }

    /// Returns whether `signature` is this key's RS256 signature of `message`:
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents {
            n: self.modulus.as_slice(),
            e: self.exponent.as_slice(),
        };
        signature.len() == self.modulus.len()
            && key
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.modulus == other.modulus && self.exponent == other.exponent
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bits)", bits(&self.modulus))
    }
}

fn is_private(entry: Item<'_>) -> bool {
    entry.members().any(|(name, _)| {
        name.string()
            .is_some_and(|name| PRIVATE_MEMBERS.contains(&name))
    })
}

fn without_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

/// How many bits a number without zero bytes in front has.
fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

impl fmt::Display for BadKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "is longer than 256 KiB",
            Self::NotJson(Fault::NotUtf8) => "is not valid UTF-8",
            Self::NotJson(Fault::NotOneObject) => "is not one JSON object",
            Self::NotJson(Fault::TooDeep) => "is nested too deeply",
            Self::NotJson(Fault::LoneSurrogate) => "contains a lone surrogate",
            Self::NotJson(Fault::OutOfMemory) => "could not be read for lack of memory",
            Self::DuplicateName => "has two members with the same name",
            Self::NoKeys => "does not have an array `keys`",
            Self::TooManyEntries => "has more than 64 entries",
            Self::Conflict => "has two different keys with the same `kid`",
            Self::Private => {
                "contains a private or secret key; give the public keys only, and replace that key"
            }
            Self::NoUsableKey => {
                "does not contain a key that can be used (kty RSA, alg RS256, a kid, 2048 to 8192 bits)"
            }
        })
    }
}

impl std::error::Error for BadKeySet {}
