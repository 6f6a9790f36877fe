//! Whether a text gives a secret away.
//!
//! A server or a gateway may quote what it was sent, in whatever writing: as it
//! is, cut, escaped, encoded, encoded again. Its words go into a message only
//! without that. [`Secrets::are_in`] decides it in three steps:
//!
//! ```text
//! text ── readings of it, up to four steps of decoding deep (decode.rs)
//!           └─ of each its letters and digits, in one case, nothing between
//!                └─ is a run of a secret's letters and digits among them?
//! ```
//!
//! Comparing only letters and digits, case left out, makes a secret the same
//! with `/` or `_`, with or without padding, broken up by spaces, line breaks,
//! backslashes or soft hyphens.
//!
//! **How long a run must be.** 8 letters and digits are never met by chance
//! (one in 2.8 billion), are no ordinary word if there is a digit or a capital
//! among them, and what is shorter reveals nothing of a token of 44. Of a
//! shorter secret half the length counts, down to 6. A run that may be a word
//! or several (letters of one case, hyphens) counts from 16 characters on, and
//! as it is written: a token made by hand, as "impersonation-token-1", must not
//! cost a message its "impersonation token". What is below 6 letters and digits
//! counts as a whole, where it stands alone; below 4 characters it is too
//! likely a part of a word.

use std::collections::VecDeque;

use crate::decode::{is_blank, readings, unescape};

const RUN: usize = 8;
const SHORTEST_RUN: usize = 6;
const WORDS: usize = 16;
/// Below this a secret is too short to be one.
const SHORTEST_SECRET: usize = 4;
/// How a secret of Stytch starts. That much everybody knows.
const KNOWN_STARTS: [&str; 2] = ["secret-test-", "secret-live-"];

/// Encoded twice, in a body in JSON, in a page in HTML.
const DEEPEST: usize = 4;
/// How many bytes of readings are looked at, as a multiple of the text's. A
/// text that could go on for longer is made to be difficult.
const MOST_WORK: usize = 12;
const LEAST_WORK: usize = 64 * 1024;

/// What stands in place of a server's words that repeat a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// The runs of some secrets, ready to be looked for in several texts.
pub(crate) struct Secrets {
    /// Of letters and digits.
    runs: Vec<Runs>,
    /// Of all characters but white space.
    words: Vec<Runs>,
    whole: Vec<String>,
    are_ascii: bool,
    /// There is no memory to look for them with.
    is_short: bool,
}

impl Secrets {
    pub(crate) fn new(secrets: &[&str]) -> Self {
        let mut new = Self {
            runs: Vec::new(),
            words: Vec::new(),
            whole: Vec::new(),
            are_ascii: secrets.iter().all(|secret| secret.is_ascii()),
            is_short: !is_spare(64 * secrets.iter().map(|secret| secret.len()).sum::<usize>()),
        };
        if new.is_short {
            return new;
        }
        for secret in secrets {
            new.add(secret);
            // A gateway may quote what it decoded.
            if let Some(decoded) = unescape(secret) {
                new.add(&decoded);
            }
        }
        for runs in new.runs.iter_mut().chain(&mut new.words) {
            runs.prepare();
        }
        new
    }

    fn add(&mut self, secret: &str) {
        let known = KNOWN_STARTS
            .iter()
            .find_map(|start| secret.strip_prefix(start));
        let (secret, whole) = (known.unwrap_or(secret), secret);
        let bare = bare(secret);
        if bare.len() < SHORTEST_RUN {
            if secret.len() >= SHORTEST_SECRET {
                self.whole.push(secret.to_lowercase());
            }
            return;
        }
        let length = (bare.len() / 2).clamp(SHORTEST_RUN, RUN);
        let runs = Runs::of(&mut self.runs, length);
        for window in bare.windows(length) {
            if !may_be_words(secret, window) {
                runs.hashes.push(hash(window.iter().map(|at| at.folded)));
            }
        }
        let shown: Vec<char> = (whole.chars())
            .filter(|&c| !is_blank(c))
            .map(folded)
            .collect();
        let length = shown.len().min(WORDS);
        let runs = Runs::of(&mut self.words, length);
        for window in shown.windows(length) {
            runs.hashes.push(hash(window.iter().copied()));
        }
    }

    /// Whether `text` has a substantial run of one of the secrets in it, decoded
    /// or not. Takes time that is linear in the length of the text.
    ///
    /// Where memory is short, every text is taken to have one.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        if self.is_short || !is_spare(16 * text.len()) {
            return true;
        }
        if self.runs.is_empty() && self.whole.is_empty() {
            return false;
        }
        let mut work = LEAST_WORK + MOST_WORK * text.len();
        if self.are_written_in(text) {
            return true;
        }
        let mut unread = VecDeque::from([(text.to_owned(), 0)]);
        while let Some((text, depth)) = unread.pop_front() {
            for reading in readings(&text) {
                let Some(left) = work.checked_sub(reading.len()) else {
                    return true;
                };
                work = left;
                if self.are_written_in(&reading) {
                    return true;
                }
                if depth + 1 < DEEPEST {
                    unread.push_back((reading, depth + 1));
                }
            }
        }
        false
    }

    fn are_written_in(&self, text: &str) -> bool {
        // Between the letters of an ASCII secret others mean nothing: bytes
        // that were taken for Latin-1, for instance.
        let passes = if self.are_ascii { 1 } else { 2 };
        for is_ascii_only in [true, false].into_iter().take(passes) {
            let chars = || text.chars().filter(|c| c.is_ascii() || !is_ascii_only);
            let bare: Vec<char> = chars().filter_map(letter_or_digit).collect();
            if self.runs.iter().any(|runs| runs.are_in(&bare)) {
                return true;
            }
            let shown: Vec<char> = chars().filter(|&c| !is_blank(c)).map(folded).collect();
            if self.words.iter().any(|runs| runs.are_in(&shown)) {
                return true;
            }
        }
        if self.whole.is_empty() {
            return false;
        }
        let text = text.to_lowercase();
        self.whole
            .iter()
            .any(|secret| stands_alone_in(secret, &text))
    }
}

/// Whether there is memory for a search: the request was sent, so it must not
/// end the program.
fn is_spare(size: usize) -> bool {
    const LEAST: usize = 256 * 1024;
    Vec::<u8>::new().try_reserve_exact(LEAST + size).is_ok()
}

/// A letter or digit of a secret, and where it stands.
#[derive(Clone, Copy)]
struct Bare {
    folded: char,
    at: usize,
    end: usize,
}

fn bare(text: &str) -> Vec<Bare> {
    text.char_indices()
        .filter_map(|(at, c)| {
            let end = at + c.len_utf8();
            letter_or_digit(c).map(|folded| Bare { folded, at, end })
        })
        .collect()
}

fn letter_or_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    c.is_alphanumeric().then(|| folded(c))
}

fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Whether a run of a secret may be words of a sentence: letters, each word in
/// one case but for its first letter, and no signs but those between words.
fn may_be_words(secret: &str, window: &[Bare]) -> bool {
    let (Some(first), Some(last)) = (window.first(), window.last()) else {
        return false;
    };
    let run = &secret[first.at..last.end];
    run.split(['-', '_', '.', ' ']).all(|word| {
        let rest = word.chars().skip(1);
        word.chars().all(char::is_alphabetic)
            && (rest.clone().all(|c| !c.is_uppercase()) || rest.clone().all(|c| !c.is_lowercase()))
    })
}

fn stands_alone_in(secret: &str, text: &str) -> bool {
    text.match_indices(secret).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + secret.len()..].chars().next();
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_part(before) && !is_part(behind)
    })
}

/// Hashes of runs of one length (Rabin-Karp), so that a text is searched for
/// any number of them in one pass.
struct Runs {
    length: usize,
    hashes: Vec<u64>,
    /// A bit for each of the low bits of a hash: most of a text's runs are
    /// ruled out by it.
    filter: Vec<u64>,
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const FILTER_BITS: u64 = 1 << 16;

impl Runs {
    fn of(all: &mut Vec<Self>, length: usize) -> &mut Self {
        let at = all.iter().position(|runs| runs.length == length);
        let at = at.unwrap_or_else(|| {
            all.push(Self {
                length,
                hashes: Vec::new(),
                filter: Vec::new(),
            });
            all.len() - 1
        });
        &mut all[at]
    }

    fn prepare(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.filter.resize((FILTER_BITS / 64) as usize, 0);
        for hash in &self.hashes {
            let (at, bit) = place(*hash);
            self.filter[at] |= bit;
        }
    }

    fn are_in(&self, text: &[char]) -> bool {
        if text.len() < self.length || self.hashes.is_empty() {
            return false;
        }
        let top = FACTOR.wrapping_pow(u32::try_from(self.length).unwrap_or(u32::MAX));
        let (start, rest) = text.split_at(self.length);
        let mut hash = hash(start.iter().copied());
        if self.has(hash) {
            return true;
        }
        for (&gone, &come) in text.iter().zip(rest) {
            hash = step(hash, come).wrapping_sub(top.wrapping_mul(value(gone)));
            if self.has(hash) {
                return true;
            }
        }
        false
    }

    fn has(&self, hash: u64) -> bool {
        let (at, bit) = place(hash);
        self.filter[at] & bit != 0 && self.hashes.binary_search(&hash).is_ok()
    }
}

/// Which word and bit of the filter a hash has.
fn place(hash: u64) -> (usize, u64) {
    let bit = (hash >> 40) % FILTER_BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

fn value(c: char) -> u64 {
    (u64::from(c) + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn step(hash: u64, c: char) -> u64 {
    hash.wrapping_mul(FACTOR).wrapping_add(value(c))
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    chars.fold(0, step)
}

#[cfg(test)]
mod tests;
