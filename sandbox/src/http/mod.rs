//! The endpoints: Stytch's under `/v1/`, the sandbox's own under `/sandbox`.

mod authenticate;
mod body;
mod control;
mod error;
mod guard;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;
use crate::faults::inject::inject;

pub use error::ApiError;

pub fn router(app: Arc<App>) -> Router {
    let control = Router::new()
        .route("/sandbox", get(page::page))
        .route("/sandbox/members", get(control::members))
        .route("/sandbox/requests", get(control::requests))
        .route("/sandbox/impersonation_tokens", post(control::issue_token))
        .route(
            "/sandbox/faults",
            get(control::list_faults)
                .post(control::queue_faults)
                .delete(control::clear_faults),
        )
        .route_layer(from_fn_with_state(app.clone(), guard::same_site));
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/sandbox") }))
        .route(authenticate::PATH, post(authenticate::authenticate))
        .route(
            "/v1/b2b/sessions/jwks/{project_id}",
            get(authenticate::jwks),
        )
        .merge(control)
        .fallback(|| async { ApiError::route_not_found() })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        // The last is the first that a request meets.
        .layer(from_fn_with_state(app.clone(), inject))
        .layer(from_fn(body::read))
        .layer(from_fn_with_state(app.clone(), authenticate::count))
        .with_state(app)
}
