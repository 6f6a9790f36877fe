//! The two URLs that a caller may give: the API's base and the proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls::pki_types::ServerName;

/// What servers accept at most; the HTTP library ends at 64 KiB.
const LENGTH_LIMIT: usize = 8 * 1024;

/// Where the API is, checked once so that a request to it is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    pub is_https: bool,
    pub host: String,
    pub port: u16,
    /// Without a final slash; empty where there is none.
    pub path: String,
}

/// The parts of `scheme://[userinfo@]host[:port][/path]`.
pub(crate) struct Parts<'a> {
    pub scheme: &'a str,
    pub user_info: Option<&'a str>,
    /// An IPv6 literal with its brackets.
    pub host: &'a str,
    pub port: Option<u16>,
    pub path: &'a str,
}

const USER_INFO: &str = "it has user info";
const NOT_A_HOST: &str = "its host is neither a name nor an IP address";

impl<'a> Parts<'a> {
    /// Splits `url`, or says in a few words what is wrong with it. The words
    /// never quote the URL, which may contain a password.
    pub fn split(url: &'a str) -> Result<Self, &'static str> {
        if url.len() > LENGTH_LIMIT {
            return Err("it is longer than 8 KiB");
        }
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "it contains a space, a control character or a character that is not ASCII",
            );
        }
        let (scheme, rest) = url.split_once("://").ok_or("it has no scheme")?;
        if rest.contains('?') {
            return Err("it has a query");
        }
        if rest.contains('#') {
            return Err("it has a fragment");
        }
        if rest.contains('\\') {
            return Err("it contains a backslash");
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user_info, host_port)) => (Some(user_info), host_port),
            None => (None, authority),
        };
        if host_port.starts_with('[') && !host_port.contains(']') {
            return Err("the bracket of its IPv6 address is not closed");
        }
        if is_bare_ipv6(host_port) {
            return Err("an IPv6 address must be in brackets, as in [::1] or [::1]:8443");
        }
        let host_end = match host_port.find(']') {
            Some(at) => at + 1,
            None => host_port.find(':').unwrap_or(host_port.len()),
        };
        let (host, port) = host_port.split_at(host_end);
        let port = match port.strip_prefix(':') {
            Some(port) => Some(parse_port(port).ok_or("its port is not a number from 1 to 65535")?),
            None if port.is_empty() => None,
            None => return Err("its host is malformed"),
        };
        check_host(host)?;
        Ok(Self {
            scheme,
            user_info,
            host,
            port,
            path,
        })
    }
}

/// Whether someone forgot the brackets, perhaps with a port behind.
fn is_bare_ipv6(host_port: &str) -> bool {
    let of_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let (address, _zone) = host_port.split_once('%').unwrap_or((host_port, ""));
    address.matches(':').count() > 1 && address.bytes().all(of_address)
}

/// Takes an IP address, and every name that a resolver may know.
fn check_host(host: &str) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("it has no host");
    }
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.strip_suffix(']').ok_or(NOT_A_HOST)?;
        // RFC 9844: a zone belongs to the machine it is used on, and into no URL.
        if address.contains('%') {
            return Err(
                "its host is an IPv6 address with a zone, which no URL can contain; give a name that resolves to it",
            );
        }
        let address: Result<Ipv6Addr, _> = address.parse();
        return address.map(drop).map_err(|_| NOT_A_HOST);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = name.split('.');
    let is_name = host.len() <= 253
        && labels.all(|label| (1..=63).contains(&label.len()) && label.bytes().all(is_name_byte));
    // Resolvers take "127.1" and "0x7f.1" for addresses, and not all for the same.
    let is_odd_address = name.split('.').all(is_number) && host.parse::<Ipv4Addr>().is_err();
    if is_name && !is_odd_address {
        Ok(())
    } else {
        Err(NOT_A_HOST)
    }
}

/// Decimal or hexadecimal, as in C.
fn is_number(label: &str) -> bool {
    match label.get(..2) {
        Some("0x" | "0X") => label[2..].bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&port| port != 0)
}

/// The name that a certificate must contain for `host`, if it is one that
/// webpki knows how to look for.
pub(crate) fn server_name(host: &str) -> Option<ServerName<'static>> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            Some(ServerName::from(IpAddr::V6(address)))
        }
        None => ServerName::try_from(host.to_owned()).ok(),
    }
}

impl BaseUrl {
    /// Checks the URL of the API, or says in a few words what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let parts = Parts::split(url).map_err(|reason| match url.contains('@') {
            true if reason.contains("port") => USER_INFO,
            _ => reason,
        })?;
        if parts.user_info.is_some() {
            return Err(USER_INFO);
        }
        let is_https = if parts.scheme.eq_ignore_ascii_case("https") {
            true
        } else if parts.scheme.eq_ignore_ascii_case("http") {
            if !is_loopback(parts.host) {
                return Err("http would show the secret and the token to the network");
            }
            false
        } else {
            return Err("its scheme is not https");
        };
        let base = Self {
            is_https,
            host: parts.host.to_owned(),
            port: parts.port.unwrap_or(if is_https { 443 } else { 80 }),
            path: parts.path.trim_end_matches('/').to_owned(),
        };
        // What the HTTP library will make of it, path included.
        let uri: Result<ureq::http::Uri, _> = base.join("/").parse();
        uri.map(|_| base)
            .map_err(|_| "its path contains a character that must be percent-encoded")
    }

    /// The URL of a path below the base; `path` is empty or starts with a slash.
    pub fn join(&self, path: &str) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        let base = &self.path;
        format!("{scheme}://{}{base}{path}", self.authority())
    }

    /// `host[:port]`, the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        match (self.is_https, self.port) {
            (true, 443) | (false, 80) => self.host.clone(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }
}

/// Hosts that never leave the machine: 127.0.0.0/8, ::1 and localhost.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => is_localhost(host),
    }
}

/// RFC 6761, section 6.3: a name that always means the loopback addresses.
pub(crate) fn is_localhost(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_base_urls() {
        for (url, joined) in [
            ("https://api.stytch.com", "https://api.stytch.com/v1"),
            ("https://api.stytch.com/", "https://api.stytch.com/v1"),
            ("HTTPS://Example.com:443", "https://Example.com/v1"),
            ("https://h:8443/a/b//", "https://h:8443/a/b/v1"),
            ("https://[2001:db8::1]:1", "https://[2001:db8::1]:1/v1"),
            ("https://192.0.2.1", "https://192.0.2.1/v1"),
            ("http://127.9.9.9:3", "http://127.9.9.9:3/v1"),
            ("http://[::1]", "http://[::1]/v1"),
            ("http://LOCALHOST:8080/x", "http://LOCALHOST:8080/x/v1"),
            ("http://localhost.:8080", "http://localhost.:8080/v1"),
            ("https://api.stytch.com.", "https://api.stytch.com./v1"),
            ("https://my_host:8443", "https://my_host:8443/v1"),
            ("https://web.1.k4w1x", "https://web.1.k4w1x/v1"),
            ("https://node.1:8443", "https://node.1:8443/v1"),
            ("https://node-.test", "https://node-.test/v1"),
            ("https://1.node/@x", "https://1.node/@x/v1"),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().join("/v1"), joined, "{url}");
        }
    }

    #[test]
    fn unusable_base_urls() {
        let long = format!("https://h/{}", "x".repeat(LENGTH_LIMIT));
        for (url, reason) in [
            ("", "no scheme"),
            ("api.stytch.com", "no scheme"),
            ("ftp://api.stytch.com", "not https"),
            ("http://api.stytch.com", "to the network"),
            ("http://localhost.evil.com", "to the network"),
            ("http://127.1", "IP address"),
            ("http://10.0.0.1", "to the network"),
            ("http://[::2]", "to the network"),
            ("https://", "no host"),
            ("https://:443", "no host"),
            ("https://h:", "port"),
            ("https://h:0", "port"),
            ("https://h:65536", "port"),
            ("https://h:+1", "port"),
            ("https://h:99999", "port"),
            ("https://[::1", "not closed"),
            ("https://[::1]x", "malformed"),
            ("https://[fe80::1%25eth0]", "zone"),
            ("https://[fe80::1%eth0]:1", "zone"),
            ("https://fe80::1%eth0", "brackets"),
            ("https://::1", "brackets"),
            ("https://2001:db8::1:443", "brackets"),
            ("https://::ffff:192.0.2.1", "brackets"),
            ("https://h:1:2", "port"),
            ("https://1.2.3.4.5", "IP address"),
            ("https://0x7f000001", "IP address"),
            ("https://1.2.3.256", "IP address"),
            ("https://*.test", "IP address"),
            ("https://user:pa/ss@h", "user info"),
            ("https://h h", "space"),
            ("https://h\u{e9}", "not ASCII"),
            ("https://user@h", "user info"),
            ("https://user:pass@h", "user info"),
            ("https://h?x", "query"),
            ("https://h/a?x=1", "query"),
            ("https://h#f", "fragment"),
            ("https://h\\x", "backslash"),
            ("https://a..b", "IP address"),
            (&long, "longer than"),
        ] {
            let error = BaseUrl::parse(url).unwrap_err();
            assert!(error.contains(reason), "{url:?}: {error}");
        }
    }
}
