//! Session JWTs that the rows' clients verify, and the key set that their servers send: the two processes make the
//! same key from the same seed.

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::{CryptoRng, Error, RngCore, impls};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde_json::json;

use super::answers::SESSION_MARK;
use super::client::PROJECT_ID;
use crate::stytch::*;

/// Which key the next tokens name.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

pub fn name_key(number: usize) {
    NUMBER.store(number, Ordering::SeqCst);
}

/// A sequence that is the same each time (splitmix64). Nothing secret is made with it.
struct Seed(u64);

impl RngCore for Seed {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Seed {}

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut Seed(7), 2048).expect("a key"))
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

/// Verifies a JWT that is made for the subject.
///
/// # Safety
/// As the header says of each pointer.
pub unsafe fn verify(
    client: *const stytch_client,
    member: *const c_char,
    error: *mut *mut stytch_error,
) -> *mut stytch_response {
    // SAFETY: the caller's part.
    let member = unsafe { CStr::from_ptr(member) }.to_string_lossy();
    let token = CString::new(token(&member)).expect("no NUL");
    // SAFETY: the caller's part; the token outlives the call.
    unsafe { stytch_sessions_authenticate_jwt_local(client, token.as_ptr(), -1, error) }
}
