//! The response that a verified token stands for: rule 17.

use super::time;
use super::token::Signed;
use crate::json::strict::Item;

/// What Stytch's two claims and `sub` say, in the names of `member_session`.
pub struct Session<'a> {
    pub member_session_id: Item<'a>,
    pub member_id: Item<'a>,
    pub organization_id: Item<'a>,
    pub organization_slug: Option<Item<'a>>,
    pub started_at: Option<Item<'a>>,
    pub last_accessed_at: Option<Item<'a>>,
    /// With the time that it gives.
    pub expires_at: Option<(Item<'a>, i128)>,
    pub authentication_factors: Option<Item<'a>>,
    pub roles: Option<Item<'a>>,
}

/// More than all names, quotes and brackets that are written together. What
/// else is written stands in the payload or is the token.
const FRAME: usize = 512;

/// Writes `{"member_session":{…},"session_jwt":"…"}`. Values are copied as they
/// were received, so what is not known yet survives. The buffer never grows,
/// which would leave a copy behind, and has room for a NUL. `None` where there
/// is not enough memory.
pub fn write<'a>(
    session: &Session<'a>,
    exp: i64,
    custom_claims: impl Iterator<Item = (Item<'a>, Item<'a>)>,
    signed: &Signed<'_>,
) -> Option<Vec<u8>> {
    let room = signed.payload().len() + signed.token.len() + FRAME;
    let mut output = Vec::new();
    output.try_reserve_exact(room).ok()?;
    output.extend_from_slice(br#"{"member_session":{"member_session_id":"#);
    output.extend_from_slice(session.member_session_id.json());
    let mut member = |name: &str, value: &[u8]| {
        output.extend_from_slice(b",\"");
        output.extend_from_slice(name.as_bytes());
        output.extend_from_slice(b"\":");
        output.extend_from_slice(value);
    };
    member("member_id", session.member_id.json());
    for (name, value) in [
        ("started_at", session.started_at),
        ("last_accessed_at", session.last_accessed_at),
    ] {
        if let Some(value) = value {
            member(name, value.json());
        }
    }
    match session.expires_at {
        Some((value, _)) => member("expires_at", value.json()),
        None => member("expires_at", &time::to_rfc3339(exp)),
    }
    for (name, value) in [
        ("authentication_factors", session.authentication_factors),
        ("roles", session.roles),
    ] {
        member(name, value.map_or(b"[]", Item::json));
    }
    member("organization_id", session.organization_id.json());
    if let Some(slug) = session.organization_slug {
        member("organization_slug", slug.json());
    }
    output.extend_from_slice(br#","custom_claims":{"#);
    for (at, (name, value)) in custom_claims.enumerate() {
        if at > 0 {
            output.push(b',');
        }
        output.extend_from_slice(name.json());
        output.push(b':');
        output.extend_from_slice(value.json());
    }
    output.extend_from_slice(br#"}},"session_jwt":""#);
    output.extend_from_slice(signed.token);
    output.extend_from_slice(b"\"}");
    debug_assert!(output.len() < room);
    Some(output)
}
