//! A connection that counts what it sends: what stands behind ureq's
//! `Transport`, ours throughout. See `lease` for how ureq gets hold of it, and
//! `incoming` for what becomes of a response.
//!
//! ```text
//!            output()           receive()            receive()           finish()
//!   Idle ---------------> Filling -------> Sending -----------> Reading ---------> Idle
//!    |   add_output(n)    pending > 0        |  |     a byte       |   may live on
//!    |                                       |  |                  |
//!    | is_silent() says no                   |  | send fails       | end, error,
//!    v                                       |  v                  v or not clear
//!   Closed <---------------------------------+  Reading: the peer  Closed
//!            nothing sent, or the deadline      may have responded
//!                                               all the same
//! ```
//!
//! A request is sent as a whole when its response is first waited for: what
//! fails before that was not sent.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::call_state::CallState;
use super::failure::{Cause, Failure};
use super::incoming::Incoming;
use super::socket::Socket;
use super::sockets::Place;
use super::tls::{Tls, would_block};
use crate::outcome::Phase;
use crate::planted::{self, Point};
use crate::secret::SharedSecret;
use stytch_reader::wipe::wipe;

/// The smallest buffer for a request.
const OUTPUT_SIZE: usize = 1024;

pub struct Connection {
    /// Dropped before the socket, as it must be.
    _place: Place,
    socket: Socket,
    tls: Option<Tls>,
    incoming: Incoming,
    output: Vec<u8>,
    /// How much of `output` waits to be sent. Head and body of a request are
    /// sent together, when the response is first waited for.
    pending: usize,
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
            incoming: Incoming::default(),
            output: Vec::new(),
            pending: 0,
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
        self.incoming.begin();
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

    /// Reads once into the free room of `incoming`. If nothing is there it waits,
    /// or returns `None`.
    fn read(&mut self, state: &CallState, waits: bool) -> Result<Option<usize>, Failure> {
        let mut wire = self.socket.at_work(state);
        if waits {
            wire = wire.that_waits();
        }
        let free = self.incoming.free();
        let outcome = match &mut self.tls {
            Some(tls) => tls.read(&mut wire, free),
            None => wire.read(free),
        };
        match outcome {
            Ok(count) => Ok(Some(count)),
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
        if self.pending > 0 {
            self.send(credentials, state)?;
        }
        loop {
            if self.incoming.is_malformed() {
                let text = "the response's chunks are malformed";
                return Err(state.failure(Cause::Broken(text.into())));
            }
            let count = match self.read(state, true) {
                Ok(Some(count)) => count,
                Ok(None) => continue,
                Err(failure) if matches!(failure.cause, Cause::Deadline) => return Err(failure),
                Err(failure) => return Err(self.send_failure.take().unwrap_or(failure)),
            };
            if count == 0 {
                return match self.send_failure.take() {
                    Some(failure) => Err(failure),
                    None => Ok(false),
                };
            }
            if self.incoming.arrived(count, state)? {
                return Ok(true);
            }
        }
    }

    /// Whether nothing has arrived since the last response, and no end either.
    pub fn is_silent(&mut self, state: &CallState) -> bool {
        matches!(self.read(state, false), Ok(None)) && self.tls.as_ref().is_none_or(Tls::is_drained)
    }

    /// Adds `amount` bytes of the output buffer to the request.
    pub fn add_output(&mut self, amount: usize) {
        self.pending += amount;
    }

    /// Whether the connection can serve another call, now that a response has
    /// been read; what that left is wiped. There is nothing new to see on the
    /// socket, only in what TLS has read with it.
    pub fn finish(&mut self) -> bool {
        let is_sent = self.pending == 0 && self.send_failure.is_none();
        if !is_sent || !self.incoming.may_live_on() {
            return false;
        }
        let is_drained = self.tls.as_ref().is_none_or(Tls::is_drained);
        self.incoming.clear();
        if let Some(tls) = &mut self.tls {
            tls.clear();
        }
        is_drained
    }

    /// How long the server keeps the connection when it is idle, if it said so.
    pub fn keep_alive(&self) -> Option<Duration> {
        self.incoming.keep_alive()
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
        self.incoming.ready()
    }

    pub fn consume(&mut self, amount: usize) {
        self.incoming.consume(amount);
    }

    /// Whether there is input, and the last look at it used some.
    pub fn can_use_input(&self) -> bool {
        self.incoming.can_be_used()
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
