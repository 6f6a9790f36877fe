use super::*;

fn plain(head: &str) -> Result<(Head, String), Bad> {
    let mut plain = Vec::new();
    let read = read(head.as_bytes(), &mut plain)?;
    Ok((read, String::from_utf8(plain).unwrap()))
}

/// What became of the framing: the field that ureq gets, and whether the
/// connection lives on.
fn framing(version: &str, status: u16, fields: &str) -> Result<(String, bool), Bad> {
    let head = format!("HTTP/{version} {status} Fine\r\n{fields}\r\n");
    let (head, plain) = plain(&head)?;
    let field = plain
        .lines()
        .find(|line| line.starts_with("Transfer") || line.starts_with("Content-Length"));
    assert_eq!(plain.contains("Connection: close"), !head.may_live_on);
    assert_eq!(head.is_chunked, plain.contains("chunked"));
    let field = field.unwrap_or("none").replace("Transfer-Encoding: ", "");
    Ok((field.replace("Content-Length: ", ""), head.may_live_on))
}

#[test]
fn a_head_becomes_plain() {
    let (head, text) = plain(
        "HTTP/1.1 200 OK\r\nServer: x\r\nDATE : Sun, 06 Nov 1994 08:49:37 GMT \r\nX-Folded: a\r\n b\r\n\tc\r\n\
         Content-Length: 5\r\nRetry-After:\r\n 7\r\nSet-Cookie: a=\u{e9}\r\n\r\n",
    )
    .unwrap();
    assert_eq!(
        text,
        "HTTP/1.1 200\r\nDATE: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\n"
    );
    let expected = Head {
        status: 200,
        is_chunked: false,
        may_live_on: true,
        keep_alive: None,
    };
    assert_eq!(head, expected);
    let (_, text) = plain("HTTP/1.1 200\r\nDate: a\r\nAge: 1\r\nDate: b\r\n\r\n").unwrap();
    assert_eq!(text, "HTTP/1.1 200\r\nAge: 1\r\nConnection: close\r\n\r\n");
}

#[test]
fn bodies_are_framed_as_rfc_9112_says_and_lived_with_otherwise() {
    for (version, fields, field, lives_on) in [
        ("1.1", "Content-Length: 5\r\n", "5", true),
        (
            "1.1",
            "Content-Length: 5, 5\r\ncontent-length:5\r\n",
            "5",
            true,
        ),
        ("1.1", "Content-Length: 0\r\n", "0", true),
        ("1.1", "Transfer-Encoding: chunked\r\n", "chunked", true),
        ("1.1", "Transfer-Encoding: CHUNKED\r\n", "chunked", true),
        ("1.1", "Transfer-Encoding: , chunked ,\r\n", "chunked", true),
        ("1.1", "Transfer-Encoding:\r\n chunked\r\n", "chunked", true),
        (
            "1.1",
            "Transfer-Encoding: gzip, chunked\r\n",
            "chunked",
            true,
        ),
        (
            "1.1",
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            "chunked",
            true,
        ),
        (
            "1.1",
            "Transfer-Encoding: chunked; a=\"b,c\"\r\n",
            "chunked",
            true,
        ),
        (
            "1.1",
            "Transfer-Encoding: x; a=\"b\\\",chunked\"\r\n",
            "none",
            false,
        ),
        (
            "1.1",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "chunked",
            false,
        ),
        (
            "1.1",
            "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n",
            "5",
            false,
        ),
        ("1.1", "Transfer-Encoding: chunkedx\r\n", "none", false),
        ("1.1", "Transfer-Encoding: chunked, gzip\r\n", "none", false),
        (
            "1.1",
            "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
            "5",
            false,
        ),
        (
            "1.1",
            "Transfer-Encoding: identity, notchunked\r\nContent-Length: 5\r\n",
            "5",
            false,
        ),
        (
            "1.1",
            "X-Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "5",
            true,
        ),
        ("1.1", "", "none", false),
        (
            "1.1",
            "Content-Length: 5\r\nConnection: x, Close\r\n",
            "5",
            false,
        ),
        (
            "1.1",
            "Content-Length: 5\r\nConnection: closed\r\n",
            "5",
            true,
        ),
        ("1.0", "Content-Length: 5\r\n", "5", false),
        (
            "1.0",
            "Content-Length: 5\r\nConnection: Keep-Alive\r\n",
            "5",
            true,
        ),
        (
            "1.0",
            "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
            "chunked",
            false,
        ),
        (
            "1.0",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "5",
            false,
        ),
        (
            "1.1",
            "Content-Length: 5\r\nKeep-Alive: timeout=0\r\n",
            "5",
            false,
        ),
    ] {
        let found = framing(version, 200, fields);
        assert_eq!(
            found,
            Ok((field.to_owned(), lives_on)),
            "{version} {fields:?}"
        );
    }
    for (status, fields, lives_on) in [
        (204, "", true),
        (204, "Content-Length: 0\r\n", true),
        (204, "Content-Length: 5\r\n", false),
        (304, "Transfer-Encoding: chunked\r\n", false),
    ] {
        let found = framing("1.1", status, fields);
        assert_eq!(
            found,
            Ok(("none".to_owned(), lives_on)),
            "{status} {fields:?}"
        );
    }
}

#[test]
fn what_is_not_a_head_is_refused() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(129));
    for head in [
        "\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 1zz no\r\n\r\n",
        "HTTP/1.1 20 no\r\n\r\n",
        "HTTP/1.1 2000 no\r\n\r\n",
        "HTTP/1.1 099 no\r\n\r\n",
        "HTTP/1.1  200 no\r\n\r\n",
        "HTTP/1.1 +20 no\r\n\r\n",
        "HTTP/1.1 200\tno\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\u{1}K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: \0\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n c\0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        &many,
    ] {
        assert!(plain(head).is_err(), "{head:.60?}");
    }
    let most = format!("HTTP/1.1 200 OK\n{}\n", "A: b\n".repeat(128));
    assert!(plain(&most).is_ok());
    assert!(plain("\r\nHTTP/1.1 200\r\n\r\n").is_ok());
}

#[test]
fn keep_alive_says_how_long() {
    for (value, seconds) in [
        ("timeout=5", Some(5)),
        ("max=100, TIMEOUT = \"7\"", Some(7)),
        ("timeout=5;max=1", None),
        ("timeout=-1", None),
        ("timeout=", None),
        ("timeouts=5", None),
        ("timeout=99999999999", None),
    ] {
        let head = format!("HTTP/1.1 200\r\nContent-Length: 1\r\nKeep-Alive: {value}\r\n\r\n");
        let (head, _) = plain(&head).unwrap();
        assert_eq!(head.keep_alive, seconds.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn interim_responses_are_told_by_their_number() {
    for (head, expected) in [
        ("HTTP/1.1 100 Continue\r\n\r\n", true),
        ("HTTP/1.0 103\r\n\r\n", true),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", false),
        ("HTTP/1.1 1zz no\r\n\r\n", false),
        ("HTTP/1.1 1000\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\n\r\n", false),
    ] {
        assert_eq!(is_interim(head.as_bytes()), expected, "{head:?}");
    }
}

#[test]
fn the_length_of_a_head_is_that_to_its_empty_line() {
    for head in [
        "HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let message = format!("{head}body\r\n\r\n");
        let message = message.as_bytes();
        assert_eq!(length(message, &mut 0), Some(head.len()), "{head:?}");
        let mut line = 0;
        for end in 0..head.len() {
            assert_eq!(length(&message[..end], &mut 0), None, "{head:?} {end}");
            assert_eq!(length(&message[..end], &mut line), None, "{head:?} {end}");
            assert!(is_plausible(&message[..end]));
        }
        assert_eq!(length(message, &mut line), Some(head.len()), "{head:?}");
    }
}

#[test]
fn what_does_not_start_like_a_response_never_becomes_one() {
    for start in ["SSH-2.0", "HTTP/2", "HTP", "<html>", "\r\n\r\nh", "{"] {
        assert!(!is_plausible(start.as_bytes()), "{start:?}");
    }
}

/// What httparse accepts is read alike here, with the same status.
#[test]
fn ordinary_heads_are_read_as_httparse_reads_them() {
    let parts = [
        "A: b\r\n",
        "Date:x\r\n",
        "Connection: close\r\n",
        "Z-Z:\r\n",
        "Age: 5\r\n",
    ];
    for (number, status) in [100, 200, 204, 404, 503, 999].into_iter().enumerate() {
        let fields: String = parts.iter().cycle().skip(number).take(4).copied().collect();
        let head = format!("HTTP/1.1 {status} Reason\r\n{fields}\r\n");
        let mut space = [httparse::EMPTY_HEADER; 16];
        let mut theirs = httparse::Response::new(&mut space);
        assert!(theirs.parse(head.as_bytes()).unwrap().is_complete());
        let (ours, plain) = plain(&head).unwrap();
        assert_eq!(Some(ours.status), theirs.code);
        let mut space = [httparse::EMPTY_HEADER; 16];
        let mut again = httparse::Response::new(&mut space);
        assert!(again.parse(plain.as_bytes()).unwrap().is_complete());
        assert_eq!(again.code, theirs.code);
    }
}
