//! Makes the next fault happen to a request under `/v1/`.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::app::App;
use crate::connection::{Plan, Script};
use crate::faults::{Break, Fault, Outcome};

pub async fn inject(
    State(app): State<Arc<App>>,
    Extension(script): Extension<Script>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let fault = match path.starts_with("/v1/") {
        true => app.faults.next(path),
        false => None,
    };
    let Some(Fault {
        outcome,
        carry_out,
        delay,
        connection,
    }) = fault
    else {
        return next.run(request).await;
    };
    let head_only = request.method() == Method::HEAD;
    // Carried out before the delay: a client that gives up meanwhile has used its token.
    let own = if carry_out {
        Some(next.run(request).await)
    } else {
        None
    };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    let response = match (outcome, own) {
        (Outcome::Normal, Some(own)) => own,
        (
            Outcome::Replaced {
                status,
                headers,
                body,
            },
            _,
        ) => {
            let mut response = match body {
                Some(body) => Body::from(body).into_response(),
                None => ApiError::of(status).into_response(),
            };
            *response.status_mut() = status;
            for name in headers.keys() {
                response.headers_mut().remove(name);
            }
            response.headers_mut().extend(headers);
            response
        }
        (Outcome::Raw(bytes), _) => {
            let ending = connection
                .map(|connection| connection.ending)
                .unwrap_or_default();
            script.set(Plan::Instead { bytes, ending });
            return Body::empty().into_response();
        }
        (Outcome::Normal | Outcome::Nothing, _) => Body::empty().into_response(),
    };
    if let Some(Break { cut, ending }) = connection {
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        let body_length = match response.body().size_hint().exact() {
            Some(length) if !head_only && !bodiless.contains(&response.status()) => length,
            _ => 0,
        };
        let body_length = usize::try_from(body_length).unwrap_or(usize::MAX);
        script.set(Plan::Cut {
            cut,
            body_length,
            ending,
        });
    }
    response
}
