//! The call of the API that a row makes. Another call takes one more [`Call`] here, and [`Row::call`] in its rows.
//!
//! [`Row::call`]: super::row::Row::call

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::answers::{self, SESSION_MARK};
use super::jwt;
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
    /// The C function that starts it, of the same arguments and those of a queue.
    pub start: unsafe fn(
        *const stytch_client,
        *const c_char,
        *mut stytch_queue,
        *mut c_void,
        *mut *mut stytch_error,
    ) -> *mut stytch_call,
    /// How each request begins, behind the path of the base URL.
    pub request_line: &'static str,
    /// Finds the subject in the head and the body of a request.
    pub subject: fn(&str, &[u8]) -> Option<String>,
    /// The response to a subject that the server sees for the first time.
    pub response: fn() -> Vec<u8>,
    /// Gives what the server made: a getter, as [`Outcome`] names it, or the pointer of a string, or nothing.
    ///
    /// [`Outcome`]: super::client::Outcome
    pub returns: &'static str,
    /// Whether its requests carry the project's credentials.
    pub is_authorized: bool,
    pub repeat: Repeat,
}

/// Whether a request may be sent again if it may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Never,
    /// By the caller, if it wants to.
    ByCaller,
    /// By the library too.
    ByLibrary,
}

type Response = *mut stytch_response;
type Error = *mut *mut stytch_error;
type Queue = *mut stytch_queue;
type Userdata = *mut c_void;
type Started = *mut stytch_call;

pub static IMPERSONATION: Call = Call {
    invoke: stytch_impersonation_authenticate,
    start: stytch_impersonation_authenticate_start,
    request_line: "POST /v1/b2b/impersonation/authenticate HTTP/1.1",
    subject: |_, body| member(body, "impersonation_token"),
    response: answers::session,
    returns: "session_token",
    is_authorized: true,
    repeat: Repeat::Never,
};

unsafe fn authenticate(
    client: *const stytch_client,
    token: *const c_char,
    error: Error,
) -> Response {
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_authenticate(client, token, ptr::null(), ptr::null(), error) }
}

unsafe fn authenticate_start(
    client: *const stytch_client,
    token: *const c_char,
    queue: Queue,
    userdata: Userdata,
    error: Error,
) -> Started {
    let none = ptr::null();
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_authenticate_start(client, token, none, none, queue, userdata, error) }
}

pub static SESSIONS_AUTHENTICATE: Call = Call {
    invoke: authenticate,
    start: authenticate_start,
    request_line: "POST /v1/b2b/sessions/authenticate HTTP/1.1",
    subject: |_, body| member(body, "session_token"),
    response: || {
        answers::ok(format!(
            r#"{{"status_code":200,"member_session":{{"member_session_id":"{SESSION_MARK}"}}}}"#
        ))
    },
    returns: "/member_session/member_session_id",
    is_authorized: true,
    repeat: Repeat::ByCaller,
};

unsafe fn revoke(client: *const stytch_client, id: *const c_char, error: Error) -> Response {
    let none = ptr::null();
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_revoke(client, id, none, none, none, error) }
}

unsafe fn revoke_start(
    client: *const stytch_client,
    id: *const c_char,
    queue: Queue,
    userdata: Userdata,
    error: Error,
) -> Started {
    let none = ptr::null();
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_revoke_start(client, id, none, none, none, queue, userdata, error) }
}

pub static SESSIONS_REVOKE: Call = Call {
    invoke: revoke,
    start: revoke_start,
    request_line: "POST /v1/b2b/sessions/revoke HTTP/1.1",
    subject: |_, body| member(body, "member_session_id"),
    response: || answers::ok(r#"{"status_code":200,"request_id":"request-id-1"}"#),
    returns: "",
    is_authorized: true,
    repeat: Repeat::ByCaller,
};

unsafe fn get(client: *const stytch_client, member: *const c_char, error: Error) -> Response {
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_get(client, c"organization-1".as_ptr(), member, error) }
}

unsafe fn get_start(
    client: *const stytch_client,
    member: *const c_char,
    queue: Queue,
    userdata: Userdata,
    error: Error,
) -> Started {
    let organization = c"organization-1".as_ptr();
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_get_start(client, organization, member, queue, userdata, error) }
}

pub static SESSIONS_GET: Call = Call {
    invoke: get,
    start: get_start,
    request_line: "GET /v1/b2b/sessions?organization_id=organization-1&member_id=",
    subject: |head, _| behind(head, "&member_id="),
    response: || {
        answers::ok(format!(
            r#"{{"member_sessions":[{{"member_session_id":"{SESSION_MARK}"}}]}}"#
        ))
    },
    returns: "/member_sessions/0/member_session_id",
    is_authorized: true,
    repeat: Repeat::ByLibrary,
};

unsafe fn get_jwks(client: *const stytch_client, _: *const c_char, error: Error) -> Response {
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_get_jwks(client, error) }
}

unsafe fn get_jwks_start(
    client: *const stytch_client,
    _: *const c_char,
    queue: Queue,
    userdata: Userdata,
    error: Error,
) -> Started {
    // SAFETY: the caller's part.
    unsafe { stytch_sessions_get_jwks_start(client, queue, userdata, error) }
}

/// It has no subject: each of its requests counts as a first one.
pub static SESSIONS_GET_JWKS: Call = Call {
    invoke: get_jwks,
    start: get_jwks_start,
    request_line: "GET /v1/b2b/sessions/jwks/project-test-fault-matrix HTTP/1.1",
    subject: |_, _| {
        static REQUESTS: AtomicUsize = AtomicUsize::new(0);
        Some(REQUESTS.fetch_add(1, Ordering::Relaxed).to_string())
    },
    response: || answers::ok(format!(r#"{{"keys":[{{"kid":"{SESSION_MARK}"}}]}}"#)),
    returns: "/keys/0/kid",
    is_authorized: false,
    repeat: Repeat::ByLibrary,
};

/// Verifies a JWT of the subject locally; its requests are those for keys. What does not block asks the API if no keys
/// can be had.
pub static VERIFY: Call = Call {
    invoke: jwt::verify,
    start: jwt::verify_start,
    response: || answers::ok(jwt::key_set(0)),
    returns: "/member_session/member_session_id",
    ..SESSIONS_GET_JWKS
};

/// Any other call, with the subject in its path or its body: hands both to `make`, each with a NUL.
unsafe fn request<T>(
    has_body: bool,
    subject: *const c_char,
    make: impl FnOnce(*const c_char, *const c_char) -> T,
) -> T {
    // SAFETY: the caller's part.
    let subject = unsafe { CStr::from_ptr(subject) }.to_string_lossy();
    let (path, body) = match has_body {
        true => (
            "/v1/b2b/things\0".to_owned(),
            format!("{{\"subject\":\"{subject}\"}}\0"),
        ),
        false => (format!("/v1/b2b/things?subject={subject}\0"), String::new()),
    };
    let body = match has_body {
        true => body.as_ptr().cast(),
        false => ptr::null(),
    };
    make(path.as_ptr().cast(), body)
}

fn thing() -> Vec<u8> {
    answers::ok(format!(r#"{{"thing":"{SESSION_MARK}"}}"#))
}

macro_rules! requests {
    ($($name:ident: $method:literal, $has_body:literal, $repeat:ident;)*) => {
        $(pub static $name: Call = Call {
            // SAFETY, of both: the caller's part; the strings end with a NUL and outlive the call.
            invoke: |client, subject, error| unsafe {
                let method = concat!($method, "\0").as_ptr().cast();
                request($has_body, subject, |path, body| {
                    stytch_request(client, method, path, body, error)
                })
            },
            start: |client, subject, queue, userdata, error| unsafe {
                let method = concat!($method, "\0").as_ptr().cast();
                request($has_body, subject, |path, body| {
                    stytch_request_start(client, method, path, body, queue, userdata, error)
                })
            },
            request_line: concat!($method, " /v1/b2b/things"),
            subject: |head, body| match $has_body {
                true => member(body, "subject"),
                false => behind(head, "?subject="),
            },
            response: thing,
            returns: "/thing",
            is_authorized: true,
            repeat: Repeat::$repeat,
        };)*
    };
}

requests! {
    REQUEST_GET: "GET", false, ByLibrary;
    REQUEST_POST: "POST", true, Never;
    REQUEST_PUT: "PUT", true, ByCaller;
    REQUEST_PATCH: "PATCH", true, Never;
    REQUEST_DELETE: "DELETE", false, ByCaller;
}

/// What stands behind `name` in the first line.
fn behind(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.lines().next()?.split_once(name)?;
    Some(rest.split([' ', '&']).next()?.to_owned())
}

/// A string of a JSON object.
fn member(body: &[u8], name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get(name)?.as_str()?.to_owned())
}
