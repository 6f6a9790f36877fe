//! The sandbox's own endpoints: whose tokens can be made, by whom, and the page.

mod support;

use serde_json::{Value, json};
use stytch_sandbox::{Config, Sandbox};
use support::*;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const TOKENS: &str = "/sandbox/impersonation_tokens";

fn make(sandbox: &Sandbox, wanted: &Value) -> Response {
    Request::new("POST", TOKENS).json(wanted).send(sandbox)
}

fn session(sandbox: &Sandbox, made: &Value) -> Value {
    authenticate(made["impersonation_token"].as_str().unwrap())
        .send(sandbox)
        .json()
}

#[test]
fn an_empty_request_makes_a_token_for_somebody() {
    let sandbox = sandbox();
    let empty = Request::new("POST", TOKENS).send(&sandbox);
    for response in [empty, make(&sandbox, &json!({}))] {
        assert_eq!(
            (response.status(), response.header("cache-control")),
            (200, Some("no-store"))
        );
        let made = response.json();
        let names = ["name", "email_address", "member_id"];
        assert!(names.iter().all(|name| made["member"][name].is_string()));
        let names = ["organization_id", "organization_name", "organization_slug"];
        assert!(
            names
                .iter()
                .all(|name| made["organization"][name].is_string())
        );

        let token = made["impersonation_token"].as_str().unwrap();
        let link = made["redirect_url"].as_str().unwrap();
        let start = format!(
            "{}?stytch_token_type=multi_tenant_impersonation&token=",
            Config::DEFAULT_REDIRECT_URL
        );
        assert_eq!(
            link.strip_prefix(&start),
            Some(token.replace('=', "%3D").as_str())
        );

        let ends = OffsetDateTime::parse(made["expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
        let left = ends - OffsetDateTime::now_utc();
        assert!(
            left <= Duration::minutes(5) && left > Duration::minutes(4),
            "{left}"
        );

        let body = session(&sandbox, &made);
        assert_eq!(body["member_id"], made["member"]["member_id"]);
        assert_eq!(
            body["organization_id"],
            made["organization"]["organization_id"]
        );
        let factor = &body["member_session"]["authentication_factors"][0];
        assert_eq!(factor["impersonated_factor"], made["impersonator"]);
    }
}

#[test]
fn every_member_of_the_list_can_be_impersonated() {
    let sandbox = sandbox();
    let listed = Request::new("GET", "/sandbox/members")
        .send(&sandbox)
        .json();
    let members = listed["members"].as_array().unwrap();
    assert!(members.len() >= 4);
    for one in members {
        let made = make(
            &sandbox,
            &json!({ "member_id": one["member"]["member_id"] }),
        )
        .json();
        assert_eq!(
            (&made["member"], &made["organization"]),
            (&one["member"], &one["organization"])
        );
        let body = session(&sandbox, &made);
        assert_eq!(body["member"]["name"], one["member"]["name"]);
        let slug = &one["organization"]["organization_slug"];
        assert_eq!(body["member_session"]["organization_slug"], *slug);
    }
}

#[test]
fn organization_impersonator_and_life_can_be_chosen() {
    let sandbox = sandbox();
    let wanted = json!({
        "organization_id": "compiler-works",
        "impersonator_id": "member-test-me",
        "impersonator_email_address": "me@example.com",
        "ttl_seconds": 30,
    });
    let made = make(&sandbox, &wanted).json();
    assert_eq!(made["organization"]["organization_slug"], "compiler-works");
    let ends = OffsetDateTime::parse(made["expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
    assert!(ends - OffsetDateTime::now_utc() <= Duration::seconds(30));
    let factor = &session(&sandbox, &made)["member_session"]["authentication_factors"][0];
    let who = json!({ "impersonator_id": "member-test-me",
        "impersonator_email_address": "me@example.com" });
    assert_eq!(factor["impersonated_factor"], who);

    let expired = make(&sandbox, &json!({ "ttl_seconds": 0 })).json();
    assert!(!works(
        &sandbox,
        expired["impersonation_token"].as_str().unwrap()
    ));
}

#[test]
fn a_token_for_nobody_is_refused() {
    let sandbox = sandbox();
    let ada = make(&sandbox, &json!({})).json()["member"]["member_id"].clone();
    for (wanted, status, says) in [
        (
            json!({ "member_id": "member-test-nobody" }),
            404,
            "/sandbox/members",
        ),
        (
            json!({ "member_id": ada, "organization_id": "compiler-works" }),
            404,
            "/sandbox/members",
        ),
        (
            json!({ "member": ada }),
            400,
            "unknown field `member`, expected one of `member_id`",
        ),
        (json!({ "member_id": 1 }), 400, "member_id"),
        (json!({ "ttl_seconds": -1 }), 400, "ttl_seconds"),
        (json!({ "ttl_seconds": 86_401 }), 400, "at most 86400"),
        (json!([]), 400, "invalid"),
    ] {
        let response = make(&sandbox, &wanted);
        assert_eq!(response.status(), status, "{wanted}");
        let body = response.json();
        let message = body["error_message"].as_str().unwrap();
        assert!(message.contains(says), "{wanted}: {message}");
    }
    let form = Request::new("POST", TOKENS).header("Content-Type", "text/plain");
    assert_eq!(
        Request {
            body: "{}".to_owned(),
            ..form
        }
        .send(&sandbox)
        .status(),
        415
    );
}

#[test]
fn other_sites_cannot_use_the_sandbox_from_a_browser() {
    let sandbox = Sandbox::start(Config {
        allowed_hosts: vec!["sandbox.internal".to_owned()],
        ..Config::default()
    })
    .unwrap();
    let host = sandbox.url().strip_prefix("http://").unwrap();
    for (headers, status) in [
        (vec![("Origin", sandbox.url())], 200),
        (vec![("Sec-Fetch-Site", "same-origin")], 200),
        (vec![("Sec-Fetch-Site", "none")], 200),
        (vec![("Host", "localhost:1")], 200),
        (vec![("Host", "[::1]:1"), ("Origin", "http://[::1]:1")], 200),
        (vec![("Host", "sandbox.internal")], 200),
        (vec![("Origin", "https://example.com")], 403),
        (vec![("Origin", "http://127.0.0.1:1")], 403),
        (vec![("Origin", "null")], 403),
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
        (vec![("Sec-Fetch-Site", "same-site")], 403),
        (vec![("Host", "rebound.example.com")], 403),
        (
            vec![
                ("Host", "rebound.example.com"),
                ("Origin", "http://rebound.example.com"),
            ],
            403,
        ),
    ] {
        for (method, path) in [
            ("POST", TOKENS),
            ("GET", "/sandbox"),
            ("GET", "/sandbox/members"),
            ("GET", "/sandbox/requests"),
            ("GET", "/sandbox/faults"),
            ("DELETE", "/sandbox/faults"),
            ("GET", "/sandbox/clock"),
            ("GET", "/sandbox/sessions"),
            ("POST", "/sandbox/sessions"),
            ("POST", "/sandbox/rotate_keys"),
        ] {
            let request = headers
                .iter()
                .fold(Request::new(method, path), |request, (name, value)| {
                    request.header(name, value)
                });
            let response = request.send(&sandbox);
            assert_eq!(
                response.status(),
                status,
                "{method} {path} {headers:?} at {host}"
            );
        }
    }
    // Stytch's own endpoint asks for the secret, which no foreign page has.
    let abroad = authenticate(&sandbox.create_token()).header("Host", "rebound.example.com");
    assert_eq!(abroad.send(&sandbox).status(), 200);
}

#[test]
fn the_count_of_requests_can_be_read() {
    let sandbox = sandbox();
    works(&sandbox, &sandbox.create_token());
    Request::new("POST", AUTHENTICATE).send(&sandbox);
    let count = Request::new("GET", "/sandbox/requests")
        .send(&sandbox)
        .json();
    assert_eq!((&count["authenticate"], sandbox.requests()), (&json!(2), 2));
    assert_eq!(count["by_path"], json!({ AUTHENTICATE: 2 }));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_no_foreign_script() {
    let sandbox = Sandbox::start(Config {
        secret: "</script><script>alert(1)</script>".to_owned(),
        ..Config::default()
    })
    .unwrap();
    let open = || Request::new("GET", "/sandbox").send(&sandbox);
    let page = open();
    assert_eq!(page.status(), 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    let (_, rest) = policy.split_once("script-src 'nonce-").unwrap();
    let nonce = rest.split('\'').next().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_ne!(
        page.header("content-security-policy"),
        open().header("content-security-policy")
    );

    // What runs or styles carries the nonce, and the data cannot break out of its element.
    let body = page.body();
    assert!(body.contains(&format!("<script nonce=\"{nonce}\">")));
    assert!(body.contains(&format!("<style nonce=\"{nonce}\">")));
    assert_eq!(body.matches("<script").count(), 2);
    assert!(!body.contains("alert(1)</script>") && !body.contains("{{"));
    assert!(!body.contains("src=") && !body.contains(" style=") && !body.contains("onclick"));
    assert_eq!(body.matches("href=").count(), 1, "only the empty icon");

    let (_, data) = body.split_once("id=\"data\">").unwrap();
    let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(data["secret"], "</script><script>alert(1)</script>");
    assert!(data["members"].as_array().unwrap().len() >= 4);

    let root = Request::new("GET", "/").send(&sandbox);
    assert_eq!(
        (root.status(), root.header("location")),
        (307, Some("/sandbox"))
    );
}
