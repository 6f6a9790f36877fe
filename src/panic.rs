//! No panic crosses into C, and none prints.

use std::panic::{self, AssertUnwindSafe};

/// Runs `body`; `None` if it panicked. What a panic would print is turned off
/// in `setup`: writing to a closed stderr has killed processes.
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // A payload may panic when dropped; none of ours does, and a leak
            // of one is better than to find out.
            std::mem::forget(payload);
            None
        }
    }
}

/// Runs `body`, which has no error to report; a panic becomes `failure`.
pub(crate) fn infallible<T>(failure: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(failure)
}
