//! The response of the call that exchanges an impersonation token.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::member::Member;
use super::organization::Organization;
use super::session::MemberSession;

/// The response of `POST /v1/b2b/impersonation/authenticate`.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticateResponse {
    pub status_code: i32,
    pub request_id: String,
    pub member_id: String,
    pub organization_id: String,
    pub member: Member,
    pub organization: Organization,
    pub session_token: String,
    pub session_jwt: String,
    pub member_session: Option<MemberSession>,
    /// Always empty: an impersonation token gives a full session.
    pub intermediate_session_token: String,
    pub intermediate_session_token_expires_at: Option<String>,
    pub member_authenticated: bool,
    /// Always absent: impersonation asks for no second factor.
    pub mfa_required: Option<MfaRequired>,
}

/// What remains to be done before a member is fully authenticated.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MfaRequired {
    pub member_options: Option<MemberOptions>,
    pub secondary_auth_initiated: Option<String>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberOptions {
    pub mfa_phone_number: String,
    pub totp_registration_id: String,
}
