//! From a name to a connection that stands: look-up, TCP, tunnel, TLS.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver as UreqResolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector as UreqConnector, NextTimeout};

use super::connection::Connection;
use super::delivery::{self, Phase};
use super::failure::Failure;
use super::proxy::Proxy;
use super::resolver::Resolver;
use super::socket::Socket;
use super::tls::Tls;

/// Makes every connection of a client; all go to the same host.
pub struct Connector {
    resolver: Resolver,
    /// The proxy, and `host:port` that it is asked for.
    tunnel: Option<(Proxy, String)>,
    /// `None` for http, which only loopback hosts may use.
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    longest_header: usize,
}

impl Connector {
    pub fn new(
        resolver: Resolver,
        tunnel: Option<(Proxy, String)>,
        tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
        longest_header: usize,
    ) -> Self {
        Self {
            resolver,
            tunnel,
            tls,
            longest_header,
        }
    }

    fn open(&self) -> Result<Connection, Failure> {
        let socket = self.reach().map_err(|failure| self.name_proxy(failure))?;
        if let Some((proxy, target)) = &self.tunnel {
            delivery::enter(Phase::Proxy);
            proxy.open_tunnel(&socket, target)?;
        }
        let tls = match &self.tls {
            Some((config, name)) => {
                delivery::enter(Phase::Tls);
                Some(Tls::handshake(Arc::clone(config), name.clone(), &socket)?)
            }
            None => None,
        };
        Ok(Connection::new(socket, tls, self.longest_header))
    }

    fn reach(&self) -> Result<Socket, Failure> {
        delivery::enter(Phase::LookUp);
        let addresses = self.resolver.look_up()?;
        delivery::enter(Phase::Connect);
        Socket::connect(&addresses).inspect_err(|_| self.resolver.forget())
    }

    /// Until the proxy is reached, it is the host that failed.
    fn name_proxy(&self, mut failure: Failure) -> Failure {
        if let Some((proxy, _)) = &self.tunnel {
            failure.host = format!("the proxy {}", proxy.authority());
        }
        failure
    }
}

impl UreqConnector<()> for Connector {
    type Out = Connection;

    fn connect(
        &self,
        _: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        delivery::begin_connect();
        let connection = self.open()?;
        delivery::end_connect();
        Ok(Some(connection))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// ureq resolves before it asks its pool, on every call. A warm connection
/// needs no look-up, so this one leaves it to the connector.
#[derive(Debug)]
pub struct LookUpLater;

impl UreqResolver for LookUpLater {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}
