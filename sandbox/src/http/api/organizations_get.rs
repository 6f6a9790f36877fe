//! `GET /v1/b2b/organizations/{organization_id}`: an organization, by its id or slug.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;
use crate::http::credentials::Caller;
use crate::http::error::ApiError;
use crate::http::segment::Segment;
use crate::ids::request_id;
use crate::refusal::ORGANIZATION_NOT_FOUND;
use crate::schema::{OrganizationGetResponse, STATUS_OK};

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/b2b/organizations/{organization_id}", get(organization))
}

async fn organization(
    _: Caller,
    State(app): State<Arc<App>>,
    Segment(id): Segment,
) -> Result<Json<OrganizationGetResponse>, ApiError> {
    let person = app.directory.find(None, Some(&id));
    let person = person.ok_or(ORGANIZATION_NOT_FOUND)?;
    Ok(Json(OrganizationGetResponse {
        status_code: STATUS_OK,
        request_id: request_id(),
        organization: (*person.organization).clone(),
    }))
}
