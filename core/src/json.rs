//! RFC 8259, as an answer needs it: one pass that says whether a complete
//! object stands at the front, and an index of it that is built when asked.
//!
//! serde_json would refuse what must not lose a session (lone surrogates,
//! numbers out of range, deep nesting, bytes after the object) and would not
//! keep the text as received; see "A spent token is never lost" in the header.

mod document;
mod fields;
mod plain;
pub mod strict;

pub use document::{Document, Value};
pub use fields::{Field, Fields};

use plain::plain_end;

/// What the scanner reports, in document order. Offsets are into the text.
trait Events {
    fn open(&mut self, kind: Kind, start: usize);
    fn close(&mut self, end: usize);
    /// `start..end` is what stands between the quotes.
    fn string(&mut self, is_key: bool, start: usize, end: usize, escaped: bool);
    fn scalar(&mut self, kind: Kind, start: usize, end: usize);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// Scans the object at the front of `text` and returns where it ends, or
/// `None` where no complete one stands there. Nesting costs a byte a level,
/// never the stack.
fn scan(text: &[u8], events: &mut impl Events) -> Option<usize> {
    let (mut at, mut byte) = skip_space(text, start_of_document(text));
    if byte != b'{' {
        return None;
    }
    // The closing brackets of what is open, innermost last.
    let mut open: Vec<u8> = Vec::with_capacity(16);
    loop {
        // A value starts at `at`, with `byte`.
        match byte {
            b'"' => {
                let (end, escaped) = string_end(text, at + 1)?;
                events.string(false, at + 1, end, escaped);
                at = end + 1;
            }
            b'{' => {
                events.open(Kind::Object, at);
                (at, byte) = skip_space(text, at + 1);
                if byte != b'}' {
                    open.push(b'}');
                    (at, byte) = key(text, at, byte, events)?;
                    continue;
                }
                at += 1;
                events.close(at);
            }
            b'[' => {
                events.open(Kind::Array, at);
                (at, byte) = skip_space(text, at + 1);
                if byte != b']' {
                    open.push(b']');
                    continue;
                }
                at += 1;
                events.close(at);
            }
            _ => {
                let (kind, end) = scalar(text, at)?;
                events.scalar(kind, at, end);
                at = end;
            }
        }
        // A value has ended: close what it closes, then on to the next one.
        loop {
            let Some(&closer) = open.last() else {
                return Some(at);
            };
            (at, byte) = skip_space(text, at);
            if byte == b',' {
                (at, byte) = skip_space(text, at + 1);
                if closer == b'}' {
                    (at, byte) = key(text, at, byte, events)?;
                }
                break;
            }
            if byte != closer {
                return None;
            }
            at += 1;
            open.pop();
            events.close(at);
        }
    }
}

/// RFC 8259, section 8.1, lets a reader pass over a byte order mark.
fn start_of_document(text: &[u8]) -> usize {
    if text.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    }
}

/// The byte at `at`; behind the end a NUL, which no JSON has outside strings.
#[inline(always)]
fn byte_at(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// Where the next token starts, and its first byte.
#[inline(always)]
fn skip_space(text: &[u8], at: usize) -> (usize, u8) {
    let byte = byte_at(text, at);
    // Stytch writes no white space, so this is nearly always the way out.
    if byte > b' ' {
        return (at, byte);
    }
    skip_some_space(text, at)
}

#[cold]
fn skip_some_space(text: &[u8], at: usize) -> (usize, u8) {
    let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let at = at + text.iter().skip(at).take_while(space).count();
    (at, byte_at(text, at))
}

/// Reads `"key" :` at `at` and returns where the value starts, and its first
/// byte.
#[inline(always)]
fn key(text: &[u8], at: usize, byte: u8, events: &mut impl Events) -> Option<(usize, u8)> {
    if byte != b'"' {
        return None;
    }
    let (end, escaped) = string_end(text, at + 1)?;
    events.string(true, at + 1, end, escaped);
    let (at, byte) = skip_space(text, end + 1);
    (byte == b':').then(|| skip_space(text, at + 1))
}

/// Returns whether RFC 8259 has this byte between tokens.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Finds the closing quote of the string whose text starts at `at`.
#[inline(always)]
fn string_end(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let at = plain_end(text, at);
    if byte_at(text, at) == b'"' {
        return Some((at, false));
    }
    escaped_string_end(text, at).map(|end| (end, true))
}

/// The same from an escape on, or from what may not stand in a string.
#[cold]
fn escaped_string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *text.get(at)? {
            b'"' => return Some(at),
            b'\\' => {
                at += match *text.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' => {
                        hex4(text.get(at + 2..at + 6)?)?;
                        6
                    }
                    _ => return None,
                };
            }
            _ => return None,
        }
        at = plain_end(text, at);
    }
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | char::from(digit).to_digit(16)?)
    })
}

fn scalar(text: &[u8], at: usize) -> Option<(Kind, usize)> {
    let (word, kind): (&[u8], _) = match byte_at(text, at) {
        b'n' => (b"null", Kind::Null),
        b't' => (b"true", Kind::Bool),
        b'f' => (b"false", Kind::Bool),
        _ => return number_length(&text[at..]).map(|length| (Kind::Number, at + length)),
    };
    text[at..]
        .starts_with(word)
        .then_some((kind, at + word.len()))
}

fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match text.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits(at),
        _ => return None,
    };
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

/// Resolves the escapes of `raw`, which the scanner has accepted, and hands the
/// pieces to `push`; together they are never longer than `raw`. Says whether
/// the result is what was meant: a lone surrogate has no UTF-8.
fn unescape(raw: &[u8], mut push: impl FnMut(&[u8])) -> bool {
    let mut is_text = true;
    let mut at = 0;
    while at < raw.len() {
        if raw[at] != b'\\' {
            let end = raw[at..]
                .iter()
                .position(|&byte| byte == b'\\')
                .map_or(raw.len(), |length| at + length);
            push(&raw[at..end]);
            at = end;
            continue;
        }
        let simple = match raw[at + 1] {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (character, length) = unicode_escape(&raw[at..]);
                is_text &= character.is_some();
                let mut utf8 = [0; 4];
                let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                push(character.encode_utf8(&mut utf8).as_bytes());
                at += length;
                continue;
            }
            other => other,
        };
        push(&[simple]);
        at += 2;
    }
    is_text
}

/// Reads `\uXXXX`, or a pair of them, and says how long it is; `None` for a
/// surrogate that stands alone.
fn unicode_escape(raw: &[u8]) -> (Option<char>, usize) {
    let unit = |at: usize| {
        (raw.get(at..at + 2)? == br"\u")
            .then(|| hex4(raw.get(at + 2..at + 6)?))
            .flatten()
    };
    let first = unit(0).unwrap_or(0xD800);
    match (first, unit(6)) {
        (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) => {
            let character = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            (char::from_u32(character), 12)
        }
        _ => (char::from_u32(first), 6),
    }
}

#[cfg(test)]
mod tests;
