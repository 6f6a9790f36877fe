//! A successful response: the body as received, and how to look into it.

use std::ffi::CStr;
use std::fmt;

use crate::transport::Received;
use stytch_reader::json::{Document, Kind, NodeNumber, Value};

/// A member that has a getter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    RequestId,
    MemberId,
    OrganizationId,
    SessionToken,
    SessionJwt,
}

/// A response, and the tape of its body. It never changes, so any number of
/// threads may read it, and reading allocates nothing.
pub struct Response {
    received: Received,
    document: Option<Document>,
    /// Where the fields are, in the order of [`Field`].
    fields: [Option<NodeNumber>; 5],
}

impl Response {
    /// `document` is made from the body that was received; without one there is nothing
    /// to look into.
    pub(crate) fn new(received: Received, document: Option<Document>) -> Self {
        let fields = document.as_ref().map_or([None; 5], find_fields);
        Self {
            received,
            document,
            fields,
        }
    }

    pub fn http_status(&self) -> u16 {
        self.received.status
    }

    /// The body as received, byte for byte.
    pub fn body(&self) -> &[u8] {
        self.received.body.as_bytes()
    }

    /// The body with a NUL behind it.
    pub fn body_with_nul(&self) -> &[u8] {
        self.received.body.as_bytes_with_nul()
    }

    /// The field's text; `None` where it is absent, of another type, or no
    /// C string can contain it.
    pub fn field(&self, field: Field) -> Option<&CStr> {
        self.field_value(field)?.string()
    }

    /// The same as bytes that end with the only NUL among them, which costs
    /// nothing; see [`Value::string_with_nul`].
    pub fn field_with_nul(&self, field: Field) -> Option<&[u8]> {
        self.field_value(field)?.string_with_nul()
    }

    fn field_value(&self, field: Field) -> Option<Value<'_>> {
        let number = self.fields[field as usize]?;
        Some(self.document.as_ref()?.value(number))
    }

    /// What the RFC 6901 pointer leads to.
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        self.document.as_ref()?.pointer(pointer)
    }

    /// The response as it was received.
    pub(crate) fn into_received(self) -> Received {
        self.received
    }

    /// The tape of the body, where it starts with an object.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }
}

impl Response {
    /// Whether somebody acts as the member: a factor of the session says so. It
    /// goes by the factor's type, which `delivery_method` only repeats, and any
    /// factor counts.
    pub fn is_impersonated(&self) -> bool {
        self.impersonated_factor().is_some()
    }

    /// The id of whoever acts as the member, with a NUL.
    pub fn impersonator_id(&self) -> Option<&[u8]> {
        self.impersonator("impersonator_id")
    }

    /// The e-mail address of whoever acts as the member, with a NUL.
    pub fn impersonator_email_address(&self) -> Option<&[u8]> {
        self.impersonator("impersonator_email_address")
    }

    /// The id of the session, with a NUL.
    pub fn member_session_id(&self) -> Option<&[u8]> {
        let session = self.document.as_ref()?.root().get("member_session")?;
        session.get("member_session_id")?.string_with_nul()
    }

    fn impersonator(&self, name: &str) -> Option<&[u8]> {
        let factor = self.impersonated_factor()?.get("impersonated_factor")?;
        factor.get(name)?.string_with_nul()
    }

    fn impersonated_factor(&self) -> Option<Value<'_>> {
        let session = self.document.as_ref()?.root().get("member_session")?;
        let mut factors = session.get("authentication_factors")?.elements();
        factors.find(|factor| {
            let kind = factor.get("type").and_then(|kind| kind.string());
            kind == Some(c"impersonated")
        })
    }
}

/// Finds the fields that are strings, in one pass over the outermost members.
/// Of members with the same name the last counts, whatever its type.
///
/// A response to a session call has the two ids of the member further inside.
fn find_fields(document: &Document) -> [Option<NodeNumber>; 5] {
    let mut fields = [None; 5];
    let [mut session, mut member, mut organization] = [None; 3];
    for (name, value) in document.root().members() {
        let Some((name, _)) = name.decoded() else {
            continue;
        };
        let place = match name {
            b"request_id" => &mut fields[Field::RequestId as usize],
            b"member_id" => &mut fields[Field::MemberId as usize],
            b"organization_id" => &mut fields[Field::OrganizationId as usize],
            b"session_token" => &mut fields[Field::SessionToken as usize],
            b"session_jwt" => &mut fields[Field::SessionJwt as usize],
            b"member_session" => &mut session,
            b"member" => &mut member,
            b"organization" => &mut organization,
            _ => continue,
        };
        *place = Some(value);
    }
    let mut fields = fields.map(|value| value.filter(is_string));
    for (field, name, object) in [
        (Field::MemberId, "member_id", member),
        (Field::OrganizationId, "organization_id", organization),
    ] {
        let field = &mut fields[field as usize];
        if field.is_none() {
            let mut objects = [session, object].into_iter().flatten();
            *field = objects.find_map(|object| object.get(name).filter(is_string));
        }
    }
    fields.map(|value| value.map(|value| value.number()))
}

fn is_string(value: &Value) -> bool {
    value.kind() == Kind::String
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str, field: Field) -> Option<String> {
        let document = Document::parse(text.as_bytes()).unwrap();
        let value = document.value(find_fields(&document)[field as usize]?);
        Some(value.string()?.to_str().unwrap().to_owned())
    }

    #[test]
    fn fields_are_those_of_the_outermost_object_and_the_last_counts() {
        for (text, expected) in [
            (r#"{"session_token":"a"}"#, Some("a")),
            (r#"{"x":{"session_token":"a"}}"#, None),
            (
                r#"{"x":[{"session_token":"a"}],"session_token":"b"}"#,
                Some("b"),
            ),
            (r#"{"session_token":"a","session_token":"b"}"#, Some("b")),
            (r#"{"session_token":"a","session_token":null}"#, None),
            (r#"{"session_token":"a","session_token":{"x":"b"}}"#, None),
            (r#"{"session_token":["a"],"x":"b"}"#, None),
            (r#"{"\u0073ession_token":"\u0041\u00e9\n"}"#, Some("Aé\n")),
            (r#"{"session_token":"a\u0000"}"#, None),
            (r#"{"session_token":"a\ud800"}"#, None),
            (r#"{"session_token":""}"#, Some("")),
            (r#"{"session_token\u0000":"a"}"#, None),
        ] {
            let found = field(text, Field::SessionToken);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        let text = r#"{"request_id":"r","session_jwt":"j"}"#;
        assert_eq!(field(text, Field::RequestId).as_deref(), Some("r"));
        assert_eq!(field(text, Field::SessionJwt).as_deref(), Some("j"));
    }

    #[test]
    fn ids_are_looked_for_in_the_session_and_then_in_the_member_and_organization() {
        for (text, member, organization) in [
            (
                r#"{"member_id":"1","member_session":{"member_id":"2","organization_id":"3"},
                    "member":{"member_id":"4"},"organization":{"organization_id":"5"}}"#,
                Some("1"),
                Some("3"),
            ),
            (
                r#"{"member":{"member_id":"4","organization_id":"6"},"organization":{"organization_id":"5"}}"#,
                Some("4"),
                Some("5"),
            ),
            (
                r#"{"member_session":{"member_id":null},"member_id":7,"member":{"member_id":"4"}}"#,
                Some("4"),
                None,
            ),
            (
                r#"{"member_session":{"member_id":"2"},"member_session":[],"member":"4"}"#,
                None,
                None,
            ),
            // A string is a string, also one that C cannot have.
            (
                r#"{"member_id":"\u0000","organization_id":"","member_session":{"member_id":"2","organization_id":"3"}}"#,
                None,
                Some(""),
            ),
        ] {
            assert_eq!(field(text, Field::MemberId).as_deref(), member, "{text}");
            let found = field(text, Field::OrganizationId);
            assert_eq!(found.as_deref(), organization, "{text}");
        }
    }

    #[test]
    fn session_fields_have_no_other_place() {
        let text = r#"{"member_session":{"session_token":"a","session_jwt":"b","request_id":"c"}}"#;
        for this in [Field::RequestId, Field::SessionToken, Field::SessionJwt] {
            assert_eq!(field(text, this), None);
        }
    }
}
