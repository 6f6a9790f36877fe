//! Compiles the examples in the header's comments: each `@code` block is a list of statements, as a user would
//! paste it into a function.

mod support;

use std::fmt::Write;
use std::process::Command;

use support::{Language, read, scratch, succeed};

/// What the examples use and do not declare: the program's own.
const DECLARATIONS: &str = "\
#include <stdio.h>
#include <stytch.h>
extern const char *project_id, *secret, *token, *request_uri, *token_of_cookie, *jwt_of_cookie;
extern stytch_client *client;
extern stytch_response *response;
void start_session(const char *session_token);
void sleep_ms(int64_t milliseconds);
";

/// The examples, without the comment's stars.
fn examples(header: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in header.split("* @code\n").skip(1) {
        let (code, _) = block.split_once("* @endcode").expect("an end");
        let lines = code.lines().map(|line| {
            let line = line.trim_start();
            line.strip_prefix("* ")
                .unwrap_or(line.trim_start_matches('*'))
        });
        found.push(lines.collect::<Vec<_>>().join("\n"));
    }
    found
}

/// Each example in a function of its own. A client that is made and not used is the user's to use.
fn source(examples: &[String]) -> String {
    let mut source = DECLARATIONS.to_owned();
    for (number, example) in examples.iter().enumerate() {
        write!(
            source,
            "\nvoid example_{number}(void);\nvoid example_{number}(void)\n{{\n{example}\n(void)client;\n}}\n"
        )
        .expect("a string takes all");
    }
    source
}

/// Compilers of a language that are there, with `-O1` for the warnings about values that were never set.
fn compile(language: Language, source: &str) {
    let folder = scratch();
    let path = folder.path().join("examples.c");
    std::fs::write(&path, source).expect("a source");
    let object = folder.path().join("examples.o");
    let finish = |mut command: Command| succeed(command.args(["-O1", "-c", "-o"]).arg(&object));
    finish(language.compiler(&path));
    let clang = match language {
        Language::C(_) => "clang",
        Language::Cpp(_) => "clang++",
    };
    if Command::new(clang).arg("--version").output().is_ok() {
        finish(language.compiler_named(&[clang.to_owned()], &path));
    }
}

#[test]
fn every_example_compiles_as_c99_and_as_cpp98() {
    let examples = examples(&read("include/stytch.h"));
    assert!(examples.len() >= 9, "{examples:#?}");
    let source = source(&examples);
    compile(Language::C("-std=c99"), &source);
    compile(Language::Cpp("-std=c++98"), &source);
}

/// The test can fail: a type that does not fit, a value that is not set, a function that is not there.
#[test]
fn an_example_that_is_wrong_does_not_compile() {
    for wrong in [
        "stytch_client *made = stytch_client_new(1, secret, NULL, NULL);",
        "stytch_error *error;\nstytch_error_free(error);",
        "stytch_no_such_function(client);",
    ] {
        let source = source(&[wrong.to_owned()]);
        let outcome = std::panic::catch_unwind(|| compile(Language::C("-std=c99"), &source));
        assert!(outcome.is_err(), "it compiles: {wrong}");
    }
}
