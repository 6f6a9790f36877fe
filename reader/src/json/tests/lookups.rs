//! Values by pointer, by name and one by one.

use super::*;

#[test]
fn the_pointers_of_rfc_6901_section_5() {
    let source = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
    let document = Document::parse(source).unwrap();
    for (pointer, expected) in [
        ("", std::str::from_utf8(source).unwrap()),
        ("/foo", r#"["bar","baz"]"#),
        ("/foo/0", r#""bar""#),
        ("/", "0"),
        ("/a~1b", "1"),
        ("/c%d", "2"),
        ("/e^f", "3"),
        ("/g|h", "4"),
        ("/i\\j", "5"),
        ("/k\"l", "6"),
        ("/ ", "7"),
        ("/m~0n", "8"),
    ] {
        let value = document.pointer(pointer).unwrap();
        assert_eq!(value.json(source), expected.as_bytes(), "{pointer}");
    }
    for pointer in [
        "foo",
        "/foo/2",
        "/foo/-",
        "/foo/00",
        "/foo/01",
        "/foo/+1",
        "/foo/0/x",
        "/foo/",
        "/foo/18446744073709551616",
        "/m~n",
        "/m~",
        "/m~2n",
        "/a/b",
        "/nothing",
        "//",
    ] {
        assert!(document.pointer(pointer).is_none(), "{pointer}");
    }
}

#[test]
fn values_by_type() {
    let source = br#"{"t":true,"f":false,"n":null,"i":-9223372036854775808,"o":9223372036854775808,
        "d":1.5,"e":1e2,"z":-0,"big":1e400,"tiny":1e-400,"s":"x","a":[[1,2],{"b":3},4],"m":{"x":1,"y":[2]}}"#;
    let document = Document::parse(source).unwrap();
    let at = |pointer: &str| document.pointer(pointer).unwrap();
    assert_eq!(at("/t").bool(source), Some(true));
    assert_eq!(at("/f").bool(source), Some(false));
    assert_eq!(at("/n").bool(source), None);
    assert_eq!(at("/i").int64(source), Some(i64::MIN));
    assert_eq!(at("/o").int64(source), None);
    assert_eq!(at("/o").double(source), Some(9_223_372_036_854_775_808.0));
    assert_eq!(at("/d").int64(source), None);
    assert_eq!(at("/e").int64(source), None);
    assert_eq!(at("/e").double(source), Some(100.0));
    assert_eq!(at("/z").int64(source), Some(0));
    assert_eq!(at("/big").double(source), None);
    assert_eq!(at("/tiny").double(source), Some(0.0));
    assert_eq!(at("/s").int64(source), None);
    assert_eq!(at("/a").length(), Some(3));
    assert_eq!(at("/m").length(), Some(2));
    assert_eq!(at("/a/1/b").int64(source), Some(3));
    assert_eq!(at("/a/2").int64(source), Some(4));
    assert_eq!(at("/m/y/0").int64(source), Some(2));
    assert_eq!(at("/s").length(), None);
    assert_eq!(text(&document, "/s").as_deref(), Some("x"));
    assert_eq!(text(&document, "/t"), None);
}

#[test]
fn of_members_with_the_same_name_the_last_counts() {
    let source = br#"{"a":{"x":1},"b":0,"a":{"y":2}}"#;
    let document = Document::parse(source).unwrap();
    assert!(document.pointer("/a/x").is_none());
    assert_eq!(document.pointer("/a/y").unwrap().int64(source), Some(2));
    assert_eq!(document.pointer("").unwrap().length(), Some(3));
    // How duplicates are noticed: what a name leads to is another value.
    let root = document.root();
    let is_only = |name: &str, value| root.get(name) == Some(value);
    let found = root
        .members()
        .map(|(name, value)| is_only(name.string()?.to_str().ok()?, value).into());
    let found: Option<Vec<bool>> = found.collect();
    assert_eq!(found, Some(vec![false, true, true]));
}

/// A text with an array and an object of `count`, and what is in them.
fn large(count: usize) -> String {
    let elements: Vec<_> = (0..count).map(|at| format!("[{{\"x\":{at}}}]")).collect();
    // In no order, so that sorting has something to do.
    let members: Vec<_> = (0..count)
        .map(|at| format!("\"m{}\":[{at}]", at * 7919 % count))
        .collect();
    format!(
        "{{\"a\":[{}],\"o\":{{{}}},\"end\":1}}",
        elements.join(","),
        members.join(",")
    )
}

#[test]
fn every_element_and_member_is_found_whatever_their_number() {
    // On both sides of where an index starts, and of its steps; 7919 is prime.
    for count in [
        1, 2, 15, 16, 17, 62, 63, 64, 65, 79, 80, 81, 255, 256, 257, 1000,
    ] {
        let text = large(count);
        let document = Document::parse(text.as_bytes()).unwrap();
        let number = |pointer: &str| document.pointer(pointer)?.int64(text.as_bytes());
        for at in 0..count {
            let value = Some(at as i64);
            assert_eq!(number(&format!("/a/{at}/0/x")), value, "{at} of {count}");
            let name = at * 7919 % count;
            assert_eq!(number(&format!("/o/m{name}/0")), value, "{at} of {count}");
        }
        assert_eq!(number(&format!("/a/{count}/0/x")), None);
        assert_eq!(number(&format!("/o/m{count}/0")), None);
        assert_eq!(number("/o/m/0"), None);
        assert_eq!(number("/o//0"), None);
        assert_eq!(number("/end"), Some(1));
        assert_eq!(document.pointer("/a").unwrap().length(), Some(count));
        assert_eq!(document.pointer("/o").unwrap().length(), Some(count));
        assert_eq!(document.end(), text.len());
    }
}

#[test]
fn large_arrays_and_objects_nest() {
    let inner = format!("[{}]", vec!["0,1"; 100].join(","));
    let middle = format!(
        "{{{}}}",
        (0..100)
            .map(|at| format!("\"m{at}\":{inner}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let text = format!("{{\"a\":[{}]}}", vec![&*middle; 70].join(","));
    let document = Document::parse(text.as_bytes()).unwrap();
    for (pointer, expected) in [
        ("/a/0/m0/0", Some(0)),
        ("/a/69/m99/199", Some(1)),
        ("/a/33/m50/100", Some(0)),
        ("/a/33/m50/200", None),
        ("/a/70/m50/0", None),
        ("/a/33/m100/0", None),
    ] {
        let found = document.pointer(pointer);
        assert_eq!(
            found.and_then(|value| value.int64(text.as_bytes())),
            expected,
            "{pointer}"
        );
    }
    let elements = document.pointer("/a").unwrap().elements();
    assert!(
        elements
            .clone()
            .all(|element| element.json(text.as_bytes()) == middle.as_bytes())
    );
    assert_eq!(elements.count(), 70);
}

#[test]
fn in_a_large_object_too_the_last_of_equal_names_counts() {
    let names: Vec<_> = (0..200)
        .map(|at| format!("\"m{}\":{at}", at % 60))
        .collect();
    let text = format!(
        "{{\"\\ud800\":-1,{},\"\\u006d7\":7777,\"\\udfff\":-2,\"a/b\":1,\"a~b\":2,\"\":3,\"é\":4}}",
        names.join(",")
    );
    let document = Document::parse(text.as_bytes()).unwrap();
    let number = |pointer: &str| document.pointer(pointer)?.int64(text.as_bytes());
    assert_eq!(document.root().length(), Some(207));
    for name in 0..60 {
        let last = match name {
            7 => 7777,
            0..20 => 180 + name,
            _ => 120 + name,
        };
        assert_eq!(number(&format!("/m{name}")), Some(last));
    }
    assert_eq!(number("/a~1b"), Some(1));
    assert_eq!(number("/a~0b"), Some(2));
    assert_eq!(number("/"), Some(3));
    assert_eq!(number("/é"), Some(4));
    // A lone surrogate was decoded to this, and is not the same.
    assert_eq!(number("/\u{FFFD}"), None);
    assert_eq!(number("/a~b"), None);
    assert_eq!(number("/m60"), None);
}

#[test]
fn iterators_give_all_in_order() {
    let text = br#" { "b" : [ 1 , {} , "x" , [ ] ] , "a" : { "\u0000" : null , "\ud800" : true } , "b" : 2 } x"#;
    let document = Document::parse(text).unwrap();
    let root = document.root();
    assert_eq!(root.kind(), Kind::Object);
    let names: Vec<_> = root
        .members()
        .map(|(name, _)| name.string().unwrap())
        .collect();
    assert_eq!(names, [c"b", c"a", c"b"]);
    let kinds: Vec<_> = root.members().map(|(_, value)| value.kind()).collect();
    assert_eq!(kinds, [Kind::Array, Kind::Object, Kind::Number]);
    let array = root.members().next().unwrap().1;
    let elements: Vec<_> = array.elements().map(|value| value.json(text)).collect();
    assert_eq!(elements, [&b"1"[..], b"{}", b"\"x\"", b"[ ]"]);
    let names: Vec<_> = root
        .get("a")
        .unwrap()
        .members()
        .map(|(name, _)| name.decoded())
        .collect();
    assert_eq!(
        names,
        [
            Some((&b"\0"[..], true)),
            Some(("\u{FFFD}".as_bytes(), false))
        ]
    );
    assert_eq!(array.members().count(), 0);
    assert_eq!(root.elements().count(), 0);
    assert_eq!(root.get("b").unwrap().elements().count(), 0);
    assert!(root.get("c").is_none() && array.get("b").is_none());
    // A name is not a pointer's token.
    assert!(
        Document::parse(br#"{"a~1b":1}"#)
            .unwrap()
            .root()
            .get("a~1b")
            .is_some()
    );
    assert_eq!(&text[document.end()..], b" x");
}

#[test]
fn any_number_of_threads_may_look() {
    let text = large(500);
    let document = Document::parse(text.as_bytes()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for at in 0..500 {
                    let pointer = format!("/a/{at}/0/x");
                    let found = document.pointer(&pointer).unwrap();
                    assert_eq!(found.int64(text.as_bytes()), Some(at));
                }
            });
        }
    });
}
