//! Key sets: bytes as what a server sent, and as what a caller gave. Each key
//! that is taken must be one by serde_json, base64 and the rsa crate, and
//! jsonwebtoken must be able to use it.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use libfuzzer_sys::fuzz_target;
use rsa::BigUint;
use serde_json::Value;
use stytch_core::jwt::{BadKeySet, KeySet};

const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fuzz_target!(|text: &[u8]| {
    let given = KeySet::parse_given(text);
    let keys = match KeySet::parse(text) {
        Ok(keys) => keys,
        Err(bad) => {
            assert!(!bad.to_string().is_empty());
            assert!(given.is_err());
            return;
        }
    };
    match &given {
        Ok(_) => assert!(!keys.is_empty()),
        Err(BadKeySet::NoUsableKey) => assert!(keys.is_empty()),
        Err(bad) => assert_eq!(*bad, BadKeySet::Private),
    }
    // Its limits are narrower: numbers out of range, depth.
    let Ok(set) = serde_json::from_slice::<Value>(text) else {
        return;
    };
    let entries = set["keys"].as_array().expect("an array");
    assert!(entries.len() <= 64);
    let mut found = false;
    for entry in entries {
        let Some(id) = entry["kid"].as_str() else {
            continue;
        };
        let is_good = is_good(entry);
        let Some(key) = keys.get(id) else {
            continue;
        };
        // It may be another entry of that name which is in the set.
        let others = entries.iter().filter(|other| other["kid"] == id);
        if others.count() > 1 {
            found = true;
            continue;
        }
        assert!(is_good, "{entry}");
        found = true;
        let string = |name: &str| entry[name].as_str().expect("a number");
        DecodingKey::from_rsa_components(string("n"), string("e")).expect("a key");
        assert!(!key.has_signed(text, text));
        assert!(!key.has_signed(text, &[0; 256]));
    }
    assert_eq!(found, !keys.is_empty());
});

fn is_good(entry: &Value) -> bool {
    let bits = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(entry[name].as_str()?).ok()?;
        let number = BigUint::from_bytes_be(&bytes);
        let is_odd = bytes.last()? % 2 == 1;
        is_odd.then(|| number.bits())
    };
    let is_absent_or = |name: &str, value: &str| entry.get(name).is_none_or(|it| it == value);
    entry["kty"] == "RSA"
        && is_absent_or("use", "sig")
        && is_absent_or("alg", "RS256")
        && entry.get("key_ops").is_none_or(|operations| {
            operations
                .as_array()
                .is_some_and(|all| all.iter().any(|it| it == "verify"))
        })
        && PRIVATE.iter().all(|name| entry.get(*name).is_none())
        && bits("n").is_some_and(|bits| (2048..=8192).contains(&bits))
        && bits("e").is_some_and(|bits| (2..=33).contains(&bits))
}
