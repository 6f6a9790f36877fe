//! The examples of the RFCs.

use serde_json::{Value, json};
use stytch_reader::jwt::{Key, Parsed};

use super::*;
use crate::forge::encode;

/// RFC 7515, appendix A.2: RS256, without a `kid`, expired in 2011.
const A2_SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
    cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
    AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
    BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
    0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
    hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB\
    p0igcN_IoypGlUPQGe77Rw";
const A2_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp\
    -Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW\
    vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs\
    LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k\
    G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2\
    PAcDTW9gb54h4FRWyuXpoQ";

fn jwk(kid: &str) -> Value {
    json!({ "kty": "RSA", "n": A2_MODULUS, "e": "AQAB", "kid": kid })
}

#[test]
fn rfc_7515_a_2_is_signed_and_refused() {
    use base64::Engine as _;
    let decode = |text| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .unwrap()
    };
    let key = Key::new("a2", decode(A2_MODULUS), vec![1, 0, 1]).unwrap();
    let signature = decode(A2_SIGNATURE);
    assert!(key.has_signed(A2_SIGNED.as_bytes(), &signature));
    assert!(!key.has_signed(&A2_SIGNED.as_bytes()[1..], &signature));

    let token = format!("{A2_SIGNED}.{A2_SIGNATURE}");
    let refusal = Parsed::parse(token.as_bytes()).unwrap_err();
    assert_eq!(refusal.word(), "jwt_unknown_key");
    // With a kid in the header the signature is another one's.
    let header = encode(br#"{"alg":"RS256","kid":"a2"}"#);
    let payload = A2_SIGNED.split_once('.').unwrap().1;
    let token = format!("{header}.{payload}.{A2_SIGNATURE}");
    let keys = KeySet::parse(json!({ "keys": [jwk("a2")] }).to_string().as_bytes()).unwrap();
    let parsed = Parsed::parse(token.as_bytes()).unwrap();
    assert_eq!(
        parsed.check_signature(&keys).unwrap_err().word(),
        "jwt_bad_signature"
    );
}

#[test]
fn rfc_7519_3_1_and_6_1_are_refused() {
    let hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(verdict(hs256, at(NOW), STRICT), "jwt_bad_algorithm");
    let none = "eyJhbGciOiJub25lIn0.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(verdict(none, at(NOW), STRICT), "jwt_malformed");
}
