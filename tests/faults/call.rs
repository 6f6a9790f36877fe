//! The call of the API that a row makes. Another call takes one more [`Call`] here, and [`Row::call`] in its rows.
//!
//! [`Row::call`]: super::row::Row::call

use std::ffi::c_char;

use super::answers;
use crate::stytch::*;

/// How a program makes a call, what its request looks like, and what a good response to it is.
pub struct Call {
    /// The C function. The string is the call's subject: what the rows make fresh for each call, and what must not
    /// be sent twice. Here it is the token.
    pub invoke: unsafe fn(
        *const stytch_client,
        *const c_char,
        *mut *mut stytch_error,
    ) -> *mut stytch_response,
    /// How each request begins, behind the path of the base URL.
    pub request_line: &'static str,
    /// Finds the subject in the head and the body of a request.
    pub subject: fn(&str, &[u8]) -> Option<String>,
    /// The response to a subject that the server sees for the first time.
    pub response: fn() -> Vec<u8>,
    /// The getter, as [`Outcome`] names it, that gives what the server made.
    ///
    /// [`Outcome`]: super::client::Outcome
    pub returns: &'static str,
}

pub static IMPERSONATION: Call = Call {
    invoke: stytch_impersonation_authenticate,
    request_line: "POST /v1/b2b/impersonation/authenticate HTTP/1.1",
    subject: |_, body| member(body, "impersonation_token"),
    response: answers::session,
    returns: "session_token",
};

/// A string of a JSON object.
fn member(body: &[u8], name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get(name)?.as_str()?.to_owned())
}
