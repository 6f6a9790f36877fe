//! Certificates in a file of authorities, as such files come about: put
//! together with `cat`, exported, pasted, edited by hand.
//!
//! A parser that passes over what it does not understand leaves out an
//! authority without a word, and connections fail much later. So whatever
//! looks like a block here is either taken, or passed over because it cannot
//! contain an authority, or refused by its number, label and line.
//!
//! ```text
//! text, comments                     passed over, unless it looks like a damaged marker
//! -----BEGIN CERTIFICATE-----        taken, as are X509 and TRUSTED CERTIFICATE
//! MIIB...                            base64, white space anywhere
//! -----END CERTIFICATE-----          what follows may start on the same line
//! -----BEGIN EC PRIVATE KEY-----     passed over
//! -----BEGIN PKCS7-----              refused: there may be certificates in it
//! ```

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::der::{self, Element};

const DASHES: &[u8] = b"-----";
/// A label that is quoted in a message is no longer than this.
const LONGEST_LABEL: usize = 40;

/// Takes base64 with and without padding, as OpenSSL and browsers export it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A block with a certificate in it.
pub struct Block {
    /// "block 2 (TRUSTED CERTIFICATE, line 31)", for messages.
    pub place: String,
    /// The certificate alone.
    pub der: Vec<u8>,
    /// Whether the block itself says that this is not an authority for servers.
    pub is_distrusted: bool,
}

/// Returns the certificates in `text`, in their order, or says which block
/// cannot be used, and why.
pub fn certificates(text: &[u8]) -> Result<Vec<Block>, String> {
    if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] = text {
        return Err("it is UTF-16 text; save it as UTF-8".into());
    }
    let mut reader = Reader {
        text,
        at: 0,
        count: 0,
        counted: 0,
        line: 1,
    };
    let mut blocks = Vec::new();
    while let Some((place, label, body)) = reader.next_block()? {
        let refuse = |reason: &str| format!("{place} {reason}");
        match kind(&label) {
            Kind::Certificate { has_trust } => {
                let der = decode(body).map_err(|reason| refuse(&reason))?;
                let (der, is_distrusted) = split_trust(&der, has_trust).map_err(refuse)?;
                blocks.push(Block {
                    place,
                    der,
                    is_distrusted,
                });
            }
            Kind::NoAuthority => {}
            Kind::Unusable(reason) => return Err(refuse(reason)),
        }
    }
    if blocks.is_empty() {
        return Err(why_none(text, reader.count).into());
    }
    Ok(blocks)
}

/// What a block's label says about its content.
enum Kind {
    Certificate {
        /// OpenSSL's own form: the certificate, and what it is trusted for.
        has_trust: bool,
    },
    /// Nothing in it could vouch for a server.
    NoAuthority,
    Unusable(&'static str),
}

fn kind(label: &str) -> Kind {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" => Kind::Certificate { has_trust: false },
        "TRUSTED CERTIFICATE" => Kind::Certificate { has_trust: true },
        "X509 CRL" => {
            Kind::Unusable("is a revocation list, and revocation is not checked; remove it")
        }
        _ if label == "CMS" || label.starts_with("PKCS") => Kind::Unusable(
            "is not a certificate by itself; convert it with: openssl pkcs7 -print_certs",
        ),
        _ if label.ends_with("PRIVATE KEY")
            || label.ends_with("PUBLIC KEY")
            || label.ends_with("PARAMETERS")
            || label.ends_with("CERTIFICATE REQUEST") =>
        {
            Kind::NoAuthority
        }
        _ => Kind::Unusable("is not a certificate that can be used; remove it"),
    }
}

/// Splits a block's content into the certificate and what follows it.
fn split_trust(der: &[u8], has_trust: bool) -> Result<(Vec<u8>, bool), &'static str> {
    const BROKEN: &str = "does not contain a whole certificate in DER";
    let (certificate, rest) = der::split(der).ok_or(BROKEN)?;
    if certificate.tag != der::SEQUENCE {
        return Err(BROKEN);
    }
    let is_distrusted = match rest {
        [] => false,
        _ if has_trust => is_distrusted(rest).ok_or("has trust settings that cannot be read")?,
        _ => return Err("contains more than one certificate; give each a block of its own"),
    };
    Ok((certificate.whole.to_vec(), is_distrusted))
}

/// 1.3.6.1.5.5.7.3.1, id-kp-serverAuth
const SERVER_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
/// 2.5.29.37.0, anyExtendedKeyUsage
const ANY_USAGE: &[u8] = &[0x55, 0x1D, 0x25, 0x00];

/// Returns what OpenSSL's `X509_check_trust` would find for a server in the
/// settings of a TRUSTED CERTIFICATE:
///
/// ```text
/// SEQUENCE {
///     trust  SEQUENCE OF OBJECT IDENTIFIER     OPTIONAL,
///     reject [0] SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
///     ...
/// }
/// ```
fn is_distrusted(settings: &[u8]) -> Option<bool> {
    let (settings, rest) = der::split(settings)?;
    if settings.tag != der::SEQUENCE || !rest.is_empty() {
        return None;
    }
    let mut content = settings.content;
    let mut is_rejected = false;
    let mut is_trusted = None;
    while !content.is_empty() {
        let (element, rest) = der::split(content)?;
        content = rest;
        match element.tag {
            der::SEQUENCE => is_trusted = Some(names_servers(&element)?),
            der::CONTEXT_0 => is_rejected = names_servers(&element)?,
            _ => {}
        }
    }
    Some(is_rejected || is_trusted == Some(false))
}

fn names_servers(list: &Element) -> Option<bool> {
    let mut content = list.content;
    let mut found = false;
    while !content.is_empty() {
        let (usage, rest) = der::split(content)?;
        content = rest;
        found |= usage.content == SERVER_AUTH || usage.content == ANY_USAGE;
    }
    Some(found)
}

/// Decodes what stands between two markers. It may be a private key that was
/// put into the wrong block, so it is wiped.
fn decode(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    if body.contains(&b':') {
        return Err("has headers, as encrypted blocks have".into());
    }
    if body.contains(&b'\\') {
        return Err("contains a backslash; write real line breaks instead of \\n".into());
    }
    let mut packed = Zeroizing::new(Vec::with_capacity(body.len()));
    packed.extend(body.iter().filter(|byte| !is_space(**byte)));
    let decoded = BASE64.decode(&*packed);
    decoded
        .map(Zeroizing::new)
        .map_err(|_| "is not valid base64".into())
}

/// Returns the best guess at what a text without a certificate is.
fn why_none(text: &[u8], blocks: usize) -> &'static str {
    if blocks > 0 {
        return "it contains no certificate";
    }
    match text.trim_ascii_start() {
        [0x30, 0x80..=0xFF, ..] => {
            "it is binary (DER or PKCS #12) and not PEM; convert it with: openssl x509 -inform DER"
        }
        [b'M', b'I', ..] => {
            "it lacks the lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----"
        }
        _ => "it contains no certificate",
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// How many blocks have begun.
    count: usize,
    /// Up to where lines are counted, and the number of the line there.
    counted: usize,
    line: usize,
}

type Found<'a> = (String, String, &'a [u8]);

impl<'a> Reader<'a> {
    /// Returns the place, the label and the body of the next block.
    fn next_block(&mut self) -> Result<Option<Found<'a>>, String> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = &rest[..find_line_end(rest)];
            let Some(after) = trim_start(line).strip_prefix(b"-----BEGIN ") else {
                if looks_like_marker(line) {
                    let line = self.line_number();
                    return Err(format!(
                        "line {line} looks like the begin or the end of a block, and is not a complete one by itself"
                    ));
                }
                self.at += line.len() + 1;
                continue;
            };
            self.count += 1;
            let count = self.count;
            let number = self.line_number();
            let Some(end) = find(after, DASHES) else {
                return Err(format!(
                    "block {count} (line {number}) has an incomplete BEGIN line"
                ));
            };
            let label = quotable(&after[..end]);
            let place = format!("block {count} ({label}, line {number})");
            self.at += line.len() - after.len() + end + DASHES.len();
            let body = self
                .body(&after[..end])
                .map_err(|reason| format!("{place} {reason}"))?;
            return Ok(Some((place, label, body)));
        }
        Ok(None)
    }

    /// Returns what stands before the END of `label`, and goes behind that.
    fn body(&mut self, label: &[u8]) -> Result<&'a [u8], &'static str> {
        let rest = &self.text[self.at..];
        let length = find(rest, DASHES).ok_or("has no END line")?;
        let (body, marker) = rest.split_at(length);
        let marker = marker.strip_prefix(b"-----END ").ok_or("has no END line")?;
        let named = marker
            .strip_prefix(label)
            .ok_or("ends with another label")?;
        let after = named
            .strip_prefix(DASHES)
            .ok_or("has an incomplete END line")?;
        self.at = self.text.len() - after.len();
        Ok(body)
    }

    /// Returns the number of the line at `at`, going on from the last count.
    fn line_number(&mut self) -> usize {
        for index in self.counted..self.at {
            self.line += match self.text[index] {
                b'\r' => 1,
                b'\n' if index == 0 || self.text[index - 1] != b'\r' => 1,
                _ => 0,
            };
        }
        self.counted = self.at;
        self.line
    }
}

/// Whether a line outside of blocks is a marker that something has damaged: a
/// dash too few, one of a word processor's, lower case, a quotation mark
/// before it. A comment is none: whoever wrote that meant to leave it out.
fn looks_like_marker(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(trim_start(line)).to_ascii_uppercase();
    if line.starts_with(['#', ';']) || line.starts_with("//") {
        return false;
    }
    ["BEGIN ", "END "].iter().any(|word| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].trim_end();
            let label = &line[at + word.len()..];
            let has_label = label.starts_with(|c: char| c.is_ascii_alphanumeric());
            let after = label
                .chars()
                .take(2 * LONGEST_LABEL)
                .skip_while(|c| c.is_ascii_alphanumeric() || *c == ' ');
            has_label && weight(before.chars().rev()) + weight(after) >= 4
        })
    })
}

/// Counts dashes; a word processor makes one long one of two.
fn weight(characters: impl Iterator<Item = char>) -> usize {
    characters
        .map_while(|character| match character {
            '-' => Some(1),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(2),
            _ => None,
        })
        .sum()
}

/// A label for a message: what real ones consist of.
fn quotable(label: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" -#.".contains(byte);
    if label.len() <= LONGEST_LABEL && label.iter().all(is_plain) {
        String::from_utf8_lossy(label).into_owned()
    } else {
        "a strange label".into()
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn find_line_end(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(text.len())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Without white space, and without the byte order mark that some editors put
/// first; `cat` takes it into the middle.
fn trim_start(mut text: &[u8]) -> &[u8] {
    loop {
        match text {
            [first, rest @ ..] if is_space(*first) => text = rest,
            [0xEF, 0xBB, 0xBF, rest @ ..] => text = rest,
            _ => return text,
        }
    }
}

#[cfg(test)]
mod tests;
