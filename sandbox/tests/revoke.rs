//! Ending sessions, and listing those that have not ended.

mod support;

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use stytch_sandbox::schema::{SessionGetResponse, SessionRevokeResponse};
use stytch_sandbox::{Sandbox, SessionState};
use support::*;

fn is_active(sandbox: &Sandbox, token: &str) -> bool {
    let response = post(
        sandbox,
        SESSIONS_AUTHENTICATE,
        &json!({ "session_token": token }),
    );
    match response.status() {
        200 => true,
        404 => false,
        status => panic!("status {status}"),
    }
}

#[test]
fn a_session_is_revoked_once_by_id_token_or_jwt() {
    let sandbox = sandbox();
    for kind in ["ordinary", "impersonated"] {
        for name in ["member_session_id", "session_token", "session_jwt"] {
            let start = || sandbox.start_session_with(&json!({ "kind": kind }).to_string());
            let (session, other) = (start(), start());
            let selector = json!({ name: match name {
                "member_session_id" => &session.member_session_id,
                "session_token" => &session.session_token,
                _ => &session.session_jwt,
            } });
            assert!(is_active(&sandbox, &session.session_token));
            let response = post(&sandbox, REVOKE, &selector);
            assert_eq!(response.status(), 200, "{name}");
            serde_json::from_str::<SessionRevokeResponse>(response.body()).unwrap();

            assert!(!is_active(&sandbox, &session.session_token), "{name}");
            assert!(is_active(&sandbox, &other.session_token), "{name}");
            let by_jwt = json!({ "session_jwt": session.session_jwt });
            for (path, body) in [(REVOKE, &selector), (SESSIONS_AUTHENTICATE, &by_jwt)] {
                let again = post(&sandbox, path, body);
                let expected = (404, "session_not_found".to_owned());
                assert_eq!(refusal(&again), expected, "{path} {name}");
            }
        }
    }
}

#[test]
fn of_requests_that_race_to_revoke_a_session_one_succeeds() {
    const RACERS: usize = 8;
    let sandbox = sandbox();
    for _ in 0..10 {
        let token = sandbox.start_session().session_token;
        let start = Barrier::new(RACERS);
        let race = || {
            start.wait();
            post(&sandbox, REVOKE, &json!({ "session_token": token })).status()
        };
        let statuses: Vec<u16> = thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        });
        let won = statuses.iter().filter(|status| **status == 200).count();
        let lost = statuses.iter().filter(|status| **status == 404).count();
        assert_eq!((won, lost), (1, RACERS - 1));
    }
}

#[test]
fn all_sessions_of_a_member_are_revoked_as_often_as_asked() {
    let sandbox = sandbox();
    let ada = [sandbox.start_session(), sandbox.start_session()];
    let grace = sandbox.start_session_with(r#"{ "organization_id": "compiler-works" }"#);
    let member = json!({ "member_id": ada[0].member_id });
    for _ in 0..2 {
        assert_eq!(post(&sandbox, REVOKE, &member).status(), 200);
        for session in &ada {
            assert!(!is_active(&sandbox, &session.session_token));
        }
    }
    assert!(is_active(&sandbox, &grace.session_token));
    let states: Vec<_> = sandbox.sessions().iter().map(|one| one.state).collect();
    let (revoked, active) = (SessionState::Revoked, SessionState::Active);
    assert_eq!(states, [revoked, revoked, active]);
}

#[test]
fn exactly_one_selector_is_taken() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let names = [
        "member_session_id",
        "session_token",
        "session_jwt",
        "member_id",
    ];
    let value = |name| match name {
        "member_session_id" => &session.member_session_id,
        "session_token" => &session.session_token,
        "session_jwt" => &session.session_jwt,
        _ => &session.member_id,
    };
    for (first, one) in names.iter().enumerate() {
        for other in &names[first + 1..] {
            let body = json!({ *one: value(one), *other: value(other) });
            let response = post(&sandbox, REVOKE, &body);
            let expected = (400, "too_many_session_revoke_arguments".to_owned());
            assert_eq!(refusal(&response), expected, "{one} {other}");
        }
    }
    for (body, status, error_type) in [
        (json!({}), 400, "no_session_revoke_arguments"),
        (
            json!({ "member_id": "", "session_jwt": null }),
            400,
            "no_session_revoke_arguments",
        ),
        (
            json!({ "member_session_id": "session-test-x" }),
            404,
            "session_not_found",
        ),
        (json!({ "session_token": "x" }), 404, "session_not_found"),
        (
            json!({ "session_jwt": "x.y.z" }),
            400,
            "unable_to_parse_session_jwt",
        ),
        (
            json!({ "member_id": "member-test-x" }),
            404,
            "member_not_found",
        ),
        (json!({ "member_id": 1 }), 400, "bad_request"),
        (json!([]), 400, "bad_request"),
    ] {
        let response = post(&sandbox, REVOKE, &body);
        assert_eq!(
            refusal(&response),
            (status, error_type.to_owned()),
            "{body}"
        );
    }
    assert!(is_active(&sandbox, &session.session_token));
    assert_eq!(
        Request::new("POST", REVOKE)
            .json("{}")
            .send(&sandbox)
            .status(),
        401
    );
    assert_eq!(
        Request::new("GET", REVOKE)
            .authorized()
            .send(&sandbox)
            .status(),
        405
    );
}

#[test]
fn an_expired_jwt_revokes_and_an_expired_session_is_not_found() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    sandbox.advance_clock(30 * 60);
    let by_jwt = json!({ "session_jwt": session.session_jwt });
    assert_eq!(post(&sandbox, REVOKE, &by_jwt).status(), 200);

    let session = sandbox.start_session();
    sandbox.advance_clock(60 * 60);
    let by_id = json!({ "member_session_id": session.member_session_id });
    let response = post(&sandbox, REVOKE, &by_id);
    assert_eq!(refusal(&response), (404, "session_not_found".to_owned()));
    assert_eq!(sandbox.sessions()[1].state, SessionState::Expired);
}

#[test]
fn the_active_sessions_of_a_member_are_listed() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let (member, organization) = (&session.member_id, &session.organization_id);
    let get = |query: &str| {
        Request::new("GET", &format!("{SESSIONS}{query}"))
            .authorized()
            .send(&sandbox)
    };
    let listed = |organization: &str| -> Vec<Value> {
        let query = format!("?organization_id={organization}&member_id={member}");
        let response = get(&query);
        assert_eq!(response.status(), 200, "{}", response.text());
        serde_json::from_str::<SessionGetResponse>(response.body()).unwrap();
        let sessions = response.json()["member_sessions"]
            .as_array()
            .unwrap()
            .clone();
        sessions
            .iter()
            .map(|one| one["member_session_id"].clone())
            .collect()
    };
    assert_eq!(listed(organization), [session.member_session_id.as_str()]);
    authenticate(&sandbox.create_token()).send(&sandbox);
    sandbox.start_session_with(r#"{ "organization_id": "compiler-works" }"#);
    assert_eq!(listed("analytical-engines").len(), 2);
    assert!(sandbox.revoke_session(&session.member_session_id));
    assert!(!sandbox.revoke_session(&session.member_session_id));
    let left = listed(organization);
    assert!(left.len() == 1 && left[0] != session.member_session_id.as_str());
    sandbox.advance_clock(60 * 60);
    assert!(listed(organization).is_empty());

    for (query, status, error_type) in [
        (String::new(), 400, "bad_request"),
        (format!("?member_id={member}"), 400, "bad_request"),
        (
            format!("?organization_id={organization}&member_id="),
            400,
            "bad_request",
        ),
        (
            format!("?organization_id=organization-test-x&member_id={member}"),
            404,
            "organization_not_found",
        ),
        (
            format!("?organization_id=compiler-works&member_id={member}"),
            404,
            "member_not_found",
        ),
    ] {
        let response = get(&query);
        assert_eq!(
            refusal(&response),
            (status, error_type.to_owned()),
            "{query}"
        );
    }
    assert_eq!(Request::new("GET", SESSIONS).send(&sandbox).status(), 401);
}
