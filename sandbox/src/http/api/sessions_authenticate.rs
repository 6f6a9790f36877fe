//! `POST /v1/b2b/sessions/authenticate`: is the session active, and a fresh JWT for it.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use time::Duration;

use crate::app::App;
use crate::http::body::{ApiBody, from_object, given};
use crate::http::credentials::Caller;
use crate::http::error::ApiError;
use crate::ids::request_id;
use crate::inferred::{
    INVALID_SESSION_DURATION_MINUTES, NO_SESSION_ARGUMENTS, TOO_MANY_SESSION_ARGUMENTS,
};
use crate::jwt;
use crate::refusal::{Refusal, SESSION_AUTHORIZATION_ERROR, SESSION_AUTHORIZATION_TENANCY_ERROR};
use crate::schema::{
    AuthorizationCheck, AuthorizationVerdict, Metadata, STATUS_OK, SessionAuthenticateResponse,
};
use crate::sessions::{Changes, Selector, Session};

/// As documented: 5 minutes to 366 days.
const DURATION_MINUTES: std::ops::RangeInclusive<i64> = 5..=527_040;

#[derive(Deserialize)]
struct AuthenticateRequest {
    session_token: Option<String>,
    session_jwt: Option<String>,
    session_duration_minutes: Option<i64>,
    session_custom_claims: Option<Metadata>,
    authorization_check: Option<Metadata>,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/b2b/sessions/authenticate", post(authenticate))
}

async fn authenticate(
    _: Caller,
    State(app): State<Arc<App>>,
    ApiBody(request): ApiBody<AuthenticateRequest>,
) -> Result<Json<SessionAuthenticateResponse>, ApiError> {
    let key = app.keys.signing().await;
    let from_jwt;
    let selector = match (given(&request.session_token), given(&request.session_jwt)) {
        (None, None) => return Err(NO_SESSION_ARGUMENTS.into()),
        (Some(_), Some(_)) => return Err(TOO_MANY_SESSION_ARGUMENTS.into()),
        (Some(token), None) => Selector::Token(token),
        (None, Some(session_jwt)) => {
            let keys = app.keys.served().await;
            from_jwt = jwt::read(session_jwt, &app.config.project_id, &keys)?;
            Selector::Id(&from_jwt)
        }
    };
    let life = request.session_duration_minutes.map(life).transpose()?;
    let check = request.authorization_check.map(from_object).transpose()?;
    let changes = Changes {
        life,
        custom_claims: request.session_custom_claims,
    };
    let (session, verdict) =
        app.sessions
            .authenticate(&selector, &changes, app.clock.now(), |session| {
                let check: Option<&AuthorizationCheck> = check.as_ref();
                check
                    .map(|check| authorize(&app, session, check))
                    .transpose()
            })?;
    Ok(Json(SessionAuthenticateResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
        member_session: session.member_session(),
        session_jwt: app.session_jwt(&session, &key),
        session_token: session.token,
        member: (*session.person.member).clone(),
        organization: (*session.person.organization).clone(),
        verdict,
    }))
}

fn life(minutes: i64) -> Result<Duration, Refusal> {
    match DURATION_MINUTES.contains(&minutes) {
        true => Ok(Duration::minutes(minutes)),
        false => Err(INVALID_SESSION_DURATION_MINUTES),
    }
}

fn authorize(
    app: &App,
    session: &Session,
    check: &AuthorizationCheck,
) -> Result<AuthorizationVerdict, Refusal> {
    let member_session = session.member_session();
    if member_session.organization_id != check.organization_id {
        return Err(SESSION_AUTHORIZATION_TENANCY_ERROR);
    }
    let granting_roles = app.policy.granting_roles(
        &member_session.roles,
        &session.person.organization,
        &check.resource_id,
        &check.action,
    );
    match granting_roles.is_empty() {
        true => Err(SESSION_AUTHORIZATION_ERROR),
        false => Ok(AuthorizationVerdict {
            authorized: true,
            granting_roles,
        }),
    }
}
