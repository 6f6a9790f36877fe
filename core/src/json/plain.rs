//! How far a string goes without a quote, a backslash or a control character.
//! Most of an answer is inside strings, so its check spends its time here.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the first byte from `at` on is that does not stand in a string for
/// itself, or the end of `text`. Not inlined: among the scanner's other values
/// its constants would find no registers.
#[inline(never)]
pub fn plain_end(text: &[u8], mut at: usize) -> usize {
    let Some(rest) = text.get(at..) else {
        return text.len();
    };
    for block in rest.as_chunks::<16>().0 {
        // The compiler makes a handful of vector instructions of this.
        let is_plain = block.iter().fold(true, |all, byte| all & is_plain(*byte));
        if !is_plain {
            let (words, _) = block.as_chunks::<8>();
            let low = special(u64::from_le_bytes(words[0]));
            if low != 0 {
                return at + low.trailing_zeros() as usize / 8;
            }
            let high = special(u64::from_le_bytes(words[1]));
            return at + 8 + high.trailing_zeros() as usize / 8;
        }
        at += 16;
    }
    plain_tail(text, at)
}

/// The same for the last few bytes of `text`.
#[cold]
fn plain_tail(text: &[u8], at: usize) -> usize {
    let tail = text.iter().skip(at);
    at + tail.take_while(|byte| is_plain(**byte)).count()
}

/// With bit 1 turned, a quote is 0x20 and a space is not: below 0x21 are then
/// the quote and the control characters.
#[inline(always)]
fn is_plain(byte: u8) -> bool {
    (byte ^ 0x02 >= 0x21) & (byte != b'\\')
}

/// The high bit of each byte that is not plain. A borrow may mark a byte
/// wrongly, but only one behind a byte that is marked rightly.
#[inline(always)]
fn special(word: u64) -> u64 {
    let below = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (below | backslash) & !word & HIGH
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
            assert_eq!(is_plain(byte), expected, "{byte}");
            let word = u64::from_le_bytes([byte; 8]);
            assert_eq!(special(word) == 0, expected, "{byte}");
        }
    }
}
