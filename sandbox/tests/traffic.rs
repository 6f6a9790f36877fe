//! What happens to requests of every endpoint: faults that are meant for a path, and the record.

mod support;

use serde_json::{Value, json};
use stytch_sandbox::{Config, Sandbox, SessionState};
use support::*;

fn endpoints(sandbox: &Sandbox) -> Vec<Request> {
    let session = sandbox.start_session();
    let post = |path: &str, body: Value| Request::new("POST", path).authorized().json(body);
    let query = format!(
        "{SESSIONS}?organization_id={}&member_id={}",
        session.organization_id, session.member_id
    );
    vec![
        authenticate(&sandbox.create_token()),
        post(
            SESSIONS_AUTHENTICATE,
            json!({ "session_token": session.session_token }),
        ),
        post(REVOKE, json!({ "session_token": session.session_token })),
        Request::new("GET", &query).authorized(),
        Request::new("GET", &jwks_path()),
        Request::new("GET", "/v1/b2b/organizations/compiler-works").authorized(),
    ]
}

#[test]
fn every_endpoint_works_and_every_endpoint_fails_as_told() {
    let sandbox = sandbox();
    for request in endpoints(&sandbox) {
        let line = &request.line;
        sandbox.queue_faults(r#"[{ "status": 503, "body": "down" }, { "connection": "reset" }]"#);
        let response = request.send(&sandbox);
        assert_eq!(
            (response.status(), response.body()),
            (503, "down"),
            "{line}"
        );
        let response = request.send(&sandbox);
        assert_eq!(
            (response.bytes.len(), response.end),
            (0, End::Reset),
            "{line}"
        );
        let response = request.send(&sandbox);
        assert_eq!(response.status(), 200, "{line}: {}", response.text());
    }
}

#[test]
fn a_revocation_can_be_carried_out_and_its_response_lost() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    sandbox.queue_faults(r#"{ "connection": "close", "carry_out": true }"#);
    let by_id = json!({ "member_session_id": session.member_session_id });
    assert_eq!(post(&sandbox, REVOKE, &by_id).bytes.len(), 0);
    assert_eq!(sandbox.sessions()[0].state, SessionState::Revoked);
    sandbox.queue_faults(r#"{ "cut_body": 3 }"#);
    let session = sandbox.start_session();
    let by_token = json!({ "session_token": session.session_token });
    let response = post(&sandbox, REVOKE, &by_token);
    assert_eq!((response.status(), response.body().len()), (200, 3));
    assert_eq!(sandbox.sessions()[1].state, SessionState::Revoked);
}

#[test]
fn a_fault_for_a_path_waits_for_it() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let check = || {
        let body = json!({ "session_token": session.session_token });
        post(&sandbox, SESSIONS_AUTHENTICATE, &body).status()
    };
    let keys = || Request::new("GET", &jwks_path()).send(&sandbox).status();
    let faults = json!([
        { "status": 500, "path": "/v1/b2b/sessions/jwks/*", "times": 2 },
        { "status": 501, "path": SESSIONS_AUTHENTICATE },
        { "status": 502 },
    ]);
    assert_eq!(
        control(&sandbox, "/sandbox/faults", &faults).json()["queued"],
        4
    );
    // The first that fits: its own, then the one for any path, then none.
    assert_eq!([check(), check(), check()], [501, 502, 200]);
    let listed = Request::new("GET", "/sandbox/faults").send(&sandbox).json();
    let waiting = json!([{ "status": 500, "path": "/v1/b2b/sessions/jwks/*", "times": 2 }]);
    assert_eq!(listed, waiting);
    assert_eq!([keys(), keys(), keys()], [500, 500, 200]);

    // The query is not part of the path.
    sandbox.queue_faults(&json!({ "status": 500, "path": SESSIONS }).to_string());
    let query = format!("{SESSIONS}?organization_id=x&member_id=y");
    let listing = Request::new("GET", &query).authorized();
    assert_eq!(check(), 200);
    assert_eq!(listing.send(&sandbox).status(), 500);

    let wrong = control(
        &sandbox,
        "/sandbox/faults",
        &json!({ "status": 500, "path": "/sandbox" }),
    );
    assert!(wrong.status() == 400 && wrong.body().contains("/v1/"));
}

#[test]
fn requests_are_counted_by_path_and_the_last_ones_remembered() {
    let sandbox = sandbox();
    for request in endpoints(&sandbox) {
        request.send(&sandbox);
    }
    Request::new("GET", &jwks_path())
        .header("Cache-Control", "no-cache")
        .send(&sandbox);
    Request::new("POST", REVOKE).send(&sandbox);
    Request::new("GET", "/v1/nothing?a=b").send(&sandbox);
    let requests = Request::new("GET", "/sandbox/requests")
        .send(&sandbox)
        .json();
    let counts = json!({
        AUTHENTICATE: 1, SESSIONS_AUTHENTICATE: 1, REVOKE: 2, SESSIONS: 1, jwks_path(): 2,
        "/v1/b2b/organizations/compiler-works": 1, "/v1/nothing": 1,
    });
    assert_eq!(requests["by_path"], counts);
    assert_eq!(requests["authenticate"], 1);
    assert_eq!(sandbox.requests_to(&jwks_path()), 2);
    assert_eq!(sandbox.requests_to("/v1/other"), 0);
    let recent = requests["recent"].as_array().unwrap();
    assert_eq!(recent.len(), 9);
    let first = json!({ "method": "POST", "path": AUTHENTICATE, "authorization": "Basic",
        "cache_control": null });
    assert_eq!(recent[0], first);
    let keys = json!({ "method": "GET", "path": jwks_path(), "authorization": null,
        "cache_control": "no-cache" });
    assert_eq!(recent[6], keys);
    assert_eq!(recent[8]["path"], "/v1/nothing");
    assert!(!requests.to_string().contains(Config::DEFAULT_SECRET));
    let seen = sandbox.recent_requests();
    assert_eq!(serde_json::to_value(&seen).unwrap(), requests["recent"]);

    for _ in 0..100 {
        Request::new("GET", "/v1/other").send(&sandbox);
    }
    let seen = sandbox.recent_requests();
    assert!(seen.len() == 100 && seen.iter().all(|one| one.path == "/v1/other"));
}
