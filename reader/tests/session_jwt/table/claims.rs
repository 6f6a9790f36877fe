//! What the payload says: rules 10 to 17.

use serde_json::{Value, json};

use super::*;
use crate::forge::{OTHER_PROJECT_ID, PROJECT_ID, rfc3339};

const SESSION: &str = "https://stytch.com/session";
const ORGANIZATION: &str = "https://stytch.com/organization";

pub fn add(forge: &Forge, rows: &mut Vec<Row>) {
    issuer_and_audience(forge, rows);
    times(forge, rows);
    ages(forge, rows);
    session(forge, rows);
}

fn set<'a>(name: &'a str, value: impl Into<Value> + 'a) -> impl FnOnce(&mut Value) + 'a {
    move |claims| claims[name] = value.into()
}

fn remove(name: &str) -> impl FnOnce(&mut Value) + '_ {
    move |claims| {
        claims.as_object_mut().expect("an object").remove(name);
    }
}

fn issuer_and_audience(forge: &Forge, rows: &mut Vec<Row>) {
    rows.push(accept("plain", forge.plain()));
    rows.push(accept("aud a string", forge.token(set("aud", PROJECT_ID))));
    rows.push(accept(
        "aud of two",
        forge.token(set("aud", json!(["other", PROJECT_ID]))),
    ));
    rows.push(accept(
        "iss the base URL",
        forge.token(set("iss", forge.base_url.as_str())),
    ));
    rows.push(accept(
        "unknown claims",
        forge.token(set("https://example.com/x", json!([{"y": null}]))),
    ));

    rows.push(refuse(
        WRONG_ISSUER,
        "iss absent",
        forge.token(remove("iss")),
    ));
    let ours = format!("stytch.com/{PROJECT_ID}");
    for (name, issuer) in [
        (
            "of another project",
            json!(format!("stytch.com/{OTHER_PROJECT_ID}")),
        ),
        ("an array", json!([ours])),
        ("a number", json!(1)),
        ("null", Value::Null),
        ("empty", json!("")),
        ("with an end slash", json!(format!("{ours}/"))),
        (
            "the base URL with an end slash",
            json!(format!("{}/", forge.base_url)),
        ),
        (
            "containing the project id",
            json!(format!("https://attacker.example/{PROJECT_ID}")),
        ),
        ("in capitals", json!(ours.to_uppercase())),
        ("with a NUL behind it", json!(format!("{ours}\0"))),
        ("the project id alone", json!(PROJECT_ID)),
    ] {
        rows.push(refuse(
            WRONG_ISSUER,
            format!("iss {name}"),
            forge.token(set("iss", issuer)),
        ));
    }

    rows.push(refuse(
        WRONG_AUDIENCE,
        "aud absent",
        forge.token(remove("aud")),
    ));
    for (name, audience) in [
        ("another project", json!(OTHER_PROJECT_ID)),
        ("a prefix", json!(&PROJECT_ID[..PROJECT_ID.len() - 1])),
        ("an object", json!({ "0": PROJECT_ID })),
        ("[]", json!([])),
        ("null", Value::Null),
        ("empty", json!("")),
        ("an array in an array", json!([[PROJECT_ID]])),
    ] {
        rows.push(refuse(
            WRONG_AUDIENCE,
            format!("aud {name}"),
            forge.token(set("aud", audience)),
        ));
    }
    let mixed = forge.token(set("aud", json!([1, PROJECT_ID])));
    rows.push(refuse(WRONG_AUDIENCE, "aud [1, pid]", mixed).node(true));
}

fn times(forge: &Forge, rows: &mut Vec<Row>) {
    let now = forge.now;
    rows.push(refuse(
        EXPIRED,
        "exp 1 s ago",
        forge.token(set("exp", now - 1)),
    ));
    rows.push(refuse(EXPIRED, "exp = now", forge.token(set("exp", now))));
    rows.push(refuse(EXPIRED, "exp 0", forge.token(set("exp", 0))));
    rows.push(refuse(
        NOT_YET_VALID,
        "nbf in 600 s",
        forge.token(set("nbf", now + 600)),
    ));
    rows.push(
        refuse(
            NOT_YET_VALID,
            "iat in 3600 s",
            forge.token(set("iat", now + 3600)),
        )
        .node(true),
    );
    rows.push(accept(
        "exp with a fraction",
        forge.token(set("exp", now as f64 + 300.5)),
    ));
    rows.push(accept(
        "nbf with a fraction",
        forge.token(set("nbf", now as f64 - 0.5)),
    ));
    rows.push(accept("iat 0 without max age", forge.token(set("iat", 0))));
    let exponent = format!("\"iat\":{}e3,", now / 1000 - 1);
    rows.push(accept(
        "iat with an exponent",
        forge.text(&format!("\"iat\":{},", now - 5), &exponent),
    ));
    for name in ["exp", "nbf", "iat"] {
        let absent = refuse(
            MALFORMED,
            format!("{name} absent"),
            forge.token(remove(name)),
        );
        rows.push(absent.node(true));
        let digits = forge.token(|claims| claims[name] = json!(claims[name].to_string()));
        rows.push(refuse(MALFORMED, format!("{name} a string of digits"), digits).python(true));
        for (kind, value) in [("null", Value::Null), ("an array", json!([now]))] {
            let token = forge.token(set(name, value));
            rows.push(refuse(MALFORMED, format!("{name} {kind}"), token));
        }
    }
    rows.push(refuse(
        MALFORMED,
        "exp negative",
        forge.token(set("exp", -1)),
    ));
    rows.push(refuse(MALFORMED, "exp true", forge.token(set("exp", true))));
    let text = |to: &str| forge.text(&format!("\"exp\":{}", now + 300), &format!("\"exp\":{to}"));
    rows.push(refuse(MALFORMED, "exp NaN", text("NaN")));
    rows.push(refuse(MALFORMED, "exp Infinity", text("Infinity")));
    rows.push(refuse(MALFORMED, "exp 1e300", text("1e300")).both(true));
    rows.push(refuse(MALFORMED, "exp 1e999", text("1e999")).node(true));
    rows.push(refuse(MALFORMED, "exp in the year 10000", text("253402300800")).both(true));
    rows.push(accept("exp in the year 9999", text("253402300799")));
}

fn ages(forge: &Forge, rows: &mut Vec<Row>) {
    let issued = |ago: i64| forge.token(set("iat", forge.now - ago));
    rows.push(accept("max age 3600, iat 100 s ago", issued(100)).max_age(3600));
    rows.push(refuse(TOO_OLD, "max age 60, iat 100 s ago", issued(100)).max_age(60));
    rows.push(refuse(TOO_OLD, "max age 100, iat 100 s ago", issued(100)).max_age(100));
    rows.push(refuse(TOO_OLD, "max age 0", issued(0)).max_age(0));
    rows.push(refuse(EXPIRED, "max age 60, iat 100 s ago, expired", {
        forge.token(|claims| {
            claims["iat"] = json!(forge.now - 100);
            claims["exp"] = json!(forge.now - 1);
        })
    }));
}

fn session(forge: &Forge, rows: &mut Vec<Row>) {
    let now = forge.now;
    let set_in = |claim: &'static str, name: &'static str, value: Value| {
        forge.token(move |claims| claims[claim][name] = value)
    };
    let remove_in =
        |claim: &'static str, name| forge.token(move |claims| remove(name)(&mut claims[claim]));

    let past = set_in(SESSION, "expires_at", json!(rfc3339(now - 60)));
    rows.push(refuse(EXPIRED, "session.expires_at in the past, exp ahead", past).both(true));
    rows.push(
        accept(
            "session.expires_at null",
            set_in(SESSION, "expires_at", Value::Null),
        )
        .python(false),
    );
    rows.push(accept(
        "session.expires_at absent",
        remove_in(SESSION, "expires_at"),
    ));
    rows.push(
        refuse(
            MALFORMED,
            "session.expires_at a number",
            set_in(SESSION, "expires_at", json!(now + 60)),
        )
        .both(true),
    );
    rows.push(refuse(
        MALFORMED,
        "session.expires_at not RFC 3339",
        set_in(SESSION, "expires_at", json!("tomorrow")),
    ));
    rows.push(
        accept(
            "factors null",
            set_in(SESSION, "authentication_factors", Value::Null),
        )
        .python(false),
    );
    rows.push(
        accept(
            "factors absent",
            remove_in(SESSION, "authentication_factors"),
        )
        .python(false),
    );
    rows.push(
        refuse(
            MALFORMED,
            "factors a string",
            set_in(SESSION, "authentication_factors", json!("x")),
        )
        .node(true),
    );
    let factor = json!([{ "type": "unknown", "delivery_method": "unknown" }]);
    rows.push(
        accept(
            "factor of unknown type",
            set_in(SESSION, "authentication_factors", factor),
        )
        .python(false),
    );
    rows.push(accept("roles null", set_in(SESSION, "roles", Value::Null)));
    rows.push(accept("roles absent", remove_in(SESSION, "roles")));
    rows.push(accept("organization without slug", remove_in(ORGANIZATION, "slug")).python(false));
    rows.push(accept(
        "unknown member of the session",
        set_in(SESSION, "unknown", json!({"a": 1})),
    ));

    for (name, claim) in [("session", SESSION), ("organization", ORGANIZATION)] {
        rows.push(refuse(
            NOT_A_SESSION,
            format!("no {name} claim"),
            forge.token(remove(claim)),
        ));
        rows.push(refuse(
            NOT_A_SESSION,
            format!("{name} claim null"),
            forge.token(set(claim, Value::Null)),
        ));
        rows.push(
            refuse(
                NOT_A_SESSION,
                format!("{name} claim an array"),
                forge.token(set(claim, json!([]))),
            )
            .node(true),
        );
    }
    rows.push(refuse(NOT_A_SESSION, "machine to machine", {
        forge.token(|claims| {
            remove(SESSION)(claims);
            remove(ORGANIZATION)(claims);
        })
    }));
    rows.push(refuse(NOT_A_SESSION, "machine to machine, expired", {
        forge.token(|claims| {
            remove(SESSION)(claims);
            remove(ORGANIZATION)(claims);
            claims["exp"] = json!(now - 1);
        })
    }));
    rows.push(refuse(NOT_A_SESSION, "session id absent", remove_in(SESSION, "id")).node(true));
    rows.push(
        refuse(
            NOT_A_SESSION,
            "session id empty",
            set_in(SESSION, "id", json!("")),
        )
        .both(true),
    );
    rows.push(
        refuse(
            NOT_A_SESSION,
            "session id a number",
            set_in(SESSION, "id", json!(1)),
        )
        .node(true),
    );
    rows.push(
        refuse(
            NOT_A_SESSION,
            "organization without id",
            remove_in(ORGANIZATION, "organization_id"),
        )
        .node(true),
    );
    rows.push(refuse(NOT_A_SESSION, "sub absent", forge.token(remove("sub"))).node(true));
    rows.push(refuse(NOT_A_SESSION, "sub a number", forge.token(set("sub", 1))).node(true));
    rows.push(refuse(NOT_A_SESSION, "sub empty", forge.token(set("sub", ""))).both(true));
}
