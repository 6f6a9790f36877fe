//! What Stytch's documentation does not say, and how the sandbox decides it.
//!
//! No live project was asked. Each value is the likeliest one that the official SDKs, their error
//! names and the published API reference allow. When a real project shows another, change it here.

use time::Duration;

use crate::refusal::Refusal;

/// A session JWT lives 5 minutes (documented). Whether its `exp` is cut to the end of its session
/// is not documented: here it is not, so a verifier has to look at both.
pub const JWT_MAY_OUTLIVE_SESSION: bool = true;

/// An authentication without `session_duration_minutes` does not prolong the session (documented),
/// but moves `last_accessed_at`.
pub const AUTHENTICATION_MOVES_LAST_ACCESSED: bool = true;

/// How long an ordinary session lives by default. Documented for sessions that a login starts.
pub const ORDINARY_SESSION_LIFE: Duration = Duration::minutes(60);

/// The sum of all custom claims as compact JSON, in bytes: "four kilobytes".
pub const MAX_CUSTOM_CLAIMS_BYTES: usize = 4096;

/// The status of a refused impersonation token: that of its twin for magic links.
pub const UNABLE_TO_AUTH_IMPERSONATION_TOKEN: Refusal = Refusal {
    status: 401,
    error_type: "unable_to_auth_impersonation_token",
    message: "The impersonation token is invalid, has expired or was already used.",
};

/// A refusal whose type Stytch's Android SDK names, and whose status nobody does.
const fn named(error_type: &'static str, message: &'static str) -> Refusal {
    Refusal {
        status: 400,
        error_type,
        message,
    }
}

/// An impersonated session ends after 60 minutes (documented). That `session_duration_minutes` gets
/// this error is inferred from its name.
pub const SESSION_NOT_MUTABLE_IMPERSONATED: Refusal = named(
    "session_not_mutable_impersonated",
    "An impersonated session cannot be extended, nor can its custom claims be changed.",
);

/// Whether `session_custom_claims` on an impersonated session gets the error above, too.
pub const IMPERSONATED_CLAIMS_ARE_FIXED: bool = true;

pub const NO_SESSION_ARGUMENTS: Refusal = named(
    "no_session_arguments",
    "Give either session_token or session_jwt.",
);

pub const TOO_MANY_SESSION_ARGUMENTS: Refusal = named(
    "too_many_session_arguments",
    "Give either session_token or session_jwt, not both.",
);

pub const NO_SESSION_REVOKE_ARGUMENTS: Refusal = named(
    "no_session_revoke_arguments",
    "Give one of member_session_id, session_token, session_jwt and member_id.",
);

pub const TOO_MANY_SESSION_REVOKE_ARGUMENTS: Refusal = named(
    "too_many_session_revoke_arguments",
    "Give only one of member_session_id, session_token, session_jwt and member_id.",
);

/// A text that is not a JWT, and one whose signature is not by a key of this project.
pub const UNABLE_TO_PARSE_SESSION_JWT: Refusal = named(
    "unable_to_parse_session_jwt",
    "The session JWT could not be parsed, or its signature is not valid.",
);

pub const JWT_INVALID_ISSUER: Refusal = named(
    "jwt_invalid_issuer",
    "The issuer of the session JWT is not this project.",
);

pub const JWT_INVALID_AUDIENCE: Refusal = named(
    "jwt_invalid_audience",
    "The audience of the session JWT is not this project.",
);

/// A JWT of this project that does not describe a session, such as one for a machine.
pub const JWT_INVALID_CLAIMS: Refusal = named(
    "jwt_invalid_claims",
    "The session JWT does not contain the claims of a session.",
);

/// The range is documented.
pub const INVALID_SESSION_DURATION_MINUTES: Refusal = named(
    "invalid_session_duration_minutes",
    "session_duration_minutes must be between 5 and 527040.",
);

pub const CUSTOM_CLAIMS_TOO_LARGE: Refusal = named(
    "custom_claims_too_large",
    "The custom claims of a session must not exceed 4 kilobytes.",
);

pub const RESERVED_CLAIMS_IN_CUSTOM_CLAIMS: Refusal = named(
    "reserved_claims_in_custom_claims",
    "Custom claims must not use the names iss, sub, aud, exp, nbf, iat and jti.",
);

pub const STYTCH_CLAIMS_IN_CUSTOM_CLAIMS: Refusal = named(
    "stytch_claims_in_custom_claims",
    "Custom claims must not use names that start with https://stytch.com/.",
);

/// A session that has ended already, selected by its id, token or JWT: as if it had never been.
/// Revoking by member id succeeds as often as it is asked for.
pub const REVOKED_TWICE: Refusal = crate::refusal::SESSION_NOT_FOUND;
