//! Certificates for hosts that webpki does not take for DNS names: `node.1`, as
//! containers' networks name tasks, or a label that ends in a hyphen.
//!
//! The chain, its times and its use are checked by webpki as for every other
//! host. Only the last question, whether the certificate is for this host, is
//! answered here, and strictly: one of its dNSName entries must be the host,
//! letter for letter but for case. No wildcard and no common name counts.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::der;

#[derive(Debug)]
pub struct PlainName {
    /// Without a final dot.
    host: String,
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PlainName {
    pub fn new(
        host: &str,
        roots: Arc<RootCertStore>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        Self {
            host: host.strip_suffix('.').unwrap_or(host).to_owned(),
            roots,
            algorithms,
        }
    }
}

impl ServerCertVerifier for PlainName {
    /// The name that rustls passes on stands for none: see [`Self::host`].
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )?;
        let is_for_host = dns_names(end_entity)
            .ok_or(CertificateError::BadEncoding)?
            .iter()
            .any(|name| name.eq_ignore_ascii_case(self.host.as_bytes()));
        if is_for_host {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// 2.5.29.17
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
/// `[2]` of a GeneralName
const DNS_NAME: u8 = 0x82;

/// Returns the dNSName entries of a certificate, on this way through it:
///
/// ```text
/// Certificate SEQUENCE
///   tbsCertificate SEQUENCE
///     ...
///     extensions [3] SEQUENCE OF
///       Extension SEQUENCE { OID, BOOLEAN, OCTET STRING }
///                                          GeneralNames SEQUENCE OF [2] ...
/// ```
fn dns_names(certificate: &[u8]) -> Option<Vec<&[u8]>> {
    let certificate = only(certificate, der::SEQUENCE)?;
    let (to_be_signed, _) = der::split(certificate)?;
    let fields = elements(to_be_signed.content)?;
    let Some(extensions) = fields.iter().find(|field| field.tag == der::CONTEXT_3) else {
        return Some(Vec::new());
    };
    let mut names = Vec::new();
    for extension in elements(only(extensions.content, der::SEQUENCE)?)? {
        let parts = elements(extension.content)?;
        let (id, value) = (parts.first()?, parts.last()?);
        if id.content == SUBJECT_ALT_NAME {
            let list = elements(only(value.content, der::SEQUENCE)?)?;
            let dns = list.iter().filter(|name| name.tag == DNS_NAME);
            names.extend(dns.map(|name| name.content));
        }
    }
    Some(names)
}

/// The content of the one element that `input` consists of.
fn only(input: &[u8], tag: u8) -> Option<&[u8]> {
    let (element, rest) = der::split(input)?;
    (element.tag == tag && rest.is_empty()).then_some(element.content)
}

fn elements(mut input: &[u8]) -> Option<Vec<der::Element<'_>>> {
    let mut elements = Vec::new();
    while !input.is_empty() {
        let (element, rest) = der::split(input)?;
        elements.push(element);
        input = rest;
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
        KeyPair, SanType, date_time_ymd,
    };
    use rustls::crypto::ring;

    use super::*;

    /// Returns what becomes of a certificate for `names` where `host` is meant.
    fn verify(
        host: &str,
        names: &[&str],
        change: fn(&mut CertificateParams),
        is_known: bool,
    ) -> Result<(), Error> {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = ca.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(ca, key);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "node.1");
        params.subject_alt_names = names
            .iter()
            .map(|name| SanType::DnsName((*name).try_into().unwrap()))
            .collect();
        change(&mut params);
        let leaf = params
            .signed_by(&KeyPair::generate().unwrap(), &issuer)
            .unwrap();
        let mut roots = RootCertStore::empty();
        if is_known {
            roots.add(root).unwrap();
        }
        let algorithms = ring::default_provider().signature_verification_algorithms;
        let verifier = PlainName::new(host, Arc::new(roots), algorithms);
        let nobody = ServerName::from(std::net::Ipv4Addr::UNSPECIFIED);
        let outcome = verifier.verify_server_cert(leaf.der(), &[], &nobody, &[], UnixTime::now());
        outcome.map(drop)
    }

    #[test]
    fn the_name_must_be_there_to_the_letter() {
        let same = |host, names| verify(host, names, |_| {}, true);
        for (host, names) in [
            ("node.1", &["node.1"][..]),
            ("NODE.1.", &["other.test", "Node.1"]),
            ("node-.test", &["node-.test"]),
        ] {
            same(host, names).unwrap();
        }
        for names in [
            &[][..],
            &["node.2"],
            &["*.1"],
            &["node.1."],
            &["node.10"],
            &["a.node.1"],
            &["node.1\0.test"],
            &["localhost"],
        ] {
            let error = same("node.1", names).unwrap_err();
            let expected = Error::from(CertificateError::NotValidForName);
            assert_eq!(error, expected, "{names:?}");
        }
    }

    #[test]
    fn all_else_is_checked_as_for_other_names() {
        let bad = |change, is_known| verify("node.1", &["node.1"], change, is_known).unwrap_err();
        let unknown = bad(|_| {}, false);
        assert_eq!(unknown, CertificateError::UnknownIssuer.into());
        let expired = bad(|params| params.not_after = date_time_ymd(2020, 1, 1), true);
        let is_expired = |error| {
            matches!(
                error,
                Error::InvalidCertificate(CertificateError::ExpiredContext { .. })
            )
        };
        assert!(is_expired(expired));
        let client = |params: &mut CertificateParams| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        };
        bad(client, true);
        bad(
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            true,
        );
    }

    #[test]
    fn what_is_cut_has_no_names() {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["node.test".to_owned()]).unwrap();
        let whole = params.self_signed(&key).unwrap().der().to_vec();
        assert_eq!(dns_names(&whole), Some(vec![&b"node.test"[..]]));
        for length in 0..whole.len() {
            assert!(dns_names(&whole[..length]).is_none(), "{length}");
        }
    }
}
