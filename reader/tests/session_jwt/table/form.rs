//! The compact form and the signature's bytes: rules 1, 2 and 9.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};
use serde_json::json;

use super::*;
use crate::forge::{KEY, encode, plain_header, sign_parts};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn add(forge: &Forge, rows: &mut Vec<Row>) {
    signatures(forge, rows);
    framing(forge, rows);
    spellings(forge, rows);
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

fn signatures(forge: &Forge, rows: &mut Vec<Row>) {
    let token = forge.plain();
    let [header, payload, signature] = parts(&token);
    let bytes = KEY.sign(format!("{header}.{payload}").as_bytes());
    assert_eq!(signature, encode(&bytes));
    let with = |signature: &[u8]| format!("{header}.{payload}.{}", encode(signature));
    rows.push(refuse(
        MALFORMED,
        "signature empty",
        format!("{header}.{payload}."),
    ));
    rows.push(refuse(
        MALFORMED,
        "signature missing",
        format!("{header}.{payload}"),
    ));
    rows.push(refuse(BAD_SIGNATURE, "signature of zeros", with(&[0; 256])));
    rows.push(refuse(
        BAD_SIGNATURE,
        "signature of ones",
        with(&[0xFF; 256]),
    ));
    rows.push(refuse(
        BAD_SIGNATURE,
        "signature short",
        with(&bytes[..255]),
    ));
    rows.push(refuse(BAD_SIGNATURE, "signature of one byte", with(&[0])));
    rows.push(refuse(
        BAD_SIGNATURE,
        "signature + n",
        with(&plus_modulus(&bytes)),
    ));
    rows.push(refuse(
        BAD_SIGNATURE,
        "zero in front of the signature",
        with(&[&[0], &bytes[..]].concat()),
    ));
    rows.push(refuse(
        BAD_SIGNATURE,
        "zero behind the signature",
        with(&[&bytes[..], &[0]].concat()),
    ));
    // One signature of 256 starts with a zero byte.
    let (unsigned, signature) = (0u32..)
        .map(|number| {
            let claims = forge.claims(|claims| claims["jti"] = json!(number.to_string()));
            let unsigned = format!(
                "{}.{}",
                encode(plain_header().as_bytes()),
                encode(claims.as_bytes())
            );
            let signature = KEY.sign(unsigned.as_bytes());
            (unsigned, signature)
        })
        .find(|(_, signature)| signature[0] == 0)
        .expect("endless");
    rows.push(accept(
        "signature with a leading zero",
        format!("{unsigned}.{}", encode(&signature)),
    ));
    let dropped = format!("{unsigned}.{}", encode(&signature[1..]));
    rows.push(refuse(BAD_SIGNATURE, "leading zero dropped", dropped));
    let other = forge.token(|claims| claims["sub"] = json!("member-test-2"));
    let [_, other_payload, other_signature] = parts(&other);
    rows.push(refuse(
        BAD_SIGNATURE,
        "signature of another token",
        format!("{header}.{payload}.{other_signature}"),
    ));
    let [_, _, signature] = parts(&token);
    rows.push(refuse(
        BAD_SIGNATURE,
        "payload of another token",
        format!("{header}.{other_payload}.{signature}"),
    ));
}

fn plus_modulus(signature: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum: Vec<u8> = signature
        .iter()
        .zip(KEY.modulus())
        .rev()
        .map(|(a, b)| {
            let digit = u16::from(*a) + u16::from(b) + carry;
            carry = digit >> 8;
            digit as u8
        })
        .collect();
    if carry > 0 {
        sum.push(1);
    }
    sum.reverse();
    sum
}

fn framing(forge: &Forge, rows: &mut Vec<Row>) {
    let token = forge.plain();
    let [header, payload, signature] = parts(&token);
    rows.push(refuse(MALFORMED, "empty", String::new()));
    for (name, cut) in [
        ("in the header", header.len() / 2),
        ("before the first dot", header.len()),
        ("behind the first dot", header.len() + 1),
        ("in the payload", header.len() + payload.len() / 2),
    ] {
        rows.push(refuse(
            MALFORMED,
            format!("cut {name}"),
            token[..cut].to_owned(),
        ));
    }
    // Two characters less make a byte and a half, with bits that stand for nothing.
    rows.push(refuse(
        MALFORMED,
        "cut by one character",
        token[..token.len() - 1].to_owned(),
    ));
    rows.push(refuse(
        BAD_SIGNATURE,
        "cut by two characters",
        token[..token.len() - 2].to_owned(),
    ));
    for more in [".", ".x", " junk"] {
        rows.push(refuse(
            MALFORMED,
            format!("{more:?} behind it"),
            format!("{token}{more}"),
        ));
    }
    rows.push(refuse(
        BAD_SIGNATURE,
        "\"A\" behind it",
        format!("{token}A"),
    ));
    rows.push(refuse(
        BAD_SIGNATURE,
        "\"AAAA\" behind it",
        format!("{token}AAAA"),
    ));
    for before in [" ", ".", "Bearer ", "\u{FEFF}"] {
        rows.push(refuse(
            MALFORMED,
            format!("{before:?} before it"),
            format!("{before}{token}"),
        ));
    }
    rows.push(refuse(MALFORMED, "two parts of dots", "..".to_owned()));
    rows.push(refuse(
        MALFORMED,
        "header empty",
        format!(".{payload}.{signature}"),
    ));
    rows.push(refuse(
        MALFORMED,
        "payload empty",
        format!("{header}..{signature}"),
    ));
    rows.push(refuse(
        MALFORMED,
        "four parts",
        format!("{header}.{payload}.{payload}.{signature}"),
    ));
    rows.push(refuse(
        MALFORMED,
        "5 parts",
        format!("{token}.{payload}.{signature}"),
    ));
    let json = json!({ "protected": header, "payload": payload, "signature": signature });
    rows.push(refuse(MALFORMED, "JSON serialization", json.to_string()));
    rows.push(refuse(
        MALFORMED,
        "a session token",
        "S-TyoEhCjPdnUP0Ci2ZNTHhbCY3Rv7NXwHpuBUrDQ0I".to_owned(),
    ));
}

fn spellings(forge: &Forge, rows: &mut Vec<Row>) {
    let token = forge.plain();
    let [header, payload, signature] = parts(&token);
    for more in ["\n", " ", "=", "!", "é"] {
        let row = refuse(MALFORMED, format!("+ {more:?}"), format!("{token}{more}"));
        rows.push(row.node(true));
    }
    rows.push(refuse(MALFORMED, "+ \"==\"", format!("{token}==")).both(true));
    for more in ["\n", "!"] {
        let (before, behind) = signature.split_at(100);
        let token = format!("{header}.{payload}.{before}{more}{behind}");
        rows.push(refuse(MALFORMED, format!("{more:?} inside the signature"), token).node(true));
    }
    // The last of 342 characters stands for four bits that do nothing.
    let last = signature.bytes().last().expect("a character");
    let place = ALPHABET
        .iter()
        .position(|byte| *byte == last)
        .expect("base64url");
    let other = char::from(ALPHABET[place | 1]);
    let spare = format!("{}{other}", &token[..token.len() - 1]);
    rows.push(refuse(MALFORMED, "spare bits set", spare).node(true));
    // A signature that has both characters in which the alphabets differ.
    let standard = (0u32..)
        .map(|number| {
            let token = forge.token(|claims| claims["jti"] = json!(number.to_string()));
            let [header, payload, _] = parts(&token);
            let bytes = KEY.sign(format!("{header}.{payload}").as_bytes());
            format!("{header}.{payload}.{}", STANDARD_NO_PAD.encode(bytes))
        })
        .find(|token| token.contains('+') && token.contains('/'))
        .expect("endless");
    rows.push(refuse(MALFORMED, "standard alphabet", standard).node(true));
    // One byte more makes sure that there is padding.
    let padded = |text: &str| {
        let text = format!(
            "{text}{}",
            " ".repeat(usize::from(text.len().is_multiple_of(3)))
        );
        let padded = URL_SAFE.encode(text);
        assert!(padded.ends_with('='));
        padded
    };
    let padded_header = sign_parts(&padded(&plain_header()), payload);
    rows.push(
        refuse(
            MALFORMED,
            "header padded with = and signed so",
            padded_header,
        )
        .both(true),
    );
    let padded_payload = sign_parts(header, &padded(&forge.plain_claims()));
    rows.push(
        refuse(
            MALFORMED,
            "payload padded with = and signed so",
            padded_payload,
        )
        .both(true),
    );
}
