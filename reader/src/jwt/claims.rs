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
        let picked = claims.pick(claim_slot).ok_or(Malformed::Payload)?;
        let [iss, aud, sub, session, organization, exp, nbf, iat] = picked;
        let session = pick_inside(session, session_slot)?;
        let organization = pick_inside(organization, organization_slot)?;
        check_issuer(iss, expected)?;
        check_audience(aud, expected)?;
        let session = read_session(sub, session, organization)?;
        let date = |claim: Option<Item<'_>>| {
            let number = claim.and_then(Item::number).ok_or(Malformed::Time)?;
            NumericDate::parse(number).ok_or(Malformed::Time)
        };
        let times = Times {
            exp: date(exp)?,
            nbf: date(nbf)?,
            iat: date(iat)?,
            session_end: session.expires_at.map(|(_, end)| end),
        };
        times.check(now, limits)?;
        let (text, tape) = document::write(&session, times.exp.seconds, &payload, self)
            .map_err(|_| Refusal::OutOfMemory)?;
        Ok(Verified {
            text: Wiped(text),
            tape,
        })
    }
}

fn claim_slot(name: &[u8]) -> Option<usize> {
    Some(match name {
        b"iss" => 0,
        b"aud" => 1,
        b"sub" => 2,
        b"https://stytch.com/session" => 3,
        b"https://stytch.com/organization" => 4,
        b"exp" => 5,
        b"nbf" => 6,
        b"iat" => 7,
        _ => return None,
    })
}

fn check_issuer(claim: Option<Item<'_>>, expected: &Expected) -> Result<(), Refusal> {
    let issuer = claim.and_then(Item::utf8);
    issuer
        .filter(|issuer| {
            let mut issuers = expected.issuers.iter();
            issuers.any(|expected| expected.as_bytes() == *issuer)
        })
        .map(|_| ())
        .ok_or(Refusal::WrongIssuer)
}

fn check_audience(claim: Option<Item<'_>>, expected: &Expected) -> Result<(), Refusal> {
    let claim = claim.ok_or(Refusal::WrongAudience)?;
    let is_ours = |item: Item<'_>| item.utf8() == Some(expected.project_id.as_bytes());
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

fn session_slot(name: &[u8]) -> Option<usize> {
    Some(match name {
        b"id" => 0,
        b"started_at" => 1,
        b"last_accessed_at" => 2,
        b"expires_at" => 3,
        b"authentication_factors" => 4,
        b"roles" => 5,
        _ => return None,
    })
}

fn organization_slot(name: &[u8]) -> Option<usize> {
    match name {
        b"organization_id" => Some(0),
        b"slug" => Some(1),
        _ => None,
    }
}

/// Returns members of one of Stytch's two claims, in which no object may have a
/// name twice; nothing where there is no such claim.
fn pick_inside<'a, const N: usize>(
    claim: Option<Item<'a>>,
    slot: fn(&[u8]) -> Option<usize>,
) -> Result<[Option<Item<'a>>; N], Refusal> {
    let Some(claim) = claim else {
        return Ok([None; N]);
    };
    if claim.has_duplicates_below() {
        return Err(Malformed::Payload.into());
    }
    Ok(claim.pick(slot).ok_or(Malformed::Payload)?)
}

/// Rules 14 and 16: without these three ids it is not a member's session. What
/// else is there must have its type, and nothing else need be there.
fn read_session<'a>(
    subject: Option<Item<'a>>,
    [id, started_at, last_accessed_at, expires_at, factors, roles]: [Option<Item<'a>>; 6],
    [organization_id, slug]: [Option<Item<'a>>; 2],
) -> Result<Session<'a>, Refusal> {
    // None of the three is looked at before all are there.
    for id in [id, subject, organization_id] {
        if id.and_then(Item::utf8).is_none_or(<[u8]>::is_empty) {
            return Err(Refusal::NotASession);
        }
    }
    let text = |id: Option<Item<'a>>| without_nul(id.ok_or(Refusal::NotASession)?);
    let expires_at = optional(expires_at, Kind::String)?
        .map(|item| {
            let end = item.utf8().and_then(time::parse_rfc3339);
            Ok::<_, Refusal>((item, end.ok_or(Malformed::Claim)?))
        })
        .transpose()?;
    Ok(Session {
        member_session_id: text(id)?,
        member_id: text(subject)?,
        organization_id: text(organization_id)?,
        organization_slug: optional(slug, Kind::String)?,
        started_at: optional(started_at, Kind::String)?,
        last_accessed_at: optional(last_accessed_at, Kind::String)?,
        expires_at,
        authentication_factors: optional(factors, Kind::Array)?,
        roles: optional(roles, Kind::Array)?,
    })
}

/// A member that may be absent or null, and has its type otherwise.
fn optional(member: Option<Item<'_>>, kind: Kind) -> Result<Option<Item<'_>>, Refusal> {
    match member {
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
