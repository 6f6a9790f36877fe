//! TLS over a socket that never blocks. The buffers are ours, so that a record
//! is read with one call to the system, and nothing is left in them.
//!
//! ```text
//!   socket --fill()--> incoming --process--> room of the reader, then surplus
//!   socket <--write()-- outgoing <--queue()-- request, alerts, key updates
//! ```
//!
//! Invariants:
//!
//! - `incoming[..filled]` is what rustls has not discarded, and rustls is asked
//!   until it wants more or has nothing to say: no whole record waits in it.
//! - Data is handed out in the order in which it came: nothing is read into the
//!   reader's room while there is a `surplus`, and `end` only counts behind it.
//! - `outgoing[written..]` is encrypted in the order in which it must be sent.
//!   Once a byte of a record is sent, the rest follows or the connection ends.
//! - After `end` is set, rustls is asked only for the alert that it owes.
//!
//! rustls removed this unbuffered interface after 0.23 (its pull request 2905).
//! The methods `handshake`, `queue`, `write`, `read`, `clear` and `close` are
//! all that the library knows of TLS, so a port to 0.24 rewrites this file.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError,
    UnbufferedStatus, WriteTraffic,
};

use super::failure::{Cause, Failure};
use super::socket::Wire;
use super::tls_error::{TlsFailure, describe};
use stytch_reader::wipe::wipe;

/// The largest record: RFC 8446, section 5.2, and the 2,048 bytes of overhead
/// that RFC 5246, section 6.2.3, allows instead of 256.
const RECORD_SIZE: usize = 5 + 16 * 1024 + 2048;
/// Room for a usual response in one record. A connection that gets larger ones
/// grows once, to [`RECORD_SIZE`], and stays so.
const USUAL_SIZE: usize = 8 * 1024;
/// A handshake message may span records; rustls takes none over 64 KiB.
const INCOMING_LIMIT: usize = 5 * RECORD_SIZE;

pub struct Tls {
    connection: UnbufferedClientConnection,
    incoming: Vec<u8>,
    /// How much of `incoming` has come and was not processed.
    filled: usize,
    /// How far `incoming` was filled since it was wiped.
    touched: usize,
    /// Records on their way out, and how much of them has left.
    outgoing: Vec<u8>,
    written: usize,
    /// Decrypted data for which the reader had no room.
    surplus: Vec<u8>,
    /// Why no further record can be read, after those that came before.
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    /// The peer's close_notify.
    Closed,
    Broken(rustls::Error),
}

/// What a connection does next, when all that has come is processed.
enum Next {
    Read,
    /// The handshake is done; reading and writing are possible.
    Traffic,
}

impl Tls {
    pub fn handshake(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        mut wire: Wire,
    ) -> Result<Self, Failure> {
        let connection = UnbufferedClientConnection::new(config, name)
            .map_err(|error| wire.state.failure(Cause::Tls(describe(&error).into())))?;
        let mut tls = Self {
            connection,
            incoming: vec![0; USUAL_SIZE],
            filled: 0,
            touched: 0,
            outgoing: Vec::new(),
            written: 0,
            surplus: Vec::new(),
            end: None,
        };
        loop {
            let next = tls.process(&mut []);
            while tls.has_queued() {
                match tls.write(&mut wire) {
                    Ok(_) => {}
                    Err(error) if would_block(&error) => wire.wait_writable()?,
                    // The peer may have said why before it went.
                    Err(_) if next.is_err() => break,
                    Err(error) => return Err(wire.state.failure(Cause::io(&error))),
                }
            }
            match next {
                Ok(Next::Traffic) => {
                    tls.shrink(USUAL_SIZE);
                    return Ok(tls);
                }
                Ok(Next::Read) => {}
                Err(error) => return Err(wire.state.failure(Cause::Tls(describe(&error).into()))),
            }
            match tls.fill(&mut wire) {
                Ok(0) => return Err(wire.state.failure(Cause::closed())),
                Ok(_) => {}
                Err(error) if would_block(&error) => wire.wait_readable()?,
                Err(error) => return Err(wire.state.failure(Cause::io(&error))),
            }
        }
    }

    /// Encrypts `plain` for [`Self::write`].
    pub fn queue(&mut self, plain: &[u8]) -> Result<(), rustls::Error> {
        self.with_traffic(|traffic, outgoing| traffic.encrypt(plain, outgoing))
    }

    pub fn has_queued(&self) -> bool {
        self.written < self.outgoing.len()
    }

    /// Sends some of what is queued.
    pub fn write(&mut self, wire: &mut Wire) -> io::Result<usize> {
        let count = wire.write(&self.outgoing[self.written..])?;
        self.written += count;
        if !self.has_queued() {
            self.outgoing.clear();
            self.written = 0;
        }
        Ok(count)
    }

    /// Reads what has arrived into `buffer`; 0 is the peer's close_notify,
    /// `WouldBlock` says that nothing has come. What came before a bad record
    /// is handed out before its error is.
    pub fn read(&mut self, wire: &mut Wire, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.surplus.is_empty() {
                let count = self.surplus.len().min(buffer.len());
                buffer[..count].copy_from_slice(&self.surplus[..count]);
                self.surplus.drain(..count);
                return Ok(count);
            }
            match &self.end {
                Some(End::Closed) => return Ok(0),
                Some(End::Broken(error)) => {
                    return Err(io::Error::other(TlsFailure(describe(error))));
                }
                None => {}
            }
            // All that came before has been processed, so there is something new
            // to see only behind it.
            if self.fill(wire)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let before = buffer.len();
            let mut room = &mut *buffer;
            let outcome = self.process_into(&mut room);
            let count = before - room.len();
            if let Err(error) = outcome {
                // It is the end, behind the data that came first.
                self.end.get_or_insert(End::Broken(error));
            }
            if self.has_queued() {
                // A response to a key update, say. What the socket does not take
                // now goes out with the next request.
                let _ = self.write(wire);
            }
            if count > 0 {
                return Ok(count);
            }
        }
    }

    /// Whether nothing is left of what has been read: no data, no part of a
    /// record, no end.
    pub fn is_drained(&self) -> bool {
        self.end.is_none() && self.surplus.is_empty() && self.filled == 0
    }

    /// Wipes what the last response left.
    pub fn clear(&mut self) {
        wipe(&mut self.incoming[self.filled..self.touched.max(self.filled)]);
        self.touched = self.filled;
        self.shrink(RECORD_SIZE);
        self.surplus = Vec::new();
    }

    /// Gives back room beyond `most`, which only large certificates take.
    fn shrink(&mut self, most: usize) {
        if self.filled == 0 && self.incoming.len() > most {
            self.incoming = vec![0; USUAL_SIZE];
            self.touched = 0;
        }
    }

    /// Says good-bye; a peer that does not take it at once goes without.
    pub fn close(&mut self, wire: &mut Wire) {
        if self.end.is_some() || self.has_queued() {
            return;
        }
        let queued = self.with_traffic(|traffic, outgoing| traffic.queue_close_notify(outgoing));
        if queued.is_ok() {
            let _ = self.write(wire);
        }
    }

    /// Reads once from the socket; 0 is its end.
    fn fill(&mut self, wire: &mut Wire) -> io::Result<usize> {
        if self.filled == self.incoming.len() {
            if self.incoming.len() >= INCOMING_LIMIT {
                return Err(io::Error::other(TlsFailure(
                    "the peer sent a TLS message without an end".into(),
                )));
            }
            let size = (self.filled / RECORD_SIZE + 1) * RECORD_SIZE;
            self.incoming.resize(size, 0);
        }
        let count = wire.read(&mut self.incoming[self.filled..])?;
        self.filled += count;
        self.touched = self.touched.max(self.filled);
        Ok(count)
    }

    fn process(&mut self, mut room: &mut [u8]) -> Result<Next, rustls::Error> {
        self.process_into(&mut room)
    }

    /// Processes all that has come. Data goes into `room`, which moves behind
    /// it, and what does not fit into `surplus`.
    fn process_into(&mut self, room: &mut &mut [u8]) -> Result<Next, rustls::Error> {
        loop {
            let UnbufferedStatus { discard, state } = self
                .connection
                .process_tls_records(&mut self.incoming[..self.filled]);
            let next = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let payload = record?.payload;
                        let fits = if self.surplus.is_empty() {
                            payload.len().min(room.len())
                        } else {
                            0
                        };
                        let (now, later) = payload.split_at(fits);
                        let (target, rest) = std::mem::take(room).split_at_mut(fits);
                        target.copy_from_slice(now);
                        *room = rest;
                        self.surplus.extend_from_slice(later);
                    }
                    None
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut self.outgoing, &mut data)?;
                    None
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // It leaves with `outgoing`, in its order.
                    data.done();
                    None
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    self.end = Some(End::Closed);
                    Some(Next::Read)
                }
                Ok(ConnectionState::WriteTraffic(_)) => Some(Next::Traffic),
                Ok(_) => Some(Next::Read),
                Err(error) => {
                    self.queue_alert();
                    self.end = Some(End::Broken(error.clone()));
                    return Err(error);
                }
            };
            self.incoming.copy_within(discard..self.filled, 0);
            self.filled -= discard;
            if let Some(next) = next {
                return Ok(next);
            }
        }
    }

    /// After an error, rustls has an alert that tells the peer why.
    fn queue_alert(&mut self) {
        // Without one it would go on to read, which it cannot any more.
        if !self.connection.wants_write() {
            return;
        }
        let incoming = &mut self.incoming[..self.filled];
        let status = self.connection.process_tls_records(incoming);
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state {
            let _ = encode(&mut self.outgoing, &mut data);
        }
    }

    /// Appends to `outgoing` what `write` makes, once the handshake is done.
    fn with_traffic(
        &mut self,
        mut write: impl FnMut(
            &mut WriteTraffic<'_, ClientConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> Result<(), rustls::Error> {
        // Mostly there is nothing: no part of a record, no key update of ours.
        if self.filled > 0 || self.connection.wants_write() {
            self.process(&mut [])?;
        }
        let UnbufferedStatus { discard, state } = self
            .connection
            .process_tls_records(&mut self.incoming[..self.filled]);
        let ConnectionState::WriteTraffic(mut traffic) = state? else {
            return Err(rustls::Error::HandshakeNotComplete);
        };
        append(&mut self.outgoing, |outgoing| {
            write(&mut traffic, outgoing).map_err(|error| match error {
                EncryptError::InsufficientSize(size) => Some(size),
                EncryptError::EncryptExhausted => None,
            })
        })?;
        self.incoming.copy_within(discard..self.filled, 0);
        self.filled -= discard;
        Ok(())
    }
}

fn encode(
    outgoing: &mut Vec<u8>,
    data: &mut EncodeTlsData<'_, ClientConnectionData>,
) -> Result<(), rustls::Error> {
    append(outgoing, |outgoing| {
        data.encode(outgoing).map_err(|error| match error {
            EncodeError::InsufficientSize(size) => Some(size),
            EncodeError::AlreadyEncoded => None,
        })
    })
}

/// Lets `write` append to `outgoing`, with the room that it asks for.
fn append(
    outgoing: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<InsufficientSizeError>>,
) -> Result<(), rustls::Error> {
    let start = outgoing.len();
    let outcome = match write(&mut []) {
        Err(Some(InsufficientSizeError { required_size })) => {
            outgoing.resize(start + required_size, 0);
            write(&mut outgoing[start..])
        }
        outcome => outcome,
    };
    let count = outcome.map_err(|_| rustls::Error::EncryptError)?;
    outgoing.truncate(start + count);
    Ok(())
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

pub(super) fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
