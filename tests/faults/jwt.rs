//! Session JWTs that the rows' clients verify, and the key set that their servers send, with a key that the test
//! makes once.

use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey};
use serde_json::json;

use super::answers::SESSION_MARK;
use super::client::PROJECT_ID;
use crate::stytch::*;

/// Tells a client's process the key.
pub const VARIABLE: &str = "STYTCH_FAULT_KEY";

/// Which key the next tokens name.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

pub fn name_key(number: usize) {
    NUMBER.store(number, Ordering::SeqCst);
}

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(text) => {
            let primes = text.split_once(',').expect("two primes");
            let [p, q] = [primes.0, primes.1]
                .map(|prime| BigUint::parse_bytes(prime.as_bytes(), 16).expect("a number"));
            RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537_u32)).expect("a key")
        }
        Err(_) => RsaPrivateKey::new(&mut OsRng, 2048).expect("a key"),
    })
}

/// The key that this process has made, for one that would take as long to make it.
pub fn key_for_child() -> String {
    let primes = key().primes().iter();
    let primes: Vec<String> = primes.map(|prime| prime.to_str_radix(16)).collect();
    primes.join(",")
}

/// A set with the key under the name of this number.
pub fn key_set(number: usize) -> String {
    let [n, e] = [key().n(), key().e()].map(|part| URL_SAFE_NO_PAD.encode(part.to_bytes_be()));
    let kid = format!("key-{number}");
    json!({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e}]})
        .to_string()
}

/// A JWT of a member's session, issued just now.
fn token(member: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    let kid = format!("key-{}", NUMBER.load(Ordering::SeqCst));
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid}).to_string();
    let claims = json!({
        "iss": format!("stytch.com/{PROJECT_ID}"),
        "aud": [PROJECT_ID],
        "sub": member,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "https://stytch.com/session": {"id": SESSION_MARK},
        "https://stytch.com/organization": {"organization_id": "organization-1"},
    })
    .to_string();
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = SigningKey::<Sha256>::new(key().clone()).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A JWT that is made for the subject.
///
/// # Safety
/// The subject ends with a NUL.
unsafe fn token_for(member: *const c_char) -> CString {
    // SAFETY: the caller's part.
    let member = unsafe { CStr::from_ptr(member) }.to_string_lossy();
    CString::new(token(&member)).expect("no NUL")
}

/// Verifies a JWT that is made for the subject.
///
/// # Safety
/// As the header says of each pointer.
pub unsafe fn verify(
    client: *const stytch_client,
    member: *const c_char,
    error: *mut *mut stytch_error,
) -> *mut stytch_response {
    // SAFETY: the caller's part; the token outlives the call.
    unsafe {
        let token = token_for(member);
        stytch_sessions_authenticate_jwt_local(client, token.as_ptr(), -1, error)
    }
}

/// Starts the same, which may then ask the API.
///
/// # Safety
/// As the header says of each pointer.
pub unsafe fn verify_start(
    client: *const stytch_client,
    member: *const c_char,
    queue: *mut stytch_queue,
    userdata: *mut c_void,
    error: *mut *mut stytch_error,
) -> *mut stytch_call {
    // SAFETY: the caller's part; the token is copied.
    unsafe {
        let token = token_for(member);
        stytch_sessions_authenticate_jwt_start(client, token.as_ptr(), -1, queue, userdata, error)
    }
}
