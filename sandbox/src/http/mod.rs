//! The endpoints: Stytch's under `/v1/` (`api`), the sandbox's own under `/sandbox` (`control`).
//!
//! ```text
//!   request ──> count ──> body::read ──> inject ──> api, one file for each call
//!                                           │  └──> guard::same_site ──> control
//!                                        faults
//! ```

mod api;
mod body;
mod control;
mod count;
mod credentials;
mod error;
mod guard;
mod inject;
mod segment;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::get;

use crate::app::App;
use crate::refusal::{METHOD_NOT_ALLOWED, ROUTE_NOT_FOUND};
use error::ApiError;

pub use api::IMPERSONATION_AUTHENTICATE;
pub use control::{SessionRequest, start_session};

pub fn router(app: Arc<App>) -> Router {
    let same_site = from_fn_with_state(Arc::clone(&app), guard::same_site);
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/sandbox") }))
        .merge(api::routes())
        .merge(control::routes().route_layer(same_site))
        .fallback(|| async { ApiError::from(ROUTE_NOT_FOUND) })
        .method_not_allowed_fallback(|| async { ApiError::from(METHOD_NOT_ALLOWED) })
        // The last is the first that a request meets.
        .layer(from_fn_with_state(Arc::clone(&app), inject::inject))
        .layer(from_fn(body::read))
        .layer(from_fn_with_state(Arc::clone(&app), count::count))
        .with_state(app)
}
