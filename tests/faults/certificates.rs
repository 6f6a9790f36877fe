//! A certificate workshop: an authority, and leaves that are wrong in one way each.

use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::rsa_key;

/// What is wrong with the certificate that the server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    Good,
    Expired,
    NotYetValid,
    WrongName,
    UnknownIssuer,
    /// Its authority is another one of the same name.
    OtherAuthority,
    SelfSigned,
    /// The host stands in the common name alone.
    NoSan,
    /// It is for clients.
    WrongUsage,
    /// It is an authority's.
    IsAuthority,
    /// It is for a host that webpki does not take for a DNS name.
    OddName,
    /// It has critical certificate policies.
    CriticalPolicies,
    /// Its authority may issue for another name only.
    NameConstraint,
    Rsa1024,
    Rsa2048,
    /// Good, in a chain with an intermediate authority.
    Intermediate,
    /// As before, and the intermediate is not sent.
    IntermediateMissing,
    /// Good, over TLS 1.2.
    Tls12,
}

const NAME: &str = "Fault matrix CA";

struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = authority_params(name);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new(NAME))
}

/// The authority that the client is told to trust.
pub fn ca_pem() -> &'static str {
    &authority().pem
}

fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// A server's settings that show `leaf`.
pub fn server_config(leaf: Leaf) -> Arc<ServerConfig> {
    let names = ["localhost", "127.0.0.1", "api.stytch.test"];
    let mut params = leaf_params(&names);
    match leaf {
        Leaf::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Leaf::NotYetValid => params.not_before = date_time_ymd(2090, 1, 1),
        Leaf::OddName => params = leaf_params(&["node-.test"]),
        Leaf::WrongName => params = leaf_params(&["elsewhere.test"]),
        Leaf::NoSan => params = leaf_params(&[]),
        Leaf::WrongUsage => {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        Leaf::CriticalPolicies => {
            let policies = [0x30, 6, 0x30, 4, 6, 2, 0x55, 0x1D].to_vec();
            let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 32], policies);
            extension.set_criticality(true);
            params.custom_extensions = vec![extension];
        }
        Leaf::IsAuthority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        _ => {}
    }
    let bits = match leaf {
        Leaf::Rsa1024 => Some(1024),
        Leaf::Rsa2048 => Some(2048),
        _ => None,
    };
    let certified = match bits {
        Some(bits) => {
            let key = rsa_key::generate(bits);
            CertifiedKey::new(vec![sign(&params, &key)], Arc::new(key))
        }
        None => {
            let key = KeyPair::generate().expect("a key");
            let chain = chain(leaf, &params, &key);
            let der = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
            let key = ring::sign::any_supported_type(&der).expect("a key for ring");
            CertifiedKey::new(chain, key)
        }
    };
    let versions = match leaf {
        Leaf::Tls12 => vec![&rustls::version::TLS12],
        _ => rustls::ALL_VERSIONS.to_vec(),
    };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&versions)
        .expect("versions that ring has")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Always(Arc::new(certified))));
    Arc::new(config)
}

fn sign(params: &CertificateParams, key: &impl PublicKeyData) -> CertificateDer<'static> {
    let signed = params.signed_by(key, &authority().issuer);
    signed.expect("a certificate").der().clone()
}

fn chain(leaf: Leaf, params: &CertificateParams, key: &KeyPair) -> Vec<CertificateDer<'static>> {
    let by = |authority: &Authority| {
        let signed = params.signed_by(key, &authority.issuer);
        signed.expect("a certificate").der().clone()
    };
    match leaf {
        Leaf::SelfSigned => {
            vec![
                params
                    .self_signed(key)
                    .expect("a certificate")
                    .der()
                    .clone(),
            ]
        }
        Leaf::UnknownIssuer => {
            let other = Authority::new("Another CA");
            vec![by(&other), other.der]
        }
        Leaf::OtherAuthority => vec![by(&Authority::new(NAME))],
        Leaf::Intermediate | Leaf::IntermediateMissing | Leaf::NameConstraint => {
            let mut between = authority_params("Fault matrix intermediate");
            if leaf == Leaf::NameConstraint {
                between.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.test".into())],
                    excluded_subtrees: vec![],
                });
            }
            let between_key = KeyPair::generate().expect("a key");
            let between_der = sign(&between, &between_key);
            let issuer = Issuer::new(between, between_key);
            let signed = params.signed_by(key, &issuer).expect("a certificate");
            let mut chain = vec![signed.der().clone(), between_der];
            if leaf == Leaf::IntermediateMissing {
                chain.pop();
            }
            chain
        }
        _ => vec![by(authority())],
    }
}

/// Shows the same certificate to everyone, whatever name is asked for.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
