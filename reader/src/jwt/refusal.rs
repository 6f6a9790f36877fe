//! Why a session JWT was refused.

use std::fmt;

use crate::json::strict::Fault;

/// Why a session JWT was refused. `Display` is one sentence for a person that
/// says what happened and what to do, and contains nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Rules 1 to 3, 5, 6 and 10, and members of a type that they cannot have.
    Malformed(Malformed),
    /// `alg` is not the string `RS256`.
    BadAlgorithm,
    /// `kid` is missing, is not a string, or names none of the project's keys.
    UnknownKey,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    /// Signed by Stytch for this project, and not a member's session: a
    /// machine-to-machine token, for example.
    NotASession,
    Expired,
    NotYetValid,
    TooOld,
    /// There was not enough memory to decide. This says nothing of the token:
    /// report it as an internal error.
    OutOfMemory,
}

/// What is wrong with the form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    Empty,
    TooLong,
    /// There are not three parts with a dot between them, or one is empty.
    Parts,
    Base64,
    /// The header is not one JSON object, read strictly.
    Header,
    /// The header asks for what this library does not do: `crit`, `b64`, `zip`.
    Extension,
    /// `typ` is neither `JWT` nor `application/jwt`.
    Type,
    /// `cty` says that the payload is another token.
    Nested,
    /// The payload is not one JSON object, read strictly.
    Payload,
    /// A claim that is needed is missing or of another type.
    Claim,
    /// `exp`, `nbf` or `iat` is missing, or is not a number of seconds from
    /// 1970 to the year 9999.
    Time,
}

impl Refusal {
    /// Returns the documented word for programs: `stytch_error_type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed(_) => "jwt_malformed",
            Self::BadAlgorithm => "jwt_bad_algorithm",
            Self::UnknownKey => "jwt_unknown_key",
            Self::BadSignature => "jwt_bad_signature",
            Self::WrongIssuer => "jwt_wrong_issuer",
            Self::WrongAudience => "jwt_wrong_audience",
            Self::NotASession => "jwt_not_a_session",
            Self::Expired => "jwt_expired",
            Self::NotYetValid => "jwt_not_yet_valid",
            Self::TooOld => "jwt_too_old",
            Self::OutOfMemory => "out_of_memory",
        }
    }

    /// Returns whether Stytch's API may be asked about this token. It may only
    /// where a good signature of the project has shown the token to be a
    /// session of ours, so that a forged one never reaches the network.
    pub fn may_go_remote(self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid | Self::TooOld)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(what) => {
                return write!(
                    f,
                    "the session JWT is malformed: {}; pass it exactly as Stytch issued it, and treat the user as not signed in",
                    what.reason()
                );
            }
            Self::BadAlgorithm => {
                "the session JWT is not signed with RS256, the only algorithm that Stytch uses; treat the user as not signed in"
            }
            Self::UnknownKey => {
                "the session JWT does not name one of the project's keys; check that it comes from this project and environment"
            }
            Self::BadSignature => {
                "the signature of the session JWT is not valid; the token was changed or forged: treat the user as not signed in"
            }
            Self::WrongIssuer => {
                "the session JWT comes from another issuer; check the project id and the base URL"
            }
            Self::WrongAudience => {
                "the session JWT is meant for another project; check the project id"
            }
            Self::NotASession => {
                "the token is signed for this project but is not the JWT of a member's session; pass a session_jwt"
            }
            Self::Expired => {
                "the session JWT has expired; get a fresh one from Stytch, or let the user sign in again"
            }
            Self::NotYetValid => {
                "the session JWT is not valid yet; check this machine's clock"
            }
            Self::OutOfMemory => {
                "there was not enough memory to verify the session JWT; try again"
            }
            Self::TooOld => {
                "the session JWT is older than the given max_token_age_seconds; get a fresh one from Stytch"
            }
        })
    }
}

impl std::error::Error for Refusal {}

impl Malformed {
    fn reason(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::TooLong => "it is longer than 32 KiB",
            Self::Parts => "it does not consist of three parts with a dot between them",
            Self::Base64 => "a part of it is not base64url without padding",
            Self::Header => "its header is not a JSON object with unique names",
            Self::Extension => "its header requires an extension (crit, b64 or zip)",
            Self::Type => "its header has a typ other than JWT",
            Self::Nested => "it contains another token",
            Self::Payload => "its payload is not a JSON object with unique names",
            Self::Claim => "a member of its session has the wrong type or form",
            Self::Time => "exp, nbf or iat is missing or is not a valid number of seconds",
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(what: Malformed) -> Self {
        Self::Malformed(what)
    }
}

impl Refusal {
    /// What a fault of the JSON reader means, in a text that `what` is about.
    pub(super) fn from_fault(fault: Fault, what: Malformed) -> Self {
        match fault {
            Fault::OutOfMemory => Self::OutOfMemory,
            _ => Self::Malformed(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_may_go_remote() {
        for refusal in [
            Malformed::Claim.into(),
            Refusal::BadAlgorithm,
            Refusal::UnknownKey,
            Refusal::BadSignature,
            Refusal::WrongIssuer,
            Refusal::WrongAudience,
            Refusal::NotASession,
            Refusal::OutOfMemory,
        ] {
            assert!(!refusal.may_go_remote(), "{refusal}");
        }
        for refusal in [Refusal::Expired, Refusal::NotYetValid, Refusal::TooOld] {
            assert!(refusal.may_go_remote(), "{refusal}");
        }
    }
}
