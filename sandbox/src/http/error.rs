//! Errors in Stytch's shape.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::ids::request_id;
use crate::refusal::{
    METHOD_NOT_ALLOWED, REQUEST_TOO_LARGE, ROUTE_NOT_FOUND, Refusal, TOO_MANY_REQUESTS,
    UNAUTHORIZED_CREDENTIALS, UNSUPPORTED_MEDIA_TYPE,
};

/// A refusal on its way to a response. Each response has a request id of its own.
pub struct ApiError {
    status: StatusCode,
    error_type: &'static str,
    message: Cow<'static, str>,
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
    fn new(
        status: StatusCode,
        error_type: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        ApiError {
            status,
            error_type,
            message: message.into(),
        }
    }

    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// Returns what Stytch would say with a status that nothing else is known of.
    pub fn of(status: StatusCode) -> Self {
        let refusal = match status.as_u16() {
            401 => UNAUTHORIZED_CREDENTIALS,
            403 => return Self::new(status, "use_https", "Please use https."),
            404 => ROUTE_NOT_FOUND,
            405 => METHOD_NOT_ALLOWED,
            413 => REQUEST_TOO_LARGE,
            415 => UNSUPPORTED_MEDIA_TYPE,
            429 => TOO_MANY_REQUESTS,
            400..500 => {
                let message = "The request cannot be carried out.";
                return Self::new(status, "bad_request", message);
            }
            _ => {
                let message = "Something went wrong on the server.";
                return Self::new(status, "internal_server_error", message);
            }
        };
        refusal.into()
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status).expect("a status of HTTP");
        Self::new(status, refusal.error_type, refusal.message)
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
