//! `POST /v1/b2b/sessions/revoke`: ends one session, or all of a member.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;

use crate::app::App;
use crate::http::body::{ApiBody, given};
use crate::http::credentials::Caller;
use crate::http::error::ApiError;
use crate::ids::request_id;
use crate::inferred::{
    NO_SESSION_REVOKE_ARGUMENTS, REVOKED_TWICE, TOO_MANY_SESSION_REVOKE_ARGUMENTS,
};
use crate::jwt;
use crate::refusal::MEMBER_NOT_FOUND;
use crate::schema::{STATUS_OK, SessionRevokeResponse};
use crate::sessions::Selector;

#[derive(Deserialize)]
struct RevokeRequest {
    member_session_id: Option<String>,
    session_token: Option<String>,
    session_jwt: Option<String>,
    member_id: Option<String>,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/b2b/sessions/revoke", post(revoke))
}

async fn revoke(
    _: Caller,
    State(app): State<Arc<App>>,
    ApiBody(request): ApiBody<RevokeRequest>,
) -> Result<Json<SessionRevokeResponse>, ApiError> {
    let selectors = [
        given(&request.member_session_id),
        given(&request.session_token),
        given(&request.session_jwt),
        given(&request.member_id),
    ];
    if selectors.iter().flatten().count() > 1 {
        return Err(TOO_MANY_SESSION_REVOKE_ARGUMENTS.into());
    }
    let now = app.clock.now();
    let revoked = match selectors {
        [Some(id), ..] => app.sessions.revoke(&Selector::Id(id), now),
        [_, Some(token), ..] => app.sessions.revoke(&Selector::Token(token), now),
        [_, _, Some(session_jwt), _] => {
            let keys = app.keys.served().await;
            let id = jwt::read(session_jwt, &app.config.project_id, &keys)?;
            app.sessions.revoke(&Selector::Id(&id), now)
        }
        [_, _, _, Some(member_id)] => {
            if app.directory.find(Some(member_id), None).is_none() {
                return Err(MEMBER_NOT_FOUND.into());
            }
            app.sessions.revoke_all_of(member_id, now);
            return Ok(revoked_response());
        }
        [None, None, None, None] => return Err(NO_SESSION_REVOKE_ARGUMENTS.into()),
    };
    match revoked {
        Some(_) => Ok(revoked_response()),
        None => Err(REVOKED_TWICE.into()),
    }
}

fn revoked_response() -> Json<SessionRevokeResponse> {
    Json(SessionRevokeResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
    })
}
