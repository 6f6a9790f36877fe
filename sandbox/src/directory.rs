//! The people of the sandbox: organizations and their members.

use std::sync::Arc;

use serde::Deserialize;

use crate::schema::{Member, Organization};

const DATA: &str = include_str!("../data/directory.json");

/// A member and the organization that it belongs to.
#[derive(Clone)]
pub struct Person {
    pub member: Arc<Member>,
    pub organization: Arc<Organization>,
}

/// All people. There is at least one organization, and each has at least one member.
pub struct Directory {
    people: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    organizations: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    organization: Organization,
    members: Vec<Member>,
}

impl Directory {
    pub fn new() -> Self {
        let data: Data = serde_json::from_str(DATA).expect("directory.json follows the schema");
        let mut people = Vec::new();
        for entry in data.organizations {
            let organization = Arc::new(entry.organization);
            people.extend(entry.members.into_iter().map(|member| Person {
                member: Arc::new(member),
                organization: Arc::clone(&organization),
            }));
        }
        Directory { people }
    }

    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Returns the first person that matches. An organization may be given by its slug, as in Stytch's
    /// API.
    pub fn find(&self, member_id: Option<&str>, organization: Option<&str>) -> Option<&Person> {
        self.people.iter().find(|person| {
            member_id.is_none_or(|id| person.member.member_id == id)
                && organization.is_none_or(|name| {
                    person.organization.organization_id == name
                        || person.organization.organization_slug == name
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everybody_is_active_and_belongs_to_the_organization_above() {
        let directory = Directory::new();
        let mut members = HashSet::new();
        let mut organizations = HashSet::new();
        for Person {
            member,
            organization,
        } in directory.people()
        {
            assert_eq!(member.organization_id, organization.organization_id);
            assert_eq!(member.status, "active");
            assert!(
                members.insert(&member.member_id),
                "{} stands twice",
                member.member_id
            );
            organizations.insert(&organization.organization_id);
        }
        assert!(members.len() >= 4 && organizations.len() >= 2);
    }

    #[test]
    fn people_are_found_by_member_organization_and_slug() {
        let directory = Directory::new();
        let found = |member, organization| {
            let person = directory.find(member, organization)?;
            Some(person.member.name.as_str())
        };
        let grace = directory.find(None, Some("compiler-works")).unwrap();
        let (member, organization) = (&grace.member.member_id, &grace.organization);
        assert_eq!(found(None, None), Some("Ada Lovelace"));
        assert_eq!(
            found(None, Some(&organization.organization_id)),
            Some("Grace Hopper")
        );
        assert_eq!(found(Some(member), None), Some("Grace Hopper"));
        assert_eq!(found(Some(member), Some("analytical-engines")), None);
        assert_eq!(found(Some("member-test-nobody"), None), None);
    }
}
