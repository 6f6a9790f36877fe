//! `POST /v1/b2b/impersonation/authenticate`

use serde::Serialize;
use ureq::http::Method;
use zeroize::Zeroizing;

use crate::call::{BODY_LIMIT, Call, MustHave, Subject};
use crate::error::{Error, Result};
use crate::outcome::Repeat;
use crate::secret::Confidential;
use crate::text::check_text;

/// Stytch's tokens have some 44 characters.
const TOKEN_LIMIT: usize = 8 * 1024;

#[derive(Serialize)]
struct AuthenticateRequest<'a> {
    impersonation_token: &'a str,
}

/// Turns an impersonation token, which works once, into a session.
pub fn authenticate(impersonation_token: &str) -> Result<Call<'_>> {
    check_text("impersonation_token", impersonation_token, TOKEN_LIMIT).map_err(Error::invalid)?;
    let request = AuthenticateRequest {
        impersonation_token,
    };
    // Room for the worst case, every character escaped, so that the token is
    // never left behind in a buffer that was outgrown.
    let mut body = Zeroizing::new(Vec::with_capacity(2 * impersonation_token.len() + 32));
    serde_json::to_writer(&mut *body, &request).expect("a string is always JSON");
    Ok(Call {
        name: "impersonation_authenticate",
        method: Method::POST,
        is_authorized: true,
        path: "/v1/b2b/impersonation/authenticate".into(),
        past_caches: false,
        body: Some(Confidential::Owned(body)),
        secrets: [Some(impersonation_token.into()), None],
        subject: Subject::SingleUseToken,
        repeat: Repeat::Never,
        must_have: MustHave::Text("/session_token"),
        body_limit: BODY_LIMIT,
    })
}

/// Returns the token of the link that Stytch's dashboard opens.
pub fn token_from_url(url: &str) -> Result<Zeroizing<String>> {
    crate::link::token_from_url(url)
        .map(Zeroizing::new)
        .map_err(Error::invalid)
}
