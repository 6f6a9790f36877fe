//! What a forked child does with a queue of its parent does not reach the parent: the two share a descriptor.

#[path = "support/library.rs"]
mod library;
#[path = "support/stytch.rs"]
mod stytch;

use std::ptr;

use stytch::*;

const INVALID_ARGUMENT: i32 = 1;
const DEBUG: i32 = 4;

#[test]
fn a_start_that_a_child_is_refused_does_not_wake_its_parent() {
    // SAFETY: strings end with a NUL, handles are valid. The child does nothing but to call the library.
    unsafe {
        let none = ptr::null_mut();
        let (id, secret) = (c"project-test-fork", c"secret-test-fork");
        let client = stytch_client_new(id.as_ptr(), secret.as_ptr(), ptr::null(), none);
        let queue = stytch_queue_new(none);
        // The refusal is an event, which must not go to this queue in the child.
        assert!(stytch_queue_set_log_level(queue, DEBUG, none));
        // What is refused as an argument, and what because of the queue.
        for token in [ptr::null(), c"token".as_ptr()] {
            let child = libc::fork();
            if child == 0 {
                let mut error = ptr::null_mut();
                let call = stytch_impersonation_authenticate_start(
                    client,
                    token,
                    queue,
                    none.cast(),
                    &mut error,
                );
                let is_refused = call.is_null() && stytch_error_code(error) == INVALID_ARGUMENT;
                libc::_exit(i32::from(!is_refused));
            }
            let mut status = -1;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert_eq!(status, 0, "the child was not refused");
            let mut polled = libc::pollfd {
                fd: stytch_queue_fd(queue),
                events: libc::POLLIN,
                revents: 0,
            };
            assert_eq!(libc::poll(&mut polled, 1, 0), 0, "the parent is woken");
        }
        stytch_queue_free(queue);
        stytch_client_free(client);
    }
}
