//! What must not be trusted on a connection: a response before its request, an end that can be read in two ways,
//! a time that the server has said, and its clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::faults::answers::{error, error_body, ok, session, session_body, whole};
use crate::faults::case::Case;
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::rows::heads::{response, row};
use crate::faults::server::Step::{Greet, Handshake, Ignore, Make, Request, Send, Serve};
use crate::faults::shim;

pub fn rows() -> Vec<Row> {
    let mut rows = two_readings();
    rows.extend(greetings());
    rows.extend(kept_alive());
    rows.extend(clocks());
    rows
}

/// Makes a call, which may fail, leaves time for what is late, and makes the one that is judged.
pub fn twice(case: &mut Case) {
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
    let limited = |ahead: i64, wait: u64| {
        move |status: &'static str, _: &str| {
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
        }
    };
    // The second request is early if the wait was counted from our clock.
    let again = |what, ahead: i64| {
        // By token: the row may be run twice at once.
        let first_at = Arc::new(Mutex::new(BTreeMap::new()));
        let (at, limit) = (Arc::clone(&first_at), limited(ahead, 2));
        let first = Make(Arc::new(move |token| {
            let mut at = at.lock().expect("no panic");
            at.insert(token.to_owned(), Instant::now());
            limit("429 Too Many Requests", token)
        }));
        let second = Make(Arc::new(move |token| {
            let at = first_at.lock().expect("no panic")[token];
            match at.elapsed() >= Duration::from_millis(1_900) {
                true => session(),
                false => error("400 Bad Request", "too_early", ""),
            }
        }));
        row(what)
            .serve(vec![Request, first, Request, second])
            .requests(2)
            .repeats()
            .connections(1)
            .under(3_500)
    };
    let told = |what, status: &'static str, ahead: i64, delivery: Delivery| {
        row(what)
            .serve(vec![
                Request,
                Make(Arc::new(move |token| limited(ahead, 20)(status, token))),
            ])
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
