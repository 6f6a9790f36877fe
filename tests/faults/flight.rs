//! A call that is in flight, and what is done to it there: it is cancelled, or something that it needs is freed.
//!
//! ```text
//!   client's process:   start --> in flight -------- the deed --> comes out, is taken --> another call
//!                                     ^ the bell       |<- 100 ms ->|
//!   server:             ... takes the script so far ---+
//! ```

use std::ffi::CString;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use super::bell::Listener;
use super::call::REQUEST_POST;
use super::case::Case;
use super::client::{Client, Outcome};
use super::process::{is_connecting, is_sending};
use super::queue::Queue;
use super::shim;
use super::system::fork;
use crate::stytch::*;

/// How far the call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A server has rung.
    Bell,
    /// A server has rung for another call, and this one waits for it, or for its thread.
    Behind,
    /// It waits for a lookup of its name, and has asked for so many.
    Lookup(usize),
    /// It has asked an address that says nothing.
    Connecting,
    /// What the system takes of it has been sent.
    Sending,
    /// It waits in its queue.
    Finished,
}

/// What is done to it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Cancel,
    /// By two threads.
    CancelTwice,
    FreeClient,
    FreeCall,
    /// The call is cancelled afterwards, and looked after until it has finished.
    FreeQueue,
    /// A child frees all that it has of it; then the parent cancels the call.
    Fork,
}

/// How long it may take to come as far as the row says.
const PATIENCE: Duration = Duration::from_secs(20);

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Calls handed from thread to thread.
#[derive(Clone, Copy)]
pub struct Handle(pub *mut stytch_call);

// SAFETY: any thread may look at a call and cancel it.
unsafe impl Send for Handle {}

impl Handle {
    pub fn cancel(self) {
        // SAFETY: whoever made it has not freed it.
        unsafe { stytch_call_cancel(self.0) };
    }

    pub fn is_finished(self) -> bool {
        // SAFETY: as above.
        unsafe { stytch_call_is_finished(self.0) }
    }

    pub fn free(self) {
        // SAFETY: as above, and it is not used afterwards.
        unsafe { stytch_call_free(self.0) };
    }
}

/// Starts a call of the row.
pub fn start(case: &Case, client: &Client, token: &str, queue: &Queue) -> Handle {
    let token = CString::new(token).expect("no NUL");
    // SAFETY: all are alive; the token is copied.
    let call = unsafe {
        let none = ptr::null_mut();
        queue.start(case.row.call, client.handle(), Some(&token), none)
    };
    assert!(!call.is_null(), "the call is refused");
    Handle(call)
}

/// Takes what a call came to.
pub fn take(case: &Case, call: Handle, elapsed: Duration) -> Outcome {
    // SAFETY: the call is alive, and not used again.
    unsafe { Queue::take(case.row.call, call.0, elapsed) }
}

/// Waits until the call comes out; how long after `since` that is.
fn comes_out(call: Handle, queue: &Queue, since: Instant) -> Duration {
    assert!(queue.wait(PATIENCE), "the call never comes out");
    let elapsed = since.elapsed();
    assert_eq!(queue.next(), call.0, "another call comes out");
    assert!(queue.is_empty(), "it comes out twice");
    elapsed
}

/// The plan of a row with a flight. The judged call is the one in flight, or the one after it if that was freed.
pub fn fly(case: &mut Case) {
    let (reached, deed) = case.row.flight.expect("a flight");
    let mut bell = Listener::to(&case.input.bell);
    let [other, next] = [case.token(), case.token()];
    let token = match reached {
        Reached::Sending if case.row.call.request_line == REQUEST_POST.request_line => {
            "x".repeat(64 * 1024)
        }
        // Twice as much when it is quoted.
        Reached::Sending => "\"".repeat(8192),
        _ => case.token(),
    };
    let Some(client) = case.client() else { return };
    let [queue, of_other] = [Queue::new(), Queue::new()];
    let other = (reached == Reached::Behind).then(|| {
        let other = start(case, &client, &other, &of_other);
        bell.hear();
        other
    });
    let call = start(case, &client, &token, &queue);
    match reached {
        Reached::Bell => bell.hear(),
        // It comes to its wait within this time, or is cancelled on the way there.
        Reached::Behind => thread::sleep(Duration::from_millis(30)),
        Reached::Lookup(count) => until("a lookup", || shim::look_ups() >= count),
        Reached::Connecting => until("a connect", is_connecting),
        Reached::Sending => until("a full buffer", is_sending),
        Reached::Finished => assert!(queue.wait(PATIENCE), "the call never comes out"),
    }
    if reached != Reached::Finished {
        // What the server has sent is read by now, most often.
        thread::sleep(Duration::from_millis(20));
        case.check(!call.is_finished(), || "it is not in flight".into());
    }
    let mut client = Some(client);
    let begin = Instant::now();
    let outcome = match deed {
        Deed::Cancel => {
            call.cancel();
            let elapsed = comes_out(call, &queue, begin);
            Some(take(case, call, elapsed))
        }
        Deed::CancelTwice => {
            let second = thread::spawn(move || {
                // All of it, not its field.
                let call: Handle = call;
                call.cancel();
            });
            call.cancel();
            let elapsed = comes_out(call, &queue, begin);
            second.join().expect("no panic");
            call.cancel();
            Some(take(case, call, elapsed))
        }
        Deed::FreeClient => {
            client = None;
            case.free_client();
            let elapsed = begin.elapsed();
            case.check(call.is_finished(), || "it is still in flight".into());
            comes_out(call, &queue, begin);
            Some(take(case, call, elapsed))
        }
        Deed::FreeCall => {
            call.free();
            let elapsed = begin.elapsed();
            case.check(elapsed < Duration::from_secs(1), || {
                format!("to free it took {elapsed:?}")
            });
            None
        }
        Deed::FreeQueue => {
            drop(queue);
            call.cancel();
            until("the end of a call without a queue", || call.is_finished());
            Some(take(case, call, begin.elapsed()))
        }
        Deed::Fork => {
            let child = fork(|| in_child(call, &queue, client.as_deref()));
            let ended = child.wait();
            case.check(ended == Ok(0), || format!("the child: {ended:?}"));
            let begin = Instant::now();
            call.cancel();
            let elapsed = comes_out(call, &queue, begin);
            Some(take(case, call, elapsed))
        }
    };
    drop(client);
    if let Some(other) = other {
        other.cancel();
        until("the end of the other call", || other.is_finished());
        take(case, other, Duration::ZERO);
    }
    if case.row.look_up.is_some() {
        shim::set("answer=127.0.0.1");
    }
    let Some(client) = case.client() else { return };
    // The connection is not used again, and the client's threads are free.
    let after = client.call(&next);
    case.check(after.is_ok(), || format!("the call after it: {}", after.0));
    case.report(&outcome.unwrap_or(after));
}

/// What a child can do with what it has of its parent's: nothing but free it.
fn in_child(call: Handle, queue: &Queue, client: Option<&Client>) -> i32 {
    let begin = Instant::now();
    call.cancel();
    // SAFETY: the call is alive.
    let taken = unsafe { stytch_call_take(call.0, ptr::null_mut()) };
    if call.is_finished() || !taken.is_null() || !queue.next().is_null() {
        return 1;
    }
    if queue.descriptor() != -1 {
        return 2;
    }
    call.free();
    queue.free_copy();
    if let Some(client) = client {
        client.free_copy();
    }
    i32::from(begin.elapsed() > Duration::from_secs(2)) * 3
}
