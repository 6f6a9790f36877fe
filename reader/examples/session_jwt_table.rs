//! Writes the table of tokens with our verdicts as JSON, for the outside judges
//! (tests/judge). Their key set is in it, too.
//!
//!     cargo run --package stytch-reader --example session_jwt_table BASE_URL

#[allow(dead_code)]
#[path = "../tests/session_jwt/forge.rs"]
mod forge;
#[path = "../tests/session_jwt/table/mod.rs"]
mod table;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use stytch_reader::jwt::{Expected, KeySet, Limits, verify};

use forge::{Forge, PROJECT_ID};
use table::Row;

fn main() {
    let base_url = std::env::args().nth(1).expect("a base URL");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let forge = Forge {
        now: now.as_secs() as i64,
        base_url,
    };
    let set = forge::key_set();
    let keys = KeySet::parse(set.to_string().as_bytes()).expect("a good set");
    let expected = Expected::new(PROJECT_ID, &forge.base_url);
    let rows: Vec<Value> = table::rows(&forge)
        .iter()
        .map(|row| line(row, &keys, &expected))
        .collect();
    println!(
        "{}",
        json!({ "project_id": PROJECT_ID, "jwks": set, "rows": rows })
    );
}

fn line(row: &Row, keys: &KeySet, expected: &Expected) -> Value {
    let limits = Limits {
        leeway_seconds: 0,
        max_token_age_seconds: row.max_age,
    };
    let result = verify(
        row.token.as_bytes(),
        keys,
        expected,
        SystemTime::now(),
        limits,
    );
    // As text: serde_json reads fewer levels than we do.
    let response = result
        .as_ref()
        .ok()
        .map(|verified| std::str::from_utf8(verified.text()).expect("UTF-8"));
    json!({
        "name": row.name,
        "token": row.token,
        "max_age": row.max_age,
        "expected": row.refused,
        "refused": result.as_ref().err().map(|refusal| refusal.word()),
        "response": response,
        "python": row.python,
        "node": row.node,
    })
}
