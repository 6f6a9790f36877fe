//! The sentence for a person: what was being done, why it failed, what to do.
//!
//! What to do depends on what the call is about, so every piece of advice is
//! found here by the call's subject. Texts of a server pass through `quote`,
//! and were freed of secrets before (`quote::Quotes`).

use std::fmt;

use crate::call::Subject;
use crate::error::{ApiError, Defect, Error, Kind};
use crate::outcome::{Delivery, Ending};
use crate::quote::quote;
use crate::transport::Received;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, about } = self;
        match &**kind {
            Kind::NoResult(text) => return f.write_str(text),
            Kind::InvalidArgument(text) | Kind::NoResource(text) => return f.write_str(text),
            Kind::NoResponse(failure) => write!(f, "{failure}")?,
            Kind::Api(error) => write_api(f, error)?,
            Kind::Unusable(received, defect) => write_unusable(f, received, *defect)?,
            Kind::InvalidToken(refusal) => return write!(f, "{refusal}"),
            Kind::OutOfMemory => {
                return f.write_str("there is not enough memory for a call; nothing was sent");
            }
            Kind::Busy { most } => write!(
                f,
                "this client has {most} unfinished calls, as many as it may have: take some first, or raise max_pending"
            )?,
            Kind::Internal { .. } => {
                f.write_str("internal error in libstytch (a panic was caught); please report it")?
            }
        }
        let advice = match &**kind {
            Kind::Api(error) => after_response(about.subject, error),
            _ => after(about.subject, self.delivery()),
        };
        if advice.is_empty() {
            return Ok(());
        }
        write!(f, "; {advice}")
    }
}

fn write_api(f: &mut fmt::Formatter<'_>, error: &ApiError) -> fmt::Result {
    let Received { host, status, .. } = &error.received;
    write!(f, "{host} responded with {status}")?;
    if let Some(error_type) = &error.error_type {
        write!(f, " {}", quote(error_type))?;
    }
    if let Some(message) = &error.message {
        write!(f, " ({})", quote(message))?;
    }
    Ok(())
}

fn write_unusable(f: &mut fmt::Formatter<'_>, received: &Received, defect: Defect) -> fmt::Result {
    let Received { host, status, .. } = received;
    write!(f, "{host} responded with {status}, and ")?;
    match received.ending {
        Ending::BrokenOff => f.write_str("its body broke off"),
        Ending::Late => f.write_str("its body did not arrive before the deadline"),
        Ending::Cancelled => f.write_str("the call was cancelled before its body had arrived"),
        // What is kept of it has the length of the limit.
        Ending::OverLimit => {
            let limit = received.body.as_bytes().len() / (1024 * 1024);
            write!(f, "its body is longer than {limit} MiB")
        }
        Ending::NoMemory => f.write_str("there was no memory for its body"),
        Ending::Complete => write!(f, "{defect}"),
    }
}

/// What to do if the delivery is all that is known.
fn after(subject: Subject, delivery: Delivery) -> &'static str {
    use Delivery as D;
    use Subject as S;
    match (subject, delivery) {
        (S::Nothing, _) => "",
        (S::SingleUseToken, D::NotSent) => {
            "nothing was sent, so the same token may be used again until it expires"
        }
        (S::SingleUseToken, D::Unknown) => {
            "part of the request was sent, so the token may have been used: do not send it again, get a new one"
        }
        (S::SingleUseToken, D::Accepted) => {
            "the token has been used: get a new one (what arrived is kept as the error's body)"
        }
        (S::SingleUseToken, D::Rejected) => {
            "the token was refused: fix what the error describes, or get a new one"
        }
        (S::Revocation, D::NotSent) => {
            "nothing was sent, so the session is still valid: revoke it again"
        }
        (S::Revocation, D::Unknown) => {
            "the session may have been revoked: revoke it again, and treat a 404 session_not_found as done"
        }
        (S::Request, D::Unknown) => {
            "part of the request was sent, so it may have been carried out: look before you repeat it"
        }
        (_, D::NotSent) => "nothing was sent",
        (_, D::Unknown) => "nothing is lost: the same call may be made again",
        (_, D::Accepted) => "what arrived is kept as the error's body",
        (_, D::Rejected) => "fix what the error describes",
    }
}

/// What to do after a response with a status other than 2xx.
fn after_response(subject: Subject, error: &ApiError) -> &'static str {
    use Subject as S;
    let error_type = error.error_type.as_deref();
    match (subject, error.received.status) {
        (S::SingleUseToken, 401 | 403) if error_type == Some("unauthorized_credentials") => {
            "check project id, secret and environment; the token was not used"
        }
        (_, 401 | 403) if error_type == Some("unauthorized_credentials") => {
            "check project id, secret and environment"
        }
        (S::SingleUseToken, 429) => "the token was not used: wait, then try it again",
        (_, 429) => "wait, then try again",
        (S::SingleUseToken, 400..=499)
            if error_type == Some("unable_to_auth_impersonation_token") =>
        {
            "the token is invalid, expired or already used: get a new one"
        }
        (S::Session, 404) if error_type == Some("session_not_found") => {
            "the session is unknown, has expired or was revoked"
        }
        (S::Revocation, 404) if error_type == Some("session_not_found") => {
            "the session does not exist: treat it as revoked"
        }
        (S::SingleUseToken, 300..=399) => {
            "a redirect is never followed: check the base URL, and get a new token, because this one may have been used"
        }
        (_, 300..=399) => "a redirect is never followed: check the base URL",
        (S::SingleUseToken, status) if !(400..=499).contains(&status) => {
            "the token may have been used: do not send it again, get a new one"
        }
        (_, status) => after(subject, Delivery::of(true, Some(status))),
    }
}
