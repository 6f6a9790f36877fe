//! A member's session, and the responses of the calls for sessions.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::factor::AuthenticationFactor;
use super::member::Member;
use super::metadata::Metadata;
use super::organization::Organization;

/// A session, without its token. Times are RFC 3339 in UTC.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSession {
    pub member_session_id: String,
    pub member_id: String,
    pub started_at: String,
    pub last_accessed_at: String,
    pub expires_at: String,
    pub authentication_factors: Vec<AuthenticationFactor>,
    pub organization_id: String,
    pub roles: Vec<String>,
    pub organization_slug: String,
    pub custom_claims: Option<Metadata>,
}

/// The response of `POST /v1/b2b/sessions/authenticate`.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionAuthenticateResponse {
    pub status_code: i32,
    pub request_id: String,
    pub member_session: MemberSession,
    pub session_token: String,
    pub session_jwt: String,
    pub member: Member,
    pub organization: Organization,
    /// Only after an `authorization_check`.
    pub verdict: Option<AuthorizationVerdict>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationVerdict {
    /// Always true: otherwise the request is refused.
    pub authorized: bool,
    pub granting_roles: Vec<String>,
}

/// What an `authorization_check` asks for.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
pub struct AuthorizationCheck {
    pub organization_id: String,
    pub resource_id: String,
    pub action: String,
}

/// The response of `GET /v1/b2b/sessions`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionGetResponse {
    pub status_code: i32,
    pub request_id: String,
    pub member_sessions: Vec<MemberSession>,
}

/// The response of `POST /v1/b2b/sessions/revoke`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRevokeResponse {
    pub status_code: i32,
    pub request_id: String,
}

/// The response of `GET /v1/b2b/sessions/jwks/{project_id}`: a JSON Web Key Set, and more.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionGetJWKSResponse {
    pub status_code: i32,
    pub request_id: String,
    pub keys: Vec<JWK>,
}

/// The public half of a key.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JWK {
    pub kty: String,
    pub r#use: String,
    pub key_ops: Vec<String>,
    pub alg: String,
    pub kid: String,
    /// A certificate for the key.
    pub x5c: Vec<String>,
    /// Its SHA-256. The name is Stytch's own: the standard one is `x5t#S256`.
    #[serde(rename = "x5tS256")]
    pub x5t_s256: String,
    pub n: String,
    pub e: String,
}
