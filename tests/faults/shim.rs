//! Builds what is preloaded into a row's process, and tells it what to do.
//!
//! `shim.c` stands in for parts of the system, `host.c` beside it is what a host does around the library. `memory.c`
//! and `much_tls.c` are libraries of their own, for rows that ask for them.

use std::ffi::{CString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A library to preload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preload {
    Shim,
    Memory,
    MuchTls,
}

impl Preload {
    const ALL: [Self; 3] = [Self::Shim, Self::Memory, Self::MuchTls];

    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Shim => &["shim.c", "host.c"],
            Self::Memory => &["memory.c"],
            Self::MuchTls => &["much_tls.c"],
        }
    }

    pub fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{self:?}.so"))
    }
}

/// Builds all that can be preloaded.
pub fn build(folder: &Path) {
    for preload in Preload::ALL {
        build_one(preload, &preload.path(folder));
    }
}

fn build_one(preload: Preload, library: &Path) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let sources = preload.sources().iter().map(|name| sources.join(name));
    let chosen = std::env::var("CC").unwrap_or_default();
    let mut compiler = chosen.split_whitespace();
    let output = Command::new(compiler.next().unwrap_or("cc"))
        .args(compiler)
        .args([
            "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
        ])
        .arg(library)
        .args(sources)
        .args(["-ldl", "-pthread"])
        .output()
        .expect("a C compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(super) fn symbol(name: &std::ffi::CStr) -> *mut libc::c_void {
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
