//! Whom to trust.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::SigningKey;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::pem;
use super::plain_name::PlainName;
use crate::url::server_name;

/// No bundle of roots comes near this; a caller that adds without end must
/// not use up the memory.
const LARGEST_IN_ALL: usize = 16 * 1024 * 1024;

/// The authorities that vouch for a server: the built-in ones, or the
/// caller's own instead.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Each once, in DER: the same one twice would cost time in handshakes.
    own: BTreeSet<Vec<u8>>,
    /// How many bytes of text they came from.
    size: usize,
}

impl Trust {
    /// Adds the certificates of a PEM text: all of them, or none and the
    /// reason. As with OpenSSL, an authority whose own block says that it is
    /// not for servers is left out, which is what the file asks for.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<(), String> {
        let size = self.size.saturating_add(text.len());
        if size > LARGEST_IN_ALL {
            return Err("all of them together are larger than 16 MiB".into());
        }
        let mut found = Vec::new();
        for block in pem::certificates(text)? {
            check_anchor(&block.der).map_err(|reason| format!("{} {reason}", block.place))?;
            if !block.is_distrusted {
                found.push(block.der);
            }
        }
        if found.is_empty() {
            return Err("it contains only certificates that are marked as not for servers".into());
        }
        self.own.extend(found);
        self.size = size;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn contains(&self, der: &[u8]) -> bool {
        self.own.contains(der)
    }

    /// Returns how to speak TLS with `host`, and the name to ask for: TLS 1.2
    /// and 1.3 with rustls's defaults. Nothing turns verification off.
    pub fn client_config(&self, host: &str) -> (Arc<ClientConfig>, ServerName<'static>) {
        let mut roots = RootCertStore::empty();
        if self.own.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else {
            let own = self.own.iter().map(|der| CertificateDer::from(&der[..]));
            let (_, ignored) = roots.add_parsable_certificates(own);
            debug_assert_eq!(ignored, 0, "each was checked");
        }
        let provider = CryptoProvider {
            key_provider: &NoClientKeys,
            ..ring::default_provider()
        };
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions");
        let (builder, name) = match server_name(host) {
            Some(name) => (builder.with_root_certificates(roots), name),
            None => {
                let verifier = PlainName::new(host, Arc::new(roots), algorithms);
                let builder = builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier));
                // It stands for no name, and none is sent.
                (builder, ServerName::from(Ipv4Addr::UNSPECIFIED))
            }
        };
        (Arc::new(builder.with_no_client_auth()), name)
    }
}

/// Checks that rustls can use a certificate as an authority. Its key is not
/// looked at: a connection that needs one of a kind that is not supported says
/// so, and a bundle with an old root among its hundred is good for the others.
fn check_anchor(der: &[u8]) -> Result<(), &'static str> {
    match RootCertStore::empty().add(CertificateDer::from(der)) {
        Ok(()) => Ok(()),
        Err(rustls::Error::InvalidCertificate(CertificateError::BadEncoding)) => {
            Err("is not a well-formed X.509 certificate of version 3 or 1")
        }
        Err(_) => Err("has extensions or algorithms that are not valid"),
    }
}

/// A client certificate cannot be set, so the code that would sign with one
/// need not be in the library.
#[derive(Debug)]
struct NoClientKeys;

impl KeyProvider for NoClientKeys {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("no client certificates".to_owned()))
    }
}
