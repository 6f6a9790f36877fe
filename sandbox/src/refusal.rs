//! A request that is refused, as data: which status, which of Stytch's error types, which sentence.
//!
//! These are documented. What Stytch's documentation does not say is in [`crate::inferred`].

/// Why a request is refused. `http` makes a response of it.
#[derive(Clone, Copy, PartialEq)]
pub struct Refusal {
    pub status: u16,
    pub error_type: &'static str,
    pub message: &'static str,
}

pub const UNAUTHORIZED_CREDENTIALS: Refusal = Refusal {
    status: 401,
    error_type: "unauthorized_credentials",
    message: "Unauthorized credentials.",
};

/// Unknown, expired and revoked sessions look alike.
pub const SESSION_NOT_FOUND: Refusal = Refusal {
    status: 404,
    error_type: "session_not_found",
    message: "The session was not found: it is unknown, has expired or was revoked.",
};

/// No role of the session grants the action.
pub const SESSION_AUTHORIZATION_ERROR: Refusal = Refusal {
    status: 403,
    error_type: "session_authorization_error",
    message: "The member is not authorized to perform this action on this resource.",
};

/// The session belongs to another organization than the one in the check.
pub const SESSION_AUTHORIZATION_TENANCY_ERROR: Refusal = Refusal {
    status: 403,
    error_type: "session_authorization_tenancy_error",
    message: "The member does not belong to the organization of the authorization check.",
};

pub const ROUTE_NOT_FOUND: Refusal = Refusal {
    status: 404,
    error_type: "route_not_found",
    message: "There is nothing at this path.",
};

pub const PROJECT_NOT_FOUND: Refusal = Refusal {
    status: 404,
    error_type: "project_not_found",
    message: "The project was not found.",
};

pub const ORGANIZATION_NOT_FOUND: Refusal = Refusal {
    status: 404,
    error_type: "organization_not_found",
    message: "The organization was not found.",
};

pub const MEMBER_NOT_FOUND: Refusal = Refusal {
    status: 404,
    error_type: "member_not_found",
    message: "The member was not found; GET /sandbox/members lists all members.",
};

pub const METHOD_NOT_ALLOWED: Refusal = Refusal {
    status: 405,
    error_type: "method_not_allowed",
    message: "This path does not support this method.",
};

pub const REQUEST_TOO_LARGE: Refusal = Refusal {
    status: 413,
    error_type: "request_too_large",
    message: "The request body is too large.",
};

pub const UNSUPPORTED_MEDIA_TYPE: Refusal = Refusal {
    status: 415,
    error_type: "unsupported_media_type",
    message: "The Content-Type must be application/json, without parameters.",
};

pub const TOO_MANY_REQUESTS: Refusal = Refusal {
    status: 429,
    error_type: "too_many_requests",
    message: "Too many requests have been made.",
};
