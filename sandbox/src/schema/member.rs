//! A member of an organization and what it is registered with.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::metadata::Metadata;
use super::scim::SCIMAttributes;

/// An end user's account within one organization.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub organization_id: String,
    pub member_id: String,
    pub email_address: String,
    /// `pending`, `invited`, `active` or `deleted`.
    pub status: String,
    pub name: String,
    pub sso_registrations: Vec<SSORegistration>,
    pub is_breakglass: bool,
    pub member_password_id: String,
    pub oauth_registrations: Vec<OAuthRegistration>,
    pub email_address_verified: bool,
    pub mfa_phone_number_verified: bool,
    pub is_admin: bool,
    pub totp_registration_id: String,
    pub retired_email_addresses: Vec<RetiredEmail>,
    pub is_locked: bool,
    pub mfa_enrolled: bool,
    pub mfa_phone_number: String,
    /// `sms_otp`, `totp` or empty.
    pub default_mfa_method: String,
    pub roles: Vec<MemberRole>,
    pub trusted_metadata: Option<Metadata>,
    pub untrusted_metadata: Option<Metadata>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub scim_registration: Option<SCIMRegistration>,
    pub external_id: Option<String>,
    pub lock_created_at: Option<String>,
    pub lock_expires_at: Option<String>,
}

#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SSORegistration {
    pub connection_id: String,
    pub external_id: String,
    pub registration_id: String,
    pub sso_attributes: Option<Metadata>,
}

#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthRegistration {
    pub provider_type: String,
    pub provider_subject: String,
    pub member_oauth_registration_id: String,
    pub profile_picture_url: Option<String>,
    pub locale: Option<String>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiredEmail {
    pub email_id: String,
    pub email_address: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRole {
    pub role_id: String,
    pub sources: Vec<MemberRoleSource>,
}

/// Why a member has a role.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRoleSource {
    /// `direct_assignment`, `email_assignment`, `sso_connection`, `sso_connection_group` or
    /// `scim_connection_group`.
    pub r#type: String,
    pub details: Option<Metadata>,
}

#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SCIMRegistration {
    pub connection_id: String,
    pub registration_id: String,
    pub external_id: Option<String>,
    pub scim_attributes: Option<SCIMAttributes>,
}
