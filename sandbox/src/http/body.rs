//! Request bodies: read whole before anything is answered, of limited size, JSON.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::ApiError;

/// More than any request here needs; the largest token that libstytch sends has 8 KiB.
const LIMIT: usize = 64 * 1024;
/// Raw answers and bodies of faults may be large: the answer's limit is 1 MiB, and base64 adds.
const CONTROL_LIMIT: usize = 4 * 1024 * 1024;
/// How much more is read of a body that is too large. An answer to a client that still sends
/// is easily lost in the reset that closing the connection then causes.
const DRAIN: usize = 4 * 1024 * 1024;

/// The body of a request, read by [`read`].
#[derive(Clone)]
pub struct RequestBody(Option<Bytes>);

pub type Received = Extension<RequestBody>;

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
            // The client broke off: there is nobody to carry the request out for.
            Some(Err(_)) => return closing(ApiError::bad_request("The body breaks off.")),
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
        return closing(ApiError::request_too_large());
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

impl RequestBody {
    /// The body as Stytch's API takes it: the type is JSON and says no more.
    pub fn json(&self, headers: &HeaderMap) -> Result<Value, ApiError> {
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if !content_type.is_some_and(|name| name.eq_ignore_ascii_case(b"application/json")) {
            return Err(ApiError::unsupported_media_type());
        }
        self.parse()
    }

    /// The body as the sandbox's own endpoints take it: nothing, which stands for an empty
    /// object, or JSON whose type may have parameters.
    pub fn lenient_json(&self, headers: &HeaderMap) -> Result<Value, ApiError> {
        if self.0.as_ref().is_some_and(|bytes| bytes.is_empty()) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let name = content_type.and_then(|name| name.split(|byte| *byte == b';').next());
        if !name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"application/json")) {
            return Err(ApiError::unsupported_media_type());
        }
        self.parse()
    }

    fn parse(&self) -> Result<Value, ApiError> {
        let bytes = self.0.as_ref().ok_or_else(ApiError::request_too_large)?;
        serde_json::from_slice(bytes)
            .map_err(|_| ApiError::bad_request("The request body is not valid JSON."))
    }
}
