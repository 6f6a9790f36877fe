//! Files of authorities in every shape that was met, and beside ours what
//! OpenSSL makes of them, where it is installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;
use crate::transport::Trust;

struct Authority {
    name: &'static str,
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &'static str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, key);
        Self { name, der, issuer }
    }

    fn pem(&self) -> String {
        block("CERTIFICATE", &self.der)
    }

    /// A leaf for servers, in PEM.
    fn leaf(&self) -> String {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &self.issuer);
        leaf.unwrap().pem()
    }
}

fn block(label: &str, der: &[u8]) -> String {
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = (0..base64.len())
        .step_by(64)
        .map(|at| &base64[at..base64.len().min(at + 64)])
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// 1.3.6.1.5.5.7.3.4, id-kp-emailProtection
const EMAIL: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag, u8::try_from(content.len()).unwrap()];
    element.extend_from_slice(content);
    element
}

/// What `openssl x509 -trustout` writes, with an alias as well.
fn trusted(der: &[u8], trust: &[&[u8]], reject: &[&[u8]]) -> String {
    let list = |tag, usages: &[&[u8]]| {
        let usages: Vec<u8> = usages.iter().flat_map(|usage| element(6, usage)).collect();
        if usages.is_empty() {
            usages
        } else {
            element(tag, &usages)
        }
    };
    let content = [
        list(0x30, trust),
        list(0xA0, reject),
        element(0x0C, b"alias"),
    ];
    let whole = [der, &element(0x30, &content.concat())].concat();
    block("TRUSTED CERTIFICATE", &whole)
}

/// What becomes of a file with authority B in it, and of A where it has that too.
enum Outcome {
    /// These are taken.
    Taken(&'static str),
    /// It is refused, and the message says so.
    Refused(&'static str),
}

use Outcome::{Refused, Taken};

#[rustfmt::skip] // a row a line
fn table(a: &Authority, b: &Authority) -> Vec<(&'static str, Vec<u8>, Outcome)> {
    let (pa, pb) = (a.pem(), b.pem());
    let both = format!("{pa}{pb}");
    let own = |label| block(label, &b.der);
    let key = KeyPair::generate().unwrap().serialize_pem();
    let lines = |separator: &str| both.replace('\n', separator);
    let begin_b = |begin: &str| format!("{pa}{}", pb.replace("-----BEGIN CERTIFICATE-----", begin));
    let end_b = |end: &str| format!("{pa}{}", pb.replace("-----END CERTIFICATE-----", end));
    let long_text = "x ".repeat(100_000);
    let texts: Vec<(&str, String, Outcome)> = vec![
        ("one", pb.clone(), Taken("B")),
        ("two", both.clone(), Taken("AB")),
        ("the same twice", format!("{both}{pb}"), Taken("AB")),
        ("no line break between", format!("{}{pb}", pa.trim_end()), Taken("AB")),
        ("no line break at the end", both.trim_end().to_owned(), Taken("AB")),
        ("CRLF", lines("\r\n"), Taken("AB")),
        ("CR alone", lines("\r"), Taken("AB")),
        ("spaces for line breaks", lines(" "), Taken("AB")),
        ("blank lines", lines("\n\n"), Taken("AB")),
        ("leading spaces", format!("  {}", lines("\n  ")), Taken("AB")),
        ("trailing spaces", lines(" \t\n"), Taken("AB")),
        ("a byte order mark", format!("\u{feff}{both}"), Taken("AB")),
        ("one in the middle", format!("{pa}\u{feff}{pb}"), Taken("AB")),
        ("text before, between, behind", format!("Roots\n=====\n{pa}issuer=CN = B\n# B -- the second\n{pb}The end.\n"), Taken("AB")),
        ("much text in one line", format!("{long_text}\n{both}"), Taken("AB")),
        ("in Latin-1", String::new(), Taken("AB")),
        ("X509 CERTIFICATE", format!("{pa}{}", own("X509 CERTIFICATE")), Taken("AB")),
        ("TRUSTED CERTIFICATE without settings", own("TRUSTED CERTIFICATE"), Taken("B")),
        ("TRUSTED CERTIFICATE for servers", format!("{pa}{}", trusted(&b.der, &[SERVER_AUTH], &[])), Taken("AB")),
        ("TRUSTED CERTIFICATE for servers and not for mail", trusted(&b.der, &[SERVER_AUTH], &[EMAIL]), Taken("B")),
        ("TRUSTED CERTIFICATE with an alias alone", trusted(&b.der, &[], &[]), Taken("B")),
        ("TRUSTED CERTIFICATE for mail", format!("{pa}{}", trusted(&b.der, &[EMAIL], &[])), Taken("A")),
        ("TRUSTED CERTIFICATE not for servers", format!("{pa}{}", trusted(&b.der, &[], &[SERVER_AUTH])), Taken("A")),
        ("TRUSTED CERTIFICATE for nothing", format!("{pa}{}", trusted(&b.der, &[SERVER_AUTH], &[ANY_USAGE])), Taken("A")),
        ("only one not for servers", trusted(&b.der, &[EMAIL], &[]), Refused("not for servers")),
        ("a key beside", format!("{pa}{key}{pb}"), Taken("AB")),
        ("parameters beside", format!("{}{both}", block("EC PARAMETERS", &[6, 1, 0])), Taken("AB")),
        ("one commented out", format!("{pb}# {}", pa.trim_end().replace('\n', "\n# ")), Taken("B")),
        ("no padding", pb.replace('=', ""), Taken("B")),
        ("empty", String::new(), Refused("no certificate")),
        ("a key alone", key.clone(), Refused("no certificate")),
        ("a cut one", format!("{pa}{}", &pb[..pb.len() / 2]), Refused("block 2 (CERTIFICATE, line")),
        ("one cut before another", format!("{}\n{pb}", &pa[..200]), Refused("block 1 (CERTIFICATE, line 1) has no END line")),
        ("its first half is missing", format!("{pa}{}", &pb[200..]), Refused("looks like the begin or the end")),
        ("its BEGIN is cut", begin_b("-----BEGIN CERTIFICATE"), Refused("incomplete BEGIN line")),
        ("four dashes before", begin_b("----BEGIN CERTIFICATE-----"), Refused("looks like")),
        ("four dashes behind", begin_b("-----BEGIN CERTIFICATE----"), Refused("incomplete BEGIN line")),
        ("dashes of a word processor", begin_b("\u{2014}\u{2013}BEGIN CERTIFICATE\u{2014}\u{2013}"), Refused("looks like")),
        ("lower case", begin_b("-----begin certificate-----"), Refused("looks like")),
        ("a quotation mark before it", begin_b("\"-----BEGIN CERTIFICATE-----"), Refused("looks like")),
        ("a name before it", begin_b("ca: -----BEGIN CERTIFICATE-----"), Refused("looks like")),
        ("dashes shared", format!("{}{}", pa.trim_end(), &pb[5..]), Refused("looks like")),
        ("four dashes end it", end_b("-----END CERTIFICATE----"), Refused("incomplete END line")),
        ("another end", end_b("-----END X509 CERTIFICATE-----"), Refused("another label")),
        ("line breaks written as \\n", lines("\\n"), Refused("backslash")),
        ("not base64", pb.replace("MII", "M*I"), Refused("base64")),
        ("not DER", block("CERTIFICATE", b"hello"), Refused("block 1")),
        ("nothing in it", block("CERTIFICATE", b""), Refused("block 1")),
        ("no certificate in it", block("CERTIFICATE", &[0x30, 3, 2, 1, 1]), Refused("not a well-formed X.509")),
        ("a key in it", format!("{pa}{}", block("CERTIFICATE", &KeyPair::generate().unwrap().serialize_der()) ), Refused("block 2")),
        ("two in one block", block("CERTIFICATE", &[&a.der[..], &b.der].concat()), Refused("more than one")),
        ("settings that are cut", block("TRUSTED CERTIFICATE", &[&b.der[..], &[0x30, 9, 0x30]].concat()), Refused("trust settings")),
        ("encrypted", pb.replace("CERTIFICATE-----\nMII", "CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMII"), Refused("headers")),
        ("a revocation list", format!("{both}{}", block("X509 CRL", &[0x30, 0])), Refused("block 3 (X509 CRL, line")),
        ("PKCS7", format!("{pa}{}", block("PKCS7", &[0x30, 0])), Refused("openssl pkcs7")),
        ("an unknown label", format!("{both}{}", block("CERTIFICATE CHAIN", &b.der)), Refused("block 3 (CERTIFICATE CHAIN, line")),
        ("a label that is none", format!("{both}{}", block("\u{1b}[31m", &b.der)), Refused("strange label")),
        ("base64 without lines around it", pb.lines().filter(|line| !line.starts_with('-')).collect(), Refused("lacks the lines")),
    ];
    let mut table: Vec<_> = texts
        .into_iter()
        .map(|(what, text, outcome)| (what, text.into_bytes(), outcome))
        .collect();
    let latin = table.iter_mut().find(|row| row.0 == "in Latin-1").unwrap();
    latin.1 = [&b"Autorit\xE9 B\n"[..], both.as_bytes(), b"\xE9"].concat();
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    table.push((
        "UTF-16",
        wide(&format!("\u{feff}{both}")),
        Refused("UTF-16"),
    ));
    table.push(("DER", b.der.clone(), Refused("binary")));
    table
}

/// Whether OpenSSL vouches for `leaf` with what it finds in `file`.
fn openssl_takes(file: &Path, leaf: &Path) -> Option<bool> {
    let mut command = Command::new("openssl");
    command.args([
        "verify",
        "-no-CApath",
        "-no-CAstore",
        "-purpose",
        "sslserver",
    ]);
    let output = command.arg("-CAfile").arg(file).arg(leaf).output();
    output.ok().map(|output| output.status.success())
}

#[test]
fn every_authority_is_taken_or_the_file_is_refused() {
    let (a, b) = (Authority::new("A"), Authority::new("B"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authorities");
    for authority in [&a, &b] {
        fs::write(folder.path().join(authority.name), authority.leaf()).unwrap();
    }
    for (what, text, outcome) in table(&a, &b) {
        fs::write(&file, &text).unwrap();
        let mut trust = Trust::default();
        let result = trust.add_pem(&text);
        for authority in [&a, &b] {
            let takes = |names: &str| names.contains(authority.name);
            let is_there = trust.contains(&authority.der);
            let openssl = openssl_takes(&file, &folder.path().join(authority.name));
            match (&outcome, &result) {
                (Taken(names), Ok(())) => {
                    assert_eq!(is_there, takes(names), "{what}: {}", authority.name);
                    // What OpenSSL finds must be found here too.
                    assert!(
                        is_there || openssl != Some(true),
                        "{what}: {}",
                        authority.name
                    );
                }
                (Refused(words), Err(reason)) => {
                    assert!(reason.contains(words), "{what}: {reason}");
                    assert!(!is_there && reason.len() < 200, "{what}: {reason}");
                }
                (_, Ok(())) => panic!("{what}: is taken"),
                (_, Err(reason)) => panic!("{what}: {reason}"),
            }
        }
    }
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let empty = block("EC PARAMETERS", b"");
        let text = format!("one\n\n{empty}four\n{empty}\n-----BEGIN X-----").replace('\n', end);
        let reason = certificates(text.as_bytes()).err().unwrap();
        assert_eq!(reason, "block 3 (X, line 11) has no END line", "{end:?}");
    }
}

#[test]
fn odd_text_takes_no_time_that_grows_with_its_square() {
    for piece in ["BEGIN ", "END A", "-BEGIN -", "--- END x", "\r", "# \n"] {
        let text = piece.repeat(512 * 1024 / piece.len());
        assert!(certificates(text.as_bytes()).is_err(), "{piece:?}");
    }
    let blocks = block("EC PARAMETERS", &[6, 1, 0]).repeat(10_000);
    assert!(certificates(blocks.as_bytes()).is_err());
}

#[test]
fn the_certificates_of_a_caller_have_a_limit_in_all() {
    let pem = Authority::new("A").pem();
    let padded = format!("{pem}{}", "#\n".repeat(3 * 1024 * 1024));
    let mut trust = Trust::default();
    trust.add_pem(padded.as_bytes()).unwrap();
    trust.add_pem(padded.as_bytes()).unwrap();
    let reason = trust.add_pem(padded.as_bytes()).unwrap_err();
    assert!(reason.contains("16 MiB"), "{reason}");
}
