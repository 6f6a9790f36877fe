//! Holds the built library, its header and the packages to one another: symbols, SONAME, versions.

#[path = "support/stytch.rs"]
mod stytch;
mod support;

#[allow(dead_code)] // its main is cargo's
#[path = "../build.rs"]
mod build_script;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use support::{Language, library, read, repository, scratch, succeed};

/// The header without its comments, which name functions too.
fn declarations() -> String {
    let header = read("include/stytch.h");
    let mut code = String::new();
    let mut rest = header.as_str();
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").expect("a comment that ends").1;
    }
    code.push_str(rest);
    code
}

fn functions() -> BTreeSet<String> {
    let code = declarations();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices('(') {
        let name = code[..at]
            .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        if name.starts_with("stytch_") {
            found.insert(name.to_owned());
        }
    }
    assert!(found.len() > 40, "the header's functions: {found:?}");
    found
}

fn defined(header: &str, name: &str) -> String {
    let prefix = format!("#define {name} ");
    let line = header.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {name} in the header"))
        .trim()
        .trim_matches('"')
        .to_owned()
}

fn dynamic_section() -> String {
    succeed(
        Command::new("readelf")
            .args(["--dynamic", "--wide"])
            .arg(library::shared()),
    )
}

#[test]
fn the_library_exports_the_functions_of_the_header_and_nothing_else() {
    let listing = succeed(
        Command::new("nm")
            .args(["--dynamic", "--defined-only", "--format=posix"])
            .arg(library::shared()),
    );
    let exported: BTreeSet<String> = listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(|symbol| symbol.split('@').next().unwrap_or(symbol).to_owned())
        .collect();
    assert_eq!(exported, functions());
}

/// A build for tests has planted panics, and would take a setting from the environment.
#[test]
fn the_library_has_no_planted_faults() {
    let has = |path: &Path| {
        let library = std::fs::read(path).expect("the library");
        let name = b"STYTCH_PLANTED_FAULT";
        library.windows(name.len()).any(|window| window == name)
    };
    assert!(has(library::with_planted_faults()));
    assert!(!has(&library::shared()));
}

#[test]
fn the_library_names_its_abi_and_stays_loaded() {
    let section = dynamic_section();
    assert!(
        section.contains("Library soname: [libstytch.so.0]"),
        "{section}"
    );
    let flags = section
        .lines()
        .find(|line| line.contains("(FLAGS_1)"))
        .unwrap_or_default();
    assert!(flags.contains("NODELETE"), "{section}");
}

/// What a program must have besides: the C library and its kin, no OpenSSL, no C++.
#[test]
fn the_library_needs_the_system_alone() {
    let section = dynamic_section();
    for line in section.lines().filter(|line| line.contains("(NEEDED)")) {
        let needed = line.split(['[', ']']).nth(1).expect("a name in brackets");
        let known = [
            "libc.so",
            "libm.so",
            "libgcc_s.so",
            "libdl.so",
            "libpthread.so",
            "librt.so",
            "ld-linux",
        ];
        assert!(
            known.iter().any(|name| needed.starts_with(name)),
            "{needed}"
        );
    }
}

#[test]
fn the_header_is_what_the_source_gives() {
    let generated = build_script::header(&repository(""));
    assert!(
        generated == read("include/stytch.h"),
        "include/stytch.h is not what build.rs makes of src"
    );
}

/// A build rewrites the header, so what was committed is compared with that.
#[test]
fn the_committed_header_is_not_stale() {
    let unchanged = Command::new("git")
        .args(["diff", "--exit-code", "HEAD", "--", "include/stytch.h"])
        .current_dir(repository(""))
        .output();
    // Out of a checkout there is nothing to compare with, and while one works
    // on the interface the header is ahead of the last commit.
    if let (Ok(output), true) = (unchanged, std::env::var("CI").is_ok_and(|ci| ci == "true")) {
        let difference = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.code() != Some(1),
            "commit the header:\n{difference}"
        );
    }
}

#[test]
fn the_header_stands_alone_and_may_be_included_twice() {
    let folder = scratch();
    let source = folder.path().join("twice.c");
    std::fs::write(
        &source,
        "#include <stytch.h>\n#include <stytch.h>\nint unused_but_external;\n",
    )
    .expect("a source");
    for language in [
        Language::C("-std=c99"),
        Language::C("-std=c11"),
        Language::C("-std=c17"),
        Language::Cpp("-std=c++98"),
        Language::Cpp("-std=c++11"),
        Language::Cpp("-std=c++17"),
        Language::Cpp("-std=c++20"),
    ] {
        succeed(language.compiler(&source).arg("-fsyntax-only"));
        let clang = match language {
            Language::C(_) => "clang",
            Language::Cpp(_) => "clang++",
        };
        if Command::new(clang).arg("--version").output().is_ok() {
            let mut compiler = language.compiler_named(&[clang.to_owned()], &source);
            succeed(compiler.arg("-fsyntax-only"));
        }
    }
}

/// A type of the tests' declarations as C writes it.
fn in_c(rust: &str) -> String {
    let rust = rust.trim();
    if let Some(target) = rust.strip_prefix("*const ") {
        return format!("const {} *", in_c(target));
    }
    if let Some(target) = rust.strip_prefix("*mut ") {
        return format!("{} *", in_c(target));
    }
    let name = match rust {
        "" => "void",
        "c_char" => "char",
        "c_void" => "void",
        "f64" => "double",
        "i32" => "int32_t",
        "i64" => "int64_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        // A handle, or bool.
        name => name,
    };
    name.to_owned()
}

#[test]
fn the_tests_declare_functions_as_the_header_does() {
    let mut source = "#include <stytch.h>\n".to_owned();
    for (name, arguments, result) in stytch::DECLARED {
        let mut arguments: Vec<String> = arguments.iter().map(|rust| in_c(rust)).collect();
        if arguments.is_empty() {
            arguments.push("void".into());
        }
        // Unlike a second declaration, this needs the first to be there.
        source += &format!(
            "_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {} ({})), \"{name}\");\n",
            in_c(result),
            arguments.join(", ")
        );
    }
    let folder = scratch();
    let path = folder.path().join("declared.c");
    std::fs::write(&path, source).expect("a source");
    succeed(
        Language::C("-std=gnu11")
            .compiler(&path)
            .arg("-fsyntax-only"),
    );
}

/// Compiles and runs a program that prints what the library says of itself.
fn run_time_version() -> String {
    let folder = scratch();
    let source = folder.path().join("version.c");
    let code = "#include <stdio.h>\n#include <stytch.h>\n\
                int main(void) { printf(\"%s %u\", stytch_version(), (unsigned)stytch_abi_version()); return 0; }\n";
    std::fs::write(&source, code).expect("a source");
    let path = source.to_str().expect("a path in UTF-8");
    let program = support::Program::build(path, Language::C11, support::Linking::Shared);
    program.run_with(&[], &[], "").stdout
}

/// The value of `name = "…"` on a line of its own.
fn assigned(text: &str, name: &str) -> String {
    let prefix = format!("{name} = \"");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(&prefix)?.strip_suffix('"'));
    value.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

#[test]
fn the_version_is_the_same_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let header = read("include/stytch.h");
    let numbers =
        ["MAJOR", "MINOR", "PATCH"].map(|part| defined(&header, &format!("STYTCH_VERSION_{part}")));
    assert_eq!(numbers.join("."), version);
    assert_eq!(defined(&header, "STYTCH_VERSION"), version);
    let abi = defined(&header, "STYTCH_ABI_VERSION");
    assert_eq!(run_time_version(), format!("{version} {abi}"));
    assert_eq!(
        assigned(&read("bindings/python/pyproject.toml"), "version"),
        version
    );
    assert_eq!(
        assigned(
            &read("bindings/python/stytch_ffi/__init__.py"),
            "__version__"
        ),
        version
    );
}

#[test]
fn every_function_meets_hostile_arguments() {
    let source = ["hostile_arguments", "hostile_calls"]
        .map(|name| read(&format!("tests/c/{name}.c")))
        .concat();
    for function in functions() {
        assert!(
            source.contains(&format!("{function}(")),
            "neither hostile_arguments.c nor hostile_calls.c calls {function}"
        );
    }
}
