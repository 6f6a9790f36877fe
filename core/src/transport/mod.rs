//! One request, one deadline, at most one delivery. Every request of the
//! library goes through [`Transport::send`].

mod answer;
mod chunked;
mod connection;
mod connector;
pub mod delivery;
mod der;
mod failure;
pub mod fork;
mod pem;
mod proxy;
mod resolver;
mod retry;
mod socket;
mod tls;
mod tls_error;
mod trust;
mod wipe;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;
use rustls::ClientConfig;
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use ureq::http::{HeaderValue, Request, Uri};

pub use answer::{Answer, Ending};
pub use failure::Failure;
pub use proxy::Proxy;
pub use trust::Trust;

use crate::error::{Error, Result};
use crate::url::{BaseUrl, server_name};
use connector::{Connector, LookUpLater};
use resolver::Resolver;

/// RFC 9112, section 2.2, leaves the bound to us; ureq reads 128 fields.
const HEADER_LIMIT: usize = 64 * 1024;
/// How many interim (1xx) answers may come before the final one.
const MOST_INTERIM: usize = 64;
/// As many as threads that a busy process may have in calls at once.
const MOST_IDLE: usize = 64;
/// Half of the 60 s after which common load balancers drop an idle connection,
/// so that the drop does not meet a request on its way.
const MOST_IDLE_AGE: Duration = Duration::from_secs(30);

/// Where requests go and how.
pub struct Settings {
    pub base_url: BaseUrl,
    pub proxy: Option<Proxy>,
    pub trust: Trust,
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub max_retries: u32,
    pub user_agent: String,
    /// The value of `Authorization`; its bytes are wiped with their last use.
    pub authorization: HeaderValue,
}

/// The one way to the API.
pub struct Transport {
    settings: Settings,
    user_agent: HeaderValue,
    /// `host[:port]`, for messages.
    host: Arc<str>,
    first: Generation,
}

/// Where a kind of request goes: made once, used for every call.
pub struct Endpoint(Uri);

/// What belongs to one process. After a fork the child must neither use the
/// parent's connections nor touch locks that were held, so it gets its own
/// and leaves the inherited one alone, without so much as dropping it.
struct Generation {
    number: u64,
    agent: Option<Agent>,
    next: OnceBox<Self>,
}

impl Transport {
    pub fn new(settings: Settings) -> Result<Self> {
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| Error::invalid("app_info cannot stand in a header"))?;
        Ok(Self {
            first: Generation::new(&settings),
            host: settings.base_url.authority().into(),
            settings,
            user_agent,
        })
    }

    /// The endpoint at `path`, which starts with a slash.
    pub fn endpoint(&self, path: &str) -> Endpoint {
        let url = self.settings.base_url.join(path);
        Endpoint(url.parse().expect("the base URL was checked"))
    }

    /// Sends `body` as a POST to `endpoint`, with retries where no byte of it
    /// can have been taken for delivered.
    pub fn send(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.settings.timeout;
        let agent = self.agent();
        let mut tries = 0;
        loop {
            let outcome = self.send_once(agent, endpoint, body, deadline);
            if tries == self.settings.max_retries {
                return outcome;
            }
            let Some(wait) = retry::wait(&outcome, tries) else {
                return outcome;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if wait >= left {
                return outcome;
            }
            thread::sleep(wait);
            tries += 1;
        }
    }

    fn send_once(
        &self,
        agent: &Agent,
        endpoint: &Endpoint,
        body: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        delivery::begin(deadline, self.settings.connect_timeout);
        let outcome = self.request(endpoint, body).and_then(|request| {
            let response = agent.run(request)?;
            Ok(Answer::read(Arc::clone(&self.host), response))
        });
        let outcome = outcome.map_err(|error| {
            let mut failure = Failure::from(error);
            if failure.host.is_empty() {
                failure.host = self.host.to_string();
            }
            failure
        });
        delivery::end();
        outcome
    }

    fn request<'b>(
        &self,
        endpoint: &Endpoint,
        body: &'b [u8],
    ) -> Result<Request<&'b [u8]>, ureq::Error> {
        let request = Request::post(endpoint.0.clone())
            .header(AUTHORIZATION, self.settings.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, self.user_agent.clone())
            .body(body)?;
        Ok(request)
    }

    /// The agent of the process that runs this.
    fn agent(&self) -> &Agent {
        let number = fork::generation();
        let mut generation = &self.first;
        while generation.number != number {
            generation = generation
                .next
                .get_or_init(|| Box::new(Generation::new(&self.settings)));
        }
        generation
            .agent
            .as_ref()
            .expect("an agent stays until its generation is dropped")
    }
}

impl Generation {
    fn new(settings: &Settings) -> Self {
        Self {
            number: fork::generation(),
            agent: Some(new_agent(settings)),
            next: OnceBox::new(),
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if self.number != fork::generation() {
            std::mem::forget(self.agent.take());
        }
    }
}

fn new_agent(settings: &Settings) -> Agent {
    let config = Agent::config_builder()
        // ureq looks into the environment for a proxy while it makes its
        // defaults; what it finds is put aside here.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept("")
        .accept_encoding("")
        .timeout_await_100(None)
        .max_response_header_size(HEADER_LIMIT)
        .max_idle_connections(MOST_IDLE)
        .max_idle_connections_per_host(MOST_IDLE)
        .max_idle_age(MOST_IDLE_AGE)
        .build();
    Agent::with_parts(config, new_connector(settings), LookUpLater)
}

fn new_connector(settings: &Settings) -> Connector {
    let base = &settings.base_url;
    let tls = base.is_https.then(|| {
        let config: Arc<ClientConfig> = settings.trust.client_config();
        let name = server_name(&base.host).expect("the base URL was checked");
        (config, name)
    });
    let (resolver, tunnel) = match &settings.proxy {
        Some(proxy) => (
            Resolver::new(&proxy.host, proxy.port),
            Some((proxy.clone(), format!("{}:{}", base.host, base.port))),
        ),
        None => (Resolver::new(&base.host, base.port), None),
    };
    // The request line counts as a header here: it is written as one.
    let longest_header = [
        settings.authorization.len(),
        settings.user_agent.len(),
        base.path.len(),
        base.host.len(),
    ];
    let longest_header = longest_header.into_iter().max().unwrap_or_default();
    Connector::new(resolver, tunnel, tls, longest_header)
}
