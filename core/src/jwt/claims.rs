//! What a signed token says: rules 10 to 17.

use std::time::SystemTime;

use super::document::{self, Session};
use super::refusal::{Malformed, Refusal};
use super::time::{self, NumericDate};
use super::token::Signed;
use super::{Expected, Limits, Verified, Wiped};
use crate::json::Kind;
use crate::json::strict::{Item, Strict};

/// What the getters of a response look into.
const DEPTH_LIMIT: usize = 128;

const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
const STYTCH: &str = "https://stytch.com/";
const SESSION: &str = "https://stytch.com/session";
const ORGANIZATION: &str = "https://stytch.com/organization";

impl Signed<'_> {
    /// Checks the claims and returns the session that they describe. A token of
    /// another kind is refused before its times are looked at, so that it is
    /// never taken to the API.
    pub fn check_claims(
        &self,
        expected: &Expected,
        now: SystemTime,
        limits: Limits,
    ) -> Result<Verified, Refusal> {
        let payload = Strict::parse(self.payload(), DEPTH_LIMIT)
            .map_err(|fault| Refusal::from_fault(fault, Malformed::Payload))?;
        let claims = payload.root();
        if claims.has_duplicates() {
            return Err(Malformed::Payload.into());
        }
        let claim = |name| claims.get(name);
        for name in [SESSION, ORGANIZATION] {
            if claim(name).is_some_and(Item::has_duplicates_inside) {
                return Err(Malformed::Payload.into());
            }
        }
        check_issuer(claim("iss"), expected)?;
        check_audience(claim("aud"), expected)?;
        let session = read_session(claim("sub"), claim(SESSION), claim(ORGANIZATION))?;
        let date = |name| {
            let number = claim(name).and_then(Item::number).ok_or(Malformed::Time)?;
            NumericDate::parse(number).ok_or(Malformed::Time)
        };
        let times = Times {
            exp: date("exp")?,
            nbf: date("nbf")?,
            iat: date("iat")?,
            session_end: session.expires_at.map(|(_, end)| end),
        };
        times.check(now, limits)?;
        let custom = claims.members().filter(|(name, _)| is_custom(*name));
        let document = document::write(&session, times.exp.seconds, custom, self);
        let document = document.ok_or(Refusal::OutOfMemory)?;
        Ok(Verified {
            document: Wiped(document),
        })
    }
}

fn is_custom(name: Item<'_>) -> bool {
    // No registered claim has more than three letters.
    name.string().is_some_and(|name| {
        !name.starts_with(STYTCH) && (name.len() > 3 || !REGISTERED.contains(&name))
    })
}

fn check_issuer(claim: Option<Item<'_>>, expected: &Expected) -> Result<(), Refusal> {
    let issuer = claim.and_then(Item::string);
    issuer
        .filter(|issuer| expected.issuers.iter().any(|expected| expected == issuer))
        .map(|_| ())
        .ok_or(Refusal::WrongIssuer)
}

fn check_audience(claim: Option<Item<'_>>, expected: &Expected) -> Result<(), Refusal> {
    let claim = claim.ok_or(Refusal::WrongAudience)?;
    let is_ours = |item: Item<'_>| item.string() == Some(&expected.project_id);
    let is_for_us = match claim.kind() {
        Kind::String => is_ours(claim),
        Kind::Array => {
            claim.elements().all(|item| item.kind() == Kind::String)
                && claim.elements().any(is_ours)
        }
        _ => false,
    };
    is_for_us.then_some(()).ok_or(Refusal::WrongAudience)
}

/// Rules 14 and 16: without these three ids it is not a member's session. What
/// else is there must have its type, and nothing else need be there.
fn read_session<'a>(
    subject: Option<Item<'a>>,
    session: Option<Item<'a>>,
    organization: Option<Item<'a>>,
) -> Result<Session<'a>, Refusal> {
    let session = session.ok_or(Refusal::NotASession)?;
    let organization = organization.ok_or(Refusal::NotASession)?;
    let id = |item: Option<Item<'a>>| {
        let item = item.ok_or(Refusal::NotASession)?;
        match item.string() {
            None | Some("") => Err(Refusal::NotASession),
            Some(_) => without_nul(item),
        }
    };
    let expires_at = optional(session, "expires_at", Kind::String)?
        .map(|item| {
            let end = item.string().and_then(time::parse_rfc3339);
            Ok::<_, Refusal>((item, end.ok_or(Malformed::Claim)?))
        })
        .transpose()?;
    Ok(Session {
        member_session_id: id(session.get("id"))?,
        member_id: id(subject)?,
        organization_id: id(organization.get("organization_id"))?,
        organization_slug: optional(organization, "slug", Kind::String)?,
        started_at: optional(session, "started_at", Kind::String)?,
        last_accessed_at: optional(session, "last_accessed_at", Kind::String)?,
        expires_at,
        authentication_factors: optional(session, "authentication_factors", Kind::Array)?,
        roles: optional(session, "roles", Kind::Array)?,
    })
}

/// A member that may be absent or null, and has its type otherwise.
fn optional<'a>(object: Item<'a>, name: &str, kind: Kind) -> Result<Option<Item<'a>>, Refusal> {
    match object.get(name) {
        None => Ok(None),
        Some(item) if item.kind() == Kind::Null => Ok(None),
        Some(item) if item.kind() == kind => without_nul(item).map(Some),
        Some(_) => Err(Malformed::Claim.into()),
    }
}

/// What is mapped must be text that C strings can be made of.
fn without_nul(item: Item<'_>) -> Result<Item<'_>, Refusal> {
    if item.has_nul() {
        return Err(Malformed::Claim.into());
    }
    Ok(item)
}

/// Rules 13 to 15.
struct Times {
    exp: NumericDate,
    nbf: NumericDate,
    iat: NumericDate,
    session_end: Option<i128>,
}

impl Times {
    fn check(&self, now: SystemTime, limits: Limits) -> Result<(), Refusal> {
        // Before 1970 the clock is wrong, and no token can have been issued.
        let now = time::from_clock(now).ok_or(Refusal::NotYetValid)?;
        let leeway = time::seconds(limits.leeway_seconds);
        let is_over = |end| now >= end + leeway;
        if is_over(self.exp.nanos) || self.session_end.is_some_and(is_over) {
            return Err(Refusal::Expired);
        }
        if self.nbf.nanos > now + leeway || self.iat.nanos > now + leeway {
            return Err(Refusal::NotYetValid);
        }
        let is_too_old = match limits.max_token_age_seconds {
            -1 => false,
            // Also where the token was issued within the leeway ahead of us.
            ..=0 => true,
            age => now - self.iat.nanos >= time::seconds(age),
        };
        if is_too_old {
            return Err(Refusal::TooOld);
        }
        Ok(())
    }
}
