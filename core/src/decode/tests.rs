use super::*;

#[test]
fn escapes_of_every_kind_are_read() {
    for text in [
        "a%2Fb",
        "a%2fb",
        "a%u002fb",
        "a=2Fb",
        "a&#47;b",
        "a&#x2F;b",
        "a&#X2f;b",
        "a&#47b",
        "a&sol;b",
        "a&SOL;b",
        "a\\/b",
        "a\\x2fb",
        "a\\x{2f}b",
        "a\\u002Fb",
        "a\\u{2F}b",
        "a\\U0000002Fb",
        "a\\57b",
        "a\\057b",
        "a<wbr>/b",
        "a/<b class='x'>b",
        "a&shy;/b",
        "a=\r\n/b",
    ] {
        assert_eq!(unescape(text).expect(text), "a/b", "{text}");
    }
    assert_eq!(unescape("&ampx&quot-&lt&gt").unwrap(), "&x\"-<>");
    assert_eq!(unescape("\\ud83d\\ude00%F0%9F%98%80").unwrap(), "😀😀");
    for text in [
        "",
        "plain",
        "50 % of it",
        "a = b",
        "AT&T",
        "1 < 2",
        "<7524>",
        "%zz&;&#;&#x;",
    ] {
        assert!(unescape(text).is_none(), "{text}");
    }
}

#[test]
fn nothing_is_read_past_the_end() {
    for text in [
        "%",
        "%2",
        "%u",
        "%u00",
        "=",
        "=2",
        "&",
        "&#",
        "&#x",
        "&#99999999999;",
        "&amp",
        "\\",
        "\\x",
        "\\x2",
        "\\u",
        "\\u{",
        "\\u{}",
        "\\u00",
        "\\ud800",
        "\\ud800\\u",
        "\\U0000",
        "\\9",
        "\\777",
        "<",
        "</",
        "<b",
        "&#x110000;",
        "é%",
        "\\é",
    ] {
        for _ in readings(text) {}
    }
}

#[test]
fn base64_hex_and_numbers_are_read_wherever_they_start() {
    let contains =
        |text: &str, part: &str| readings(text).iter().any(|reading| reading.contains(part));
    for text in [
        "x: dG9rZW4tMTIzNDU2",
        "dG9rZW4tMTIzNDU2==",
        "9rZW4tMTIzNDU2",
        "rZW4tMTIzNDU2",
        "dG9r\r\n ZW4t\u{AD}MTIz\u{200B}NDU2",
        "746f6b656e2d313233343536",
        "74:6F:6b-65 6e_2D,313233343536",
        "0x74, 0x6f, 0x6b, 0x65, 0x6e, 0x2d, 0x31, 0x32, 0x33",
        "46f6b656e2d313233343536",
        "[116, 111, 107,101, 110, 45, 49,50,51]",
        "dABvAGsAZQBuAC0AMQAyADMA",
    ] {
        assert!(contains(text, "en-123"), "{text}");
    }
    assert!(contains("_-v7Y2FmZS1iYWJl", "cafe-babe"), "base64url");
}
