//! The library that the tests load: the shared one, as a program would.
//!
//! Cargo builds no shared library for integration tests, and one that an earlier build left behind may be
//! stale. So each test executable has cargo build it once before it is first used: into the same target folder,
//! with the same profile, which takes a moment where nothing has changed.
//!
//! `STYTCH_TEST_LIBRARY` names another one, which is taken as it is: instrumented, or built with other features.

#![allow(dead_code)] // each test binary uses its own part

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub const VARIABLE: &str = "STYTCH_TEST_LIBRARY";

pub fn shared() -> PathBuf {
    match std::env::var_os(VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => built("libstytch.so"),
    }
}

pub fn static_() -> PathBuf {
    built("libstytch.a")
}

/// The library with the panics of `core/src/planted.rs` in it, in a folder of its own: it must never be taken for
/// the one that is shipped.
pub fn with_planted_faults() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = build(&["--features", "planted-faults"], &target().join("planted"));
        folder.join("libstytch.so")
    })
}

fn built(file: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let path = FOLDER.get_or_init(|| build(&[], target())).join(file);
    assert!(path.exists(), "cargo did not build {}", path.display());
    path
}

fn target() -> &'static Path {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("cargo's target folder")
}

/// Has cargo build the library like this test executable, and gives the folder where it is then.
fn build(arguments: &[&str], into: &Path) -> PathBuf {
    // <target>/[<triple>/]<profile>/deps/<this test>
    let executable = std::env::current_exe().expect("this test's path");
    let folder = executable.ancestors().nth(2).expect("a profile's folder");
    let inner = folder
        .strip_prefix(target())
        .unwrap_or_else(|_| panic!("{} is not in {}", executable.display(), target().display()));
    let mut parts: Vec<&str> = inner.iter().filter_map(|part| part.to_str()).collect();
    let profile = match parts.pop().expect("a profile") {
        "debug" => "dev",
        profile => profile,
    };
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "stytch-ffi", "--lib"])
        .args(["--profile", profile])
        .arg("--target-dir")
        .arg(into)
        .args(arguments)
        .stdin(Stdio::null());
    for triple in parts {
        command.args(["--target", triple]);
    }
    let output = command.output().expect("cargo");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    into.join(inner)
}
