//! The whole tape of a text, value by value, against serde_json: by iterator,
//! by name and by pointer. An object that is accepted is then compared once
//! more as part of a larger one, whose arrays and objects have an index.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stytch_core::json::{Document, Kind, Value};
use stytch_fuzz::oracle;

/// Deeper than this is not compared, and larger texts are not repeated, so
/// that an input stays quick.
const DEPTH: usize = 24;
const REPEATED: usize = 256;
/// More elements and members than an array or object without an index has.
const MANY: usize = 90;

fuzz_target!(init: stytch_fuzz::set_up(), |text: &[u8]| {
    let object = oracle::object(text);
    let document = Document::parse(text).ok();
    assert_eq!(document.is_some(), object.is_some());
    let (Some(document), Some(object)) = (document, object) else {
        return;
    };
    compare(
        &document,
        text,
        document.root(),
        object,
        &mut String::new(),
        0,
    );
    if object.len() <= REPEATED {
        repeated(object);
    }
});

fn repeated(object: &str) {
    let elements = vec![object; MANY].join(",");
    let names = (0..MANY).map(|at| format!("\"{}\":{object}", at * 37 % MANY));
    // The object's own members stand among the names, twice.
    let own = object[1..object.len() - 1].trim();
    let own = if own.is_empty() { "\"\":0" } else { own };
    let names: Vec<_> = names.collect();
    let (some, rest) = names.split_at(MANY / 2);
    let text = format!(
        "{{\"a\":[{elements}],\"o\":{{{own},{},{own},{}}}}}",
        some.join(","),
        rest.join(",")
    );
    let document = Document::parse(text.as_bytes()).expect("made of good parts");
    let root = document.root();
    compare(
        &document,
        text.as_bytes(),
        root,
        &text,
        &mut String::new(),
        0,
    );
    assert!(document.pointer(&format!("/a/{MANY}")).is_none());
}

/// Compares `value`, to which `pointer` leads, with the text that it should
/// have.
fn compare(
    document: &Document,
    text: &[u8],
    value: Value,
    expected: &str,
    pointer: &mut String,
    depth: usize,
) {
    assert_eq!(value.json(text), expected.as_bytes(), "{pointer}");
    let led_to = document.pointer(pointer).expect("a value");
    assert_eq!(led_to.json(text).as_ptr(), value.json(text).as_ptr());
    let kind = match expected.as_bytes()[0] {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        b'"' => Kind::String,
        b't' | b'f' => Kind::Bool,
        b'n' => Kind::Null,
        _ => Kind::Number,
    };
    assert_eq!(value.kind(), kind);
    scalar(text, value, expected);
    if depth == DEPTH {
        return;
    }
    let length = pointer.len();
    match kind {
        Kind::Array => {
            let expected = oracle::elements(expected);
            assert_eq!(value.length(), Some(expected.len()));
            assert_eq!(value.elements().count(), expected.len());
            for (at, (element, expected)) in value.elements().zip(expected).enumerate() {
                pointer.push_str(&format!("/{at}"));
                compare(document, text, element, expected, pointer, depth + 1);
                pointer.truncate(length);
            }
        }
        Kind::Object => {
            // Where a name is no Unicode text serde_json cannot say.
            let Some(expected) = oracle::members(expected) else {
                return;
            };
            assert_eq!(value.length(), Some(expected.len()));
            assert_eq!(value.members().count(), expected.len());
            for (at, (name, member)) in value.members().enumerate() {
                let (expected_name, expected_text) = &expected[at];
                assert_eq!(name.decoded(), Some((expected_name.as_bytes(), true)));
                assert_eq!(member.json(text), expected_text.as_bytes());
                let is_last = !expected[at + 1..]
                    .iter()
                    .any(|(later, _)| later == expected_name);
                let got = value.get(expected_name).expect("a member");
                let is_same = got.json(text).as_ptr() == member.json(text).as_ptr();
                assert_eq!(is_same, is_last, "{pointer}, {expected_name}");
                if is_last {
                    pointer.push('/');
                    pointer.push_str(&expected_name.replace('~', "~0").replace('/', "~1"));
                    compare(document, text, member, expected_text, pointer, depth + 1);
                    pointer.truncate(length);
                }
            }
        }
        _ => {}
    }
}

fn scalar(text: &[u8], value: Value, expected: &str) {
    let string = oracle::text(expected);
    let found = value.string().map(|text| text.to_bytes());
    assert_eq!(found, string.as_deref().map(str::as_bytes));
    if let Ok(string) = serde_json::from_str::<String>(expected) {
        assert_eq!(value.decoded(), Some((string.as_bytes(), true)));
    } else if let Some((bytes, is_text)) = value.decoded() {
        assert!(!is_text && std::str::from_utf8(bytes).is_ok());
    }
    assert_eq!(value.bool(text), serde_json::from_str(expected).ok());
    assert_eq!(value.double(text), serde_json::from_str(expected).ok());
    // serde_json takes -0 for a float, and so not for an integer.
    let integer = match expected {
        "-0" => Some(0),
        _ => serde_json::from_str(expected).ok(),
    };
    assert_eq!(value.int64(text), integer);
}
