//! What a sandbox is started with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The longest life of a token that the sandbox agrees to.
pub const MAX_TOKEN_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What a sandbox is started with. The default fits a test: a free port on loopback, plain HTTP,
/// the well-known credentials, tokens that live 5 minutes.
///
/// ```
/// use stytch_sandbox::Config;
/// let config = Config { tls: true, ..Config::default() };
/// ```
#[derive(Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The project id that callers must give: not empty, no colon, no control character.
    pub project_id: String,
    /// The secret that callers must give: not empty, no control character.
    pub secret: String,
    /// Serve https with a certificate made at start; see [`Sandbox::ca_pem`](crate::Sandbox::ca_pem).
    pub tls: bool,
    /// How long an impersonation token lives by default; at most a day.
    pub token_ttl: Duration,
    /// Where the dashboard's link would point to: the project's redirect URL.
    pub redirect_url: String,
    /// Host names under which the `/sandbox` endpoints can be used, besides `localhost` and addresses.
    pub allowed_hosts: Vec<String>,
}

impl Config {
    /// The default project id.
    pub const DEFAULT_PROJECT_ID: &'static str =
        "project-test-00000000-0000-4000-8000-000000000000";
    /// The default secret.
    pub const DEFAULT_SECRET: &'static str = "secret-test-sandbox";
    /// The default redirect URL.
    pub const DEFAULT_REDIRECT_URL: &'static str = "http://localhost:3000/authenticate";

    /// Refuses values that are not valid.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let unusable = |text: &str| text.is_empty() || text.contains(char::is_control);
        if unusable(&self.project_id) || self.project_id.contains(':') {
            return Err(
                "the project id must not be empty and must not contain a colon or control character",
            );
        }
        if unusable(&self.secret) {
            return Err("the secret must not be empty and must not contain a control character");
        }
        if self.token_ttl > MAX_TOKEN_TTL {
            return Err("a token lives at most 24 hours");
        }
        if unusable(&self.redirect_url) || self.redirect_url.contains('#') {
            return Err("the redirect URL must not be empty and must not have a fragment");
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            project_id: Self::DEFAULT_PROJECT_ID.to_owned(),
            secret: Self::DEFAULT_SECRET.to_owned(),
            tls: false,
            token_ttl: Duration::from_secs(5 * 60),
            redirect_url: Self::DEFAULT_REDIRECT_URL.to_owned(),
            allowed_hosts: Vec::new(),
        }
    }
}
