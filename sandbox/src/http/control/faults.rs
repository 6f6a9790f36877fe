//! `/sandbox/faults`: what is to go wrong with the next requests.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::faults::FaultSpec;
use crate::http::body::ControlBody;
use crate::http::error::ApiError;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox/faults", get(list).post(queue).delete(clear))
}

async fn queue(
    State(app): State<Arc<App>>,
    ControlBody(faults): ControlBody<Value>,
) -> Result<Json<Value>, ApiError> {
    let queued = app.faults.queue(faults).map_err(ApiError::bad_request)?;
    Ok(Json(json!({ "queued": queued })))
}

async fn list(State(app): State<Arc<App>>) -> Json<Vec<FaultSpec>> {
    Json(app.faults.list())
}

async fn clear(State(app): State<Arc<App>>) -> Json<Value> {
    app.faults.clear();
    Json(json!({ "queued": 0 }))
}
