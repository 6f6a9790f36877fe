//! A connection that counts what it sends: what stands behind ureq's
//! `Transport`, ours throughout. See `lease` for how ureq gets hold of it.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::time::Duration;

use super::call_state::CallState;
use super::chunked::{Chunks, read_head};
use super::failure::{Cause, Failure};
use super::limits::MOST_INTERIM;
use super::socket::Socket;
use super::sockets::Place;
use super::tls::{Tls, would_block};
use super::wipe::wipe;
use crate::outcome::Phase;
use crate::planted::{self, Point};
use crate::secret::SharedSecret;

/// Room for the usual response, and for a TLS record of the largest size.
const INPUT_SIZE: usize = 16 * 1024;
/// The smallest buffer for a request.
const OUTPUT_SIZE: usize = 1024;

pub struct Connection {
    /// Dropped before the socket, as it must be.
    _place: Place,
    socket: Socket,
    tls: Option<Tls>,
    input: Vec<u8>,
    /// What of `input` has come and was not consumed.
    filled: Range<usize>,
    /// How far `input` was ever filled since it was wiped.
    touched: usize,
    made_progress: bool,
    output: Vec<u8>,
    /// How much of `output` waits to be sent. Head and body of a request are
    /// sent together, when the response is first waited for.
    pending: usize,
    awaits_head: bool,
    interim: usize,
    /// The framing of the body that is being read, if it is chunked.
    chunks: Option<Chunks>,
    /// The rest of the body cannot be read.
    is_malformed: bool,
    /// Why the rest of a request could not be sent, until it is known whether
    /// the peer has responded all the same.
    send_failure: Option<Failure>,
}

impl Connection {
    pub fn new(place: Place, socket: Socket, tls: Option<Tls>) -> Self {
        Self {
            _place: place,
            socket,
            tls,
            input: Vec::new(),
            filled: 0..0,
            touched: 0,
            made_progress: false,
            output: Vec::new(),
            pending: 0,
            awaits_head: false,
            interim: 0,
            chunks: None,
            is_malformed: false,
            send_failure: None,
        }
    }

    /// Sends what is pending, with the credentials in it, and counts it as the
    /// request's.
    fn send(
        &mut self,
        credentials: Option<&SharedSecret>,
        state: &CallState,
    ) -> Result<(), Failure> {
        planted::here(Point::BeforeSending);
        state.enter(Phase::Send);
        if let Some(credentials) = credentials {
            self.add_authorization(credentials);
        }
        let pending = std::mem::take(&mut self.pending);
        let mut output = std::mem::take(&mut self.output);
        let outcome = self.send_all(&output[..pending], state);
        // The buffer lives on with the connection, the token in it must not.
        wipe(&mut output[..pending]);
        self.output = output;
        self.awaits_head = true;
        self.interim = 0;
        self.chunks = None;
        match outcome {
            // A peer that responds before it has read all, and closes, has
            // still responded.
            Err(failure) if failure.request_sent && !matches!(failure.cause, Cause::Deadline) => {
                self.send_failure = Some(failure);
            }
            Err(failure) => return Err(failure),
            Ok(()) => {}
        }
        state.enter(Phase::AwaitResponse);
        planted::here(Point::AfterSending);
        Ok(())
    }

    /// Writes the `Authorization` field (RFC 7617) behind the request line.
    /// ureq never sees the credentials, so no copy of them waits with it.
    fn add_authorization(&mut self, credentials: &SharedSecret) {
        const NAME: &[u8] = b"Authorization: Basic ";
        let request = &self.output[..self.pending];
        let line_end = request.iter().position(|byte| *byte == b'\n');
        let at = line_end.expect("a request starts with a line") + 1;
        let length = NAME.len() + credentials.len() + 2;
        self.make_output_room(length);
        self.output.copy_within(at..self.pending, at + length);
        self.pending += length;
        let field = &mut self.output[at..at + length];
        field[..NAME.len()].copy_from_slice(NAME);
        credentials.copy_to(&mut field[NAME.len()..length - 2]);
        field[length - 2..].copy_from_slice(b"\r\n");
    }

    /// Makes the buffer for a request larger by `room` bytes at least. What is
    /// outgrown is wiped when it is freed.
    fn make_output_room(&mut self, room: usize) {
        if self.output.len() < self.pending + room {
            let size = (self.pending + room).max(2 * self.output.len());
            let mut larger = vec![0; size];
            larger[..self.pending].copy_from_slice(&self.output[..self.pending]);
            wipe(&mut self.output[..self.pending]);
            self.output = larger;
        }
    }

    fn send_all(&mut self, request: &[u8], state: &CallState) -> Result<(), Failure> {
        let mut wire = self.socket.at_work(state);
        if let Some(tls) = &mut self.tls {
            tls.queue(request)
                .map_err(|_| state.failure(Cause::Defect))?;
        }
        let mut written = 0;
        loop {
            let outcome = match &mut self.tls {
                Some(tls) if !tls.has_queued() => return Ok(()),
                Some(tls) => tls.write(&mut wire),
                None if written == request.len() => return Ok(()),
                None => wire.write(&request[written..]),
            };
            match outcome {
                Ok(count) => {
                    written += count;
                    state.sent(count);
                }
                Err(error) if would_block(&error) => wire.wait_writable()?,
                Err(error) => return Err(state.failure(Cause::io(&error))),
            }
        }
    }

    /// Reads once into the free part of `input`; `None` where nothing is there.
    fn read(&mut self, state: &CallState) -> Result<Option<usize>, Failure> {
        let Self {
            socket, tls, input, ..
        } = self;
        let mut wire = socket.at_work(state);
        let free = &mut input[self.filled.end..];
        let outcome = match tls {
            Some(tls) => tls.read(&mut wire, free),
            None => wire.read(free),
        };
        match outcome {
            Ok(count) => {
                self.filled.end += count;
                self.touched = self.touched.max(self.filled.end);
                Ok(Some(count))
            }
            Err(error) if would_block(&error) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let text = "the peer closed the connection without ending TLS";
                Err(state.failure(Cause::Broken(text.into())))
            }
            // What TLS made of the bytes, in its own words.
            Err(error) if error.kind() == io::ErrorKind::Other => {
                Err(state.failure(Cause::Broken(error.to_string().into())))
            }
            Err(error) => Err(state.failure(Cause::io(&error))),
        }
    }

    /// Waits for more of the response; `false` is its end. What is pending of
    /// the request is sent first.
    pub fn receive(
        &mut self,
        credentials: Option<&SharedSecret>,
        state: &CallState,
    ) -> Result<bool, Failure> {
        // Right after a request a response cannot be there yet.
        let mut wait_first = self.pending > 0;
        if self.pending > 0 {
            self.send(credentials, state)?;
        }
        loop {
            if self.is_malformed {
                let text = "the response's chunks are malformed";
                return Err(state.failure(Cause::Broken(text.into())));
            }
            self.make_room();
            if wait_first {
                self.socket.at_work(state).wait_readable()?;
            }
            // Data that TLS has decrypted already does not show on the socket.
            wait_first = false;
            let count = match self.read(state) {
                Ok(Some(count)) => count,
                Ok(None) => {
                    wait_first = true;
                    continue;
                }
                Err(failure) => return Err(self.send_failure.take().unwrap_or(failure)),
            };
            if count == 0 {
                return match self.send_failure.take() {
                    Some(failure) => Err(failure),
                    None => Ok(false),
                };
            }
            if self.awaits_head {
                if self.pass_interim(state)? {
                    return Ok(true);
                }
            } else if self.pass_chunks(self.filled.end - count) {
                return Ok(true);
            }
        }
    }

    fn make_room(&mut self) {
        if self.filled.start > 0 {
            self.input.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        if self.filled.end == self.input.len() {
            // Grows beyond its first size only for large headers, which ureq
            // ends at 64 KiB.
            let mut larger = vec![0; self.input.len() + INPUT_SIZE];
            larger[..self.filled.end].copy_from_slice(&self.input[..self.filled.end]);
            self.input = larger;
        }
    }

    /// Drops whole interim responses from the front of the input (RFC 9110,
    /// section 15.2); `false` where nothing else has come yet. ureq would pass
    /// over them too, but without an end, and not over a 100 with headers.
    fn pass_interim(&mut self, state: &CallState) -> Result<bool, Failure> {
        loop {
            let input = &self.input[self.filled.clone()];
            if input.is_empty() {
                return Ok(false);
            }
            if input.len() < 12 {
                return Ok(true);
            }
            let is_interim =
                input.starts_with(b"HTTP/1.") && &input[8..10] == b" 1" && &input[9..12] != b"101";
            let Some((length, is_chunked)) = read_head(input) else {
                return Ok(true);
            };
            if !is_interim {
                self.awaits_head = false;
                state.received(status_of(input));
                if is_chunked {
                    self.chunks = Some(Chunks::default());
                    self.pass_chunks(self.filled.start + length);
                }
                return Ok(true);
            }
            self.filled.start += length;
            self.interim += 1;
            if self.interim > MOST_INTERIM {
                let text = "the peer sent more than 64 interim responses";
                return Err(state.failure(Cause::Broken(text.into())));
            }
        }
    }

    /// Reads what came of a chunked body from `start` on; `false` where nothing
    /// of it can be passed on yet.
    fn pass_chunks(&mut self, start: usize) -> bool {
        let Some(chunks) = &mut self.chunks else {
            return true;
        };
        let raw = self.input[start..self.filled.end].to_vec();
        let size = self.input.len();
        self.input.truncate(start);
        self.is_malformed = chunks.read(&raw, &mut self.input).is_err();
        self.filled.end = self.input.len();
        self.touched = self.touched.max(self.filled.end);
        // A size line that came in pieces may take more room than its last one.
        self.input.resize(size.max(self.filled.end), 0);
        self.filled.end > start
    }

    /// Whether nothing has arrived since the last response, and no end either.
    pub fn is_silent(&mut self, state: &CallState) -> bool {
        self.make_room();
        matches!(self.read(state), Ok(None)) && self.tls.as_ref().is_none_or(Tls::is_drained)
    }

    /// Wipes what the last call left, and gives back what it took beyond the
    /// usual size.
    fn clear(&mut self) {
        if self.input.len() > INPUT_SIZE {
            self.input = Vec::new();
        } else {
            wipe(&mut self.input[..self.touched]);
        }
        self.filled = 0..0;
        self.touched = 0;
        if let Some(tls) = &mut self.tls {
            tls.clear();
        }
    }
}

impl Connection {
    /// Adds `amount` bytes of the output buffer to the request.
    pub fn add_output(&mut self, amount: usize) {
        self.pending += amount;
    }

    /// Whether the connection can serve another call, now that a response has
    /// been read; what that left is wiped. There is nothing new to see on the
    /// socket, only in what TLS has read with it.
    pub fn finish(&mut self) -> bool {
        if self.pending > 0 || self.send_failure.is_some() || self.is_malformed {
            return false;
        }
        let is_drained = self.tls.as_ref().is_none_or(Tls::is_drained);
        self.clear();
        is_drained
    }

    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Room for at least `room` more bytes of a request.
    pub fn output(&mut self, room: usize) -> &mut [u8] {
        self.make_output_room(room.max(OUTPUT_SIZE));
        &mut self.output[self.pending..]
    }

    /// What has arrived and was not consumed.
    pub fn input(&self) -> &[u8] {
        &self.input[self.filled.clone()]
    }

    pub fn consume(&mut self, amount: usize) {
        self.made_progress = amount > 0;
        self.filled.start += amount;
    }

    /// Whether there is input, and the last look at it used some.
    pub fn can_use_input(&self) -> bool {
        self.made_progress && !self.filled.is_empty()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(tls) = &mut self.tls {
            // One attempt that does not wait, so it needs no time.
            let state = CallState::new(Duration::MAX, Duration::MAX);
            tls.close(&mut self.socket.at_work(&state));
        }
    }
}

/// The status in the head of a response; 0 if there is none.
fn status_of(head: &[u8]) -> u16 {
    let digits = head
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
