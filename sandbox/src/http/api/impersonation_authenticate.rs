//! `POST /v1/b2b/impersonation/authenticate`: a token goes in, a session comes out.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use time::Duration;

use crate::app::App;
use crate::http::body::{ApiBody, given};
use crate::http::credentials::Caller;
use crate::http::error::ApiError;
use crate::ids::request_id;
use crate::inferred::UNABLE_TO_AUTH_IMPERSONATION_TOKEN;
use crate::schema::{AuthenticateResponse, Metadata, STATUS_OK};
use crate::sessions::NewSession;

pub const PATH: &str = "/v1/b2b/impersonation/authenticate";

/// An impersonated session lives an hour, whatever is asked for.
const SESSION_LIFE: Duration = Duration::minutes(60);

#[derive(Deserialize)]
struct AuthenticateRequest {
    impersonation_token: Option<String>,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route(PATH, post(authenticate))
}

async fn authenticate(
    _: Caller,
    State(app): State<Arc<App>>,
    ApiBody(request): ApiBody<AuthenticateRequest>,
) -> Result<Json<AuthenticateResponse>, ApiError> {
    let token = given(&request.impersonation_token)
        .ok_or_else(|| ApiError::bad_request("impersonation_token is missing or empty."))?;
    // The key first: once the token is used, nothing may stand in the way of the response.
    let key = app.keys.signing().await;
    let now = app.clock.now();
    let grant = app.tokens.spend(token, now);
    let grant = grant.ok_or(UNABLE_TO_AUTH_IMPERSONATION_TOKEN)?;
    let new = NewSession {
        person: grant.person,
        impersonator: Some(grant.impersonator),
        life: SESSION_LIFE,
        custom_claims: Metadata::new(),
        template_claims: Metadata::new(),
    };
    let session = app.sessions.start(new, now);
    let (member, organization) = (&session.person.member, &session.person.organization);
    Ok(Json(AuthenticateResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
        member_id: member.member_id.clone(),
        organization_id: organization.organization_id.clone(),
        member: (**member).clone(),
        organization: (**organization).clone(),
        session_token: session.token.clone(),
        session_jwt: app.session_jwt(&session, &key),
        member_session: Some(session.member_session()),
        intermediate_session_token: String::new(),
        intermediate_session_token_expires_at: None,
        member_authenticated: true,
        mfa_required: None,
    }))
}
