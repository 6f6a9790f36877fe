//! What reading a response may take of memory, and what happens where there is
//! less. One test only: the limit is the whole process's.

use std::alloc::System;

use cap::Cap;
use stytch_reader::json::{Document, ParseError};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Reads `text` with so many bytes to allocate.
fn parse(text: &[u8], bytes: usize) -> Result<Document, ParseError> {
    ALLOCATOR
        .set_limit(ALLOCATOR.allocated() + bytes)
        .expect("more than is allocated");
    let document = Document::parse(text);
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
    document
}

/// Texts of about `length` bytes that consist of one kind of thing.
fn texts(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    let many = |before: &str, one: &str, after: &str| {
        let count = length / (one.len() + 1);
        let all = vec![one; count].join(",");
        format!("{{{before}{all}{after}}}").into_bytes()
    };
    let objects = format!("{{{}}}", vec![r#""":0"#; 64].join(","));
    let deep = format!(
        "{{\"a\":{}{}}}",
        "[".repeat(length / 2),
        "]".repeat(length / 2)
    );
    // Nothing to keep for half of the text, then as much as there can be.
    let late = format!(
        "{{\"a\":\"{}\",\"b\":[{}]}}",
        "x".repeat(length / 2),
        vec!["0"; length / 4].join(",")
    );
    let strings = format!("{{\"a\":[{}]}}", vec![r#""""#; length / 3].join(","));
    vec![
        ("numbers", many("\"a\":[", "0", "]")),
        ("empty arrays", many("\"a\":[", "[]", "]")),
        ("empty strings", strings.into_bytes()),
        ("arrays of arrays", many("\"a\":[", "[[]]", "]")),
        ("members", many("", r#""":0"#, "")),
        ("objects of members", many("\"a\":[", &objects, "]")),
        ("small objects", many("\"a\":[", r#"{"":0}"#, "]")),
        ("escapes", many("\"a\":[", r#""\n""#, "]")),
        ("depth", deep.into_bytes()),
        ("numbers behind a string", late.into_bytes()),
    ]
}

#[test]
fn a_tape_takes_at_most_eight_times_the_text() {
    for length in [1_000, 10_000, 100_000, 300_000] {
        for (name, text) in texts(length) {
            let document = parse(&text, 8 * text.len());
            assert!(document.is_ok(), "{name}, {} bytes", text.len());
        }
    }
    // The same for what turns out not to be complete: brackets that only open
    // would be a node for each byte.
    for open in ["[", "{\"\":", "[0,", "[[],"] {
        let text = format!(
            "{{\"a\":\"{}\",\"b\":{}",
            "x".repeat(10_000),
            open.repeat(10_000)
        );
        let document = parse(text.as_bytes(), 8 * text.len());
        assert_eq!(document.err(), Some(ParseError::NotAnObject), "{open}");
    }

    // Whatever the limit, running out of memory is an error and nothing else.
    for (name, text) in texts(600) {
        let mut failed = 0;
        for bytes in (0..8 * text.len()).step_by(5) {
            match parse(&text, bytes) {
                Ok(document) => {
                    assert_eq!(document.end(), text.len(), "{name}");
                    break;
                }
                Err(error) => assert_eq!(error, ParseError::OutOfMemory, "{name}, {bytes}"),
            }
            failed += 1;
        }
        assert!(failed >= text.len() / 5, "{name}: {failed}");
    }

    // Lookups allocate nothing: with nothing to allocate they all succeed.
    let text = br#"{"a":[1,"x\n",{"y":true}],"n":-1.5e3}"#;
    let document = Document::parse(text).expect("an object");
    ALLOCATOR
        .set_limit(ALLOCATOR.allocated())
        .expect("what is allocated");
    let at = |pointer| document.pointer(pointer);
    let found = (
        at("/a/1").and_then(|value| value.string()),
        at("/a/2/y").and_then(|value| value.bool(text)),
        at("/a/0").and_then(|value| value.int64(text)),
        at("/n").and_then(|value| value.double(text)),
        at("/a").and_then(|value| value.length()),
        at("/a/2").map(|value| value.json(text)),
        document.root().members().count(),
    );
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
    assert_eq!(found.0, Some(c"x\n"));
    assert_eq!(found.1, Some(true));
    assert_eq!(found.2, Some(1));
    assert_eq!(found.3, Some(-1500.0));
    assert_eq!(found.4, Some(3));
    assert_eq!(found.5, Some(&br#"{"y":true}"#[..]));
    assert_eq!(found.6, 2);
}
