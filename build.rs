//! Writes include/stytch.h from src, and names the shared library.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A section of the header: a public module of the boundary.
struct Section {
    /// The module's comment.
    heading: String,
    file: PathBuf,
    /// The first function that the module declares.
    first: String,
}

/// The sections in the order of src/lib.rs, which is the order in which a
/// program uses them.
fn sections(root: &Path) -> Vec<Section> {
    let read = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let modules = read(&root.join("src/lib.rs"));
    let mut heading = "";
    let mut sections = Vec::new();
    for line in modules.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            heading = text;
        } else if let Some(name) = line.strip_prefix("pub mod ") {
            let file = root.join(format!("src/{}.rs", name.trim_end_matches(';')));
            let source = read(&file);
            let (_, declared) = source
                .split_once("extern \"C\" fn ")
                .unwrap_or_else(|| panic!("{} declares no function", file.display()));
            let (first, _) = declared.split_once('(').expect("a list of parameters");
            sections.push(Section {
                heading: heading.to_owned(),
                first: first.to_owned(),
                file,
            });
        }
    }
    sections
}

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=include/stytch.h");

    refuse_planted_faults();
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let header = header(Path::new(&root));
    let path = Path::new(&root).join("include/stytch.h");
    if fs::read_to_string(&path).ok().as_ref() != Some(&header) {
        // A source tree that cannot be written to keeps its committed header.
        if let Err(error) = fs::write(&path, header) {
            println!("cargo::warning=include/stytch.h is not up to date: {error}");
        }
    }

    name_library(&env::var("CARGO_CFG_TARGET_OS").expect("cargo sets it"));
}

/// Gives the shared library its name, whose number changes with the ABI and
/// not with the version, and sees to it that it stays loaded: unloading would
/// leave behind std's thread-local destructors and the code that a lookup in
/// the system's hands returns to. Windows has no such names; src/setup.rs keeps
/// the library loaded there.
fn name_library(system: &str) {
    let link = |argument: &str| println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    match system {
        "macos" => {
            let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
            link("-install_name,@rpath/libstytch.0.dylib");
            link(&format!("-current_version,{version}"));
            link("-compatibility_version,0.0.0");
            // Of what std's description of the system names, only what is used.
            link("-dead_strip_dylibs");
            link_name("libstytch.dylib", "libstytch.0.dylib");
        }
        "linux" | "freebsd" => {
            link("-soname,libstytch.so.0");
            link("-z,nodelete");
            link_name("libstytch.so", "libstytch.so.0");
        }
        _ => {}
    }
    // Nothing in the shared library looks into the environment: see
    // src/setup.rs. Only a test's build does, to learn what to plant.
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let is_planted = env::var_os("CARGO_FEATURE_PLANTED_FAULTS").is_some();
    if system == "linux" && matches!(arch.as_str(), "x86_64" | "aarch64") && !is_planted {
        link(&no_environment());
    }
}

/// Cargo gives the shared library one name whatever its features, and might take one with planted faults for the one
/// to ship. So such a build needs a target folder of its own, called `planted`.
fn refuse_planted_faults() {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let is_apart = Path::new(&out).iter().any(|part| part == "planted");
    if env::var_os("CARGO_FEATURE_PLANTED_FAULTS").is_some() && !is_apart {
        panic!("planted-faults is for tests: build it with --target-dir target/planted");
    }
}

/// The linker's argument that gives `getenv` another meaning in the library.
/// Zig, which links what is published, does not know `--defsym`, and takes the
/// same as a script; for GNU ld, a script would be all that it goes by.
fn no_environment() -> String {
    let linker = env::var("RUSTC_LINKER").unwrap_or_default();
    if !linker.contains("zig") {
        return "--defsym=getenv=stytch_no_variable".to_owned();
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let script = Path::new(&out).join("no-environment.ld");
    fs::write(&script, "getenv = stytch_no_variable;\n").expect("a file in cargo's folder");
    format!("-T,{}", script.display())
}

/// A program linked with the library in the build folder looks for it by the
/// name inside, so there must be such a name beside it, and beside the tests'
/// copy.
fn link_name(file: &str, name: &str) {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    // <folder>/build/<package>/out
    let Some(folder) = Path::new(&out).ancestors().nth(3) else {
        return;
    };
    for folder in [folder.to_owned(), folder.join("deps")] {
        // It may stand already; and where it cannot be made, only a program
        // that is run from the build folder goes without.
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(file, folder.join(name));
        #[cfg(not(unix))]
        let _ = (file, name, folder);
    }
}

/// The header as it should be; a test holds the committed one against it.
pub fn header(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    let sections = sections(root);
    for section in &sections {
        builder = builder.with_src(&section.file);
    }
    let mut text = Vec::new();
    builder
        .generate()
        .expect("src is what cbindgen understands")
        .write(&mut text);
    let text = String::from_utf8(text).expect("cbindgen writes UTF-8");

    let preamble = fs::read_to_string(root.join("src/preamble.h")).expect("preamble.h");
    let text = text
        .replacen(
            "#define STYTCH_H\n",
            &format!("#define STYTCH_H\n{}", top()),
            1,
        )
        // C++98 has no comma behind the last enumerator.
        .replace(",\n}", "\n}")
        // Where a caller wants its error: see src/error.rs.
        .replace("ErrorOut error", "stytch_error **error")
        // An attribute of C++ or C23 stands first.
        .replace("STYTCH_API STYTCH_MUST_USE", "STYTCH_MUST_USE STYTCH_API")
        .replace(
            "STYTCH_API\nSTYTCH_MUST_USE\n",
            "STYTCH_MUST_USE STYTCH_API\n",
        )
        // -ansi has no comment of one line.
        .replace("#endif  // __cplusplus", "#endif /* __cplusplus */")
        .replace("#endif // __cplusplus", "#endif /* __cplusplus */");
    format!(
        "{preamble}\n{}",
        with_headings(&without_safety(&text), &sections)
    )
}

fn top() -> String {
    let part = |name: &str| env::var(format!("CARGO_PKG_VERSION{name}")).expect("cargo sets it");
    format!(
        r#"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. The running library's is stytch_version(). */
#define STYTCH_VERSION "{}"
/** The first number of #STYTCH_VERSION, to compare with `#if`. */
#define STYTCH_VERSION_MAJOR {}
/** The second number of #STYTCH_VERSION. */
#define STYTCH_VERSION_MINOR {}
/** The third number of #STYTCH_VERSION. */
#define STYTCH_VERSION_PATCH {}

/** Declares a function of the library. Define it yourself to change linkage. */
#ifndef STYTCH_API
#if defined(_WIN32) && !defined(STYTCH_STATIC)
#define STYTCH_API __declspec(dllimport)
#elif defined(__GNUC__)
#define STYTCH_API __attribute__((visibility("default")))
#else
#define STYTCH_API
#endif
#endif

/** Marks a function whose result must not be ignored: it has to be freed. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define STYTCH_MUST_USE [[nodiscard]]
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define STYTCH_MUST_USE [[nodiscard]]
#else
#define STYTCH_MUST_USE
#endif

/** Marks a function that a later version may not have. */
#if defined(__GNUC__)
#define STYTCH_DEPRECATED __attribute__((deprecated))
#elif defined(_MSC_VER)
#define STYTCH_DEPRECATED __declspec(deprecated)
#else
#define STYTCH_DEPRECATED
#endif
"#,
        part(""),
        part("_MAJOR"),
        part("_MINOR"),
        part("_PATCH")
    )
}

/// Rust wants a `# Safety` section for what the header's rules say once.
fn without_safety(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut in_safety = false;
    for line in text.lines() {
        if line.trim() == "* # Safety" {
            in_safety = true;
            if kept.last().is_some_and(|last| last.trim() == "*") {
                kept.pop();
            }
        }
        in_safety &= line.trim() != "*/";
        if !in_safety {
            kept.push(line);
        }
    }
    kept.join("\n") + "\n"
}

/// Puts a heading before the comment of each section's first function.
fn with_headings(text: &str, sections: &[Section]) -> String {
    let mut text = text.to_owned();
    for Section { heading, first, .. } in sections {
        let function = first.as_str();
        let at = text.find(&format!("{function}(")).and_then(|_| {
            text.match_indices(function)
                .map(|(at, _)| at)
                .find(|at| is_declaration(&text, *at, function))
        });
        let at = at.unwrap_or_else(|| panic!("no declaration of {function}"));
        let comment = text[..at]
            .rfind("/**")
            .expect("every function has a comment");
        let rule = "-".repeat(74 - heading.len());
        text.insert_str(comment, &format!("/* {heading} {rule} */\n\n"));
    }
    text
}

/// Whether the name at `at` is declared there, not mentioned in a comment.
fn is_declaration(text: &str, at: usize, function: &str) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[at + function.len()..].starts_with('(') && !text[line..at].trim_start().starts_with('*')
}
