//! `/sandbox/members`: everybody who can be impersonated.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::directory::Person;

/// A member and its organization, as far as a list shows them.
#[derive(Serialize)]
pub struct Described {
    member: DescribedMember,
    organization: DescribedOrganization,
}

#[derive(Serialize)]
struct DescribedMember {
    member_id: String,
    name: String,
    email_address: String,
}

#[derive(Serialize)]
struct DescribedOrganization {
    organization_id: String,
    organization_name: String,
    organization_slug: String,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox/members", get(members))
}

async fn members(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "members": all(&app) }))
}

pub fn all(app: &App) -> Vec<Described> {
    app.directory.people().iter().map(describe).collect()
}

pub fn describe(person: &Person) -> Described {
    let (member, organization) = (&person.member, &person.organization);
    Described {
        member: DescribedMember {
            member_id: member.member_id.clone(),
            name: member.name.clone(),
            email_address: member.email_address.clone(),
        },
        organization: DescribedOrganization {
            organization_id: organization.organization_id.clone(),
            organization_name: organization.organization_name.clone(),
            organization_slug: organization.organization_slug.clone(),
        },
    }
}
