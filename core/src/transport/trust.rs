//! Whom to trust.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use rustls::{ClientConfig, RootCertStore};

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
        let provider = CryptoProvider {
            key_provider: &NoClientKeys,
            ..ring::default_provider()
        };
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
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
