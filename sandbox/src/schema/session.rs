//! A member's session.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{AuthenticationFactor, Metadata};

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
