use super::*;

mod lookups;

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
fn what_ends_where_in_the_text() {
    for value in [
        r#"[]"#,
        r#"[ ]"#,
        r#"{ }"#,
        r#"[[],[[]],{}]"#,
        r#"{"]":"}"}"#,
        r#"["\"]","\\"]"#,
        r#""\\""#,
        r#""\\\"""#,
        r#""""#,
        r#""é\u00e9""#,
        r#"-1.5e+10"#,
        r#"0"#,
        r#"null"#,
        r#"true"#,
        r#"false"#,
        r#"{"a":[1,{"b":"\u005d"}]}"#,
    ] {
        for (before, after) in [
            ("{\"v\":", "}"),
            ("{\"v\": ", " , \"w\":[0]}"),
            ("\u{FEFF} {\"w\":\"\\n\",\"v\":", "\n}] }"),
        ] {
            let text = format!("{before}{value}{after}");
            let document = Document::parse(text.as_bytes()).unwrap();
            let found = document.pointer("/v").unwrap();
            assert_eq!(found.json(text.as_bytes()), value.as_bytes(), "{text}");
            let root = document.root().json(text.as_bytes());
            assert!(text.as_bytes()[..document.end()].ends_with(root));
            assert_eq!(root.first(), Some(&b'{'));
        }
    }
}

#[test]
fn strings_of_every_length_end_where_they_should() {
    for length in 0..70 {
        for special in ["", "\\n", "é", "\\ud83d\\ude00", "\\\\"] {
            for at in [0, length / 2, length] {
                let raw = format!("{}{special}{}", "x".repeat(at), "y".repeat(length - at));
                let text = format!("{{\"{raw}\":\"{raw}\"}}");
                let document = Document::parse(text.as_bytes()).unwrap();
                let expected: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
                let (name, value) = document.root().members().next().unwrap();
                assert_eq!(name.decoded(), Some((expected.as_bytes(), true)));
                assert_eq!(value.string().unwrap().to_bytes(), expected.as_bytes());
                assert_eq!(value.string_with_nul().unwrap().last(), Some(&0));
                assert_eq!(value.json(text.as_bytes()), format!("\"{raw}\"").as_bytes());
            }
        }
    }
}

#[test]
fn a_byte_that_is_not_utf8_is_refused_wherever_in_the_object_it_is() {
    let text = br#"{"ab":"cd","\u0000ef":"gh\nij\ud800kl","x":["mn\\op"],"y":{"z":"qr"}} "#;
    assert!(Document::parse(text).is_ok());
    for at in 0..text.len() {
        for bad in [
            &b"\xFF"[..],
            b"\x80",
            b"\xC3",
            b"\xED\xA0\x80",
            b"\xF4\x90\x80\x80",
        ] {
            let mut text = text.to_vec();
            text.splice(at..at, bad.iter().copied());
            let result = Document::parse(&text);
            if at < text.len() - bad.len() - 1 {
                assert_eq!(result.err(), Some(ParseError::NotAnObject), "{at}");
            } else {
                assert!(result.is_ok(), "behind the object");
            }
        }
    }
}

#[test]
fn a_text_of_the_largest_size_is_read_and_a_larger_one_is_not() {
    let mut text = vec![b' '; TEXT_LIMIT];
    let end = b",\"last\":\"x\\n\"}";
    text[..5].copy_from_slice(b"{\"a\":");
    text[TEXT_LIMIT - end.len() - 1] = b'1';
    text[TEXT_LIMIT - end.len()..].copy_from_slice(end);
    let document = Document::parse(&text).unwrap();
    let last = document.pointer("/last").unwrap();
    assert_eq!(last.string(), Some(c"x\n"));
    assert_eq!(last.json(&text), br#""x\n""#);
    assert_eq!(document.pointer("/a").unwrap().int64(&text), Some(1));
    assert_eq!(document.end(), TEXT_LIMIT);
    text.push(b' ');
    assert_eq!(Document::parse(&text).err(), Some(ParseError::OutOfMemory));
}
