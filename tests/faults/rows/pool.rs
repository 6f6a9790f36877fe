//! Connections that are kept, and what becomes of them in between.

use std::thread;
use std::time::Duration;

use crate::faults::answers::{error, session, whole};
use crate::faults::case::Case;
use crate::faults::row::{Bound, Code, Delivery, Row};
use crate::faults::server::Step::{
    self, Bytes, Close, CloseNotify, Corrupt, Handshake, Hold, Ignore, Raw, Release, Request,
    Reset, Send, Serve, Wait,
};
use crate::faults::shim;

/// Makes a call, lets the peer do its worst, and makes the one that is judged.
fn twice(case: &mut Case) {
    case.warm_up();
    thread::sleep(Duration::from_millis(60));
    case.call();
}

/// The next call comes at once, while the peer's worst may still be on its way.
fn twice_at_once(case: &mut Case) {
    case.warm_up();
    case.call();
}

fn row(what: &'static str) -> Row {
    Row::new("pool", what).plan(twice).requests(2)
}

/// The first connection answers and then does this; the call after it needs a new one.
fn replaced(what: &'static str, then: Vec<Step>) -> Row {
    let mut first = vec![Request, Send(session())];
    first.extend(then);
    row(what)
        .serve_each(vec![first, vec![Serve]])
        .connections(2)
}

/// The same over TLS.
fn replaced_tls(what: &'static str, then: Vec<Step>) -> Row {
    let mut first = vec![Handshake, Request, Send(session())];
    first.extend(then);
    row(what)
        .tls()
        .serve_each(vec![first, vec![Handshake, Serve]])
        .connections(2)
}

/// All of the first connection's words leave in one write.
fn at_once(what: &'static str, words: Vec<Step>) -> Row {
    let mut first = vec![Handshake, Request, Hold];
    first.extend(words);
    row(what)
        .tls()
        .plan(twice_at_once)
        .serve_each(vec![first, vec![Handshake, Serve]])
        .connections(2)
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("ten calls share a connection")
            .plan(|case| (0..10).for_each(|_| case.call()))
            .requests(10)
            .connections(1),
        row("ten calls share a connection over TLS")
            .tls()
            .serve(vec![Handshake, Serve])
            .plan(|case| (0..10).for_each(|_| case.call()))
            .requests(10)
            .connections(1),
        row("a refusal leaves the connection usable")
            .serve(vec![
                Request,
                Send(error("400 Bad Request", "x", "")),
                Serve,
            ])
            .plan(|case| {
                case.call();
                case.keep_last();
                case.call();
            })
            .connections(1),
        replaced("an idle connection is closed", vec![Close]),
        replaced("an idle connection is reset", vec![Reset]),
        replaced(
            "an idle connection says something unasked",
            vec![Send(b"x".to_vec())],
        ),
        replaced(
            "an idle connection gives an answer unasked",
            vec![Send(forged())],
        ),
        replaced_tls(
            "an idle connection is closed without close_notify",
            vec![Close],
        ),
        replaced_tls(
            "an idle connection is closed with close_notify",
            vec![CloseNotify, Close],
        ),
        replaced_tls(
            "an idle connection gets close_notify alone",
            vec![CloseNotify],
        ),
        replaced_tls("an idle connection over TLS is reset", vec![Reset]),
        replaced_tls(
            "an idle connection over TLS gives an answer unasked",
            vec![Send(forged())],
        ),
        replaced_tls(
            "an idle connection gets a corrupt record",
            vec![Corrupt(b"x".to_vec())],
        ),
        replaced_tls(
            "an idle connection gets plain text",
            vec![Raw(b"hello".to_vec())],
        ),
        replaced_tls(
            "an idle connection gets half a record",
            vec![Raw(vec![23, 3, 3, 1, 0, 7])],
        ),
        at_once(
            "close_notify in the same read as the answer",
            vec![Send(session()), CloseNotify, Release],
        ),
        at_once(
            "close_notify and an end in the same read as the answer",
            vec![Send(session()), CloseNotify, Close],
        ),
        at_once(
            "an unasked answer in a record behind the answer's, in the same read",
            vec![Send(session()), Send(forged()), Release],
        ),
        at_once(
            "an unasked answer in the same record as the answer",
            vec![Send([session(), forged()].concat()), Release],
        ),
        at_once(
            "a corrupt record in the same read as the answer",
            vec![Send(session()), Corrupt(b"x".to_vec()), Release],
        ),
        at_once(
            "half a record in the same read as the answer",
            vec![Send(session()), Raw(vec![23, 3, 3, 1, 0, 7]), Release],
        ),
        row("an unasked answer in the same read as the answer")
            .plan(twice_at_once)
            .serve_each(vec![
                vec![Request, Send([session(), forged()].concat()), Serve],
                vec![Serve],
            ])
            .connections(2),
        row("half an unasked answer in the same read as the answer, the rest later")
            .plan(twice_at_once)
            .serve_each(vec![
                vec![
                    Request,
                    Send([session(), forged()[..30].to_vec()].concat()),
                    Request,
                    Send([forged()[30..].to_vec(), session()].concat()),
                ],
                vec![Serve],
            ])
            .connections(2),
        row("the answer says Connection: close")
            .serve_each(vec![
                vec![
                    Request,
                    Send(whole(
                        "200 OK",
                        "Connection: close\r\n",
                        crate::faults::answers::session_body().as_bytes(),
                    )),
                ],
                vec![Serve],
            ])
            .connections(2),
    ];
    rows.extend(age());
    rows.extend(unnoticed());
    rows.extend(spoilt());
    rows
}

/// An answer that belongs to no request of ours.
fn forged() -> Vec<u8> {
    crate::faults::answers::ok(r#"{"session_token":"forged"}"#)
}

fn age() -> Vec<Row> {
    let aged = |what, words: &'static str| {
        row(what).shim("").plan(match words {
            "ahead=31" => |case: &mut Case| {
                case.warm_up();
                shim::set("ahead=31");
                case.call();
            },
            _ => |case: &mut Case| {
                case.warm_up();
                shim::set("ahead=25");
                case.call();
            },
        })
    };
    vec![
        aged("an idle connection is 31 s old", "ahead=31").connections(2),
        aged("an idle connection is 25 s old", "ahead=25").connections(1),
    ]
}

/// What cannot be noticed before the request leaves: it may have been taken.
fn unnoticed() -> Vec<Row> {
    let lost = |what, then: Vec<Step>| {
        let mut script = vec![Request, Send(session())];
        script.extend(then);
        row(what)
            .serve_each(vec![script, vec![Serve]])
            .broke()
            .requests(2)
            .connections(1)
    };
    vec![
        lost(
            "an idle connection is closed while the request is on its way",
            vec![Request, Close],
        ),
        lost(
            "an idle connection is reset while the request is on its way",
            vec![Request, Reset],
        ),
        lost(
            "an idle connection is closed within the next answer",
            vec![Request, Send(b"HTTP/1.1 200".to_vec()), Close],
        ),
        row("an idle connection was dropped silently")
            .serve_each(vec![vec![Request, Send(session()), Ignore], vec![Serve]])
            .timeout(400)
            .late(Delivery::Unknown)
            .requests(2)
            .connections(1),
        row("a silently dropped connection, and the call after it")
            .serve_each(vec![vec![Request, Send(session()), Ignore], vec![Serve]])
            .timeout(400)
            .plan(|case| {
                case.warm_up();
                case.call();
                case.keep_last();
                case.call();
            })
            .requests(3)
            .connections(2),
    ]
}

/// A connection whose answer was not read to its end is not used again.
fn spoilt() -> Vec<Row> {
    let after = |what, first: Vec<u8>| {
        row(what)
            .serve_each(vec![vec![Request, Send(first), Serve], vec![Serve]])
            .timeout(400)
            .plan(|case| {
                case.call();
                case.keep_last();
                case.call();
            })
            .connections(2)
    };
    vec![
        after(
            "the call before had a late body",
            b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{".to_vec(),
        ),
        after(
            "the call before had a body over the limit",
            crate::faults::answers::ok("x".repeat(1024 * 1024 + 100)),
        ),
        after(
            "the call before had a malformed chunk",
            crate::faults::answers::chunked(b"zz\r\n"),
        ),
        after(
            "the call before had no length",
            b"HTTP/1.1 200 OK\r\n\r\n{}".to_vec(),
        ),
        row("the call before was late")
            .serve_each(vec![
                vec![Request, Wait(600), Send(forged()), Serve],
                vec![Serve],
            ])
            .timeout(400)
            .plan(|case| {
                case.call();
                case.keep_last();
                thread::sleep(Duration::from_millis(300));
                case.call();
            })
            .connections(2),
        row("the idle connection answers late, the next call is another's")
            .serve_each(vec![
                vec![
                    Request,
                    Send(error("401 Unauthorized", "x", "")),
                    Wait(100),
                    Send(forged()),
                    Serve,
                ],
                vec![Serve],
            ])
            .plan(|case| {
                case.call();
                case.keep_last();
                thread::sleep(Duration::from_millis(200));
                case.call();
            })
            .connections(2),
        row("the answer comes before the whole request was read")
            .plan(|case| case.call())
            .serve(vec![Bytes(40), Send(error("401 Unauthorized", "x", ""))])
            .fails(Code::Api, Delivery::Rejected)
            .requests(1)
            .bound(Bound::Soon),
    ]
}
