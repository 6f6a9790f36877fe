//! The calls after the token: what becomes of a 2xx whose body is odd, late or long.

use std::sync::Arc;

use crate::faults::answers::{self, error, error_body, ok, whole};
use crate::faults::call::{Call, Repeat};
use crate::faults::row::{Bound, Code, Delivery, Row};
use crate::faults::rows::sessions::{CALLS, Of, of};
use crate::faults::server::Step::{self, Close, Forever, Make, Request, Send, Wait};

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, call) in CALLS {
        rows.extend(bodies(Of { name, call }));
    }
    rows.extend(time());
    rows.extend(limits());
    rows
}

/// A 2xx, and what became of its body.
fn bodies(of: Of) -> Vec<Row> {
    let answer = |bytes: Vec<u8>| vec![Request, Send(bytes), Close];
    let short = |body: &str, missing: usize| {
        let length = body.len() + missing;
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    let good = (of.call.response)();
    let at = good.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = String::from_utf8_lossy(&good[at.expect("a head") + 4..]).into_owned();
    let cut = &body[..body.len() / 2];
    let is_revoke = of.name == "revoke";
    let is_request = of.name.starts_with("request");
    let fails = |row: Row, code, is_fine: bool| match is_fine {
        true => row,
        false => row
            .fails(code, Delivery::Accepted)
            .requests(1)
            .retryable(false),
    };
    let (transport, invalid) = (Code::Transport, Code::InvalidResponse);
    let any = is_revoke || is_request;
    vec![
        fails(
            of.row("an empty 200")
                .serve(answer(ok("")))
                .body("")
                .unread(),
            invalid,
            any,
        ),
        fails(
            of.row("204 without a body")
                .serve(answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()))
                .body("")
                .unread(),
            invalid,
            any,
        ),
        fails(
            of.row("a 200 with HTML")
                .serve(answer(ok("<html>")))
                .body("<html>")
                .unread(),
            invalid,
            any,
        ),
        fails(
            of.row("a 200 with {}")
                .serve(answer(ok("{}")))
                .body("{}")
                .unread(),
            invalid,
            any,
        ),
        of.row("a whole body whose length says more")
            .serve(answer(short(&body, 7)))
            .body(&body),
        fails(
            of.row("a body that breaks off")
                .serve(answer(short(cut, 100)))
                .body(cut)
                .unread(),
            transport,
            is_revoke,
        ),
        fails(
            of.row("a body that is announced and never comes")
                .serve(answer(short("", 100)))
                .body("")
                .unread(),
            transport,
            is_revoke,
        ),
        fails(
            of.row("a body of malformed chunks")
                .serve(answer(answers::chunked(b"5\r\n{\"a\":\r\nzz\r\n")))
                .unread(),
            transport,
            is_revoke,
        ),
        of.row("201 with a whole body")
            .serve(answer(whole("201 Created", "", body.as_bytes())))
            .status(201)
            .body(&body),
    ]
}

fn time() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, call) in CALLS {
        let of = Of { name, call };
        rows.push(
            of.row("no response comes")
                .serve(vec![Request, Wait(1_500)])
                .timeout(400)
                .late(Delivery::Unknown)
                .retryable(call.repeat != Repeat::Never),
        );
        let late = of
            .row("the body is late")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{".to_vec()),
                Wait(1_500),
            ])
            .timeout(400)
            .body("{")
            .unread();
        rows.push(match name {
            // It is done, whatever became of the body.
            "revoke" => late.bound(Bound::Deadline),
            _ => late.late(Delivery::Accepted).retryable(false),
        });
    }
    rows.push(
        // The wait behind the first attempt fits in, the second attempt does not.
        of("get")
            .row("503, and then no response until the deadline of all attempts")
            .serve(vec![
                Request,
                Send(error("503 Service Unavailable", "x", "")),
                Request,
                Wait(1_500),
            ])
            .timeout(600)
            .late(Delivery::Unknown)
            .requests(2)
            .repeats()
            .retryable(true),
    );
    rows
}

/// What is longer than a call keeps is never taken for the whole.
fn limits() -> Vec<Row> {
    const MEBIBYTE: usize = 1024 * 1024;
    /// The good response, with spaces behind its body up to this length.
    fn padded(call: &'static Call, length: usize) -> Vec<Step> {
        vec![
            Request,
            Make(Arc::new(move |_| {
                let good = (call.response)();
                let end = good.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                let mut body = good[end.expect("a head") + 4..].to_vec();
                body.resize(length, b' ');
                ok(body)
            })),
        ]
    }
    let row = |name, what, length| {
        let of = of(name);
        of.row(what)
            .serve(padded(of.call, length))
            .timeout(60_000)
            .under(30_000)
    };
    let over = |name, what, length| {
        row(name, what, length)
            .fails(Code::InvalidResponse, Delivery::Accepted)
            .requests(1)
            .retryable(false)
    };
    vec![
        row("get", "a body of 16 MiB", 16 * MEBIBYTE),
        over("get", "a body over 16 MiB", 16 * MEBIBYTE + 1),
        row("request GET", "a body of 16 MiB", 16 * MEBIBYTE),
        over("request GET", "a body over 16 MiB", 16 * MEBIBYTE + 1),
        over("request POST", "a body over 16 MiB", 16 * MEBIBYTE + 1),
        row("authenticate", "a body of 1 MiB", MEBIBYTE),
        row(
            "revoke",
            "a body over 1 MiB: the session has ended all the same",
            MEBIBYTE + 1,
        ),
        of("revoke")
            .row("a body without end: the session has ended all the same")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                Forever(vec![b' '; 64 * 1024]),
            ])
            .timeout(60_000)
            .under(30_000),
        row("get_jwks", "a body of 1 MiB", MEBIBYTE),
        over("get_jwks", "a body over 1 MiB", MEBIBYTE + 1),
        // A session that has arrived is not lost: its object is whole, spaces follow.
        row(
            "authenticate",
            "a whole object, and a body over 1 MiB",
            MEBIBYTE + 1,
        ),
        of("authenticate")
            .row("an object that is cut at 1 MiB")
            .serve(vec![
                Request,
                Make(Arc::new(|_| {
                    ok(format!("{{\"a\":\"{}\"}}", "x".repeat(MEBIBYTE)))
                })),
            ])
            .timeout(60_000)
            .under(30_000)
            .fails(Code::InvalidResponse, Delivery::Accepted)
            .requests(1)
            .retryable(false),
        of("request POST")
            .row("a refusal that is cut")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 900\r\n\r\n{".to_vec()),
                Close,
            ])
            .fails(Code::Api, Delivery::Rejected)
            .status(400)
            .body("{"),
        of("request PUT")
            .row("a refusal with every field")
            .serve(vec![Request, Send(error("403 Forbidden", "forbidden", ""))])
            .fails(Code::Api, Delivery::Rejected)
            .fields("forbidden")
            .body(error_body(403, "forbidden")),
    ]
}
