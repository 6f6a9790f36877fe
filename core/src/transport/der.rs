//! The little of DER that is needed to tell where a certificate ends.

pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const CONTEXT_0: u8 = 0xA0;
pub const CONTEXT_3: u8 = 0xA3;

pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

/// Splits `input` behind its first element; `None` where that is not whole, or
/// has a tag or a length that no certificate has.
pub fn split(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let [tag, first, rest @ ..] = input else {
        return None;
    };
    if tag & 0x1F == 0x1F {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = bytes.iter().try_fold(0usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &input[..input.len() - rest.len()];
    let element = Element {
        tag: *tag,
        content,
        whole,
    };
    Some((element, rest))
}
