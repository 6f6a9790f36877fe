use super::*;

fn fault(text: &[u8], max_depth: usize) -> Option<Fault> {
    Strict::parse(text, max_depth).err()
}

#[test]
fn one_object_and_nothing_else() {
    for text in [&b"{}"[..], b" \t\r\n{} \t\r\n", b"{\"a\":[{}]}"] {
        assert_eq!(fault(text, 3), None);
    }
    for text in [
        &b""[..],
        b" ",
        b"[]",
        b"null",
        b"{}x",
        b"{}{}",
        b"{}\0",
        b"{}\x0b",
        b"\0{}",
        b"\xEF\xBB\xBF{}",
        b"{",
        b"{\"a\":1,}",
    ] {
        assert_eq!(fault(text, 3), Some(Fault::NotOneObject), "{text:?}");
    }
    assert_eq!(fault(b"{\"a\":\"\xFF\"}", 3), Some(Fault::NotUtf8));
    assert_eq!(fault(b"{}\xFF", 3), Some(Fault::NotOneObject));
}

#[test]
fn the_outer_object_is_the_first_level() {
    assert_eq!(fault(b"{}", 1), None);
    assert_eq!(fault(b"{\"a\":[]}", 1), Some(Fault::TooDeep));
    assert_eq!(fault(b"{\"a\":[1,[]],\"b\":{\"c\":{}}}", 3), None);
    assert_eq!(fault(b"{\"a\":[1,[{}]]}", 3), Some(Fault::TooDeep));
    assert_eq!(fault(b"{\"a\":[],\"b\":[],\"c\":\"[[[[\"}", 2), None);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(300), "]".repeat(300));
    assert_eq!(fault(deep.as_bytes(), 301), None);
    assert_eq!(fault(deep.as_bytes(), 300), Some(Fault::TooDeep));
}

#[test]
fn surrogates_come_in_pairs() {
    for pair in [
        r"\ud83d\ude00",
        r"\uD83D\uDE00\ud83d\ude00",
        r"\\ud800",
        r"\\\\udc00",
    ] {
        let text = format!("{{\"a\":\"{pair}\"}}");
        assert_eq!(fault(text.as_bytes(), 1), None, "{pair}");
    }
    for lone in [
        r"\ud800",
        r"\udc00",
        r"\udc00\ud800",
        r"\ud800\ud800\udc00",
        r"\ud800\n\udc00",
        r"\ud800x\udc00",
        r"\\\ud800",
        r"\ud83d\ude00\ude00",
    ] {
        for text in [format!("{{\"a\":\"{lone}\"}}"), format!("{{\"{lone}\":1}}")] {
            assert_eq!(
                fault(text.as_bytes(), 1),
                Some(Fault::LoneSurrogate),
                "{text}"
            );
        }
    }
    let apart = br#"{"a":"\ud83d","b":"\ude00"}"#;
    assert_eq!(fault(apart, 1), Some(Fault::LoneSurrogate));
}

#[test]
fn nul_is_found_however_it_is_written() {
    let has_nul = |text: &str| Strict::parse(text.as_bytes(), 9).unwrap().root().has_nul();
    for text in [
        r#"{"a":"\u0000"}"#,
        r#"{"a\u0000":1}"#,
        r#"{"a":[{"b":"x\\\u0000"}]}"#,
    ] {
        assert!(has_nul(text), "{text}");
    }
    for text in [r#"{"a":"\\u0000"}"#, r#"{"a":"\u0001"}"#, r#"{"a":"0000"}"#] {
        assert!(!has_nul(text), "{text}");
    }
}

#[test]
fn duplicates_are_found_among_few_and_many() {
    for count in [1, 2, 15, 16, 17, 18, 40, 3000] {
        let members = |more: &str| {
            let names: Vec<String> = (0..count).map(|n| format!("\"{n}\":{n}")).collect();
            format!("{{{}{more}}}", names.join(","))
        };
        // Alike in length and last bytes, and not the same.
        let alike = ",\"a1234567\":1,\"b1234567\":1";
        for (more, expected) in [
            ("", false),
            (alike, false),
            (",\"0\":1", true),
            (",\"\\u0030\":1", true),
            (",\"a1234567\":1,\"b1234567\":1,\"a1234567\":1", true),
        ] {
            let text = members(more);
            let strict = Strict::parse(text.as_bytes(), 1).unwrap();
            let root = strict.root();
            assert_eq!(root.has_duplicates(), expected, "{count} {more}");
            // "0" has a slot, or none has.
            let with = root.pick::<1>(|name| (name == b"0").then_some(0));
            assert_eq!(with.is_none(), expected, "{count} {more}");
            assert_eq!(root.pick::<0>(|_| None).is_none(), expected);
        }
    }
    let text = br#"{"a":[1,{"b":{"c":1,"c":2}}]}"#;
    let strict = Strict::parse(text, 9).unwrap();
    assert!(!strict.root().has_duplicates() && strict.root().has_duplicates_below());
}
