//! Base64url as JWS has it (RFC 7515, section 2): no padding, no white space,
//! no other byte, and no bit set that stands for nothing. A lax reader gives
//! one token many spellings, and a list of revoked tokens then misses some.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns what `text` encodes; `None` where it is not the one way to write it.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
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
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
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
                    decode(&text).is_some(),
                    alphabet.contains(&byte),
                    "{byte} at {at}"
                );
            }
        }
    }
}
