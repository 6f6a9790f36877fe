//! Calls that do not block, as a program with an event loop makes them: it starts one, waits with `poll` for the
//! queue's descriptor, and takes what has finished.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::call::Call;
use super::client::{Outcome, outcome_of};
use crate::stytch::*;

/// No call takes longer, however long its row gives it.
const PATIENCE: Duration = Duration::from_secs(40);

/// Set for the client's process if its calls are to go through a queue.
pub const VARIABLE: &str = "STYTCH_FAULT_QUEUE";

static IS_ON: OnceLock<bool> = OnceLock::new();

/// Whether every call of this process goes through a queue. It looks into the environment once, before any row does
/// something to that.
pub fn is_on() -> bool {
    *IS_ON.get_or_init(|| std::env::var_os(VARIABLE).is_some())
}

/// A queue, and nothing in it unless a call is in flight.
pub struct Queue(*mut stytch_queue);

// SAFETY: the header promises it for all but the end, and `drop` has the queue alone.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    pub fn new() -> Self {
        // SAFETY: the error is unwanted.
        let queue = unsafe { stytch_queue_new(ptr::null_mut()) };
        assert!(!queue.is_null(), "there is no queue");
        Self(queue)
    }

    pub fn descriptor(&self) -> i32 {
        // SAFETY: the queue is alive.
        unsafe { stytch_queue_fd(self.0) }
    }

    /// Waits in `poll` until the descriptor is readable, and says whether it is.
    pub fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut polled = libc::pollfd {
            fd: self.descriptor(),
            events: libc::POLLIN,
            revents: 0,
        };
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let millis = left.as_millis().try_into().unwrap_or(i32::MAX);
            // SAFETY: one pollfd, as said.
            match unsafe { libc::poll(&raw mut polled, 1, millis) } {
                0 if millis == 0 => return false,
                // A signal came, or the time was cut short.
                -1 | 0 => {}
                _ => return polled.revents == libc::POLLIN,
            }
        }
    }

    /// What has finished, or NULL.
    pub fn next(&self) -> *mut stytch_call {
        // SAFETY: the queue is alive.
        unsafe { stytch_queue_next(self.0) }
    }

    /// Whether it has nothing, and its descriptor says so.
    pub fn is_empty(&self) -> bool {
        self.next().is_null() && !self.wait(Duration::ZERO)
    }

    /// Starts a call, or gives NULL and the reason.
    ///
    /// # Safety
    /// As the header says of each pointer.
    pub unsafe fn start(
        &self,
        which: &Call,
        client: *const stytch_client,
        subject: Option<&CStr>,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_call {
        let subject = subject.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: the caller's part.
        unsafe { (which.start)(client, subject, self.0, self.mark(), error) }
    }

    /// What is given as userdata.
    fn mark(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// Makes a call as the blocking function would, with all that the header says of the way.
    ///
    /// # Safety
    /// As the header says of each pointer.
    unsafe fn call(
        &self,
        which: &Call,
        client: *const stytch_client,
        subject: Option<&CStr>,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_response {
        // SAFETY: the caller's part; the call is freed once, and not used then.
        unsafe {
            let call = self.start(which, client, subject, error);
            if call.is_null() {
                return ptr::null_mut();
            }
            assert!(error.is_null() || (*error).is_null());
            assert_eq!(stytch_call_userdata(call), self.mark());
            assert!(self.wait(PATIENCE), "the call never comes out of its queue");
            assert_eq!(self.next(), call, "another call came out");
            assert!(self.is_empty(), "the queue has more than one call");
            assert!(stytch_call_is_finished(call));
            let response = stytch_call_take(call, error);
            let again = stytch_call_take(call, ptr::null_mut());
            assert!(again.is_null(), "a result was taken twice");
            stytch_call_free(call);
            response
        }
    }

    /// Frees what a fork has inherited. Its end comes before anything could free it again.
    pub fn free_copy(&self) {
        // SAFETY: the caller's process has one thread, and leaves by `_exit`.
        unsafe { stytch_queue_free(self.0) };
    }

    /// Takes the result of a call and frees it.
    ///
    /// # Safety
    /// The call is alive.
    pub unsafe fn take(which: &Call, call: *mut stytch_call, elapsed: Duration) -> Outcome {
        let mut error = ptr::null_mut();
        // SAFETY: the caller's part.
        unsafe {
            let response = stytch_call_take(call, &raw mut error);
            let outcome = outcome_of(which, response, error, elapsed);
            stytch_call_free(call);
            outcome
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it came from the library and nobody else has it.
        unsafe { stytch_queue_free(self.0) };
    }
}

/// The queues of a client that no thread is using: each is used again and again, by one thread at a time.
#[derive(Default)]
pub struct Queues(Mutex<Vec<Queue>>);

impl Queues {
    /// Has one made with the client, as a program does, if this process uses queues at all.
    pub fn prepared() -> Self {
        Self(Mutex::new(is_on().then(Queue::new).into_iter().collect()))
    }

    /// Makes a call through one of them.
    ///
    /// # Safety
    /// As the header says of each pointer.
    pub unsafe fn call(
        &self,
        which: &Call,
        client: *const stytch_client,
        subject: Option<&CStr>,
        error: *mut *mut stytch_error,
    ) -> *mut stytch_response {
        // Without waiting: in a child nobody may ever give the lock back.
        let kept = self.0.try_lock().ok().and_then(|mut kept| kept.pop());
        // A child cannot use its parent's, and frees it.
        let own = kept.filter(|queue| queue.descriptor() != -1);
        let queue = own.unwrap_or_else(Queue::new);
        // SAFETY: the caller's part.
        let response = unsafe { queue.call(which, client, subject, error) };
        if let Ok(mut kept) = self.0.try_lock() {
            kept.push(queue);
        }
        response
    }
}
