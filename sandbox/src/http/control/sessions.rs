//! `/sandbox/sessions`: starts sessions without a login, lists and revokes them.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::members::{Described, describe};
use super::tokens::impersonator;
use crate::app::App;
use crate::claims;
use crate::clock::rfc3339;
use crate::http::body::ControlBody;
use crate::http::error::ApiError;
use crate::http::segment::Segment;
use crate::inferred::ORDINARY_SESSION_LIFE;
use crate::refusal::{MEMBER_NOT_FOUND, SESSION_NOT_FOUND};
use crate::schema::{MemberSession, Metadata};
use crate::sessions::{NewSession, Selector, Session, SessionKind, SessionSummary};

/// How many sessions are listed.
const LISTED: usize = 100;
const MAX_MINUTES: u32 = 527_040;

/// What session to start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    member_id: Option<String>,
    /// An id or a slug.
    organization_id: Option<String>,
    #[serde(default)]
    kind: SessionKind,
    impersonator_id: Option<String>,
    impersonator_email_address: Option<String>,
    duration_minutes: Option<u32>,
    #[serde(default)]
    custom_claims: Metadata,
    /// What the project's JWT template would add to JWTs.
    #[serde(default)]
    template_claims: Metadata,
}

#[derive(Serialize)]
struct StartedResponse {
    kind: SessionKind,
    session_token: String,
    session_jwt: String,
    member_session: MemberSession,
    #[serde(flatten)]
    person: Described,
}

/// A line of the list: no token in it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    session: SessionSummary,
    #[serde(flatten)]
    person: Described,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sandbox/sessions", get(list).post(start))
        .route("/sandbox/sessions/{member_session_id}", delete(revoke))
}

async fn start(
    State(app): State<Arc<App>>,
    ControlBody(wanted): ControlBody<SessionRequest>,
) -> Result<Json<StartedResponse>, ApiError> {
    let key = app.keys.signing().await;
    let session = start_session(&app, wanted)?;
    Ok(Json(StartedResponse {
        kind: session.kind(),
        session_jwt: app.session_jwt(&session, &key),
        member_session: session.member_session(),
        person: describe(&session.person),
        session_token: session.token,
    }))
}

/// Starts a session, as if the member had logged in.
pub fn start_session(app: &App, wanted: SessionRequest) -> Result<Session, ApiError> {
    let minutes = match wanted.duration_minutes {
        None => ORDINARY_SESSION_LIFE,
        Some(minutes @ 1..=MAX_MINUTES) => Duration::minutes(minutes.into()),
        Some(_) => {
            return Err(ApiError::bad_request(format!(
                "duration_minutes: 1 to {MAX_MINUTES}."
            )));
        }
    };
    let named = wanted.impersonator_id.is_some() || wanted.impersonator_email_address.is_some();
    let impersonator = match wanted.kind {
        SessionKind::Impersonated => Some(impersonator(
            wanted.impersonator_id,
            wanted.impersonator_email_address,
        )),
        SessionKind::Ordinary if named => {
            return Err(ApiError::bad_request(
                "An impersonator goes with \"kind\": \"impersonated\".",
            ));
        }
        SessionKind::Ordinary => None,
    };
    claims::check_names(&wanted.template_claims)?;
    let person = app.directory.find(
        wanted.member_id.as_deref(),
        wanted.organization_id.as_deref(),
    );
    let new = NewSession {
        person: person.ok_or(MEMBER_NOT_FOUND)?.clone(),
        impersonator,
        life: minutes,
        custom_claims: claims::merged(&Metadata::new(), &wanted.custom_claims)?,
        template_claims: wanted.template_claims,
    };
    Ok(app.sessions.start(new, app.clock.now()))
}

async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let now = app.clock.now();
    let sessions = app.sessions.newest(LISTED, |session| listed(session, now));
    Json(json!({ "now": rfc3339(now), "total": app.sessions.count(), "sessions": sessions }))
}

async fn revoke(
    State(app): State<Arc<App>>,
    Segment(id): Segment,
) -> Result<Json<Listed>, ApiError> {
    let now = app.clock.now();
    let revoked = app.sessions.revoke(&Selector::Id(&id), now);
    Ok(Json(listed(&revoked.ok_or(SESSION_NOT_FOUND)?, now)))
}

fn listed(session: &Session, now: UtcDateTime) -> Listed {
    Listed {
        session: session.summary(now),
        person: describe(&session.person),
    }
}
