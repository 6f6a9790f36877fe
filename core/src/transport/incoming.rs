//! What arrives on a connection, on its way to ureq.
//!
//! One buffer, in which three things are made of a response while it arrives:
//! interim responses vanish, the final head makes way for a plain one, and
//! chunks lose their extensions and trailers.
//!
//! ```text
//!   begin()                       final head is whole
//!   ------> AwaitsHead ----------------------------------> Body: length, or to the end
//!            |      ^                      |
//!            |      | interim dropped      +-------------> Body: chunked
//!            +------+                                         |
//!                                                             v malformed
//!   what ureq has not consumed:                            error, behind
//!                                                          what came before
//!   | consumed | ready for ureq ....... | free ........ |
//!              ^ filled.start           ^ filled.end    ^ buffer.len()
//! ```
//!
//! Invariants: `filled` lies within the buffer; of a head that is not whole,
//! ureq sees nothing; behind `touched` the buffer is zero.

use std::ops::Range;
use std::time::Duration;

use stytch_reader::chunked::Chunks;
use stytch_reader::head;
use stytch_reader::wipe::wipe;

use super::call_state::CallState;
use super::failure::{Cause, Failure};
use super::limits::{HEADER_LIMIT, MOST_INTERIM};

/// Room for a usual response.
const USUAL_SIZE: usize = 8 * 1024;
/// Room for a TLS record of the largest size. What grew up to here is kept for
/// the next response.
const SIZE: usize = 16 * 1024;

#[derive(Default)]
pub struct Incoming {
    buffer: Vec<u8>,
    /// What has arrived and was not consumed.
    filled: Range<usize>,
    /// How far the buffer was ever filled since it was wiped.
    touched: usize,
    made_progress: bool,
    awaits_head: bool,
    interim: usize,
    /// The head that ureq gets, while it is made.
    plain: Vec<u8>,
    /// Where the first line of the head starts that is not whole.
    head_line: usize,
    /// What the head says of the connection after this response.
    may_live_on: bool,
    keep_alive: Option<Duration>,
    /// The framing of the body that is being read, if it is chunked.
    chunks: Option<Chunks>,
    /// The rest of the body cannot be read.
    is_malformed: bool,
}

impl Incoming {
    /// Expects the response to a request.
    pub fn begin(&mut self) {
        self.awaits_head = true;
        self.interim = 0;
        self.head_line = 0;
        self.may_live_on = false;
        self.keep_alive = None;
        self.chunks = None;
    }

    /// Makes room behind what has arrived, and lends it.
    pub fn free(&mut self) -> &mut [u8] {
        self.make_room();
        &mut self.buffer[self.filled.end..]
    }

    fn make_room(&mut self) {
        if self.filled.start > 0 {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        if self.filled.end == self.buffer.len() {
            // Beyond `SIZE` only for large headers, which end at 64 KiB.
            let size = match self.buffer.len() {
                0 => USUAL_SIZE,
                length => (length / SIZE + 1) * SIZE,
            };
            let mut larger = vec![0; size];
            larger[..self.filled.end].copy_from_slice(&self.buffer[..self.filled.end]);
            self.buffer = larger;
        }
    }

    /// Takes `count` bytes that were put into the free room; `false` if there is
    /// nothing for ureq to see yet.
    pub fn arrived(&mut self, count: usize, state: &CallState) -> Result<bool, Failure> {
        let start = self.filled.end;
        self.filled.end += count;
        self.touched = self.touched.max(self.filled.end);
        if self.awaits_head {
            self.pass_head(state)
        } else {
            Ok(self.pass_chunks(start))
        }
    }

    /// Whether the rest of the body cannot be read.
    pub fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    /// Whether the head, and the body so far, let the connection live on.
    pub fn may_live_on(&self) -> bool {
        self.may_live_on && !self.is_malformed
    }

    /// How long the server keeps the connection when it is idle, if it said so.
    pub fn keep_alive(&self) -> Option<Duration> {
        self.keep_alive
    }

    /// Looks at what has arrived of a head. Whole interim responses are dropped
    /// from the front of the input (RFC 9110, section 15.2), and a whole final
    /// head makes way for a plain one; `false` if ureq has nothing to see yet.
    fn pass_head(&mut self, state: &CallState) -> Result<bool, Failure> {
        let broken = |text: String| state.failure(Cause::Broken(text.into()));
        loop {
            let input = &self.buffer[self.filled.clone()];
            if !head::is_plausible(input) {
                return Err(broken("the response is not HTTP".to_owned()));
            }
            let length = head::length(input, &mut self.head_line);
            if length.unwrap_or(input.len()) > HEADER_LIMIT {
                let text = "the response's header is longer than 64 KiB";
                return Err(broken(text.to_owned()));
            }
            let Some(length) = length else {
                return Ok(false);
            };
            self.head_line = 0;
            let whole = &input[..length];
            if !head::is_interim(whole) {
                let head = head::read(whole, &mut self.plain).map_err(|head::Bad(words)| {
                    broken(format!("the response is not valid HTTP: {words}"))
                })?;
                state.received(head.status);
                self.awaits_head = false;
                self.may_live_on = head.may_live_on;
                self.keep_alive = head.keep_alive;
                let body = self.put_plain_head(length);
                if head.is_chunked {
                    self.chunks = Some(Chunks::default());
                    self.pass_chunks(body);
                }
                return Ok(true);
            }
            self.filled.start += length;
            self.interim += 1;
            if self.interim > MOST_INTERIM {
                let text = "the peer sent more than 64 interim responses";
                return Err(broken(text.to_owned()));
            }
        }
    }

    /// Puts a plain head in place of the one at the front of the input, and
    /// returns where the body starts.
    fn put_plain_head(&mut self, length: usize) -> usize {
        let plain = &self.plain[..];
        let body = self.filled.start + length;
        if let Some(start) = body.checked_sub(plain.len()) {
            self.buffer[start..body].copy_from_slice(plain);
            self.filled.start = start;
            return body;
        }
        // It is longer, if the head was short and the connection is to close.
        let more = plain.len() - body;
        self.buffer.splice(..body, plain.iter().copied());
        self.filled = 0..self.filled.end + more;
        self.touched += more;
        plain.len()
    }

    /// Reads what came of a chunked body from `start` on; `false` where nothing
    /// of it can be passed on yet.
    fn pass_chunks(&mut self, start: usize) -> bool {
        let Some(chunks) = &mut self.chunks else {
            return true;
        };
        let raw = self.buffer[start..self.filled.end].to_vec();
        let size = self.buffer.len();
        self.buffer.truncate(start);
        let is_first = chunks.is_first();
        self.is_malformed = chunks.read(&raw, &mut self.buffer).is_err();
        if self.is_malformed && is_first && self.buffer.len() == start {
            // Not chunks at all. What it is belongs to the caller all the same.
            let size = format!("{:x}\r\n", raw.len());
            self.buffer.extend_from_slice(size.as_bytes());
            self.buffer.extend_from_slice(&raw);
            self.buffer.extend_from_slice(b"\r\n");
        }
        self.filled.end = self.buffer.len();
        self.touched = self.touched.max(self.filled.end);
        // A size line that came in pieces may take more room than its last one.
        self.buffer.resize(size.max(self.filled.end), 0);
        self.filled.end > start
    }

    /// What has arrived and was not consumed.
    pub fn ready(&self) -> &[u8] {
        &self.buffer[self.filled.clone()]
    }

    pub fn consume(&mut self, amount: usize) {
        self.made_progress = amount > 0;
        self.filled.start += amount;
    }

    /// Whether there is input, and the last look at it used some.
    pub fn can_be_used(&self) -> bool {
        self.made_progress && !self.filled.is_empty()
    }

    /// Wipes what the last response left, and gives back what it took beyond
    /// the usual size.
    pub fn clear(&mut self) {
        if self.buffer.len() > SIZE {
            self.buffer = Vec::new();
        } else {
            wipe(&mut self.buffer[..self.touched]);
        }
        wipe(&mut self.plain);
        self.filled = 0..0;
        self.touched = 0;
    }
}
