//! A tunnel through an HTTP proxy (RFC 9110, section 9.3.6).

use std::fmt;
use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::failure::{Cause, Failure};
use super::limits::MOST_INTERIM;
use super::socket::Wire;
use crate::secret::{SharedSecret, basic_credentials};
use crate::url::Parts;

/// More than any proxy says before a tunnel.
const HEAD_LIMIT: usize = 16 * 1024;

/// An HTTP proxy and how to authenticate to it.
#[derive(Clone)]
pub struct Proxy {
    pub host: String,
    pub port: u16,
    /// User and password of Basic authentication, in base64.
    credentials: Option<SharedSecret>,
}

impl Proxy {
    /// Reads the URL of a proxy, or says in a few words what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        check_encoding(url)?;
        let parts = Parts::split(url)?;
        if !parts.scheme.eq_ignore_ascii_case("http") {
            return Err("its scheme is not http");
        }
        if !matches!(parts.path, "" | "/") {
            return Err("it has a path");
        }
        let credentials = parts.user_info.map(read_user_info).transpose()?;
        Ok(Self {
            host: parts.host.to_owned(),
            port: parts.port.unwrap_or(80),
            credentials,
        })
    }

    /// Overwrites the password, also where others share it.
    pub fn wipe(&self) {
        if let Some(credentials) = &self.credentials {
            credentials.wipe();
        }
    }

    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Asks for a tunnel to `target` (`host:port`) over a fresh connection.
    pub(crate) fn open_tunnel(&self, wire: Wire, target: &str) -> Result<(), Failure> {
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        write_all(wire, request.as_bytes())?;
        if let Some(credentials) = &self.credentials {
            let credentials = credentials.reveal();
            write_all(wire, b"Proxy-Authorization: Basic ")?;
            write_all(wire, credentials.as_bytes())?;
            write_all(wire, b"\r\n")?;
        }
        write_all(wire, b"\r\n")?;
        let head = read_head(wire)?;
        match head.status {
            200..=299 => Ok(()),
            407 => Err(wire.state.failure(Cause::ProxyAuthentication {
                offered: offered(&head.text),
                given: self.credentials.is_some(),
            })),
            status => Err(wire.state.failure(Cause::ProxyRefused(status))),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Looks for what would end the user info, in the user info. A password as it
/// stands has such characters, and what follows them is taken for a port, a
/// path or a fragment, which would be a riddle for a message.
fn check_encoding(url: &str) -> Result<(), &'static str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let Some((user_info, _)) = rest.rsplit_once('@') else {
        return Ok(());
    };
    let is_special = |byte: u8| !byte.is_ascii_graphic() || b"/?#\\".contains(&byte);
    if user_info.bytes().any(is_special) {
        return Err(
            "there is a /, ?, #, backslash, space or non-ASCII character before its @; in a user name or a password, percent-encode it (/ as %2F, ? as %3F, # as %23)",
        );
    }
    Ok(())
}

fn read_user_info(user_info: &str) -> Result<SharedSecret, &'static str> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let (user, password) = (decode(user)?, decode(password)?);
    if user.contains(&b':') {
        return Err("its user name contains a colon");
    }
    Ok(SharedSecret::new(&basic_credentials(&user, &password)))
}

/// Percent-decodes; a `%` that starts no escape is a mistake, not a character.
fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let is_escaped = |at: usize| {
        text.as_bytes()
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.match_indices('%').all(|(at, _)| is_escaped(at)) {
        return Err(
            "a percent sign in its user info is not followed by two hexadecimal digits; write it as %25",
        );
    }
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    decoded.extend(percent_encoding::percent_decode_str(text));
    if decoded.iter().any(u8::is_ascii_control) {
        return Err("its user info contains a control character");
    }
    Ok(decoded)
}

fn write_all(mut wire: Wire, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        match wire.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wire.wait_writable()?,
            Err(error) => return Err(wire.state.failure(Cause::io(&error))),
        }
    }
    Ok(())
}

/// The proxy's final response, without its body.
struct Head {
    status: u16,
    text: Vec<u8>,
}

/// Reads to the end of the headers and no further.
fn read_head(mut wire: Wire) -> Result<Head, Failure> {
    let broken = |text: &'static str| wire.state.failure(Cause::Broken(text.into()));
    let mut head = Vec::new();
    let mut interim = 0;
    loop {
        // A byte at a time: what follows belongs to TLS.
        let mut byte = [0];
        match wire.read(&mut byte) {
            Ok(0) => return Err(broken("the proxy closed the connection")),
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wire.wait_readable()?;
                continue;
            }
            Err(error) => return Err(wire.state.failure(Cause::io(&error))),
        }
        if head.len() > HEAD_LIMIT {
            return Err(broken("the proxy's response has no end"));
        }
        if head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n") {
            match status_of(&head) {
                None => return Err(broken("the proxy's response is not HTTP")),
                Some(100..=199) => {
                    interim += 1;
                    if interim > MOST_INTERIM {
                        return Err(broken("the proxy sent more than 64 interim responses"));
                    }
                    head.clear();
                }
                Some(status) => return Ok(Head { status, text: head }),
            }
        }
    }
}

/// The ways of authenticating that a message names. Any other word would be
/// the proxy's own, which may be what it was sent.
const SCHEMES: [&str; 6] = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos", "Bearer"];

/// Returns the ways of authenticating that a response's `Proxy-Authenticate`
/// fields offer (RFC 9110, section 11.3), each once:
///
/// ```text
/// Proxy-Authenticate: Digest realm="a, b", nonce="c", Basic realm="x"
/// Proxy-Authenticate: Negotiate
/// ```
fn offered(head: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(head);
    // A line that starts with a space goes on with the one before.
    let text = text
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ");
    let values = text.lines().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("proxy-authenticate")
            .then_some(value)
    });
    let mut offered = Vec::new();
    for value in values {
        // A comma separates in a quoted string too, and leaves no scheme there:
        // what is between quotation marks goes first.
        let bare: String = value.split('"').step_by(2).collect();
        for item in bare.split(',') {
            let item = item.trim_start();
            let end = item.find(|c: char| c == '=' || c.is_whitespace());
            let (word, rest) = item.split_at(end.unwrap_or(item.len()));
            if word.is_empty() || rest.trim_start().starts_with('=') {
                continue;
            }
            let known = SCHEMES.iter().find(|name| name.eq_ignore_ascii_case(word));
            let name = known.copied().unwrap_or("an unknown way");
            if !offered.contains(&name) {
                offered.push(name);
            }
        }
    }
    offered
}

fn status_of(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5)?;
    let is_status_line = rest[0].is_ascii_digit() && rest[1] == b' ';
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (is_status_line && digits.iter().all(u8::is_ascii_digit) && status >= 100).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_proxies() {
        let credentials = |url: &str| {
            let credentials = Proxy::parse(url).unwrap().credentials?;
            Some(credentials.reveal().to_string())
        };
        assert_eq!(Proxy::parse("http://p").unwrap().authority(), "p:80");
        assert_eq!(
            Proxy::parse("HTTP://[::1]:3128/").unwrap().authority(),
            "[::1]:3128"
        );
        assert!(credentials("http://p").is_none());
        // base64 of "us@r:p:ss w"
        assert_eq!(
            credentials("http://us%40r:p:ss%20w@p:1").as_deref(),
            Some("dXNAcjpwOnNzIHc=")
        );
        assert_eq!(credentials("http://u@p").as_deref(), Some("dTo="));
    }

    #[test]
    fn unusable_proxies_and_no_password_in_the_message() {
        for url in [
            "",
            "p:3128",
            "https://u:hunter2@p",
            "socks5://u:hunter2@p",
            "http://u:hunter2@",
            "http://u:hunter2@p:x",
            "http://u:hunter2@p:0",
            "http://u:hunter2%@p",
            "http://u:hunter2%zz@p",
            "http://u:hunter2%0a@p",
            "http://u%3a:hunter2@p",
            "http://u:hunter2@p/path",
            "http://u:hunter2@p?q",
            "http://::1:3128",
            "http://u:hunter2@fe80::1",
            "http://u:hunter2@[fe80::1%25lo]:1",
        ] {
            let reason = Proxy::parse(url).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn a_password_as_it_stands_gets_the_remedy() {
        for special in [
            "/", "?", "#", "\\", " ", "\u{e9}", "\n", "/@", "#/?", "1/2", "@/",
        ] {
            for url in [
                format!("http://u:hunter2{special}w@p:3128"),
                format!("http://u{special}x:hunter2@p:3128"),
                format!("http://u:{special}@[::1]:3128/"),
                format!("u:{special}@p"),
            ] {
                let error = Proxy::parse(&url).unwrap_err().to_string();
                assert!(error.contains("%2F, ? as %3F"), "{url}: {error}");
                assert!(!error.contains("hunter2"), "{error}");
            }
        }
        let error = Proxy::parse("http://u:100%@p").unwrap_err().to_string();
        assert!(error.contains("%25"), "{error}");
        // These end nothing, and are taken as other clients take them.
        for password in ["a@b", "a:b", "a[b", "a]b", "a;b=c&d", "%2F%23"] {
            Proxy::parse(&format!("http://u:{password}@p:3128")).unwrap();
        }
    }

    #[test]
    fn a_proxy_may_have_any_name_that_can_be_looked_up() {
        for host in [
            "node.1",
            "my_proxy",
            "-a-",
            "proxy.",
            "web.1.k4w1x",
            "10.0.0.1",
        ] {
            let proxy = Proxy::parse(&format!("http://{host}:3128")).unwrap();
            assert_eq!(proxy.host, host);
        }
        for host in ["a..b", ".", "127.1", "a,b", "*", "a%41"] {
            assert!(Proxy::parse(&format!("http://{host}")).is_err(), "{host}");
        }
    }

    #[test]
    fn what_a_proxy_offers_is_read() {
        for (fields, expected) in [
            ("", &[][..]),
            ("Proxy-Authenticate: Basic realm=\"x\"\r\n", &["Basic"]),
            (
                "proxy-authenticate:Negotiate\r\nX: Basic\r\nPROXY-AUTHENTICATE: ntlm\r\n",
                &["Negotiate", "NTLM"],
            ),
            (
                "Proxy-Authenticate: Digest realm=\"a, Basic b\", nonce = \"c\",Basic realm=x, charset=\"UTF-8\"\r\n",
                &["Digest", "Basic"],
            ),
            ("Proxy-Authenticate: NTLM TlRMTVNTUAAC==\n", &["NTLM"]),
            ("Proxy-Authenticate:\r\n Digest realm=x\r\n", &["Digest"]),
            ("Proxy-Authenticate: hunter2, ,\r\n", &["an unknown way"]),
            ("WWW-Authenticate: Basic\r\n", &[]),
        ] {
            let head = format!("HTTP/1.1 407 No\r\n{fields}\r\n");
            assert_eq!(offered(head.as_bytes()), expected, "{fields}");
        }
    }

    #[test]
    fn a_status_line_is_read_strictly() {
        assert_eq!(status_of(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status_of(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for bad in [
            &b"HTTP/2 200\r\n\r\n"[..],
            b"HTTP/1.1 +20\r\n\r\n",
            b"\r\n\r\n",
            b"HTTP/1.",
        ] {
            assert_eq!(status_of(bad), None);
        }
    }
}
