//! One request, one deadline, at most one delivery. Every request of the
//! library goes through [`Transport::send`].

pub mod call_state;
mod connection;
mod connector;
mod der;
mod failure;
mod incoming;
mod lease;
mod limits;
mod pem;
mod plain_name;
mod pool;
mod proxy;
mod received;
mod resolver;
mod retry;
pub(crate) mod signals;
mod slots;
mod socket;
#[cfg_attr(not(target_os = "linux"), path = "no_sockets.rs")]
mod sockets;
pub mod stack;
mod system;
mod tls;
mod tls_error;
mod trust;
pub(crate) use std::sync::Arc;
use std::time::Duration;

use ureq::http::header::CACHE_CONTROL;
use ureq::http::uri::{self, Authority, PathAndQuery, Scheme};
use ureq::http::{HeaderValue, Method, Request, Response, Uri};

pub use failure::{Cause, Failure};
pub use lease::warm_up;
pub use proxy::Proxy;
pub use received::{Body, Received};
pub use trust::Trust;

use crate::call::Call;
use crate::cancel::Cancel;
use crate::process::{Inherited, PerProcess};
use crate::secret::SharedSecret;
use crate::turn::waiting;
use crate::url::BaseUrl;
use call_state::CallState;
use connection::Fields;
use connector::Connector;
use lease::{Attempt, Lines};
use pool::Pool;
use resolver::Resolver;
use sockets::Sockets;

/// Where requests go and how.
pub struct Settings {
    pub base_url: BaseUrl,
    pub proxy: Option<Arc<Proxy>>,
    pub trust: Trust,
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub max_retries: u32,
    pub user_agent: HeaderValue,
    /// User and password of Basic authentication, in base64.
    pub credentials: Arc<SharedSecret>,
}

/// The one way to the API.
pub struct Transport {
    settings: Settings,
    scheme: Scheme,
    authority: Authority,
    /// `host[:port]`, for messages.
    host_name: Arc<str>,
    /// What every request says besides `Host`, without and with a body.
    lines: Arc<[u8]>,
    lines_of_body: Arc<[u8]>,
    host: PerProcess<Arc<Host>>,
}

/// The host that a client talks to, as one process knows it.
pub struct Host {
    connector: Connector,
    pool: Pool,
    lines: Lines,
}

impl Transport {
    /// Prepares to send; nothing is sent yet.
    pub fn new(settings: Settings) -> Self {
        let base = &settings.base_url;
        let authority = base.authority();
        // RFC 9110, section 12.5.3: without the second field, any coding is fine.
        let lines = [
            b"User-Agent: ",
            settings.user_agent.as_bytes(),
            b"\r\nAccept-Encoding: identity\r\n",
        ]
        .concat();
        let lines_of_body = [&lines[..], b"Content-Type: application/json\r\n"].concat();
        Self {
            lines: lines.into(),
            lines_of_body: lines_of_body.into(),
            scheme: if base.is_https {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority: authority.parse().expect("the base URL was checked"),
            host_name: authority.into(),
            host: PerProcess::new(new_host(&settings)),
            settings,
        }
    }

    /// The time that a call has.
    pub fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// `host[:port]`
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Starts the time of a call.
    pub fn begin(&self, timeout: Duration, cancel: Option<Arc<Cancel>>) -> Arc<CallState> {
        let connect_timeout = self.settings.connect_timeout;
        Arc::new(CallState::cancellable(timeout, connect_timeout, cancel))
    }

    /// Sends the request of a call, again if it may be; returns the response,
    /// whatever its status. `before_retry` learns what an attempt came to that is
    /// followed by another, and after which wait.
    pub fn send(
        &self,
        call: &Call,
        state: &Arc<CallState>,
        before_retry: impl Fn(&Result<Received, Failure>, Duration),
    ) -> Result<Received, Failure> {
        let host = self.host.get(|_| new_host(&self.settings));
        let mut number = 0;
        loop {
            state.begin_attempt();
            let outcome = self.send_once(host, call, state);
            if number == self.settings.max_retries {
                return outcome;
            }
            let Some(wait) = retry::wait(&outcome, call.repeat, number) else {
                return outcome;
            };
            if wait >= state.whole_time_left() {
                return outcome;
            }
            before_retry(&outcome, wait);
            waiting(|| state.pause(wait));
            if state.is_cancelled() {
                // A response that has arrived stays the outcome.
                return outcome.map_err(|failure| Failure {
                    cause: Cause::Cancelled,
                    ..failure
                });
            }
            number += 1;
        }
    }

    fn send_once(
        &self,
        host: &Arc<Host>,
        call: &Call,
        state: &Arc<CallState>,
    ) -> Result<Received, Failure> {
        let outcome = self.exchange(host, call, state).map(|response| {
            let host = Arc::clone(&self.host_name);
            Received::read(host, response, call.body_limit, state)
        });
        outcome.map_err(|error| {
            let mut failure = state.failure_of_ureq(error);
            if failure.host.is_empty() {
                failure.host = self.host_name.to_string();
            }
            failure
        })
    }

    fn exchange(
        &self,
        host: &Arc<Host>,
        call: &Call,
        state: &Arc<CallState>,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let base_path = &self.settings.base_url.path;
        let mut path = String::with_capacity(base_path.len() + call.path.len());
        path.push_str(base_path);
        path.push_str(&call.path);
        let attempt = Attempt {
            host: Arc::clone(host),
            state: Arc::clone(state),
            fields: Fields {
                lines: Arc::clone(match call.body {
                    Some(_) => &self.lines_of_body,
                    None => &self.lines,
                }),
                credentials: (call.is_authorized).then(|| Arc::clone(&self.settings.credentials)),
            },
            // It is the request line, or `Host`.
            longest_line: 64 + path.len().max(self.host_name.len()),
        };
        let mut uri = uri::Parts::default();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        uri.path_and_query = Some(PathAndQuery::try_from(path).map_err(to_http)?);
        let uri = Uri::from_parts(uri).map_err(to_http)?;
        // RFC 9110, section 8.6: such a request says that it has no body.
        let says_length = matches!(call.method, Method::POST | Method::PUT | Method::PATCH);
        let body = call.body.as_deref().or(says_length.then_some(&[]));
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = call.method.clone();
        head.uri = uri;
        if call.past_caches {
            let no_cache = HeaderValue::from_static("no-cache");
            head.headers.insert(CACHE_CONTROL, no_cache);
        }
        (host.lines).serve(attempt, |agent| match body {
            Some(body) => agent.run(Request::from_parts(head, body)),
            None => agent.run(Request::from_parts(head, ())),
        })
    }
}

fn to_http(error: impl Into<ureq::http::Error>) -> ureq::Error {
    ureq::Error::Http(error.into())
}

impl Transport {
    /// Wipes the credentials and closes idle connections, even if a call of
    /// another thread shares them: in a forked child that thread does not exist.
    pub fn close(&self) {
        self.settings.credentials.wipe();
        if let Some(proxy) = &self.settings.proxy {
            proxy.wipe();
        }
        self.host.each(
            |host| host.pool.clear(),
            |host| host.connector.sockets.close_copies(),
        );
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inherited for Arc<Host> {
    /// A child must not use its parent's connections, nor say good-bye on them;
    /// it only closes its copies of the sockets.
    fn abandon(self) {
        self.connector.sockets.close_copies();
        std::mem::forget(self);
    }
}

fn new_host(settings: &Settings) -> Arc<Host> {
    Arc::new(Host {
        connector: new_connector(settings),
        pool: Pool::default(),
        lines: Lines::default(),
    })
}

fn new_connector(settings: &Settings) -> Connector {
    let base = &settings.base_url;
    let (resolver, tunnel) = match &settings.proxy {
        Some(proxy) => (
            Resolver::new(&proxy.host, proxy.port),
            Some((Arc::clone(proxy), format!("{}:{}", base.host, base.port))),
        ),
        None => (Resolver::new(&base.host, base.port), None),
    };
    let tls = base
        .is_https
        .then(|| settings.trust.client_config(&base.host));
    Connector {
        resolver,
        tunnel,
        tls,
        sockets: Arc::new(Sockets::default()),
    }
}
