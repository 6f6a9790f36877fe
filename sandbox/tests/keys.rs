//! The keys: how they are served, how they rotate, which JWTs they make and which are refused.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};
use stytch_sandbox::schema::SessionGetJWKSResponse;
use stytch_sandbox::{Config, Key, Sandbox};
use support::*;

fn served(sandbox: &Sandbox) -> Vec<Value> {
    let body = Request::new("GET", &jwks_path()).send(sandbox).json();
    body["keys"].as_array().unwrap().clone()
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    let id = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    served(sandbox).iter().map(id).collect()
}

/// Whether the key verifies the JWT, for a library of others.
fn verifies(key: &Value, jwt: &str) -> bool {
    let part = |name: &str| key[name].as_str().unwrap();
    let public = DecodingKey::from_rsa_components(part("n"), part("e")).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[Config::DEFAULT_PROJECT_ID]);
    rules.set_issuer(&[format!("stytch.com/{}", Config::DEFAULT_PROJECT_ID)]);
    decode::<Value>(jwt, &public, &rules).is_ok()
}

fn by_jwt(sandbox: &Sandbox, jwt: &str) -> Response {
    post(
        sandbox,
        SESSIONS_AUTHENTICATE,
        &json!({ "session_jwt": jwt }),
    )
}

#[test]
fn two_keys_are_served_without_credentials_and_for_a_while() {
    let sandbox = sandbox();
    let response = Request::new("GET", &jwks_path()).send(&sandbox);
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=900")
    );
    serde_json::from_str::<SessionGetJWKSResponse>(response.body()).unwrap();
    let keys = served(&sandbox);
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    assert_ne!(keys[0]["n"], keys[1]["n"]);
    for key in &keys {
        let fixed = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "key_ops": ["verify"],
            "e": "AQAB" });
        for (name, value) in fixed.as_object().unwrap() {
            assert_eq!(&key[name], value, "{name}");
        }
        assert!(key["kid"].as_str().unwrap().starts_with("jwk-test-"));
        // The certificate is one for this key: the modulus stands in it.
        let certificate = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
        let modulus = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(key["n"].as_str().unwrap())
            .unwrap();
        assert_eq!(modulus.len(), 256);
        assert!(certificate.windows(256).any(|part| part == modulus));
        assert_eq!(
            STANDARD
                .decode(key["x5tS256"].as_str().unwrap())
                .unwrap()
                .len(),
            32
        );
    }
    let jwks: Value = serde_json::from_str(&sandbox.jwks()).unwrap();
    assert_eq!(jwks, json!({ "keys": keys }));
    let jwt = sandbox.start_session().session_jwt;
    assert_eq!(parts_of(&jwt).0["kid"], keys[0]["kid"]);
    assert!(verifies(&keys[0], &jwt) && !verifies(&keys[1], &jwt));
}

#[test]
fn after_a_rotation_a_new_key_signs_and_the_old_one_is_still_served() {
    let sandbox = sandbox();
    let (before, old) = (ids(&sandbox), sandbox.start_session());
    let rotated = control(&sandbox, "/sandbox/rotate_keys", &json!({})).json();
    let after = ids(&sandbox);
    assert_eq!(rotated["served_keys"], json!(after));
    assert_eq!(rotated["signing_key"], after[0].as_str());
    assert!(!before.contains(&after[0]));
    assert_eq!(after[1], before[0]);

    let new = sandbox.start_session();
    assert_eq!(parts_of(&new.session_jwt).0["kid"], after[0].as_str());
    let keys = served(&sandbox);
    assert!(verifies(&keys[0], &new.session_jwt) && verifies(&keys[1], &old.session_jwt));
    // A JWT of the old key is taken, the fresh one is by the new key.
    let fresh = by_jwt(&sandbox, &old.session_jwt).json();
    let fresh = fresh["session_jwt"].as_str().unwrap();
    assert_eq!(parts_of(fresh).0["kid"], after[0].as_str());

    let third = sandbox.rotate_keys();
    assert_eq!(ids(&sandbox), [third.as_str(), after[0].as_str()]);
    let response = by_jwt(&sandbox, &old.session_jwt);
    assert_eq!(
        refusal(&response),
        (400, "unable_to_parse_session_jwt".to_owned())
    );
    assert_eq!(by_jwt(&sandbox, fresh).status(), 200);

    let alone = control(
        &sandbox,
        "/sandbox/rotate_keys",
        &json!({ "keep_old": false }),
    );
    assert_eq!(alone.json()["served_keys"], json!(ids(&sandbox)));
    assert_eq!(ids(&sandbox).len(), 1);
    sandbox.rotate_keys();
    assert_eq!(ids(&sandbox).len(), 2);
    sandbox.withdraw_old_keys();
    assert_eq!(ids(&sandbox), [sandbox.key_id(Key::Signing)]);
    let wrong = control(&sandbox, "/sandbox/rotate_keys", &json!({ "keep": 1 }));
    assert_eq!(wrong.status(), 400);
}

#[test]
fn a_forged_jwt_leads_to_no_session() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    let jwt = &session.session_jwt;
    let (header, claims) = parts_of(jwt);
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        sandbox.sign(&header.to_string(), &claims.to_string())
    };
    let text = claims.to_string();
    let (head, rest) = jwt.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let other_first = if payload.starts_with('e') { "f" } else { "e" };
    let unable = "unable_to_parse_session_jwt";
    for (name, forged, error_type) in [
        (
            "payload",
            format!("{head}.{other_first}{}.{signature}", &payload[1..]),
            unable,
        ),
        (
            "signature",
            format!("{head}.{payload}.{}", "A".repeat(signature.len())),
            unable,
        ),
        ("no signature", format!("{head}.{payload}."), unable),
        ("two parts", format!("{head}.{payload}"), unable),
        ("four parts", format!("{jwt}.x"), unable),
        (
            "other key",
            sandbox.sign_with(Key::Unpublished, &header.to_string(), &text),
            unable,
        ),
        (
            "key of another",
            sandbox.sign_with(Key::Previous, &header.to_string(), &text),
            unable,
        ),
        ("no kid", sandbox.sign(r#"{"alg":"RS256"}"#, &text), unable),
        (
            "alg none",
            sandbox.sign(
                &json!({ "alg": "none", "kid": header["kid"] }).to_string(),
                &text,
            ),
            unable,
        ),
        ("no JSON", sandbox.sign(&header.to_string(), "{"), unable),
        (
            "issuer",
            changed("iss", json!("stytch.com/other")),
            "jwt_invalid_issuer",
        ),
        (
            "audience",
            changed("aud", json!(["other"])),
            "jwt_invalid_audience",
        ),
        (
            "machine",
            changed("https://stytch.com/session", json!(null)),
            "jwt_invalid_claims",
        ),
    ] {
        let response = by_jwt(&sandbox, &forged);
        assert_eq!(refusal(&response), (400, error_type.to_owned()), "{name}");
    }
    let gone = changed(
        "https://stytch.com/session",
        json!({ "id": "session-test-x" }),
    );
    assert_eq!(
        refusal(&by_jwt(&sandbox, &gone)),
        (404, "session_not_found".to_owned())
    );
    // Only what is looked at decides: the same claims, signed anew, lead to the session.
    let again = changed("aud", json!(Config::DEFAULT_PROJECT_ID));
    assert_eq!(by_jwt(&sandbox, &again).status(), 200);
}

#[test]
fn a_test_can_have_anything_signed() {
    let sandbox = sandbox();
    let sign = |body: Value| control(&sandbox, "/sandbox/sign", &body);
    let jwt_of = |body: Value| sign(body).json()["jwt"].as_str().unwrap().to_owned();
    let keys = served(&sandbox);

    let now = sandbox.now();
    let claims = json!({ "aud": [Config::DEFAULT_PROJECT_ID], "exp": now + 60,
        "iss": format!("stytch.com/{}", Config::DEFAULT_PROJECT_ID) });
    let plain = jwt_of(json!({ "claims": claims }));
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": keys[0]["kid"] });
    assert_eq!(parts_of(&plain), (header, claims.clone()));
    assert!(verifies(&keys[0], &plain));
    let previous = jwt_of(json!({ "claims": claims, "key": "previous" }));
    assert_eq!(parts_of(&previous).0["kid"], keys[1]["kid"]);
    assert!(verifies(&keys[1], &previous));
    let unpublished = jwt_of(json!({ "claims": claims, "key": "unpublished" }));
    assert!(keys.iter().all(|key| !verifies(key, &unpublished)));
    assert_eq!(
        parts_of(&unpublished).0["kid"],
        sandbox.key_id(Key::Unpublished).as_str()
    );

    // Texts are signed byte for byte, JSON or not.
    let raw = jwt_of(json!({ "claims": "{\"a\":1,\"a\":2} ", "header": "no" }));
    assert_eq!(raw, sandbox.sign("no", "{\"a\":1,\"a\":2} "));
    for wrong in [
        json!({}),
        json!({ "claims": {}, "key": "other" }),
        json!({ "claim": {} }),
    ] {
        assert_eq!(sign(wrong).status(), 400);
    }
}
