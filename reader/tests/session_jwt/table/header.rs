//! Keys, algorithms and the rest of the header: rules 3 to 9.

use ring::signature::{RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use serde_json::{Value, json};

use super::*;
use crate::forge::{FOREIGN_KEY, KEY, OTHER_KEY, encode, header, hs256, plain_header, sign};

pub fn add(forge: &Forge, rows: &mut Vec<Row>) {
    keys(forge, rows);
    algorithms(forge, rows);
    others(forge, rows);
    texts(forge, rows);
}

fn set<'a>(name: &'a str, value: impl Into<Value> + 'a) -> impl FnOnce(&mut Value) + 'a {
    move |header| header[name] = value.into()
}

fn remove(name: &str) -> impl FnOnce(&mut Value) + '_ {
    move |header| {
        header.as_object_mut().expect("an object").remove(name);
    }
}

fn keys(forge: &Forge, rows: &mut Vec<Row>) {
    let plain = |_: &mut Value| {};
    rows.push(accept("the project's other key", {
        forge.signed(set("kid", OTHER_KEY.id), |message| OTHER_KEY.sign(message))
    }));
    rows.push(refuse(BAD_SIGNATURE, "another key", {
        forge.signed(plain, |message| FOREIGN_KEY.sign(message))
    }));
    rows.push(refuse(BAD_SIGNATURE, "kid of the other key", {
        forge.with_header(set("kid", OTHER_KEY.id))
    }));
    for (name, kid) in [
        ("unknown kid", "jwk-test-unknown"),
        ("empty kid", ""),
        ("kid in capitals", "JWK-TEST-ONE"),
        ("start of the kid", "jwk-test-on"),
        ("kid as a path", "../../dev/null"),
        ("kid with a NUL behind it", "jwk-test-one\0"),
        ("kid with a space behind it", "jwk-test-one "),
    ] {
        rows.push(refuse(
            UNKNOWN_KEY,
            name,
            forge.with_header(set("kid", kid)),
        ));
    }
    rows.push(refuse(
        UNKNOWN_KEY,
        "kid absent",
        forge.with_header(remove("kid")),
    ));
    for (name, kid) in [
        ("kid null", Value::Null),
        ("kid a number", json!(1)),
        ("kid an array", json!([KEY.id])),
    ] {
        rows.push(refuse(
            UNKNOWN_KEY,
            name,
            forge.with_header(set("kid", kid)),
        ));
    }
    rows.push(refuse(BAD_SIGNATURE, "jwk of the attacker", {
        forge.signed(set("jwk", FOREIGN_KEY.jwk()), |message| {
            FOREIGN_KEY.sign(message)
        })
    }));
    rows.push(refuse(BAD_SIGNATURE, "jku of the attacker", {
        let jku = set("jku", "https://attacker.example/jwks");
        forge.signed(jku, |message| FOREIGN_KEY.sign(message))
    }));
    rows.push(refuse(BAD_SIGNATURE, "signature with SHA-1", {
        forge.signed(plain, |message| KEY.sign_with_sha1(message))
    }));
    rows.push(refuse(BAD_SIGNATURE, "signature with SHA-384", {
        forge.signed(plain, |message| KEY.sign_with(&RSA_PKCS1_SHA384, message))
    }));
    rows.push(refuse(BAD_SIGNATURE, "signature with PSS", {
        forge.signed(plain, |message| KEY.sign_with(&RSA_PSS_SHA256, message))
    }));
}

fn algorithms(forge: &Forge, rows: &mut Vec<Row>) {
    for alg in ["none", "None", "rs256", "", "RS256 ", "ES256", "EdDSA"] {
        let name = format!("alg {alg:?} with the signature kept");
        rows.push(refuse(
            BAD_ALGORITHM,
            name,
            forge.with_header(set("alg", alg)),
        ));
    }
    rows.push(refuse(
        BAD_ALGORITHM,
        "alg absent",
        forge.with_header(remove("alg")),
    ));
    for (name, alg) in [
        ("alg null", Value::Null),
        ("alg an array", json!(["RS256"])),
        ("alg a number", json!(256)),
    ] {
        rows.push(refuse(
            BAD_ALGORITHM,
            name,
            forge.with_header(set("alg", alg)),
        ));
    }
    for alg in ["none", "None"] {
        let name = format!("alg {alg:?} with an empty signature");
        let token = forge.signed(set("alg", alg), |_| Vec::new());
        rows.push(refuse(MALFORMED, name, token));
    }
    let pem = KEY.public_pem();
    for (name, secret) in [
        ("the PEM", pem.as_bytes()),
        ("the stripped PEM", pem.trim().as_bytes()),
        ("the DER", &KEY.public_der()),
        ("n", &KEY.modulus()),
        ("n in base64url", encode(&KEY.modulus()).as_bytes()),
        ("nothing", b""),
    ] {
        let token = forge.signed(set("alg", "HS256"), |message| hs256(secret, message));
        rows.push(refuse(
            BAD_ALGORITHM,
            format!("HS256 keyed with {name}"),
            token,
        ));
    }
    for (alg, encoding) in [
        (
            "RS384",
            &RSA_PKCS1_SHA384 as &'static dyn ring::signature::RsaEncoding,
        ),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
    ] {
        let token = forge.signed(set("alg", alg), |message| KEY.sign_with(encoding, message));
        rows.push(refuse(
            BAD_ALGORITHM,
            format!("{alg} by the right key"),
            token,
        ));
    }
}

fn others(forge: &Forge, rows: &mut Vec<Row>) {
    for (name, crit) in [
        ("empty", json!([])),
        ("an unknown name", json!(["unknown"])),
        ("exp", json!(["exp"])),
        ("b64", json!(["b64"])),
        ("a string", json!("exp")),
    ] {
        let token = forge.with_header(set("crit", crit));
        rows.push(refuse(MALFORMED, format!("crit: {name}"), token));
    }
    rows.push(refuse(
        MALFORMED,
        "crit null",
        forge.with_header(set("crit", Value::Null)),
    ));
    rows.push(
        refuse(
            MALFORMED,
            "b64 false without crit",
            forge.with_header(set("b64", false)),
        )
        .node(true),
    );
    rows.push(
        refuse(
            MALFORMED,
            "zip DEF on a plain payload",
            forge.with_header(set("zip", "DEF")),
        )
        .both(true),
    );

    rows.push(accept("typ absent", forge.with_header(remove("typ"))).node(false));
    rows.push(accept("typ jwt", forge.with_header(set("typ", "jwt"))));
    rows.push(accept(
        "typ application/jwt",
        forge.with_header(set("typ", "application/jwt")),
    ));
    rows.push(
        refuse(
            MALFORMED,
            "typ at+jwt",
            forge.with_header(set("typ", "at+jwt")),
        )
        .python(true),
    );
    rows.push(refuse(MALFORMED, "typ a number", forge.with_header(set("typ", 1))).python(true));
    rows.push(
        refuse(
            MALFORMED,
            "typ null",
            forge.with_header(set("typ", Value::Null)),
        )
        .python(true),
    );
    rows.push(refuse(MALFORMED, "cty JWT", forge.with_header(set("cty", "JWT"))).both(true));
    rows.push(accept(
        "cty application/json",
        forge.with_header(set("cty", "application/json")),
    ));
    rows.push(accept(
        "unknown header name",
        forge.with_header(set("x-unknown", json!({"a": [1]}))),
    ));
}

fn texts(forge: &Forge, rows: &mut Vec<Row>) {
    let claims = forge.plain_claims();
    let mut text =
        |word: Option<&'static str>, name: &str, header: &[u8], python: bool, node: bool| {
            let row = Row::new(
                format!("header: {name}"),
                sign(header, claims.as_bytes()),
                word,
            );
            rows.push(row.python(python).node(node));
        };
    let plain = plain_header();
    let inside = |more: &str| format!("{{{more},{}", &plain[1..]);
    let spaced = format!(" {{ \n\t\"x\" : 1 , {} \r\n", &plain[1..]);
    text(None, "white space", spaced.as_bytes(), true, true);
    let escaped = plain
        .replace("\"alg\"", "\"\\u0061lg\"")
        .replace("RS256", "\\u0052S256");
    text(None, "escapes", escaped.as_bytes(), true, true);
    text(
        Some(MALFORMED),
        "an array",
        format!("[{plain}]").as_bytes(),
        false,
        false,
    );
    text(Some(MALFORMED), "a string", b"\"RS256\"", false, false);
    text(
        Some(MALFORMED),
        "not JSON",
        plain.replace('"', "'").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "a comment in it",
        format!("/**/{plain}").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "bytes after it",
        format!("{plain}x").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "an object after it",
        format!("{plain}{{}}").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "NUL after it",
        format!("{plain}\0").as_bytes(),
        false,
        false,
    );
    text(
        Some(MALFORMED),
        "a comma at its end",
        plain.replace('}', ",}").as_bytes(),
        false,
        false,
    );
    let not_utf8 = [b"{\"x\":\"\xFF\",", &plain.as_bytes()[1..]].concat();
    text(Some(MALFORMED), "not UTF-8", &not_utf8, false, true);
    text(
        Some(MALFORMED),
        "BOM before",
        format!("\u{FEFF}{plain}").as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "lone surrogate",
        inside(r#""x":"\ud800""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate alg",
        inside(r#""alg":"none""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate alg, escaped",
        inside(r#""\u0061lg":"none""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate kid",
        inside(r#""kid":"jwk-test-two""#).as_bytes(),
        true,
        true,
    );
    text(
        Some(MALFORMED),
        "duplicate name inside",
        inside(r#""x":{"a":1,"a":2}"#).as_bytes(),
        true,
        true,
    );
    let nested =
        |depth: usize| inside(&format!("\"x\":{}{}", "[".repeat(depth), "]".repeat(depth)));
    text(None, "depth 16", nested(15).as_bytes(), true, true);
    text(
        Some(MALFORMED),
        "depth 17",
        nested(16).as_bytes(),
        true,
        true,
    );
    let kid_with_nul = header(|header| header["kid"] = json!("jwk-test-one\u{0}x"));
    text(
        Some(UNKNOWN_KEY),
        "kid with a NUL in it",
        kid_with_nul.as_bytes(),
        false,
        false,
    );
}
