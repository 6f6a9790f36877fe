//! Heads of responses that are odd, and still HTTP: what a user agent must accept, and what is none.

use crate::faults::answers::{error_body, session, session_body, whole};
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::rows::trust::twice;
use crate::faults::server::Step::{Close, Request, Send, Serve};

pub fn rows() -> Vec<Row> {
    let mut rows = folded();
    rows.extend(codings());
    rows.extend(compressed());
    rows.extend(statuses());
    rows
}

pub fn row(what: &'static str) -> Row {
    Row::new("heads", what)
}

/// A session behind this head, in which `{length}` is the body's, and `{chunks}` is its chunks in place of it.
pub fn response(head: &str) -> Vec<u8> {
    let body = session_body();
    let framed = match head.contains("{chunks}") {
        true => format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        false => body.clone(),
    };
    let head = head
        .replace("{length}", &body.len().to_string())
        .replace("{chunks}", "");
    format!("{head}\r\n{framed}").into_bytes()
}

fn fine(what: &'static str, head: &str) -> Row {
    row(what)
        .serve(vec![Request, Send(response(head))])
        .body(session_body())
}

/// RFC 9112, section 5.2: a user agent must take each fold for one or more spaces.
fn folded() -> Vec<Row> {
    let ok = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}");
    vec![
        fine(
            "a field on two lines",
            &ok(
                "Content-Security-Policy: default-src 'self';\r\n  script-src 'self'\r\nContent-Length: {length}\r\n",
            ),
        ),
        fine(
            "a field on two lines, the second after a tab",
            &ok("Set-Cookie: a=b;\r\n\tPath=/\r\nContent-Length: {length}\r\n"),
        ),
        fine(
            "a field on nine lines",
            &ok(&format!(
                "X-Y: 1\r\n{}Content-Length: {{length}}\r\n",
                "   2\r\n".repeat(8)
            )),
        ),
        fine(
            "a field on two lines that end with LF alone",
            &ok("X-Y: 1\n 2\nContent-Length: {length}\n"),
        ),
        fine(
            "a fold that is empty, and one behind it",
            &ok("X-Y: 1\r\n \r\n 2\r\nContent-Length: {length}\r\n"),
        ),
        fine(
            "the length stands on the second line of its field",
            &ok("Content-Length:\r\n {length}\r\n"),
        ),
        fine(
            "the last field is folded",
            &ok("Content-Length: {length}\r\nX-Y: 1\r\n\t2\r\n"),
        ),
        fine(
            "chunked stands on the second line of its field",
            &ok("{chunks}Transfer-Encoding:\r\n\tchunked\r\n"),
        ),
        fine(
            "a folded field in an interim response",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>;\r\n rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {length}\r\n",
        ),
        row("a folded field in a refusal")
            .serve(vec![
                Request,
                Send(whole(
                    "400 Bad Request",
                    "X-Y: 1\r\n 2\r\n",
                    error_body(400, "invalid").as_bytes(),
                )),
            ])
            .fails(Code::Api, Delivery::Rejected)
            .status(400)
            .fields("invalid"),
    ]
}

/// A list's elements count, and HTTP/1.0 sends chunks too.
fn codings() -> Vec<Row> {
    let until_close = |what, head: &str| {
        row(what)
            .serve(vec![Request, Send(response(head)), Close])
            .body(session_body())
    };
    let once = |what, head: &str| {
        row(what)
            .serve_each(vec![
                vec![Request, Send(response(head)), Serve],
                vec![Serve],
            ])
            .plan(twice)
            .requests(2)
            .connections(2)
    };
    vec![
        once(
            "chunks in HTTP/1.0, and the call after it",
            "HTTP/1.0 200 OK\r\n{chunks}Transfer-Encoding: chunked\r\n",
        ),
        once(
            "chunks in HTTP/1.0 that is kept alive, and the call after it",
            "HTTP/1.0 200 OK\r\n{chunks}Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
        ),
        fine(
            "HTTP/1.0 with a length says chunked and means nothing by it",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: {length}\r\n",
        ),
        fine(
            "Transfer-Encoding: xchunked beside a length",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: {length}\r\n",
        ),
        fine(
            "Transfer-Encoding: identity, notchunked beside a length",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, notchunked\r\nContent-Length: {length}\r\n",
        ),
        fine(
            "Transfer-Encoding: chunked-not beside a length",
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nTransfer-Encoding: chunked-not\r\n",
        ),
        fine(
            "Transfer-Encoding: \"chunked\" in quotes beside a length",
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nTransfer-Encoding: \"chunked\"\r\n",
        ),
        until_close(
            "Transfer-Encoding: xchunked until the connection ends",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n",
        ),
        until_close(
            "Transfer-Encoding: identity until the connection ends",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n",
        ),
        fine(
            "Transfer-Encoding: CHUNKED",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: CHUNKED\r\n",
        ),
        fine(
            "Transfer-Encoding: identity, chunked",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: identity, chunked\r\n",
        ),
        fine(
            "Transfer-Encoding in two fields, identity and chunked",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        ),
        fine(
            "Transfer-Encoding with empty elements",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: ,\tchunked ,\r\n",
        ),
        fine(
            "Transfer-Encoding: chunked with a parameter",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: chunked;v=1\r\n",
        ),
    ]
}

/// Every request asks for no coding (the bench looks for it). What comes coded all the same is kept as it is.
fn compressed() -> Vec<Row> {
    let coded = |what, coding: &str| {
        let body = [0x1F, 0x8B, 8, 0, 1, 2, 3, 0xFF];
        let fields = format!("Content-Encoding: {coding}\r\n");
        row(what)
            .serve(vec![Request, Send(whole("200 OK", &fields, &body))])
            .fails(Code::InvalidResponse, Delivery::Accepted)
            .body(body)
            .says("compressed")
    };
    vec![
        coded("a body in gzip, though identity was asked for", "gzip"),
        coded("a body in br, though identity was asked for", "br"),
        coded("a body in zstd and identity", "identity, zstd"),
        fine(
            "Content-Encoding: identity",
            "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: {length}\r\n",
        ),
        fine(
            "Content-Encoding: gzip over a body that is not compressed",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n",
        ),
    ]
}

/// Only three digits are a status, and only those from 100 to 199 are interim.
fn statuses() -> Vec<Row> {
    let broken = |what, line: &str| {
        let mut bytes = format!("HTTP/1.1 {line}\r\n\r\n").into_bytes();
        bytes.extend(session());
        row(what)
            .serve(vec![Request, Send(bytes), Close])
            .broke()
            .connections(1)
    };
    vec![
        broken("the status 1zz, and a session behind it", "1zz no"),
        broken("the status 1, and a session behind it", "1 no"),
        broken("the status 10x, and a session behind it", "10x Continue"),
        broken("the status 1000, and a session behind it", "1000 no"),
        broken("the status 099, and a session behind it", "099 no"),
        broken("the status -10, and a session behind it", "-10 no"),
        broken("the status 1e2, and a session behind it", "1e2 no"),
    ]
}
