//! `/sandbox/clock`: reads and moves the sandbox's clock.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::{Clock, rfc3339};
use crate::http::body::ControlBody;
use crate::http::error::ApiError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    advance_seconds: Option<i64>,
    #[serde(default)]
    reset: bool,
}

#[derive(Serialize)]
struct ClockResponse {
    now: String,
    now_unix: i64,
    offset_seconds: i64,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox/clock", get(read).post(set))
}

async fn read(State(app): State<Arc<App>>) -> Json<ClockResponse> {
    Json(describe(&app.clock))
}

async fn set(
    State(app): State<Arc<App>>,
    ControlBody(request): ControlBody<ClockRequest>,
) -> Result<Json<ClockResponse>, ApiError> {
    match (request.advance_seconds, request.reset) {
        (Some(seconds), false) => app.clock.advance(seconds).map_err(ApiError::bad_request)?,
        (None, true) => app.clock.reset(),
        _ => {
            let message = "Give either advance_seconds or \"reset\": true.";
            return Err(ApiError::bad_request(message));
        }
    }
    Ok(Json(describe(&app.clock)))
}

fn describe(clock: &Clock) -> ClockResponse {
    let now = clock.now();
    ClockResponse {
        now: rfc3339(now),
        now_unix: now.unix_timestamp(),
        offset_seconds: clock.offset_seconds(),
    }
}
