//! Session JWTs. An input whose first byte is even is a token. Of any other one
//! what follows is a header, a NUL and a payload, which are signed as they are:
//! nothing would get past the signature otherwise.
//!
//! A second implementation has to agree on what is accepted: jsonwebtoken on
//! form, algorithm, signature, issuer and audience, serde_json on the claims
//! and on the response.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use libfuzzer_sys::fuzz_target;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stytch_core::json::Document;
use stytch_core::jwt::{Expected, KeySet, Limits, Parsed, verify};

const PROJECT_ID: &str = "project-test-1";
const NOW: u64 = 1_795_644_000;
const LIMITS: Limits = Limits {
    leeway_seconds: 10,
    max_token_age_seconds: 3600,
};

struct Fixture {
    encoding: EncodingKey,
    decoding: DecodingKey,
    keys: KeySet,
    expected: Expected,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
    let n = URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
    let e = URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
    let set = json!({ "keys": [{ "kty": "RSA", "kid": "k", "n": n, "e": e }] });
    Fixture {
        encoding: EncodingKey::from_rsa_der(key.to_pkcs1_der().expect("a key").as_bytes()),
        decoding: DecodingKey::from_rsa_components(&n, &e).expect("a key"),
        keys: KeySet::parse(set.to_string().as_bytes()).expect("a good set"),
        expected: Expected::new(PROJECT_ID, "https://test.stytch.com/"),
    }
});

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

// The key takes seconds, which no input shall be blamed for.
fuzz_target!(init: { LazyLock::force(&FIXTURE); }, |input: &[u8]| {
    let Some((mode, text)) = input.split_first() else {
        return;
    };
    if mode % 2 == 0 {
        check(text);
        return;
    }
    let mut parts = text.splitn(2, |byte| *byte == 0);
    let header = parts.next().unwrap_or_default();
    let payload = parts.next().unwrap_or_default();
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    // The signature takes most of the time.
    let unsigned = format!("{message}.AAAA");
    if Parsed::parse(unsigned.as_bytes()).is_err() {
        return;
    }
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &FIXTURE.encoding, Algorithm::RS256);
    let signature = signature.expect("a signature");
    check(format!("{message}.{signature}").as_bytes());
});

fn check(token: &[u8]) {
    let result = verify(token, &FIXTURE.keys, &FIXTURE.expected, now(), LIMITS);
    let verified = match result {
        Ok(verified) => verified,
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty() && !refusal.word().is_empty());
            return;
        }
    };
    let token = std::str::from_utf8(token).expect("an accepted token is ASCII");
    let parts: Vec<&str> = token.split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let (header, payload) = (decode(parts[0]), decode(parts[1]));
    jsonwebtoken_agrees(token, &header);
    claims_agree(&payload);
    response_agrees(token, &payload, verified.text());
    let read = Document::parse(verified.text()).expect("an object");
    assert!(*verified.tape() == read, "the tape is another text's");
}

fn jsonwebtoken_agrees(token: &str, header: &[u8]) {
    let header: HashMap<String, &RawValue> = serde_json::from_slice(header).expect("an object");
    // It wants a type of these, which we do not read.
    let typed = ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"];
    if typed.iter().any(|name| header.contains_key(*name)) {
        return;
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    // Its clock cannot be set.
    validation.validate_exp = false;
    validation.set_audience(&[PROJECT_ID]);
    validation.set_issuer(&[
        format!("stytch.com/{PROJECT_ID}").as_str(),
        "https://test.stytch.com",
    ]);
    jsonwebtoken::decode::<IgnoredAny>(token, &FIXTURE.decoding, &validation)
        .expect("jsonwebtoken accepts it too");
}

/// Of serde_json's values those that it can represent.
fn member<'a>(object: &'a HashMap<String, &RawValue>, name: &str) -> Option<&'a str> {
    object.get(name).map(|value| value.get())
}

fn claims_agree(payload: &[u8]) {
    let claims: HashMap<String, &RawValue> = serde_json::from_slice(payload).expect("an object");
    let seconds = |name: &str| {
        let number = member(&claims, name).expect("a time");
        number.parse::<f64>().expect("a number")
    };
    let now = NOW as f64;
    // A double has no nanoseconds here.
    assert!(seconds("exp") > now - 10.001);
    assert!(seconds("nbf") < now + 10.001);
    assert!(seconds("iat") < now + 10.001 && seconds("iat") > now - 3600.001);
    let string = |object: &HashMap<String, &RawValue>, name: &str| {
        let text = member(object, name).expect("an id");
        serde_json::from_str::<String>(text).expect("a string")
    };
    assert!(!string(&claims, "sub").is_empty());
    for (claim, id) in [("session", "id"), ("organization", "organization_id")] {
        let claim = member(&claims, &format!("https://stytch.com/{claim}")).expect("a claim");
        let claim = serde_json::from_str(claim).expect("an object");
        assert!(!string(&claim, id).is_empty());
    }
}

fn response_agrees(token: &str, payload: &[u8], document: &[u8]) {
    let response: HashMap<String, &RawValue> = serde_json::from_slice(document).expect("an object");
    assert_eq!(response.len(), 2);
    let jwt: String = serde_json::from_str(response["session_jwt"].get()).expect("a string");
    assert_eq!(jwt, token);
    let session: HashMap<String, &RawValue> =
        serde_json::from_str(response["member_session"].get()).expect("an object");
    let claims: HashMap<String, &RawValue> = serde_json::from_slice(payload).expect("an object");
    assert_eq!(session["member_id"].get(), claims["sub"].get());
    let custom: HashMap<String, &RawValue> =
        serde_json::from_str(session["custom_claims"].get()).expect("an object");
    let registered = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
    let is_custom =
        |name: &str| !registered.contains(&name) && !name.starts_with("https://stytch.com/");
    assert_eq!(
        custom.len(),
        claims.keys().filter(|name| is_custom(name)).count()
    );
    for (name, value) in &custom {
        assert_eq!(value.get(), claims[name].get());
    }
    for name in ["roles", "authentication_factors"] {
        assert!(session[name].get().starts_with('['));
    }
    let end: String = serde_json::from_str(session["expires_at"].get()).expect("a string");
    assert!(end.len() >= "2026-11-25T22:00:00Z".len());
    // Where serde_json can represent all of it, it is one value.
    let _: Result<Value, _> = serde_json::from_slice(document);
}
