//! What can be made to go wrong, as a client on the wire sees it.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stytch_sandbox::Sandbox;
use support::*;

fn queue(sandbox: &Sandbox, faults: &Value) -> Response {
    Request::new("POST", "/sandbox/faults")
        .json(faults)
        .send(sandbox)
}

/// The response to a request with a fresh token after `fault`, and whether the token still works.
fn with(sandbox: &Sandbox, fault: &Value) -> (Response, bool) {
    let body = queue(sandbox, fault);
    assert_eq!(body.json(), json!({ "queued": 1 }), "{fault}");
    let token = sandbox.create_token();
    let response = authenticate(&token).send(sandbox);
    (response, works(sandbox, &token))
}

/// The length of a head, if it is whole.
fn head(response: &Response) -> Option<usize> {
    response
        .bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

#[test]
fn a_status_replaces_the_response() {
    let sandbox = sandbox();
    let fault = json!({ "status": 503, "headers": { "Retry-After": "1", "X-Two": ["a", "b"] },
        "body": "try later" });
    let (response, unused) = with(&sandbox, &fault);
    assert_eq!((response.status(), response.body()), (503, "try later"));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(
        response.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(response.text().matches("x-two: ").count(), 2);
    assert!(unused);

    let (response, unused) = with(&sandbox, &json!({ "status": 200, "body": { "a": [1] } }));
    assert_eq!((response.status(), response.body()), (200, r#"{"a":[1]}"#));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert!(unused);

    let html = json!({ "status": 502, "headers": { "Content-Type": "text/html" }, "body": "<p>" });
    let (response, _) = with(&sandbox, &html);
    assert_eq!(response.header("content-type"), Some("text/html"));
    assert_eq!(response.text().matches("content-type").count(), 1);

    let (response, _) = with(&sandbox, &json!({ "status": 500, "body_base64": "AP8=" }));
    assert!(response.bytes.ends_with(b"\r\n\r\n\x00\xff"));

    let (response, _) = with(
        &sandbox,
        &json!({ "status": 302, "headers": { "Location": "/x" } }),
    );
    assert_eq!((response.status(), response.body()), (302, ""));
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
        let (response, unused) = with(&sandbox, &json!({ "status": status }));
        let body = response.json();
        assert_eq!(response.status(), status);
        assert_eq!(body["status_code"], status);
        assert_eq!(body["error_type"], error_type);
        assert!(unused);
    }
}

#[test]
fn a_replaced_response_uses_the_token_where_asked() {
    let sandbox = sandbox();
    for fault in [
        json!({ "status": 502, "spend": true }),
        json!({ "raw": "HTTP/1.1 500 No\r\n\r\n", "spend": true }),
        json!({ "connection": "close", "spend": true }),
    ] {
        let (response, unused) = with(&sandbox, &fault);
        assert!(!response.text().contains("200"), "{fault}");
        assert!(!unused, "{fault}");
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
                let (response, unused) = with(&sandbox, &fault);
                assert_eq!(response.end, *end, "{fault}");
                let (length, head) = (response.bytes.len(), head(&response));
                match when {
                    "before_headers" => assert_eq!(length, 0),
                    "within_headers" => {
                        assert_eq!(head, None);
                        assert!(
                            response.bytes.starts_with(b"HTTP/1.1 200 OK\r\n")
                                && length < whole_head
                        );
                    }
                    "after_headers" => assert_eq!(head, Some(length)),
                    _ => {
                        let announced = response.header("content-length").unwrap().parse::<usize>();
                        let body = response.body().len();
                        assert!(body > 0 && body < announced.unwrap(), "{body}");
                    }
                }
                assert_eq!(unused, when == "before_headers", "{fault}");
            }
            let (response, unused) = with(&sandbox, &json!({ "connection": how }));
            assert_eq!(
                (response.bytes.len(), &response.end, unused),
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
            let (response, unused) = with(&sandbox, &json!({ "cut_body": cut, "connection": how }));
            assert_eq!(
                (response.status(), response.body().len(), &response.end),
                (200, cut, end)
            );
            assert!(
                response
                    .header("content-length")
                    .unwrap()
                    .parse::<usize>()
                    .unwrap()
                    > 1000
            );
            assert!(!unused);
        }
        let (response, _) = with(&sandbox, &json!({ "cut_body": 1_000_000 }));
        assert_eq!(response.end, closed);
        assert_eq!(response.json()["status_code"], 200);
    }
}

#[test]
fn a_replaced_response_is_cut_too() {
    let sandbox = sandbox();
    let fault = json!({ "status": 500, "body": "0123456789", "cut_body": 4 });
    let (response, unused) = with(&sandbox, &fault);
    assert_eq!(
        (response.status(), response.body(), unused),
        (500, "0123", true)
    );
    // A status without a body has nothing to cut, and still ends.
    let (response, _) = with(
        &sandbox,
        &json!({ "status": 204, "body": "x", "cut_body": 1 }),
    );
    assert_eq!((response.status(), response.body()), (204, ""));
}

#[test]
fn a_raw_response_is_written_as_it_stands() {
    for (sandbox, closed) in [(sandbox(), End::Closed), (tls_sandbox(), End::Cut)] {
        let raw = "HTTP/1.1 200 Fine\r\nContent-Length: -1\r\n\r\n\u{0}";
        let (response, unused) = with(&sandbox, &json!({ "raw": raw }));
        assert_eq!(
            (response.text(), &response.end, unused),
            (raw, &closed, true)
        );
        let (response, _) = with(
            &sandbox,
            &json!({ "raw_base64": "AP8A", "connection": "reset" }),
        );
        assert_eq!(
            (response.bytes.as_slice(), response.end),
            (&[0, 255, 0][..], End::Reset)
        );
        let (response, _) = with(&sandbox, &json!({ "raw": "" }));
        assert_eq!((response.text(), &response.end), ("", &closed));
        // Larger than any buffer on the way.
        let long = "x".repeat(3_000_000);
        let (response, _) = with(&sandbox, &json!({ "raw": long }));
        assert_eq!((response.bytes.len(), &response.end), (long.len(), &closed));
    }
}

#[test]
fn a_delay_holds_the_response_back_after_the_request_was_carried_out() {
    let sandbox = sandbox();
    let late = Duration::from_millis(200);
    for (fault, status, unused) in [
        (json!({ "delay_ms": 200 }), "200", false),
        (json!({ "delay_ms": 200, "status": 503 }), "503", true),
    ] {
        assert_eq!(queue(&sandbox, &fault).json()["queued"], 1);
        let token = sandbox.create_token();
        let start = Instant::now();
        let response = authenticate(&token).send(&sandbox);
        assert!(start.elapsed() >= late);
        assert_eq!(response.text()[9..12], *status);
        assert_eq!(works(&sandbox, &token), unused);
    }

    // A client that does not wait has used its token all the same.
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
        let response = queue(&sandbox, &faults);
        let body = response.json();
        assert_eq!(response.status(), 400, "{faults}");
        let message = body["error_message"].as_str().unwrap();
        assert!(message.contains(says), "{faults}: {message}");
    }
    assert_eq!(
        Request::new("GET", "/sandbox/faults").send(&sandbox).json(),
        json!([])
    );
}
