//! Which tokens reach the network.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stytch_sandbox::Key;

use crate::client::{AUTHENTICATE, Client, Outcome, forged, jwks_path, moved, refused, sandbox};
use crate::stytch::{stytch_sessions_authenticate_jwt, stytch_sessions_authenticate_jwt_local};

#[test]
fn a_malformed_token_causes_no_request_and_a_forged_one_never_gets_to_the_api() {
    let sandbox = sandbox();
    let client = Client::of(&sandbox);
    let good = sandbox.start_session().session_jwt;
    let parts: Vec<&str> = good.split('.').collect();
    let huge = "a".repeat(40_000);
    let malformed = [
        "",
        " ",
        "a",
        "a.b",
        "a.b.c",
        "..",
        &huge,
        &format!("{good}."),
        &format!("{good} "),
        &format!("Bearer {good}"),
        &format!("{good}=="),
        &format!("{}.{}.", parts[0], parts[1]),
    ]
    .map(str::to_owned);
    for jwt in malformed {
        assert_eq!(client.local(&jwt), refused("jwt_malformed"), "{jwt:.40}");
        assert_eq!(client.remote(&jwt), refused("jwt_malformed"), "{jwt:.40}");
    }
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let unsigned = format!("{none}.{}.{}", parts[1], parts[2]);
    assert_eq!(client.remote(&unsigned), refused("jwt_bad_algorithm"));
    assert!(sandbox.recent_requests().is_empty());

    let kid = sandbox.key_id(Key::Signing);
    type Case = (&'static str, Key, fn(&mut Value));
    let cases: [Case; 8] = [
        ("jwt_bad_signature", Key::Unpublished, |_| {}),
        ("jwt_bad_signature", Key::Previous, |_| {}),
        ("jwt_wrong_issuer", Key::Signing, |claims| {
            claims["iss"] = json!("stytch.com/another")
        }),
        ("jwt_wrong_audience", Key::Signing, |claims| {
            claims["aud"] = json!(["another"])
        }),
        ("jwt_not_a_session", Key::Signing, |claims| {
            claims["https://stytch.com/session"] = Value::Null
        }),
        ("jwt_not_a_session", Key::Signing, |claims| {
            claims["https://stytch.com/organization"] = json!({})
        }),
        // What is expired besides is not taken to the API for that.
        ("jwt_not_a_session", Key::Signing, |claims| {
            claims["sub"] = json!("");
            claims["exp"] = json!(1_000);
        }),
        ("jwt_wrong_audience", Key::Signing, |claims| {
            claims["aud"] = json!("another");
            claims["exp"] = json!(1_000);
        }),
    ];
    for (number, (word, key, change)) in cases.into_iter().enumerate() {
        let jwt = forged(&sandbox, key, &kid, change);
        assert_eq!(client.local(&jwt), refused(word), "{number}");
        assert_eq!(client.remote(&jwt), refused(word), "{number}");
    }
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 0);
    assert_eq!(sandbox.requests_to(&jwks_path()), 1);
}

#[test]
fn the_api_is_asked_where_only_the_times_are_wrong() {
    let sandbox = sandbox();
    let client = Client::of(&sandbox);
    let expired = moved(&sandbox, -600);
    assert_eq!(client.local(&expired), refused("jwt_expired"));
    assert_eq!(client.remote(&expired), Outcome::Session(200));
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 1);

    let good = sandbox.start_session().session_jwt;
    let too_old = client.call(stytch_sessions_authenticate_jwt_local, &good, 0);
    assert_eq!(too_old, refused("jwt_too_old"));
    let asked = client.call(stytch_sessions_authenticate_jwt, &good, 0);
    assert_eq!(asked, Outcome::Session(200));
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 2);

    // A local clock that is behind: the server's own takes the token.
    sandbox.advance_clock(600);
    let early = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&early), refused("jwt_not_yet_valid"));
    assert_eq!(client.remote(&early), Outcome::Session(200));
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 3);
    sandbox.reset_clock();

    // A session that has ended says so.
    let session = sandbox.start_session();
    assert!(sandbox.revoke_session(&session.member_session_id));
    assert_eq!(client.remote(&session.session_jwt), Outcome::Session(0));
    let asked = client.call(stytch_sessions_authenticate_jwt, &session.session_jwt, 0);
    assert_eq!(
        asked,
        Outcome::Failure(6, 2, Some("session_not_found".into()))
    );
    assert_eq!(sandbox.requests_to(&jwks_path()), 1);
}
