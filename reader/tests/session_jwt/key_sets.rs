//! JSON Web Key Sets.

use serde_json::{Value, json};
use stytch_reader::jwt::{BadKeySet, Key};

use super::*;
use crate::forge::{FOREIGN_KEY, KEY, OTHER_KEY, encode};

fn parse(set: &Value) -> Result<KeySet, BadKeySet> {
    KeySet::parse(set.to_string().as_bytes())
}

fn parse_given(set: &Value) -> Result<KeySet, BadKeySet> {
    KeySet::parse_given(set.to_string().as_bytes())
}

fn changed(name: &str, value: Value) -> Value {
    let mut jwk = KEY.jwk();
    jwk[name] = value;
    jwk
}

fn without(name: &str) -> Value {
    let mut jwk = KEY.jwk();
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn number(bits: usize, last: u8) -> String {
    let mut bytes = vec![0; bits.div_ceil(8)];
    bytes[0] = 1 << ((bits - 1) % 8);
    *bytes.last_mut().unwrap() |= last;
    encode(&bytes)
}

#[test]
fn keys_that_can_be_used() {
    let mut padded = vec![0, 0];
    padded.extend_from_slice(&KEY.modulus());
    for jwk in [
        KEY.jwk(),
        without("use"),
        without("alg"),
        without("key_ops"),
        changed("key_ops", json!(["sign", "verify"])),
        changed("x5c", json!(["not read"])),
        changed("x5tS256", json!("bm90IHJlYWQ=")),
        changed("n", json!(encode(&padded))),
        changed("n", json!(number(2048, 1))),
        changed("n", json!(number(2049, 1))),
        changed("n", json!(number(8192, 1))),
        changed("e", json!("Aw")),
        changed("e", json!("AAAAAAAD")),
        changed("e", json!(number(33, 1))),
    ] {
        let keys = parse(&json!({ "keys": [&jwk] })).unwrap();
        assert!(keys.get(KEY.id).is_some(), "{jwk}");
        assert!(!keys.is_empty());
        parse_given(&json!({ "keys": [jwk] })).unwrap();
    }
}

#[test]
fn keys_that_cannot_be_used_are_skipped() {
    for jwk in [
        json!(null),
        json!("key"),
        json!([KEY.jwk()]),
        json!({}),
        without("kty"),
        without("kid"),
        without("n"),
        without("e"),
        changed("kty", json!("rsa")),
        changed("kty", json!("EC")),
        changed("kty", json!("oct")),
        changed("use", json!("enc")),
        changed("use", json!(null)),
        changed("alg", json!("RS512")),
        changed("alg", json!("PS256")),
        changed("alg", json!(null)),
        changed("key_ops", json!([])),
        changed("key_ops", json!(["sign"])),
        changed("key_ops", json!("verify")),
        changed("key_ops", json!(null)),
        changed("kid", json!("")),
        changed("kid", json!(1)),
        changed("kid", json!("jwk-test-one\0")),
        changed("n", json!("")),
        changed("n", json!(1)),
        changed("n", json!(number(2047, 1))),
        changed("n", json!(number(8193, 1))),
        changed("n", json!(number(2048, 0))),
        changed("n", json!(format!("{}=", number(2048, 1)))),
        changed("n", json!(format!("AAAA{}", number(2040, 1)))),
        changed("e", json!("")),
        changed("e", json!("AA")),
        changed("e", json!("AQ")),
        changed("e", json!("Ag")),
        changed("e", json!("AQAC")),
        changed("e", json!(number(34, 1))),
        changed("e", json!(65537)),
        changed("e", json!("AQAB\n")),
    ] {
        let keys = parse(&json!({ "keys": [&jwk] })).unwrap();
        assert!(keys.is_empty(), "{jwk}");
        assert_eq!(
            parse_given(&json!({ "keys": [&jwk] })).unwrap_err(),
            BadKeySet::NoUsableKey
        );
        // They do not keep others from being used, nor stand in their way.
        let keys = parse(&json!({ "keys": [&jwk, KEY.jwk(), jwk, OTHER_KEY.jwk()] })).unwrap();
        assert!(keys.get(KEY.id).is_some() && keys.get(OTHER_KEY.id).is_some());
    }
    let twice = KEY
        .jwk()
        .to_string()
        .replace("\"e\":", "\"e\":\"Aw\",\"e\":");
    let set = format!("{{\"keys\":[{twice}]}}");
    assert!(KeySet::parse(set.as_bytes()).unwrap().is_empty());
}

#[test]
fn private_keys_are_skipped_or_refused() {
    let mut crt = vec![
        KEY.private_jwk(),
        json!({ "kty": "oct", "k": "AAAA", "kid": "x" }),
    ];
    for name in ["p", "q", "dp", "dq", "qi", "oth"] {
        crt.push(changed(name, json!("AAAA")));
    }
    crt.push(json!({ "kty": "EC", "crv": "P-256", "x": "A", "y": "A", "d": "A" }));
    for jwk in crt {
        let set = json!({ "keys": [OTHER_KEY.jwk(), jwk] });
        let keys = parse(&set).unwrap();
        assert!(keys.get(KEY.id).is_none() && keys.get(OTHER_KEY.id).is_some());
        assert_eq!(parse_given(&set).unwrap_err(), BadKeySet::Private);
    }
}

#[test]
fn sets_that_are_bad_as_a_whole() {
    let many = |count: usize| json!({ "keys": vec![KEY.jwk(); count] });
    assert_eq!(format!("{:?}", parse(&many(64)).unwrap()), "KeySet(1 keys)");
    assert_eq!(parse(&many(65)).unwrap_err(), BadKeySet::TooManyEntries);
    let nothing = json!({ "keys": vec![json!(null); 65] });
    assert_eq!(parse(&nothing).unwrap_err(), BadKeySet::TooManyEntries);

    let conflict = json!({ "keys": [KEY.jwk(), OTHER_KEY.jwk(), FOREIGN_KEY.jwk()] });
    assert_eq!(parse(&conflict).unwrap_err(), BadKeySet::Conflict);
    let conflict = json!({ "keys": [KEY.jwk(), changed("e", json!("Aw"))] });
    assert_eq!(parse(&conflict).unwrap_err(), BadKeySet::Conflict);
    let padded = json!({ "keys": [KEY.jwk(), changed("e", json!("AAEAAQ"))] });
    parse(&padded).unwrap();

    let sized = |length: usize| {
        let mut set = forge::key_set().to_string();
        set.push_str(&" ".repeat(length - set.len()));
        KeySet::parse(set.as_bytes())
    };
    sized(256 * 1024).unwrap();
    assert_eq!(sized(256 * 1024 + 1).unwrap_err(), BadKeySet::TooLong);

    for set in [
        json!({}),
        json!({ "keys": {} }),
        json!({ "keys": null }),
        KEY.jwk(),
    ] {
        assert_eq!(parse(&set).unwrap_err(), BadKeySet::NoKeys);
    }
    let good = forge::key_set().to_string();
    for text in [
        String::new(),
        "null".to_owned(),
        format!("[{good}]"),
        format!("{good}x"),
        format!("\u{FEFF}{good}"),
        good.replace("RSA", "\\ud800"),
        format!(
            "{{\"x\":{}{},{}",
            "[".repeat(200),
            "]".repeat(200),
            &good[1..]
        ),
        good[..good.len() - 1].to_owned(),
    ] {
        let bad = KeySet::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(bad, BadKeySet::NotJson(_)), "{bad:?}");
    }
    let twice = format!("{{\"keys\":[],{}", &good[1..]);
    assert_eq!(
        KeySet::parse(twice.as_bytes()).unwrap_err(),
        BadKeySet::DuplicateName
    );
    assert!(KeySet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
}

#[test]
fn a_key_is_found_by_its_whole_id() {
    let keys = key_set();
    assert!(keys.get(KEY.id).is_some());
    for id in ["", "jwk-test-on", "jwk-test-one ", "JWK-TEST-ONE", "*"] {
        assert!(keys.get(id).is_none(), "{id}");
    }
}

#[test]
fn keys_of_odd_lengths_verify() {
    // Of 2,049 bits the first byte of the modulus is 1, and a signature has
    // 257 bytes.
    for bits in [2049, 3072] {
        let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let scheme = rsa::Pkcs1v15Sign {
            hash_len: Some(32),
            prefix: Box::new(
                *b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            ),
        };
        let digest = ring::digest::digest(&ring::digest::SHA256, b"message");
        let signature = private.sign(scheme, digest.as_ref()).unwrap();
        use rsa::traits::PublicKeyParts as _;
        let key = Key::new("x", private.n().to_bytes_be(), private.e().to_bytes_be()).unwrap();
        assert!(key.has_signed(b"message", &signature));
        assert!(!key.has_signed(b"massage", &signature));
        assert!(!key.has_signed(b"message", &signature[1..]));
        assert_eq!(format!("{key:?}"), format!("Key({bits} bits)"));
    }
}

#[test]
fn no_allocation_grows_with_the_number_of_keys() {
    let set = |others: usize| {
        let mut keys = vec![OTHER_KEY.jwk(); others];
        for (number, key) in keys.iter_mut().enumerate() {
            key["kid"] = json!(format!("jwk-test-{number}"));
        }
        keys.push(KEY.jwk());
        parse(&json!({ "keys": keys })).unwrap()
    };
    let token = forge().plain();
    let measure = |keys: &KeySet| {
        let expected = expected();
        allocation_counter::measure(|| {
            verify(token.as_bytes(), keys, &expected, at(NOW), STRICT).unwrap();
        })
    };
    let (one, most) = (set(0), set(63));
    let (few, many) = (measure(&one), measure(&most));
    assert!(few.count_total > 0);
    assert_eq!(
        (few.count_total, few.bytes_total),
        (many.count_total, many.bytes_total)
    );
    assert_eq!((many.count_current, many.bytes_current), (0, 0));
    let search = allocation_counter::measure(|| {
        assert!(most.get(KEY.id).is_some() && most.get("unknown").is_none());
    });
    assert_eq!(search.count_total, 0);
}
