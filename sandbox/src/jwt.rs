//! Session JWTs: written for a session, and read back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use crate::inferred::{
    JWT_INVALID_AUDIENCE, JWT_INVALID_CLAIMS, JWT_INVALID_ISSUER, JWT_MAY_OUTLIVE_SESSION,
    UNABLE_TO_PARSE_SESSION_JWT,
};
use crate::keys::SigningKey;
use crate::refusal::Refusal;
use crate::sessions::Session;

/// Fixed by Stytch.
const JWT_LIFE: Duration = Duration::minutes(5);

const SESSION_CLAIM: &str = "https://stytch.com/session";
const ORGANIZATION_CLAIM: &str = "https://stytch.com/organization";

/// Returns a fresh JWT for the session.
pub fn write(session: &Session, project_id: &str, key: &SigningKey, now: UtcDateTime) -> String {
    let mut claims = session.template_claims.clone();
    claims.extend(session.custom_claims.clone());
    let issued = now.truncate_to_second();
    let life_ends = issued + JWT_LIFE;
    let expires = match JWT_MAY_OUTLIVE_SESSION {
        true => life_ends,
        false => life_ends.min(session.expires_at),
    };
    let member_session = session.member_session();
    let own = json!({
        "aud": [project_id],
        "iss": issuer(project_id),
        "sub": member_session.member_id,
        "iat": issued.unix_timestamp(),
        "nbf": issued.unix_timestamp(),
        "exp": expires.unix_timestamp(),
        SESSION_CLAIM: {
            "id": member_session.member_session_id,
            "started_at": member_session.started_at,
            "last_accessed_at": member_session.last_accessed_at,
            "expires_at": member_session.expires_at,
            "attributes": { "ip_address": "", "user_agent": "" },
            "authentication_factors": member_session.authentication_factors,
            "roles": member_session.roles,
        },
        ORGANIZATION_CLAIM: {
            "organization_id": member_session.organization_id,
            "slug": member_session.organization_slug,
        },
    });
    if let Value::Object(own) = own {
        claims.extend(own);
    }
    key.sign(&key.header(), &Value::Object(claims).to_string())
}

/// Returns the id of the session that the JWT is for. It may have expired, since its session decides
/// (documented for an authentication, inferred for a revocation).
pub fn read(
    jwt: &str,
    project_id: &str,
    keys: &[impl AsRef<SigningKey>],
) -> Result<String, Refusal> {
    let claims = signed_claims(jwt, keys).ok_or(UNABLE_TO_PARSE_SESSION_JWT)?;
    if claims["iss"] != issuer(project_id).as_str() {
        return Err(JWT_INVALID_ISSUER);
    }
    let ours = match &claims["aud"] {
        Value::Array(audience) => audience.iter().any(|one| one == project_id),
        audience => audience == project_id,
    };
    if !ours {
        return Err(JWT_INVALID_AUDIENCE);
    }
    match &claims[SESSION_CLAIM]["id"] {
        Value::String(id) => Ok(id.clone()),
        _ => Err(JWT_INVALID_CLAIMS),
    }
}

fn issuer(project_id: &str) -> String {
    format!("stytch.com/{project_id}")
}

/// Returns the claims, if one of the keys has signed them.
fn signed_claims(jwt: &str, keys: &[impl AsRef<SigningKey>]) -> Option<Value> {
    let (signed, signature) = jwt.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let [header, payload] = [header, payload].map(|part| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    });
    let (header, payload) = (header?, payload?);
    let mut keys = keys.iter().map(AsRef::as_ref);
    let key = keys.find(|key| header["kid"] == key.id())?;
    (header["alg"] == "RS256" && key.verifies(signed, signature)).then_some(payload)
}
