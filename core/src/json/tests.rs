use super::*;

fn text(document: &Document, pointer: &str) -> Option<String> {
    let value = document.pointer(pointer)?.string()?;
    Some(value.to_str().unwrap().to_owned())
}

#[test]
fn accepts_what_rfc_8259_allows_and_what_must_not_lose_a_session() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for text in [
        "{}",
        " \t\r\n{ } ",
        "\u{FEFF}{}",
        r#"{"a":null,"b":true,"c":false,"d":[],"e":{}}"#,
        r#"{"a":[1,-0,0.5,1e9,1E-9,-1.25e+10,0e0]}"#,
        r#"{"a":1e999999,"b":123456789012345678901234567890}"#,
        r#"{"\u0041\"\\\/\b\f\n\r\t":"\ud800 \uDC00 \uD83D\uDE00"}"#,
        "{\"a\":\"\u{7f}\u{80}é😀\"}",
        r#"{"a":1}{"b":2}"#,
        r#"{"a":1}  <!-- and more"#,
        r#"{"a":1,"a":2}"#,
        &deep,
    ] {
        assert!(Document::parse(text.as_bytes()).is_ok(), "{text:.60}");
    }
}

#[test]
fn refuses_what_is_no_complete_object_of_utf8() {
    for text in [
        &b""[..],
        b"   ",
        b"null",
        b"[]",
        b"\"text\"",
        b"<html>",
        b"{",
        b"{\"a\"}",
        b"{\"a\":}",
        b"{\"a\":1",
        b"{\"a\":1,",
        b"{\"a\":1,}",
        b"{\"a\":1]",
        b"{,}",
        b"{a:1}",
        b"{'a':1}",
        b"{\"a\":[1,]}",
        b"{\"a\":[1 2]}",
        b"{\"a\":01}",
        b"{\"a\":+1}",
        b"{\"a\":-}",
        b"{\"a\":.5}",
        b"{\"a\":1.}",
        b"{\"a\":1e}",
        b"{\"a\":1e+}",
        b"{\"a\":NaN}",
        b"{\"a\":tru}",
        b"{\"a\":truer}",
        b"{\"a\":\"\\x\"}",
        b"{\"a\":\"\\u12g4\"}",
        b"{\"a\":\"\\u+123\"}",
        b"{\"a\":\"\\",
        b"{\"a\":\"\\u12",
        b"{\"a\":\"line\nbreak\"}",
        b"{\"a\":\"nul\0\"}",
        b"{\"a\":\"open}",
        b"{\"a\":\"\xFF\"}",
        b"{\"a\":\"\xC0\xAF\"}",
        b"{\"a\":\"\xED\xA0\x80\"}",
        // behind an escape, which is where the decoded text is shorter
        b"{\"a\":\"\\u0000\xFF\"}",
        b"{\"a\":\"\\n\xC3\"}",
        b"{\"a\":\"\xE2\x82\\u0041\"}",
        b"{\"\\u0041\xFF\":1}",
    ] {
        assert_eq!(
            Document::parse(text).err(),
            Some(ParseError::NotAnObject),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn every_cut_of_an_object_is_incomplete() {
    let whole = br#"{"session_token":"a\u0041\n","n":[-1.5e3,true,null,{"x":""}]}"#;
    assert!(Document::parse(whole).is_ok());
    for length in 0..whole.len() {
        assert!(Document::parse(&whole[..length]).is_err(), "{length}");
    }
}

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
fn strings_are_decoded_in_place() {
    let source = br#"{"k\u0065y":"\ud83d\ude00\u00e9\n\/","next":"ok","lone":"\ud800","nul":"a\u0000b","\ud800":1}"#;
    let document = Document::parse(source).unwrap();
    assert_eq!(text(&document, "/key").as_deref(), Some("😀é\n/"));
    assert_eq!(text(&document, "/next").as_deref(), Some("ok"));
    assert_eq!(text(&document, "/lone"), None);
    assert_eq!(text(&document, "/nul"), None);
    assert_eq!(
        document.pointer("/lone").unwrap().json(source),
        br#""\ud800""#
    );
    assert_eq!(
        document.pointer("/nul").unwrap().json(source),
        br#""a\u0000b""#
    );
    let once = document.pointer("/key").unwrap().string().unwrap().as_ptr();
    assert_eq!(
        document.pointer("/key").unwrap().string().unwrap().as_ptr(),
        once
    );
}

#[test]
fn of_members_with_the_same_name_the_last_counts() {
    let source = br#"{"a":{"x":1},"b":0,"a":{"y":2}}"#;
    let document = Document::parse(source).unwrap();
    assert!(document.pointer("/a/x").is_none());
    assert_eq!(document.pointer("/a/y").unwrap().int64(source), Some(2));
    assert_eq!(document.pointer("").unwrap().length(), Some(3));
}
