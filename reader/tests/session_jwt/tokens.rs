//! The table of tokens, and what is true of every token.

use std::collections::HashSet;

use stytch_reader::jwt::{Limits, Parsed, verify};

use super::*;
use crate::forge::{KEY, plain_header, sign};

#[test]
fn every_row_of_the_table() {
    let rows = table::rows(&forge());
    let mut names = HashSet::new();
    let mut wrong = Vec::new();
    for row in &rows {
        assert!(names.insert(&row.name), "two rows are called {}", row.name);
        let limits = Limits {
            max_token_age_seconds: row.max_age,
            ..STRICT
        };
        let found = verdict(&row.token, at(NOW), limits);
        let expected = row.refused.unwrap_or("accepted");
        if found != expected {
            wrong.push(format!("{}: {found} instead of {expected}", row.name));
        }
    }
    let accepted = rows.iter().filter(|row| row.refused.is_none()).count();
    println!("{} rows, {accepted} of them accepted", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_tokens_of_a_good_signature_may_go_remote() {
    for row in table::rows(&forge()) {
        let limits = Limits {
            max_token_age_seconds: row.max_age,
            ..STRICT
        };
        let Err(refusal) = verify_at(&row.token, at(NOW), limits) else {
            continue;
        };
        let is_time = ["jwt_expired", "jwt_not_yet_valid", "jwt_too_old"].contains(&refusal.word());
        assert_eq!(refusal.may_go_remote(), is_time, "{}", row.name);
        if is_time {
            let parsed = Parsed::parse(row.token.as_bytes()).expect("a good form");
            parsed
                .check_signature(&key_set())
                .expect("a good signature");
        }
    }
}

#[test]
fn a_cut_is_refused_wherever_it_is() {
    let token = forge().plain();
    assert_eq!(verdict(&token, at(NOW), STRICT), "accepted");
    for length in 0..token.len() {
        let found = verdict(&token[..length], at(NOW), STRICT);
        let is_refused = ["jwt_malformed", "jwt_bad_signature"].contains(&found);
        assert!(is_refused, "{length}: {found}");
    }
}

#[test]
fn every_character_matters() {
    let token = forge().plain();
    for at_byte in 0..token.len() {
        for other in *b"A_." {
            let mut changed = token.clone().into_bytes();
            if changed[at_byte] == other {
                continue;
            }
            changed[at_byte] = other;
            let result = verify(&changed, key_set_once(), &expected(), at(NOW), STRICT);
            assert!(result.is_err(), "{at_byte}");
        }
    }
}

fn key_set_once() -> &'static KeySet {
    static SET: std::sync::LazyLock<KeySet> = std::sync::LazyLock::new(key_set);
    &SET
}

#[test]
fn bytes_that_are_not_text_are_malformed() {
    let token = forge().plain();
    for bytes in [
        &b"\xFF"[..],
        b"\0",
        &[token.as_bytes(), b"\xFF"].concat(),
        &[token.as_bytes(), b"\0"].concat(),
        &[b"\xEF\xBB\xBF", token.as_bytes()].concat(),
        &b".".repeat(32 * 1024),
        &b"A".repeat(1 << 20),
    ] {
        let refusal = verify(bytes, &key_set(), &expected(), at(NOW), STRICT).unwrap_err();
        assert_eq!(refusal.word(), "jwt_malformed");
    }
}

#[test]
fn a_token_may_have_32_kib() {
    let of = |length: usize| {
        let filled = |filler: usize| {
            let claims = forge().claims(|claims| claims["x"] = "x".repeat(filler).into());
            sign(plain_header().as_bytes(), claims.as_bytes())
        };
        let rest = length - filled(0).len();
        filled(rest / 4 * 3 + rest % 4)
    };
    let longest = of(32 * 1024);
    assert!(
        (32 * 1024 - 2..=32 * 1024).contains(&longest.len()),
        "{}",
        longest.len()
    );
    assert_eq!(verdict(&longest, at(NOW), STRICT), "accepted");
    assert_eq!(
        verdict(&of(32 * 1024 + 4), at(NOW), STRICT),
        "jwt_malformed"
    );
}

#[test]
fn the_key_id_is_known_before_the_keys_are() {
    let token = forge().plain();
    let parsed = Parsed::parse(token.as_bytes()).unwrap();
    assert_eq!(parsed.key_id(), KEY.id);
    let none = KeySet::parse(br#"{"keys":[]}"#).unwrap();
    assert_eq!(
        parsed.check_signature(&none).unwrap_err().word(),
        "jwt_unknown_key"
    );
}

#[test]
fn nothing_of_a_token_is_in_a_message_or_in_debug() {
    let token = forge().token(|claims| {
        claims["sub"] = "member-secret".into();
        claims["iss"] = "issuer-secret".into();
    });
    let parsed = Parsed::parse(token.as_bytes()).unwrap();
    let mut shown = format!("{parsed:?}");
    let signed = parsed.check_signature(&key_set()).unwrap();
    shown += &format!("{signed:?}");
    let refusal = signed
        .check_claims(&expected(), at(NOW), STRICT)
        .unwrap_err();
    shown += &format!("{refusal:?} {refusal}");
    let good = forge().plain();
    shown += &format!("{:?}", verify_at(&good, at(NOW), STRICT).unwrap());
    shown += &format!("{:?}", key_set());
    for secret in ["secret", "test-1", "eyJ", KEY.id, "stytch.com"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
