//! The response that a verified token stands for.

use serde_json::{Value, json};
use stytch_reader::json::Document;

use super::*;
use crate::forge::{plain_header, sign};

fn response(token: &str) -> Value {
    let verified = verify_at(token, at(NOW), STRICT).expect("a good token");
    serde_json::from_slice(verified.document()).expect("JSON")
}

#[test]
fn it_has_the_shape_of_the_remote_call() {
    let token = forge().plain();
    let expected = json!({
        "member_session": {
            "member_session_id": "member-session-test-1",
            "member_id": "member-test-1",
            "started_at": "2026-11-25T21:00:00Z",
            "last_accessed_at": "2026-11-25T21:00:00Z",
            "expires_at": "2026-11-25T22:50:00Z",
            "authentication_factors": [{
                "created_at": "2026-11-25T21:00:00Z",
                "delivery_method": "impersonation",
                "impersonated_factor": {
                    "impersonator_email_address": "support@example.com",
                    "impersonator_id": "impersonator-test-1",
                },
                "last_authenticated_at": "2026-11-25T21:00:00Z",
                "type": "impersonated",
                "updated_at": "2026-11-25T21:00:00Z",
            }],
            "organization_id": "organization-test-1",
            "roles": ["stytch_member"],
            "organization_slug": "acme",
            "custom_claims": { "team": { "name": "blue" } },
        },
        "session_jwt": token,
    });
    assert_eq!(response(&token), expected);
}

#[test]
fn what_is_missing_or_null_is_made_up_for() {
    let token = forge().token(|claims| {
        claims["exp"] = json!(NOW as f64 + 300.75);
        claims.as_object_mut().unwrap().remove("team");
        claims["https://stytch.com/session"] = json!({ "id": "s" });
        claims["https://stytch.com/organization"] = json!({ "organization_id": "o" });
    });
    let expected = json!({
        "member_session_id": "s",
        "member_id": "member-test-1",
        "expires_at": "2026-11-25T22:05:00Z",
        "authentication_factors": [],
        "organization_id": "o",
        "roles": [],
        "custom_claims": {},
    });
    assert_eq!(response(&token)["member_session"], expected);

    let token = forge().token(|claims| {
        claims.as_object_mut().unwrap().remove("team");
        claims["https://stytch.com/session"] = json!({
            "id": "s", "started_at": null, "last_accessed_at": null, "expires_at": null,
            "authentication_factors": null, "roles": null,
        });
        claims["https://stytch.com/organization"] = json!({ "organization_id": "o", "slug": null });
    });
    assert_eq!(response(&token)["member_session"], expected);
}

#[test]
fn values_are_copied_as_received() {
    let payload = forge().plain_claims();
    let payload = payload
        .replace("\"stytch_member\"", "\"stytch\\u005fmember\" , \"\\ud83d\\ude00é\"")
        .replace("\"2026-11-25T21:00:00Z\",\"roles\"", "\"2026-11-25T21:00:00.000Z\",\"roles\"")
        .replace("[{\"created_at\"", "[{\"type\":\"unknown\",\"sequence_order\":1e0},{\"created_at\"")
        .replace(
            "\"team\":",
            "\"jti\":\"x\",\"https://stytch.com/unknown\":1,\"sub\\u0000\":\"\\u0000\", \"num\\u0062er\" : 1.50e+1 ,\"team\":",
        );
    let token = sign(plain_header().as_bytes(), payload.as_bytes());
    let verified = verify_at(&token, at(NOW), STRICT).expect("a good token");
    let document = std::str::from_utf8(verified.document()).unwrap();
    for part in [
        r#""roles":["stytch\u005fmember" , "\ud83d\ude00é"]"#,
        r#""authentication_factors":[{"type":"unknown","sequence_order":1e0},{"created_at""#,
        r#""last_accessed_at":"2026-11-25T21:00:00.000Z""#,
        r#""custom_claims":{"sub\u0000":"\u0000","num\u0062er":1.50e+1,"team":{"name":"blue"}}}"#,
    ] {
        assert!(document.contains(part), "{part}\n{document}");
    }
    for part in ["attributes", "jti", "https://", "\"iss\""] {
        assert!(!document.contains(part), "{part}\n{document}");
    }
    serde_json::from_str::<Value>(document).expect("JSON");
}

#[test]
fn the_getters_work_on_it() {
    let token = forge().plain();
    let verified = verify_at(&token, at(NOW), STRICT).unwrap();
    let text = verified.document();
    let document = Document::parse(text).expect("an object");
    let string = |pointer| document.pointer(pointer)?.string();
    assert_eq!(string("/session_jwt").unwrap().to_str(), Ok(token.as_str()));
    let email =
        "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address";
    assert_eq!(string(email), Some(c"support@example.com"));
    assert_eq!(string("/member_session/roles/0"), Some(c"stytch_member"));
    assert_eq!(
        string("/member_session/custom_claims/team/name"),
        Some(c"blue")
    );
}

#[test]
fn the_buffer_never_moves() {
    // The longest frame: every member that is written by ourselves.
    for token in [
        forge().plain(),
        forge().token(|claims| claims["https://stytch.com/session"] = json!({ "id": "s" })),
    ] {
        let document = verify_at(&token, at(NOW), STRICT).unwrap().into_document();
        assert!(document.capacity() > document.len(), "no room for a NUL");
    }
}
