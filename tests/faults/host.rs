//! What `host.c` and `memory.c` do, as functions of Rust.

use std::ffi::{c_int, c_void};
use std::mem::transmute;

use super::shim::symbol;

/// Runs `first` and `second` as coroutines of this thread: each hands it to the other while it waits in poll.
pub fn interleave(mut first: impl FnMut(), mut second: impl FnMut()) {
    type Run = extern "C" fn(c_int, *mut c_void);
    extern "C" fn run(number: c_int, both: *mut c_void) {
        // SAFETY: it is what is handed over below, and only one coroutine runs at a time.
        let both = unsafe { &mut *both.cast::<[&mut dyn FnMut(); 2]>() };
        both[usize::from(number == 1)]();
    }
    let mut both: [&mut dyn FnMut(); 2] = [&mut first, &mut second];
    // SAFETY: host.c declares it so; it returns when both have ended.
    unsafe {
        let interleave: extern "C" fn(Run, *mut c_void) =
            transmute(symbol(c"stytch_host_interleave"));
        interleave(run, (&raw mut both).cast());
    }
}

/// Runs `body` on a thread that is cancelled after so long; in words what was wrong with its end.
pub fn cancel(
    milliseconds: c_int,
    is_disabled: bool,
    mut body: impl FnMut(),
) -> Result<(), &'static str> {
    type Run = unsafe extern "C-unwind" fn(*mut c_void);
    unsafe extern "C-unwind" fn run<F: FnMut()>(body: *mut c_void) {
        // SAFETY: it is what is handed over below.
        unsafe { (*body.cast::<F>())() };
    }
    fn runner<F: FnMut()>(_: &F) -> Run {
        run::<F>
    }
    // SAFETY: host.c declares it so; it returns when the thread has ended.
    let ended = unsafe {
        let cancel: extern "C" fn(Run, *mut c_void, c_int, c_int) -> c_int =
            transmute(symbol(c"stytch_host_cancel"));
        cancel(
            runner(&body),
            (&raw mut body).cast(),
            milliseconds,
            is_disabled.into(),
        )
    };
    match ended {
        0 => Ok(()),
        1 => Err("there was no thread"),
        2 => Err("the thread was not cancelled"),
        _ => Err(
            "the thread can be cancelled where it could not before the call, or the other way round",
        ),
    }
}

fn number(name: &std::ffi::CStr) -> usize {
    // SAFETY: all that are asked for here are declared so.
    let number = unsafe {
        let get: extern "C" fn() -> c_int = transmute(symbol(name));
        get()
    };
    usize::try_from(number).expect("a count")
}

/// How often the library has asked for a variable of the environment.
pub fn asked() -> usize {
    number(c"stytch_host_asked")
}

/// What is to happen to allocations of a thread.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// Nothing; what was noted of another thread is forgotten.
    None = 0,
    /// One fails.
    OneFails = 1,
    /// One and all after it fail.
    AllFail = 2,
    /// The thread is held at one of them for good.
    Held = 3,
}

/// From now on the `at`th allocation of this thread is the one that `mode` is about.
pub fn arm(mode: Mode, at: usize) {
    // SAFETY: memory.c declares it so.
    unsafe {
        let arm: extern "C" fn(c_int, c_int) = transmute(symbol(c"stytch_memory_arm"));
        arm(mode as c_int, at.try_into().expect("a small number"));
    }
}

/// All allocations of this thread are as they were.
pub fn disarm() {
    // SAFETY: memory.c declares it so.
    unsafe {
        let disarm: extern "C" fn() = transmute(symbol(c"stytch_memory_disarm"));
        disarm();
    }
}

/// How many allocations the armed thread has made.
pub fn allocations() -> usize {
    number(c"stytch_memory_seen")
}

pub fn is_held() -> bool {
    number(c"stytch_memory_is_held") == 1
}

/// Whether the armed thread has sent something.
pub fn has_sent() -> bool {
    number(c"stytch_memory_has_sent") == 1
}
