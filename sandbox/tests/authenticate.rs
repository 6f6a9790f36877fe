//! A token goes in, a session comes out: what is in it, and that it happens once.

mod support;

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use stytch_sandbox::schema::AuthenticateResponse;
use stytch_sandbox::{Config, Sandbox};
use support::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn time(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

#[test]
fn the_response_is_a_session_of_the_member() {
    let sandbox = sandbox();
    let response = authenticate(&sandbox.create_token()).send(&sandbox);
    assert_eq!(
        (response.status(), response.header("content-type")),
        (200, Some("application/json"))
    );
    // Nothing missing, nothing added: the types refuse both.
    serde_json::from_str::<AuthenticateResponse>(response.body()).unwrap();

    let body = response.json();
    assert_eq!(body["status_code"], 200);
    assert!(
        body["request_id"]
            .as_str()
            .unwrap()
            .starts_with("request-id-test-")
    );
    assert_eq!(body["member"]["name"], "Ada Lovelace");
    assert_eq!(body["member_id"], body["member"]["member_id"]);
    assert_eq!(
        body["organization_id"],
        body["organization"]["organization_id"]
    );
    assert_eq!(body["organization_id"], body["member"]["organization_id"]);
    assert_eq!(body["member_authenticated"], true);
    assert_eq!(body["intermediate_session_token"], "");
    assert_eq!(body["session_token"].as_str().unwrap().len(), 44);

    let session = &body["member_session"];
    let life = time(&session["expires_at"]) - time(&session["started_at"]);
    assert_eq!(life, Duration::from_secs(60 * 60));
    let age = OffsetDateTime::now_utc() - time(&session["started_at"]);
    assert!(
        age >= Duration::ZERO && age < Duration::from_secs(60),
        "{age}"
    );
    assert_eq!(session["last_accessed_at"], session["started_at"]);
    assert_eq!(
        session["roles"],
        json!(["stytch_member", "stytch_admin", "editor"])
    );
    assert_eq!(session["member_id"], body["member_id"]);
    assert_eq!(
        session["organization_slug"],
        body["organization"]["organization_slug"]
    );

    let factors = session["authentication_factors"].as_array().unwrap();
    let [factor] = factors.as_slice() else {
        panic!("{} factors", factors.len())
    };
    assert_eq!(factor["type"], "impersonated");
    assert_eq!(factor["delivery_method"], "impersonation");
    let impersonator = &factor["impersonated_factor"];
    assert_eq!(
        impersonator["impersonator_email_address"],
        "support@example.com"
    );
    assert!(
        impersonator["impersonator_id"]
            .as_str()
            .unwrap()
            .starts_with("member-test-")
    );
}

#[test]
fn the_jwt_is_signed_with_the_published_key_and_describes_the_session() {
    let sandbox = sandbox();
    let body = authenticate(&sandbox.create_token()).send(&sandbox).json();
    let jwt = body["session_jwt"].as_str().unwrap();

    let project_id = Config::DEFAULT_PROJECT_ID;
    let path = format!("/v1/b2b/sessions/jwks/{project_id}");
    let jwks = Request::new("GET", &path).send(&sandbox).json();
    let keys = jwks["keys"].as_array().unwrap();
    let kid = decode_header(jwt).unwrap().kid.unwrap();
    let key = keys.iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    assert_eq!(
        (&key["kty"], &key["alg"], &key["use"]),
        (&json!("RSA"), &json!("RS256"), &json!("sig"))
    );

    let part = |name: &str| key[name].as_str().unwrap();
    let public = DecodingKey::from_rsa_components(part("n"), part("e")).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[project_id]);
    rules.set_issuer(&[format!("stytch.com/{project_id}")]);
    rules.validate_nbf = true;
    let claims = decode::<Value>(jwt, &public, &rules).unwrap().claims;

    assert_eq!(claims["aud"], json!([project_id]));
    assert_eq!(claims["sub"], body["member_id"]);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        5 * 60
    );
    let session = &claims["https://stytch.com/session"];
    let of_body = &body["member_session"];
    assert_eq!(session["id"], of_body["member_session_id"]);
    for name in [
        "started_at",
        "last_accessed_at",
        "expires_at",
        "authentication_factors",
        "roles",
    ] {
        assert_eq!(session[name], of_body[name], "{name}");
    }
    assert!(session["attributes"].is_object());
    let organization = &claims["https://stytch.com/organization"];
    assert_eq!(organization["organization_id"], body["organization_id"]);
    assert_eq!(
        organization["slug"],
        body["organization"]["organization_slug"]
    );

    // The check is one: a changed signature fails it.
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{first}{}", &signature[1..]);
    assert!(decode::<Value>(&forged, &public, &rules).is_err());

    let other = Request::new("GET", "/v1/b2b/sessions/jwks/project-test-other").send(&sandbox);
    assert_eq!(other.status(), 404);
}

#[test]
fn every_session_is_its_own() {
    let sandbox = sandbox();
    let bodies: Vec<Value> = (0..3)
        .map(|_| authenticate(&sandbox.create_token()).send(&sandbox).json())
        .collect();
    for pointer in [
        "/request_id",
        "/session_token",
        "/session_jwt",
        "/member_session/member_session_id",
    ] {
        let values = bodies
            .iter()
            .map(|body| body.pointer(pointer).unwrap().to_string());
        assert_eq!(
            values.collect::<HashSet<_>>().len(),
            bodies.len(),
            "{pointer}"
        );
    }
    assert_eq!(bodies[0]["member"], bodies[1]["member"]);
}

#[test]
fn a_token_works_once() {
    let sandbox = sandbox();
    let token = sandbox.create_token();
    assert!(works(&sandbox, &token));
    let refusal = authenticate(&token).send(&sandbox);
    assert_eq!(refusal.status(), 401);
    assert_eq!(
        refusal.json()["error_type"],
        "unable_to_auth_impersonation_token"
    );
    assert!(!refusal.text().contains(&token));
}

#[test]
fn of_requests_that_race_for_a_token_one_gets_the_session() {
    const RACERS: usize = 8;
    let sandbox = sandbox();
    for _ in 0..20 {
        let token = sandbox.create_token();
        let start = Barrier::new(RACERS);
        let won = thread::scope(|scope| {
            let race = || {
                start.wait();
                works(&sandbox, &token)
            };
            let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .filter(|won| *won)
                .count()
        });
        assert_eq!(won, 1);
    }
    assert_eq!(sandbox.requests(), 20 * RACERS as u64);
}

#[test]
fn an_expired_token_is_refused() {
    let sandbox = Sandbox::start(Config {
        token_ttl: Duration::ZERO,
        ..Config::default()
    })
    .unwrap();
    assert!(!works(&sandbox, &sandbox.create_token()));
}

#[test]
fn a_refused_request_does_not_use_the_token() {
    let sandbox = sandbox();
    let token = sandbox.create_token();
    let body = json!({ "impersonation_token": token });
    let project_id = Config::DEFAULT_PROJECT_ID;
    let wrong_secret = Request::new("POST", AUTHENTICATE)
        .auth(project_id, "wrong")
        .json(&body);
    let wrong_type = Request {
        headers: Vec::new(),
        ..authenticate(&token)
    }
    .auth(project_id, Config::DEFAULT_SECRET)
    .header("Content-Type", "text/plain");
    assert_eq!(wrong_secret.send(&sandbox).status(), 401);
    assert_eq!(wrong_type.send(&sandbox).status(), 415);
    assert!(works(&sandbox, &token));
}

#[test]
fn unknown_members_of_the_request_are_ignored() {
    let sandbox = sandbox();
    let mut request = authenticate("");
    request.body =
        json!({ "more": [1], "impersonation_token": sandbox.create_token() }).to_string();
    assert_eq!(request.send(&sandbox).status(), 200);
}

#[test]
fn a_connection_serves_many_requests_and_tls_is_the_same() {
    let sandbox = tls_sandbox();
    assert!(sandbox.url().starts_with("https://127.0.0.1:"));
    let mut stream = connect(&sandbox);
    for _ in 0..3 {
        let request = authenticate(&sandbox.create_token()).header("Connection", "keep-alive");
        stream.write_all(&request.bytes("localhost")).unwrap();
        let mut start = [0; 15];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        // The rest, up to the end of the object.
        let mut seen = Vec::new();
        while serde_json::from_slice::<Value>(after_head(&seen)).is_err() {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "closed early");
            seen.extend_from_slice(&buffer[..read]);
        }
    }
    let last = authenticate(&sandbox.create_token()).send(&sandbox);
    assert_eq!((last.status(), last.end), (200, End::Closed));
}

fn after_head(bytes: &[u8]) -> &[u8] {
    bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(&[], |head| &bytes[head + 4..])
}

#[test]
fn a_dropped_sandbox_is_gone() {
    // An address of its own, so that no other test can take the port meanwhile.
    let listen = "127.0.0.73:0".parse().unwrap();
    let sandbox = Sandbox::start(Config {
        listen,
        ..Config::default()
    })
    .unwrap();
    let host = sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let open = connect(&sandbox);
    drop(sandbox);
    assert_eq!(receive(open).bytes, b"");
    std::net::TcpStream::connect(host).unwrap_err();
}
