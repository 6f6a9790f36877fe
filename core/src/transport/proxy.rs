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
        match read_status(wire)? {
            200..=299 => Ok(()),
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
        return Err("a percent sign in its user info is not followed by two hexadecimal digits");
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

/// Reads the proxy's final response, to the end of its headers and no further.
fn read_status(mut wire: Wire) -> Result<u16, Failure> {
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
                Some(status) => return Ok(status),
            }
        }
    }
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
        ] {
            let reason = Proxy::parse(url).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
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
