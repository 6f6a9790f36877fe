//! Memory runs out. Once the request was sent nothing ends the process, delivery is true, and what is read is there or
//! absent; the header says that before this an abort may happen.

use std::ffi::CString;
use std::ptr;

use crate::faults::answers::session_body;
use crate::faults::case::Case;
use crate::faults::host::{Mode, allocations, arm, disarm, has_sent};
use crate::faults::row::Row;
use crate::faults::server::Step::{Request, Send};
use crate::faults::shim::Preload;
use crate::faults::system::{fork, mute_standard_error};
use crate::stytch::*;

pub fn rows() -> Vec<Row> {
    let row = |what| {
        Row::new("memory", what)
            .preload(Preload::Memory)
            .blocking("the memory that runs out is that of the thread that calls")
            .uncounted()
            .under(20_000)
    };
    vec![
        row("any one allocation of a call and of reading its response fails")
            .plan(|case| at_each_allocation(case, Mode::OneFails)),
        row("all allocations from any one on fail, in a call and in reading its response")
            .plan(|case| at_each_allocation(case, Mode::AllFail)),
        row("all allocations from any one on fail, and the response is large")
            .serve(vec![Request, Send(crate::faults::answers::ok(large()))])
            .plan(|case| at_each_allocation(case, Mode::AllFail)),
    ]
}

/// A session of 100 KB.
fn large() -> String {
    let body = session_body();
    let (front, _) = body.rsplit_once('}').expect("an object");
    format!("{front},\"more\":[{}1]}}", "1,".repeat(50_000))
}

const FINE: i32 = 0;
/// There is no such allocation.
const NOT_REACHED: i32 = 77;
const NOT_SENT_THOUGH_IT_WAS: i32 = 10;
const SENT_THOUGH_IT_WAS_NOT: i32 = 11;
const NO_SESSION_TOKEN: i32 = 12;

/// Tries each allocation in a process of its own, and then makes the judged call.
fn at_each_allocation(case: &mut Case, mode: Mode) {
    let mut found = Vec::new();
    for at in 0..5_000 {
        let token = CString::new(case.token()).expect("no NUL");
        let Some(client) = case.client() else { return };
        let invoke = case.row.call.invoke;
        let child = fork(|| {
            mute_standard_error();
            // SAFETY: all is valid; what is read is read while its handle lives.
            unsafe { run(mode, at, || (client.handle(), token.as_ptr()), invoke) }
        });
        drop(client);
        match child.wait() {
            Ok(NOT_REACHED) => break,
            Ok(FINE) => {}
            Err(_) if !has_sent() => {}
            ended => found.push((at, ended)),
        }
    }
    case.check(found.is_empty(), || {
        let (at, first) = &found[0];
        format!(
            "{} allocations must not fail; the first, number {at}: {first:?}",
            found.len()
        )
    });
    case.call();
}

type Invoke = unsafe fn(
    *const stytch_client,
    *const std::ffi::c_char,
    *mut *mut stytch_error,
) -> *mut stytch_response;

/// One call with a thread that runs out of memory, and all that can be read of what it gives.
///
/// # Safety
/// The arguments are those of a call.
unsafe fn run(
    mode: Mode,
    at: usize,
    arguments: impl Fn() -> (*const stytch_client, *const std::ffi::c_char),
    invoke: Invoke,
) -> i32 {
    let (client, token) = arguments();
    let mut error = ptr::null_mut();
    arm(mode, at);
    // SAFETY: the caller's part.
    let ended = unsafe {
        let response = invoke(client, token, &raw mut error);
        let ended = if response.is_null() {
            // For want of memory there may be no error: NULL is UNKNOWN.
            match (stytch_error_delivery(error), has_sent()) {
                (1, true) => NOT_SENT_THOUGH_IT_WAS,
                (0 | 2 | 3, false) if !error.is_null() => SENT_THOUGH_IT_WAS_NOT,
                _ => FINE,
            }
        } else if stytch_response_session_token(response).is_null() {
            NO_SESSION_TOKEN
        } else {
            FINE
        };
        stytch_response_request_id(response);
        stytch_response_json(response);
        stytch_response_get_string(response, c"/member/name".as_ptr());
        stytch_response_get_string(response, c"/session_token".as_ptr());
        stytch_error_message(error);
        stytch_error_type(error);
        stytch_error_request_id(error);
        stytch_error_body(error);
        stytch_response_free(response);
        stytch_error_free(error);
        ended
    };
    disarm();
    if allocations() <= at {
        NOT_REACHED
    } else {
        ended
    }
}
