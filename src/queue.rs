//! `stytch_queue`: where calls that do not block come out.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::call::{lend, stytch_call};
use super::cancel::Uncancellable;
use super::client::stytch_client;
use super::error::{ErrorOut, fallible};
use super::options::level;
use super::panic::infallible;
use super::pointers::{free, into_raw, required};
use super::string;
use stytch_core::client::Client;
use stytch_core::error::{Error, Result};
use stytch_core::outcome::Delivery;
use stytch_core::queue::Queue;
use stytch_core::task::{Owned, Task};
use stytch_core::turn::Turn;

/// Where calls that do not block come out when they have finished. Any thread
/// may start calls on a queue and take calls from it.
pub struct stytch_queue {
    pub(super) queue: Arc<Queue<Task>>,
}

/// Creates a queue. A program needs one for each event loop, however many
/// clients and calls it has.
///
/// A call is started with one of the functions whose names end in `_start`: the
/// arguments of the blocking function, then the queue and a pointer of your
/// own. It runs on a thread of the client; nothing of yours runs there. When it
/// has finished, the descriptor of the queue becomes readable:
///
/// @code
/// stytch_error *error = NULL;
/// stytch_queue *queue = stytch_queue_new(&error);
/// stytch_call *call = stytch_impersonation_authenticate_start(
///     client, token, queue, NULL, &error);
/// // Watch stytch_queue_fd(queue) with epoll, libuv, GLib, …; when it is
/// // readable:
/// while ((call = stytch_queue_next(queue)) != NULL) {
///     stytch_response *session = stytch_call_take(call, &error);
///     if (session)
///         start_session(stytch_response_session_token(session));
///     else
///         fprintf(stderr, "%s\n", stytch_error_message(error));
///     stytch_response_free(session);
///     stytch_error_free(error);
///     stytch_call_free(call);
/// }
/// stytch_queue_free(queue);
/// @endcode
///
/// Client, queue and calls may be freed in any order. After a fork the child
/// can only free what it has inherited: it makes a queue of its own.
///
/// @param error  NULL, or where to put the reason on failure, which is
///               #STYTCH_ERROR_INTERNAL if the system gives no descriptor.
/// @return A queue to free with stytch_queue_free(). NULL on failure.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn stytch_queue_new(error: ErrorOut) -> *mut stytch_queue {
    fallible(error, ptr::null_mut(), Delivery::NotSent, || {
        let queue = Queue::new().map_err(|error| {
            Error::no_resource(format!(
                "the system gives no descriptor for a queue ({error}); raise the limit on open files, or use fewer queues"
            ))
        })?;
        Ok(into_raw(stytch_queue {
            queue: Arc::new(queue),
        }))
    })
}

/// Starts a call and gives it to C.
pub(crate) fn start(
    client: Option<&stytch_client>,
    queue: Option<&stytch_queue>,
    userdata: *mut c_void,
    error: ErrorOut,
    name: &'static str,
    prepare: impl FnOnce(&Client) -> Result<Owned>,
) -> *mut stytch_call {
    let Some(_turn) = Turn::begin() else {
        if let Some(error) = error {
            error.write(ptr::null_mut());
        }
        return ptr::null_mut();
    };
    fallible(error, ptr::null_mut(), Delivery::NotSent, || {
        let client = &required(client, "client")?.client;
        let queue = &required(queue, "queue")?.queue;
        let tag = userdata.expose_provenance();
        let started = prepare(client).and_then(|operation| client.start(operation, queue, tag));
        let task = started.inspect_err(|error| client.tell_refused(name, queue.log(), error))?;
        Ok(Arc::into_raw(task).cast_mut().cast())
    })
}

/// Frees a queue and closes its descriptor: stop watching that first. Its calls
/// go on and are not handed out any more; each can still be taken, and needs
/// its stytch_call_free().
///
/// @param queue  May be NULL; then nothing happens. No other thread may be
///               using it.
///
/// # Safety
/// `queue` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_queue_free(queue: *mut stytch_queue) {
    let _uncancellable = Uncancellable::begin();
    // SAFETY: the caller's part.
    if let Some(queue) = unsafe { queue.as_ref() } {
        infallible((), || queue.queue.close());
    }
    // SAFETY: the caller's part.
    unsafe { free(queue) };
}

/// Returns the descriptor that is readable while a finished call, or an event,
/// waits in the queue. Watch it, level-triggered or edge-triggered, in as many
/// loops as you like; never read, write or close it. It is closed on `exec`.
///
/// @return The descriptor; -1 if `queue` is NULL or was made before a fork, and
///         on systems without descriptors, where stytch_queue_wait() serves.
#[unsafe(no_mangle)]
pub extern "C" fn stytch_queue_fd(queue: Option<&stytch_queue>) -> i32 {
    infallible(-1, || queue.map_or(-1, |queue| queue.queue.descriptor()))
}

/// Hands out a finished call, each once, in the order in which they finished.
/// With edge-triggered watching, call it until it returns NULL.
///
/// @param queue  May be NULL.
/// @return The pointer that the `_start` function returned, still yours to free
///         with stytch_call_free(). NULL if none is left.
///
/// # Safety
/// `queue` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_queue_next(queue: *mut stytch_queue) -> *mut stytch_call {
    let _uncancellable = Uncancellable::begin();
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    infallible(ptr::null_mut(), || {
        let next = queue.and_then(|queue| queue.queue.next());
        // The caller has a part in it until stytch_call_free().
        next.map_or(ptr::null_mut(), |task| lend(&task))
    })
}

/// Waits until a finished call is in the queue. It is for programs without an
/// event loop.
///
/// @param queue         May be NULL.
/// @param milliseconds  How long to wait at most.
/// @return Whether there is one now: stytch_queue_next() has it, unless another
///         thread is quicker. `false` at once if `queue` is NULL.
///
/// # Safety
/// `queue` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_queue_wait(queue: *mut stytch_queue, milliseconds: u32) -> bool {
    let _uncancellable = Uncancellable::begin();
    let time = Duration::from_millis(milliseconds.into());
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    infallible(false, || queue.is_some_and(|queue| queue.queue.wait(time)))
}

/// Keeps the events of calls that are started on this queue from now on in the
/// queue, for stytch_queue_next_event(), instead of giving them to the
/// callback of stytch_options_set_log_callback().
///
/// It is for programs that cannot be called on a thread of the library's. While
/// an event waits the descriptor is readable. Of events that nobody takes the
/// last 4,096 are kept.
///
/// @param queue      Not NULL.
/// @param log_level  A #stytch_log_level_t; 0 to go back to the callback.
/// @param error      NULL, or where to put the reason on failure.
///
/// # Safety
/// `queue` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_queue_set_log_level(
    queue: *mut stytch_queue,
    log_level: i32,
    error: ErrorOut,
) -> bool {
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    fallible(error, false, Delivery::NotSent, || {
        let queue = required(queue, "queue")?;
        let wanted = match log_level {
            0 => None,
            number => Some(level(number)?),
        };
        queue.queue.set_log_level(wanted);
        Ok(true)
    })
}

/// Takes the oldest event; see stytch_queue_set_log_level(). The event of a call
/// is there before the call is.
///
/// @param queue      May be NULL.
/// @param log_level  NULL, or where to put the event's #stytch_log_level_t.
/// @return JSON, as stytch_options_set_log_callback() describes it, to free with
///         stytch_string_free(). NULL if there is none.
///
/// # Safety
/// `queue` is NULL or came from this library and was not freed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_queue_next_event(
    queue: *mut stytch_queue,
    log_level: Option<&mut MaybeUninit<i32>>,
) -> *mut c_char {
    let _uncancellable = Uncancellable::begin();
    // SAFETY: the caller's part.
    let queue = unsafe { queue.as_ref() };
    infallible(ptr::null_mut(), || {
        let Some((level, event)) = queue.and_then(|queue| queue.queue.next_event()) else {
            return ptr::null_mut();
        };
        if let Some(log_level) = log_level {
            log_level.write(level as i32);
        }
        string::into_c(event.as_bytes())
    })
}
