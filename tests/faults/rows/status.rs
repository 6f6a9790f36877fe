//! Answers with a status that is not 200.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::faults::answers::{error, error_body, session, whole};
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{self, Close, Request, Send, Serve};

fn row(what: &'static str) -> Row {
    Row::new("status", what)
}

/// An answer with every field of an error, which is kept and never followed by another request.
fn refused(
    what: &'static str,
    status: &'static str,
    error_type: &'static str,
    headers: &str,
    delivery: Delivery,
) -> Row {
    let code = status[..3].parse().expect("a status");
    row(what)
        .serve(vec![Request, Send(error(status, error_type, headers))])
        .fails(Code::Api, delivery)
        .status(i32::from(code))
        .fields(error_type)
        .body(error_body(code, error_type))
        .connections(1)
}

fn redirect(what: &'static str, status: &'static str, location: &str) -> Row {
    let headers = format!("Location: {location}\r\n");
    row(what)
        .serve_each(vec![
            vec![Request, Send(whole(status, &headers, b"gone"))],
            vec![Serve],
        ])
        .fails(Code::Api, Delivery::Unknown)
        .status(status[..3].parse().expect("a status"))
        .body("gone")
        .connections(1)
        .says("redirect")
}

pub fn rows() -> Vec<Row> {
    let rejected = Delivery::Rejected;
    let unknown = Delivery::Unknown;
    let mut rows = vec![
        redirect("301 to https elsewhere", "301 Moved Permanently", "https://elsewhere.test/"),
        redirect("302 to a path", "302 Found", "/elsewhere"),
        redirect("303 to a path", "303 See Other", "/elsewhere"),
        redirect("307 to a path", "307 Temporary Redirect", "/elsewhere"),
        redirect("308 to a path", "308 Permanent Redirect", "/elsewhere"),
        row("304 without a body")
            .serve(vec![Request, Send(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())])
            .fails(Code::Api, unknown)
            .status(304),
        refused("400", "400 Bad Request", "invalid_json", "", rejected),
        refused("401, the token was used", "401 Unauthorized", "unable_to_auth_impersonation_token", "", rejected),
        refused("401, wrong credentials", "401 Unauthorized", "unauthorized_credentials", "", rejected)
            .says("check project id, secret"),
        refused("403", "403 Forbidden", "organization_suspended", "", rejected),
        refused("404", "404 Not Found", "member_not_found", "", rejected),
        refused("408", "408 Request Timeout", "timeout", "", rejected),
        refused("421", "421 Misdirected Request", "misdirected", "", rejected),
        refused("500", "500 Internal Server Error", "internal_server_error", "", unknown),
        refused("502", "502 Bad Gateway", "bad_gateway", "", unknown),
        refused("503 with Retry-After", "503 Service Unavailable", "unavailable", "Retry-After: 1\r\n", unknown)
            .retry_after(1_000..=1_000),
        refused("504", "504 Gateway Timeout", "gateway_timeout", "", unknown),
        refused("599", "599 Whatever", "whatever", "", unknown),
        row("502 with HTML")
            .serve(vec![Request, Send(whole("502 Bad Gateway", "", b"<html>bad\0gateway</html>"))])
            .fails(Code::Api, unknown)
            .status(502)
            .body(b"<html>bad\0gateway</html>"),
        row("999, a status of no class")
            .serve(vec![Request, Send(whole("999 Whatever", "", b"x"))])
            .fails(Code::Api, unknown)
            .status(999),
        row("401 in the form of OAuth")
            .serve(vec![Request, Send(whole("401 Unauthorized", "",
                br#"{"error":"invalid_client","error_description":"Some words.","error_uri":"https://stytch.com/docs/errors","request_id":"request-id-9"}"#))])
            .fails(Code::Api, rejected)
            .fields("invalid_client"),
        row("400 whose body is cut")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"error_type\":\"x".to_vec()),
                Close,
            ])
            .fails(Code::Api, rejected)
            .status(400)
            .body("{\"error_type\":\"x"),
        row("500 whose body is cut")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\n{".to_vec()),
                Close,
            ])
            .fails(Code::Api, unknown)
            .status(500)
            .body("{"),
        row("400 whose message quotes the token and the secret")
            .serve(vec![Request, quoting()])
            .fails(Code::Api, rejected)
            .status(400),
    ];
    rows.extend(too_many());
    rows
}

/// A gateway that says what it was sent.
fn quoting() -> Step {
    use crate::faults::client::SECRET;
    Step::Make(Arc::new(|token| {
        let body = format!(
            r#"{{"error_type":"bad_request","error_message":"cannot use {{impersonation_token: {token}}} of {SECRET}"}}"#
        );
        whole("400 Bad Request", "", body.as_bytes())
    }))
}

/// `Retry-After` with a date so many seconds ahead of when it is sent.
fn dated(ahead: u64) -> Step {
    Step::Make(Arc::new(move |_| {
        let time = SystemTime::now() + Duration::from_secs(ahead);
        let header = format!("Retry-After: {}\r\n", httpdate::fmt_http_date(time));
        limit(&header)
    }))
}

fn limit(headers: &str) -> Vec<u8> {
    error("429 Too Many Requests", "too_many_requests", headers)
}

/// A 429 that is followed by no other request.
fn limited(what: &'static str, answer: Step) -> Row {
    row(what)
        .serve(vec![Request, answer, Request, Send(session())])
        .fails(Code::Api, Delivery::Rejected)
        .status(429)
        .fields("too_many_requests")
        .body(error_body(429, "too_many_requests"))
        .connections(1)
}

/// A 429 that is followed by a request which succeeds.
fn again(what: &'static str, answer: Step, waits: u64) -> Row {
    row(what)
        .serve(vec![Request, answer, Request, Send(session())])
        .requests(2)
        .repeats()
        .connections(1)
        .under(waits + 1_500)
}

fn too_many() -> Vec<Row> {
    let seconds = |value: &str| Send(limit(&format!("Retry-After: {value}\r\n")));
    let none = || -1..=-1;
    vec![
        limited("429 without Retry-After", Send(limit(""))).retry_after(none()),
        limited("429 with Retry-After behind the deadline", seconds("20"))
            .retry_after(20_000..=20_000),
        limited("429 with a date behind the deadline", dated(20)).retry_after(18_000..=20_000),
        limited("429 with Retry-After: -1", seconds("-1")).retry_after(none()),
        limited("429 with Retry-After: 1.5", seconds("1.5")).retry_after(none()),
        limited("429 with Retry-After: +1", seconds("+1")).retry_after(none()),
        limited("429 with an empty Retry-After", seconds("")).retry_after(none()),
        limited(
            "429 with Retry-After above 2^63",
            seconds("9999999999999999999"),
        )
        .retry_after(none()),
        limited("429 with a malformed date", seconds("Tomorrow")).retry_after(none()),
        limited("429 with Retry-After and no retries allowed", seconds("0"))
            .retries(0)
            .retry_after(0..=0),
        limited("429 with Retry-After, every time", seconds("0"))
            .serve(vec![
                Request,
                seconds("0"),
                Request,
                seconds("0"),
                Request,
                seconds("0"),
            ])
            .requests(3)
            .repeats()
            .retry_after(0..=0),
        again(
            "429 with Retry-After in seconds, then a session",
            seconds("1"),
            1_000,
        ),
        again("429 with a date, then a session", dated(2), 2_000),
        again(
            "429 with a date that has passed, then a session",
            seconds("Sun, 06 Nov 1994 08:49:37 GMT"),
            0,
        ),
        row("429 with Retry-After, then the answer breaks off")
            .serve(vec![Request, seconds("0"), Request, Close])
            .broke()
            .requests(2)
            .repeats(),
    ]
}
