//! A stream that can be told to cut its response, or to write something else instead.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How a connection is ended.
#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With a FIN. TLS sends no close_notify.
    #[default]
    Close,
    /// With a reset (RST).
    Reset,
}

/// The point at which a response is cut.
#[derive(Clone, Copy, PartialEq)]
pub enum Cut {
    AtStart,
    InHead,
    /// After this many bytes of the body.
    InBody(usize),
    HalfBody,
    AtEnd,
}

/// What is sent as the next response. The connection ends after it.
pub enum Plan {
    Cut {
        cut: Cut,
        body_length: usize,
        ending: Ending,
    },
    Instead {
        bytes: Bytes,
        ending: Ending,
    },
}

impl Plan {
    /// Returns everything that is to be sent, once enough of `response` has been written.
    fn send(&self, response: &[u8]) -> Option<(Bytes, Ending)> {
        match self {
            Plan::Instead { bytes, ending } => Some((bytes.clone(), *ending)),
            Plan::Cut {
                cut,
                body_length,
                ending,
            } => {
                let head = response.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
                let length = match cut {
                    Cut::AtStart => 0,
                    Cut::InHead => head / 2,
                    Cut::InBody(bytes) => head + bytes.min(body_length),
                    Cut::HalfBody => head + body_length / 2,
                    Cut::AtEnd => head + body_length,
                };
                let sent = response.get(..length)?;
                Some((Bytes::copy_from_slice(sent), *ending))
            }
        }
    }
}

/// Passes a plan from the code that handles a request to the stream that the response is written to.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Option<Plan>>>);

impl Script {
    pub fn set(&self, plan: Plan) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan);
    }

    fn take(&self) -> Option<Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A connection that HTTP runs over.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

pub struct ScriptedStream<T> {
    transport: T,
    script: Script,
    state: State,
}

enum State {
    Passing,
    /// The response is kept back until the plan can be carried out.
    Holding {
        plan: Plan,
        response: Vec<u8>,
    },
    Sending {
        rest: Bytes,
        ending: Ending,
    },
    /// Nothing more is written to the transport; it is closed when it is dropped.
    Over,
}

impl<T: Transport> ScriptedStream<T> {
    pub fn new(transport: T, script: Script) -> Self {
        ScriptedStream {
            transport,
            script,
            state: State::Passing,
        }
    }

    /// Sends what remains, then lets the connection end. Returns an error, so that
    /// the HTTP server drops the stream.
    fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let State::Sending { rest, ending } = &mut self.state else {
            return Poll::Ready(io::ErrorKind::ConnectionAborted.into());
        };
        let ending = *ending;
        while !rest.is_empty() {
            match ready!(Pin::new(&mut self.transport).poll_write(context, rest)) {
                Ok(written) => drop(rest.split_to(written)),
                Err(error) => return Poll::Ready(error),
            }
        }
        if let Err(error) = ready!(Pin::new(&mut self.transport).poll_flush(context)) {
            return Poll::Ready(error);
        }
        self.state = State::Over;
        if ending == Ending::Reset
            && let Err(error) = self.transport.tcp().set_zero_linger()
        {
            return Poll::Ready(error);
        }
        Poll::Ready(io::ErrorKind::ConnectionAborted.into())
    }
}

impl<T: Transport> AsyncWrite for ScriptedStream<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let State::Passing = this.state {
            match this.script.take() {
                None => return Pin::new(&mut this.transport).poll_write(context, bytes),
                Some(plan) => {
                    this.state = State::Holding {
                        plan,
                        response: Vec::new(),
                    }
                }
            }
        }
        match &mut this.state {
            State::Holding { plan, response } => {
                response.extend_from_slice(bytes);
                if let Some((rest, ending)) = plan.send(response) {
                    this.state = State::Sending { rest, ending };
                }
                Poll::Ready(Ok(bytes.len()))
            }
            _ => this.poll_finish(context).map(Err),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.state {
            State::Passing => Pin::new(&mut this.transport).poll_flush(context),
            State::Holding { .. } => Poll::Ready(Ok(())),
            State::Sending { .. } | State::Over => this.poll_finish(context).map(Err),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.state {
            State::Passing => Pin::new(&mut this.transport).poll_shutdown(context),
            // No close_notify after a response that was cut.
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<T: Transport> AsyncRead for ScriptedStream<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_read(context, buffer)
    }
}
