//! Base64url as JWS has it (RFC 7515, section 2): no padding, no white space,
//! no other byte, and no bit set that stands for nothing. A lax reader gives
//! one token many spellings, and a list of revoked tokens then misses some.
//!
//! The base64 crate refuses the same, and a test below compares with it. What is
//! here takes half of its instructions: of all that local verification does
//! beside the signature, reading base64url is the largest part.
//!
//! ```text
//! text    Z         m         9         v            four letters of six bits
//!         │         │         │         │
//!         011001·   100110·   111101·   101111·      looked up in a table each, which has them
//!         └─ << 18  └─ << 12  └─ << 6   └─ << 0      where they belong in 24 bits
//!         01100110  01101111  01101111               three bytes
//! ```
//!
//! A byte that is no letter has [`BAD`] in each table. No letter has that bit, so
//! whether there was such a byte is asked once, behind the last letter.

/// Returns what `text` encodes, or why there is nothing.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Undecoded> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(decoded_length(text))
        .map_err(|_| Undecoded::OutOfMemory)?;
    bytes.resize(decoded_length(text), 0);
    decode_into(text, &mut bytes).ok_or(Undecoded::Malformed)?;
    Ok(bytes)
}

/// Writes what `text` encodes to `bytes`, which have the decoded length;
/// `None` where it is not the one way to write any bytes.
pub fn decode_into(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    if bytes.len() != decoded_length(text) {
        return None;
    }
    // Eight letters at a time, and six bytes: a few large stores cost less.
    let (eights, rest) = text.as_chunks::<8>();
    let (sixes, last) = bytes.as_chunks_mut::<6>();
    let mut seen = 0;
    for (eight, six) in eights.iter().zip(sixes) {
        let [a, b, c, d, e, f, g, h] = eight;
        let (front, back) = (group([a, b, c, d]), group([e, f, g, h]));
        seen |= front | back;
        let bits = u64::from(front) << 40 | u64::from(back) << 16;
        six.copy_from_slice(&bits.to_be_bytes()[..6]);
    }
    let (fours, rest) = rest.as_chunks::<4>();
    let (threes, last) = last.as_chunks_mut::<3>();
    for (four, three) in fours.iter().zip(threes) {
        let bits = group(four.each_ref());
        seen |= bits;
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    // "A" stands for zeros. What it fills up is checked to be zeros.
    let (bits, unused) = match rest {
        [] => (0, 0),
        [a, b] => (group([a, b, &b'A', &b'A']), 0xFFFF),
        [a, b, c] => (group([a, b, c, &b'A']), 0xFF),
        _ => return None,
    };
    for (byte, decoded) in last.iter_mut().zip(&bits.to_be_bytes()[1..]) {
        *byte = *decoded;
    }
    ((seen | bits) & BAD == 0 && bits & unused == 0).then_some(())
}

/// The 24 bits of four letters.
#[inline(always)]
fn group(letters: [&u8; 4]) -> u32 {
    let bits = |at: usize| LETTERS[at][usize::from(*letters[at])];
    bits(0) | bits(1) | bits(2) | bits(3)
}

const BAD: u32 = 1 << 31;

/// What each byte means as the first, second, third and fourth of four letters.
static LETTERS: [[u32; 256]; 4] = [table(18), table(12), table(6), table(0)];

const fn table(shift: u32) -> [u32; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut table = [BAD; 256];
    let mut value = 0;
    while value < alphabet.len() {
        table[alphabet[value] as usize] = (value as u32) << shift;
        value += 1;
    }
    table
}

/// Returns how many bytes a text of good form encodes.
pub fn decoded_length(text: &[u8]) -> usize {
    text.len() / 4 * 3 + text.len() % 4 * 3 / 4
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecoded {
    /// It is not the one way to write any bytes.
    Malformed,
    OutOfMemory,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling() {
        assert_eq!(decode(b"").unwrap(), b"");
        assert_eq!(decode(b"-_8").unwrap(), b"\xFB\xFF");
        assert_eq!(decode(b"Zm9v").unwrap(), b"foo");
        for text in [
            "A", "AAAAA", "+/8", "-_8=", "Zg==", "Zm9v=", "=", "-_9", "Zh", "Zm9v\n", "Zm\n9v",
            " Zm9v", "Zm9v ", "Zm 9v", "Zm.v", "Zm9v\0", "Zmé9", "Zm%3D",
        ] {
            assert_eq!(
                decode(text.as_bytes()),
                Err(Undecoded::Malformed),
                "{text:?}"
            );
        }
    }

    #[test]
    fn every_byte_outside_the_alphabet_is_refused_everywhere() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut text = [b'A'; 40];
                text[at] = byte;
                assert_eq!(
                    decode(&text).is_ok(),
                    alphabet.contains(&byte),
                    "{byte} at {at}"
                );
            }
        }
    }

    /// The base64 crate is the judge: for every length, random letters, and then
    /// the same with one byte, or the last letter's bits, changed.
    #[test]
    fn the_base64_crate_says_the_same() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let judge = |text: &[u8]| {
            let ours = decode(text).ok();
            assert_eq!(ours, URL_SAFE_NO_PAD.decode(text).ok(), "{text:?}");
            // A length that is not the text's is refused, whatever the text.
            for length in [
                decoded_length(text) + 1,
                decoded_length(text).wrapping_sub(1),
            ] {
                let mut bytes = vec![0; length.min(1000)];
                assert_eq!(decode_into(text, &mut bytes), None);
            }
            ours.is_some()
        };
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize
        };
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (mut good, mut bad) = (0, 0);
        for length in 0..200 {
            for _ in 0..40 {
                let mut text: Vec<u8> = (0..length).map(|_| alphabet[random() % 64]).collect();
                if judge(&text) {
                    good += 1;
                }
                // A letter without any bits set is good everywhere.
                if let Some(last) = text.last_mut() {
                    *last = b'A';
                    assert_eq!(judge(&text), length % 4 != 1);
                    let at = random() % length;
                    text[at] = random() as u8;
                    if !judge(&text) {
                        bad += 1;
                    }
                }
            }
        }
        assert!(good > 2000 && bad > 3000, "{good} {bad}");
        // All spellings of one and of two bytes, and of what is too short.
        for first in 0..=u8::MAX {
            judge(&[first]);
            for second in 0..=u8::MAX {
                judge(&[first, second]);
                judge(&[b'Z', first, second]);
            }
        }
    }
}
