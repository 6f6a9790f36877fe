//! tests/c/contract.c is the recorded ABI: it declares every function again and states every constant, so a header
//! that says otherwise does not compile with it. Here it is shown to be complete, and to notice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).expect(path)
}

/// Returns the identifiers of C code, without those in comments.
fn identifiers(text: &str) -> BTreeSet<String> {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").expect("a comment that ends").1;
    }
    code.push_str(rest);
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map(str::to_owned)
        .collect()
}

/// Returns the functions and constants of the header, but for what changes with every release.
fn promised() -> BTreeSet<String> {
    let (functions, constants): (BTreeSet<_>, BTreeSet<_>) = identifiers(&read("include/stytch.h"))
        .into_iter()
        .filter(|name| name.starts_with("stytch_") || name.starts_with("STYTCH_"))
        .filter(|name| !name.starts_with("STYTCH_VERSION"))
        // How a declaration is marked is the compiler's matter.
        .filter(|name| {
            ![
                "STYTCH_H",
                "STYTCH_API",
                "STYTCH_MUST_USE",
                "STYTCH_DEPRECATED",
                "STYTCH_STATIC",
            ]
            .contains(&name.as_str())
        })
        .partition(|name| name.starts_with("stytch_"));
    assert!(
        functions.len() > 40 && constants.len() > 12,
        "{functions:?} {constants:?}"
    );
    functions.into_iter().chain(constants).collect()
}

#[test]
fn the_contract_names_all_that_the_header_promises() {
    let contract = identifiers(&read("tests/c/contract.c"));
    let missing: Vec<_> = promised().difference(&contract).cloned().collect();
    assert!(
        missing.is_empty(),
        "tests/c/contract.c has to state: {missing:?}"
    );
}

fn compiles_with(header: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("stytch.h"), header).expect("a header");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let arguments = [
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-fsyntax-only",
    ];
    let contract: &Path = &repository().join("tests/c/contract.c");
    let mut command = Command::new(compiler);
    command
        .args(arguments)
        .arg("-D_GNU_SOURCE")
        .arg("-I")
        .arg(folder.path())
        .arg(contract);
    command.output().expect("a compiler").status.success()
}

#[test]
fn the_contract_refuses_a_header_of_another_abi() {
    let header = read("include/stytch.h");
    assert!(compiles_with(&header), "the header as it is");
    for (kind, old, new) in [
        (
            "another result",
            "uint32_t stytch_abi_version(void)",
            "uint64_t stytch_abi_version(void)",
        ),
        (
            "another parameter",
            "uint32_t milliseconds",
            "uint64_t milliseconds",
        ),
        (
            "one that lost its const",
            "const stytch_options *options",
            "stytch_options *options",
        ),
        (
            "one more parameter",
            "stytch_version(void)",
            "stytch_version(int more)",
        ),
        ("a constant that is gone", "STYTCH_ERROR_CANCELLED = 8,", ""),
    ] {
        assert!(header.contains(old), "{kind}: the header has no {old}");
        assert!(
            !compiles_with(&header.replace(old, new)),
            "{kind} is accepted"
        );
    }
}
