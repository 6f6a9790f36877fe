//! `client.sessions`, by JWT: local verification, and the API where that is not
//! enough.

use std::time::{Instant, SystemTime};

use super::sessions::{authenticate_call, jwks_call, jwks_path, one_member};
use crate::call::{Call, Subject};
use crate::client::Client;
use crate::error::{About, Defect, Error, Kind, Result};
use crate::key_cache::{Fetch, Fetched};
use crate::outcome::{Phase, Repeat};
use crate::response::Response;
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

impl Client {
    /// Verifies a session JWT here. `max_token_age_seconds` is -1 for no limit.
    pub fn sessions_authenticate_jwt_local(
        &self,
        session_jwt: &[u8],
        max_token_age_seconds: i64,
    ) -> Result<Response> {
        let deadline = self.deadline();
        check_age(max_token_age_seconds)?;
        match self.verify(session_jwt, max_token_age_seconds, deadline) {
            Ok(verified) => Ok(local_response(verified)),
            Err(Local::Refused(refusal)) => Err(refused(refusal)),
            Err(Local::NoKeys(error)) => Err(error),
        }
    }

    /// Verifies a session JWT here, and asks the API only where the token is
    /// the project's own and its times say no, or where there are no keys.
    pub fn sessions_authenticate_jwt(
        &self,
        session_jwt: &[u8],
        max_token_age_seconds: i64,
    ) -> Result<Response> {
        let deadline = self.deadline();
        check_age(max_token_age_seconds)?;
        match self.verify(session_jwt, max_token_age_seconds, deadline) {
            Ok(verified) => return Ok(local_response(verified)),
            Err(Local::Refused(refusal)) if !refusal.may_go_remote() => {
                return Err(refused(refusal));
            }
            Err(_) => {}
        }
        let session_jwt = std::str::from_utf8(session_jwt)
            .map_err(|_| Error::invalid("session_jwt is not valid UTF-8; pass UTF-8 text"))?;
        let body = one_member("session_jwt", session_jwt);
        let left = deadline.saturating_duration_since(Instant::now());
        let secrets = [session_jwt];
        self.call_within(left, &authenticate_call(&body, &secrets))
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout()
    }

    fn verify(&self, token: &[u8], max_age: i64, deadline: Instant) -> Result<Verified, Local> {
        let parsed = Parsed::parse(token).map_err(Local::Refused)?;
        let verifier = &self.verifier;
        let keys = verifier
            .keys
            .keys(
                parsed.key_id(),
                deadline,
                |how| self.fetch_keys(how),
                too_late,
            )
            .map_err(Local::NoKeys)?;
        let limits = Limits {
            leeway_seconds: verifier.leeway_seconds,
            max_token_age_seconds: max_age,
        };
        parsed
            .check_signature(&keys)
            .and_then(|signed| signed.check_claims(&verifier.expected, SystemTime::now(), limits))
            .map_err(Local::Refused)
    }

    fn fetch_keys(&self, how: Fetch) -> Result<Fetched> {
        let path = jwks_path(self.project_id());
        let call = Call {
            past_caches: how.past_caches,
            body_limit: KEY_SET_LIMIT,
            ..jwks_call(&path)
        };
        let received = self.call_within(how.timeout, &call)?.into_received();
        match KeySet::parse(received.body.as_bytes()) {
            Ok(keys) if !keys.is_empty() => Ok(Fetched {
                max_age: received.max_age,
                keys,
            }),
            _ => {
                let kind = Kind::Unusable(Box::new(received), Defect::NoKeys);
                Err(Error::new(kind, About::of(&call)))
            }
        }
    }
}

fn check_age(max_token_age_seconds: i64) -> Result<()> {
    if max_token_age_seconds < -1 {
        return Err(Error::invalid(format!(
            "max_token_age_seconds is {max_token_age_seconds}; give the seconds, or -1 for no limit"
        )));
    }
    Ok(())
}

fn refused(refusal: Refusal) -> Error {
    Error::new(Kind::InvalidToken(refusal), LOCAL)
}

/// Another caller's fetch of the keys took longer than this call had.
fn too_late() -> Error {
    let failure = Failure {
        phase: Phase::AwaitResponse,
        cause: Cause::Deadline,
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
