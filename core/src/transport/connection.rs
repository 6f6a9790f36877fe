//! A connection that counts what leaves: ureq's `Transport`, ours throughout.

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Range;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::MOST_INTERIM;
use super::chunked::{Chunks, read_head};
use super::delivery::{self, Phase};
use super::failure::{Cause, Failure};
use super::socket::Socket;
use super::tls::{Tls, would_block};
use super::wipe::wipe;
use crate::planted::{self, Point};

/// Room for the usual answer, and for a TLS record of the largest size.
const INPUT_SIZE: usize = 16 * 1024;
/// Room for the request's head and body but for the credentials. ureq writes a
/// header whole or not at all.
const OUTPUT_ROOM: usize = 1024;

pub struct Connection {
    socket: Socket,
    tls: Option<Tls>,
    input: Vec<u8>,
    /// What of `input` has come and was not consumed.
    filled: Range<usize>,
    /// How far `input` was ever filled since it was wiped.
    touched: usize,
    made_progress: bool,
    output: Vec<u8>,
    output_room: usize,
    /// How much of `output` waits to be sent. Head and body of a request leave
    /// together, when the answer is first waited for.
    pending: usize,
    awaits_head: bool,
    interim: usize,
    /// The framing of the body that is being read, if it is chunked.
    chunks: Option<Chunks>,
    /// The rest of the body cannot be read.
    is_malformed: bool,
    /// An answer came and nothing has been asked of the socket since.
    just_read: bool,
    /// Why the rest of a request could not be sent, until it is known whether
    /// the peer has answered all the same.
    send_failure: Option<Failure>,
}

impl Connection {
    /// `longest_header` is the length of the longest header of a request.
    pub fn new(socket: Socket, tls: Option<Tls>, longest_header: usize) -> Self {
        Self {
            socket,
            tls,
            input: Vec::new(),
            filled: 0..0,
            touched: 0,
            made_progress: false,
            output: Vec::new(),
            output_room: OUTPUT_ROOM + longest_header,
            pending: 0,
            awaits_head: false,
            interim: 0,
            chunks: None,
            is_malformed: false,
            just_read: false,
            send_failure: None,
        }
    }

    /// Sends what is pending, and counts it as the request's.
    fn send(&mut self) -> Result<(), Failure> {
        planted::here(Point::BeforeSending);
        delivery::enter(Phase::Send);
        let pending = std::mem::take(&mut self.pending);
        let mut output = std::mem::take(&mut self.output);
        let outcome = self.send_all(&output[..pending]);
        // The buffer lives on with the connection, the token in it must not.
        wipe(&mut output[..pending]);
        self.output = output;
        self.awaits_head = true;
        self.interim = 0;
        self.chunks = None;
        match outcome {
            // A peer that answers before it has read all, and closes, has
            // still answered.
            Err(failure) if failure.request_sent && !matches!(failure.cause, Cause::Deadline) => {
                self.send_failure = Some(failure);
            }
            Err(failure) => return Err(failure),
            Ok(()) => {}
        }
        delivery::enter(Phase::AwaitAnswer);
        planted::here(Point::AfterSending);
        Ok(())
    }

    fn send_all(&mut self, request: &[u8]) -> Result<(), Failure> {
        if let Some(tls) = &mut self.tls {
            tls.queue(request)
                .map_err(|_| Failure::now(Cause::Defect))?;
        }
        let mut written = 0;
        loop {
            let outcome = match &mut self.tls {
                Some(tls) if !tls.has_queued() => return Ok(()),
                Some(tls) => tls.write(&self.socket),
                None if written == request.len() => return Ok(()),
                None => (&self.socket).write(&request[written..]),
            };
            match outcome {
                Ok(count) => {
                    written += count;
                    delivery::sent(count);
                }
                Err(error) if would_block(&error) => self.socket.wait_writable()?,
                Err(error) => return Err(Failure::now(Cause::io(&error))),
            }
        }
    }

    /// Reads once into the free part of `input`; `None` where nothing is there.
    fn read(&mut self) -> Result<Option<usize>, Failure> {
        let Self {
            socket, tls, input, ..
        } = self;
        let free = &mut input[self.filled.end..];
        let outcome = match tls {
            Some(tls) => tls.read(socket, free),
            None => (&*socket).read(free),
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
                Err(Failure::now(Cause::Broken(text.into())))
            }
            // What TLS made of the bytes, in its own words.
            Err(error) if error.kind() == io::ErrorKind::Other => {
                Err(Failure::now(Cause::Broken(error.to_string().into())))
            }
            Err(error) => Err(Failure::now(Cause::io(&error))),
        }
    }

    /// Waits for more of the answer; `false` is its end.
    fn receive(&mut self) -> Result<bool, Failure> {
        // Right after a request an answer cannot be there yet.
        let mut wait_first = self.pending > 0;
        if self.pending > 0 {
            self.send()?;
        }
        loop {
            if self.is_malformed {
                let text = "the answer's chunks are malformed";
                return Err(Failure::now(Cause::Broken(text.into())));
            }
            self.make_room();
            if wait_first {
                self.socket.wait_readable()?;
            }
            // Data that TLS has decrypted already does not show on the socket.
            wait_first = false;
            let count = match self.read() {
                Ok(Some(count)) => count,
                Ok(None) => {
                    wait_first = true;
                    continue;
                }
                Err(failure) => return Err(self.send_failure.take().unwrap_or(failure)),
            };
            self.just_read = true;
            if count == 0 {
                return match self.send_failure.take() {
                    Some(failure) => Err(failure),
                    None => Ok(false),
                };
            }
            if self.awaits_head {
                if self.pass_interim()? {
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

    /// Drops whole interim answers from the front of the input (RFC 9110,
    /// section 15.2); `false` where nothing else has come yet. ureq would pass
    /// over them too, but without an end, and not over a 100 with headers.
    fn pass_interim(&mut self) -> Result<bool, Failure> {
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
                if is_chunked {
                    self.chunks = Some(Chunks::default());
                    self.pass_chunks(self.filled.start + length);
                }
                return Ok(true);
            }
            self.filled.start += length;
            self.interim += 1;
            if self.interim > MOST_INTERIM {
                let text = "the peer sent more than 64 interim answers";
                return Err(Failure::now(Cause::Broken(text.into())));
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

    /// Whether anything has come since the last answer, or an end.
    fn is_silent(&mut self) -> bool {
        self.make_room();
        matches!(self.read(), Ok(None)) && self.tls.as_ref().is_none_or(Tls::is_drained)
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

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    // The call's own deadline bounds every wait, so ureq's timeouts are unset.
    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.pending += amount;
        self.just_read = false;
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        Ok(self.receive()?)
    }

    /// ureq asks before it puts a connection into its pool and when it takes
    /// it out. Just after an answer there is nothing new to see on the socket,
    /// only in what TLS has read with it.
    fn is_open(&mut self) -> bool {
        if self.pending > 0 || self.send_failure.is_some() || self.is_malformed {
            return false;
        }
        if std::mem::take(&mut self.just_read) {
            let is_drained = self.tls.as_ref().is_none_or(Tls::is_drained);
            self.clear();
            return is_drained;
        }
        self.is_silent()
    }

    fn is_tls(&self) -> bool {
        self.tls.is_some()
    }
}

impl Buffers for Connection {
    fn output(&mut self) -> &mut [u8] {
        if self.output.len() < self.pending + self.output_room {
            let mut larger = vec![0; self.pending + 2 * self.output_room];
            larger[..self.pending].copy_from_slice(&self.output[..self.pending]);
            self.output = larger;
        }
        &mut self.output[self.pending..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.filled.clone()]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room();
        &mut self.input[self.filled.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled.end += amount;
        self.touched = self.touched.max(self.filled.end);
    }

    fn input_consume(&mut self, amount: usize) {
        self.made_progress = amount > 0;
        self.filled.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        // The scratch space is for chunked requests; ours have a length.
        (&mut [], self.output())
    }

    fn can_use_input(&self) -> bool {
        self.made_progress && !self.filled.is_empty()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close(&self.socket);
        }
    }
}
