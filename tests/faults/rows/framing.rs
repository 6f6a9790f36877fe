//! Answers that are no valid HTTP/1.1, or an unusual one.

use crate::faults::answers::{self, session, session_body};
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{
    Close, Forever, Handshake, Hold, Release, Request, Reset, Send, Wait,
};

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

fn after(before: impl AsRef<[u8]>, answer: Vec<u8>) -> Vec<u8> {
    let mut whole = before.as_ref().to_vec();
    whole.extend(answer);
    whole
}

/// A session whose head is this, with its length said in `{length}`.
fn with_head(head: &str) -> Vec<u8> {
    let body = session_body();
    let head = head.replace("{length}", &body.len().to_string());
    format!("{head}\r\n{body}").into_bytes()
}

fn many_fields(count: usize) -> Vec<u8> {
    let fields: String = (0..count).map(|at| format!("X-{at}: y\r\n")).collect();
    answers::whole("200 OK", &fields, session_body().as_bytes())
}

fn row(what: &'static str) -> Row {
    Row::new("framing", what)
}

fn broken(what: &'static str, answer: impl AsRef<[u8]>) -> Row {
    let answer = answer.as_ref().to_vec();
    row(what)
        .serve(vec![Request, Send(answer), Close])
        .broke()
        .connections(1)
}

fn fine(what: &'static str, answer: Vec<u8>) -> Row {
    row(what)
        .serve(vec![Request, Send(answer)])
        .body(session_body())
}

/// A whole interim answer of so many bytes.
fn interim_of(length: usize) -> Vec<u8> {
    let (start, end) = ("HTTP/1.1 103 Early Hints\r\nLink: ", "\r\n\r\n");
    let filling = "y".repeat(length - start.len() - end.len());
    format!("{start}{filling}{end}").into_bytes()
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("the connection ends before the headers")
            .serve(vec![Request, Close])
            .broke()
            .connections(1),
        row("the connection is reset before the headers")
            .serve(vec![Request, Reset])
            .broke()
            .connections(1),
        row("the connection is reset within the headers")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\nX-Y: ".to_vec()),
                Wait(50),
                Reset,
            ])
            .broke(),
        broken("the connection ends within the status line", "HTTP/1.1 2"),
        broken(
            "the connection ends within the headers",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n",
        ),
        broken("the answer is garbage", [0xA5; 2000]),
        broken("the answer is a line of text", "hello\r\n\r\n"),
        broken("the answer is JSON without HTTP", session_body()),
        broken("the version is HTTP/2.0", with_head("HTTP/2.0 200 OK\r\nContent-Length: {length}\r\n")),
        broken("the version is HTTP/0.9", with_head("HTTP/0.9 200 OK\r\nContent-Length: {length}\r\n")),
        broken("the answer is HTTP/2 frames", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\x10\0\0\0\x06\0\x01\0\0"),
        broken("the status has two digits", with_head("HTTP/1.1 20 OK\r\nContent-Length: {length}\r\n")),
        broken("the status is no number", with_head("HTTP/1.1 abc OK\r\nContent-Length: {length}\r\n")),
        broken("129 header fields", many_fields(127)),
        broken("10,000 header fields", many_fields(10_000)),
        broken(
            "a header field of 70 KiB",
            answers::whole("200 OK", &format!("X: {}\r\n", "y".repeat(70 * 1024)), session_body().as_bytes()),
        ),
        row("header fields without end")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Forever(b"X-Y: Z\r\n".repeat(64)),
            ])
            .broke(),
        row("a header field without end")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
                Forever(vec![b'y'; 4096]),
            ])
            .broke(),
        row("interim answers without end")
            .serve(vec![Request, Forever(CONTINUE.as_bytes().to_vec())])
            .broke(),
        row("an interim answer whose headers have no end")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 103 Early Hints\r\nLink: ".to_vec()),
                Forever(vec![b'y'; 4096]),
            ])
            .broke(),
        broken("65 interim answers", after(CONTINUE.repeat(65), session())),
        row("101 Switching Protocols")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec()),
                Close,
            ])
            .fails(Code::Api, Delivery::Unknown)
            .status(101)
            .connections(1),
        broken("an interim answer and no other", CONTINUE),
    ];
    rows.extend(lengths());
    rows.extend(unusual());
    rows
}

fn lengths() -> Vec<Row> {
    let head = |fields: &str| with_head(&format!("HTTP/1.1 200 OK\r\n{fields}"));
    vec![
        broken("the length is no number", head("Content-Length: many\r\n")),
        broken("the length is negative", head("Content-Length: -5\r\n")),
        broken(
            "the length has a sign",
            head("Content-Length: +{length}\r\n"),
        ),
        broken(
            "the length is hexadecimal",
            head("Content-Length: 0x10\r\n"),
        ),
        broken("the length is empty", head("Content-Length: \r\n")),
        broken(
            "the length is above 2^64",
            head("Content-Length: 99999999999999999999\r\n"),
        ),
        broken(
            "two lengths that differ",
            head("Content-Length: {length}\r\nContent-Length: 7\r\n"),
        ),
        broken(
            "two lengths that differ in one field",
            head("Content-Length: {length}, 7\r\n"),
        ),
        broken(
            "a NUL in a header's value",
            head("Content-Length: {length}\r\nX: a\0b\r\n"),
        ),
        broken(
            "a NUL in a header's name",
            head("Content-Length: {length}\r\nX\0Y: b\r\n"),
        ),
        broken(
            "a space in a header's name",
            head("Content-Length: {length}\r\nX Y: b\r\n"),
        ),
        broken(
            "a header without a colon",
            head("Content-Length: {length}\r\nnonsense\r\n"),
        ),
    ]
}

fn unusual() -> Vec<Row> {
    vec![
        fine("100 Continue, then the answer", after(CONTINUE, session())),
        fine(
            "103 Early Hints with headers, then the answer",
            after(
                "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
                session(),
            ),
        ),
        fine(
            "64 interim answers, then the answer",
            after(CONTINUE.repeat(64), session()),
        ),
        row("an interim answer that fills a TLS record, and the answer in the same write")
            .tls()
            .serve(vec![
                Handshake,
                Request,
                Hold,
                Send(interim_of(16 * 1024)),
                Send(session()),
                Release,
            ])
            .body(session_body()),
        fine("125 header fields", many_fields(123)),
        fine(
            "a header field of 60 KiB",
            answers::whole(
                "200 OK",
                &format!("X: {}\r\n", "y".repeat(60 * 1024)),
                session_body().as_bytes(),
            ),
        ),
        fine(
            "no reason behind the status",
            with_head("HTTP/1.1 200\r\nContent-Length: {length}\r\n"),
        ),
        fine(
            "the version is HTTP/1.0",
            with_head("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n"),
        ),
        fine(
            "the same length twice",
            with_head(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Length: {length}\r\n",
            ),
        ),
        fine(
            "bytes above ASCII in a header",
            with_head("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nX: \u{e9}\r\n"),
        ),
    ]
}
