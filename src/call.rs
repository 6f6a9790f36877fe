//! `stytch_call`: a call that does not block.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use super::alloc::Reserve;
use super::cancel::Uncancellable;
use super::error::{ErrorOut, fallible};
use super::panic::infallible;
use super::pointers::{into_raw, required};
use super::response::stytch_response;
use stytch_core::outcome::Delivery;
use stytch_core::task::Task;

/// A call that does not block, from its start to stytch_call_free(). Any thread
/// may look at it and cancel it.
pub struct stytch_call {
    /// What C holds is a part in the `Arc` of a `Task`, under this name.
    _is_a_task: (),
}

/// The pointer of a call that somebody else has a part in.
pub(super) fn lend(task: &Arc<Task>) -> *mut stytch_call {
    Arc::as_ptr(task).cast_mut().cast()
}

/// The task that is behind a call.
///
/// # Safety
/// `call` is NULL or came from a `_start` function and is not freed as long as the result
/// is used.
unsafe fn task<'a>(call: *const stytch_call) -> Option<&'a Task> {
    // SAFETY: see above.
    unsafe { call.cast::<Task>().as_ref() }
}

/// Does something with a call that is not NULL.
///
/// # Safety
/// `call` is NULL or came from a `_start` function and was not freed.
unsafe fn with(call: *mut stytch_call, body: impl FnOnce(&Arc<Task>)) {
    if call.is_null() {
        return;
    }
    let _uncancellable = Uncancellable::begin();
    // An error, and an event, may have to be made.
    let _reserve = Reserve::take();
    infallible((), || {
        let task = call.cast_const().cast::<Task>();
        // SAFETY: it came from `Arc::into_raw`, whose part the caller still has;
        // this is one more.
        let task = unsafe {
            Arc::increment_strong_count(task);
            Arc::from_raw(task)
        };
        body(&task);
    });
}

/// Returns the pointer that was given to the `_start` function.
///
/// @return NULL if `call` is NULL.
///
/// # Safety
/// `call` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_call_userdata(call: *const stytch_call) -> *mut c_void {
    // SAFETY: the caller's part.
    let task = unsafe { task(call) };
    infallible(ptr::null_mut(), || {
        let tag = task.map_or(0, |task| task.tag);
        ptr::with_exposed_provenance_mut(tag)
    })
}

/// Returns whether a call has finished: its result can be taken, or was taken.
///
/// @return `false` if `call` is NULL or was started before a fork.
///
/// # Safety
/// `call` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_call_is_finished(call: *const stytch_call) -> bool {
    // SAFETY: the caller's part.
    let task = unsafe { task(call) };
    infallible(false, || task.is_some_and(Task::is_finished))
}

/// Takes the result of a finished call, once. It is what the blocking function
/// returns. Queue and client may have been freed.
///
/// @param call   Not NULL.
/// @param error  NULL, or where to put the reason on failure. It is
///               #STYTCH_ERROR_INVALID_ARGUMENT if the call has not finished,
///               or its result was taken before; its delivery is then
///               #STYTCH_DELIVERY_UNKNOWN.
/// @return A response to free with stytch_response_free(). NULL on failure.
///
/// # Safety
/// `call` is NULL or came from this library and was not freed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_call_take(
    call: *mut stytch_call,
    error: ErrorOut,
) -> *mut stytch_response {
    // SAFETY: the caller's part.
    let task = unsafe { task(call) };
    fallible(error, ptr::null_mut(), Delivery::Unknown, || {
        let response = required(task, "call")?.take()?;
        Ok(into_raw(stytch_response { response }))
    })
}

/// Cancels a call, from any thread, and returns at once; twice does no harm.
///
/// The call comes out of its queue soon, as every call does: within 100 ms, and
/// most often at once. If its result was there already, that stands. Otherwise
/// the error is #STYTCH_ERROR_CANCELLED, with the delivery as it was seen:
/// #STYTCH_DELIVERY_NOT_SENT if nothing of the request had been sent. After
/// that a single-use token in it may have been used: cancelling does not call
/// it back. Once the head of a 2xx response has arrived, it is
/// #STYTCH_DELIVERY_ACCEPTED, with what arrived as stytch_error_body(); after
/// the head of another response the error is #STYTCH_ERROR_API as always. The
/// connection is closed.
///
/// A call that no thread runs yet ends here: its log event, if there is a
/// callback, comes on this thread.
///
/// @param call  May be NULL; then nothing happens.
///
/// # Safety
/// `call` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_call_cancel(call: *mut stytch_call) {
    // SAFETY: the caller's part.
    unsafe { with(call, |task| task.cancel()) };
}

/// Frees a call and wipes its result. One that has not finished is cancelled
/// and forgotten: it never comes out of its queue, and nobody learns what
/// became of it but the log.
///
/// @param call  May be NULL; then nothing happens. No other thread may be
///              using it.
///
/// # Safety
/// `call` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_call_free(call: *mut stytch_call) {
    if call.is_null() {
        return;
    }
    // SAFETY: the caller's part.
    unsafe { with(call, |task| task.forget()) };
    let _uncancellable = Uncancellable::begin();
    // SAFETY: the part that the `_start` function gave away; the caller does not use it again.
    let task = unsafe { Arc::from_raw(call.cast_const().cast::<Task>()) };
    infallible((), || drop(task));
}
