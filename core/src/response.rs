//! A successful response: the body as received, and how to look into it.

use std::ffi::CStr;
use std::fmt;

use crate::json::{Document, Kind, NodeNumber, Value};
use crate::transport::Received;

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
        let number = self.fields[field as usize]?;
        self.document.as_ref()?.value(number).string()
    }

    /// What the RFC 6901 pointer leads to.
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        self.document.as_ref()?.pointer(pointer)
    }

    /// The tape of the body, where it starts with an object.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
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
