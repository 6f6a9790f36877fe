//! RFC 8259, as an answer needs it: one pass that says whether a complete
//! object stands at the front, and an index of it that is built when asked.
//!
//! serde_json would refuse what must not lose a session (lone surrogates,
//! numbers out of range, deep nesting, bytes after the object) and would not
//! keep the text as received; see "A spent token is never lost" in the header.

mod document;
mod fields;

pub use document::{Document, Value};
pub use fields::{Field, Fields};

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
    let mut at = skip_space(text, start_of_document(text));
    if *text.get(at)? != b'{' {
        return None;
    }
    let mut open: Vec<u8> = Vec::new();
    loop {
        // A value starts here.
        match *text.get(at)? {
            b'{' => {
                events.open(Kind::Object, at);
                at = skip_space(text, at + 1);
                if *text.get(at)? == b'}' {
                    at += 1;
                    events.close(at);
                } else {
                    open.push(b'}');
                    at = key(text, at, events)?;
                    continue;
                }
            }
            b'[' => {
                events.open(Kind::Array, at);
                at = skip_space(text, at + 1);
                if *text.get(at)? == b']' {
                    at += 1;
                    events.close(at);
                } else {
                    open.push(b']');
                    continue;
                }
            }
            b'"' => {
                let (end, escaped) = string_end(text, at + 1)?;
                events.string(false, at + 1, end, escaped);
                at = end + 1;
            }
            _ => {
                let (kind, end) = scalar(text, at)?;
                events.scalar(kind, at, end);
                at = end;
            }
        }
        // A value has ended: close what it closes, then on to the next one.
        loop {
            let Some(closer) = open.last() else {
                return Some(at);
            };
            at = skip_space(text, at);
            let byte = *text.get(at)?;
            if byte == *closer {
                at += 1;
                open.pop();
                events.close(at);
            } else if byte == b',' {
                at = skip_space(text, at + 1);
                if *closer == b'}' {
                    at = key(text, at, events)?;
                }
                break;
            } else {
                return None;
            }
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

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Reads `"key" :` at `at` and returns where the value starts.
fn key(text: &[u8], at: usize, events: &mut impl Events) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let (end, escaped) = string_end(text, at + 1)?;
    events.string(true, at + 1, end, escaped);
    let at = skip_space(text, end + 1);
    (*text.get(at)? == b':').then(|| skip_space(text, at + 1))
}

/// Finds the closing quote of the string whose text starts at `at`.
fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += plain_length(&text[at..]);
        match *text.get(at)? {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
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
    }
}

/// How many bytes at the front are neither quote, backslash nor control:
/// eight at a time, since most of an answer is inside strings.
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut length = 0;
    for chunk in text.chunks_exact(8) {
        let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let special = has_zero(word ^ (ONES * 0x22)) | has_zero(word ^ (ONES * 0x5C)) | control;
        if special != 0 {
            // The lowest marked byte is exact; a borrow can only mark later ones.
            return length + special.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length
        + text[length..]
            .iter()
            .take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
            .count()
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | char::from(digit).to_digit(16)?)
    })
}

fn scalar(text: &[u8], at: usize) -> Option<(Kind, usize)> {
    let rest = &text[at..];
    for (word, kind) in [
        (&b"null"[..], Kind::Null),
        (b"true", Kind::Bool),
        (b"false", Kind::Bool),
    ] {
        if rest.starts_with(word) {
            return Some((kind, at + word.len()));
        }
    }
    number_length(rest).map(|length| (Kind::Number, at + length))
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
