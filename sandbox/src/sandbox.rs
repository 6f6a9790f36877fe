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
use crate::http::router;

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
        // The runtime lives and ends on this thread, so a sandbox may be dropped anywhere,
        // inside another runtime too.
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

    /// Where it listens, without a final slash: the base URL for a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a client must trust, as PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// A fresh impersonation token for the first member.
    pub fn create_token(&self) -> String {
        let person = &self.app.directory.people()[0];
        self.app
            .issue(person, default_impersonator(), self.app.config.token_ttl)
    }

    /// How many requests to the authenticate endpoint have come in, whatever became of them.
    pub fn requests(&self) -> u64 {
        self.app.authenticate_requests()
    }

    /// Queues what `POST /sandbox/faults` takes: a fault as JSON, or an array of them.
    ///
    /// # Panics
    /// Where the text is no such thing.
    pub fn queue_faults(&self, json: &str) {
        let faults = serde_json::from_str(json).expect("faults are JSON");
        self.app
            .faults
            .queue(faults)
            .expect("faults that can happen");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

/// An address that a client can connect to: loopback stands for "all".
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
