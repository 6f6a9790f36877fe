//! The C ABI as the tests call it, from the shared library that is loaded when the first function is called.
//!
//! The declarations stand here once for all tests in Rust; `tests/abi.rs` has a C compiler hold each of them
//! against `include/stytch.h`.

#![allow(dead_code, non_camel_case_types)] // each test binary uses its own part
#![allow(clippy::too_many_arguments)] // the header has such functions

use std::ffi::{CStr, CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use super::library;

/// Handles that only the library can look into.
macro_rules! handles {
    ($($name:ident)*) => {
        $(#[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
        })*
    };
}

/// What is told of events.
pub type stytch_log_function = Option<unsafe extern "C" fn(i32, *const c_char, *mut c_void)>;

/// One C function a line. Each becomes a Rust function of the same name.
macro_rules! functions {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        struct Functions {
            $($name: unsafe extern "C" fn($($type),*) $(-> $result)?,)*
        }

        impl Functions {
            fn load() -> Self {
                let library = open();
                // SAFETY: the header declares them so, which tests/abi.rs has a C compiler check.
                unsafe {
                    Self { $($name: std::mem::transmute::<
                        *mut c_void,
                        unsafe extern "C" fn($($type),*) $(-> $result)?,
                    >(symbol(library, concat!(stringify!($name), "\0"))),)* }
                }
            }
        }

        $(
            /// # Safety
            /// As the header says.
            pub unsafe fn $name($($argument: $type),*) $(-> $result)? {
                // SAFETY: the caller's part.
                unsafe { (loaded().$name)($($argument),*) }
            }
        )*

        /// Each function's name, the types of its arguments, and that of its result.
        pub const DECLARED: &[(&str, &[&str], &str)] = &[
            $((stringify!($name), &[$(stringify!($type)),*], concat!($(stringify!($result))?)),)*
        ];
    };
}

handles! { stytch_options stytch_client stytch_response stytch_error stytch_queue stytch_call }

functions! {
    fn stytch_version() -> *const c_char;
    fn stytch_abi_version() -> u32;

    fn stytch_options_new() -> *mut stytch_options;
    fn stytch_options_free(options: *mut stytch_options);
    fn stytch_options_set_base_url(options: *mut stytch_options, url: *const c_char, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_timeout_ms(options: *mut stytch_options, milliseconds: u32, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_connect_timeout_ms(options: *mut stytch_options, milliseconds: u32, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_max_retries(options: *mut stytch_options, count: u32, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_ca_pem(options: *mut stytch_options, pem: *const c_char, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_jwks_json(options: *mut stytch_options, jwks_json: *const c_char, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_log_callback(options: *mut stytch_options, log_level: i32, function: stytch_log_function, userdata: *mut c_void, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_max_threads(options: *mut stytch_options, count: u32, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_max_pending(options: *mut stytch_options, count: u32, error: *mut *mut stytch_error) -> bool;
    fn stytch_options_set_proxy(options: *mut stytch_options, url: *const c_char, error: *mut *mut stytch_error) -> bool;

    fn stytch_client_new(project_id: *const c_char, secret: *const c_char, options: *const stytch_options, error: *mut *mut stytch_error) -> *mut stytch_client;
    fn stytch_client_free(client: *mut stytch_client);

    fn stytch_impersonation_authenticate(client: *const stytch_client, impersonation_token: *const c_char, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_authenticate(client: *const stytch_client, session_token: *const c_char, session_jwt: *const c_char, params_json: *const c_char, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_authenticate_jwt_local(client: *const stytch_client, session_jwt: *const c_char, max_token_age_seconds: i64, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_authenticate_jwt(client: *const stytch_client, session_jwt: *const c_char, max_token_age_seconds: i64, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_revoke(client: *const stytch_client, member_session_id: *const c_char, session_token: *const c_char, session_jwt: *const c_char, member_id: *const c_char, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_get(client: *const stytch_client, organization_id: *const c_char, member_id: *const c_char, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_sessions_get_jwks(client: *const stytch_client, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_request(client: *const stytch_client, method: *const c_char, path: *const c_char, json_body: *const c_char, error: *mut *mut stytch_error) -> *mut stytch_response;

    fn stytch_queue_new(error: *mut *mut stytch_error) -> *mut stytch_queue;
    fn stytch_queue_free(queue: *mut stytch_queue);
    fn stytch_queue_fd(queue: *const stytch_queue) -> i32;
    fn stytch_queue_next(queue: *mut stytch_queue) -> *mut stytch_call;
    fn stytch_queue_wait(queue: *mut stytch_queue, milliseconds: u32) -> bool;
    fn stytch_queue_set_log_level(queue: *mut stytch_queue, log_level: i32, error: *mut *mut stytch_error) -> bool;
    fn stytch_queue_next_event(queue: *mut stytch_queue, log_level: *mut i32) -> *mut c_char;

    fn stytch_impersonation_authenticate_start(client: *const stytch_client, impersonation_token: *const c_char, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_sessions_authenticate_start(client: *const stytch_client, session_token: *const c_char, session_jwt: *const c_char, params_json: *const c_char, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_sessions_authenticate_jwt_start(client: *const stytch_client, session_jwt: *const c_char, max_token_age_seconds: i64, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_sessions_revoke_start(client: *const stytch_client, member_session_id: *const c_char, session_token: *const c_char, session_jwt: *const c_char, member_id: *const c_char, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_sessions_get_start(client: *const stytch_client, organization_id: *const c_char, member_id: *const c_char, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_sessions_get_jwks_start(client: *const stytch_client, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;
    fn stytch_request_start(client: *const stytch_client, method: *const c_char, path: *const c_char, json_body: *const c_char, queue: *mut stytch_queue, userdata: *mut c_void, error: *mut *mut stytch_error) -> *mut stytch_call;

    fn stytch_call_userdata(call: *const stytch_call) -> *mut c_void;
    fn stytch_call_is_finished(call: *const stytch_call) -> bool;
    fn stytch_call_take(call: *mut stytch_call, error: *mut *mut stytch_error) -> *mut stytch_response;
    fn stytch_call_cancel(call: *mut stytch_call);
    fn stytch_call_free(call: *mut stytch_call);

    fn stytch_string_free(string: *mut c_char);
    fn stytch_response_free(response: *mut stytch_response);
    fn stytch_response_json(response: *const stytch_response) -> *const c_char;
    fn stytch_response_json_length(response: *const stytch_response) -> usize;
    fn stytch_response_http_status(response: *const stytch_response) -> i32;
    fn stytch_response_request_id(response: *const stytch_response) -> *const c_char;
    fn stytch_response_session_token(response: *const stytch_response) -> *const c_char;
    fn stytch_response_get_string(response: *const stytch_response, pointer: *const c_char) -> *const c_char;

    fn stytch_error_free(error: *mut stytch_error);
    fn stytch_error_code(error: *const stytch_error) -> i32;
    fn stytch_error_delivery(error: *const stytch_error) -> i32;
    fn stytch_error_message(error: *const stytch_error) -> *const c_char;
    fn stytch_error_http_status(error: *const stytch_error) -> i32;
    fn stytch_error_type(error: *const stytch_error) -> *const c_char;
    fn stytch_error_request_id(error: *const stytch_error) -> *const c_char;
    fn stytch_error_url(error: *const stytch_error) -> *const c_char;
    fn stytch_error_retry_after_ms(error: *const stytch_error) -> i64;
    fn stytch_error_is_retryable(error: *const stytch_error) -> bool;
    fn stytch_error_api_message(error: *const stytch_error) -> *const c_char;
    fn stytch_error_body(error: *const stytch_error) -> *const c_char;
    fn stytch_error_body_length(error: *const stytch_error) -> usize;
}

/// Loads the library, and calls none of its functions.
pub fn load() {
    loaded();
}

fn loaded() -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(Functions::load)
}

fn open() -> *mut c_void {
    let path = library::shared();
    let name = CString::new(path.as_os_str().as_bytes()).expect("a path without NUL");
    // SAFETY: the library's constructors are its own affair.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if library.is_null() {
        // SAFETY: dlerror gives a string, for a failure there is one.
        let reason = unsafe { CStr::from_ptr(libc::dlerror()) };
        panic!("{}: {}", path.display(), reason.to_string_lossy());
    }
    library
}

/// Looks up a function by its name, which ends with a NUL.
fn symbol(library: *mut c_void, name: &str) -> *mut c_void {
    let name = CStr::from_bytes_with_nul(name.as_bytes()).expect("a name that ends with a NUL");
    // SAFETY: the library was opened, and is never closed.
    let found = unsafe { libc::dlsym(library, name.as_ptr()) };
    assert!(
        !found.is_null(),
        "the library has no {}",
        name.to_string_lossy()
    );
    found
}
