//! Whom to trust, and TLS over a socket.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};

use super::failure::{Cause, Failure};
use super::socket::Socket;

/// The authorities that vouch for a server: the built-in ones, or the
/// caller's own instead.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Adds the certificates of a PEM text, or says what is wrong with it.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), String> {
        let mut found = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| "it is malformed PEM".to_owned())?;
            // What rustls cannot use as an authority must not be found out
            // only when a connection fails.
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|_| "it holds a certificate that is malformed".to_owned())?;
            found.push(certificate);
        }
        if found.is_empty() {
            return Err("it holds no certificate".to_owned());
        }
        self.own.append(&mut found);
        Ok(())
    }

    /// TLS 1.2 and 1.3 with rustls's defaults; nothing turns verification off.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        if self.own.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else {
            roots.add_parsable_certificates(self.own.iter().cloned());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

/// TLS over a socket that never blocks.
pub struct Tls {
    connection: ClientConnection,
    /// Why no further record can be read, after those that came before.
    broken: Option<rustls::Error>,
}

impl Tls {
    pub fn handshake(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        mut socket: &Socket,
    ) -> Result<Self, Failure> {
        let mut connection = ClientConnection::new(config, name)
            .map_err(|error| Failure::now(Cause::Tls(error.to_string().into())))?;
        loop {
            while connection.wants_write() {
                match connection.write_tls(&mut socket) {
                    Ok(_) => {}
                    Err(error) if would_block(&error) => socket.wait_writable()?,
                    Err(error) => return Err(Failure::now(Cause::io(&error))),
                }
            }
            if !connection.is_handshaking() {
                return Ok(Self {
                    connection,
                    broken: None,
                });
            }
            match connection.read_tls(&mut socket) {
                Ok(0) => return Err(Failure::now(Cause::closed())),
                Ok(_) => {}
                Err(error) if would_block(&error) => {
                    socket.wait_readable()?;
                    continue;
                }
                Err(error) => return Err(Failure::now(Cause::io(&error))),
            }
            if let Err(error) = connection.process_new_packets() {
                // The alert tells the server why; it may no longer listen.
                let _ = connection.write_tls(&mut socket);
                return Err(Failure::now(Cause::Tls(describe(&error).into())));
            }
        }
    }

    /// Encrypts `plain` for [`Self::write`].
    pub fn queue(&mut self, plain: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(plain)
    }

    pub fn has_queued(&self) -> bool {
        self.connection.wants_write()
    }

    /// Sends some of what is queued.
    pub fn write(&mut self, mut socket: &Socket) -> io::Result<usize> {
        self.connection.write_tls(&mut socket)
    }

    /// Reads what has arrived into `buffer`; 0 is the peer's close_notify,
    /// `WouldBlock` says that nothing has come. What came before a bad record
    /// is handed out before its error is.
    pub fn read(&mut self, mut socket: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.connection.reader().read(buffer) {
                Err(error) if would_block(&error) => {}
                outcome => return outcome,
            }
            if let Some(error) = &self.broken {
                return Err(io::Error::other(describe(error)));
            }
            self.connection.read_tls(&mut socket)?;
            if let Err(error) = self.connection.process_new_packets() {
                self.broken = Some(error);
            }
            if self.has_queued() {
                // A key update's answer, say. What the socket does not take
                // now goes out with the next request.
                let _ = self.write(socket);
            }
        }
    }
}

impl Tls {
    /// Whether nothing is left of what has been read, neither data nor an end.
    pub fn is_drained(&mut self) -> bool {
        let nothing = self.connection.reader().read(&mut [0]);
        self.broken.is_none() && matches!(nothing, Err(error) if would_block(&error))
    }

    /// Says good-bye; a peer that does not take it at once goes without.
    pub fn close(&mut self, socket: &Socket) {
        if self.broken.is_none() {
            self.connection.send_close_notify();
            let _ = self.write(socket);
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

pub(super) fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// The reason in words that name the remedy where there is one.
fn describe(error: &rustls::Error) -> String {
    let certificate = match error {
        rustls::Error::InvalidCertificate(error) => error,
        rustls::Error::InvalidMessage(_) => {
            return "the peer does not speak TLS, or not as it should".into();
        }
        rustls::Error::AlertReceived(alert) => {
            return format!("the server ended TLS with alert {alert:?}");
        }
        rustls::Error::PeerIncompatible(_) => {
            return "the server offers no TLS 1.2 or 1.3 that can be used".into();
        }
        _ => return error.to_string(),
    };
    use CertificateError as E;
    match certificate {
        E::Expired | E::ExpiredContext { .. } => "the server's certificate has expired".into(),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check this machine's clock".into()
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the server's certificate is for another name".into()
        }
        E::UnknownIssuer => {
            "the server's certificate has an unknown issuer; for a private CA see set_ca_file"
                .into()
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the server's certificate is not meant for a server".into()
        }
        E::Revoked => "the server's certificate has been revoked".into(),
        E::BadSignature => "the server's certificate is signed wrongly".into(),
        E::BadEncoding => "the server's certificate is malformed".into(),
        other => format!("the server's certificate cannot be accepted ({other})"),
    }
}
