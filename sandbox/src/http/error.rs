//! Errors in Stytch's shape.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::answer::request_id;

/// A refusal. Each answer made of it has a request id of its own.
pub struct ApiError {
    status: StatusCode,
    error_type: &'static str,
    message: String,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    status_code: u16,
    request_id: String,
    error_type: &'a str,
    error_message: &'a str,
    error_url: String,
}

impl ApiError {
    fn new(status: StatusCode, error_type: &'static str, message: impl Into<String>) -> Self {
        ApiError {
            status,
            error_type,
            message: message.into(),
        }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn unauthorized_credentials() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::new(
            status,
            "unauthorized_credentials",
            "Unauthorized credentials.",
        )
    }

    /// Unknown, spent and expired tokens look alike.
    pub fn unable_to_auth_impersonation_token() -> Self {
        let message = "The impersonation token could not be authenticated: \
                       it is unknown, has expired or was used before.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unable_to_auth_impersonation_token",
            message,
        )
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub fn route_not_found() -> Self {
        let message = "There is nothing at this path.";
        Self::new(StatusCode::NOT_FOUND, "route_not_found", message)
    }

    pub fn project_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "project_not_found",
            "There is no such project here.",
        )
    }

    pub fn member_not_found() -> Self {
        let message = "There is no such member here; GET /sandbox/members lists them.";
        Self::new(StatusCode::NOT_FOUND, "member_not_found", message)
    }

    pub fn method_not_allowed() -> Self {
        let message = "This path does not take this method.";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    pub fn request_too_large() -> Self {
        let message = "The request body is too large.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    }

    pub fn unsupported_media_type() -> Self {
        let message = "The Content-Type must be application/json, without parameters.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            message,
        )
    }

    /// What Stytch would say with a status that nothing else is known of.
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::unauthorized_credentials(),
            403 => Self::new(status, "use_https", "Please use https."),
            404 => Self::route_not_found(),
            405 => Self::method_not_allowed(),
            413 => Self::request_too_large(),
            415 => Self::unsupported_media_type(),
            429 => Self::new(
                status,
                "too_many_requests",
                "Too many requests have been made.",
            ),
            400..500 => Self::new(status, "bad_request", "The request cannot be carried out."),
            _ => Self::new(
                status,
                "internal_server_error",
                "Something went wrong here.",
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status;
        let body = ErrorBody {
            status_code: status.as_u16(),
            request_id: request_id(),
            error_type: self.error_type,
            error_message: &self.message,
            error_url: format!("https://stytch.com/docs/api/errors/{}", status.as_u16()),
        };
        let mut headers = HeaderMap::new();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"stytch\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        (status, headers, Json(body)).into_response()
    }
}
