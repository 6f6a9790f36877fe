//! `GET /v1/b2b/sessions/jwks/{project_id}`: the keys that session JWTs are verified with. It needs
//! no credentials.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::segment::Segment;
use crate::ids::request_id;
use crate::refusal::PROJECT_NOT_FOUND;
use crate::schema::{STATUS_OK, SessionGetJWKSResponse};

/// As Stytch sends it.
const LIFE: &str = "public, max-age=900";

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/b2b/sessions/jwks/{project_id}", get(jwks))
}

async fn jwks(
    State(app): State<Arc<App>>,
    Segment(project_id): Segment,
) -> Result<impl IntoResponse, ApiError> {
    if project_id != app.config.project_id {
        return Err(PROJECT_NOT_FOUND.into());
    }
    let keys = app.keys.served().await;
    let response = SessionGetJWKSResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
        keys: keys.iter().map(|key| key.public.clone()).collect(),
    };
    Ok(([(CACHE_CONTROL, LIFE)], Json(response)))
}
