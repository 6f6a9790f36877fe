//! Stytch's endpoints. Each call is a file here: its path, its handler, and `routes()`, which is
//! merged below.

mod impersonation_authenticate;
mod organizations_get;
mod sessions_authenticate;
mod sessions_get;
mod sessions_jwks;
mod sessions_revoke;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

pub use impersonation_authenticate::PATH as IMPERSONATION_AUTHENTICATE;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .merge(impersonation_authenticate::routes())
        .merge(organizations_get::routes())
        .merge(sessions_authenticate::routes())
        .merge(sessions_get::routes())
        .merge(sessions_jwks::routes())
        .merge(sessions_revoke::routes())
}
