//! Counts the requests under `/v1/`, whatever becomes of them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::traffic::SeenRequest;

pub async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/v1/") {
        let text = |name: HeaderName| request.headers().get(name)?.to_str().ok();
        let scheme = text(AUTHORIZATION).map(|value| value.split(' ').next().unwrap_or(""));
        app.traffic.record(SeenRequest {
            method: request.method().to_string(),
            path: path.to_owned(),
            authorization: scheme.map(str::to_owned),
            cache_control: text(CACHE_CONTROL).map(str::to_owned),
        });
    }
    next.run(request).await
}
