//! The payload as a text: rule 10.

use super::*;
use crate::forge::{plain_header, sign};

pub fn add(forge: &Forge, rows: &mut Vec<Row>) {
    let plain = forge.plain_claims();
    let mut text =
        |word: Option<&'static str>, name: &str, payload: &[u8], python: bool, node: bool| {
            let token = sign(plain_header().as_bytes(), payload);
            rows.push(
                Row::new(format!("payload: {name}"), token, word)
                    .python(python)
                    .node(node),
            );
        };
    let inside = |more: &str| format!("{{{more},{}", &plain[1..]);
    text(
        None,
        "white space",
        format!(" {{ \n\t\"x\" : 1 , {} \r\n", &plain[1..]).as_bytes(),
        true,
        true,
    );
    let escaped = plain
        .replace("\"sub\"", "\"\\u0073ub\"")
        .replace("organization-test", "\\u006Frganization\\u002dtest");
    text(None, "escapes", escaped.as_bytes(), true, true);
    text(
        None,
        "a pair of surrogates",
        inside(r#""x":"\ud83d\ude00""#).as_bytes(),
        true,
        true,
    );
    text(
        None,
        "U+0000 in a custom claim",
        inside(r#""x":"a\u0000b""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "an array",
        format!("[{plain}]").as_bytes(),
        false,
        false,
    );
    text(Some(MALFORMED), "a string", b"\"x\"", false, false);
    text(Some(MALFORMED), "not JSON", b"{sub:1}", false, false);
    text(
        Some(MALFORMED),
        "a comment in it",
        plain.replacen(',', ",/**/", 1).as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "bytes after it",
        format!("{plain}x").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "an object after it",
        format!("{plain}{{}}").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "BOM before",
        format!("\u{FEFF}{plain}").as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "lone surrogate",
        inside(r#""x":"\ud800""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "surrogates in the wrong order",
        inside(r#""x":"\udc00\ud800""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "lone surrogate in a name",
        inside(r#""\udfff":1"#).as_bytes(),
        true,
        true,
    );
    let nul = plain.replace("stytch_member", "stytch\\u0000member");
    text(
        Some(MALFORMED),
        "U+0000 in a role",
        nul.as_bytes(),
        true,
        true,
    );
    let nul = plain.replace("member-test-1", "member\\u0000test-1");
    text(Some(MALFORMED), "U+0000 in sub", nul.as_bytes(), true, true);
    text(
        Some(MALFORMED),
        "duplicate claim",
        inside(r#""sub":"other""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate claim, escaped",
        inside(r#""\u0073ub":"other""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate custom claim",
        inside(r#""team":1"#).as_bytes(),
        true,
        true,
    );
    let twice = plain.replace("\"id\":", "\"id\":\"other\",\"id\":");
    text(
        Some(MALFORMED),
        "duplicate name in the session",
        twice.as_bytes(),
        true,
        true,
    );
    let twice = plain.replace(
        "\"impersonator_id\":",
        "\"impersonator_id\":\"other\",\"impersonator_id\":",
    );
    text(
        Some(MALFORMED),
        "duplicate name in a factor",
        twice.as_bytes(),
        true,
        true,
    );
    let twice = plain.replace("\"slug\":", "\"slug\":\"other\",\"slug\":");
    text(
        Some(MALFORMED),
        "duplicate name in the organization",
        twice.as_bytes(),
        true,
        true,
    );
    text(
        None,
        "duplicate name inside a custom claim",
        inside(r#""x":{"a":1,"a":2}"#).as_bytes(),
        true,
        true,
    );
    let not_utf8 = [b"{\"x\":\"\xFF\",", &plain.as_bytes()[1..]].concat();
    text(Some(MALFORMED), "not UTF-8", &not_utf8, false, true);
    let nested =
        |depth: usize| inside(&format!("\"x\":{}{}", "[".repeat(depth), "]".repeat(depth)));
    text(None, "depth 128", nested(127).as_bytes(), true, true);
    text(
        Some(MALFORMED),
        "depth 129",
        nested(128).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "depth 200",
        nested(199).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "depth 100,000",
        nested(100_000).as_bytes(),
        false,
        true,
    );
    text(
        None,
        "brackets in strings",
        inside(&format!("\"x\":\"{}\"", "[{".repeat(200))).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "1 MiB",
        inside(&format!("\"x\":\"{}\"", "x".repeat(1 << 20))).as_bytes(),
        true,
        true,
    );
    text(
        None,
        "20 KiB",
        inside(&format!("\"x\":\"{}\"", "x".repeat(20 << 10))).as_bytes(),
        true,
        true,
    );
}
