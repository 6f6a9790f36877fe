//! The response that a verified token stands for: rule 17.

use super::time;
use super::token::Signed;
use crate::json::strict::{Item, Strict};
use crate::json::{Document, ParseError, Writer};

/// What the names of Stytch's own claims start with.
const STYTCH: &[u8] = b"https://stytch.com/";

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

/// More nodes than those of all members that are written by their names.
const FRAME_NODES: usize = 32;

/// Writes `{"member_session":{…},"session_jwt":"…"}` and its tape. Values are
/// copied as they were received, so what is not known yet survives. The text
/// has room for a NUL. An error says that there is not enough memory.
pub fn write<'a>(
    session: &Session<'a>,
    exp: i64,
    payload: &'a Strict<'a>,
    signed: &Signed<'_>,
) -> Result<(Vec<u8>, Document), ParseError> {
    let room = signed.payload().len() + signed.token.len() + FRAME;
    let mut output = Writer::new(room, payload.count() + FRAME_NODES)?;
    output.name(r#""member_session":"#)?;
    output.open()?;
    output.name(r#""member_session_id":"#)?;
    session.member_session_id.write(&mut output)?;
    output.name(r#""member_id":"#)?;
    session.member_id.write(&mut output)?;
    if let Some(value) = session.started_at {
        output.name(r#""started_at":"#)?;
        value.write(&mut output)?;
    }
    if let Some(value) = session.last_accessed_at {
        output.name(r#""last_accessed_at":"#)?;
        value.write(&mut output)?;
    }
    output.name(r#""expires_at":"#)?;
    match session.expires_at {
        Some((value, _)) => value.write(&mut output)?,
        None => output.string(&time::to_rfc3339(exp))?,
    }
    output.name(r#""authentication_factors":"#)?;
    write_list(session.authentication_factors, &mut output)?;
    output.name(r#""roles":"#)?;
    write_list(session.roles, &mut output)?;
    output.name(r#""organization_id":"#)?;
    session.organization_id.write(&mut output)?;
    if let Some(value) = session.organization_slug {
        output.name(r#""organization_slug":"#)?;
        value.write(&mut output)?;
    }
    output.name(r#""custom_claims":"#)?;
    output.open()?;
    for (name, value) in payload.root().members() {
        if is_custom(name) {
            name.write_name(&mut output)?;
            value.write(&mut output)?;
        }
    }
    output.close();
    output.close();
    output.name(r#""session_jwt":"#)?;
    output.string(signed.token)?;
    let (text, tape) = output.finish()?;
    debug_assert!(text.len() < room);
    Ok((text, tape))
}

fn write_list(list: Option<Item<'_>>, output: &mut Writer) -> Result<(), ParseError> {
    match list {
        Some(list) => list.write(output),
        None => output.empty_array(),
    }
}

fn is_custom(name: Item<'_>) -> bool {
    let name = name.bytes();
    let is_registered = matches!(
        name,
        b"iss" | b"sub" | b"aud" | b"exp" | b"nbf" | b"iat" | b"jti"
    );
    !is_registered && !name.starts_with(STYTCH)
}
