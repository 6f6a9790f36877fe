//! How a client works, where the defaults do not fit. Each setter checks.

use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::events::Log;
use crate::transport::{Proxy, Trust};
use crate::url::BaseUrl;
use stytch_reader::jwt::KeySet;

const LONGEST_TIMEOUT_MS: u32 = 3_600_000;
const MOST_RETRIES: u32 = 10;
const LONGEST_LEEWAY_SECONDS: u32 = 300;
const MOST_THREADS: u32 = 64;
const MOST_PENDING: u32 = 65_536;
/// Far above every bundle of roots.
const LARGEST_CA_FILE: u64 = 16 * 1024 * 1024;
/// The system's own bound of a path.
const PATH_LIMIT: usize = 4096;
/// Far above every bundle of roots, as for a file.
const PEM_LIMIT: usize = 16 * 1024 * 1024;
/// Far above every address, a proxy's with user and password included.
const URL_LIMIT: usize = 16 * 1024;
/// A longer path is not repeated in a message.
const SHOWN_PATH: usize = 256;
/// Enough for a name and a version; a header of 16 KiB serves nobody.
const APP_INFO_LIMIT: usize = 256;

#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) base_url: Option<BaseUrl>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Proxy>,
    /// `NAME/VERSION`
    pub(crate) app_info: Option<String>,
    /// Keys that session JWTs are verified with; without them they are fetched.
    pub(crate) jwks: Option<Arc<KeySet>>,
    pub(crate) jwt_leeway_seconds: u32,
    pub(crate) log: Option<Log>,
    /// Of calls that do not block: how many run at once, and how many may be
    /// unfinished.
    pub(crate) max_threads: usize,
    pub(crate) max_pending: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: None,
            // Stytch itself gives up after about 30 s, and then says so.
            timeout: Duration::from_secs(31),
            connect_timeout: Duration::from_secs(5),
            max_retries: 2,
            trust: Trust::default(),
            proxy: None,
            app_info: None,
            jwks: None,
            jwt_leeway_seconds: 10,
            log: None,
            max_threads: 8,
            max_pending: 1024,
        }
    }
}

impl Options {
    pub fn set_base_url(&mut self, url: &str) -> Result<()> {
        check_length("base_url", url, URL_LIMIT)?;
        let base_url = BaseUrl::parse(url).map_err(|reason| {
            Error::invalid(format!(
                "base_url cannot be used: {reason}; give https://host[:port][/prefix], or http:// for a loopback host"
            ))
        })?;
        self.base_url = Some(base_url);
        Ok(())
    }

    pub fn set_timeout_ms(&mut self, milliseconds: u32) -> Result<()> {
        self.timeout = timeout("timeout_ms", milliseconds)?;
        Ok(())
    }

    pub fn set_connect_timeout_ms(&mut self, milliseconds: u32) -> Result<()> {
        self.connect_timeout = timeout("connect_timeout_ms", milliseconds)?;
        Ok(())
    }

    pub fn set_max_retries(&mut self, count: u32) -> Result<()> {
        if count > MOST_RETRIES {
            return Err(Error::invalid(format!(
                "max_retries is {count}; give 0 to {MOST_RETRIES}"
            )));
        }
        self.max_retries = count;
        Ok(())
    }

    pub fn set_ca_file(&mut self, path: &str) -> Result<()> {
        let refuse = |reason: &str| {
            let shown = if path.len() <= SHOWN_PATH {
                format!(" {path:?}")
            } else {
                String::new()
            };
            Error::invalid(format!(
                "ca_file{shown} cannot be used: {reason}; give the path of a PEM file with at least one certificate"
            ))
        };
        if path.is_empty() {
            return Err(refuse("the path is empty"));
        }
        // Before the system gets a copy of it.
        if path.len() > PATH_LIMIT {
            return Err(refuse("the path is longer than 4 KiB"));
        }
        let pem = read_file(path).map_err(|error| refuse(&error.to_string()))?;
        self.trust.add_pem(&pem).map_err(|reason| refuse(&reason))
    }

    pub fn set_ca_pem(&mut self, pem: &str) -> Result<()> {
        check_length("ca_pem", pem, PEM_LIMIT)?;
        self.trust.add_pem(pem.as_bytes()).map_err(|reason| {
            Error::invalid(format!(
                "ca_pem cannot be used: {reason}; give PEM text with at least one certificate"
            ))
        })
    }

    pub fn set_proxy(&mut self, url: &str) -> Result<()> {
        check_length("proxy", url, URL_LIMIT)?;
        let proxy = Proxy::parse(url).map_err(|reason| {
            Error::invalid(format!(
                "proxy cannot be used: {reason}; give http://[user:password@]host[:port]"
            ))
        })?;
        self.proxy = Some(proxy);
        Ok(())
    }

    pub fn set_jwks_json(&mut self, json: &str) -> Result<()> {
        let keys = KeySet::parse_given(json.as_bytes()).map_err(|bad| {
            Error::invalid(format!(
                "jwks_json cannot be used: {bad}; give the response of sessions_get_jwks, or a JSON object with an array \"keys\""
            ))
        })?;
        self.jwks = Some(Arc::new(keys));
        Ok(())
    }

    pub fn set_jwt_leeway_seconds(&mut self, seconds: u32) -> Result<()> {
        if seconds > LONGEST_LEEWAY_SECONDS {
            return Err(Error::invalid(format!(
                "jwt_leeway_seconds is {seconds}; give 0 to {LONGEST_LEEWAY_SECONDS}"
            )));
        }
        self.jwt_leeway_seconds = seconds;
        Ok(())
    }

    /// Tells somebody what happens; `None` tells nobody.
    pub fn set_log(&mut self, log: Option<Log>) {
        self.log = log;
    }

    pub fn set_max_threads(&mut self, count: u32) -> Result<()> {
        self.max_threads = count_of("max_threads", count, MOST_THREADS)?;
        Ok(())
    }

    pub fn set_max_pending(&mut self, count: u32) -> Result<()> {
        self.max_pending = count_of("max_pending", count, MOST_PENDING)?;
        Ok(())
    }

    pub fn set_app_info(&mut self, name: &str, version: &str) -> Result<()> {
        for (what, text) in [("name", name), ("version", version)] {
            let is_token = !text.is_empty() && text.bytes().all(is_token_byte);
            if !is_token || text.len() > APP_INFO_LIMIT {
                return Err(Error::invalid(format!(
                    "the {what} in app_info must be 1 to {APP_INFO_LIMIT} letters, digits or any of !#$%&'*+-.^_`|~"
                )));
            }
        }
        self.app_info = Some(format!("{name}/{version}"));
        Ok(())
    }
}

/// Reads a regular file of a sane size: a device has no end, and opening a
/// pipe may never return. It is wiped, for a key may be in it by mistake.
fn read_file(path: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let too_large = || io::Error::other("it is larger than 16 MiB");
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > LARGEST_CA_FILE {
        return Err(too_large());
    }
    let capacity = usize::try_from(metadata.len()).map_err(|_| too_large())? + 1;
    let mut content = Zeroizing::new(Vec::with_capacity(capacity));
    let limited = &mut File::open(path)?.take(LARGEST_CA_FILE + 1);
    let length = limited.read_to_end(&mut content)? as u64;
    if length > LARGEST_CA_FILE {
        return Err(too_large());
    }
    Ok(content)
}

/// Refuses a text that would only cost memory, before it is copied.
fn check_length(name: &str, text: &str, limit: usize) -> Result<()> {
    if text.len() > limit {
        return Err(Error::invalid(format!(
            "{name} is longer than {} KiB; pass a shorter one",
            limit / 1024
        )));
    }
    Ok(())
}

fn count_of(name: &str, count: u32, most: u32) -> Result<usize> {
    if !(1..=most).contains(&count) {
        return Err(Error::invalid(format!(
            "{name} is {count}; give 1 to {most}"
        )));
    }
    Ok(count as usize)
}

fn timeout(name: &str, milliseconds: u32) -> Result<Duration> {
    if !(1..=LONGEST_TIMEOUT_MS).contains(&milliseconds) {
        return Err(Error::invalid(format!(
            "{name} is {milliseconds}; give 1 to {LONGEST_TIMEOUT_MS} milliseconds"
        )));
    }
    Ok(Duration::from_millis(milliseconds.into()))
}

/// RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_must_be_a_file_with_an_end() {
        for (path, reason) in [
            ("", "empty"),
            ("/no/such/file", "No such file"),
            ("/", "not a regular file"),
            ("/dev/zero", "not a regular file"),
            ("/dev/null", "not a regular file"),
            (
                concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
                "no certificate",
            ),
        ] {
            let error = Options::default().set_ca_file(path).unwrap_err();
            assert!(error.to_string().contains(reason), "{path}: {error}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_copied() {
        let long = "x".repeat(17 * 1024 * 1024);
        let mut options = Options::default();
        for result in [
            options.set_base_url(&long),
            options.set_ca_file(&long),
            options.set_ca_pem(&long),
            options.set_proxy(&long),
            options.set_app_info(&long, "1"),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.len() < 300, "{error}");
            assert!(
                error.contains("longer than") || error.contains("256"),
                "{error}"
            );
        }
    }
}
