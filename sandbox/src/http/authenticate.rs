//! Stytch's own endpoints: authenticate a token, and the keys that its session's JWT is signed with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::ApiError;
use super::body::Received;
use crate::answer;
use crate::app::App;
use crate::config::Config;
use crate::schema::AuthenticateResponse;

pub const PATH: &str = "/v1/b2b/impersonation/authenticate";

pub async fn authenticate(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Extension(body): Received,
) -> Result<Json<AuthenticateResponse>, ApiError> {
    check_credentials(&headers, &app.config)?;
    let body = body.json(&headers)?;
    let Value::Object(members) = body else {
        return Err(ApiError::bad_request(
            "The request body must be a JSON object.",
        ));
    };
    let token = match members.get("impersonation_token") {
        Some(Value::String(token)) if !token.is_empty() => token,
        Some(Value::String(_)) | None => {
            return Err(ApiError::bad_request(
                "impersonation_token is missing or empty.",
            ));
        }
        Some(_) => {
            return Err(ApiError::bad_request(
                "impersonation_token must be a string.",
            ));
        }
    };
    // The key first: once the token is spent, nothing may stand in the way of the answer.
    let key = app.key.wait().await;
    let grant = app.tokens.spend(token);
    let grant = grant.ok_or_else(ApiError::unable_to_auth_impersonation_token)?;
    Ok(Json(answer::authenticated(
        grant,
        &app.config.project_id,
        &key,
    )))
}

pub async fn jwks(
    State(app): State<Arc<App>>,
    Path(project_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if project_id != app.config.project_id {
        return Err(ApiError::project_not_found());
    }
    Ok(Json(app.key.wait().await.jwks()))
}

/// Counts the requests for a session, whatever becomes of them.
pub async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path() == PATH {
        app.count_authenticate_request();
    }
    next.run(request).await
}

fn check_credentials(headers: &HeaderMap, config: &Config) -> Result<(), ApiError> {
    let expected = format!("{}:{}", config.project_id, config.secret);
    let given = basic_credentials(headers).unwrap_or_default();
    match bool::from(given.ct_eq(expected.as_bytes())) {
        true => Ok(()),
        false => Err(ApiError::unauthorized_credentials()),
    }
}

/// `user:password` as it was encoded.
fn basic_credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    STANDARD.decode(credentials.trim()).ok()
}
