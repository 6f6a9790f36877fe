//! Strings: where they end, and what their escapes mean. Most of a response is
//! inside strings, so the pass spends its time here.

use std::hint::black_box;

use super::node::{ESCAPED, LONE, NUL};

/// How many bytes are looked at together.
const BLOCK: usize = 16;
/// So many bytes behind the text make every look a whole block.
pub const PADDING: usize = BLOCK;

/// Where the first byte from `at` on is that does not stand in a string for
/// itself: a quote, a backslash or a control character; or the end of `text`.
#[inline(always)]
pub fn plain_end(text: &[u8], at: usize) -> usize {
    let mut at = at as u32;
    loop {
        let start = at as usize;
        let block = text.get(start..start + BLOCK);
        let Some(block) = block.and_then(|block| block.first_chunk()) else {
            return plain_tail(text, start);
        };
        // The compiler makes a handful of vector instructions of this, but
        // only as long as it cannot see what becomes of the marks: otherwise
        // it takes the bytes one by one.
        let marks: [u8; BLOCK] = black_box(block.map(mark));
        let (words, _) = marks.as_chunks::<8>();
        let low = u64::from_le_bytes(words[0]);
        if low != 0 {
            return start + low.trailing_zeros() as usize / 8;
        }
        let high = u64::from_le_bytes(words[1]);
        if high != 0 {
            return start + 8 + high.trailing_zeros() as usize / 8;
        }
        at += BLOCK as u32;
    }
}

/// The same for the last few bytes of `text`.
#[cold]
#[inline(never)]
fn plain_tail(text: &[u8], at: usize) -> usize {
    let tail = text.iter().skip(at);
    at + tail.take_while(|byte| mark(**byte) == 0).count()
}

/// Not zero for a byte that does not stand in a string for itself. With bit 1
/// turned, a quote is 0x20 and a space is not: below 0x21 are then the quote and
/// the control characters.
#[inline(always)]
fn mark(byte: u8) -> u8 {
    let is_backslash = if byte == b'\\' { 0xFF } else { 0 };
    0x21_u8.saturating_sub(byte ^ 0x02) | is_backslash
}

/// Returns where the string of a text that was accepted ends, behind its
/// closing quote; `at` is behind the opening one.
pub fn accepted_end(text: &[u8], mut at: usize) -> usize {
    loop {
        at = plain_end(text, at);
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
}

/// A string with escapes that was decoded where it stood.
pub struct Decoded {
    pub length: usize,
    pub flags: u8,
    /// Behind the closing quote.
    pub end: usize,
}

/// Decodes the string that starts at `start` and is plain up to `at`, where an
/// escape is, or a byte that may not be in a string: then the result is `None`.
/// The decoded bytes move to the front and are followed by a NUL.
#[cold]
pub fn decode(text: &mut [u8], start: usize, mut at: usize) -> Option<Decoded> {
    let mut flags = ESCAPED;
    let mut to = at;
    loop {
        match text[at] {
            b'"' => {
                text[to] = 0;
                return Some(Decoded {
                    length: to - start,
                    flags,
                    end: at + 1,
                });
            }
            b'\\' => {
                let simple = match *text.get(at + 1)? {
                    escape @ (b'"' | b'\\' | b'/') => escape,
                    b'b' => 0x08,
                    b'f' => 0x0C,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'u' => {
                        let (character, length) = unicode_escape(&text[at..])?;
                        flags |= match character {
                            None => LONE,
                            Some('\0') => NUL,
                            Some(_) => 0,
                        };
                        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                        to += character.encode_utf8(&mut text[to..]).len();
                        at += length;
                        continue;
                    }
                    _ => return None,
                };
                text[to] = simple;
                to += 1;
                at += 2;
            }
            _ => {
                let end = plain_end(text, at);
                if end == at {
                    return None;
                }
                text.copy_within(at..end, to);
                to += end - at;
                at = end;
            }
        }
    }
}

/// Reads `\uXXXX`, or a pair of them, and says how long it is. `None` where
/// there are not four hexadecimal digits; no character where a surrogate
/// stands alone.
fn unicode_escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix(br"\u")?;
        escape.iter().try_fold(0, |value, &digit| {
            Some(value << 4 | char::from(digit).to_digit(16)?)
        })
    };
    let first = unit(0)?;
    if let 0xD800..=0xDBFF = first
        && let Some(second @ 0xDC00..=0xDFFF) = unit(6)
    {
        let character = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return Some((char::from_u32(character), 12));
    }
    Some((char::from_u32(first), 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that differ from a special byte in one bit among them.
    const PLAIN: [u8; 12] = [
        0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0x9F, 0xA0, 0xA2, 0xDC, 0xFF,
    ];

    #[test]
    fn a_special_byte_is_found_at_every_offset() {
        for special in [b'"', b'\\', 0x00, 0x1F, b'\n', b'\r'] {
            for at in 0..40 {
                let mut text: Vec<u8> = PLAIN.into_iter().cycle().take(40).collect();
                assert_eq!(plain_end(&text, 0), 40);
                text[at] = special;
                assert_eq!(plain_end(&text, 0), at);
                // What comes behind the first one does not count.
                text[at..].fill(special);
                assert_eq!(plain_end(&text, 0), at);
            }
        }
    }

    #[test]
    fn every_byte_is_told() {
        for byte in 0..=u8::MAX {
            let expected = byte >= 0x20 && byte != b'"' && byte != b'\\';
            assert_eq!(mark(byte) == 0, expected, "{byte}");
            assert_eq!(plain_end(&[byte; 17], 0) == 17, expected, "{byte}");
        }
    }
}
