//! `/sandbox/requests`: which requests have come in under `/v1/`.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::http::api::IMPERSONATION_AUTHENTICATE;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox/requests", get(requests))
}

async fn requests(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "authenticate": app.traffic.to(IMPERSONATION_AUTHENTICATE),
        "by_path": app.traffic.by_path(),
        "recent": app.traffic.recent(),
    }))
}
