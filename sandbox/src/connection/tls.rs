//! A certificate for the sandbox, signed by its own CA, whose key is discarded after that signature.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use time::{Duration, OffsetDateTime};

pub struct Tls {
    pub server: Arc<ServerConfig>,
    /// The certificate of the CA, which a client must trust.
    pub ca_pem: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Creates a certificate for `localhost`, the loopback addresses and the address that is listened on.
pub fn make(listen: IpAddr) -> Result<Tls, Failure> {
    let ca_params = {
        let mut params = params("stytch-sandbox CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
    };
    let ca = CertifiedIssuer::self_signed(ca_params, KeyPair::generate()?)?;

    let mut leaf_params = params("stytch-sandbox");
    leaf_params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf_params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf_params.use_authority_key_identifier_extension = true;
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if !listen.is_unspecified() && !addresses.contains(&listen) {
        addresses.push(listen);
    }
    leaf_params.subject_alt_names = vec![SanType::DnsName("localhost".try_into()?)];
    leaf_params
        .subject_alt_names
        .extend(addresses.into_iter().map(SanType::IpAddress));
    let leaf_key = KeyPair::generate()?;
    let leaf = leaf_params.signed_by(&leaf_key, &ca)?;

    let chain = vec![leaf.der().clone()];
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls {
        server: Arc::new(server),
        ca_pem: ca.pem(),
    })
}

/// Returns the parameters of a certificate: valid for a year, and from yesterday, since clocks differ.
fn params(name: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(365);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
