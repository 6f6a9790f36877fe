//! `client.sessions`: recognise, refresh, list and end sessions.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use ureq::http::Method;
use zeroize::Zeroizing;

use crate::call::{BODY_LIMIT, Call, LARGE_BODY_LIMIT, MustHave, Subject};
use crate::error::{Error, Result};
use crate::outcome::Repeat;
use crate::secret::Confidential;
use crate::text::check_text;
use stytch_reader::json::strict::Strict;

const ID_LIMIT: usize = 4 * 1024;
const TOKEN_LIMIT: usize = 8 * 1024;
const PARAMS_LIMIT: usize = 64 * 1024;
/// As deep as the getters of a response promise to look.
const PARAMS_DEPTH: usize = 128;

/// What a call names a session by. Exactly one of them is given.
#[derive(Clone, Copy, Default)]
pub struct Selector<'a> {
    pub member_session_id: Option<&'a str>,
    pub session_token: Option<&'a str>,
    pub session_jwt: Option<&'a str>,
    pub member_id: Option<&'a str>,
}

impl<'a> Selector<'a> {
    /// The one that is given, with its name.
    fn only(&self, allowed: &[&str]) -> Result<(&'static str, &'a str)> {
        let given = [
            ("member_session_id", self.member_session_id, ID_LIMIT),
            ("session_token", self.session_token, TOKEN_LIMIT),
            (
                "session_jwt",
                self.session_jwt,
                stytch_reader::jwt::TOKEN_LIMIT,
            ),
            ("member_id", self.member_id, ID_LIMIT),
        ];
        let mut given = given
            .into_iter()
            .filter_map(|(name, text, limit)| Some((name, text?, limit)));
        let (Some((name, text, limit)), None) = (given.next(), given.next()) else {
            let names = allowed.join(", ");
            return Err(Error::invalid(format!(
                "give exactly one of {names}, and NULL for the others"
            )));
        };
        check_text(name, text, limit).map_err(Error::invalid)?;
        Ok((name, text))
    }
}

/// `POST /v1/b2b/sessions/authenticate`, with a session token or JWT. `params`
/// is a JSON object with further fields of the request.
pub fn authenticate<'a>(
    session_token: Option<&'a str>,
    session_jwt: Option<&'a str>,
    params: Option<&str>,
) -> Result<Call<'a>> {
    let selector = Selector {
        session_token,
        session_jwt,
        ..Selector::default()
    };
    let (name, text) = selector.only(&["session_token", "session_jwt"])?;
    let body = with_params(one_member(name, text), params)?;
    Ok(authenticate_call(body, text))
}

/// `POST /v1/b2b/sessions/revoke`
pub fn revoke(selector: Selector<'_>) -> Result<Call<'_>> {
    let allowed = [
        "member_session_id",
        "session_token",
        "session_jwt",
        "member_id",
    ];
    let (name, text) = selector.only(&allowed)?;
    Ok(Call {
        name: "sessions_revoke",
        method: Method::POST,
        is_authorized: true,
        path: "/v1/b2b/sessions/revoke".into(),
        past_caches: false,
        body: Some(Confidential::Owned(one_member(name, text))),
        // An id is no secret; to keep one out of a message does no harm.
        secrets: [Some(text.into()), None],
        subject: Subject::Revocation,
        repeat: Repeat::Harmless,
        must_have: MustHave::Nothing,
        body_limit: BODY_LIMIT,
    })
}

/// `GET /v1/b2b/sessions`: the sessions of a member.
pub fn get(organization_id: &str, member_id: &str) -> Result<Call<'static>> {
    for (name, id) in [
        ("organization_id", organization_id),
        ("member_id", member_id),
    ] {
        check_text(name, id, ID_LIMIT).map_err(Error::invalid)?;
    }
    let [organization_id, member_id] = [organization_id, member_id].map(encode);
    let path = format!("/v1/b2b/sessions?organization_id={organization_id}&member_id={member_id}");
    Ok(Call {
        name: "sessions_get",
        method: Method::GET,
        is_authorized: true,
        path: path.into(),
        past_caches: false,
        body: None,
        secrets: [None, None],
        subject: Subject::Reading,
        repeat: Repeat::ByItself,
        must_have: MustHave::Array("/member_sessions"),
        body_limit: LARGE_BODY_LIMIT,
    })
}

/// `GET /v1/b2b/sessions/jwks/{project_id}`: the keys that session JWTs are
/// signed with, as the server sends them. Needs no credentials, so none are
/// sent.
pub fn get_jwks(project_id: &str) -> Call<'static> {
    Call {
        name: "sessions_get_jwks",
        method: Method::GET,
        is_authorized: false,
        path: format!("/v1/b2b/sessions/jwks/{}", encode(project_id)).into(),
        past_caches: false,
        body: None,
        secrets: [None, None],
        subject: Subject::Reading,
        repeat: Repeat::ByItself,
        must_have: MustHave::Array("/keys"),
        body_limit: BODY_LIMIT,
    }
}

/// The call that asks the API about a session.
pub(super) fn authenticate_call(body: Zeroizing<Vec<u8>>, text: &str) -> Call<'_> {
    Call {
        name: "sessions_authenticate",
        method: Method::POST,
        is_authorized: true,
        path: "/v1/b2b/sessions/authenticate".into(),
        past_caches: false,
        body: Some(Confidential::Owned(body)),
        secrets: [Some(text.into()), None],
        subject: Subject::Session,
        repeat: Repeat::Harmless,
        must_have: MustHave::Text("/member_session/member_session_id"),
        body_limit: BODY_LIMIT,
    }
}

/// An object with one string.
pub(super) fn one_member(name: &'static str, text: &str) -> Zeroizing<Vec<u8>> {
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Text<'a>(&'a str);
    // Room for the worst case, every character escaped, so that a token is
    // never left behind in a buffer that was outgrown.
    let mut body = Zeroizing::new(Vec::with_capacity(2 * text.len() + name.len() + 8));
    body.extend_from_slice(b"{\"");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b"\":");
    serde_json::to_writer(&mut *body, &Text(text)).expect("a string is always JSON");
    body.push(b'}');
    body
}

/// Adds the members of `params`, a JSON object, to an object.
fn with_params(object: Zeroizing<Vec<u8>>, params: Option<&str>) -> Result<Zeroizing<Vec<u8>>> {
    let Some(params) = params else {
        return Ok(object);
    };
    let refuse = |reason: &str| {
        Error::invalid(format!(
            "params_json cannot be used: {reason}; pass a JSON object with further fields of the request, or NULL"
        ))
    };
    if params.len() > PARAMS_LIMIT {
        return Err(refuse("it is longer than 64 KiB"));
    }
    let strict =
        Strict::parse(params.as_bytes(), PARAMS_DEPTH).map_err(|fault| refuse(fault.words()))?;
    let mut is_empty = true;
    for (name, _) in strict.root().members() {
        is_empty = false;
        if matches!(name.string(), Some("session_token" | "session_jwt")) {
            return Err(refuse(
                "it names a session, which has a parameter of its own",
            ));
        }
    }
    if is_empty {
        return Ok(object);
    }
    let params = params.trim_ascii();
    let mut joined = Zeroizing::new(Vec::with_capacity(object.len() + params.len()));
    joined.extend_from_slice(&object[..object.len() - 1]);
    joined.push(b',');
    joined.extend_from_slice(&params.as_bytes()[1..]);
    Ok(joined)
}

/// What stands for itself in a path or a query: RFC 3986, section 2.3.
fn encode(text: &str) -> String {
    const RESERVED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}
