//! Bytes as a response's body: is there an object at the front, and what is
//! in its outermost members?
#![no_main]

use libfuzzer_sys::fuzz_target;
use stytch_core::json::{Document, ParseError};
use stytch_fuzz::oracle;

const FIELDS: [&str; 6] = [
    "request_id",
    "member_id",
    "organization_id",
    "session_token",
    "session_jwt",
    "member_session",
];

fuzz_target!(init: stytch_fuzz::set_up(), |text: &[u8]| {
    let object = oracle::object(text);
    let document = Document::parse(text);
    let Some(object) = object else {
        assert_eq!(document.err(), Some(ParseError::NotAnObject));
        return;
    };
    let document = document.expect("the object that serde_json finds");
    let root = document.root();
    assert_eq!(root.json(text), object.as_bytes());
    assert!(text[..document.end()].ends_with(object.as_bytes()));

    for name in FIELDS {
        let Ok(expected) = oracle::text_member(object, name) else {
            continue;
        };
        let found = root.get(name).and_then(|value| value.string());
        let found = found.map(|text| text.to_str().expect("UTF-8"));
        assert_eq!(found, expected.as_deref(), "{name}");
    }

    let Some(members) = oracle::members(object) else {
        return;
    };
    assert_eq!(root.length(), Some(members.len()));
    for (at, (name, value)) in members.iter().enumerate() {
        if members[at + 1..].iter().any(|(later, _)| later == name) {
            continue;
        }
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let found = document.pointer(&pointer).expect("a member");
        assert_eq!(found.json(text), value.as_bytes());
    }
});
