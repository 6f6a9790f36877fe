//! Sessions as a test starts, lists and ends them, past every login.

mod support;

use serde_json::{Value, json};
use stytch_sandbox::{Sandbox, SessionKind, SessionState};
use support::*;

const PATH: &str = "/sandbox/sessions";

fn list(sandbox: &Sandbox) -> Value {
    let response = Request::new("GET", PATH).send(sandbox);
    assert_eq!(response.status(), 200);
    response.json()
}

#[test]
fn an_ordinary_session_is_not_impersonated() {
    let sandbox = sandbox();
    let made = Request::new("POST", PATH).send(&sandbox).json();
    assert_eq!(made["kind"], "ordinary");
    let session = &made["member_session"];
    let [factor] = session["authentication_factors"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        panic!("{session}")
    };
    assert_eq!(
        (&factor["type"], &factor["delivery_method"]),
        (&json!("magic_link"), &json!("email"))
    );
    assert_eq!(
        factor["email_factor"]["email_address"],
        made["member"]["email_address"]
    );
    assert!(factor.get("impersonated_factor").is_none());

    let body = session_of(&sandbox, &json!({ "session_token": made["session_token"] }));
    assert_eq!(but_access(&body["member_session"]), but_access(session));
    let (_, claims) = parts_of(made["session_jwt"].as_str().unwrap());
    let factors = &claims["https://stytch.com/session"]["authentication_factors"];
    assert_eq!(factors, &session["authentication_factors"]);
}

#[test]
fn member_kind_life_and_claims_can_be_chosen() {
    let sandbox = sandbox();
    let wanted = json!({ "organization_id": "compiler-works", "kind": "impersonated",
        "impersonator_id": "member-test-me", "impersonator_email_address": "me@example.com",
        "duration_minutes": 2, "custom_claims": { "a": 1 }, "template_claims": { "b": 2 } });
    let made = control(&sandbox, PATH, &wanted).json();
    assert_eq!(made["organization"]["organization_slug"], "compiler-works");
    let session = &made["member_session"];
    assert_eq!(session["custom_claims"], json!({ "a": 1 }));
    let (_, claims) = parts_of(made["session_jwt"].as_str().unwrap());
    assert_eq!((&claims["a"], &claims["b"]), (&json!(1), &json!(2)));
    let impersonator = json!({ "impersonator_id": "member-test-me",
        "impersonator_email_address": "me@example.com" });
    let factor = &session["authentication_factors"][0];
    assert_eq!(factor["impersonated_factor"], impersonator);
    assert_eq!(list(&sandbox)["sessions"][0]["impersonator"], impersonator);

    sandbox.advance_clock(120);
    assert_eq!(list(&sandbox)["sessions"][0]["state"], "expired");

    for (wrong, status, says) in [
        (json!({ "kind": "foreign" }), 400, "kind"),
        (json!({ "duration_minutes": 0 }), 400, "duration_minutes"),
        (
            json!({ "duration_minutes": 527_041 }),
            400,
            "duration_minutes",
        ),
        (json!({ "impersonator_id": "x" }), 400, "\\\"kind\\\""),
        (
            json!({ "custom_claims": { "exp": 1 } }),
            400,
            "reserved_claims",
        ),
        (
            json!({ "template_claims": { "iss": 1 } }),
            400,
            "reserved_claims",
        ),
        (json!({ "custom_claims": 1 }), 400, "custom_claims"),
        (
            json!({ "member_id": "member-test-x" }),
            404,
            "member_not_found",
        ),
        (json!({ "user_id": "x" }), 400, "unknown field `user_id`"),
    ] {
        let response = control(&sandbox, PATH, &wrong);
        assert_eq!(response.status(), status, "{wrong}");
        assert!(
            response.body().contains(says),
            "{wrong}: {}",
            response.body()
        );
    }
    assert_eq!(sandbox.sessions().len(), 1);
}

#[test]
fn all_sessions_are_listed_without_their_tokens_and_can_be_revoked() {
    let sandbox = sandbox();
    let body = authenticate(&sandbox.create_token()).send(&sandbox).json();
    let ordinary = sandbox.start_session();
    let listed = list(&sandbox);
    assert_eq!(listed["total"], 2);
    for secret in [&body["session_token"], &json!(ordinary.session_token)] {
        assert!(!listed.to_string().contains(secret.as_str().unwrap()));
    }
    assert!(!listed.to_string().contains("eyJ"));

    // The newest first.
    let [first, second] = listed["sessions"].as_array().unwrap().as_slice() else {
        panic!("{listed}")
    };
    assert_eq!(
        first["member_session_id"],
        ordinary.member_session_id.as_str()
    );
    assert_eq!(
        (&first["kind"], &first["state"]),
        (&json!("ordinary"), &json!("active"))
    );
    assert!(first.get("impersonator").is_none() && first.get("revoked_at").is_none());
    assert_eq!(second["kind"], "impersonated");
    assert_eq!(second["member"]["name"], "Ada Lovelace");
    for name in [
        "started_at",
        "last_accessed_at",
        "expires_at",
        "member_session_id",
    ] {
        assert_eq!(second[name], body["member_session"][name], "{name}");
    }
    assert_eq!(
        second["impersonator"],
        body["member_session"]["authentication_factors"][0]["impersonated_factor"]
    );

    let path = format!("{PATH}/{}", ordinary.member_session_id);
    let revoke = || Request::new("DELETE", &path).send(&sandbox);
    let revoked = revoke().json();
    assert_eq!(revoked["state"], "revoked");
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(refusal(&revoke()), (404, "session_not_found".to_owned()));
    let response = post(
        &sandbox,
        SESSIONS_AUTHENTICATE,
        &json!({ "session_token": ordinary.session_token }),
    );
    assert_eq!(response.status(), 404);

    let summaries = sandbox.sessions();
    assert_eq!(summaries[0].kind, SessionKind::Impersonated);
    assert_eq!(summaries[0].state, SessionState::Active);
    assert_eq!(summaries[1].kind, SessionKind::Ordinary);
    assert_eq!(summaries[1].state, SessionState::Revoked);
}

#[test]
fn the_list_shows_the_last_hundred() {
    let sandbox = sandbox();
    let ids: Vec<_> = (0..101)
        .map(|_| sandbox.start_session().member_session_id)
        .collect();
    let listed = list(&sandbox);
    assert_eq!(listed["total"], 101);
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 100);
    assert_eq!(sessions[0]["member_session_id"], ids[100].as_str());
    assert_eq!(sessions[99]["member_session_id"], ids[1].as_str());
}
