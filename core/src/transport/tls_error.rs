//! What went wrong in TLS, as one short sentence that names the remedy where
//! there is one. rustls's own words are for its developers: some are inner
//! structures of a thousand characters, and some quote the peer.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::der;

/// More names of a certificate than these help nobody.
const SHOWN_NAMES: usize = 2;
const LONGEST_NAME: usize = 60;

/// The error of a connection that stood: `io::Error` carries it outwards.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsFailure(pub String);

/// Returns why TLS failed. The text is ours, but for names of hosts that a
/// certificate is for.
pub fn describe(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => received(*alert),
        Error::InvalidMessage(InvalidMessage::CertificatePayloadTooLarge) => {
            "the server's certificates are larger than 64 KiB".into()
        }
        Error::InvalidMessage(_) => "the peer sent invalid TLS data; is this an https port?".into(),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => "the server supports neither TLS 1.2 nor TLS 1.3".into(),
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => {
            "no TLS 1.2 or 1.3 cipher suite in common with the server".into()
        }
        Error::PeerIncompatible(why) => format!(
            "the server does not support a part of TLS 1.2 or 1.3 that is required ({})",
            first_word(why)
        ),
        Error::PeerMisbehaved(why) => {
            format!("the server violates the TLS protocol ({})", first_word(why))
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the server sent a TLS message that is not allowed at this point".into()
        }
        Error::NoCertificatesPresented => "the server presented no certificate".into(),
        Error::DecryptError => "TLS data from the server was damaged or forged".into(),
        Error::PeerSentOversizedRecord => "the server sent a TLS record that is too large".into(),
        Error::FailedToGetCurrentTime => "this machine's clock cannot be read".into(),
        Error::FailedToGetRandomBytes => "the system gave no random numbers".into(),
        _ => format!("TLS failed ({})", first_word(error)),
    }
}

fn received(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let text = match alert {
        A::ProtocolVersion => "the server supports neither TLS 1.2 nor TLS 1.3",
        A::HandshakeFailure | A::InsufficientSecurity => {
            "the server refused the handshake; perhaps it has no TLS 1.2 or 1.3 cipher suite in common, or requires a client certificate, which is not supported"
        }
        A::UnrecognisedName => "the server does not know the host name; check the base URL",
        A::CertificateRequired => {
            "the server requires a client certificate, which is not supported"
        }
        A::InternalError => "the server reported an internal error during TLS",
        _ => return format!("the server ended TLS with the alert {}", first_word(alert)),
    };
    text.into()
}

fn certificate(error: &CertificateError) -> String {
    use CertificateError as E;
    let text = match error {
        E::Expired => "a certificate of the server has expired",
        E::ExpiredContext { not_after, .. } => {
            return format!(
                "a certificate of the server has expired (on {}); if not, check this machine's clock",
                date(*not_after)
            );
        }
        E::NotValidYet => {
            "a certificate of the server is not valid yet; check this machine's clock"
        }
        E::NotValidYetContext { not_before, .. } => {
            return format!(
                "a certificate of the server is not valid yet (before {}); check this machine's clock",
                date(*not_before)
            );
        }
        E::NotValidForName => "the server's certificate is for another name",
        E::NotValidForNameContext { presented, .. } => return another_name(presented),
        E::UnknownIssuer => {
            "the server's certificate has an unknown issuer, or the server does not send its intermediate certificates; for a private CA see the `ca_file` option"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the server's certificate or its issuer's is not meant for a server (extended key usage)"
        }
        E::Revoked => "the server's certificate has been revoked",
        E::BadSignature => {
            "a signature of the server does not verify: its authority only has the name of a trusted one (for a private CA see the `ca_file` option), or an RSA key is shorter than 2048 bits"
        }
        E::BadEncoding => "a certificate of the server is malformed or not of X.509 version 3",
        E::UnhandledCriticalExtension => CRITICAL_EXTENSION,
        E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => return unsupported(signature_algorithm_id, None),
        E::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => return unsupported(signature_algorithm_id, Some(public_key_algorithm_id)),
        E::Other(error) => return other(&first_word(&error.0)),
        other => {
            return format!(
                "a certificate of the server cannot be accepted ({})",
                first_word(other)
            );
        }
    };
    text.into()
}

const CRITICAL_EXTENSION: &str = "a certificate of the server has a critical extension that is not supported, such as certificate policies; have it issued without that";

/// Returns the sentence for an error of webpki, by its name: rustls passes
/// these on as they are.
fn other(name: &str) -> String {
    let text = match name {
        "CaUsedAsEndEntity" => {
            "the server presents an authority's certificate as its own; have it issued as one for a server (basicConstraints CA:FALSE)"
        }
        "EndEntityUsedAsCa" => {
            "the server's certificate was issued with a certificate that is not an authority's (basicConstraints CA:TRUE is missing)"
        }
        "NameConstraintViolation" => {
            "an authority of the server may not issue certificates for these names, or has name constraints of a kind that is not supported (on directory names, for example)"
        }
        "MalformedNameConstraint" | "InvalidNetworkMaskConstraint" => {
            "an authority of the server has name constraints that are malformed"
        }
        "PathLenConstraintViolated" => {
            "an authority of the server may not have so many authorities below it (path length)"
        }
        "MaximumPathDepthExceeded"
        | "MaximumPathBuildCallsExceeded"
        | "MaximumSignatureChecksExceeded"
        | "MaximumNameConstraintComparisonsExceeded" => {
            "the server's certificate chain is too long or too complex"
        }
        "UnsupportedCriticalExtension" => CRITICAL_EXTENSION,
        "UnsupportedCertVersion" => {
            "a certificate of the server is not of X.509 version 3; have it issued anew"
        }
        "EmptyEkuExtension" => {
            "a certificate of the server allows no use at all (its extended key usage is empty)"
        }
        "SignatureAlgorithmMismatch" => {
            "a certificate of the server names two different signature algorithms"
        }
        "ExtensionValueInvalid" | "MalformedExtensions" => {
            "a certificate of the server has a malformed or repeated extension"
        }
        "MalformedDnsIdentifier" | "UnsupportedNameType" => {
            "a certificate of the server contains a malformed name"
        }
        "InvalidSerialNumber" => "a certificate of the server has an invalid serial number",
        "CertDistrusted" => "a certificate of the server is explicitly distrusted",
        _ => return format!("a certificate of the server cannot be accepted ({name})"),
    };
    text.into()
}

/// Names what the certificate is for: of the names only those of hosts, and of
/// their characters only the usual, for a message must stay a line.
fn another_name(presented: &[String]) -> String {
    if presented.is_empty() {
        return "the server's certificate names no host (it has no subjectAltName)".into();
    }
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    let names: Vec<&str> = presented
        .iter()
        .filter_map(|name| name.strip_prefix("DnsName(\"")?.strip_suffix("\")"))
        .filter(|name| name.len() <= LONGEST_NAME && name.bytes().all(is_usual))
        .take(SHOWN_NAMES)
        .collect();
    let shown = names.join(", ");
    let more = if presented.len() > names.len() {
        ", ..."
    } else {
        ""
    };
    if shown.is_empty() {
        return "the server's certificate is for another name".into();
    }
    format!("the server's certificate is for another name ({shown}{more})")
}

fn unsupported(signature: &[u8], key: Option<&Vec<u8>>) -> String {
    let signature = algorithm(signature);
    let key = key.map_or(String::new(), |key| {
        format!(" by a key of {}", algorithm(key))
    });
    format!(
        "a certificate of the server has a signature that is not supported ({signature}{key}); use P-256, P-384, Ed25519 or RSA with SHA-256 or SHA-384"
    )
}

/// Names an AlgorithmIdentifier by its OID, and a key's curve by the second.
fn algorithm(identifier: &[u8]) -> String {
    let mut rest = identifier;
    let mut name = None;
    while let Some((element, behind)) = der::split(rest) {
        rest = behind;
        if element.tag == der::OBJECT_IDENTIFIER {
            // The last one tells most: it is the curve.
            name = Some(object_name(element.content));
        }
    }
    name.unwrap_or_else(|| "an unknown algorithm".into())
}

fn object_name(oid: &[u8]) -> String {
    let dotted = dotted(oid);
    let name = match dotted.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.4" => "RSA with MD5",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        "1.2.840.113549.1.1.14" => "RSA with SHA-224",
        "1.2.840.10040.4.1" | "1.2.840.10040.4.3" | "2.16.840.1.101.3.4.3.2" => "DSA",
        "1.2.840.10045.2.1" => "ECDSA",
        "1.2.840.10045.3.1.7" => "ECDSA P-256",
        "1.2.840.10045.4.1" => "ECDSA with SHA-1",
        "1.2.840.10045.4.3.1" => "ECDSA with SHA-224",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.3.132.0.10" => "ECDSA secp256k1",
        "1.3.132.0.34" => "ECDSA P-384",
        "1.3.132.0.35" => "ECDSA P-521",
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => {
            "ML-DSA"
        }
        _ => return format!("OID {dotted}"),
    };
    name.into()
}

/// Writes an OID in digits: base 128, the first two arcs in one (X.690, 8.19).
fn dotted(oid: &[u8]) -> String {
    let mut text = String::new();
    let mut arc = 0u64;
    for byte in oid.iter().take(12) {
        arc = arc.wrapping_shl(7) | u64::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (arc / 40).min(2);
            text = format!("{first}.{}", arc - 40 * first);
        } else {
            text += &format!(".{arc}");
        }
        arc = 0;
    }
    text
}

/// The name of a variant, without what is in it.
fn first_word(value: impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    let is_other = |c: char| !c.is_ascii_alphanumeric();
    text.split(is_other).next().unwrap_or_default().to_owned()
}

fn date(time: UnixTime) -> String {
    // The last second of the year 9999; a certificate has no later one.
    let seconds = time.as_secs().min(253_402_300_799);
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
