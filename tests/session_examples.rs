//! The small programs about sessions, in C and in C++: what each prints, and how it ends.

mod support;

use serde_json::{Value, json};
use support::{Language, Linking, Outcome, Program, TestSandbox, read};

fn c_program() -> Program {
    Program::build(
        "bindings/c/session.c",
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

fn session(sandbox: &TestSandbox, kind: &str) -> Value {
    sandbox.control("sessions", &json!({ "kind": kind }))
}

#[track_caller]
fn assert_ends(outcome: &Outcome, code: i32, parts: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome:#?}");
    let (said, silent) = match code {
        0 => (&outcome.stdout, &outcome.stderr),
        _ => (&outcome.stderr, &outcome.stdout),
    };
    assert_eq!(silent, "", "{outcome:#?}");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}

#[test]
fn verifies_a_jwt_here_and_looks_a_token_up() {
    let (program, sandbox) = (c_program(), TestSandbox::start());
    let made = session(&sandbox, "impersonated");
    let factor = "/member_session/authentication_factors/0/impersonated_factor";
    let who = [
        text(&made, "/member/member_id"),
        text(&made, "/organization/organization_id"),
        text(&made, "/member_session/member_session_id"),
        text(&made, "/member_session/expires_at"),
        text(&made, &format!("{factor}/impersonator_email_address")),
        text(&made, &format!("{factor}/impersonator_id")),
        "This is not the member",
    ];
    let [jwt, token] = ["/session_jwt", "/session_token"].map(|name| text(&made, name));
    let local = program.run(&sandbox, &["verify", jwt], "");
    assert_ends(&local, 0, &["verified on this machine"]);
    assert_ends(&local, 0, &who);
    for (arguments, stdin) in [
        (&["verify", "-"][..], format!("{token}\n")),
        (&["refresh"], format!("{jwt}\r\n")),
        (&["refresh", token], String::new()),
    ] {
        let remote = program.run(&sandbox, arguments, &stdin);
        assert_ends(&remote, 0, &who);
        let known_to_stytch = [
            text(&made, "/member/name"),
            "Stytch was asked",
            "request id",
        ];
        assert_ends(&remote, 0, &known_to_stytch);
        assert!(!remote.stdout.contains(token) && !remote.stdout.contains(jwt));
    }

    let ordinary = session(&sandbox, "ordinary");
    let outcome = program.run(&sandbox, &["verify", text(&ordinary, "/session_jwt")], "");
    assert_ends(&outcome, 0, &["impersonated by  nobody"]);
    assert!(!outcome.stdout.contains("This is not the member"));

    let whole = program.run(&sandbox, &["--json", "refresh", token], "");
    let whole: Value = serde_json::from_str(&whole.stdout).expect("the response, which is JSON");
    assert_eq!(text(&whole, "/session_token"), token);
}

#[test]
fn after_a_revoke_only_stytch_refuses() {
    let (program, sandbox) = (c_program(), TestSandbox::start());
    for name in ["/session_jwt", "/session_token"] {
        let made = session(&sandbox, "impersonated");
        let [jwt, token] = ["/session_jwt", "/session_token"].map(|name| text(&made, name));
        let given = text(&made, name);
        let ended = program.run(&sandbox, &["revoke", given], "");
        assert_ends(&ended, 0, &["The session has ended.", "five minutes"]);
        let again = program.run(&sandbox, &["revoke", given], "");
        assert_ends(&again, 0, &["does not exist any more"]);
        for session in [jwt, token] {
            let refused = program.run(&sandbox, &["refresh", session], "");
            assert_ends(&refused, 7, &["404", "session_not_found", "not signed in"]);
        }
        let refused = program.run(&sandbox, &["verify", token], "");
        assert_ends(&refused, 7, &["session_not_found"]);
        let local = program.run(&sandbox, &["verify", jwt], "");
        assert_ends(&local, 0, &["verified on this machine"]);
    }
}

#[test]
fn a_jwt_that_is_refused_is_no_session_and_never_printed() {
    let (program, sandbox) = (c_program(), TestSandbox::start());
    let made = session(&sandbox, "ordinary");
    let jwt = text(&made, "/session_jwt");
    let issued_long_ago = {
        sandbox.control("clock", &json!({ "advance_seconds": -1000 }));
        let old = session(&sandbox, "ordinary");
        sandbox.control("clock", &json!({ "reset": true }));
        text(&old, "/session_jwt").to_owned()
    };
    let stranger = sandbox.control("sign", &json!({"claims": {}, "key": "unpublished"}));
    for (jwt, parts) in [
        (format!("{jwt}\u{e9}"), &["jwt_malformed"][..]),
        (text(&stranger, "/jwt").to_owned(), &["jwt_unknown_key"]),
        (issued_long_ago, &["jwt_expired", "refresh it"]),
    ] {
        let outcome = program.run(&sandbox, &["verify"], &jwt);
        assert_ends(&outcome, 7, parts);
        assert!(!outcome.stderr.contains(&jwt[..40]), "{outcome:#?}");
    }
    let outcome = program.run(&sandbox, &["refresh", "a.b.c"], "");
    assert_ends(&outcome, 7, &["400", "unable_to_parse_session_jwt"]);
}

#[test]
fn nothing_but_a_refused_session_signs_anybody_out() {
    let (program, sandbox) = (c_program(), TestSandbox::start());
    for (fault, code, parts) in [
        (
            json!({"status": 429, "headers": {"Retry-After": "86400"}, "body": {"error_type": "too_many_requests"}}),
            4,
            &["429", "86400000 ms", "wait, then try again"][..],
        ),
        (
            json!({"status": 404, "body": "<html>\u{1b}[2Jnot here</html>"}),
            4,
            &["404", "says nothing about the session"],
        ),
        (
            json!({"status": 503, "body": ""}),
            5,
            &["503", "wait, then try again"],
        ),
        (
            json!({"status": 200, "body": {"request_id": "r"}}),
            6,
            &["says nothing about the session"],
        ),
    ] {
        sandbox.fault(fault);
        let outcome = program.run(&sandbox, &["refresh", "any-token"], "");
        assert_ends(&outcome, code, parts);
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome:#?}");
    }
    for (name, value, command, code, part) in [
        (
            "STYTCH_SECRET",
            "wrong",
            "refresh",
            4,
            "Correct STYTCH_PROJECT_ID",
        ),
        (
            "STYTCH_BASE_URL",
            "http://127.0.0.1:1",
            "verify",
            3,
            "refused",
        ),
        (
            "STYTCH_BASE_URL",
            "http://example.com",
            "verify",
            2,
            "https",
        ),
        ("STYTCH_SECRET", "", "verify", 2, "STYTCH_SECRET"),
    ] {
        let mut environment = sandbox.environment();
        for variable in &mut environment {
            if variable.0 == name {
                value.clone_into(&mut variable.1);
            }
        }
        let made = session(&sandbox, "ordinary");
        let jwt = text(&made, "/session_jwt");
        let outcome = program.run_with(&environment, &[command, jwt], "");
        assert_ends(&outcome, code, &[part]);
        assert!(!outcome.stderr.contains(jwt), "{outcome:#?}");
    }
}

#[test]
fn wrong_usage_is_refused() {
    let (program, sandbox) = (c_program(), TestSandbox::start());
    let long = "x".repeat(40_000);
    for (arguments, stdin) in [
        (&[][..], ""),
        (&["end", "x"], ""),
        (&["verify", "x", "y"], ""),
        (&["verify", "--json"], ""),
        (&["--json"], ""),
        (&["verify"], ""),
        (&["verify"], long.as_str()),
        (&["refresh"], "\n"),
        (&["revoke"], "\n"),
    ] {
        assert_ends(&program.run(&sandbox, arguments, stdin), 2, &[]);
    }
}

#[test]
fn compiles_as_cpp_too() {
    Program::build("bindings/c/session.c", Language::CPP17, Linking::Shared);
}

#[test]
fn the_first_comment_names_every_exit_code() {
    for (file, codes) in [
        ("bindings/c/session.c", "01234567"),
        ("bindings/cpp/session.cpp", "0257"),
    ] {
        let source = read(file);
        let comment = source.split("*/").next().expect("a first comment");
        for code in codes.chars() {
            assert!(
                comment.contains(&format!(" *     {code}  ")),
                "{file}: {code}"
            );
        }
    }
}

/// `authenticate.c` takes the link that the dashboard opened, too.
#[test]
fn a_link_starts_a_session() {
    let sandbox = TestSandbox::start();
    let source = "bindings/c/authenticate.c";
    let program = Program::build(source, Language::C("-std=c99"), Linking::Shared);
    let made = sandbox.impersonation();
    let link = text(&made, "/redirect_url");
    let outcome = program.run(&sandbox, &[], &format!("{link}\n"));
    assert_ends(&outcome, 0, &[text(&made, "/member/member_id")]);
    let token = text(&made, "/impersonation_token");
    assert_ends(&program.run(&sandbox, &[token], ""), 4, &["make a new one"]);
    let other =
        "https://app.example.com/?stytch_token_type=multi_tenant_magic_links&token=secret-token";
    let outcome = program.run(&sandbox, &[other], "");
    assert_ends(&outcome, 2, &["multi_tenant_magic_links"]);
    assert!(!outcome.stderr.contains("secret-token"), "{outcome:#?}");
}

/// The C++ program, whose header is taken from the checkout.
#[test]
fn the_cpp_program_verifies_asks_and_revokes() {
    let sandbox = TestSandbox::start();
    let program = Program::build_with(
        "bindings/cpp/session.cpp",
        Language::Cpp("-std=c++11"),
        Linking::Shared,
        &[
            "-I",
            &support::repository("bindings/cpp").display().to_string(),
        ],
    );
    let made = session(&sandbox, "impersonated");
    let jwt = text(&made, "/session_jwt");
    let run = |arguments: &[&str], jwt: &str| program.run(&sandbox, arguments, &format!("{jwt}\n"));
    let email = text(
        &made,
        "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address",
    );
    assert_ends(&run(&[], jwt), 0, &["verified on this machine", email]);

    // Issued long ago, of a session that lives: Stytch is asked.
    sandbox.control("clock", &json!({ "advance_seconds": -1000 }));
    let old = session(&sandbox, "ordinary");
    sandbox.control("clock", &json!({ "reset": true }));
    assert_ends(
        &run(&[], text(&old, "/session_jwt")),
        0,
        &["Stytch was asked"],
    );

    for _ in ["once", "and again"] {
        assert_ends(&run(&["revoke"], jwt), 0, &["has ended"]);
    }
    assert_ends(
        &run(&["revoke"], text(&old, "/session_jwt")),
        0,
        &["has ended"],
    );
    let refused = run(&[], text(&old, "/session_jwt"));
    assert_ends(&refused, 7, &["session_not_found"]);
    assert_ends(&run(&[], "nonsense"), 7, &["jwt_malformed"]);
    assert_ends(&run(&["end"], jwt), 2, &["usage"]);
    sandbox.fault(json!({"status": 503, "body": ""}));
    assert_ends(&run(&["revoke"], jwt), 5, &["503", "try again"]);
}
