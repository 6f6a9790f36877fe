//! `/sandbox/impersonation_tokens`: does what the dashboard's button "Impersonate Member" does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::members::{Described, describe};
use crate::app::{App, default_impersonator};
use crate::clock::rfc3339;
use crate::config::MAX_TOKEN_TTL;
use crate::http::body::ControlBody;
use crate::http::error::ApiError;
use crate::refusal::MEMBER_NOT_FOUND;
use crate::schema::ImpersonatedFactor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    member_id: Option<String>,
    /// An id or a slug.
    organization_id: Option<String>,
    impersonator_id: Option<String>,
    impersonator_email_address: Option<String>,
    ttl_seconds: Option<u64>,
}

#[derive(Serialize)]
struct TokenResponse {
    impersonation_token: String,
    redirect_url: String,
    expires_at: String,
    #[serde(flatten)]
    person: Described,
    impersonator: ImpersonatedFactor,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox/impersonation_tokens", post(issue))
}

async fn issue(
    State(app): State<Arc<App>>,
    ControlBody(wanted): ControlBody<TokenRequest>,
) -> Result<Json<TokenResponse>, ApiError> {
    let ttl = wanted
        .ttl_seconds
        .map_or(app.config.token_ttl, Duration::from_secs);
    if ttl > MAX_TOKEN_TTL {
        let most = MAX_TOKEN_TTL.as_secs();
        return Err(ApiError::bad_request(format!(
            "ttl_seconds: at most {most}."
        )));
    }
    let found = app.directory.find(
        wanted.member_id.as_deref(),
        wanted.organization_id.as_deref(),
    );
    let person = found.ok_or(MEMBER_NOT_FOUND)?;
    let impersonator = impersonator(wanted.impersonator_id, wanted.impersonator_email_address);
    let expires_at = rfc3339(app.clock.now() + ttl);
    let token = app.issue(person, impersonator.clone(), ttl);
    Ok(Json(TokenResponse {
        redirect_url: redirect_url(&app.config.redirect_url, &token),
        impersonation_token: token,
        expires_at,
        person: describe(person),
        impersonator,
    }))
}

/// Returns the impersonator that a request names, with the default for what it leaves out.
pub fn impersonator(id: Option<String>, email_address: Option<String>) -> ImpersonatedFactor {
    let default = default_impersonator();
    ImpersonatedFactor {
        impersonator_id: id.unwrap_or(default.impersonator_id),
        impersonator_email_address: email_address.unwrap_or(default.impersonator_email_address),
    }
}

/// Returns the link that the dashboard opens.
fn redirect_url(base: &str, token: &str) -> String {
    let separator = if base.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("stytch_token_type", "multi_tenant_impersonation")
        .append_pair("token", token)
        .finish();
    format!("{base}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::redirect_url;

    #[test]
    fn the_link_keeps_the_query_and_encodes_the_token() {
        let query = "stytch_token_type=multi_tenant_impersonation&token=a-b_c%3D";
        assert_eq!(
            redirect_url("https://a.example/b", "a-b_c="),
            format!("https://a.example/b?{query}")
        );
        assert_eq!(
            redirect_url("https://a.example/?b=c", "a-b_c="),
            format!("https://a.example/?b=c&{query}")
        );
    }
}
