//! The clock, the leeway and the age.

use serde_json::json;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

fn leeway(leeway_seconds: u32) -> Limits {
    Limits {
        leeway_seconds,
        ..STRICT
    }
}

#[test]
fn a_token_ends_at_its_exp_to_the_nanosecond() {
    let token = forge().plain();
    let end = at(NOW + 300);
    assert_eq!(verdict(&token, end - NANO, STRICT), "accepted");
    assert_eq!(verdict(&token, end, STRICT), "jwt_expired");
    assert_eq!(
        verdict(&token, end + SECOND * 10 - NANO, leeway(10)),
        "accepted"
    );
    assert_eq!(
        verdict(&token, end + SECOND * 10, leeway(10)),
        "jwt_expired"
    );

    let fraction = forge().token(|claims| claims["exp"] = json!(NOW as f64 + 300.5));
    assert_eq!(
        verdict(&fraction, end + SECOND / 2 - NANO, STRICT),
        "accepted"
    );
    assert_eq!(verdict(&fraction, end + SECOND / 2, STRICT), "jwt_expired");
}

#[test]
fn so_does_the_session() {
    let token = forge().token(|claims| {
        let end = forge::rfc3339(NOW + 100).replace('Z', ".25Z");
        claims["https://stytch.com/session"]["expires_at"] = json!(end);
    });
    let end = at(NOW + 100) + SECOND / 4;
    assert_eq!(verdict(&token, end - NANO, STRICT), "accepted");
    assert_eq!(verdict(&token, end, STRICT), "jwt_expired");
    assert_eq!(
        verdict(&token, end + SECOND * 10 - NANO, leeway(10)),
        "accepted"
    );
    assert_eq!(
        verdict(&token, end + SECOND * 10, leeway(10)),
        "jwt_expired"
    );
}

#[test]
fn a_token_starts_at_its_nbf_and_iat() {
    for name in ["nbf", "iat"] {
        let token = forge().token(|claims| claims[name] = json!(NOW));
        assert_eq!(verdict(&token, at(NOW), STRICT), "accepted");
        assert_eq!(verdict(&token, at(NOW) - NANO, STRICT), "jwt_not_yet_valid");
        assert_eq!(verdict(&token, at(NOW - 10), leeway(10)), "accepted");
        assert_eq!(
            verdict(&token, at(NOW - 10) - NANO, leeway(10)),
            "jwt_not_yet_valid"
        );
    }
}

#[test]
fn the_age_has_no_leeway() {
    let token = forge().token(|claims| claims["iat"] = json!(NOW));
    let age = |seconds| Limits {
        leeway_seconds: 10,
        max_token_age_seconds: seconds,
    };
    assert_eq!(verdict(&token, at(NOW + 60) - NANO, age(60)), "accepted");
    assert_eq!(verdict(&token, at(NOW + 60), age(60)), "jwt_too_old");
    assert_eq!(verdict(&token, at(NOW + 60), age(-1)), "accepted");
    assert_eq!(verdict(&token, at(NOW + 60), age(i64::MAX)), "accepted");
    assert_eq!(verdict(&token, at(NOW), age(0)), "jwt_too_old");
    // Issued ahead of this clock, within the leeway: still too old for 0.
    assert_eq!(verdict(&token, at(NOW - 5), age(0)), "jwt_too_old");
    assert_eq!(verdict(&token, at(NOW - 5), age(1)), "accepted");
}

#[test]
fn expired_comes_before_not_yet_valid_and_that_before_too_old() {
    let token = forge().token(|claims| {
        claims["exp"] = json!(NOW - 1);
        claims["nbf"] = json!(NOW + 1);
        claims["iat"] = json!(NOW - 100);
    });
    let age = Limits {
        max_token_age_seconds: 60,
        ..STRICT
    };
    assert_eq!(verdict(&token, at(NOW), age), "jwt_expired");
    let token = forge().token(|claims| {
        claims["nbf"] = json!(NOW + 1);
        claims["iat"] = json!(NOW - 100);
    });
    assert_eq!(verdict(&token, at(NOW), age), "jwt_not_yet_valid");
    assert_eq!(verdict(&token, at(NOW + 1), age), "jwt_too_old");
}

#[test]
fn a_clock_before_1970_accepts_nothing() {
    let token = forge().token(|claims| {
        for name in ["nbf", "iat"] {
            claims[name] = json!(0);
        }
    });
    for before in [NANO, SECOND, SECOND * 1_000_000_000] {
        assert_eq!(
            verdict(&token, UNIX_EPOCH - before, leeway(300)),
            "jwt_not_yet_valid"
        );
    }
    assert_eq!(verdict(&token, UNIX_EPOCH, STRICT), "accepted");
}

#[test]
fn the_order_of_checks() {
    // Each token has what its line says and all that stands below it, too.
    type Fault = fn(&mut serde_json::Value);
    let faults: [(&str, Fault); 6] = [
        ("jwt_wrong_issuer", |claims| claims["iss"] = json!("x")),
        ("jwt_wrong_audience", |claims| claims["aud"] = json!("x")),
        ("jwt_not_a_session", |claims| claims["sub"] = json!("")),
        ("jwt_expired", |claims| claims["exp"] = json!(NOW)),
        ("jwt_not_yet_valid", |claims| claims["nbf"] = json!(NOW + 1)),
        ("jwt_too_old", |_| {}),
    ];
    let limits = Limits {
        max_token_age_seconds: 0,
        ..STRICT
    };
    for (first, (word, _)) in faults.iter().enumerate() {
        let token = forge().token(|claims| {
            for (_, fault) in &faults[first..] {
                fault(claims);
            }
        });
        assert_eq!(verdict(&token, at(NOW), limits), *word);
    }
}
