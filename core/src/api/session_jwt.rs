//! `client.sessions`, by JWT: local verification, and the API where that is not
//! enough.

use std::time::SystemTime;

use super::sessions::{authenticate_call, get_jwks, one_member};
use crate::call::{Call, Subject};
use crate::error::{About, Defect, Error, Kind, Result};
use crate::key_cache::{Fetch, Fetched, KeyWait};
use crate::outcome::{Phase, Repeat};
use crate::response::Response;
use crate::run::Run;
use crate::secret::Confidential;
use crate::sender::{Operation, Sender};
use crate::transport::{Body, Cause, Failure, Received};
use stytch_reader::jwt::{KEY_SET_LIMIT, KeySet, Limits, Parsed, Refusal, Verified};

/// A JWT is not sent, so there is nothing to say of what became of it.
const LOCAL: About = About {
    subject: Subject::Nothing,
    repeat: Repeat::ByItself,
};

/// Why local verification did not end with a session.
enum Local {
    Refused(Refusal),
    /// There are no keys to verify with.
    NoKeys(Error),
}

/// Verifies a session JWT here, and may ask the API where that is not enough.
pub struct AuthenticateJwt<'a> {
    session_jwt: Confidential<'a>,
    max_token_age_seconds: i64,
    /// Whether the API is asked where the token is the project's own and its
    /// times say no, or where there are no keys.
    asks_api: bool,
}

impl<'a> AuthenticateJwt<'a> {
    /// `max_token_age_seconds` is -1 for no limit.
    pub fn new(session_jwt: &'a [u8], max_token_age_seconds: i64) -> Result<Self> {
        if max_token_age_seconds < -1 {
            return Err(Error::invalid(format!(
                "max_token_age_seconds is {max_token_age_seconds}; give the seconds, or -1 for no limit"
            )));
        }
        Ok(Self {
            session_jwt: Confidential::Borrowed(session_jwt),
            max_token_age_seconds,
            asks_api: true,
        })
    }

    /// The same without asking the API, but for its keys.
    pub fn local(session_jwt: &'a [u8], max_token_age_seconds: i64) -> Result<Self> {
        let mut operation = Self::new(session_jwt, max_token_age_seconds)?;
        operation.asks_api = false;
        Ok(operation)
    }

    /// The same with a copy of the token.
    pub fn into_owned(self) -> AuthenticateJwt<'static> {
        AuthenticateJwt {
            session_jwt: self.session_jwt.into_owned(),
            ..self
        }
    }

    fn verify(&self, sender: &Sender, run: &Run) -> Result<Verified, Local> {
        let parsed = Parsed::parse(&self.session_jwt).map_err(Local::Refused)?;
        let verifier = &sender.verifier;
        let wait = KeyWait {
            deadline: run.deadline(),
            cancel: run.cancel(),
            given_up: &|| given_up(run),
        };
        let keys = verifier
            .keys
            .keys(parsed.key_id(), wait, |how| fetch_keys(sender, run, how))
            .map_err(Local::NoKeys)?;
        let limits = Limits {
            leeway_seconds: verifier.leeway_seconds,
            max_token_age_seconds: self.max_token_age_seconds,
        };
        parsed
            .check_signature(&keys)
            .and_then(|signed| signed.check_claims(&verifier.expected, SystemTime::now(), limits))
            .map_err(Local::Refused)
    }
}

impl Operation for AuthenticateJwt<'_> {
    fn name(&self) -> &'static str {
        if self.asks_api {
            "sessions_authenticate_jwt"
        } else {
            "sessions_authenticate_jwt_local"
        }
    }

    fn about(&self) -> About {
        LOCAL
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.session_jwt.as_str()]
    }

    fn is_local(&self) -> bool {
        true
    }

    fn run(&self, sender: &Sender, run: &Run) -> Result<Response> {
        match self.verify(sender, run) {
            Ok(verified) => return Ok(local_response(verified)),
            Err(Local::Refused(refusal)) if !(self.asks_api && refusal.may_go_remote()) => {
                return Err(refused(refusal));
            }
            Err(Local::NoKeys(error)) if !self.asks_api || run.is_cancelled() => return Err(error),
            Err(_) => {}
        }
        let session_jwt = std::str::from_utf8(&self.session_jwt)
            .map_err(|_| Error::invalid("session_jwt is not valid UTF-8; pass UTF-8 text"))?;
        let body = one_member("session_jwt", session_jwt);
        sender.send(&authenticate_call(body, session_jwt), run, run.left())
    }
}

/// Fetches the keys; an event of its own tells of it.
fn fetch_keys(sender: &Sender, run: &Run, how: Fetch) -> Result<Fetched> {
    let call = Call {
        past_caches: how.past_caches,
        body_limit: KEY_SET_LIMIT,
        ..get_jwks(sender.project_id())
    };
    let part = run.part();
    let outcome = sender.send(&call, &part, how.timeout).and_then(|response| {
        match KeySet::parse(response.body()) {
            Ok(keys) if !keys.is_empty() => Ok((keys, response)),
            _ => {
                let received = Box::new(response.into_received());
                let kind = Kind::Unusable(received, Defect::NoKeys);
                Err(Error::new(kind, About::of(&call)))
            }
        }
    });
    let told = outcome.as_ref().map(|(_, response)| response);
    sender.report(&call, &part, told);
    outcome.map(|(keys, response)| Fetched {
        max_age: response.into_received().max_age,
        keys,
    })
}

fn refused(refusal: Refusal) -> Error {
    Error::new(Kind::InvalidToken(refusal), LOCAL)
}

/// Another caller's fetch of the keys took longer than this call had, or than
/// somebody wanted it.
fn given_up(run: &Run) -> Error {
    let failure = Failure {
        phase: Phase::AwaitResponse,
        cause: if run.is_cancelled() {
            Cause::Cancelled
        } else {
            Cause::Deadline
        },
        request_sent: false,
        host: "another call that fetches the keys".to_owned(),
    };
    Error::new(Kind::NoResponse(failure), LOCAL)
}

fn local_response(verified: Verified) -> Response {
    let (mut text, tape) = verified.into_parts();
    let received = Received::local(Body::from_bytes(std::mem::take(&mut *text)));
    Response::new(received, Some(tape))
}
