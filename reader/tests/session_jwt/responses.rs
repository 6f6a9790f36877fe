//! The response that a verified token stands for.

use serde_json::{Value, json};
use stytch_reader::json::Document;

use super::*;
use crate::forge::{plain_header, sign};

fn response(token: &str) -> Value {
    let verified = verify_at(token, at(NOW), STRICT).expect("a good token");
    serde_json::from_slice(verified.text()).expect("JSON")
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
    let document = std::str::from_utf8(verified.text()).unwrap();
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
    let text = verified.text();
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

/// The tape is written together with the text, by copying from the payload's.
#[test]
fn the_tape_is_what_reading_the_text_gives() {
    let mut seen = 0;
    let mut check = |token: &str, max_token_age_seconds| {
        let limits = Limits {
            max_token_age_seconds,
            ..STRICT
        };
        let Ok(verified) = verify_at(token, at(NOW), limits) else {
            return false;
        };
        let read = Document::parse(verified.text()).expect("an object");
        let text = String::from_utf8_lossy(verified.text());
        assert!(*verified.tape() == read, "{text}");
        assert_eq!(read.end(), text.len());
        seen += 1;
        true
    };
    for row in table::rows(&forge()) {
        let is_accepted = check(&row.token, row.max_age);
        assert_eq!(is_accepted, row.refused.is_none());
    }
    // Escapes, white space, numbers, and nothing at all.
    for value in [
        r#""\ud83d\ude00\n\/\"é""#,
        r#"[ 1.50e+1 , { } , [ ] , { "\u0061\\" : [ [ "\t" ] ] } ]"#,
        r#"{ "a" : { "b" : null } , "c" : [true,false] }"#,
        r#""""#,
        "[ ]",
    ] {
        for name in ["team", r"\u0074eam", r#"t\"m\u0000"#] {
            let payload = forge().plain_claims();
            let payload = payload
                .replace(
                    r#""team":{"name":"blue"}"#,
                    &format!(r#" "{name}" : {value} "#),
                )
                .replace(
                    r#"["stytch_member"]"#,
                    &format!(r#"[{value}, "\u00e9" ,{value} ]"#),
                );
            assert!(payload.contains(name) && payload.contains(r"\u00e9"));
            let token = sign(plain_header().as_bytes(), payload.as_bytes());
            assert!(check(&token, -1), "{payload}");
        }
    }
    // From so many on there is an index: of claims, roles, and what is deep
    // inside of one.
    for count in [61, 62, 63, 64, 65, 300] {
        for place in 0..4 {
            let names = (0..count).map(|at| (format!("n{}", at * 37 % count), json!(at)));
            let many: serde_json::Map<_, _> = names.collect();
            let token = forge().token(|claims| match place {
                0 => claims.as_object_mut().unwrap().extend(many),
                1 => claims["https://stytch.com/session"]["roles"] = (0..count).collect(),
                2 => claims["team"] = json!([[many]]),
                _ => claims["https://stytch.com/session"]["x"] = json!(many),
            });
            assert!(check(&token, -1), "{count} in {place}");
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_buffer_never_moves() {
    // The longest frame: every member that is written by ourselves.
    for token in [
        forge().plain(),
        forge().token(|claims| claims["https://stytch.com/session"] = json!({ "id": "s" })),
    ] {
        let (text, _) = verify_at(&token, at(NOW), STRICT).unwrap().into_parts();
        assert!(text.capacity() > text.len(), "no room for a NUL");
    }
}
