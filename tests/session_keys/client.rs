//! The library as a C program uses it, and tokens to verify with it.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stytch_sandbox::{Config, Key, Sandbox};

use crate::stytch::*;

pub const AUTHENTICATE: &str = "/v1/b2b/sessions/authenticate";

pub fn jwks_path() -> String {
    format!("/v1/b2b/sessions/jwks/{}", Config::DEFAULT_PROJECT_ID)
}

pub fn sandbox() -> Sandbox {
    Sandbox::start(Config::default()).expect("a sandbox")
}

/// A client as a C program makes it.
pub struct Client(*mut stytch_client);

// SAFETY: the header promises it for calls, and `drop` has the client alone.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

/// What a call came to: the response's status (0: made locally), or the error's code, delivery and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Session(i32),
    Failure(i32, i32, Option<String>),
}

pub fn refused(word: &str) -> Outcome {
    Outcome::Failure(10, 1, Some(word.to_owned()))
}

impl Client {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, 5_000, None)
    }

    /// Without retries, so that one fault meets one request.
    pub fn with(sandbox: &Sandbox, timeout_ms: u32, keys: Option<&str>) -> Self {
        let text = |text: &str| CString::new(text).expect("no NUL");
        let (url, project_id) = (text(sandbox.url()), text(Config::DEFAULT_PROJECT_ID));
        let secret = text(Config::DEFAULT_SECRET);
        let none = ptr::null_mut();
        // SAFETY: the strings are NUL-terminated and outlive the calls.
        unsafe {
            let options = stytch_options_new();
            assert!(stytch_options_set_base_url(options, url.as_ptr(), none));
            assert!(stytch_options_set_timeout_ms(options, timeout_ms, none));
            assert!(stytch_options_set_max_retries(options, 0, none));
            if let Some(keys) = keys {
                let keys = text(keys);
                assert!(stytch_options_set_jwks_json(options, keys.as_ptr(), none));
            }
            let client = stytch_client_new(project_id.as_ptr(), secret.as_ptr(), options, none);
            stytch_options_free(options);
            assert!(!client.is_null());
            Self(client)
        }
    }

    pub fn local(&self, jwt: &str) -> Outcome {
        self.call(stytch_sessions_authenticate_jwt_local, jwt, -1)
    }

    pub fn remote(&self, jwt: &str) -> Outcome {
        self.call(stytch_sessions_authenticate_jwt, jwt, -1)
    }

    pub fn call(
        &self,
        function: unsafe fn(
            *const stytch_client,
            *const c_char,
            i64,
            *mut *mut stytch_error,
        ) -> *mut stytch_response,
        jwt: &str,
        max_age: i64,
    ) -> Outcome {
        let jwt = CString::new(jwt).expect("no NUL");
        let mut error = ptr::null_mut();
        // SAFETY: the client is alive, and what comes back is read and freed here.
        unsafe {
            let response = function(self.0, jwt.as_ptr(), max_age, &raw mut error);
            if !response.is_null() {
                let status = stytch_response_http_status(response);
                stytch_response_free(response);
                return Outcome::Session(status);
            }
            let word = stytch_error_type(error);
            let word =
                (!word.is_null()).then(|| CStr::from_ptr(word).to_string_lossy().into_owned());
            let failure =
                Outcome::Failure(stytch_error_code(error), stytch_error_delivery(error), word);
            stytch_error_free(error);
            failure
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the client came from the library and nobody else has it.
        unsafe { stytch_client_free(self.0) };
    }
}

/// The payload of a JWT.
fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("three parts");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

/// A JWT of a living session with some claims changed, signed by `key`, which it names `kid`.
pub fn forged(sandbox: &Sandbox, key: Key, kid: &str, change: impl Fn(&mut Value)) -> String {
    let mut claims = claims(&sandbox.start_session().session_jwt);
    change(&mut claims);
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid});
    sandbox.sign_with(key, &header.to_string(), &claims.to_string())
}

/// A token of the project's own whose times are moved.
pub fn moved(sandbox: &Sandbox, seconds: i64) -> String {
    sandbox.advance_clock(seconds);
    let jwt = sandbox.start_session().session_jwt;
    sandbox.reset_clock();
    jwt
}
