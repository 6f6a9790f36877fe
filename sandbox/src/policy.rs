//! Which roles grant which actions: the policy of the project, and the organization's own roles.

use serde::Deserialize;

use crate::schema::{CustomRole, Organization};

const DATA: &str = include_str!("../data/policy.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    roles: Vec<CustomRole>,
}

impl Policy {
    pub fn new() -> Self {
        serde_json::from_str(DATA).expect("policy.json follows the schema")
    }

    /// Returns those of `roles` that grant the action, in their order.
    pub fn granting_roles(
        &self,
        roles: &[String],
        organization: &Organization,
        resource_id: &str,
        action: &str,
    ) -> Vec<String> {
        let grants = |role: &CustomRole| {
            role.permissions.iter().any(|permission| {
                permission.resource_id == resource_id
                    && permission
                        .actions
                        .iter()
                        .any(|one| one == action || one == "*")
            })
        };
        let known = |id: &String| {
            let mut all = self.roles.iter().chain(&organization.custom_roles);
            all.any(|role| role.role_id == *id && grants(role))
        };
        roles.iter().filter(|id| known(id)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    #[test]
    fn roles_of_the_project_and_of_the_organization_grant() {
        let (policy, directory) = (Policy::new(), Directory::new());
        let organization = |slug| &directory.find(None, Some(slug)).unwrap().organization;
        let roles = ["stytch_member", "stytch_admin", "editor", "auditor"].map(str::to_owned);
        let granting = |slug, resource, action| {
            policy.granting_roles(&roles, organization(slug), resource, action)
        };
        let engines = "analytical-engines";
        assert_eq!(
            granting(engines, "documents", "read"),
            ["stytch_member", "editor"]
        );
        assert_eq!(granting(engines, "documents", "edit"), ["editor"]);
        assert_eq!(
            granting(engines, "stytch.member", "delete"),
            ["stytch_admin"]
        );
        assert_eq!(granting(engines, "reports", "export"), ["auditor"]);
        assert!(granting("compiler-works", "reports", "export").is_empty());
        assert!(granting(engines, "documents", "*").is_empty());
        assert!(granting(engines, "document", "edit").is_empty());
    }
}
