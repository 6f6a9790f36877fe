//! Project Wycheproof's vectors: signatures, signed texts and keys.
//!
//! The files of signed texts and keys are in no package. They are looked for in
//! the folder that WYCHEPROOF_VECTORS names and in `../shared/vectors` beside
//! the repository.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stytch_reader::jwt::{Key, Parsed};
use wycheproof::TestResult;
use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

use super::*;

#[test]
fn rsa_signatures() {
    let mut counts = [0; 3];
    for name in [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
        TestName::Rsa8192Sha256,
    ] {
        for group in TestSet::load(name).expect("the vectors").test_groups {
            let key = Key::new("x", group.key.n.to_vec(), group.key.e.to_vec()).expect("a key");
            for test in group.tests {
                let is_good = key.has_signed(&test.msg, &test.sig);
                // "Acceptable" is a DigestInfo without NULL, which RFC 8017
                // lets a verifier refuse.
                let expected = test.result == TestResult::Valid;
                assert_eq!(
                    is_good, expected,
                    "{name:?} {}: {}",
                    test.tc_id, test.comment
                );
                counts[match test.result {
                    TestResult::Valid => 0,
                    TestResult::Acceptable => 1,
                    TestResult::Invalid => 2,
                }] += 1;
            }
        }
    }
    println!(
        "{} valid, {} acceptable, {} invalid or so",
        counts[0], counts[1], counts[2]
    );
    assert!(counts.iter().sum::<usize>() > 500);
}

fn vectors(name: &str) -> Option<Value> {
    let folder = match std::env::var_os("WYCHEPROOF_VECTORS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
    };
    let path = folder.join(name);
    if !path.exists() {
        println!("skipped: {name} is not there; name its folder in WYCHEPROOF_VECTORS");
        return None;
    }
    let text = std::fs::read(path).expect("readable vectors");
    Some(serde_json::from_slice(&text).expect("vectors"))
}

/// Whether the token is signed by a key of the set: all that these vectors ask.
fn is_signed(set: &Value, token: &str) -> bool {
    let Ok(keys) = KeySet::parse(set.to_string().as_bytes()) else {
        return false;
    };
    Parsed::parse(token.as_bytes()).is_ok_and(|parsed| parsed.check_signature(&keys).is_ok())
}

/// Tests that we decide as published, and the others.
#[derive(Default, Debug)]
struct Tally {
    agreed: usize,
    refused: Vec<u64>,
    accepted: Vec<u64>,
}

impl Tally {
    fn run(&mut self, set: &Value, group: &Value) {
        for test in group["tests"].as_array().expect("tests") {
            let Some(token) = test["jws"].as_str() else {
                continue;
            };
            let id = test["tcId"].as_u64().expect("a number");
            match (is_signed(set, token), test["result"] == "valid") {
                (false, true) => self.refused.push(id),
                (true, false) => self.accepted.push(id),
                _ => self.agreed += 1,
            }
        }
    }
}

/// The algorithm that a test's token says it is signed with.
fn algorithm(group: &Value, id: u64) -> String {
    let tests = group["tests"].as_array().expect("tests");
    let test = tests
        .iter()
        .find(|test| test["tcId"] == id)
        .expect("a test");
    let header = test["jws"]
        .as_str()
        .expect("a token")
        .split('.')
        .next()
        .expect("a part");
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["alg"].as_str().expect("an algorithm").to_owned()
}

fn groups(vectors: &Value) -> &[Value] {
    vectors["testGroups"].as_array().expect("groups")
}

/// RFC 7515 lets a payload be empty; a JWT's cannot be (rule 1).
const EMPTY_PAYLOAD: u64 = 259;

#[test]
fn signed_texts() {
    let Some(vectors) = vectors("json_web_signature_test.json") else {
        return;
    };
    let mut agreed = 0;
    let mut other_algorithms = 0;
    let mut other_keys = 0;
    for group in groups(&vectors) {
        let key = key_of(group);
        let set = json!({ "keys": [key] });
        let mut tally = Tally::default();
        tally.run(&set, group);
        if key["kty"] != "RSA" {
            // No other key can verify anything here.
            other_keys += tally.agreed + tally.refused.len();
            assert!(tally.accepted.is_empty(), "{tally:?}");
            continue;
        }
        agreed += tally.agreed;
        assert!(tally.accepted.is_empty(), "{tally:?}");
        for id in tally.refused {
            let algorithm = algorithm(group, id);
            assert!(algorithm != "RS256" || id == EMPTY_PAYLOAD, "{id}");
            other_algorithms += usize::from(algorithm != "RS256");
        }
    }
    println!(
        "RSA: {agreed} as published, one with an empty payload and {other_algorithms} of other algorithms refused; \
         other keys: {other_keys} refused"
    );
    assert_eq!((agreed, other_algorithms, other_keys), (293, 24, 83));
}

fn key_of(group: &Value) -> &Value {
    match &group["public"] {
        Value::Null => &group["private"],
        public => public,
    }
}

/// Runs the groups of a file of keys that have an RSA key.
fn rsa_groups(name: &str) -> Option<Tally> {
    let vectors = vectors(name)?;
    let mut tally = Tally::default();
    for group in groups(&vectors) {
        let key = key_of(group);
        let set = if key["keys"].is_null() {
            json!({ "keys": [key] })
        } else {
            key.clone()
        };
        let keys = set["keys"].as_array().expect("keys");
        if keys.iter().any(|key| key["kty"] == "RSA") {
            tally.run(&set, group);
        }
    }
    println!("{name}: {tally:?}");
    assert!(tally.refused.is_empty());
    Some(tally)
}

// A key made by a chip whose keys can be factored (ROCA, CVE-2017-15361) is
// not detected, neither here nor by ring. Stytch's keys come from Stytch.

#[test]
fn keys() {
    if let Some(tally) = rsa_groups("json_web_key_test.json") {
        assert_eq!((tally.agreed, tally.accepted), (5, vec![7]));
    }
}

#[test]
fn texts_and_keys_together() {
    if let Some(tally) = rsa_groups("json_web_crypto_test.json") {
        assert_eq!((tally.agreed, tally.accepted), (13, vec![46]));
    }
}
