//! The client: who asks, and where.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::HeaderValue;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::impersonation;
use crate::options::Options;
use crate::response::Response;
use crate::text::check_text;
use crate::transport::{Answer, Endpoint, Failure, Settings, Transport};
use crate::url::BaseUrl;

const CREDENTIAL_LIMIT: usize = 4 * 1024;

/// Shared by any number of threads; each call of it stands alone.
pub struct Client {
    transport: Transport,
    impersonation: Endpoint,
    /// The secret, and the credentials as Basic authentication writes them:
    /// what must not come back in a message.
    secret: Zeroizing<String>,
    credentials: Zeroizing<String>,
}

impl Client {
    pub fn new(project_id: &str, secret: &str, options: &Options) -> Result<Self> {
        check_text("project_id", project_id, CREDENTIAL_LIMIT)?;
        check_text("secret", secret, CREDENTIAL_LIMIT)?;
        if project_id.contains(':') {
            return Err(Error::invalid(
                "project_id holds a colon, which Basic authentication cannot carry; pass the value from Stytch",
            ));
        }
        let base_url = match &options.base_url {
            Some(base_url) => base_url.clone(),
            None => base_url_of(project_id)?,
        };
        if options.proxy.is_some() && !base_url.is_https {
            return Err(Error::invalid(
                "proxy is for https only and base_url is http; leave one of them out",
            ));
        }
        let mut user_agent = format!("libstytch/{}", env!("CARGO_PKG_VERSION"));
        if let Some(app_info) = &options.app_info {
            user_agent.push(' ');
            user_agent.push_str(app_info);
        }
        let credentials = basic_credentials(project_id, secret);
        let transport = Transport::new(Settings {
            base_url,
            proxy: options.proxy.clone(),
            trust: options.trust.clone(),
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            max_retries: options.max_retries,
            user_agent,
            authorization: authorization(&credentials),
        })?;
        Ok(Self {
            impersonation: transport.endpoint(impersonation::PATH),
            transport,
            secret: Zeroizing::new(secret.to_owned()),
            credentials,
        })
    }

    /// `POST /v1/b2b/impersonation/authenticate`
    pub fn authenticate_impersonation(&self, impersonation_token: &str) -> Result<Response> {
        impersonation::authenticate(self, impersonation_token)
    }

    pub(crate) fn send_impersonation(&self, body: &[u8]) -> Result<Answer, Failure> {
        self.transport.send(&self.impersonation, body)
    }

    /// What a call with `token` sends in confidence.
    pub(crate) fn secrets<'a>(&'a self, token: &'a str) -> [&'a str; 3] {
        [token, &self.credentials, &self.secret]
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn base_url_of(project_id: &str) -> Result<BaseUrl> {
    let url = if project_id.starts_with("project-live-") {
        "https://api.stytch.com"
    } else if project_id.starts_with("project-test-") {
        "https://test.stytch.com"
    } else {
        return Err(Error::invalid(
            "project_id starts with neither project-live- nor project-test-, so it does not tell where the API is; set base_url",
        ));
    };
    BaseUrl::parse(url)
}

/// RFC 7617, section 2.
fn basic_credentials(project_id: &str, secret: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(project_id.len() + secret.len() + 1));
    plain.push_str(project_id);
    plain.push(':');
    plain.push_str(secret);
    Zeroizing::new(STANDARD.encode(plain.as_bytes()))
}

/// The header's bytes belong to a buffer that is wiped when the last request
/// that carries it is gone.
fn authorization(credentials: &str) -> HeaderValue {
    let mut value = Zeroizing::new(String::with_capacity(6 + credentials.len()));
    value.push_str("Basic ");
    value.push_str(credentials);
    let bytes = bytes::Bytes::from_owner(WipedBytes(value));
    let mut value = HeaderValue::from_maybe_shared(bytes).expect("base64 is ASCII");
    value.set_sensitive(true);
    value
}

struct WipedBytes(Zeroizing<String>);

impl AsRef<[u8]> for WipedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
