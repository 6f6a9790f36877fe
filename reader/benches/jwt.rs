//! Local verifications of a session JWT in a second, beside ring's bare
//! verification of the same signature with the same key.
//!
//!     cargo bench --package stytch-reader --bench jwt
//!
//! The two take turns in short rounds, and the best round of each counts: what
//! else the machine does only ever makes a round slower.

#[allow(dead_code)]
#[path = "../tests/session_jwt/forge.rs"]
mod forge;

use std::hint::black_box;
use std::time::{Duration, Instant, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::json;
use stytch_reader::jwt::{Expected, KeySet, Limits, verify};

use forge::{Forge, KEY, OTHER_KEY, PROJECT_ID};

const ROUNDS: usize = 2000;
const IN_A_ROUND: u32 = 20;

const LIMITS: Limits = Limits {
    leeway_seconds: 10,
    max_token_age_seconds: -1,
};

fn main() {
    let forge = Forge {
        now: 1_795_644_000,
        base_url: "https://test.stytch.com".to_owned(),
    };
    let token = forge.plain();
    let now = UNIX_EPOCH + Duration::from_secs(1_795_644_000);
    let expected = Expected::new(PROJECT_ID, &forge.base_url);
    let signed = token.rfind('.').expect("a dot");
    let signature = URL_SAFE_NO_PAD
        .decode(&token[signed + 1..])
        .expect("base64url");
    let modulus = KEY.modulus();
    let key = RsaPublicKeyComponents {
        n: modulus.as_slice(),
        e: &[1, 0, 1][..],
    };
    let bare = || {
        let message = black_box(&token.as_bytes()[..signed]);
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, black_box(&signature))
            .expect("a good signature");
    };
    println!(
        "a token of {} bytes, RS256 with 2048 bits, {ROUNDS} rounds",
        token.len()
    );
    for (name, keys) in [("2 keys", keys(0)), ("64 keys", keys(62))] {
        let ours = || {
            let token = black_box(token.as_bytes());
            black_box(verify(token, &keys, &expected, now, LIMITS).expect("a good token"));
        };
        let (mut our_best, mut bare_best) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            our_best = rate(ours).max(our_best);
            bare_best = rate(bare).max(bare_best);
        }
        println!(
            "{name}: {our_best:.0} verifications/s, bare ring {bare_best:.0}/s, ratio {:.3}",
            our_best / bare_best
        );
    }
}

/// The project's two keys behind `others`.
fn keys(others: usize) -> KeySet {
    let mut set: Vec<_> = (0..others)
        .map(|number| {
            let mut jwk = OTHER_KEY.jwk();
            jwk["kid"] = json!(format!("jwk-test-{number}"));
            jwk
        })
        .collect();
    set.extend([OTHER_KEY.jwk(), KEY.jwk()]);
    KeySet::parse(json!({ "keys": set }).to_string().as_bytes()).expect("a good set")
}

/// How often `work` is done in a second.
fn rate(work: impl Fn()) -> f64 {
    let start = Instant::now();
    for _ in 0..IN_A_ROUND {
        work();
    }
    f64::from(IN_A_ROUND) / start.elapsed().as_secs_f64()
}
