//! Requests that are refused: with which status, in which shape, in which order.

mod support;

use std::collections::HashSet;

use serde_json::{Value, json};
use stytch_sandbox::Config;
use support::*;

const PROJECT_ID: &str = Config::DEFAULT_PROJECT_ID;
const SECRET: &str = Config::DEFAULT_SECRET;

fn post(content_type: &str, body: &str) -> Request {
    let mut request = Request::new("POST", AUTHENTICATE).auth(PROJECT_ID, SECRET);
    body.clone_into(&mut request.body);
    request.header("Content-Type", content_type)
}

fn anonymous() -> Request {
    Request::new("POST", AUTHENTICATE).json(json!({ "impersonation_token": "unknown" }))
}

#[test]
fn refusals() {
    let sandbox = sandbox();
    let json = "application/json";
    let large = format!("{{\"impersonation_token\":\"{}\"}}", "x".repeat(64 * 1024));
    let cases: Vec<(&str, u16, &str, Request)> = vec![
        (
            "no credentials",
            401,
            "unauthorized_credentials",
            anonymous(),
        ),
        (
            "wrong secret",
            401,
            "unauthorized_credentials",
            anonymous().auth(PROJECT_ID, "secret"),
        ),
        (
            "longer secret",
            401,
            "unauthorized_credentials",
            anonymous().auth(PROJECT_ID, &format!("{SECRET}x")),
        ),
        (
            "empty secret",
            401,
            "unauthorized_credentials",
            anonymous().auth(PROJECT_ID, ""),
        ),
        (
            "wrong project",
            401,
            "unauthorized_credentials",
            anonymous().auth("project-test", SECRET),
        ),
        (
            "no base64",
            401,
            "unauthorized_credentials",
            anonymous().header("Authorization", "Basic §"),
        ),
        (
            "another scheme",
            401,
            "unauthorized_credentials",
            anonymous().header("Authorization", &format!("Bearer {SECRET}")),
        ),
        (
            "unknown token",
            401,
            "unable_to_auth_impersonation_token",
            post(json, r#"{"impersonation_token":"unknown"}"#),
        ),
        ("no token", 400, "bad_request", post(json, "{}")),
        (
            "empty token",
            400,
            "bad_request",
            post(json, r#"{"impersonation_token":""}"#),
        ),
        (
            "null token",
            400,
            "bad_request",
            post(json, r#"{"impersonation_token":null}"#),
        ),
        (
            "number for a token",
            400,
            "bad_request",
            post(json, r#"{"impersonation_token":1}"#),
        ),
        (
            "no object",
            400,
            "bad_request",
            post(json, r#"["impersonation_token"]"#),
        ),
        ("empty body", 400, "bad_request", post(json, "")),
        (
            "cut JSON",
            400,
            "bad_request",
            post(json, r#"{"impersonation_token":"#),
        ),
        (
            "two documents",
            400,
            "bad_request",
            post(json, r#"{"impersonation_token":"a"} {}"#),
        ),
        (
            "charset",
            415,
            "unsupported_media_type",
            post(
                "application/json; charset=utf-8",
                r#"{"impersonation_token":"a"}"#,
            ),
        ),
        (
            "form",
            415,
            "unsupported_media_type",
            post("application/x-www-form-urlencoded", "impersonation_token=a"),
        ),
        (
            "no content type",
            415,
            "unsupported_media_type",
            Request::new("POST", AUTHENTICATE).auth(PROJECT_ID, SECRET),
        ),
        ("large body", 413, "request_too_large", post(json, &large)),
        (
            "very large body",
            413,
            "request_too_large",
            post(json, &"x".repeat(3_000_000)),
        ),
        (
            "no such path",
            404,
            "route_not_found",
            Request::new("POST", "/v1/b2b/impersonation"),
        ),
        (
            "final slash",
            404,
            "route_not_found",
            Request::new("POST", &format!("{AUTHENTICATE}/")).auth(PROJECT_ID, SECRET),
        ),
        (
            "path not UTF-8",
            400,
            "bad_request",
            Request::new("GET", "/v1/b2b/organizations/%FF").auth(PROJECT_ID, SECRET),
        ),
        (
            "keys of a path not UTF-8",
            400,
            "bad_request",
            Request::new("GET", "/v1/b2b/sessions/jwks/%FF"),
        ),
        (
            "outside the API",
            404,
            "route_not_found",
            Request::new("GET", "/nothing"),
        ),
        (
            "GET",
            405,
            "method_not_allowed",
            Request::new("GET", AUTHENTICATE),
        ),
        (
            "PUT",
            405,
            "method_not_allowed",
            Request::new("PUT", AUTHENTICATE).json("{}"),
        ),
        // Who you are comes before what you send.
        (
            "wrong secret, bad body",
            401,
            "unauthorized_credentials",
            Request::new("POST", AUTHENTICATE)
                .auth(PROJECT_ID, "x")
                .json("{"),
        ),
        (
            "wrong secret, large body",
            401,
            "unauthorized_credentials",
            Request::new("POST", AUTHENTICATE)
                .auth(PROJECT_ID, "x")
                .json(&large),
        ),
    ];
    let mut request_ids = HashSet::new();
    for (name, status, error_type, request) in &cases {
        let response = request.send(&sandbox);
        assert_eq!(response.status(), *status, "{name}: {}", response.text());
        assert_eq!(
            response.header("content-type"),
            Some("application/json"),
            "{name}"
        );
        let challenge = response.header("www-authenticate").is_some();
        assert_eq!(challenge, *status == 401, "{name}: WWW-Authenticate");
        assert_eq!(
            response.header("allow").is_some(),
            *status == 405,
            "{name}: Allow"
        );

        let Value::Object(body) = response.json() else {
            panic!("{name}: {}", response.text())
        };
        let names: Vec<_> = body.keys().map(String::as_str).collect();
        let sorted = [
            "error_message",
            "error_type",
            "error_url",
            "request_id",
            "status_code",
        ];
        assert_eq!(HashSet::from_iter(names), HashSet::from(sorted), "{name}");
        assert_eq!(body["status_code"], *status, "{name}");
        assert_eq!(body["error_type"], *error_type, "{name}");
        assert!(
            !body["error_message"].as_str().unwrap().is_empty(),
            "{name}"
        );
        let url = format!("https://stytch.com/docs/api/errors/{status}");
        assert_eq!(body["error_url"], url.as_str(), "{name}");
        let request_id = body["request_id"].as_str().unwrap();
        assert!(request_id.starts_with("request-id-test-"), "{name}");
        assert!(
            request_ids.insert(request_id.to_owned()),
            "{name}: a request id twice"
        );
        assert!(
            !response.text().contains(SECRET),
            "{name}: the secret is in the response"
        );
    }
    let counted = cases
        .iter()
        .filter(|case| case.3.line.contains(&format!("{AUTHENTICATE} ")));
    assert_eq!(sandbox.requests(), counted.count() as u64);
}

#[test]
fn the_scheme_of_the_credentials_may_be_in_any_case() {
    let sandbox = sandbox();
    let mut request = authenticate(&sandbox.create_token());
    let (_, credentials) = &mut request.headers[0];
    *credentials = credentials.replace("Basic", "bASIC");
    assert_eq!(request.send(&sandbox).status(), 200);
}

#[test]
fn a_post_says_what_it_allows() {
    let response = Request::new("DELETE", AUTHENTICATE).send(&sandbox());
    assert_eq!(response.header("allow"), Some("POST"));
}
