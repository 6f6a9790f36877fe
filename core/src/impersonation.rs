//! `POST /v1/b2b/impersonation/authenticate`: the path, the request, and what
//! makes its answer usable.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::error::{ApiError, Defect, Error, Result};
use crate::json::{Document, Field, Fields};
use crate::quote::Quotes;
use crate::redact::Secrets;
use crate::response::Response;
use crate::text::check_text;
use crate::transport::Answer;

pub(crate) const PATH: &str = "/v1/b2b/impersonation/authenticate";
/// Stytch's tokens have some 44 characters.
const TOKEN_LIMIT: usize = 8 * 1024;

#[derive(Serialize)]
struct AuthenticateRequest<'a> {
    impersonation_token: &'a str,
}

/// Turns an impersonation token, which works once, into a session.
pub fn authenticate(client: &Client, impersonation_token: &str) -> Result<Response> {
    check_text("impersonation_token", impersonation_token, TOKEN_LIMIT)?;
    let request = AuthenticateRequest {
        impersonation_token,
    };
    // Room for the worst case, every character escaped, so that the token is
    // never left behind in a buffer that was outgrown.
    let mut body = Zeroizing::new(Vec::with_capacity(2 * impersonation_token.len() + 32));
    serde_json::to_writer(&mut *body, &request).expect("a string is always JSON");
    let answer = client.send_impersonation(&body)?;
    if (200..300).contains(&answer.status) {
        usable(answer)
    } else {
        Err(api_error(answer, &client.secrets(impersonation_token)))
    }
}

fn usable(answer: Answer) -> Result<Response> {
    let Some(fields) = Fields::find(answer.body.as_bytes()) else {
        return Err(Error::Unusable(Box::new(answer), Defect::NotAnObject));
    };
    match fields.get(Field::SessionToken) {
        Some(token) if !token.is_empty() => Ok(Response::new(answer, fields)),
        _ => Err(Error::Unusable(Box::new(answer), Defect::NoSessionToken)),
    }
}

/// Reads Stytch's error body, or one of OAuth's form (RFC 6749, section 5.2).
fn api_error(answer: Answer, secrets: &[&str]) -> Error {
    let document = Document::parse(answer.body.as_bytes());
    let text = |pointers: &[&str]| {
        pointers.iter().find_map(|pointer| {
            let value = document.as_ref()?.pointer(pointer)?;
            Some(value.string()?.to_str().ok()?.to_owned())
        })
    };
    let secrets = Secrets::new(secrets);
    let quotes = Quotes::without(&secrets);
    Error::Api(Box::new(ApiError {
        error_type: text(&["/error_type", "/error"]).and_then(|text| quotes.name(&text)),
        message: text(&["/error_message", "/error_description"]).map(|text| quotes.message(&text)),
        request_id: text(&["/request_id"]).and_then(|text| quotes.name(&text)),
        url: text(&["/error_url", "/error_uri"]).and_then(|text| quotes.url(&text)),
        answer,
    }))
}
