//! Authenticating a session: what comes back, what may be changed, what is refused.

mod support;

use serde_json::{Value, json};
use stytch_sandbox::Sandbox;
use stytch_sandbox::schema::SessionAuthenticateResponse;
use support::*;

/// An impersonated session, as the body of the call that made it.
fn impersonated(sandbox: &Sandbox) -> Value {
    let response = authenticate(&sandbox.create_token()).send(sandbox);
    assert_eq!(response.status(), 200);
    response.json()
}

#[test]
fn a_token_and_a_jwt_both_lead_to_the_session() {
    let sandbox = sandbox();
    let made = impersonated(&sandbox);
    for name in ["session_token", "session_jwt"] {
        let response = post(
            &sandbox,
            SESSIONS_AUTHENTICATE,
            &json!({ name: made[name] }),
        );
        assert_eq!(response.status(), 200, "{name}");
        // Nothing missing, nothing added: no member_id or organization_id at the top, no verdict.
        serde_json::from_str::<SessionAuthenticateResponse>(response.body()).unwrap();
        let body = response.json();
        assert_eq!(body["session_token"], made["session_token"]);
        assert_eq!(
            but_access(&body["member_session"]),
            but_access(&made["member_session"])
        );
        assert_eq!(body["member"], made["member"]);
        assert_eq!(body["organization"], made["organization"]);
        assert!(body.get("verdict").is_none());
    }
}

#[test]
fn exactly_one_argument_selects_the_session() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let (token, jwt) = (&session.session_token, &session.session_jwt);
    for (arguments, status, error_type) in [
        (json!({}), 400, "no_session_arguments"),
        (
            json!({ "session_token": null, "session_jwt": "" }),
            400,
            "no_session_arguments",
        ),
        (
            json!({ "session_token": token, "session_jwt": jwt }),
            400,
            "too_many_session_arguments",
        ),
        (json!({ "session_token": "x" }), 404, "session_not_found"),
        (json!({ "session_token": jwt }), 404, "session_not_found"),
        (
            json!({ "session_token": session.member_session_id }),
            404,
            "session_not_found",
        ),
        (
            json!({ "session_jwt": token }),
            400,
            "unable_to_parse_session_jwt",
        ),
        (json!({ "session_token": 1 }), 400, "bad_request"),
        (json!({ "session_jwt": [jwt] }), 400, "bad_request"),
        (json!([token]), 400, "bad_request"),
    ] {
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &arguments);
        assert_eq!(
            refusal(&response),
            (status, error_type.to_owned()),
            "{arguments}"
        );
        assert!(!response.text().contains(token.as_str()), "{arguments}");
        assert!(!response.text().contains(jwt.as_str()), "{arguments}");
    }
    // The empty text and null are as if absent.
    session_of(
        &sandbox,
        &json!({ "session_token": token, "session_jwt": "" }),
    );
    session_of(
        &sandbox,
        &json!({ "session_token": null, "session_jwt": jwt }),
    );
    // Who you are comes before what you send.
    let anonymous = Request::new("POST", SESSIONS_AUTHENTICATE).json(json!({}));
    assert_eq!(
        refusal(&anonymous.send(&sandbox)),
        (401, "unauthorized_credentials".to_owned())
    );
}

#[test]
fn a_wrong_type_is_named_and_its_value_is_not_repeated() {
    let sandbox = sandbox();
    let token = sandbox.start_session().session_token;
    for (name, value) in [
        ("session_jwt", json!({ "x": token })),
        ("session_duration_minutes", json!(token)),
        ("session_duration_minutes", json!(60.5)),
        ("session_custom_claims", json!(token)),
        ("session_custom_claims", json!([])),
        ("authorization_check", json!(token)),
        ("authorization_check", json!([token, token, token])),
    ] {
        let body = json!({ "session_token": token, name: value });
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &body);
        assert_eq!(
            refusal(&response),
            (400, "bad_request".to_owned()),
            "{body}"
        );
        let body = response.json();
        let message = body["error_message"].as_str().unwrap();
        assert!(message.starts_with(name), "{message}");
        assert!(!response.text().contains(&token), "{message}");
    }
}

#[test]
fn an_impersonated_session_cannot_be_changed_but_refreshed_to_its_end() {
    let sandbox = sandbox();
    let made = impersonated(&sandbox);
    let token = &made["session_token"];
    for change in [
        json!({ "session_duration_minutes": 60 }),
        json!({ "session_custom_claims": { "a": 1 } }),
        json!({ "session_duration_minutes": 60, "session_custom_claims": {} }),
    ] {
        let mut body = change;
        body["session_token"] = token.clone();
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &body);
        let expected = (400, "session_not_mutable_impersonated".to_owned());
        assert_eq!(refusal(&response), expected, "{body}");
    }

    sandbox.advance_clock(59 * 60);
    let body = session_of(&sandbox, &json!({ "session_token": token }));
    let (old, new) = (&made["member_session"], &body["member_session"]);
    assert_eq!(new["expires_at"], old["expires_at"]);
    assert_eq!(new["custom_claims"], json!({}));
    assert_ne!(new["last_accessed_at"], old["last_accessed_at"]);
    // A JWT of the last minutes lives longer than its session.
    let (_, claims) = parts_of(body["session_jwt"].as_str().unwrap());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        300
    );

    sandbox.advance_clock(60);
    for name in ["session_token", "session_jwt"] {
        let response = post(
            &sandbox,
            SESSIONS_AUTHENTICATE,
            &json!({ name: body[name] }),
        );
        assert_eq!(refusal(&response), (404, "session_not_found".to_owned()));
    }
}

#[test]
fn an_ordinary_session_is_prolonged_within_bounds() {
    let sandbox = sandbox();
    let token = sandbox.start_session().session_token;
    let with =
        |minutes: i64| json!({ "session_token": token, "session_duration_minutes": minutes });
    for minutes in [i64::MIN, -1, 0, 4, 527_041] {
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &with(minutes));
        let expected = (400, "invalid_session_duration_minutes".to_owned());
        assert_eq!(refusal(&response), expected, "{minutes}");
    }
    sandbox.advance_clock(59 * 60);
    session_of(&sandbox, &with(5));
    sandbox.advance_clock(4 * 60);
    session_of(&sandbox, &with(527_040));
    sandbox.advance_clock(365 * 24 * 60 * 60);
    session_of(
        &sandbox,
        &json!({ "session_token": token, "session_duration_minutes": null }),
    );
    // From now on, not from its end: it gets shorter, too.
    session_of(&sandbox, &with(5));
    sandbox.advance_clock(5 * 60);
    let response = post(
        &sandbox,
        SESSIONS_AUTHENTICATE,
        &json!({ "session_token": token }),
    );
    assert_eq!(response.status(), 404);
}

#[test]
fn custom_claims_are_stored_merged_and_written_into_jwts() {
    let sandbox = sandbox();
    let token = sandbox.start_session().session_token;
    let with = |claims: Value| json!({ "session_token": token, "session_custom_claims": claims });
    session_of(
        &sandbox,
        &with(json!({ "plan": { "name": "a", "seats": 1 }, "x": 1 })),
    );
    session_of(
        &sandbox,
        &with(json!({ "plan": { "seats": 2 }, "x": null })),
    );
    for (claims, error_type) in [
        (
            json!({ "y": 1, "aud": "z" }),
            "reserved_claims_in_custom_claims",
        ),
        (
            json!({ "y": 1, "https://stytch.com/session": {} }),
            "stytch_claims_in_custom_claims",
        ),
        (json!({ "y": "x".repeat(4100) }), "custom_claims_too_large"),
    ] {
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &with(claims));
        assert_eq!(refusal(&response), (400, error_type.to_owned()));
    }
    let body = session_of(&sandbox, &json!({ "session_token": token }));
    let expected = json!({ "plan": { "name": "a", "seats": 2 } });
    assert_eq!(body["member_session"]["custom_claims"], expected);
    let (_, claims) = parts_of(body["session_jwt"].as_str().unwrap());
    assert_eq!(claims["plan"], expected["plan"]);
    assert!(claims.get("x").is_none() && claims.get("y").is_none());
}

#[test]
fn an_authorization_check_says_which_roles_grant() {
    let sandbox = sandbox();
    let made = impersonated(&sandbox);
    let organization = &made["organization"]["organization_id"];
    let check = |organization: &Value, resource: &str, action: &str| {
        json!({ "session_token": made["session_token"], "authorization_check": {
            "organization_id": organization, "resource_id": resource, "action": action } })
    };
    let body = session_of(&sandbox, &check(organization, "documents", "read"));
    let verdict = json!({ "authorized": true, "granting_roles": ["stytch_member", "editor"] });
    assert_eq!(body["verdict"], verdict);
    let body = session_of(&sandbox, &check(organization, "stytch.member", "delete"));
    assert_eq!(body["verdict"]["granting_roles"], json!(["stytch_admin"]));

    let other = json!("organization-test-other");
    for (body, error_type) in [
        (
            check(organization, "reports", "export"),
            "session_authorization_error",
        ),
        (
            check(organization, "documents", "burn"),
            "session_authorization_error",
        ),
        (
            check(&other, "documents", "read"),
            "session_authorization_tenancy_error",
        ),
    ] {
        let response = post(&sandbox, SESSIONS_AUTHENTICATE, &body);
        assert_eq!(refusal(&response), (403, error_type.to_owned()), "{body}");
    }
    let mut incomplete = check(organization, "documents", "read");
    incomplete["authorization_check"]
        .as_object_mut()
        .unwrap()
        .remove("action");
    let response = post(&sandbox, SESSIONS_AUTHENTICATE, &incomplete);
    assert_eq!(refusal(&response), (400, "bad_request".to_owned()));
    assert!(response.body().contains("missing field `action`"));
}

#[test]
fn a_refused_request_changes_nothing_of_the_session() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let before = session_of(&sandbox, &json!({ "session_token": session.session_token }));
    sandbox.advance_clock(120);
    let changes = json!({ "session_token": session.session_token,
        "session_duration_minutes": 600, "session_custom_claims": { "a": 1 },
        "authorization_check": { "organization_id": session.organization_id,
            "resource_id": "documents", "action": "burn" } });
    let response = post(&sandbox, SESSIONS_AUTHENTICATE, &changes);
    assert_eq!(response.status(), 403);
    let listed = &sandbox.sessions()[0];
    assert_eq!(
        before["member_session"]["expires_at"],
        listed.expires_at.as_str()
    );
    assert_eq!(
        before["member_session"]["last_accessed_at"],
        listed.last_accessed_at.as_str()
    );
    let after = session_of(&sandbox, &json!({ "session_token": session.session_token }));
    assert_eq!(after["member_session"]["custom_claims"], json!({}));
}

#[test]
fn an_organization_can_be_read() {
    let sandbox = sandbox();
    let get = |name: &str| {
        Request::new("GET", &format!("/v1/b2b/organizations/{name}"))
            .authorized()
            .send(&sandbox)
    };
    let id = sandbox.start_session().organization_id;
    let (by_id, by_slug) = (get(&id).json(), get("analytical-engines").json());
    assert_eq!(by_id["organization"]["organization_id"], id.as_str());
    assert_eq!(by_id["organization"], by_slug["organization"]);
    assert_eq!(by_id["status_code"], 200);
    let unknown = get("organization-test-other");
    assert_eq!(
        refusal(&unknown),
        (404, "organization_not_found".to_owned())
    );
    let path = format!("/v1/b2b/organizations/{id}");
    assert_eq!(Request::new("GET", &path).send(&sandbox).status(), 401);
}
