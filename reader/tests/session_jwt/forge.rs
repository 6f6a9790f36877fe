//! Makes session JWTs, good and forged ones.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, RsaEncoding, RsaKeyPair};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::EncodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};

pub const PROJECT_ID: &str = "project-test-11111111-1111-4111-8111-111111111111";
pub const OTHER_PROJECT_ID: &str = "project-test-22222222-2222-4222-8222-222222222222";

/// A key that signs, and what a key set says of it.
pub struct Key {
    pub id: &'static str,
    private: RsaPrivateKey,
    pair: RsaKeyPair,
}

impl Key {
    fn generate(id: &'static str) -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let der = private.to_pkcs1_der().expect("a key");
        let pair = RsaKeyPair::from_der(der.as_bytes()).expect("a key");
        Self { id, private, pair }
    }

    pub fn modulus(&self) -> Vec<u8> {
        self.private.n().to_bytes_be()
    }

    pub fn jwk(&self) -> Value {
        json!({
            "alg": "RS256",
            "e": "AQAB",
            "key_ops": ["verify"],
            "kid": self.id,
            "kty": "RSA",
            "n": encode(&self.modulus()),
            "use": "sig",
        })
    }

    /// The same with one of its private members.
    pub fn private_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        jwk["d"] = json!(encode(
            &self.private.to_pkcs1_der().expect("a key").as_bytes()[..256]
        ));
        jwk
    }

    /// The public key as a certificate has it.
    pub fn public_der(&self) -> Vec<u8> {
        let der = self.private.to_public_key().to_public_key_der();
        der.expect("a key").into_vec()
    }

    pub fn public_pem(&self) -> String {
        let text = STANDARD.encode(self.public_der());
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).expect("ASCII"))
            .collect();
        let lines = lines.join("\n");
        format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_with(&signature::RSA_PKCS1_SHA256, message)
    }

    pub fn sign_with(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .expect("a signature");
        signature
    }

    pub fn sign_with_sha1(&self, message: &[u8]) -> Vec<u8> {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, message);
        let scheme = Pkcs1v15Sign {
            hash_len: Some(20),
            prefix: Box::new(*b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"),
        };
        self.private
            .sign(scheme, digest.as_ref())
            .expect("a signature")
    }
}

/// The key that signs, the other one of the project, and one of an attacker.
pub static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate("jwk-test-one"));
pub static OTHER_KEY: LazyLock<Key> = LazyLock::new(|| Key::generate("jwk-test-two"));
pub static FOREIGN_KEY: LazyLock<Key> = LazyLock::new(|| Key::generate("jwk-test-one"));

/// The project's key set. With one key only, Stytch's Node SDK does not look at
/// `kid`.
pub fn key_set() -> Value {
    json!({ "keys": [OTHER_KEY.jwk(), KEY.jwk()], "request_id": "request-id-test", "status_code": 200 })
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs any two texts.
pub fn sign(header: &[u8], payload: &[u8]) -> String {
    sign_parts(&encode(header), &encode(payload))
}

pub fn sign_parts(header: &str, payload: &str) -> String {
    with_signature(header, payload, |message| KEY.sign(message))
}

pub fn with_signature(header: &str, payload: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{header}.{payload}");
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

pub fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// The header of a good token, changed.
pub fn header(change: impl FnOnce(&mut Value)) -> String {
    let mut header = json!({ "alg": "RS256", "kid": KEY.id, "typ": "JWT" });
    change(&mut header);
    header.to_string()
}

pub fn plain_header() -> String {
    header(|_| {})
}

/// What a good token is made of.
#[derive(Clone)]
pub struct Forge {
    /// Seconds since 1970.
    pub now: i64,
    pub base_url: String,
}

impl Forge {
    /// The claims of a good token, changed.
    pub fn claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let issued = self.now - 5;
        let mut claims = json!({
            "aud": [PROJECT_ID],
            "exp": self.now + 300,
            "https://stytch.com/organization": {
                "organization_id": "organization-test-1",
                "slug": "acme",
            },
            "https://stytch.com/session": {
                "attributes": { "ip_address": "192.0.2.1", "user_agent": "test" },
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
                "expires_at": rfc3339(self.now + 3000),
                "id": "member-session-test-1",
                "last_accessed_at": "2026-11-25T21:00:00Z",
                "roles": ["stytch_member"],
                "started_at": "2026-11-25T21:00:00Z",
            },
            "iat": issued,
            "iss": format!("stytch.com/{PROJECT_ID}"),
            "nbf": issued,
            "sub": "member-test-1",
            "team": { "name": "blue" },
        });
        change(&mut claims);
        claims.to_string()
    }

    pub fn plain_claims(&self) -> String {
        self.claims(|_| {})
    }

    /// A good token.
    pub fn plain(&self) -> String {
        self.token(|_| {})
    }

    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        sign(plain_header().as_bytes(), self.claims(change).as_bytes())
    }

    /// A token of good claims whose text is changed before it is signed.
    pub fn text(&self, from: &str, to: &str) -> String {
        let claims = self.plain_claims();
        assert!(claims.contains(from), "{from}");
        sign(
            plain_header().as_bytes(),
            claims.replacen(from, to, 1).as_bytes(),
        )
    }

    pub fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        sign(header(change).as_bytes(), self.plain_claims().as_bytes())
    }

    /// A token whose header says what `change` makes it say, signed by `signer`.
    pub fn signed(
        &self,
        change: impl FnOnce(&mut Value),
        signer: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> String {
        let header = encode(header(change).as_bytes());
        with_signature(&header, &encode(self.plain_claims().as_bytes()), signer)
    }
}

/// Whole seconds since 1970 as a text, by another implementation than ours.
pub fn rfc3339(seconds: i64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds.try_into().unwrap());
    // Wed, 25 Nov 2026 22:00:00 GMT
    let date = httpdate::fmt_http_date(time);
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(&date[8..11]).unwrap() / 3 + 1;
    format!(
        "{}-{month:02}-{}T{}Z",
        &date[12..16],
        &date[5..7],
        &date[17..25]
    )
}
