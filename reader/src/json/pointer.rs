//! The steps of an RFC 6901 pointer.

use std::cmp::Ordering;

/// One step of a pointer.
pub(super) struct Token<'a> {
    pub text: &'a [u8],
    /// `~0` stands for `~`, `~1` for `/`.
    pub is_escaped: bool,
    /// Of what is meant.
    pub length: usize,
}

impl<'a> Token<'a> {
    /// Splits the token that `pointer` starts with from what follows it; `None`
    /// where something else follows a tilde.
    pub fn split(pointer: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut end, mut escapes) = (0, 0);
        while let Some(&byte) = pointer.get(end) {
            match byte {
                b'/' => break,
                b'~' => {
                    if !matches!(pointer.get(end + 1), Some(b'0' | b'1')) {
                        return None;
                    }
                    escapes += 1;
                }
                _ => {}
            }
            end += 1;
        }
        let (text, rest) = pointer.split_at(end);
        let token = Self {
            text,
            is_escaped: escapes > 0,
            length: end - escapes,
        };
        Some((token, rest))
    }

    /// Compares the token with a name as names are sorted.
    pub fn compare(&self, (is_text, name): (bool, &[u8])) -> Ordering {
        if !is_text {
            return Ordering::Greater;
        }
        if !self.is_escaped {
            return self.text.cmp(name);
        }
        let mut bytes = self.text.iter();
        let meant = std::iter::from_fn(|| match bytes.next()? {
            b'~' => bytes
                .next()
                .map(|digit| [b'~', b'/'][usize::from(digit - b'0')]),
            byte => Some(*byte),
        });
        meant.cmp(name.iter().copied())
    }
}
