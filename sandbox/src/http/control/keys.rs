//! `/sandbox/rotate_keys` lets a new key sign; `/sandbox/sign` signs what a test makes up.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::body::ControlBody;
use crate::keys::Key;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateRequest {
    /// Whether the key that signed so far is still served.
    #[serde(default = "yes")]
    keep_old: bool,
}

fn yes() -> bool {
    true
}

/// Parts of a JWT. A string is signed as it stands, anything else as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignRequest {
    /// Absent: the header of a session JWT.
    header: Option<Value>,
    claims: Value,
    #[serde(default)]
    key: Key,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sandbox/rotate_keys", post(rotate))
        .route("/sandbox/sign", post(sign))
}

async fn rotate(
    State(app): State<Arc<App>>,
    ControlBody(request): ControlBody<RotateRequest>,
) -> Json<Value> {
    let served = blocking(move || {
        app.keys.rotate(request.keep_old);
        app.keys.served_now()
    });
    let ids: Vec<String> = served.await.iter().map(|key| key.id().to_owned()).collect();
    Json(json!({ "signing_key": ids[0], "served_keys": ids }))
}

async fn sign(
    State(app): State<Arc<App>>,
    ControlBody(request): ControlBody<SignRequest>,
) -> Json<Value> {
    let key = blocking(move || app.keys.get(request.key)).await;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let header = request.header.as_ref().map_or(key.header(), text);
    Json(json!({ "jwt": key.sign(&header, &text(&request.claims)) }))
}

/// Runs what may have to make a key first, which takes a moment.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .expect("keys can be made")
}
