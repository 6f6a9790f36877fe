//! The places where a call may be, and what is to be said of its request when it ends there.

use std::sync::Arc;
use std::time::Duration;

use crate::faults::answers::{self, chunk, error_body, session_body};
use crate::faults::call::{REQUEST_GET, REQUEST_POST, SESSIONS_GET, VERIFY};
use crate::faults::case::Case;
use crate::faults::flight::{self, Deed, Reached};
use crate::faults::jwt;
use crate::faults::row::{Bound, Code, Delivery, Row, Target};
use crate::faults::server::Step::{
    self, Bytes, Connect, Drip, Handshake, Ignore, Request, Ring, Send, Serve, Tunnel, Wait,
};

/// Longer than any row needs.
pub const LONG: u64 = 6_000;

/// A call that waits for a response.
pub fn awaiting(row: Row, is_tls: bool) -> Row {
    responding(row, is_tls, vec![])
        .fails(Code::Cancelled, Delivery::Unknown)
        .requests(2)
        .says("cancelled while waiting for a response")
}

/// The first connection reads a request, does this, and then nothing; the next serves.
fn responding(row: Row, is_tls: bool, then: Vec<Step>) -> Row {
    let mut first = vec![Request];
    first.extend(then);
    first.extend([Ring, Wait(LONG)]);
    let mut next = vec![Serve];
    if is_tls {
        first.insert(0, Handshake);
        next.insert(0, Handshake);
    }
    let target = if is_tls { Target::Https } else { Target::Http };
    row.target(target)
        .serve_each(vec![first, next])
        .retryable(false)
        .bound(Bound::Cancelled)
        .requests(2)
        .connections(2)
}

/// Keys are there, a token names another, and the server is about to say that there is a new one. The next call sees it:
/// a fetch that was given up is none.
fn rotated(row: Row) -> Row {
    let keys = |number| Step::Make(Arc::new(move |_| answers::ok(jwt::key_set(number))));
    row.call(&VERIFY)
        .serve_each(vec![
            vec![Request, keys(0), Request, Ring, Wait(LONG)],
            vec![Request, keys(1)],
        ])
        .retryable(false)
        .bound(Bound::Cancelled)
        .requests(3)
        .connections(2)
}

fn after_rotation(case: &mut Case) {
    case.warm_up();
    jwt::name_key(1);
    flight::fly(case);
    // What proves that a token still works has this key.
    jwt::name_key(0);
}

/// The response says when to come back, and the call waits until then.
fn paused(row: Row, status: &str) -> Row {
    let number = status[..3].parse().expect("a status");
    let body = error_body(number, "later");
    let headers = "Retry-After: 5\r\nConnection: close\r\n";
    let first = Send(answers::whole(status, headers, body.as_bytes()));
    row.serve_each(vec![vec![Request, first, Ring], vec![Serve]])
        .fields("later")
        .body(body)
        .retryable(true)
        .bound(Bound::Cancelled)
        .requests(2)
        .connections(2)
}

/// Every place where a call may be, and what then is to be said of its request.
pub fn phases(area: &'static str, deed: Deed) -> Vec<Row> {
    let row = |what: &'static str| Row::new(area, what);
    let mut rows = connecting(area, deed);
    rows.extend(sending(area, deed));
    rows.extend(reading(area, deed));
    rows.extend([
        paused(row("in the pause after a 429"), "429 Too Many Requests")
            .fails(Code::Api, Delivery::Rejected)
            .status(429)
            .flight(Reached::Bell, deed),
        paused(
            row("in the pause after a 503, of a GET"),
            "503 Service Unavailable",
        )
        .call(&SESSIONS_GET)
        .fails(Code::Api, Delivery::Unknown)
        .status(503)
        .flight(Reached::Bell, deed),
        responding(row("in its fetch of keys"), false, vec![])
            .call(&VERIFY)
            .fails(Code::Cancelled, Delivery::Unknown)
            .requests(2)
            .flight(Reached::Bell, deed),
        responding(
            row("waiting for the keys that another call fetches"),
            false,
            vec![],
        )
        .call(&VERIFY)
        .fails(Code::Cancelled, Delivery::NotSent)
        .requests(2)
        .flight(Reached::Behind, deed),
        rotated(row("in its fetch for a key that was not there"))
            .fails(Code::Cancelled, Delivery::Unknown)
            .flight(Reached::Bell, deed)
            .plan(after_rotation),
        rotated(row(
            "waiting for another call's fetch for a key that was not there",
        ))
        .fails(Code::Cancelled, Delivery::NotSent)
        .requests(3)
        .flight(Reached::Behind, deed)
        .plan(after_rotation),
    ]);
    if deed == Deed::FreeCall {
        rows = rows.into_iter().map(forgotten).collect();
    }
    rows
}

/// The call after the one that was freed is judged: its thread is the only one, and must be free.
fn forgotten(row: Row) -> Row {
    let mut row = row.threads(1).under(1_000);
    row.expected.failure = None;
    row.expected.status = None;
    row.expected.body = None;
    row.expected.fields = false;
    row.expected.error_type = None;
    row.expected.message.clear();
    row
}

fn connecting(area: &'static str, deed: Deed) -> Vec<Row> {
    let row = |what: &'static str| {
        Row::new(area, what)
            .fails(Code::Cancelled, Delivery::NotSent)
            .retryable(false)
            .bound(Bound::Cancelled)
    };
    let mut rows = vec![
        row("in a lookup that hangs")
            .name("delay=900 answer=127.0.0.1")
            // A new client has a lookup of its own, and the first may still be under way.
            .threads_left(usize::from(deed == Deed::FreeClient))
            .requests(1)
            .connections(1)
            .flight(Reached::Lookup(1), deed),
        row("between lookups that fail for the moment")
            .name("error=-3")
            .retries(10)
            .requests(1)
            .connections(1)
            .flight(Reached::Lookup(4), deed),
        row("connecting, and nobody says anything")
            .name("answer=127.0.0.2")
            .silent(&["127.0.0.2"])
            .requests(1)
            .connections(1)
            .flight(Reached::Connecting, deed),
        row("in the TLS handshake")
            .tls()
            .serve_each(vec![
                vec![Bytes(200), Ring, Wait(LONG)],
                vec![Handshake, Serve],
            ])
            .requests(1)
            .connections(2)
            .flight(Reached::Bell, deed),
    ];
    let mut at_proxy = row("at the proxy");
    at_proxy = at_proxy.proxy(vec![]);
    at_proxy.proxy = Some(vec![
        vec![Connect, Ring, Wait(LONG)],
        vec![
            Connect,
            Send(b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec()),
            Tunnel,
        ],
    ]);
    rows.push(
        at_proxy
            .requests(1)
            .connections(1)
            .flight(Reached::Bell, deed),
    );
    // A thread that is busy with another call can be waited for only where there is one thread.
    rows.push(
        responding(row("in the backlog"), false, vec![])
            .threads(1)
            .says("waiting for a free thread")
            .flight(Reached::Behind, deed),
    );
    rows
}

fn sending(area: &'static str, deed: Deed) -> Vec<Row> {
    let row = |what: &'static str| {
        Row::new(area, what)
            .shim("sndbuf=4096")
            .fails(Code::Cancelled, Delivery::Unknown)
            .retryable(false)
            .bound(Bound::Cancelled)
            .says("sending the request")
            .connections(2)
            // The client's end stands behind bytes that nobody reads.
            .uncounted()
    };
    vec![
        row("sending, and the peer does not read")
            .serve_each(vec![vec![Ignore], vec![Serve]])
            .flight(Reached::Sending, deed),
        row("sending, and the peer does not read, over TLS")
            .tls()
            .serve_each(vec![vec![Handshake, Ignore], vec![Handshake, Serve]])
            .flight(Reached::Sending, deed),
        row("sending, and the peer has read the first bytes")
            .call(&REQUEST_POST)
            .serve_each(vec![vec![Bytes(1), Ring, Ignore], vec![Serve]])
            .flight(Reached::Sending, deed),
    ]
}

fn reading(area: &'static str, deed: Deed) -> Vec<Row> {
    let row = |what: &'static str| Row::new(area, what);
    let head = |status: &str, framing: &str| {
        Send(format!("HTTP/1.1 {status}\r\n{framing}\r\n\r\n").into_bytes())
    };
    let text = |text: &str| Send(text.as_bytes().to_vec());
    let long = "Content-Length: 500";
    let half = &session_body()[..40];
    let refusal = error_body(401, "unauthorized_credentials");
    let mut rows = Vec::new();
    // Over http, and over TLS where the response comes in records.
    for (what, is_tls) in [
        ("waiting for a response", false),
        ("waiting for a response, over TLS", true),
    ] {
        rows.push(awaiting(row(what), is_tls));
    }
    for (what, then) in [
        (
            "inside the head of a response",
            text("HTTP/1.1 200 OK\r\nContent-Le"),
        ),
        (
            "after an interim response",
            text("HTTP/1.1 100 Continue\r\n\r\n"),
        ),
    ] {
        rows.push(
            responding(row(what), false, vec![then])
                .fails(Code::Cancelled, Delivery::Unknown)
                .requests(2),
        );
    }
    for (what, is_tls, then, body) in [
        (
            "after the head of a 200",
            false,
            vec![head("200 OK", long)],
            "",
        ),
        (
            "after the head of a 200, over TLS",
            true,
            vec![head("200 OK", long)],
            "",
        ),
        (
            "inside a body with a length",
            false,
            vec![head("200 OK", long), text(half)],
            half,
        ),
        (
            "inside a body with a length, over TLS",
            true,
            vec![head("200 OK", long), text(half)],
            half,
        ),
        (
            "between the chunks of a body",
            false,
            vec![
                head("200 OK", "Transfer-Encoding: chunked"),
                text(&chunk(half)),
            ],
            half,
        ),
        (
            "inside a chunk of a body",
            false,
            vec![
                head("200 OK", "Transfer-Encoding: chunked"),
                text(&chunk(half)[..half.len() + 4]),
            ],
            half,
        ),
        (
            "inside a body that ends with the connection",
            false,
            vec![head("200 OK", "Content-Type: application/json"), text(half)],
            half,
        ),
    ] {
        rows.push(
            responding(row(what), is_tls, then)
                .fails(Code::Cancelled, Delivery::Accepted)
                .status(200)
                .body(body)
                .requests(2),
        );
    }
    rows.push(
        responding(row("inside a body that drips without a pause"), false, {
            let drip = Drip(vec![b' '; 40_000], Duration::from_micros(50));
            vec![head("200 OK", "Content-Length: 50000"), Ring, drip]
        })
        .fails(Code::Cancelled, Delivery::Accepted)
        .status(200)
        .requests(2),
    );
    rows.push(
        responding(
            row("after a whole session, before the end of the response"),
            false,
            vec![
                head("200 OK", "Transfer-Encoding: chunked"),
                text(&chunk(&session_body())),
            ],
        )
        .body(session_body()),
    );
    for (what, status, delivery, then) in [
        (
            "after the head of a 401",
            "401 Unauthorized",
            Delivery::Rejected,
            "",
        ),
        (
            "inside the body of a 401",
            "401 Unauthorized",
            Delivery::Rejected,
            refusal.as_str(),
        ),
        (
            "after the head of a 503",
            "503 Service Unavailable",
            Delivery::Unknown,
            "",
        ),
        (
            "after the head of a 302",
            "302 Found",
            Delivery::Unknown,
            "",
        ),
    ] {
        rows.push(
            responding(row(what), false, vec![head(status, long), text(then)])
                .fails(Code::Api, delivery)
                .status(status[..3].parse().expect("a status"))
                .body(then)
                .requests(2),
        );
    }
    rows.push(
        responding(
            row("inside a GET's second attempt"),
            false,
            vec![head("200 OK", long)],
        )
        .call(&REQUEST_GET)
        .serve_each(vec![
            vec![Request, Step::Reset],
            vec![Request, head("200 OK", long), Ring, Wait(LONG)],
            vec![Serve],
        ])
        .fails(Code::Cancelled, Delivery::Accepted)
        .status(200)
        .repeats()
        .requests(3)
        .connections(3),
    );
    let fly = |row: Row| row.flight(Reached::Bell, deed);
    rows.into_iter().map(fly).collect()
}
