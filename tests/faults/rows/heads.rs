//! Heads of responses that are odd, and still HTTP: what a user agent must accept, and what must not be trusted.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::faults::answers::{error_body, ok, session, session_body, whole};
use crate::faults::case::Case;
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{Close, Greet, Handshake, Ignore, Make, Request, Send, Serve};
use crate::faults::shim;

pub fn rows() -> Vec<Row> {
    let mut rows = folded();
    rows.extend(codings());
    rows.extend(compressed());
    rows.extend(two_readings());
    rows.extend(statuses());
    rows.extend(greetings());
    rows.extend(kept_alive());
    rows.extend(clocks());
    rows
}

fn row(what: &'static str) -> Row {
    Row::new("heads", what)
}

/// A session behind this head, in which `{length}` is the body's, and `{chunks}` is its chunks in place of it.
fn response(head: &str) -> Vec<u8> {
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

/// Makes a call, which may fail, leaves time for what is late, and makes the one that is judged.
fn twice(case: &mut Case) {
    case.call();
    case.keep_last();
    thread::sleep(Duration::from_millis(60));
    case.call();
}

/// An answer that belongs to no request.
fn forged() -> Vec<u8> {
    ok(r#"{"session_token":"forged"}"#)
}

/// After a message whose end can be read in two ways, the connection serves no other call.
fn two_readings() -> Vec<Row> {
    let unused = |what, head: &str, late: Vec<u8>| {
        row(what)
            .serve_each(vec![
                vec![Request, Send(response(head)), Send(late), Serve],
                vec![Serve],
            ])
            .plan(twice)
            .requests(2)
            .connections(2)
    };
    // Sends no body with the first response; `late` comes when the connection is idle.
    let bodiless = |what, head: &str| {
        let length = forged().len().to_string();
        let head = head.replace("{length}", &length).into_bytes();
        row(what)
            .serve_each(vec![
                vec![
                    Request,
                    Send(head),
                    Request,
                    Send(forged()),
                    Send(session()),
                ],
                vec![Serve],
            ])
            .plan(|case| {
                case.call();
                case.keep_last();
                case.call();
            })
            .requests(2)
            .connections(2)
    };
    vec![
        unused(
            "a length beside chunks",
            "HTTP/1.1 200 OK\r\n{chunks}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            Vec::new(),
        ),
        unused(
            "chunks beside a length that fits",
            "HTTP/1.1 200 OK\r\n{chunks}Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n",
            Vec::new(),
        ),
        unused(
            "a length beside a coding that is unknown",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: {length}\r\n",
            Vec::new(),
        ),
        unused(
            "a length beside chunks, and a response behind them",
            "HTTP/1.1 200 OK\r\n{chunks}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            forged(),
        ),
        bodiless(
            "a 204 with a length, whose body comes late",
            "HTTP/1.1 204 No Content\r\nContent-Length: {length}\r\n\r\n",
        ),
        bodiless(
            "a 204 with chunks, whose body comes late",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        bodiless(
            "a 304 with a length, whose body comes late",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: {length}\r\n\r\n",
        ),
        row("a 204 without a length leaves the connection usable")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
                Serve,
            ])
            .plan(twice)
            .requests(2)
            .connections(1),
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

/// RFC 9112, section 9.2: what comes before the request is no response to it.
fn greetings() -> Vec<Row> {
    let http = |what, greeting: Vec<u8>| {
        row(what)
            .shim("greeted")
            .serve(vec![Send(greeting), Serve])
            .not_sent(Code::Connection)
            .connections(3)
    };
    let tls = |what, greeting: Vec<u8>| {
        row(what)
            .tls()
            .serve(vec![Greet(greeting), Serve])
            .not_sent(Code::Connection)
            .connections(3)
    };
    vec![
        http("a response before the request", session()),
        http(
            "half a response before the request",
            session()[..20].to_vec(),
        ),
        http(
            "an interim response before the request",
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
        ),
        http(
            "a line of text before the request",
            b"220 ready\r\n".to_vec(),
        ),
        tls(
            "a response before the request, with the end of the handshake",
            session(),
        ),
        tls(
            "a byte before the request, with the end of the handshake",
            b"\n".to_vec(),
        ),
        row("a response before the request, and a good connection after it")
            .shim("greeted")
            .serve_each(vec![vec![Send(forged()), Serve], vec![Serve]])
            .connections(2),
        row("a response before the request over TLS, and a good connection after it")
            .tls()
            .serve_each(vec![vec![Greet(forged()), Serve], vec![Handshake, Serve]])
            .connections(2),
    ]
}

/// How long a server keeps a connection, in its own words.
fn kept_alive() -> Vec<Row> {
    let says = |value: &str| {
        let fields = format!("Connection: keep-alive\r\nKeep-Alive: {value}\r\n");
        Send(whole("200 OK", &fields, session_body().as_bytes()))
    };
    // After that time nothing comes over the connection any more, nor does it end.
    let given_up = |what, value: &str, ahead: &'static str| {
        row(what)
            .shim("")
            .serve_each(vec![vec![Request, says(value), Ignore], vec![Serve]])
            .plan(match ahead {
                "ahead=0" => |case: &mut Case| later(case, "ahead=0"),
                "ahead=1" => |case: &mut Case| later(case, "ahead=1"),
                "ahead=5" => |case: &mut Case| later(case, "ahead=5"),
                "ahead=19" => |case: &mut Case| later(case, "ahead=19"),
                "ahead=31" => |case: &mut Case| later(case, "ahead=31"),
                other => unreachable!("{other}"),
            })
            .requests(2)
            .connections(2)
    };
    let kept = |what, value: &str| {
        row(what)
            .shim("")
            .serve(vec![Request, says(value), Serve])
            .plan(|case| later(case, "ahead=10"))
            .requests(2)
            .connections(1)
    };
    vec![
        given_up(
            "Keep-Alive: timeout=1, and 1 s later",
            "timeout=1",
            "ahead=1",
        ),
        given_up("Keep-Alive: timeout=0", "timeout=0", "ahead=0"),
        given_up(
            "Keep-Alive: max=100, timeout=5, and 5 s later",
            "max=100, timeout=5",
            "ahead=5",
        ),
        given_up(
            "Keep-Alive: Timeout = \"5\", and 5 s later",
            "Timeout = \"5\"",
            "ahead=5",
        ),
        given_up(
            "Keep-Alive: timeout=20, and 19 s later: the request needs time too",
            "timeout=20",
            "ahead=19",
        ),
        given_up(
            "Keep-Alive: timeout=3600, and 31 s later",
            "timeout=3600",
            "ahead=31",
        ),
        kept("Keep-Alive: timeout=20, and 10 s later", "timeout=20"),
        kept("Keep-Alive: max=1000, and 10 s later", "max=1000"),
        kept("Keep-Alive: timeout=soon, and 10 s later", "timeout=soon"),
    ]
}

fn later(case: &mut Case, words: &str) {
    case.warm_up();
    shim::set(words);
    case.call();
}

/// A date counts from the server's own, however far its clock is from ours.
fn clocks() -> Vec<Row> {
    let limited = |status: &'static str, ahead: i64, wait: u64| {
        Make(Arc::new(move |_| {
            let shift = Duration::from_secs(ahead.unsigned_abs());
            let now = SystemTime::now();
            let now = if ahead < 0 { now - shift } else { now + shift };
            let fields = format!(
                "Date: {}\r\nRetry-After: {}\r\n",
                httpdate::fmt_http_date(now),
                httpdate::fmt_http_date(now + Duration::from_secs(wait))
            );
            let code = status[..3].parse().expect("a status");
            whole(status, &fields, error_body(code, "limit").as_bytes())
        }))
    };
    let again = |what, ahead: i64| {
        let first = limited("429 Too Many Requests", ahead, 2);
        row(what)
            .serve(vec![Request, first, Request, Send(session())])
            .requests(2)
            .repeats()
            .connections(1)
            .under(3_500)
    };
    let told = |what, status: &'static str, ahead: i64, delivery: Delivery| {
        row(what)
            .serve(vec![Request, limited(status, ahead, 20)])
            .fails(Code::Api, delivery)
            .retry_after(20_000..=20_000)
    };
    vec![
        again("429 from a server whose clock is 10 minutes ahead", 600),
        again("429 from a server whose clock is 10 minutes behind", -600),
        again(
            "429 from a server whose clock is 10 years behind",
            -315_360_000,
        ),
        told(
            "429, 20 s, from a server whose clock is an hour ahead",
            "429 Too Many Requests",
            3_600,
            Delivery::Rejected,
        ),
        told(
            "503, 20 s, from a server whose clock is an hour behind",
            "503 Service Unavailable",
            -3_600,
            Delivery::Unknown,
        ),
    ]
}
