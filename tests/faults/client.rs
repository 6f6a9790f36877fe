//! The library as a C program uses it: every call through the C ABI, every handle read to its last
//! field and freed.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::hash::{DefaultHasher, Hasher};
use std::ptr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::Call;
use super::queue::{self, Queues};
use crate::stytch::*;

/// Stand in every token, in the secret and in the proxy's password, so that none can hide.
pub const TOKEN_MARK: &str = "tokenmark7f3a";
pub const SECRET: &str = "secretmark9c1d";
pub const PROJECT_ID: &str = "project-test-fault-matrix";
pub const PASSWORD_MARK: &str = "passmark5b2e";

/// What a call came to, as everything that its handles say.
#[derive(Clone, Debug, Default)]
pub struct Outcome(pub Value);

impl Outcome {
    pub fn is_ok(&self) -> bool {
        self.0["ok"] == json!(true)
    }

    pub fn number(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap_or(-99)
    }

    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or("")
    }

    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0["elapsed_us"].as_u64().unwrap_or(u64::MAX))
    }
}

/// Options that are set by hand, as a C program does.
pub struct Settings {
    pub base_url: String,
    pub ca_pem: Option<String>,
    pub proxy: Option<String>,
    pub timeout_ms: u32,
    pub connect_timeout_ms: u32,
    pub max_retries: u32,
    pub max_threads: Option<u32>,
    pub max_pending: Option<u32>,
    /// What the client is used for.
    pub call: &'static Call,
}

pub struct Client {
    handle: *mut stytch_client,
    call: &'static Call,
    queues: Queues,
}

// SAFETY: the header promises it for calls, and `drop` has the client alone.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

fn c_string(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn lossy(pointer: *const c_char) -> Value {
    if pointer.is_null() {
        return Value::Null;
    }
    // SAFETY: the library's strings end with a NUL, and their handle is alive.
    let text = unsafe { CStr::from_ptr(pointer) };
    Value::String(text.to_string_lossy().into_owned())
}

fn bytes(pointer: *const c_char, length: usize) -> Value {
    if pointer.is_null() {
        return Value::Null;
    }
    // SAFETY: the library says so many bytes stand there.
    let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) };
    Value::String(told(bytes))
}

/// A body as it stands in a report: of a long one length and hash, which cost less than the call.
pub fn told(bytes: &[u8]) -> String {
    use std::fmt::Write;
    if bytes.len() > 4096 {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        return format!("{} bytes with hash {:016x}", bytes.len(), hasher.finish());
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

/// Reads an error to its last field, and frees it.
fn failure(error: *mut stytch_error) -> BTreeMap<String, Value> {
    // SAFETY: the error came from the library and is freed here and nowhere else.
    unsafe {
        let seen = json!({
            "ok": false,
            "code": stytch_error_code(error),
            "delivery": stytch_error_delivery(error),
            "message": lossy(stytch_error_message(error)),
            "status": stytch_error_http_status(error),
            "type": lossy(stytch_error_type(error)),
            "request_id": lossy(stytch_error_request_id(error)),
            "url": lossy(stytch_error_url(error)),
            "retry_after_ms": stytch_error_retry_after_ms(error),
            "is_retryable": stytch_error_is_retryable(error),
            "body": bytes(stytch_error_body(error), stytch_error_body_length(error)),
        });
        stytch_error_free(error);
        serde_json::from_value(seen).expect("an object")
    }
}

impl Client {
    /// The client, or the error of the setter or constructor that refused.
    pub fn new(settings: &Settings) -> Result<Self, Outcome> {
        Self::with(
            settings,
            Some(PROJECT_ID.as_bytes()),
            Some(SECRET.as_bytes()),
        )
    }

    /// With any credentials; `None` is NULL.
    pub fn with(
        settings: &Settings,
        project_id: Option<&[u8]>,
        secret: Option<&[u8]>,
    ) -> Result<Self, Outcome> {
        let [project_id, secret] =
            [project_id, secret].map(|text| text.map(|text| CString::new(text).expect("no NUL")));
        let mut error = ptr::null_mut();
        // SAFETY: strings are NUL-terminated and outlive their calls.
        let client = unsafe {
            let options = stytch_options_new();
            let url = c_string(&settings.base_url);
            let mut good = stytch_options_set_base_url(options, url.as_ptr(), &raw mut error)
                && stytch_options_set_timeout_ms(options, settings.timeout_ms, &raw mut error)
                && stytch_options_set_connect_timeout_ms(
                    options,
                    settings.connect_timeout_ms,
                    &raw mut error,
                )
                && stytch_options_set_max_retries(options, settings.max_retries, &raw mut error);
            if let (true, Some(pem)) = (good, &settings.ca_pem) {
                let pem = c_string(pem);
                good = stytch_options_set_ca_pem(options, pem.as_ptr(), &raw mut error);
            }
            if let (true, Some(proxy)) = (good, &settings.proxy) {
                let proxy = c_string(proxy);
                good = stytch_options_set_proxy(options, proxy.as_ptr(), &raw mut error);
            }
            if let (true, Some(count)) = (good, settings.max_threads) {
                good = stytch_options_set_max_threads(options, count, &raw mut error);
            }
            if let (true, Some(count)) = (good, settings.max_pending) {
                good = stytch_options_set_max_pending(options, count, &raw mut error);
            }
            let mut client = ptr::null_mut();
            if good {
                client = stytch_client_new(
                    or_null(project_id.as_ref()),
                    or_null(secret.as_ref()),
                    options,
                    &raw mut error,
                );
            }
            stytch_options_free(options);
            client
        };
        if client.is_null() {
            let mut seen = failure(error);
            seen.insert("elapsed_us".into(), json!(0));
            return Err(Outcome(json!(seen)));
        }
        Ok(Self {
            handle: client,
            call: settings.call,
            queues: Queues::prepared(),
        })
    }

    pub fn call(&self, token: &str) -> Outcome {
        self.call_raw(Some(token.as_bytes()))
    }

    /// With whatever for a token; `None` is NULL.
    pub fn call_raw(&self, token: Option<&[u8]>) -> Outcome {
        call(self.call, self.handle, &self.queues, token)
    }

    /// A call that allocates nothing of the test's own and keeps nothing, so that it may be interrupted or cancelled.
    pub fn call_bare(&self, token: &CStr) {
        // SAFETY: the client is alive, and what comes back is freed once.
        unsafe {
            let response = (self.call.invoke)(self.handle, token.as_ptr(), ptr::null_mut());
            stytch_response_free(response);
        }
    }

    pub fn handle(&self) -> *const stytch_client {
        self.handle
    }

    /// Frees what a fork has inherited. Its end comes before anything could free it again.
    pub fn free_copy(&self) {
        // SAFETY: the caller's process has one thread, and leaves by `_exit`.
        unsafe { stytch_client_free(self.handle) };
    }
}

pub fn call_without_client(which: &Call, token: &str) -> Outcome {
    let queues = Queues::default();
    call(which, ptr::null(), &queues, Some(token.as_bytes()))
}

fn or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// Makes a call in the way of this process.
///
/// # Safety
/// As the header says of each pointer.
pub unsafe fn invoke(
    which: &Call,
    client: *const stytch_client,
    queues: &Queues,
    subject: Option<&CStr>,
    error: *mut *mut stytch_error,
) -> *mut stytch_response {
    // SAFETY: the caller's part.
    unsafe {
        match queue::is_on() {
            true => queues.call(which, client, subject, error),
            false => (which.invoke)(client, subject.map_or(ptr::null(), CStr::as_ptr), error),
        }
    }
}

/// Calls with whatever is given; `None` is NULL.
fn call(
    which: &Call,
    client: *const stytch_client,
    queues: &Queues,
    token: Option<&[u8]>,
) -> Outcome {
    let token = token.map(|token| CString::new(token).expect("no NUL"));
    let mut error = ptr::null_mut();
    let begin = Instant::now();
    // SAFETY: the client is NULL or alive, the token NULL or NUL-terminated.
    let response = unsafe { invoke(which, client, queues, token.as_deref(), &raw mut error) };
    outcome_of(which, response, error, begin.elapsed())
}

/// Reads what a call gave to its last field, and frees it.
pub fn outcome_of(
    which: &Call,
    response: *mut stytch_response,
    error: *mut stytch_error,
    elapsed: Duration,
) -> Outcome {
    let mut seen = if response.is_null() {
        failure(error)
    } else {
        success(which, response)
    };
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    seen.insert("elapsed_us".into(), json!(micros));
    Outcome(json!(seen))
}

/// Reads a response, and frees it.
fn success(which: &Call, response: *mut stytch_response) -> BTreeMap<String, Value> {
    // SAFETY: the response came from the library and is freed here and nowhere else.
    unsafe {
        let length = stytch_response_json_length(response);
        let pointer = c"/member/name";
        let returned = c_string(if which.returns.starts_with('/') {
            which.returns
        } else {
            ""
        });
        let seen = json!({
            "ok": true,
            "status": stytch_response_http_status(response),
            "session_token": lossy(stytch_response_session_token(response)),
            "request_id": lossy(stytch_response_request_id(response)),
            "name": lossy(stytch_response_get_string(response, pointer.as_ptr())),
            "returned": lossy(stytch_response_get_string(response, returned.as_ptr())),
            "body": bytes(stytch_response_json(response), length),
        });
        stytch_response_free(response);
        serde_json::from_value(seen).expect("an object")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the client came from the library and nobody else has it.
        unsafe { stytch_client_free(self.handle) };
    }
}
