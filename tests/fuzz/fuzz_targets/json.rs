//! Bytes as an answer's body: is there an object at the front, and what do
//! the named fields and the pointers in it lead to?
#![no_main]

use libfuzzer_sys::fuzz_target;
use stytch_core::json::{Document, Field, Fields};
use stytch_fuzz::oracle;

const FIELDS: [(Field, &str); 5] = [
    (Field::RequestId, "request_id"),
    (Field::MemberId, "member_id"),
    (Field::OrganizationId, "organization_id"),
    (Field::SessionToken, "session_token"),
    (Field::SessionJwt, "session_jwt"),
];

fuzz_target!(init: stytch_fuzz::set_up(), |text: &[u8]| {
    let object = oracle::object(text);
    let fields = Fields::find(text);
    assert_eq!(fields.is_some(), object.is_some());
    let document = Document::parse(text);
    let (Some(fields), Some(object)) = (fields, object) else {
        return;
    };
    let document = document.expect("fields without a document");
    let whole = document.pointer("").expect("the whole document");
    assert_eq!(whole.json(text), object.as_bytes());

    for (field, name) in FIELDS {
        let Ok(expected) = oracle::text_member(object, name) else {
            continue;
        };
        let found = fields.get(field).map(|text| text.to_str().expect("UTF-8"));
        assert_eq!(found, expected.as_deref(), "{name}");
        let same = document
            .pointer(&format!("/{name}"))
            .and_then(|value| value.string());
        assert_eq!(same, fields.get(field), "{name}");
    }

    let Some(members) = oracle::members(object) else {
        return;
    };
    assert_eq!(whole.length(), Some(members.len()));
    for (at, (name, value)) in members.iter().enumerate() {
        if members[at + 1..].iter().any(|(later, _)| later == name) {
            continue;
        }
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let found = document.pointer(&pointer).expect("a member");
        assert_eq!(found.json(text), value.as_bytes());
    }
});
