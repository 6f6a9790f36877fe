//! Holds the types against the API document's facts: names, types, required or not, values.
//!
//! The Rust side is what `schemars` derives from the types and their serde attributes, so it is
//! what stands on the wire. Both sides are brought into the notation of the data file (see
//! `data/make_schema_facts.py`) and must then be equal, schema for schema.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::impersonation::AuthenticateResponse;
use super::organization::OrganizationGetResponse;
use super::session::{
    AuthorizationCheck, SessionAuthenticateResponse, SessionGetJWKSResponse, SessionGetResponse,
    SessionRevokeResponse,
};

const FACTS: &str = include_str!("../../data/schema-facts.json");
/// The schemas to start from, and the Rust types that serve them.
const ROOTS: [(&str, &str); 7] = [
    (
        "api_b2b_impersonation_v1_AuthenticateResponse",
        "AuthenticateResponse",
    ),
    (
        "api_b2b_session_v1_AuthenticateResponse",
        "SessionAuthenticateResponse",
    ),
    (
        "api_b2b_session_v1_AuthorizationCheck",
        "AuthorizationCheck",
    ),
    (
        "api_b2b_session_v1_GetJWKSResponse",
        "SessionGetJWKSResponse",
    ),
    ("api_b2b_session_v1_GetResponse", "SessionGetResponse"),
    ("api_b2b_session_v1_RevokeResponse", "SessionRevokeResponse"),
    ("api_organization_v1_GetResponse", "OrganizationGetResponse"),
];

/// All roots, so that one run of schemars sees every type.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
struct Everything {
    impersonation: AuthenticateResponse,
    authenticate: SessionAuthenticateResponse,
    check: AuthorizationCheck,
    jwks: SessionGetJWKSResponse,
    get: SessionGetResponse,
    revoke: SessionRevokeResponse,
    organization: OrganizationGetResponse,
}

const DEFINITIONS: &str = "#/$defs/";

/// A Rust type that stands for several schemas of the document.
fn stands_for(rust: &str, schema: &str) -> bool {
    match rust {
        "OAuthFactor" => schema.ends_with("OAuthFactor"),
        "OAuthExchangeFactor" => schema.ends_with("OAuthExchangeFactor"),
        "SSOFactor" => schema.ends_with("SSOFactor"),
        "TypedValue" => schema.starts_with("api_b2b_scim_v1_"),
        _ => schema.rsplit('_').next() == Some(rust),
    }
}

/// The type of a field in the notation of the data file, with Rust's names for schemas.
fn type_of(field: &Value) -> String {
    if let Some(name) = field["$ref"].as_str() {
        return name.trim_start_matches(DEFINITIONS).to_owned();
    }
    if let Some(choices) = field["anyOf"].as_array() {
        // Option<T>: T or null. That null is never sent is checked by `required`.
        let [choice, null] = choices.as_slice() else {
            panic!("not an Option: {field}")
        };
        assert_eq!(null["type"], "null", "{field}");
        return type_of(choice);
    }
    let name = match &field["type"] {
        Value::Array(choices) => {
            assert_eq!(choices[1..], ["null"], "{field}");
            &choices[0]
        }
        name => name,
    };
    match name.as_str().unwrap() {
        "array" => format!("[{}]", type_of(&field["items"])),
        "object" => {
            assert_eq!(field["additionalProperties"], true, "{field}");
            "object".to_owned()
        }
        name => field["format"].as_str().unwrap_or(name).to_owned(),
    }
}

/// The facts of a Rust type: its fields, or its values.
fn facts_of(definition: &Value) -> Value {
    if definition.get("enum").is_some() || definition.get("oneOf").is_some() {
        // A variant with a comment stands in `oneOf` by itself.
        let mut groups = vec![definition];
        groups.extend(definition["oneOf"].as_array().into_iter().flatten());
        let values = groups.into_iter().flat_map(|group| {
            let several = group["enum"].as_array().cloned().unwrap_or_default();
            several.into_iter().chain(group.get("const").cloned())
        });
        return values.collect();
    }
    let required = definition["required"]
        .as_array()
        .unwrap_or(&Vec::new())
        .clone();
    let fields = definition["properties"].as_object().unwrap().iter();
    fields
        .map(|(name, field)| {
            let optional = !required.iter().any(|one| one == name);
            let mark = if optional { "?" } else { "" };
            (name.clone(), Value::from(type_of(field) + mark))
        })
        .collect()
}

/// The name in a type: `[Member]?` names `Member`.
fn named(kind: &Value) -> &str {
    kind.as_str().unwrap().trim_matches(['[', ']', '?'])
}

/// A schema and the type that serves it, with what differs between them.
fn compare(schema: &str, rust: &str, expected: &Value, actual: &Value) -> Vec<String> {
    if let (Some(expected), Some(actual)) = (expected.as_array(), actual.as_array()) {
        let set = |values: &[Value]| -> BTreeSet<String> {
            values.iter().map(ToString::to_string).collect()
        };
        let (expected, actual) = (set(expected), set(actual));
        let missing = expected
            .difference(&actual)
            .map(|v| format!("{rust} lacks the value {v}"));
        let extra = actual
            .difference(&expected)
            .map(|v| format!("{rust} adds the value {v}"));
        return missing.chain(extra).collect();
    }
    let (Some(expected), Some(actual)) = (expected.as_object(), actual.as_object()) else {
        return vec![format!("{rust} and {schema} are not of one kind")];
    };
    let mut differences = Vec::new();
    for name in expected
        .keys()
        .chain(actual.keys())
        .collect::<BTreeSet<_>>()
    {
        match (expected.get(name), actual.get(name)) {
            (Some(wanted), Some(is)) => {
                // Names of schemas differ by their prefix; the pair is compared in its own turn.
                let wanted_name = named(wanted);
                let same = if wanted_name.starts_with("api_") {
                    let renamed = wanted.as_str().unwrap().replace(wanted_name, named(is));
                    *is == renamed && stands_for(named(is), wanted_name)
                } else {
                    wanted == is
                };
                if !same {
                    differences.push(format!("{rust}.{name} is {is}, the document has {wanted}"));
                }
            }
            (wanted, is) => {
                differences.push(format!(
                    "{rust}.{name} is {is:?}, the document has {wanted:?}"
                ));
            }
        }
    }
    differences
}

#[test]
fn the_types_are_those_of_the_api_document() {
    let facts: BTreeMap<String, Value> = serde_json::from_str(FACTS).unwrap();
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let root = generator.into_root_schema_for::<Everything>().to_value();
    let definitions = &root["$defs"];

    let mut differences = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<_> = ROOTS
        .iter()
        .map(|(schema, rust)| ((*schema).to_owned(), (*rust).to_owned()))
        .collect();
    while let Some((schema, rust)) = waiting.pop() {
        if !seen.insert((schema.clone(), rust.clone())) {
            continue;
        }
        let (expected, actual) = (&facts[&schema], facts_of(&definitions[&rust]));
        differences.extend(compare(&schema, &rust, expected, &actual));
        for (name, kind) in expected.as_object().into_iter().flatten() {
            if let (true, Some(is)) = (facts.contains_key(named(kind)), actual.get(name)) {
                waiting.push((named(kind).to_owned(), named(is).to_owned()));
            }
        }
    }
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));

    // Nothing was passed by, on either side.
    let schemas: BTreeSet<_> = seen.iter().map(|(schema, _)| schema).collect();
    assert_eq!(schemas, facts.keys().collect());
    let types: BTreeSet<_> = seen.iter().map(|(_, rust)| rust.as_str()).collect();
    let defined = definitions.as_object().unwrap().keys();
    assert_eq!(types, defined.map(String::as_str).collect());
}
