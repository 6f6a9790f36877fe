//! How ureq gets hold of a connection.
//!
//! ureq writes requests and reads responses; which connection it uses, and for
//! which call, is ours to say. ureq hands its connector no word of the call that
//! it serves, so each attempt has an agent of ureq's for itself while it is sent,
//! whose connector finds the attempt on a desk between them:
//!
//! ```text
//!   attempt --> Desk --connect()--> Lease { connection, attempt }
//!     Line { agent, desk }            |         ^
//!                                     |         | taken, if it is silent
//!            ureq: "is it open?"      v         |
//!                  is_open()       dropped --> Pool
//! ```
//!
//! ureq asks `is_open` only when a response has been read to its end and the
//! connection may live on. A lease that was asked so gives its connection back
//! to our pool when it is dropped, which ureq does at once: it is told that the
//! connection is not open, for there is nothing to keep in a pool of ureq's. Any
//! other lease closes its connection.
//!
//! A line serves one attempt after the other, because an agent is dear to make.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::race::OnceBox;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Agent, Error};

use super::Host;
use super::call_state::CallState;
use super::connection::{Connection, Fields};
use super::failure::{Cause, Failure};
use super::limits::{HEADER_LIMIT, MOST_IDLE};

/// One attempt to send a request, and what it is sent with.
pub struct Attempt {
    pub host: Arc<Host>,
    pub state: Arc<CallState>,
    pub fields: Fields,
    /// ureq writes a line of the header whole or not at all.
    pub longest_line: usize,
}

/// The lines of a host that no attempt uses. Never locked while anything waits
/// or is sent.
#[derive(Default)]
pub struct Lines(Mutex<Vec<Line>>);

/// An agent of ureq's, and the desk that its connector looks at.
struct Line {
    agent: Agent,
    desk: Desk,
}

#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Option<Attempt>>>);

impl Desk {
    fn put(&self, attempt: Option<Attempt>) -> Option<Attempt> {
        mem::replace(&mut *lock(&self.0), attempt)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    /// Has `send` send the request of `attempt`. After a panic the line is not
    /// used again.
    pub fn serve<T>(&self, attempt: Attempt, send: impl FnOnce(&Agent) -> T) -> T {
        let idle = lock(&self.0).pop();
        let line = idle.unwrap_or_else(|| {
            let desk = Desk::default();
            Line {
                agent: Agent::with_parts(config().clone(), desk.clone(), NoLookup),
                desk,
            }
        });
        line.desk.put(Some(attempt));
        let outcome = send(&line.agent);
        // Still there only if ureq refused the request by itself.
        drop(line.desk.put(None));
        let mut idle = lock(&self.0);
        if idle.len() < MOST_IDLE {
            idle.push(line);
        }
        outcome
    }
}

/// Makes what is made once for the process: ureq's settings, for which it looks
/// into the environment, and a lock of ureq's own that the first request takes.
/// Run while the library is loaded, it keeps both from meeting a `setenv` or a
/// `fork` in another thread.
pub fn warm_up() {
    let agent = Agent::with_parts(config().clone(), Desk::default(), NoLookup);
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
            // What every request says is written by the connection.
            .user_agent("")
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

impl Attempt {
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

impl Connector<()> for Desk {
    type Out = Lease;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Lease>, Error> {
        let Some(attempt) = self.put(None) else {
            return Ok(None);
        };
        let connection = match attempt.host.pool.take(&attempt.state) {
            Some(connection) => {
                attempt.state.has_connection(true);
                connection
            }
            None => {
                let connection = attempt.open()?;
                attempt.state.has_connection(false);
                connection
            }
        };
        Ok(Some(Lease {
            connection: Some(connection),
            attempt,
            may_live_on: false,
        }))
    }
}

/// A connection at work for one attempt.
struct Lease {
    /// `None` only while the lease is dropped.
    connection: Option<Box<Connection>>,
    attempt: Attempt,
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
        Ok(connection.receive(&self.attempt.fields, &self.attempt.state)?)
    }

    fn is_open(&mut self) -> bool {
        // Whoever cancelled the call may have shut the socket.
        let is_cancelled = self.attempt.state.is_cancelled();
        self.may_live_on = self.connection_mut().finish() && !is_cancelled;
        // Or ureq would put it into a pool of its own.
        false
    }

    fn is_tls(&self) -> bool {
        self.connection().is_tls()
    }
}

impl Buffers for Lease {
    fn output(&mut self) -> &mut [u8] {
        let room = self.attempt.longest_line;
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
            self.attempt.host.pool.put(connection);
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
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
