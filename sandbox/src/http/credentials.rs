//! Basic authentication with project id and secret, which Stytch's endpoints ask for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use super::error::ApiError;
use crate::app::App;
use crate::config::Config;
use crate::refusal::UNAUTHORIZED_CREDENTIALS;

/// A caller that gave the right credentials. As the first parameter of a handler it comes before
/// everything else that may be wrong with a request.
pub struct Caller;

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match is_right(&parts.headers, &app.config) {
            true => Ok(Caller),
            false => Err(UNAUTHORIZED_CREDENTIALS.into()),
        }
    }
}

fn is_right(headers: &HeaderMap, config: &Config) -> bool {
    let expected = format!("{}:{}", config.project_id, config.secret);
    let given = basic_credentials(headers).unwrap_or_default();
    given.ct_eq(expected.as_bytes()).into()
}

/// Returns `user:password` as it was encoded.
fn basic_credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    STANDARD.decode(credentials.trim()).ok()
}
