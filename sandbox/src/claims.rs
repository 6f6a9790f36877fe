//! Custom claims of a session: merged, within limits, without reserved names.

use serde_json::Value;

use crate::inferred::{
    CUSTOM_CLAIMS_TOO_LARGE, MAX_CUSTOM_CLAIMS_BYTES, RESERVED_CLAIMS_IN_CUSTOM_CLAIMS,
    STYTCH_CLAIMS_IN_CUSTOM_CLAIMS,
};
use crate::refusal::Refusal;
use crate::schema::Metadata;

const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
const STYTCH_PREFIX: &str = "https://stytch.com/";

/// Returns what a session has stored, changed by what a request gives: nested objects are merged,
/// null deletes a name, anything else replaces.
pub fn merged(stored: &Metadata, given: &Metadata) -> Result<Metadata, Refusal> {
    check_names(given)?;
    let mut claims = stored.clone();
    merge(&mut claims, given);
    let length = serde_json::to_string(&claims).map_or(usize::MAX, |text| text.len());
    match length <= MAX_CUSTOM_CLAIMS_BYTES {
        true => Ok(claims),
        false => Err(CUSTOM_CLAIMS_TOO_LARGE),
    }
}

/// Refuses names that a JWT has for itself.
pub fn check_names(claims: &Metadata) -> Result<(), Refusal> {
    if claims
        .keys()
        .any(|name| REGISTERED.contains(&name.as_str()))
    {
        return Err(RESERVED_CLAIMS_IN_CUSTOM_CLAIMS);
    }
    if claims.keys().any(|name| name.starts_with(STYTCH_PREFIX)) {
        return Err(STYTCH_CLAIMS_IN_CUSTOM_CLAIMS);
    }
    Ok(())
}

fn merge(stored: &mut Metadata, given: &Metadata) {
    for (name, value) in given {
        match (stored.get_mut(name), value) {
            (_, Value::Null) => {
                stored.remove(name);
            }
            (Some(Value::Object(stored)), Value::Object(given)) => merge(stored, given),
            (_, Value::Object(given)) => {
                // A null within deletes nothing here, and is not stored either.
                let mut object = Metadata::new();
                merge(&mut object, given);
                stored.insert(name.clone(), Value::Object(object));
            }
            (_, value) => {
                stored.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Metadata {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    fn after(stored: Value, given: Value) -> Value {
        match merged(&object(stored), &object(given)) {
            Ok(claims) => Value::Object(claims),
            Err(refusal) => refusal.error_type.into(),
        }
    }

    #[test]
    fn claims_are_merged_and_null_deletes() {
        for (stored, given, expected) in [
            (json!({}), json!({}), json!({})),
            (
                json!({ "a": 1 }),
                json!({ "b": [2] }),
                json!({ "a": 1, "b": [2] }),
            ),
            (
                json!({ "a": 1 }),
                json!({ "a": "new" }),
                json!({ "a": "new" }),
            ),
            (
                json!({ "a": 1, "b": 2 }),
                json!({ "a": null, "c": null }),
                json!({ "b": 2 }),
            ),
            (
                json!({ "o": { "a": 1, "b": { "x": 1 } } }),
                json!({ "o": { "a": null, "b": { "y": 2 } } }),
                json!({ "o": { "b": { "x": 1, "y": 2 } } }),
            ),
            (
                json!({ "o": { "a": 1 } }),
                json!({ "o": { "a": null } }),
                json!({ "o": {} }),
            ),
            (
                json!({ "o": 1 }),
                json!({ "o": { "a": { "b": null } } }),
                json!({ "o": { "a": {} } }),
            ),
            (
                json!({ "o": { "a": 1 } }),
                json!({ "o": [null] }),
                json!({ "o": [null] }),
            ),
            // Only at the top are names reserved.
            (
                json!({}),
                json!({ "o": { "iss": 1 } }),
                json!({ "o": { "iss": 1 } }),
            ),
        ] {
            assert_eq!(after(stored, given.clone()), expected, "{given}");
        }
    }

    #[test]
    fn reserved_names_are_refused_to_delete_too() {
        for name in REGISTERED {
            for value in [json!(1), json!(null)] {
                let refused = after(json!({}), json!({ name: value }));
                assert_eq!(refused, "reserved_claims_in_custom_claims", "{name}");
            }
        }
        for name in ["https://stytch.com/session", "https://stytch.com/"] {
            let refused = after(json!({}), json!({ name: {} }));
            assert_eq!(refused, "stytch_claims_in_custom_claims", "{name}");
        }
        assert!(after(json!({}), json!({ "https://stytch.com": 1, "Iss": 1 })).is_object());
    }

    #[test]
    fn the_limit_counts_what_is_stored_after_the_merge() {
        let fits = MAX_CUSTOM_CLAIMS_BYTES - r#"{"a":""}"#.len();
        let full = json!({ "a": "x".repeat(fits) });
        assert_eq!(after(json!({}), full.clone()), full);
        let over = json!({ "a": "x".repeat(fits + 1) });
        assert_eq!(after(json!({}), over), "custom_claims_too_large");
        assert_eq!(
            after(full.clone(), json!({ "b": 1 })),
            "custom_claims_too_large"
        );
        assert_eq!(after(full, json!({ "a": null, "b": 1 })), json!({ "b": 1 }));
    }
}
