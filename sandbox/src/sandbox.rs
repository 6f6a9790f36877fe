//! A running sandbox: its threads, its socket, its end.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::app::{App, default_impersonator};
use crate::config::Config;
use crate::connection::{serve, tls};
use crate::http::{IMPERSONATION_AUTHENTICATE, SessionRequest, router, start_session};
use crate::keys::Key;
use crate::schema::JWK;
use crate::sessions::{Selector, SessionSummary};
use crate::traffic::SeenRequest;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Config(&'static str),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("cannot make a certificate: {0}")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot start the server's threads: {0}")]
    Thread(#[from] io::Error),
}

/// A session that a test has started.
#[derive(Clone)]
pub struct StartedSession {
    pub member_session_id: String,
    pub member_id: String,
    pub organization_id: String,
    pub session_token: String,
    pub session_jwt: String,
}

/// A running sandbox. Dropping it stops it: its connections end and its threads are gone.
pub struct Sandbox {
    url: String,
    ca_pem: Option<String>,
    app: Arc<App>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on threads of its own. It listens when this returns.
    pub fn start(config: Config) -> Result<Self, StartError> {
        config.check().map_err(StartError::Config)?;
        let unusable = |error| StartError::Listen(config.listen, error);
        let listener = TcpListener::bind(config.listen).map_err(unusable)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let tls = match config.tls {
            true => Some(tls::make(address.ip()).map_err(StartError::Certificate)?),
            false => None,
        };
        let (server, ca_pem) = tls.map(|tls| (tls.server, tls.ca_pem)).unzip();

        let app = Arc::new(App::new(config)?);
        let routes = router(Arc::clone(&app));
        let mut runtime = Builder::new_multi_thread();
        runtime
            .worker_threads(2)
            .thread_name("sandbox-worker")
            .enable_io()
            .enable_time();
        let runtime = runtime.build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        // The runtime is created and dropped on this thread, so that a sandbox may be dropped
        // anywhere, inside another runtime too.
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, server, routes, stopped));
            })?;
        let scheme = if app.config.tls { "https" } else { "http" };
        Ok(Sandbox {
            url: format!("{scheme}://{}", reachable(address)),
            ca_pem,
            app,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns where it listens, without a final slash: the base URL for a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns what a client must trust, as PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Makes an impersonation token for the first member.
    pub fn create_token(&self) -> String {
        let person = &self.app.directory.people()[0];
        self.app
            .issue(person, default_impersonator(), self.app.config.token_ttl)
    }

    /// Returns how many requests to the endpoint that takes impersonation tokens have come in,
    /// whatever became of them.
    pub fn requests(&self) -> u64 {
        self.requests_to(IMPERSONATION_AUTHENTICATE)
    }

    /// Returns how many requests to this path under `/v1/` have come in, whatever became of them.
    pub fn requests_to(&self, path: &str) -> u64 {
        self.app.traffic.to(path)
    }

    /// Returns the last hundred requests under `/v1/`, the oldest first.
    pub fn recent_requests(&self) -> Vec<SeenRequest> {
        self.app.traffic.recent()
    }

    /// Queues what `POST /sandbox/faults` takes: a fault as JSON, or an array of them.
    ///
    /// # Panics
    /// If the text is not valid.
    pub fn queue_faults(&self, json: &str) {
        let faults = serde_json::from_str(json).expect("faults are JSON");
        self.app
            .faults
            .queue(faults)
            .expect("faults that can happen");
    }

    /// Starts an ordinary session of the first member, of 60 minutes.
    pub fn start_session(&self) -> StartedSession {
        self.start_session_with("{}")
    }

    /// Starts the session that `POST /sandbox/sessions` would start for this JSON.
    ///
    /// # Panics
    /// If that would be refused.
    pub fn start_session_with(&self, json: &str) -> StartedSession {
        let wanted: SessionRequest = serde_json::from_str(json).expect("a session as JSON");
        let key = self.app.keys.get(Key::Signing);
        let Ok(session) = start_session(&self.app, wanted) else {
            panic!("the sandbox refuses to start this session")
        };
        StartedSession {
            session_jwt: self.app.session_jwt(&session, &key),
            member_id: session.person.member.member_id.clone(),
            organization_id: session.person.organization.organization_id.clone(),
            member_session_id: session.id,
            session_token: session.token,
        }
    }

    /// Returns all sessions that were started, the oldest first.
    pub fn sessions(&self) -> Vec<SessionSummary> {
        let now = self.app.clock.now();
        let summary = |session: &_| crate::sessions::Session::summary(session, now);
        let mut sessions = self.app.sessions.newest(usize::MAX, summary);
        sessions.reverse();
        sessions
    }

    /// Revokes a session. Returns false if there is no such active session.
    pub fn revoke_session(&self, member_session_id: &str) -> bool {
        let (selector, now) = (Selector::Id(member_session_id), self.app.clock.now());
        self.app.sessions.revoke(&selector, now).is_some()
    }

    /// Moves the clock of the sandbox forward, or back. Movements add up.
    ///
    /// # Panics
    /// If the clock were a hundred years ahead, or behind.
    pub fn advance_clock(&self, seconds: i64) {
        if let Err(error) = self.app.clock.advance(seconds) {
            panic!("{error}");
        }
    }

    /// Puts the clock of the sandbox back to the system's time.
    pub fn reset_clock(&self) {
        self.app.clock.reset();
    }

    /// Returns the time on the sandbox's clock, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.app.clock.now().unix_timestamp()
    }

    /// Lets a new key sign, and returns its id. The key that signed so far is still served, the one
    /// before it is not.
    pub fn rotate_keys(&self) -> String {
        self.app.keys.rotate(true);
        self.key_id(Key::Signing)
    }

    /// Serves only the key that signs.
    pub fn withdraw_old_keys(&self) {
        self.app.keys.withdraw_old();
    }

    /// Returns the keys that are served as a JSON Web Key Set.
    pub fn jwks(&self) -> String {
        let keys = self.app.keys.served_now();
        let keys: Vec<&JWK> = keys.iter().map(|key| &key.public).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Returns the id of a key, as it stands in the header of a JWT.
    pub fn key_id(&self, key: Key) -> String {
        self.app.keys.get(key).id().to_owned()
    }

    /// Returns a JWT of exactly these texts, whatever they are, signed as session JWTs are.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_with(Key::Signing, header, payload)
    }

    /// Returns a JWT of exactly these texts, whatever they are, signed with RS256 by this key.
    pub fn sign_with(&self, key: Key, header: &str, payload: &str) -> String {
        self.app.keys.get(key).sign(header, payload)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If the server panicked, there is nothing to stop.
            let _ = thread.join();
        }
    }
}

/// Returns an address that a client can connect to: loopback stands for "all".
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
