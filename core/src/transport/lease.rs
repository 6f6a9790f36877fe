//! How ureq gets hold of a connection.
//!
//! ureq writes requests and reads responses; which connection it uses, and for
//! which call, is ours to say. ureq hands a pooled connection no word of the
//! call that it serves, so it gets an agent for each attempt, whose connector
//! knows the attempt's state:
//!
//! ```text
//!   attempt --> Agent { Handover } --connect()--> Lease { connection, state }
//!                                                   |         ^
//!                           ureq: "may I keep it?"  |         | taken, if it is silent
//!                                       is_open()   v         |
//!                                               dropped --> Pool
//! ```
//!
//! ureq asks `is_open` only when a response has been read to its end and the
//! connection may live on. A lease that was told so gives its connection back
//! to our pool when it is dropped; any other lease closes it.

use std::fmt;
use std::sync::Arc;

use once_cell::race::OnceBox;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Agent, Error};

use super::Host;
use super::call_state::CallState;
use super::connection::Connection;
use super::failure::{Cause, Failure};
use super::limits::HEADER_LIMIT;
use crate::secret::SharedSecret;

/// Makes ureq's agent for one attempt.
pub fn agent(
    host: &Arc<Host>,
    state: &Arc<CallState>,
    credentials: Option<&Arc<SharedSecret>>,
    longest_line: usize,
) -> Agent {
    let handover = Handover {
        host: Arc::clone(host),
        state: Arc::clone(state),
        credentials: credentials.map(Arc::clone),
        longest_line,
    };
    Agent::with_parts(config().clone(), handover, NoLookup)
}

/// Makes what is made once for the process: ureq's settings, for which it looks
/// into the environment, and a lock of ureq's own that the first request takes.
/// Run while the library is loaded, it keeps both from meeting a `setenv` or a
/// `fork` in another thread.
pub fn warm_up() {
    let agent = Agent::with_parts(config().clone(), Nowhere, NoLookup);
    let request = ureq::http::Request::get("http://localhost/").body(());
    let _ = agent.run(request.expect("a plain request"));
}

fn config() -> &'static Config {
    static CONFIG: OnceBox<Config> = OnceBox::new();
    CONFIG.get_or_init(|| {
        let config = Agent::config_builder()
            // What ureq found in the environment is put aside here.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept("")
            .accept_encoding("")
            .timeout_await_100(None)
            .max_response_header_size(HEADER_LIMIT)
            // The pool is ours.
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .build();
        Box::new(config)
    })
}

/// Hands one attempt its connection.
struct Handover {
    host: Arc<Host>,
    state: Arc<CallState>,
    credentials: Option<Arc<SharedSecret>>,
    longest_line: usize,
}

impl Handover {
    /// Opens a connection on which nothing has arrived: what a peer sends before
    /// it is asked is no response (RFC 9112, section 9.2).
    fn open(&self) -> Result<Box<Connection>, Failure> {
        let mut connection = Box::new(self.host.connector.open(&self.state)?);
        if connection.is_silent(&self.state) {
            return Ok(connection);
        }
        let text = "the peer sent something, or closed the connection, before it was asked";
        Err(self.state.failure(Cause::Broken(text.into())))
    }
}

impl Connector<()> for Handover {
    type Out = Lease;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Lease>, Error> {
        let connection = match self.host.pool.take(&self.state) {
            Some(connection) => {
                self.state.has_connection(true);
                connection
            }
            None => {
                let connection = self.open()?;
                self.state.has_connection(false);
                connection
            }
        };
        Ok(Some(Lease {
            connection: Some(connection),
            host: Arc::clone(&self.host),
            state: Arc::clone(&self.state),
            credentials: self.credentials.clone(),
            longest_line: self.longest_line,
            may_live_on: false,
        }))
    }
}

/// A connection at work for one attempt.
struct Lease {
    /// `None` only while the lease is dropped.
    connection: Option<Box<Connection>>,
    host: Arc<Host>,
    state: Arc<CallState>,
    credentials: Option<Arc<SharedSecret>>,
    /// ureq writes a line of the header whole or not at all.
    longest_line: usize,
    may_live_on: bool,
}

impl Lease {
    fn connection(&self) -> &Connection {
        self.connection
            .as_deref()
            .expect("a lease has a connection")
    }

    fn connection_mut(&mut self) -> &mut Connection {
        self.connection
            .as_deref_mut()
            .expect("a lease has a connection")
    }
}

impl Transport for Lease {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    // The call's own deadline bounds every wait, so ureq's timeouts are unset.
    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.connection_mut().add_output(amount);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let connection = self.connection.as_deref_mut();
        let connection = connection.expect("a lease has a connection");
        Ok(connection.receive(self.credentials.as_deref(), &self.state)?)
    }

    fn is_open(&mut self) -> bool {
        // Whoever cancelled the call may have shut the socket.
        self.may_live_on = self.connection_mut().finish() && !self.state.is_cancelled();
        self.may_live_on
    }

    fn is_tls(&self) -> bool {
        self.connection().is_tls()
    }
}

impl Buffers for Lease {
    fn output(&mut self) -> &mut [u8] {
        let room = self.longest_line;
        self.connection_mut().output(room)
    }

    fn input(&self) -> &[u8] {
        self.connection().input()
    }

    // ureq's own transports fill a buffer through these two; ours fills its own.
    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.connection_mut().consume(amount);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        // The scratch space is for chunked requests; ours have a length.
        (&mut [], self.output())
    }

    fn can_use_input(&self) -> bool {
        self.connection().can_use_input()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (true, Some(connection)) = (self.may_live_on, self.connection.take()) {
            self.host.pool.put(connection);
        }
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

/// ureq resolves before it connects. A warm connection needs no lookup, so this
/// one leaves it to our connector.
#[derive(Debug)]
struct NoLookup;

impl Resolver for NoLookup {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Connects to nothing.
#[derive(Debug)]
struct Nowhere;

impl Connector<()> for Nowhere {
    type Out = Lease;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Lease>, Error> {
        Ok(None)
    }
}
