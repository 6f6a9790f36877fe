//! The sandbox's own endpoints: what Stytch's dashboard does, and what a test needs besides. They
//! ask for no credentials; `guard` keeps pages of other sites away.

mod clock;
mod faults;
mod keys;
mod members;
mod page;
mod requests;
mod sessions;
mod tokens;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

pub use sessions::{SessionRequest, start_session};

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(keys::routes())
        .merge(members::routes())
        .merge(page::routes())
        .merge(requests::routes())
        .merge(sessions::routes())
        .merge(tokens::routes())
}
