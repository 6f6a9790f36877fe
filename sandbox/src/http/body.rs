//! Request bodies: read whole before anything is sent back, of limited size, JSON.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use crate::app::App;
use crate::refusal::{REQUEST_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use crate::schema::Metadata;

/// More than any request here needs; the largest JWT that libstytch sends has 32 KiB.
const LIMIT: usize = 64 * 1024;
/// Raw responses and bodies of faults may be large: libstytch's largest limit is 16 MiB, and base64
/// adds a third.
const CONTROL_LIMIT: usize = 24 * 1024 * 1024;
/// How much more of a body that is too large is read. If the connection is closed while the client
/// still sends, it is reset, and the response is easily lost.
const DRAIN: usize = 4 * 1024 * 1024;

/// The body of a request, read by [`read`].
#[derive(Clone)]
struct RequestBody(Option<Bytes>);

/// Puts the body into the request's extensions.
pub async fn read(mut request: Request, next: Next) -> Response {
    let limit = match request.uri().path().starts_with("/sandbox/") {
        true => CONTROL_LIMIT,
        false => LIMIT,
    };
    let mut body = std::mem::take(request.body_mut());
    let mut received = Vec::new();
    let mut seen = 0;
    while seen <= limit + DRAIN {
        match body.frame().await {
            None => break,
            // The client closed the connection: there is nobody to carry the request out for.
            Some(Err(_)) => return closing(ApiError::bad_request("The request body is cut off.")),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else {
                    continue;
                };
                seen += data.len();
                if seen <= limit {
                    received.extend_from_slice(&data);
                }
            }
        }
    }
    if seen > limit + DRAIN {
        return closing(REQUEST_TOO_LARGE.into());
    }
    let received = (seen <= limit).then(|| received.into());
    request.extensions_mut().insert(RequestBody(received));
    *request.body_mut() = Body::empty();
    next.run(request).await
}

fn closing(error: ApiError) -> Response {
    let mut response = error.into_response();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The body of a request to Stytch's API: an object. The Content-Type is JSON without parameters.
pub struct ApiBody<T>(pub T);

/// The body of a request to the sandbox's own endpoints: empty, which stands for an empty object,
/// or JSON. The Content-Type may have parameters.
pub struct ControlBody<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for ApiBody<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        if !content_type.is_some_and(|name| is_json(name.as_bytes())) {
            return Err(UNSUPPORTED_MEDIA_TYPE.into());
        }
        match json(received(parts)?)? {
            Value::Object(members) => from_object(members).map(ApiBody),
            _ => Err(ApiError::bad_request(
                "The request body must be a JSON object.",
            )),
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for ControlBody<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let body = received(parts)?;
        let value = if body.is_empty() {
            Value::Object(Metadata::new())
        } else {
            let content_type = parts.headers.get(header::CONTENT_TYPE);
            let name = content_type.and_then(|name| name.as_bytes().split(|b| *b == b';').next());
            if !name.is_some_and(|name| is_json(name.trim_ascii())) {
                return Err(UNSUPPORTED_MEDIA_TYPE.into());
            }
            json(body)?
        };
        // The message has all details: it is for somebody who writes a test.
        serde_path_to_error::deserialize(value)
            .map(ControlBody)
            .map_err(|error| ApiError::bad_request(format!("{error}.")))
    }
}

fn received(parts: &Parts) -> Result<Bytes, ApiError> {
    let body = parts.extensions.get::<RequestBody>();
    let body = body.and_then(|body| body.0.clone());
    body.ok_or_else(|| REQUEST_TOO_LARGE.into())
}

fn is_json(content_type: &[u8]) -> bool {
    content_type.eq_ignore_ascii_case(b"application/json")
}

fn json(body: Bytes) -> Result<Value, ApiError> {
    serde_json::from_slice(&body)
        .map_err(|_| ApiError::bad_request("The request body is not valid JSON."))
}

/// Reads the members of an object. The message of an error contains no value: a token may be where
/// none is expected.
pub fn from_object<T: DeserializeOwned>(members: Metadata) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let missing = error.inner().to_string();
        match missing.starts_with("missing field") {
            true => ApiError::bad_request(format!("{missing}.")),
            false => ApiError::bad_request(format!("{}: not of the expected type.", error.path())),
        }
    })
}

/// Returns the text of a member of a request, if there is one.
///
/// Null and the empty text stand for none (inferred: Stytch's own SDKs send either).
pub fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}
