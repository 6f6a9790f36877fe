//! What a host's allocator sees: memory that runs out at every allocation of a
//! call in turn, and blocks that are wiped when they are freed. Linux with
//! glibc: the programs have a `malloc` or a `free` of their own in front of it.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod support;

use support::{Language, Linking, Program, TestSandbox};

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
fn a_string_that_the_caller_cut_is_wiped_as_a_whole() {
    let source = "tests/memory/cut_string.c";
    let program = Program::build(source, Language::C("-std=gnu11"), Linking::Shared);
    let outcome = program.run(&TestSandbox::start(), &[], "");
    assert!(
        outcome.code == Some(0) && outcome.stderr.is_empty(),
        "{outcome:#?}"
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

#[test]
fn a_large_body_is_a_session_or_an_error() {
    passes("large");
}
