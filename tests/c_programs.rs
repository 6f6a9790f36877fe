//! Compiles every C program of the project as C and as C++, and runs it against a sandbox.

mod support;

use support::{Language, Linking, Program, TestSandbox, read, repository};

/// Each program prints one line where it passes, and every failed check on standard error.
fn passes(name: &str, language: Language, linking: Linking) {
    passes_with(name, language, linking, &[]);
}

/// The same, compiled with more sources.
fn passes_with(name: &str, language: Language, linking: Linking, more: &[&str]) {
    let program = Program::build_with(&format!("tests/c/{name}.c"), language, linking, more);
    let outcome = program.run(&TestSandbox::start(), &[], "");
    assert!(
        outcome.code == Some(0) && outcome.stderr.is_empty(),
        "{name} as {language:?} ended with {:?}\n{}{}",
        outcome.code,
        outcome.stdout,
        outcome.stderr,
    );
    // The library prints nothing: this is the program's own line, and all there is.
    assert!(
        outcome.stdout.starts_with(&format!("{name}: ")),
        "{}",
        outcome.stdout
    );
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
}

macro_rules! programs {
    ($($name:ident)*) => {
        const PROGRAMS: &[&str] = &[$(stringify!($name)),*];
        $(mod $name {
            use super::*;

            #[test]
            fn as_c11() {
                passes(stringify!($name), Language::C11, Linking::Shared);
            }

            #[test]
            fn as_cpp17() {
                passes(stringify!($name), Language::CPP17, Linking::Shared);
            }
        })*
    };
}

programs! { contract options hostile_arguments hostile_calls getters errors threads secrets thread_storage sessions calls freeing log }

#[test]
fn every_program_is_run() {
    let folder = std::fs::read_dir(repository("tests/c")).expect("the C programs");
    let mut found: Vec<String> = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    found.sort();
    let mut run = PROGRAMS.to_vec();
    run.sort_unstable();
    assert_eq!(found, run);
}

#[test]
fn the_static_library_links_and_runs() {
    passes("contract", Language::C11, Linking::Static);
}

/// A child knows that it is one even where `madvise` says yes and does nothing, as it is in some emulators.
#[test]
fn a_child_where_no_advice_is_heeded() {
    let source = repository("tests/c/planted/no_advice.c");
    let more = [source.to_str().expect("a path in UTF-8")];
    passes_with("freeing", Language::C11, Linking::Shared, &more);
}

/// Shows that the checker which `tests/sanitize` runs the programs under is on,
/// and sees into the library.
mod planted {
    use super::*;

    fn run(defect: &str) -> support::Outcome {
        let source = "tests/c/planted/defects.c";
        Program::build(source, Language::C11, Linking::Shared).run_with(&[], &[defect], "")
    }

    #[test]
    fn no_defect_passes() {
        let outcome = run("none");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    }

    #[test]
    #[ignore = "needs a memory checker: tests/sanitize runs it under two"]
    fn a_use_after_free_is_noticed() {
        let outcome = run("use-after-free");
        assert_ne!(outcome.code, Some(0), "{outcome:#?}");
        let report = ["heap-use-after-free", "Invalid read"];
        assert!(
            report.iter().any(|words| outcome.stderr.contains(words)),
            "{outcome:#?}"
        );
        assert!(outcome.stderr.contains("stytch_error_code"), "{outcome:#?}");
    }

    #[test]
    #[ignore = "needs a memory checker: tests/sanitize runs it under two"]
    fn a_leak_is_noticed() {
        let outcome = run("leak");
        assert_ne!(outcome.code, Some(0), "{outcome:#?}");
        let report = ["detected memory leaks", "definitely lost"];
        assert!(
            report.iter().any(|words| outcome.stderr.contains(words)),
            "{outcome:#?}"
        );
    }
}

mod authenticate {
    use super::*;
    use serde_json::{Value, json};
    use support::Outcome;

    fn example() -> Program {
        Program::build(
            "bindings/c/authenticate.c",
            Language::C("-std=c99"),
            Linking::Shared,
        )
    }

    fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer} in {value}"))
    }

    fn token(impersonation: &Value) -> &str {
        text(impersonation, "/impersonation_token")
    }

    #[track_caller]
    fn assert_ends(outcome: &Outcome, code: i32) {
        assert_eq!(outcome.code, Some(code), "{outcome:#?}");
        let failed = code != 0;
        assert_eq!(outcome.stdout.is_empty(), failed, "{outcome:#?}");
        assert_eq!(outcome.stderr.is_empty(), !failed, "{outcome:#?}");
    }

    #[track_caller]
    fn assert_says(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
    }

    #[test]
    fn shows_who_is_impersonated_where_and_by_whom() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let made = sandbox.impersonation();
        let outcome = example.run(&sandbox, &[token(&made)], "");
        assert_ends(&outcome, 0);
        assert_says(
            &outcome.stdout,
            &[
                text(&made, "/member/member_id"),
                text(&made, "/member/name"),
                text(&made, "/member/email_address"),
                text(&made, "/organization/organization_id"),
                text(&made, "/organization/organization_name"),
                text(&made, "/organization/organization_slug"),
                text(&made, "/impersonator/impersonator_id"),
                text(&made, "/impersonator/impersonator_email_address"),
            ],
        );
        for label in ["roles", "ends", "request id"] {
            let line = outcome
                .stdout
                .lines()
                .find(|line| line.trim_start().starts_with(label));
            let line = line.unwrap_or_else(|| panic!("no {label} in:\n{}", outcome.stdout));
            assert!(!line.contains("(none)") && line.trim() != label, "{line}");
        }
    }

    #[test]
    fn prints_the_session_token_only_with_the_whole_answer() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let outcome = example.run(&sandbox, &["--json", token(&sandbox.impersonation())], "");
        assert_ends(&outcome, 0);
        let answer: Value =
            serde_json::from_str(&outcome.stdout).expect("the answer, which is JSON");
        assert!(!text(&answer, "/session_token").is_empty());

        let session =
            json!({"status": 200, "body": {"session_token": "SESSION", "session_jwt": "JWT"}});
        sandbox.fault(session);
        let outcome = example.run(&sandbox, &["any-token"], "");
        assert_ends(&outcome, 0);
        assert!(
            !outcome.stdout.contains("SESSION") && !outcome.stdout.contains("JWT"),
            "{outcome:#?}"
        );
    }

    #[test]
    fn takes_the_token_from_standard_input() {
        let (example, sandbox) = (example(), TestSandbox::start());
        for (arguments, end) in [
            (&["-"][..], "\n"),
            (&[], "\r\n"),
            (&[], ""),
            (&[], "\nanother line\n"),
        ] {
            let made = sandbox.impersonation();
            let outcome = example.run(&sandbox, arguments, &format!("{}{end}", token(&made)));
            assert_ends(&outcome, 0);
            assert_says(&outcome.stdout, &[text(&made, "/member/member_id")]);
        }
    }

    #[test]
    fn a_spent_token_is_rejected_with_all_that_is_known() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let made = sandbox.impersonation();
        assert_ends(&example.run(&sandbox, &[token(&made)], ""), 0);
        let outcome = example.run(&sandbox, &[token(&made)], "");
        assert_ends(&outcome, 4);
        assert_says(
            &outcome.stderr,
            &[
                "API",
                "REJECTED",
                "401",
                "unable_to_auth_impersonation_token",
                "request id",
                "://",
                "make a new one",
            ],
        );
        assert!(!outcome.stderr.contains(token(&made)), "{outcome:#?}");
    }

    #[test]
    fn every_delivery_has_its_exit_code_and_its_advice() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let cases = [
            (
                json!({"status": 429, "headers": {"Retry-After": "86400"}, "body": {"error_type": "too_many_requests"}}),
                4,
                &[
                    "429",
                    "REJECTED",
                    "too_many_requests",
                    "86400000 ms",
                    "wait",
                ][..],
            ),
            (
                json!({"status": 502, "body": "<html>\u{1b}[2Jbad gateway</html>"}),
                5,
                &[
                    "502",
                    "UNKNOWN",
                    "<html>?[2Jbad gateway</html>",
                    "do not send it again",
                ],
            ),
            (
                json!({"connection": "close", "when": "before_headers"}),
                5,
                &["TRANSPORT", "UNKNOWN", "do not send it again"],
            ),
            (
                json!({"status": 200, "body": {"request_id": "request-id-9"}}),
                6,
                &[
                    "INVALID_RESPONSE",
                    "ACCEPTED",
                    "200",
                    "request-id-9",
                    "{\"request_id\"",
                    "make a new token",
                ],
            ),
        ];
        for (fault, code, parts) in cases {
            sandbox.fault(fault);
            let outcome = example.run(&sandbox, &["any-token"], "");
            assert_ends(&outcome, code);
            assert_says(&outcome.stderr, parts);
            assert!(!outcome.stderr.contains('\u{1b}'), "{outcome:#?}");
        }
    }

    /// The same environment with one variable changed, or taken away.
    fn environment(
        sandbox: &TestSandbox,
        name: &str,
        value: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        let mut environment = sandbox.environment();
        let at = environment
            .iter()
            .position(|(key, _)| *key == name)
            .expect("a variable of the sandbox");
        match value {
            Some(value) => environment[at].1 = value.to_owned(),
            None => drop(environment.remove(at)),
        }
        environment
    }

    #[test]
    fn a_wrong_secret_is_told_from_a_spent_token() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let made = sandbox.impersonation();
        let stranger = environment(&sandbox, "STYTCH_SECRET", Some("not-the-secret"));
        let outcome = example.run_with(&stranger, &[token(&made)], "");
        assert_ends(&outcome, 4);
        assert_says(
            &outcome.stderr,
            &[
                "unauthorized_credentials",
                "Correct STYTCH_PROJECT_ID",
                "same token",
            ],
        );
        assert!(!outcome.stderr.contains("not-the-secret"), "{outcome:#?}");
        assert_ends(&example.run(&sandbox, &[token(&made)], ""), 0);
    }

    #[test]
    fn what_was_not_sent_says_so() {
        let (example, sandbox) = (example(), TestSandbox::start());
        let untrusted = environment(&sandbox, "STYTCH_TLS_BASE_URL", None)
            .into_iter()
            .map(|(name, value)| match name {
                "STYTCH_BASE_URL" => (name, value.replace("http://", "https://")),
                _ => (name, value),
            })
            .collect::<Vec<_>>();
        let outcome = example.run_with(&untrusted, &["any-token"], "");
        assert_ends(&outcome, 3);
        assert_says(&outcome.stderr, &["TLS", "NOT_SENT", "unspent"]);
    }

    #[test]
    fn wrong_usage_is_refused_before_anything_is_sent() {
        let (example, sandbox) = (example(), TestSandbox::start());
        for name in ["STYTCH_PROJECT_ID", "STYTCH_SECRET"] {
            for value in [None, Some("")] {
                let outcome =
                    example.run_with(&environment(&sandbox, name, value), &["any-token"], "");
                assert_ends(&outcome, 2);
                assert_says(&outcome.stderr, &[name]);
            }
        }
        let outcome = example.run_with(
            &environment(&sandbox, "STYTCH_BASE_URL", Some("http://example.com")),
            &["x"],
            "",
        );
        assert_ends(&outcome, 2);
        assert_says(&outcome.stderr, &["INVALID_ARGUMENT", "https"]);
        for (arguments, stdin) in [
            (&["one", "two"][..], ""),
            (&["--help"], ""),
            (&["-"], ""),
            (&["-"], "\n"),
            (&[], &"x".repeat(10_000)),
            (&[], &"x".repeat(8193)),
            (&["a\tb"], ""),
        ] {
            assert_ends(&example.run(&sandbox, arguments, stdin), 2);
        }
    }

    #[test]
    fn compiles_as_cpp_too() {
        Program::build(
            "bindings/c/authenticate.c",
            Language::CPP17,
            Linking::Shared,
        );
    }

    #[test]
    fn the_first_comment_names_every_exit_code() {
        let source = read("bindings/c/authenticate.c");
        let comment = source.split("*/").next().expect("a first comment");
        for code in ["0", "1", "2", "3", "4", "5", "6"] {
            assert!(comment.contains(&format!(" *     {code}  ")), "{code}");
        }
    }
}
