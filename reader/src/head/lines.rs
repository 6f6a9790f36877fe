//! A head as lines, its folds undone.

use std::borrow::Cow;

use memchr::memchr;

/// The lines of a head up to the empty one, without their ends. A line that
/// starts with white space continues the one before: RFC 9112, section 5.2, has
/// a user agent put spaces in place of the fold.
pub struct Lines<'a> {
    pub rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn physical(&mut self) -> Option<&'a [u8]> {
        let end = memchr(b'\n', self.rest)?;
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Cow::Borrowed(self.physical()?);
        // Before the status line it is passed over; else it is the end.
        while line.is_empty() {
            line = Cow::Borrowed(self.physical()?);
        }
        while matches!(self.rest.first(), Some(b' ' | b'\t')) {
            let more = self.physical()?.trim_ascii();
            let line = line.to_mut();
            line.push(b' ');
            line.extend_from_slice(more);
        }
        Some(line)
    }
}
