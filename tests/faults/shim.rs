//! Builds `shim.c`, which stands in for parts of the system, and tells it what to do.

use std::ffi::{CString, c_char, c_int};
use std::path::PathBuf;
use std::process::Command;

/// The shim as a library to preload.
pub fn build(folder: &std::path::Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/shim.c");
    let library = folder.join("shim.so");
    let output = Command::new("cc")
        .args([
            "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
        ])
        .arg(&library)
        .args([source, "-ldl", "-pthread"])
        .output()
        .expect("a C compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    library
}

fn symbol(name: &std::ffi::CStr) -> *mut libc::c_void {
    // SAFETY: a look-up by name.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    assert!(!found.is_null(), "the shim is not preloaded");
    found
}

/// From now on the preloaded shim does this.
pub fn set(words: &str) {
    let words = CString::new(words).expect("no NUL").into_raw();
    // SAFETY: shim.c declares it so. The words stay alive: another thread may be reading.
    unsafe {
        let set: extern "C" fn(*const c_char) = std::mem::transmute(symbol(c"stytch_shim_set"));
        set(words);
    }
}

/// How many look-ups the system was asked for.
pub fn look_ups() -> usize {
    // SAFETY: shim.c declares it so.
    let count = unsafe {
        let count: extern "C" fn() -> c_int = std::mem::transmute(symbol(c"stytch_shim_look_ups"));
        count()
    };
    usize::try_from(count).expect("a count")
}
