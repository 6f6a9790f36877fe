//! The C ABI as C sees it: raw pointers. The boundary's own functions take
//! references, which is the same to the machine; they are linked from
//! [`crate::boundary`].

#![allow(clashing_extern_declarations, improper_ctypes, non_camel_case_types)]

use std::ffi::{c_char, c_void};

pub use crate::boundary::call::stytch_call;
pub use crate::boundary::client::stytch_client;
pub use crate::boundary::error::stytch_error;
pub use crate::boundary::options::stytch_options;
pub use crate::boundary::queue::stytch_queue;
pub use crate::boundary::response::stytch_response;

pub type stytch_log_function = Option<unsafe extern "C" fn(i32, *const c_char, *mut c_void)>;

unsafe extern "C" {
    pub fn stytch_call_cancel(call: *mut stytch_call);
    pub fn stytch_call_free(call: *mut stytch_call);
    pub fn stytch_call_is_finished(call: *const stytch_call) -> bool;
    pub fn stytch_call_take(
        call: *mut stytch_call,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_response;
    pub fn stytch_call_userdata(call: *const stytch_call) -> *mut c_void;
    pub fn stytch_client_free(client: *mut stytch_client);
    pub fn stytch_client_new(
        project_id: *const c_char,
        secret: *const c_char,
        options: *const stytch_options,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_client;
    pub fn stytch_error_body(error: *const stytch_error) -> *const c_char;
    pub fn stytch_error_body_length(error: *const stytch_error) -> usize;
    pub fn stytch_error_code(error: *const stytch_error) -> i32;
    pub fn stytch_error_delivery(error: *const stytch_error) -> i32;
    pub fn stytch_error_free(error: *mut stytch_error);
    pub fn stytch_error_http_status(error: *const stytch_error) -> i32;
    pub fn stytch_error_message(error: *const stytch_error) -> *const c_char;
    pub fn stytch_error_request_id(error: *const stytch_error) -> *const c_char;
    pub fn stytch_error_retry_after_ms(error: *const stytch_error) -> i64;
    pub fn stytch_error_type(error: *const stytch_error) -> *const c_char;
    pub fn stytch_error_url(error: *const stytch_error) -> *const c_char;
    pub fn stytch_impersonation_authenticate(
        client: *const stytch_client,
        impersonation_token: *const c_char,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_response;
    pub fn stytch_impersonation_authenticate_start(
        client: *const stytch_client,
        impersonation_token: *const c_char,
        queue: *mut stytch_queue,
        userdata: *mut c_void,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_call;
    pub fn stytch_options_free(options: *mut stytch_options);
    pub fn stytch_options_new() -> *mut stytch_options;
    pub fn stytch_options_set_app_info(
        options: *mut stytch_options,
        name: *const c_char,
        version: *const c_char,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_base_url(
        options: *mut stytch_options,
        url: *const c_char,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_ca_file(
        options: *mut stytch_options,
        pem_path: *const c_char,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_ca_pem(
        options: *mut stytch_options,
        pem: *const c_char,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_log_callback(
        options: *mut stytch_options,
        log_level: i32,
        function: stytch_log_function,
        userdata: *mut c_void,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_max_pending(
        options: *mut stytch_options,
        count: u32,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_max_retries(
        options: *mut stytch_options,
        count: u32,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_max_threads(
        options: *mut stytch_options,
        count: u32,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_proxy(
        options: *mut stytch_options,
        url: *const c_char,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_options_set_timeout_ms(
        options: *mut stytch_options,
        milliseconds: u32,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_queue_fd(queue: *const stytch_queue) -> i32;
    pub fn stytch_queue_free(queue: *mut stytch_queue);
    pub fn stytch_queue_new(error: *mut *mut stytch_error) -> *mut stytch_queue;
    pub fn stytch_queue_next(queue: *mut stytch_queue) -> *mut stytch_call;
    pub fn stytch_queue_next_event(queue: *mut stytch_queue, log_level: *mut i32) -> *mut c_char;
    pub fn stytch_queue_set_log_level(
        queue: *mut stytch_queue,
        log_level: i32,
        error: *mut *mut stytch_error,
    ) -> bool;
    pub fn stytch_queue_wait(queue: *mut stytch_queue, milliseconds: u32) -> bool;
    pub fn stytch_response_free(response: *mut stytch_response);
    pub fn stytch_response_get_bool(
        response: *const stytch_response,
        pointer: *const c_char,
        value: *mut bool,
    ) -> bool;
    pub fn stytch_response_get_double(
        response: *const stytch_response,
        pointer: *const c_char,
        value: *mut f64,
    ) -> bool;
    pub fn stytch_response_get_int64(
        response: *const stytch_response,
        pointer: *const c_char,
        value: *mut i64,
    ) -> bool;
    pub fn stytch_response_get_json(
        response: *const stytch_response,
        pointer: *const c_char,
    ) -> *mut c_char;
    pub fn stytch_response_get_length(
        response: *const stytch_response,
        pointer: *const c_char,
        length: *mut usize,
    ) -> bool;
    pub fn stytch_response_get_string(
        response: *const stytch_response,
        pointer: *const c_char,
    ) -> *const c_char;
    pub fn stytch_response_http_status(response: *const stytch_response) -> i32;
    pub fn stytch_response_json(response: *const stytch_response) -> *const c_char;
    pub fn stytch_response_json_length(response: *const stytch_response) -> usize;
    pub fn stytch_response_session_token(response: *const stytch_response) -> *const c_char;
    pub fn stytch_string_free(string: *mut c_char);
}
