//! The clock that a test moves: everything that looks at the time follows it.

mod support;

use serde_json::{Value, json};
use stytch_sandbox::{Sandbox, SessionState};
use support::*;

const CLOCK: &str = "/sandbox/clock";

fn times(sandbox: &Sandbox) -> [i64; 3] {
    let (_, claims) = parts_of(&sandbox.start_session().session_jwt);
    ["iat", "nbf", "exp"].map(|name| claims[name].as_i64().unwrap())
}

/// That two readings of a clock are the same, as far as a slow machine lets us see.
fn close(one: i64, other: i64) -> bool {
    (one - other).abs() < 120
}

#[test]
fn the_clock_moves_by_as_much_as_it_is_told() {
    let sandbox = sandbox();
    let read = || Request::new("GET", CLOCK).send(&sandbox).json();
    let moved = |body: Value| control(&sandbox, CLOCK, &body).json();
    let start = sandbox.now();
    assert_eq!(read()["offset_seconds"], 0);
    assert_eq!(
        moved(json!({ "advance_seconds": 4000 }))["offset_seconds"],
        4000
    );
    assert_eq!(
        moved(json!({ "advance_seconds": -1000 }))["offset_seconds"],
        3000
    );
    let now = read();
    assert!(
        close(now["now_unix"].as_i64().unwrap(), start + 3000),
        "{now}"
    );
    assert!(close(sandbox.now(), start + 3000));
    assert!(now["now"].as_str().unwrap().ends_with('Z'));
    sandbox.advance_clock(-3000);
    assert_eq!(read()["offset_seconds"], 0);
    sandbox.advance_clock(5000);
    assert_eq!(moved(json!({ "reset": true }))["offset_seconds"], 0);

    for wrong in [
        json!({}),
        json!({ "reset": false }),
        json!({ "advance_seconds": 1, "reset": true }),
        json!({ "advance_seconds": 1.5 }),
        json!({ "advance_seconds": i64::MAX }),
        json!({ "seconds": 1 }),
    ] {
        let response = control(&sandbox, CLOCK, &wrong);
        assert_eq!(
            refusal(&response),
            (400, "bad_request".to_owned()),
            "{wrong}"
        );
    }
    assert_eq!(read()["offset_seconds"], 0);
}

#[test]
fn an_impersonation_token_expires_by_it() {
    let sandbox = sandbox();
    let token = sandbox.create_token();
    sandbox.advance_clock(200);
    assert!(works(&sandbox, &token));
    let token = sandbox.create_token();
    sandbox.advance_clock(300);
    assert!(!works(&sandbox, &token));
    // What is made then is valid then.
    assert!(works(&sandbox, &sandbox.create_token()));
}

#[test]
fn a_session_ends_by_it_and_lives_again_when_it_goes_back() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let state = || sandbox.sessions()[0].state;
    assert_eq!(state(), SessionState::Active);
    sandbox.advance_clock(60 * 60);
    assert_eq!(state(), SessionState::Expired);
    assert!(!sandbox.revoke_session(&session.member_session_id));
    sandbox.reset_clock();
    assert_eq!(state(), SessionState::Active);
    assert!(sandbox.revoke_session(&session.member_session_id));
    assert_eq!(state(), SessionState::Revoked);
    sandbox.advance_clock(60 * 60);
    assert_eq!(state(), SessionState::Revoked);
}

#[test]
fn jwts_are_dated_by_it() {
    let sandbox = sandbox();
    let start = sandbox.now();
    for offset in [0, 10_000, -10_000] {
        sandbox.reset_clock();
        sandbox.advance_clock(offset);
        let [issued, not_before, expires] = times(&sandbox);
        assert!(close(issued, start + offset), "{offset}");
        assert_eq!((not_before, expires), (issued, issued + 300));
    }
}

#[test]
fn an_expired_jwt_of_a_living_session_is_exchanged_for_a_fresh_one() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    sandbox.advance_clock(400);
    let body = session_of(&sandbox, &json!({ "session_jwt": session.session_jwt }));
    assert_eq!(body["session_token"], session.session_token.as_str());
    let (_, old) = parts_of(&session.session_jwt);
    let (_, new) = parts_of(body["session_jwt"].as_str().unwrap());
    let time = |claims: &Value, name: &str| claims[name].as_i64().unwrap();
    assert!(time(&old, "exp") < sandbox.now());
    assert!(time(&new, "exp") > sandbox.now());
    let accessed = &new["https://stytch.com/session"]["last_accessed_at"];
    assert_eq!(accessed, &body["member_session"]["last_accessed_at"]);
    assert_ne!(
        accessed,
        &old["https://stytch.com/session"]["last_accessed_at"]
    );
}
