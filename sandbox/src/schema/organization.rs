//! An organization and its settings.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::metadata::Metadata;

/// A customer of the project, with its own members, login methods and roles.
///
/// The settings are `ALL_ALLOWED`, `RESTRICTED` or `NOT_ALLOWED`; `mfa_policy` is
/// `REQUIRED_FOR_ALL` or `OPTIONAL`.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    pub organization_id: String,
    pub organization_name: String,
    pub organization_logo_url: String,
    pub organization_slug: String,
    pub sso_jit_provisioning: String,
    pub sso_jit_provisioning_allowed_connections: Vec<String>,
    pub sso_active_connections: Vec<ActiveSSOConnection>,
    pub email_allowed_domains: Vec<String>,
    pub email_jit_provisioning: String,
    pub email_invites: String,
    pub auth_methods: String,
    pub allowed_auth_methods: Vec<String>,
    pub mfa_policy: String,
    pub rbac_email_implicit_role_assignments: Vec<EmailImplicitRoleAssignment>,
    pub mfa_methods: String,
    pub allowed_mfa_methods: Vec<String>,
    pub oauth_tenant_jit_provisioning: String,
    pub claimed_email_domains: Vec<String>,
    pub first_party_connected_apps_allowed_type: String,
    pub allowed_first_party_connected_apps: Vec<String>,
    pub third_party_connected_apps_allowed_type: String,
    pub allowed_third_party_connected_apps: Vec<String>,
    pub custom_roles: Vec<CustomRole>,
    pub trusted_metadata: Option<Metadata>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub organization_external_id: Option<String>,
    pub sso_default_connection_id: Option<String>,
    pub scim_active_connection: Option<ActiveSCIMConnection>,
    pub allowed_oauth_tenants: Option<Metadata>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveSSOConnection {
    pub connection_id: String,
    pub display_name: String,
    pub identity_provider: String,
}

#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveSCIMConnection {
    pub connection_id: String,
    pub display_name: String,
    pub bearer_token_last_four: String,
    pub bearer_token_expires_at: Option<String>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailImplicitRoleAssignment {
    pub domain: String,
    pub role_id: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRole {
    pub role_id: String,
    pub description: String,
    pub permissions: Vec<CustomRolePermission>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRolePermission {
    pub resource_id: String,
    pub actions: Vec<String>,
}

/// The response of `GET /v1/b2b/organizations/{organization_id}`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationGetResponse {
    pub status_code: i32,
    pub request_id: String,
    pub organization: Organization,
}
