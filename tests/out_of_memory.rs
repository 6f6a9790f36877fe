//! Memory runs out at every allocation of a call in turn. Linux with glibc: the
//! program has a `malloc` of its own in front of it.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod support;

use support::{Language, Linking, Program};

fn passes(kind: &str) {
    let source = "tests/memory/out_of_memory.c";
    let program = Program::build(source, Language::C("-std=gnu11"), Linking::Shared);
    let outcome = program.run_with(&[], &[kind], "");
    assert!(
        outcome.code == Some(0) && outcome.stderr.is_empty(),
        "{kind}: {outcome:#?}"
    );
}

#[test]
fn a_session_is_kept_or_its_delivery_is_told() {
    passes("usual");
}

#[test]
fn an_error_is_told() {
    passes("error");
}

#[test]
fn the_largest_header_is_read() {
    passes("headers");
}
