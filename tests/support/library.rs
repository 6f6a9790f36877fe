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

/// Whether the library that is named is one for Windows.
pub fn is_for_windows() -> bool {
    std::env::var_os(VARIABLE)
        .is_some_and(|path| Path::new(&path).extension() == Some("dll".as_ref()))
}

/// The static one beside the shared one that is named, if there is one.
pub fn static_() -> PathBuf {
    let named = std::env::var_os(VARIABLE)
        .map(|path| PathBuf::from(path).with_file_name("libstytch.a"))
        .filter(|path| path.exists());
    named.unwrap_or_else(|| built("libstytch.a"))
}

/// The library with the panics of `core/src/planted.rs` in it, in a folder of its own: it must never be taken for
/// the one that is shipped.
pub fn with_planted_faults() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = build(&["--features", "planted-faults"], "planted");
        folder.join("libstytch.so")
    })
}

fn built(file: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let path = FOLDER.get_or_init(|| build(&[], "")).join(file);
    assert!(path.exists(), "cargo did not build {}", path.display());
    path
}

/// Where cargo has put this test, and how it was told to.
struct Place {
    target: PathBuf,
    /// Where `--target` was given.
    triple: Option<String>,
    /// The folder of the profile.
    profile: String,
}

impl Place {
    fn of_this_test() -> Self {
        let name = |path: &Path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .map(str::to_owned)
        };
        // <target>/[<triple>/]<profile>/deps/<this test>
        let executable = std::env::current_exe().expect("this test's path");
        let folder = executable.ancestors().nth(2).expect("a profile's folder");
        let above = folder.parent().expect("a target folder");
        // Cargo keeps what it knows of the compiler in the target folder itself.
        let triple = name(above).filter(|name| {
            let root = above.parent().unwrap_or(above);
            name.matches('-').count() >= 2 && root.join(".rustc_info.json").exists()
        });
        Self {
            target: match triple {
                Some(_) => above.parent().unwrap_or(above).to_owned(),
                None => above.to_owned(),
            },
            triple,
            profile: name(folder).expect("a profile"),
        }
    }
}

/// Has cargo build the library like this test, and gives the folder where it is then. `inside` names a target folder
/// in the test's own; it is that itself if empty.
fn build(arguments: &[&str], inside: &str) -> PathBuf {
    let place = Place::of_this_test();
    let mut folder = place.target.join(inside);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "stytch-ffi", "--lib"])
        .args([
            "--profile",
            if place.profile == "debug" {
                "dev"
            } else {
                &place.profile
            },
        ])
        .arg("--target-dir")
        .arg(&folder)
        .args(arguments)
        .stdin(Stdio::null());
    // What cargo tells a test of its package would look like a change to build scripts that watch it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "OUT_DIR"
            || text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(name);
        }
    }
    if let Some(triple) = &place.triple {
        command.args(["--target", triple]);
        folder.push(triple);
    }
    let output = command.output().expect("cargo");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.join(place.profile)
}
