//! From a name to a connection: lookup, TCP, tunnel, TLS.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::call_state::CallState;
use super::connection::Connection;
use super::failure::Failure;
use super::proxy::Proxy;
use super::resolver::Resolver;
use super::socket::Socket;
use super::sockets::Sockets;
use super::tls::Tls;
use crate::outcome::Phase;

/// Makes every connection of a client; all go to the same host.
pub struct Connector {
    pub resolver: Resolver,
    /// The proxy, and `host:port` that it is asked for.
    pub tunnel: Option<(Arc<Proxy>, String)>,
    /// `None` for http, which only loopback hosts may use.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    pub sockets: Arc<Sockets>,
}

impl Connector {
    /// Opens a connection, within the time for connecting and the call's own.
    pub fn open(&self, state: &CallState) -> Result<Connection, Failure> {
        state.begin_connect();
        let socket = self
            .reach(state)
            .map_err(|failure| self.name_proxy(failure))?;
        let place = self.sockets.enter(socket.stream());
        let wire = socket.at_work(state);
        if let Some((proxy, target)) = &self.tunnel {
            state.enter(Phase::Proxy);
            proxy.open_tunnel(wire, target)?;
        }
        let tls = match &self.tls {
            Some((config, name)) => {
                state.enter(Phase::Tls);
                Some(Tls::handshake(Arc::clone(config), name.clone(), wire)?)
            }
            None => None,
        };
        state.end_connect();
        Ok(Connection::new(place, socket, tls))
    }

    fn reach(&self, state: &CallState) -> Result<Socket, Failure> {
        state.enter(Phase::Lookup);
        let addresses = self.resolver.look_up(state)?;
        state.enter(Phase::Connect);
        Socket::connect(&addresses, state).inspect_err(|_| self.resolver.forget())
    }

    /// Until the proxy is reached, it is the host that failed.
    fn name_proxy(&self, mut failure: Failure) -> Failure {
        if let Some((proxy, _)) = &self.tunnel {
            failure.host = format!("the proxy {}", proxy.authority());
        }
        failure
    }
}
