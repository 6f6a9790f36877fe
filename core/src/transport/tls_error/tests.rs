//! Chains that are wrong in one way each, and the sentence for each.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use super::*;

/// What a message may be long in all is 300 bytes; host and advice take the rest.
const LONGEST: usize = 185;

/// Returns what is said of a chain, the leaf first and the trusted one last.
fn verdict(chain: &[CertificateDer<'static>]) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(chain.last().unwrap().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let error = verifier.verify_server_cert(
        &chain[0],
        &chain[1..chain.len() - 1],
        &ServerName::try_from("localhost").unwrap(),
        &[],
        UnixTime::now(),
    );
    describe(&error.expect_err("a bad chain"))
}

fn check(what: &str, said: &str, words: &str) {
    assert!(said.contains(words), "{what}: {said}");
    let is_plain = !said.contains(['{', '[', '\n']) && !said.contains("Context");
    assert!(
        said.len() <= LONGEST && is_plain,
        "{what}: {} {said}",
        said.len()
    );
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A chain of a root, intermediates and a leaf, the root first in `of`.
fn chain(of: Vec<CertificateParams>) -> Vec<CertificateDer<'static>> {
    let mut issuer: Option<Issuer<'static, KeyPair>> = None;
    let mut made = Vec::new();
    for params in of {
        let key = KeyPair::generate().unwrap();
        let certificate = match &issuer {
            None => params.self_signed(&key),
            Some(issuer) => params.signed_by(&key, issuer),
        };
        made.push(certificate.unwrap().der().clone());
        issuer = Some(Issuer::new(params, key));
    }
    made.reverse();
    made
}

fn with(
    mut params: CertificateParams,
    change: impl FnOnce(&mut CertificateParams),
) -> CertificateParams {
    change(&mut params);
    params
}

fn critical(oid: &[u64], content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(true);
    extension
}

fn permits(subtree: GeneralSubtree) -> Option<NameConstraints> {
    Some(NameConstraints {
        permitted_subtrees: vec![subtree],
        excluded_subtrees: vec![],
    })
}

#[rustfmt::skip] // a row a line
#[test]
fn each_bad_chain_has_a_sentence() {
    let (root, leaf) = (authority("root"), named("leaf"));
    let between = authority("between");
    let leaf_with = |change: fn(&mut CertificateParams)| vec![root.clone(), with(leaf.clone(), change)];
    let between_with = |change: fn(&mut CertificateParams)| {
        vec![root.clone(), with(between.clone(), change), leaf.clone()]
    };
    let directory = || {
        let mut name = rcgen::DistinguishedName::new();
        name.push(DnType::OrganizationName, "Case");
        GeneralSubtree::DirectoryName(name)
    };
    let short = with(authority("short"), |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let deep: Vec<_> = (0..9).map(|i| authority(&format!("level {i}"))).collect();
    for (what, of, words) in [
        ("expired", leaf_with(|p| p.not_after = date_time_ymd(2020, 1, 1)), "has expired (on Wed, 01 Jan 2020"),
        ("an intermediate is expired", between_with(|p| p.not_after = date_time_ymd(2020, 1, 1)), "has expired (on"),
        ("not yet valid", leaf_with(|p| p.not_before = date_time_ymd(2090, 1, 1)), "not valid yet (before"),
        ("the dates are the wrong way round", leaf_with(|p| (p.not_before, p.not_after) = (date_time_ymd(2023, 1, 1), date_time_ymd(2020, 1, 1))), "has expired"),
        ("another name", leaf_with(|p| p.subject_alt_names = CertificateParams::new(vec!["a.test".into(), "*.b.test".into(), "c.test".into()]).unwrap().subject_alt_names), "another name (a.test, *.b.test, ...)"),
        ("an address alone", leaf_with(|p| p.subject_alt_names = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().subject_alt_names), "another name"),
        ("no name", leaf_with(|p| p.subject_alt_names.clear()), "subjectAltName"),
        ("for clients", leaf_with(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]), "not meant for a server"),
        ("for nothing", leaf_with(|p| p.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 37], vec![0x30, 0])]), "allows no use at all"),
        ("an authority's", leaf_with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)), "CA:FALSE"),
        ("critical policies", between_with(|p| p.custom_extensions = vec![critical(&[2, 5, 29, 32], &[0x30, 6, 0x30, 4, 6, 2, 0x55, 0x1D])]), "certificate policies"),
        ("policy constraints", between_with(|p| p.custom_extensions = vec![critical(&[2, 5, 29, 36], &[0x30, 3, 0x80, 1, 3])]), "critical extension"),
        ("a critical extension of nobody's", leaf_with(|p| p.custom_extensions = vec![critical(&[1, 2, 3, 4], &[5, 0])]), "critical extension"),
        ("the issuer may not issue", between_with(|p| p.is_ca = IsCa::NoCa), "CA:TRUE is missing"),
        ("the issuer may not issue and says so", between_with(|p| p.is_ca = IsCa::ExplicitNoCa), "CA:TRUE is missing"),
        ("another name is permitted", between_with(|p| p.name_constraints = permits(GeneralSubtree::DnsName("b.test".into()))), "may not issue certificates for these names"),
        ("directory names are constrained", vec![root.clone(), with(between.clone(), |p| p.name_constraints = permits(directory())), leaf.clone()], "directory names"),
        ("too many authorities for one", vec![root.clone(), short, between.clone(), leaf.clone()], "path length"),
        ("ten authorities", [vec![root.clone()], deep, vec![leaf.clone()]].concat(), "too long or too complex"),
        ("an extension twice", leaf_with(|p| p.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0])]), "extension"),
    ] {
        check(what, &verdict(&chain(of)), words);
    }
    let mut unknown = chain(vec![root.clone(), leaf.clone()]);
    unknown[1] = chain(vec![authority("another")])[0].clone();
    check("an unknown issuer", &verdict(&unknown), "`ca_file`");
    unknown[1] = chain(vec![root])[0].clone();
    check("another issuer of that name", &verdict(&unknown), "`ca_file`");
}

fn openssl(folder: &Path, words: &str) -> Option<()> {
    let mut command = Command::new("openssl");
    command.args(words.split_whitespace()).current_dir(folder);
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words}: {said}");
    Some(())
}

/// A root and a leaf by OpenSSL, for what rcgen cannot make.
fn by_openssl(
    folder: &Path,
    root_key: &str,
    leaf_key: &str,
    sign: &str,
    extensions: &str,
) -> Option<Vec<CertificateDer<'static>>> {
    for (name, key) in [("root", root_key), ("leaf", leaf_key)] {
        openssl(folder, &format!("{key} -out {name}.key"))?;
    }
    let extension_file = if extensions.is_empty() {
        ""
    } else {
        fs::write(folder.join("ext"), extensions).unwrap();
        "-extfile ext"
    };
    openssl(
        folder,
        "req -x509 -new -key root.key -days 9 -subj /CN=root -addext basicConstraints=critical,CA:TRUE -out root.pem",
    )?;
    openssl(
        folder,
        "req -new -key leaf.key -subj /CN=leaf -out leaf.csr",
    )?;
    openssl(
        folder,
        &format!(
            "x509 -req {sign} -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 9 {extension_file} -out leaf.pem"
        ),
    )?;
    let read =
        |name: &str| CertificateDer::from_pem_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
    Some(vec![read("leaf.pem"), read("root.pem")])
}

#[rustfmt::skip] // a row a line
#[test]
fn each_algorithm_that_is_not_supported_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let curve = |name| format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{name}");
    let rsa = |bits| format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
    let (p256, name) = (curve("P-256"), "subjectAltName=DNS:localhost\n");
    for (what, root, leaf, sign, extensions, words) in [
        ("SHA-1", &rsa(2048), &p256, "-sha1", name, "(RSA with SHA-1); use"),
        ("SHA-1 with ECDSA", &p256, &p256, "-sha1", name, "(ECDSA with SHA-1)"),
        ("SHA-512 with P-384", &curve("P-384"), &p256, "-sha512", name, "(ECDSA with SHA-512)"),
        ("P-521", &curve("P-521"), &p256, "-sha256", name, "(ECDSA with SHA-256 by a key of ECDSA P-521)"),
        ("secp256k1", &curve("secp256k1"), &p256, "-sha256", name, "secp256k1"),
        ("brainpool", &curve("brainpoolP256r1"), &p256, "-sha256", name, "OID 1.3.36.3.3.2.8.1.1.7"),
        ("Ed448", &"genpkey -algorithm ED448".to_owned(), &p256, "", name, "(Ed448)"),
        ("RSA-PSS", &"genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048".to_owned(), &p256, "-sha256", name, "RSA-PSS"),
        ("an authority of RSA 1024", &rsa(1024), &p256, "-sha256", name, "shorter than 2048 bits"),
        ("version 1", &p256, &p256, "-sha256", "", "version 3"),
    ] {
        let Some(chain) = by_openssl(folder.path(), root, leaf, sign, extensions) else {
            return; // There is no OpenSSL here.
        };
        check(what, &verdict(&chain), words);
    }
}

#[test]
fn whatever_rustls_says_is_one_short_sentence() {
    let long = "x".repeat(2000);
    let odd = vec![
        format!("DnsName(\"\u{1b}[31m{long}\")"),
        "DnsName(\"a\nb\")".to_owned(),
    ];
    let expected = ServerName::try_from("localhost").unwrap();
    for error in [
        Error::General(long),
        Error::InvalidMessage(InvalidMessage::InvalidCcs),
        Error::AlertReceived(AlertDescription::Unknown(77)),
        Error::AlertReceived(AlertDescription::HandshakeFailure),
        Error::PeerIncompatible(PeerIncompatible::ServerRejectedEncryptedClientHello(None)),
        Error::PeerMisbehaved(rustls::PeerMisbehaved::SelectedUnofferedKxGroup),
        Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            expected,
            presented: odd,
        }),
        Error::InvalidCertificate(CertificateError::ExpiredContext {
            time: UnixTime::now(),
            not_after: UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX)),
        }),
        Error::InvalidCertificate(CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: [&[6, 0x7F][..], &[0xFF; 0x7F]].concat(),
            supported_algorithms: vec![],
        }),
    ] {
        check(&format!("{error:?}"), &describe(&error), "");
    }
}
