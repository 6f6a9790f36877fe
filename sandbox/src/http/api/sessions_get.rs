//! `GET /v1/b2b/sessions?organization_id=…&member_id=…`: the active sessions of a member.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;
use crate::http::credentials::Caller;
use crate::http::error::ApiError;
use crate::ids::request_id;
use crate::refusal::{MEMBER_NOT_FOUND, ORGANIZATION_NOT_FOUND};
use crate::schema::{STATUS_OK, SessionGetResponse};

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/b2b/sessions", get(sessions))
}

async fn sessions(
    _: Caller,
    State(app): State<Arc<App>>,
    uri: Uri,
) -> Result<Json<SessionGetResponse>, ApiError> {
    let organization = parameter(&uri, "organization_id")?;
    let member = parameter(&uri, "member_id")?;
    if app.directory.find(None, Some(&organization)).is_none() {
        return Err(ORGANIZATION_NOT_FOUND.into());
    }
    let person = app.directory.find(Some(&member), Some(&organization));
    let person = person.ok_or(MEMBER_NOT_FOUND)?;
    let now = app.clock.now();
    Ok(Json(SessionGetResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
        member_sessions: app.sessions.active_of(&person.member.member_id, now),
    }))
}

fn parameter(uri: &Uri, name: &str) -> Result<String, ApiError> {
    let query = uri.query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let found = parameters.find(|(one, value)| one == name && !value.is_empty());
    found
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| ApiError::bad_request(format!("{name} is missing or empty.")))
}
