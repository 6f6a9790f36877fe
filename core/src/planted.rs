//! Panics that tests plant, to see what a call reports when the library itself fails.
//!
//! They exist only in builds with the feature `planted-faults`, which no released build has: elsewhere [`here`] is
//! empty, and a test looks for [`VARIABLE`]'s name in the library. The fault is named by that environment variable,
//! and happens once: what comes after it in the same process shows whether the library still works.

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The connection is established, and no byte of the request was sent.
    BeforeSending,
    /// The whole request was sent, and no response is there.
    AfterSending,
    /// The response has arrived, and is about to be judged.
    AfterResponse,
}

/// Where a call passes `point`: panics if a test has planted a fault there.
#[cfg(not(feature = "planted-faults"))]
#[inline(always)]
pub fn here(_point: Point) {}

/// Names the point where the next panic is to happen.
#[cfg(feature = "planted-faults")]
pub const VARIABLE: &str = "STYTCH_PLANTED_FAULT";

/// Where a call passes `point`: panics if a test has planted a fault there.
#[cfg(feature = "planted-faults")]
pub fn here(point: Point) {
    use std::sync::atomic::{AtomicBool, Ordering};

    static HAPPENED: AtomicBool = AtomicBool::new(false);
    let name = match point {
        Point::BeforeSending => "before-sending",
        Point::AfterSending => "after-sending",
        Point::AfterResponse => "after-response",
    };
    let is_planted = std::env::var(VARIABLE).is_ok_and(|planted| planted == name);
    if is_planted && !HAPPENED.swap(true, Ordering::SeqCst) {
        panic!("a test planted this panic: {name}");
    }
}
