//! The client's side of a case: a process that has the library in it and little else, and reports
//! what it saw of each call.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stytch::ffi::client::{stytch_client, stytch_client_free, stytch_client_new};
use stytch::ffi::error::*;
use stytch::ffi::impersonation::stytch_impersonation_authenticate;
use stytch::ffi::options::*;
use stytch::ffi::response::*;

use super::process::{self, Footprint};
use super::row::Row;
use super::shim;

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
}

pub struct Client(*mut stytch_client);

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

fn hex(pointer: *const c_char, length: usize) -> Value {
    if pointer.is_null() {
        return Value::Null;
    }
    // SAFETY: the library says so many bytes stand there.
    let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) };
    Value::String(to_hex(bytes))
}

pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
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
            "body": hex(stytch_error_body(error), stytch_error_body_length(error)),
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
        Ok(Self(client))
    }

    pub fn call(&self, token: &str) -> Outcome {
        call(self.0, Some(token.as_bytes()))
    }
}

impl Client {
    /// Frees what a fork has inherited. Its end comes before anything could free it again.
    pub fn free_copy(&self) {
        // SAFETY: the caller's process has one thread, and leaves by `_exit`.
        unsafe { stytch_client_free(self.0) };
    }
}

fn or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// Calls with whatever is given; `None` is NULL.
fn call(client: *const stytch_client, token: Option<&[u8]>) -> Outcome {
    let token = token.map(|token| CString::new(token).expect("no NUL"));
    let mut error = ptr::null_mut();
    let begin = Instant::now();
    // SAFETY: the client is NULL or alive, the token NULL or NUL-terminated.
    let response = unsafe {
        stytch_impersonation_authenticate(client, or_null(token.as_ref()), &raw mut error)
    };
    let elapsed = begin.elapsed();
    let mut seen = if response.is_null() {
        failure(error)
    } else {
        success(response)
    };
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    seen.insert("elapsed_us".into(), json!(micros));
    Outcome(json!(seen))
}

/// Reads a response, and frees it.
fn success(response: *mut stytch_response) -> BTreeMap<String, Value> {
    // SAFETY: the response came from the library and is freed here and nowhere else.
    unsafe {
        let length = stytch_response_json_length(response);
        let pointer = c"/member/name";
        let seen = json!({
            "ok": true,
            "status": stytch_response_http_status(response),
            "session_token": lossy(stytch_response_session_token(response)),
            "request_id": lossy(stytch_response_request_id(response)),
            "name": lossy(stytch_response_get_string(response, pointer.as_ptr())),
            "body": hex(stytch_response_json(response), length),
        });
        stytch_response_free(response);
        serde_json::from_value(seen).expect("an object")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the client came from the library and nobody else has it.
        unsafe { stytch_client_free(self.0) };
    }
}

/// What the parent tells the child of a row.
#[derive(Debug)]
pub struct Input {
    pub base_url: String,
    /// A server where every fresh token works.
    pub good_url: String,
    pub ca_pem: Option<String>,
    pub proxy: Option<String>,
    /// Sets the tokens of this run apart.
    pub run: String,
}

impl Input {
    pub fn to_json(&self) -> String {
        json!([
            self.base_url,
            self.good_url,
            self.ca_pem,
            self.proxy,
            self.run
        ])
        .to_string()
    }

    fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).expect("what the parent wrote");
        let text = |at: usize| value[at].as_str().map(str::to_owned);
        Self {
            base_url: text(0).expect("a URL"),
            good_url: text(1).expect("a URL"),
            ca_pem: text(2),
            proxy: text(3),
            run: text(4).expect("a mark"),
        }
    }
}

/// A case as it runs in the client's process.
pub struct Case {
    pub row: Row,
    pub input: Input,
    /// Shared with the threads that a plan starts.
    client: Option<Arc<Client>>,
    /// As text, so that what they hold on the heap can be told apart from a leak.
    outcomes: Vec<String>,
    last_token: String,
    tokens: usize,
    /// What the system keeps of the heap for what the plan itself did.
    pub kept: usize,
    /// What went wrong besides, in words.
    pub complaints: Vec<String>,
}

impl Case {
    pub fn settings(&self) -> Settings {
        let options = self.row.options;
        Settings {
            base_url: self.input.base_url.clone(),
            ca_pem: self.input.ca_pem.clone(),
            proxy: self.input.proxy.clone(),
            timeout_ms: options.timeout_ms,
            connect_timeout_ms: options.connect_timeout_ms,
            max_retries: options.max_retries,
        }
    }

    pub fn token(&mut self) -> String {
        self.tokens += 1;
        let token = format!("{TOKEN_MARK}-{}-{}", self.input.run, self.tokens);
        self.last_token.clone_from(&token);
        token
    }

    /// The row's one client, made when first asked for.
    pub fn client(&mut self) -> Option<Arc<Client>> {
        if self.client.is_none() {
            match Client::new(&self.settings()) {
                Ok(client) => self.client = Some(Arc::new(client)),
                Err(outcome) => {
                    self.report(&outcome);
                    return None;
                }
            }
        }
        self.client.clone()
    }

    pub fn free_client(&mut self) {
        self.client = None;
    }

    /// One call with a fresh token.
    pub fn call(&mut self) {
        let token = self.token();
        self.call_with(&token);
    }

    pub fn call_with(&mut self, token: &str) {
        if let Some(client) = self.client() {
            let outcome = client.call(token);
            self.report(&outcome);
        }
    }

    /// One call with whatever for a token; `None` is NULL.
    pub fn call_raw(&mut self, token: Option<&[u8]>) {
        if let Some(client) = self.client() {
            let outcome = call(client.0, token);
            self.report(&outcome);
        }
    }

    pub fn call_without_client(&mut self) {
        let outcome = call(ptr::null(), Some(b"tokenmark7f3a"));
        self.report(&outcome);
    }

    /// Takes down what a call came to. The last one is judged.
    pub fn report(&mut self, outcome: &Outcome) {
        self.outcomes.push(outcome.0.to_string());
    }

    /// Takes down one of several that must all be alike: the first that differs is judged.
    pub fn report_one(&mut self, outcome: &Outcome) {
        let key = |outcome: &Outcome| (outcome.is_ok(), outcome.number("code"));
        match self.last() {
            Some(last) if key(&last) != key(outcome) => {
                self.complaints
                    .push(format!("calls ended differently: {}", outcome.0));
            }
            _ => {
                self.report(outcome);
                self.keep_last();
            }
        }
    }

    /// Drops all reports but the last, so that many calls take little.
    pub fn keep_last(&mut self) {
        let last = self.outcomes.len().saturating_sub(1);
        self.outcomes.drain(..last);
    }

    fn last(&self) -> Option<Outcome> {
        let text = self.outcomes.last()?;
        Some(Outcome(serde_json::from_str(text).expect("our own text")))
    }

    /// What the report takes of the heap.
    fn held(&self) -> isize {
        let texts = self.outcomes.iter().chain(&self.complaints);
        let bytes: usize = texts.map(String::capacity).sum();
        (bytes + self.kept).cast_signed()
    }

    /// A call that comes before the judged one, and must succeed.
    pub fn warm_up(&mut self) {
        self.call();
        let outcome = self.last().unwrap_or_default();
        self.outcomes.pop();
        self.check(outcome.is_ok(), || {
            format!("the call before failed: {}", outcome.0)
        });
    }

    pub fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(what());
        }
    }

    /// Shows that the token of a call that was not sent still works.
    fn prove_unspent(&mut self) -> Option<Outcome> {
        let last = self.last()?;
        if last.is_ok() || last.number("delivery") != 1 || self.last_token.is_empty() {
            return None;
        }
        if self.row.look_up.is_some() {
            shim::set("");
        }
        let mut settings = self.settings();
        settings.base_url.clone_from(&self.input.good_url);
        settings.proxy = None;
        settings.timeout_ms = 10_000;
        let client = Client::new(&settings).ok()?;
        Some(client.call(&self.last_token))
    }
}

/// Runs `row` as the child process, and gives the report.
pub fn run(row: Row, input: &str) -> String {
    let input = Input::from_json(input);
    warm_process_up();
    let plan = row.plan;
    let mut case = Case {
        row,
        input,
        client: None,
        outcomes: Vec::with_capacity(64),
        last_token: String::with_capacity(64),
        tokens: 0,
        kept: 0,
        complaints: Vec::with_capacity(64),
    };
    let before = Footprint::now();
    plan(&mut case);
    case.free_client();
    let held = case.held();
    let left = before.left_over(case.row.expected.threads_left, held);
    let proof = case.prove_unspent();
    json!({
        "last": case.last().map(|outcome| outcome.0),
        "proof": proof.map(|outcome| outcome.0),
        "left": left,
        "complaints": case.complaints,
    })
    .to_string()
}

/// What the first call of a process makes once and for all is no leak.
fn warm_process_up() {
    let settings = Settings {
        base_url: "http://127.0.0.1:1".into(),
        ca_pem: None,
        proxy: None,
        timeout_ms: 1000,
        connect_timeout_ms: 1000,
        max_retries: 1,
    };
    let client = Client::new(&settings).expect("good settings");
    assert!(!client.call("warm-up").is_ok(), "port 1 is closed");
    process::settle();
}
