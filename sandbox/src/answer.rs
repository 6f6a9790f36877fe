//! The answer to a spent token: the member, its organization and a fresh session.

use serde_json::json;
use time::Duration;
use uuid::Uuid;

use crate::clock::{now, rfc3339};
use crate::directory::Person;
use crate::schema::{
    AuthenticateResponse, AuthenticationFactor, AuthenticationFactorDeliveryMethod,
    AuthenticationFactorType, MemberSession, Metadata,
};
use crate::signing::SigningKey;
use crate::tokens::{Grant, random_token};

const SESSION_LIFE: Duration = Duration::minutes(60);
const JWT_LIFE: Duration = Duration::minutes(5);

/// A request id as Stytch's test environment gives them.
pub fn request_id() -> String {
    format!("request-id-test-{}", Uuid::new_v4())
}

pub fn authenticated(grant: Grant, project_id: &str, key: &SigningKey) -> AuthenticateResponse {
    let session = session(&grant);
    let Person {
        member,
        organization,
    } = grant.person;
    AuthenticateResponse {
        status_code: 200,
        request_id: request_id(),
        member_id: member.member_id.clone(),
        organization_id: organization.organization_id.clone(),
        member: (*member).clone(),
        organization: (*organization).clone(),
        session_token: random_token(),
        session_jwt: jwt(&session, project_id, key),
        member_session: Some(session),
        intermediate_session_token: String::new(),
        intermediate_session_token_expires_at: None,
        member_authenticated: true,
        mfa_required: None,
    }
}

fn session(grant: &Grant) -> MemberSession {
    let Person {
        member,
        organization,
    } = &grant.person;
    let now = now();
    let (started, ends) = (rfc3339(now), rfc3339(now + SESSION_LIFE));
    MemberSession {
        member_session_id: format!("session-test-{}", Uuid::new_v4()),
        member_id: member.member_id.clone(),
        started_at: started.clone(),
        last_accessed_at: started.clone(),
        expires_at: ends,
        authentication_factors: vec![AuthenticationFactor {
            r#type: AuthenticationFactorType::Impersonated,
            delivery_method: AuthenticationFactorDeliveryMethod::Impersonation,
            last_authenticated_at: Some(started.clone()),
            created_at: Some(started.clone()),
            updated_at: Some(started),
            impersonated_factor: Some(grant.impersonator.clone()),
            ..AuthenticationFactor::default()
        }],
        organization_id: organization.organization_id.clone(),
        roles: member
            .roles
            .iter()
            .map(|role| role.role_id.clone())
            .collect(),
        organization_slug: organization.organization_slug.clone(),
        custom_claims: Some(Metadata::new()),
    }
}

fn jwt(session: &MemberSession, project_id: &str, key: &SigningKey) -> String {
    let issued = now();
    key.sign(&json!({
        "aud": project_id,
        "iss": format!("stytch.com/{project_id}"),
        "sub": session.member_id,
        "iat": issued.unix_timestamp(),
        "nbf": issued.unix_timestamp(),
        "exp": (issued + JWT_LIFE).unix_timestamp(),
        "https://stytch.com/session": {
            "id": session.member_session_id,
            "started_at": session.started_at,
            "last_accessed_at": session.last_accessed_at,
            "expires_at": session.expires_at,
            "attributes": { "ip_address": "", "user_agent": "" },
            "authentication_factors": session.authentication_factors,
            "roles": session.roles,
        },
        "https://stytch.com/organization": {
            "organization_id": session.organization_id,
            "slug": session.organization_slug,
        },
    }))
}
