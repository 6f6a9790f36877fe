//! The sandbox's own endpoints: tokens as the dashboard makes them, members, faults, the count.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ApiError;
use super::body::Received;
use crate::app::{App, default_impersonator};
use crate::clock::{now, rfc3339};
use crate::config::MAX_TOKEN_TTL;
use crate::directory::Person;
use crate::faults::FaultSpec;
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
pub struct TokenAnswer {
    impersonation_token: String,
    redirect_url: String,
    expires_at: String,
    #[serde(flatten)]
    person: Value,
    impersonator: ImpersonatedFactor,
}

/// What the dashboard's button "Impersonate Member" does.
pub async fn issue_token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Extension(body): Received,
) -> Result<Json<TokenAnswer>, ApiError> {
    let body = body.lenient_json(&headers)?;
    let wanted: TokenRequest = serde_path_to_error::deserialize(body)
        .map_err(|error| ApiError::bad_request(format!("{error}.")))?;
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
    let person = found.ok_or_else(ApiError::member_not_found)?;
    let default = default_impersonator();
    let impersonator = ImpersonatedFactor {
        impersonator_id: wanted.impersonator_id.unwrap_or(default.impersonator_id),
        impersonator_email_address: wanted
            .impersonator_email_address
            .unwrap_or(default.impersonator_email_address),
    };
    let token = app.issue(person, impersonator.clone(), ttl);
    Ok(Json(TokenAnswer {
        redirect_url: redirect_url(&app.config.redirect_url, &token),
        impersonation_token: token,
        expires_at: rfc3339(now() + ttl),
        person: describe(person),
        impersonator,
    }))
}

/// The link that the dashboard opens.
fn redirect_url(base: &str, token: &str) -> String {
    let separator = if base.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("stytch_token_type", "multi_tenant_impersonation")
        .append_pair("token", token)
        .finish();
    format!("{base}{separator}{query}")
}

fn describe(
    Person {
        member,
        organization,
    }: &Person,
) -> Value {
    json!({
        "member": {
            "member_id": member.member_id,
            "name": member.name,
            "email_address": member.email_address,
        },
        "organization": {
            "organization_id": organization.organization_id,
            "organization_name": organization.organization_name,
            "organization_slug": organization.organization_slug,
        },
    })
}

/// Everybody who can be impersonated.
pub fn people(app: &App) -> Vec<Value> {
    app.directory.people().iter().map(describe).collect()
}

pub async fn members(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "members": people(&app) }))
}

/// How many requests for a session have come in.
pub async fn requests(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "authenticate": app.authenticate_requests() }))
}

pub async fn queue_faults(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Extension(body): Received,
) -> Result<Json<Value>, ApiError> {
    let body = body.lenient_json(&headers)?;
    let queued = app.faults.queue(body).map_err(ApiError::bad_request)?;
    Ok(Json(json!({ "queued": queued })))
}

pub async fn list_faults(State(app): State<Arc<App>>) -> Json<Vec<FaultSpec>> {
    Json(app.faults.list())
}

pub async fn clear_faults(State(app): State<Arc<App>>) -> Json<Value> {
    app.faults.clear();
    Json(json!({ "queued": 0 }))
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
