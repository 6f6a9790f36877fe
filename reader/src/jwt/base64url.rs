//! Base64url as JWS has it (RFC 7515, section 2): no padding, no white space,
//! no other byte, and no bit set that stands for nothing. A lax reader gives
//! one token many spellings, and a list of revoked tokens then misses some.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
    let written = URL_SAFE_NO_PAD.decode_slice(text, bytes).ok()?;
    (written == bytes.len()).then_some(())
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
}
