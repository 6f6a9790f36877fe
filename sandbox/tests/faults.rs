//! What can be made to go wrong, as a client on the wire sees it.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stytch_sandbox::Sandbox;
use support::*;

fn queue(sandbox: &Sandbox, faults: &Value) -> Reply {
    Request::new("POST", "/sandbox/faults")
        .json(faults)
        .send(sandbox)
}

/// The reply to a request with a fresh token after `fault`, and whether the token still works.
fn with(sandbox: &Sandbox, fault: &Value) -> (Reply, bool) {
    let answer = queue(sandbox, fault);
    assert_eq!(answer.json(), json!({ "queued": 1 }), "{fault}");
    let token = sandbox.create_token();
    let reply = authenticate(&token).send(sandbox);
    (reply, works(sandbox, &token))
}

/// The length of a head, if it is whole.
fn head(reply: &Reply) -> Option<usize> {
    reply
        .bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

#[test]
fn a_status_replaces_the_answer() {
    let sandbox = sandbox();
    let fault = json!({ "status": 503, "headers": { "Retry-After": "1", "X-Two": ["a", "b"] },
        "body": "try later" });
    let (reply, unspent) = with(&sandbox, &fault);
    assert_eq!((reply.status(), reply.body()), (503, "try later"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(reply.text().matches("x-two: ").count(), 2);
    assert!(unspent);

    let (reply, unspent) = with(&sandbox, &json!({ "status": 200, "body": { "a": [1] } }));
    assert_eq!((reply.status(), reply.body()), (200, r#"{"a":[1]}"#));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(unspent);

    let html = json!({ "status": 502, "headers": { "Content-Type": "text/html" }, "body": "<p>" });
    let (reply, _) = with(&sandbox, &html);
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert_eq!(reply.text().matches("content-type").count(), 1);

    let (reply, _) = with(&sandbox, &json!({ "status": 500, "body_base64": "AP8=" }));
    assert!(reply.bytes.ends_with(b"\r\n\r\n\x00\xff"));

    let (reply, _) = with(
        &sandbox,
        &json!({ "status": 302, "headers": { "Location": "/x" } }),
    );
    assert_eq!((reply.status(), reply.body()), (302, ""));
}

#[test]
fn a_status_alone_brings_an_error_of_stytch() {
    let sandbox = sandbox();
    for (status, error_type) in [
        (400, "bad_request"),
        (401, "unauthorized_credentials"),
        (404, "route_not_found"),
        (429, "too_many_requests"),
        (500, "internal_server_error"),
        (503, "internal_server_error"),
    ] {
        let (reply, unspent) = with(&sandbox, &json!({ "status": status }));
        let body = reply.json();
        assert_eq!(reply.status(), status);
        assert_eq!(body["status_code"], status);
        assert_eq!(body["error_type"], error_type);
        assert!(unspent);
    }
}

#[test]
fn a_replaced_answer_spends_the_token_where_asked() {
    let sandbox = sandbox();
    for fault in [
        json!({ "status": 502, "spend": true }),
        json!({ "raw": "HTTP/1.1 500 No\r\n\r\n", "spend": true }),
        json!({ "connection": "close", "spend": true }),
    ] {
        let (reply, unspent) = with(&sandbox, &fault);
        assert!(!reply.text().contains("200"), "{fault}");
        assert!(!unspent, "{fault}");
    }
}

/// Every way to break a connection, over plain TCP and over TLS.
#[test]
fn connections_break_where_and_how_they_are_told() {
    for (sandbox, closed) in [(sandbox(), End::Closed), (tls_sandbox(), End::Cut)] {
        let whole = authenticate(&sandbox.create_token()).send(&sandbox);
        let whole_head = head(&whole).unwrap();
        assert_eq!(whole.end, End::Closed);
        for how in ["close", "reset"] {
            let end = if how == "close" { &closed } else { &End::Reset };
            for when in [
                "before_headers",
                "within_headers",
                "after_headers",
                "within_body",
            ] {
                let fault = json!({ "connection": how, "when": when });
                let (reply, unspent) = with(&sandbox, &fault);
                assert_eq!(reply.end, *end, "{fault}");
                let (length, head) = (reply.bytes.len(), head(&reply));
                match when {
                    "before_headers" => assert_eq!(length, 0),
                    "within_headers" => {
                        assert_eq!(head, None);
                        assert!(
                            reply.bytes.starts_with(b"HTTP/1.1 200 OK\r\n") && length < whole_head
                        );
                    }
                    "after_headers" => assert_eq!(head, Some(length)),
                    _ => {
                        let announced = reply.header("content-length").unwrap().parse::<usize>();
                        let body = reply.body().len();
                        assert!(body > 0 && body < announced.unwrap(), "{body}");
                    }
                }
                assert_eq!(unspent, when == "before_headers", "{fault}");
            }
            let (reply, unspent) = with(&sandbox, &json!({ "connection": how }));
            assert_eq!(
                (reply.bytes.len(), &reply.end, unspent),
                (0, end, true),
                "{how}"
            );
        }
    }
}

#[test]
fn a_body_is_cut_where_told_and_its_length_announced_whole() {
    for (sandbox, closed) in [(sandbox(), End::Closed), (tls_sandbox(), End::Cut)] {
        for (cut, how, end) in [
            (0, "close", &closed),
            (1, "close", &closed),
            (100, "close", &closed),
            (100, "reset", &End::Reset),
        ] {
            let (reply, unspent) = with(&sandbox, &json!({ "cut_body": cut, "connection": how }));
            assert_eq!(
                (reply.status(), reply.body().len(), &reply.end),
                (200, cut, end)
            );
            assert!(
                reply
                    .header("content-length")
                    .unwrap()
                    .parse::<usize>()
                    .unwrap()
                    > 1000
            );
            assert!(!unspent);
        }
        let (reply, _) = with(&sandbox, &json!({ "cut_body": 1_000_000 }));
        assert_eq!(reply.end, closed);
        assert_eq!(reply.json()["status_code"], 200);
    }
}

#[test]
fn a_replaced_answer_breaks_too() {
    let sandbox = sandbox();
    let fault = json!({ "status": 500, "body": "0123456789", "cut_body": 4 });
    let (reply, unspent) = with(&sandbox, &fault);
    assert_eq!((reply.status(), reply.body(), unspent), (500, "0123", true));
    // A status without a body has nothing to cut, and still ends.
    let (reply, _) = with(
        &sandbox,
        &json!({ "status": 204, "body": "x", "cut_body": 1 }),
    );
    assert_eq!((reply.status(), reply.body()), (204, ""));
}

#[test]
fn a_raw_answer_is_written_as_it_stands() {
    for (sandbox, closed) in [(sandbox(), End::Closed), (tls_sandbox(), End::Cut)] {
        let raw = "HTTP/1.1 200 Fine\r\nContent-Length: -1\r\n\r\n\u{0}";
        let (reply, unspent) = with(&sandbox, &json!({ "raw": raw }));
        assert_eq!((reply.text(), &reply.end, unspent), (raw, &closed, true));
        let (reply, _) = with(
            &sandbox,
            &json!({ "raw_base64": "AP8A", "connection": "reset" }),
        );
        assert_eq!(
            (reply.bytes.as_slice(), reply.end),
            (&[0, 255, 0][..], End::Reset)
        );
        let (reply, _) = with(&sandbox, &json!({ "raw": "" }));
        assert_eq!((reply.text(), &reply.end), ("", &closed));
        // Larger than any buffer on the way.
        let long = "x".repeat(3_000_000);
        let (reply, _) = with(&sandbox, &json!({ "raw": long }));
        assert_eq!((reply.bytes.len(), &reply.end), (long.len(), &closed));
    }
}

#[test]
fn a_delay_holds_the_answer_back_after_the_request_was_carried_out() {
    let sandbox = sandbox();
    let late = Duration::from_millis(200);
    for (fault, status, unspent) in [
        (json!({ "delay_ms": 200 }), "200", false),
        (json!({ "delay_ms": 200, "status": 503 }), "503", true),
    ] {
        assert_eq!(queue(&sandbox, &fault).json()["queued"], 1);
        let token = sandbox.create_token();
        let start = Instant::now();
        let reply = authenticate(&token).send(&sandbox);
        assert!(start.elapsed() >= late);
        assert_eq!(reply.text()[9..12], *status);
        assert_eq!(works(&sandbox, &token), unspent);
    }

    // A client that does not wait has spent its token all the same.
    queue(&sandbox, &json!({ "delay_ms": 3_600_000 }));
    let token = sandbox.create_token();
    let mut impatient = connect(&sandbox);
    impatient
        .write_all(&authenticate(&token).bytes("localhost"))
        .unwrap();
    while sandbox.requests() < 5 {
        std::thread::yield_now();
    }
    drop(impatient);
    let refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let faults = Request::new("GET", "/sandbox/faults").send(&sandbox).json();
        faults == json!([])
    });
    assert!(refused && !works(&sandbox, &token));
}

#[test]
fn faults_wait_their_turn_and_come_as_often_as_told() {
    let sandbox = sandbox();
    let faults = json!([{ "status": 500, "times": 2 }, { "status": 429 }]);
    assert_eq!(queue(&sandbox, &faults).json()["queued"], 3);
    assert_eq!(
        queue(&sandbox, &json!({ "status": 404 })).json()["queued"],
        4
    );
    // The sandbox's own endpoints are spared.
    assert_eq!(
        Request::new("GET", "/sandbox/members")
            .send(&sandbox)
            .status(),
        200
    );
    let token = sandbox.create_token();
    let next = || authenticate(&token).send(&sandbox).status();
    assert_eq!(next(), 500);
    let listed = Request::new("GET", "/sandbox/faults").send(&sandbox).json();
    let expected = json!([{ "status": 500, "times": 1 }, { "status": 429, "times": 1 },
        { "status": 404, "times": 1 }]);
    assert_eq!(listed, expected);
    assert_eq!([next(), next(), next(), next()], [500, 429, 404, 200]);
}

#[test]
fn queued_faults_can_be_cleared() {
    let sandbox = sandbox();
    sandbox.queue_faults(r#"[{ "status": 500, "times": 4000000000 }, { "delay_ms": 1 }]"#);
    let cleared = Request::new("DELETE", "/sandbox/faults").send(&sandbox);
    assert_eq!(
        (cleared.status(), cleared.json()),
        (200, json!({ "queued": 0 }))
    );
    assert!(works(&sandbox, &sandbox.create_token()));
}

#[test]
fn what_cannot_be_meant_is_refused_and_queues_nothing() {
    let sandbox = sandbox();
    for (faults, says) in [
        (
            json!({ "statuss": 500 }),
            "unknown field `statuss`, expected one of `status`",
        ),
        (json!([{ "status": 500 }, { "x": 1 }]), "unknown field `x`"),
        (json!({ "delay_ms": "1" }), "delay_ms"),
        (json!({ "status": 99 }), "status: 200 to 599"),
        (json!({ "status": 101 }), "status: 200 to 599"),
        (json!({ "status": 500, "times": 0 }), "times"),
        (json!({ "status": 500, "raw": "" }), "one of status, raw"),
        (
            json!({ "status": 500, "headers": { "a b": "c" } }),
            "is not a header name",
        ),
        (
            json!({ "status": 500, "headers": { "a": "\n" } }),
            "is not valid",
        ),
        (
            json!({ "status": 500, "headers": { "Content-Length": "1" } }),
            "content-length",
        ),
        (
            json!({ "status": 500, "body": "", "body_base64": "" }),
            "not both",
        ),
        (json!({ "raw_base64": "?" }), "raw_base64"),
        (json!({ "body": "x" }), "go with status"),
        (json!({ "connection": "drop" }), "connection"),
        (json!({ "when": "within_body" }), "goes with connection"),
        (
            json!({ "connection": "close", "when": "within_body", "cut_body": 1 }),
            "not both",
        ),
        (json!({ "raw": "", "cut_body": 1 }), "whole"),
        (json!({ "delay_ms": 1, "spend": false }), "spend"),
        (json!({ "delay_ms": 3_600_001 }), "at most"),
        (json!({}), "a fault needs"),
        (json!(1), "invalid type"),
    ] {
        let reply = queue(&sandbox, &faults);
        let body = reply.json();
        assert_eq!(reply.status(), 400, "{faults}");
        let message = body["error_message"].as_str().unwrap();
        assert!(message.contains(says), "{faults}: {message}");
    }
    assert_eq!(
        Request::new("GET", "/sandbox/faults").send(&sandbox).json(),
        json!([])
    );
}
