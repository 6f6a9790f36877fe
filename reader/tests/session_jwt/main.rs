//! Local verification of session JWTs, from outside the module.

mod forge;
mod key_sets;
mod responses;
mod rfc;
mod table;
mod times;
mod tokens;
mod vectors;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stytch_reader::jwt::{Expected, KeySet, Limits, Refusal, Verified, verify};

use forge::{Forge, PROJECT_ID};

const BASE_URL: &str = "https://test.stytch.com";

/// The time of all tests here: 2026-11-25T22:00:00Z.
const NOW: i64 = 1_795_644_000;

const STRICT: Limits = Limits {
    leeway_seconds: 0,
    max_token_age_seconds: -1,
};

fn forge() -> Forge {
    Forge {
        now: NOW,
        base_url: BASE_URL.to_owned(),
    }
}

fn key_set() -> KeySet {
    KeySet::parse(forge::key_set().to_string().as_bytes()).expect("a good set")
}

fn expected() -> Expected {
    Expected::new(PROJECT_ID, BASE_URL)
}

fn at(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.try_into().expect("after 1970"))
}

fn verify_at(token: &str, now: SystemTime, limits: Limits) -> Result<Verified, Refusal> {
    verify(token.as_bytes(), &key_set(), &expected(), now, limits)
}

/// The word of the refusal, or "accepted".
fn verdict(token: &str, now: SystemTime, limits: Limits) -> &'static str {
    match verify_at(token, now, limits) {
        Ok(_) => "accepted",
        Err(refusal) => refusal.word(),
    }
}
