//! A secret that calls share, and that can be wiped while they do.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The credentials of a client. A call in another thread may have a part in
/// them when the client is freed: in a forked child that thread does not exist
/// and never gives its part back. So the bytes can be wiped in place, whoever
/// shares them.
pub struct SharedSecret {
    /// Eight bytes each; the last is filled up with zeros.
    words: Box<[AtomicU64]>,
    length: usize,
}

const WORD: usize = size_of::<u64>();

impl SharedSecret {
    pub fn new(text: &str) -> Self {
        let words = text.as_bytes().chunks(WORD).map(|chunk| {
            let mut word = [0; WORD];
            word[..chunk.len()].copy_from_slice(chunk);
            AtomicU64::new(u64::from_ne_bytes(word))
        });
        Self {
            words: words.collect(),
            length: text.len(),
        }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// Copies the secret to `target`, which has its length.
    pub fn copy_to(&self, target: &mut [u8]) {
        let (whole, rest) = target.as_chunks_mut::<WORD>();
        let mut words = self.words.iter();
        for (target, word) in whole.iter_mut().zip(&mut words) {
            *target = word.load(Relaxed).to_ne_bytes();
        }
        if let Some(last) = words.next() {
            rest.copy_from_slice(&last.load(Relaxed).to_ne_bytes()[..rest.len()]);
        }
    }

    /// A copy to compare with, which is wiped after use.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut bytes = vec![0; self.length];
        self.copy_to(&mut bytes);
        // It was text, or is zeros once it was wiped.
        Zeroizing::new(String::from_utf8(bytes).unwrap_or_default())
    }

    /// Overwrites the secret, also where others share it.
    pub fn wipe(&self) {
        for word in &self.words {
            word.store(0, Relaxed);
        }
    }
}

/// Confidential bytes: a caller's, for as long as its call blocks, or kept and
/// wiped.
pub enum Confidential<'a> {
    Borrowed(&'a [u8]),
    Owned(Zeroizing<Vec<u8>>),
}

impl Confidential<'_> {
    pub fn into_owned(self) -> Confidential<'static> {
        Confidential::Owned(match self {
            Self::Borrowed(bytes) => Zeroizing::new(bytes.to_vec()),
            Self::Owned(bytes) => bytes,
        })
    }

    /// The bytes as text; empty if they are none.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self).unwrap_or_default()
    }
}

impl Deref for Confidential<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl<'a> From<&'a str> for Confidential<'a> {
    fn from(text: &'a str) -> Self {
        Self::Borrowed(text.as_bytes())
    }
}

/// A copy that is wiped by itself.
impl Clone for SharedSecret {
    fn clone(&self) -> Self {
        let words = self.words.iter().map(|word| word.load(Relaxed).into());
        Self {
            words: words.collect(),
            length: self.length,
        }
    }
}

impl Drop for SharedSecret {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// User and password as Basic authentication writes them: RFC 7617, section 2.
pub fn basic_credentials(user: &[u8], password: &[u8]) -> Zeroizing<String> {
    let length = user.len() + 1 + password.len();
    let mut plain = Zeroizing::new(Vec::with_capacity(length));
    plain.extend_from_slice(user);
    plain.push(b':');
    plain.extend_from_slice(password);
    // Straight into its place: other ways of this library's take the text
    // through a buffer on the stack, which nobody wipes.
    let mut text = vec![0; length.div_ceil(3) * 4];
    let written = STANDARD.encode_slice(&*plain, &mut text);
    debug_assert_eq!(written, Ok(text.len()));
    Zeroizing::new(String::from_utf8(text).expect("base64 is ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_secret_is_wiped_for_all() {
        let secret = std::sync::Arc::new(SharedSecret::new("dTpw"));
        let shared = std::sync::Arc::clone(&secret);
        let mut copy = [0; 4];
        shared.copy_to(&mut copy);
        assert_eq!(&copy, b"dTpw");
        assert_eq!(shared.reveal().as_str(), "dTpw");
        secret.wipe();
        assert_eq!(shared.reveal().as_str(), "\0\0\0\0");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn the_credentials_of_rfc_7617() {
        let credentials = basic_credentials(b"Aladdin", b"open sesame");
        assert_eq!(credentials.as_str(), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
