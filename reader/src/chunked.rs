//! Chunked framing (RFC 9112, section 7.1), read on ureq's behalf.
//!
//! ureq refuses long chunk extensions, and on a malformed chunk it forgets what
//! it had decoded before it, which may be a session. So chunks are checked here
//! and passed on in their plainest form, without extensions and trailers.

/// No chunk's size line and no trailer section may be longer.
const LINE_LIMIT: usize = 8 * 1024;

/// Where in the framing the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first digit of a size, or further.
    Size {
        digits: bool,
    },
    /// After the size, up to the end of its line.
    Extension,
    SizeLineFeed,
    Data {
        left: u64,
    },
    DataReturn,
    DataLineFeed,
    /// In the trailer section; whether its line is empty so far.
    Trailer {
        is_empty: bool,
    },
    LastLineFeed,
    End,
}

#[derive(Debug)]
pub struct Chunks {
    state: State,
    size: u64,
    /// Bytes of the line that is being passed over.
    line: usize,
    /// A whole size line has come.
    has_data: bool,
}

/// The framing is malformed; what came before it was passed on.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl Default for Chunks {
    fn default() -> Self {
        Self {
            state: State::Size { digits: false },
            size: 0,
            line: 0,
            has_data: false,
        }
    }
}

impl Chunks {
    /// Whether nothing of the body has been read yet.
    pub fn is_first(&self) -> bool {
        self.state == State::Size { digits: false } && self.line == 0 && !self.has_data
    }

    /// Reads `raw` and appends its plain form to `plain`. What follows the end
    /// of the body is passed on as it is, to be noticed.
    pub fn read(&mut self, mut raw: &[u8], plain: &mut Vec<u8>) -> Result<(), Malformed> {
        while let [byte, rest @ ..] = raw {
            match self.state {
                State::Data { left } => {
                    let length =
                        usize::try_from(left).map_or(raw.len(), |left| left.min(raw.len()));
                    plain.extend_from_slice(&raw[..length]);
                    raw = &raw[length..];
                    self.state = match left - length as u64 {
                        0 => State::DataReturn,
                        left => State::Data { left },
                    };
                    continue;
                }
                State::End => {
                    plain.extend_from_slice(raw);
                    return Ok(());
                }
                _ => self.state = self.framing(*byte, plain)?,
            }
            raw = rest;
        }
        Ok(())
    }

    /// What follows a byte that is no data.
    fn framing(&mut self, byte: u8, plain: &mut Vec<u8>) -> Result<State, Malformed> {
        self.line += 1;
        if self.line > LINE_LIMIT {
            return Err(Malformed);
        }
        match (self.state, byte) {
            (State::Size { digits: true }, b'\r') | (State::Extension, b'\r') => {
                Ok(State::SizeLineFeed)
            }
            (State::Size { digits: true }, b';' | b' ' | b'\t') => Ok(State::Extension),
            (State::Size { .. }, digit) => {
                let digit = char::from(digit).to_digit(16).ok_or(Malformed)?;
                let size = self.size.checked_mul(16).ok_or(Malformed)?;
                self.size = size + u64::from(digit);
                Ok(State::Size { digits: true })
            }
            (State::Extension, b'\n') => Err(Malformed),
            (State::Extension, _) => Ok(State::Extension),
            (State::SizeLineFeed, b'\n') => {
                plain.extend_from_slice(format!("{:x}\r\n", self.size).as_bytes());
                self.line = 0;
                self.has_data = true;
                Ok(match std::mem::take(&mut self.size) {
                    0 => State::Trailer { is_empty: true },
                    left => State::Data { left },
                })
            }
            (State::DataReturn, b'\r') => Ok(State::DataLineFeed),
            (State::DataLineFeed, b'\n') => {
                plain.extend_from_slice(b"\r\n");
                self.line = 0;
                Ok(State::Size { digits: false })
            }
            (State::Trailer { is_empty: true }, b'\r') => Ok(State::LastLineFeed),
            (State::Trailer { .. }, byte) => Ok(State::Trailer {
                is_empty: byte == b'\n',
            }),
            (State::LastLineFeed, b'\n') => {
                plain.extend_from_slice(b"\r\n");
                Ok(State::End)
            }
            _ => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `raw` whole and byte by byte, which must come to the same.
    fn plain(raw: &[u8]) -> (Vec<u8>, Result<(), Malformed>) {
        let mut whole = Vec::new();
        let outcome = Chunks::default().read(raw, &mut whole);
        let (mut pieces, mut chunks) = (Vec::new(), Chunks::default());
        let in_pieces = raw
            .chunks(1)
            .try_for_each(|byte| chunks.read(byte, &mut pieces));
        assert_eq!((&whole, &outcome), (&pieces, &in_pieces));
        (whole, outcome)
    }

    #[test]
    fn chunks_lose_their_extensions_and_trailers() {
        for (raw, expected) in [
            (
                &b"5\r\nhello\r\n0\r\n\r\n"[..],
                &b"5\r\nhello\r\n0\r\n\r\n"[..],
            ),
            (b"0\r\n\r\n", b"0\r\n\r\n"),
            (
                b"00000A\r\n0123456789\r\n0\r\n\r\n",
                b"a\r\n0123456789\r\n0\r\n\r\n",
            ),
            (
                b"1 ; a=\"a long extension, quoted\"\r\nx\r\n0;b\r\n\r\n",
                b"1\r\nx\r\n0\r\n\r\n",
            ),
            (
                b"1\r\nx\r\n0\r\nDate: now\r\nX: y\r\n\r\n",
                b"1\r\nx\r\n0\r\n\r\n",
            ),
            (b"1\r\nx\r\n0\r\n\r\nmore", b"1\r\nx\r\n0\r\n\r\nmore"),
            (b"1\r\nx\r\n", b"1\r\nx\r\n"),
        ] {
            assert_eq!(plain(raw), (expected.to_vec(), Ok(())));
        }
    }

    #[test]
    fn what_came_before_a_malformed_chunk_is_kept() {
        for (raw, expected) in [
            (&b"1\r\nx\r\nzz\r\n"[..], &b"1\r\nx\r\n"[..]),
            (b"1\r\nx\r\n\r\n", b"1\r\nx\r\n"),
            (b"1\r\nxy\r\n", b"1\r\nx"),
            (b"1\nx", b""),
            (b"-1\r\n", b""),
            (b";a\r\n", b""),
            (b"10000000000000000\r\n", b""),
        ] {
            assert_eq!(plain(raw), (expected.to_vec(), Err(Malformed)));
        }
        let endless = [b"1;".to_vec(), vec![b'a'; LINE_LIMIT]].concat();
        assert_eq!(plain(&endless), (Vec::new(), Err(Malformed)));
    }
}
