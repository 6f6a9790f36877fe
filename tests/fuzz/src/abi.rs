//! The C ABI with Rust's ownership around it, and the checks that hold for
//! whatever it returns.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use crate::declared::*;

pub const INVALID_ARGUMENT: i32 = 1;
pub const CONNECTION: i32 = 2;
pub const TIMEOUT: i32 = 4;
pub const TRANSPORT: i32 = 5;
pub const API: i32 = 6;
pub const INVALID_RESPONSE: i32 = 7;
pub const CANCELLED: i32 = 8;
pub const INTERNAL: i32 = 9;
pub const BUSY: i32 = 11;

pub const UNKNOWN: i32 = 0;
pub const NOT_SENT: i32 = 1;
pub const REJECTED: i32 = 2;
pub const ACCEPTED: i32 = 3;

/// What an error says, copied out of it.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: i32,
    pub delivery: i32,
    pub http_status: i32,
    pub retry_after_ms: i64,
    pub message: String,
    pub body: Vec<u8>,
}

pub type Result<T> = std::result::Result<T, Failure>;

/// A C string to pass; `None` is NULL.
pub type Argument<'a> = Option<&'a CStr>;

fn raw(argument: Argument) -> *const c_char {
    argument.map_or(ptr::null(), CStr::as_ptr)
}

/// # Safety
/// `text` is NULL or a string.
unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's part.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Calls `body` with a place for its error, which must be filled if and only
/// if `body` says that it failed.
fn call<T>(body: impl FnOnce(*mut *mut stytch_error) -> Option<T>) -> Result<T> {
    let mut error = ptr::dangling_mut::<stytch_error>();
    let result = body(&mut error);
    let Some(result) = result else {
        assert!(!error.is_null(), "a failure without an error");
        // SAFETY: the library has just made it.
        return Err(unsafe { take(error) });
    };
    assert!(error.is_null(), "an error without a failure");
    Ok(result)
}

/// # Safety
/// `error` is the caller's to free.
unsafe fn take(error: *mut stytch_error) -> Failure {
    // SAFETY: the error is valid until it is freed at the end.
    unsafe {
        for text in [
            stytch_error_type(error),
            stytch_error_request_id(error),
            stytch_error_url(error),
        ] {
            let text = bytes(text).map(std::str::from_utf8);
            assert!(!matches!(text, Some(Err(_))), "text that is not UTF-8");
        }
        let message = bytes(stytch_error_message(error)).expect("a message");
        let length = stytch_error_body_length(error);
        let body = stytch_error_body(error).cast::<u8>();
        let body = if body.is_null() {
            assert_eq!(length, 0);
            Vec::new()
        } else {
            assert_eq!(*body.add(length), 0, "no NUL behind the body");
            std::slice::from_raw_parts(body, length).to_vec()
        };
        let failure = Failure {
            code: stytch_error_code(error),
            delivery: stytch_error_delivery(error),
            http_status: stytch_error_http_status(error),
            retry_after_ms: stytch_error_retry_after_ms(error),
            message: String::from_utf8(message.to_vec()).expect("a message of UTF-8"),
            body,
        };
        stytch_error_free(error);
        assert!(!failure.message.is_empty());
        assert_ne!(failure.code, INTERNAL, "{failure:?}");
        failure
    }
}

pub struct Options(*mut stytch_options);

impl Options {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // SAFETY: it takes nothing.
        Self(unsafe { stytch_options_new() })
    }

    fn set(&self, change: impl FnOnce(*mut *mut stytch_error) -> bool) -> Result<()> {
        call(|error| change(error).then_some(()))
    }

    // SAFETY, of all below: the handle is valid until dropped, the strings end
    // with a NUL, and `call` gives a valid place for the error.

    pub fn base_url(&self, url: Argument) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_base_url(self.0, raw(url), error) })
    }

    pub fn proxy(&self, url: Argument) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_proxy(self.0, raw(url), error) })
    }

    pub fn ca_file(&self, path: Argument) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_ca_file(self.0, raw(path), error) })
    }

    pub fn ca_pem(&self, pem: Argument) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_ca_pem(self.0, raw(pem), error) })
    }

    pub fn app_info(&self, name: Argument, version: Argument) -> Result<()> {
        self.set(|error| unsafe {
            stytch_options_set_app_info(self.0, raw(name), raw(version), error)
        })
    }

    pub fn timeout_ms(&self, value: u32) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_timeout_ms(self.0, value, error) })
    }

    pub fn max_retries(&self, value: u32) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_max_retries(self.0, value, error) })
    }

    pub fn max_threads(&self, value: u32) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_max_threads(self.0, value, error) })
    }

    pub fn max_pending(&self, value: u32) -> Result<()> {
        self.set(|error| unsafe { stytch_options_set_max_pending(self.0, value, error) })
    }

    /// Has a function told of every event; it is given nothing of the caller's.
    pub fn log(&self, level: i32, function: stytch_log_function) -> Result<()> {
        let userdata = ptr::null_mut();
        self.set(|error| unsafe {
            stytch_options_set_log_callback(self.0, level, function, userdata, error)
        })
    }

    /// The base URL of a server on this machine.
    pub fn local(port: u16) -> Self {
        let options = Self::new();
        let url = CString::new(format!("http://127.0.0.1:{port}")).expect("no NUL");
        options.base_url(Some(&url)).expect("a good URL");
        options
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        unsafe { stytch_options_free(self.0) };
    }
}

pub struct Client(*mut stytch_client);

impl Client {
    pub fn new(project_id: Argument, secret: Argument, options: &Options) -> Result<Self> {
        call(|error| {
            let client =
                unsafe { stytch_client_new(raw(project_id), raw(secret), options.0, error) };
            (!client.is_null()).then_some(Self(client))
        })
    }

    pub fn authenticate(&self, token: Argument) -> Result<Response> {
        call(|error| {
            let response = unsafe { stytch_impersonation_authenticate(self.0, raw(token), error) };
            (!response.is_null()).then_some(Response(response))
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        unsafe { stytch_client_free(self.0) };
    }
}

/// A queue. Its calls are named by what they were started with, which is not 0.
pub struct Queue(*mut stytch_queue);

impl Queue {
    pub fn new() -> Result<Self> {
        call(|error| {
            let queue = unsafe { stytch_queue_new(error) };
            (!queue.is_null()).then_some(Self(queue))
        })
    }

    pub fn descriptor(&self) -> i32 {
        unsafe { stytch_queue_fd(self.0) }
    }

    pub fn start(&self, client: &Client, token: Argument, name: usize) -> Result<Call> {
        let userdata = ptr::without_provenance_mut::<c_void>(name);
        call(|error| {
            let started = unsafe {
                stytch_impersonation_authenticate_start(
                    client.0,
                    raw(token),
                    self.0,
                    userdata,
                    error,
                )
            };
            (!started.is_null()).then_some(Call(started))
        })
    }

    /// The address and the name of a call that has finished.
    pub fn next(&self) -> Option<(*mut stytch_call, usize)> {
        let next = unsafe { stytch_queue_next(self.0) };
        (!next.is_null()).then(|| {
            assert!(unsafe { stytch_call_is_finished(next) });
            (next, unsafe { stytch_call_userdata(next) }.addr())
        })
    }

    pub fn wait(&self, milliseconds: u32) -> bool {
        unsafe { stytch_queue_wait(self.0, milliseconds) }
    }

    pub fn set_log_level(&self, level: i32) -> Result<()> {
        call(|error| unsafe { stytch_queue_set_log_level(self.0, level, error) }.then_some(()))
    }

    pub fn next_event(&self) -> Option<(i32, Vec<u8>)> {
        let mut level = 0;
        let event = unsafe { stytch_queue_next_event(self.0, &mut level) };
        let copy = unsafe { bytes(event) }.map(<[u8]>::to_vec);
        unsafe { stytch_string_free(event) };
        copy.map(|event| (level, event))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        unsafe { stytch_queue_free(self.0) };
    }
}

pub struct Call(*mut stytch_call);

impl Call {
    pub fn address(&self) -> *mut stytch_call {
        self.0
    }

    pub fn name(&self) -> usize {
        unsafe { stytch_call_userdata(self.0) }.addr()
    }

    pub fn is_finished(&self) -> bool {
        unsafe { stytch_call_is_finished(self.0) }
    }

    pub fn cancel(&self) {
        unsafe { stytch_call_cancel(self.0) };
    }

    pub fn take(&self) -> Result<Response> {
        call(|error| {
            let response = unsafe { stytch_call_take(self.0, error) };
            (!response.is_null()).then_some(Response(response))
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        unsafe { stytch_call_free(self.0) };
    }
}

pub struct Response(*mut stytch_response);

impl Response {
    pub fn http_status(&self) -> i32 {
        unsafe { stytch_response_http_status(self.0) }
    }

    pub fn json(&self) -> &[u8] {
        unsafe {
            let text = stytch_response_json(self.0).cast::<u8>();
            let length = stytch_response_json_length(self.0);
            assert_eq!(*text.add(length), 0, "no NUL behind the body");
            std::slice::from_raw_parts(text, length)
        }
    }

    pub fn session_token(&self) -> &[u8] {
        unsafe { bytes(stytch_response_session_token(self.0)) }.expect("a session token")
    }

    pub fn get_string(&self, pointer: Argument) -> Option<&[u8]> {
        unsafe { bytes(stytch_response_get_string(self.0, raw(pointer))) }
    }

    pub fn get_json(&self, pointer: Argument) -> Option<Vec<u8>> {
        unsafe {
            let text = stytch_response_get_json(self.0, raw(pointer));
            let copy = bytes(text).map(<[u8]>::to_vec);
            stytch_string_free(text);
            copy
        }
    }

    pub fn get_bool(&self, pointer: Argument) -> Option<bool> {
        // A value of another kind would be invalid, so both are tried.
        let read = |before| {
            let mut value = before;
            let found = unsafe { stytch_response_get_bool(self.0, raw(pointer), &mut value) };
            assert!(found || value == before, "written without success");
            found.then_some(value)
        };
        let value = read(false);
        assert_eq!(value, read(true));
        value
    }

    pub fn get_int64(&self, pointer: Argument) -> Option<i64> {
        const BEFORE: i64 = 0x5EED_5EED;
        let mut value = BEFORE;
        let found = unsafe { stytch_response_get_int64(self.0, raw(pointer), &mut value) };
        assert!(found || value == BEFORE, "written without success");
        found.then_some(value)
    }

    pub fn get_double(&self, pointer: Argument) -> Option<f64> {
        let mut value = f64::NAN;
        let found = unsafe { stytch_response_get_double(self.0, raw(pointer), &mut value) };
        assert_eq!(found, value.is_finite(), "success and value disagree");
        found.then_some(value)
    }

    pub fn get_length(&self, pointer: Argument) -> Option<usize> {
        let mut value = usize::MAX;
        let found = unsafe { stytch_response_get_length(self.0, raw(pointer), &mut value) };
        assert_eq!(found, value != usize::MAX, "success and value disagree");
        found.then_some(value)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        unsafe { stytch_response_free(self.0) };
    }
}
