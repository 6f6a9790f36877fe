//! The programs that show calls that do not block in real event loops: 50 calls at once, in one thread of the program.
//!
//! A program whose library is not installed is skipped, with a line that says so; with `STYTCH_TEST_ALL_LOOPS` in the
//! environment that is a failure.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Language, Linking, Program, TestSandbox, repository};
use wait_timeout::ChildExt;

/// Calls at once.
const CALLS: usize = 50;
/// Far more than a program takes.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Builds a program with what pkg-config says of the library that its loop is from; `None` without one.
fn build(name: &str, package: Option<&str>) -> Option<Program> {
    let mut flags = Vec::new();
    if let Some(package) = package {
        let output = Command::new("pkg-config")
            .args(["--cflags", "--libs", package])
            .output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            let reason =
                format!("skipped: pkg-config knows no {package}, so {name}.c is not built");
            assert!(
                std::env::var_os("STYTCH_TEST_ALL_LOOPS").is_none(),
                "{reason}"
            );
            println!("{reason}");
            return None;
        };
        let said = String::from_utf8(output.stdout).expect("flags");
        flags = said.split_whitespace().map(str::to_owned).collect();
    }
    // Libraries go behind the source, which `-x none` ends.
    let flags: Vec<&str> = ["-x", "none"]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .collect();
    let source = format!("bindings/c/loops/{name}.c");
    Some(Program::build_with(
        &source,
        Language::C("-std=c99"),
        Linking::Shared,
        &flags,
    ))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

/// Fresh tokens, and whom each is for.
fn impersonations(sandbox: &TestSandbox) -> Vec<Value> {
    (0..CALLS).map(|_| sandbox.impersonation()).collect()
}

fn start(program: &Program, sandbox: &TestSandbox, arguments: &[&str]) -> Child {
    Command::new(program.path())
        .args(arguments)
        .envs(sandbox.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program")
}

/// The threads that a program has, by their names: a new one has its maker's for a moment, so the last name counts.
fn watch_threads(process: u32) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    while let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) {
        let before = names.len();
        let mut has_some = false;
        for task in tasks.flatten() {
            if let Ok(name) = fs::read_to_string(task.path().join("comm")) {
                let id = task.file_name().to_string_lossy().into_owned();
                names.insert(id, name.trim().to_owned());
                has_some = true;
            }
        }
        let has_ended = fs::read_to_string(format!("/proc/{process}/stat"))
            .map_or(true, |stat| stat.contains(") Z "));
        if !has_some || has_ended {
            break;
        }
        // Two looks in short order, so that nothing keeps the name of a moment.
        let pause = if names.len() > before { 1 } else { 10 };
        thread::sleep(Duration::from_millis(pause));
    }
    names
}

#[track_caller]
fn assert_one_thread(names: &BTreeMap<String, String>) {
    let (library, own): (Vec<_>, Vec<_>) =
        names.values().partition(|name| name.starts_with("stytch-"));
    assert_eq!(own.len(), 1, "{names:?}");
    // The default of stytch_options_set_max_threads().
    assert!((1..=8).contains(&library.len()), "{names:?}");
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// What a program left behind; its output is read while it runs.
fn end_of(mut child: Child) -> Ended {
    let read = |mut from: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = String::new();
            from.read_to_string(&mut text).map(|_| text).expect("text")
        })
    };
    let stdout = read(Box::new(child.stdout.take().expect("a pipe")));
    let stderr = read(Box::new(child.stderr.take().expect("a pipe")));
    let status = child.wait_timeout(TIME_LIMIT).expect("waiting");
    if status.is_none() {
        child.kill().expect("ending the program");
        child.wait().expect("waiting");
    }
    Ended {
        code: status.and_then(|status| status.code()),
        stdout: stdout.join().expect("its output"),
        stderr: stderr.join().expect("its output"),
    }
}

/// Runs a program that reads a token a line and prints a line for each.
fn reads_tokens(name: &str, package: Option<&str>) {
    let Some(program) = build(name, package) else {
        return;
    };
    let sandbox = TestSandbox::start();
    let made = impersonations(&sandbox);
    // Long enough for all to be under way at once.
    sandbox.fault(json!({"delay_ms": 200, "times": CALLS}));
    let mut child = start(&program, &sandbox, &[]);
    let mut lines: String = made
        .iter()
        .map(|made| format!("{}\n", text(made, "/impersonation_token")))
        .collect();
    lines.push_str("never-made-token\n\n");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(lines.as_bytes()).expect("the tokens");
    drop(stdin);
    let process = child.id();
    let watcher = thread::spawn(move || watch_threads(process));
    let ended = end_of(child);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let printed: BTreeSet<&str> = ended.stdout.lines().collect();
    let expected: Vec<String> = made
        .iter()
        .enumerate()
        .map(|(index, made)| {
            format!(
                "line {}: {} impersonated by {}",
                index + 1,
                text(made, "/member/member_id"),
                text(made, "/impersonator/impersonator_email_address")
            )
        })
        .collect();
    assert_eq!(printed, expected.iter().map(String::as_str).collect());
    assert_eq!(ended.stdout.lines().count(), CALLS);
    let failed: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    // The empty line is refused at once; the other comes through the queue.
    assert!(failed[0].starts_with("line 52: "), "{failed:?}");
    assert!(
        failed[1].starts_with("line 51: ") && failed[1].contains("401"),
        "{failed:?}"
    );
    assert_one_thread(&watcher.join().expect("the threads"));
    for line in lines.lines().filter(|line| !line.is_empty()) {
        assert!(!ended.stdout.contains(line) && !ended.stderr.contains(line));
    }
    // Nothing to do is done at once.
    let nothing = program.run(&sandbox, &[], "");
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
}

#[test]
fn epoll() {
    reads_tokens("epoll", None);
}

#[test]
fn libuv() {
    reads_tokens("libuv", Some("libuv"));
}

#[test]
fn glib() {
    reads_tokens("glib", Some("glib-2.0"));
}

/// Status and body of a GET.
fn get(address: &str, target: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("the server");
    stream
        .set_read_timeout(Some(TIME_LIMIT))
        .expect("a timeout");
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.to_owned(), body.to_owned())
}

fn authenticate(token: &str) -> String {
    format!("/authenticate?stytch_token_type=multi_tenant_impersonation&token={token}")
}

#[test]
fn libmicrohttpd() {
    let Some(program) = build("microhttpd", Some("libmicrohttpd")) else {
        return;
    };
    let sandbox = TestSandbox::start();
    let made = impersonations(&sandbox);
    let mut server = start(&program, &sandbox, &["0"]);
    let process = server.id();
    let mut stdout = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("its URL");
    let address = line
        .trim()
        .strip_prefix("http://")
        .expect("a URL")
        .to_owned();
    server.stdout = Some(stdout.into_inner());
    let watcher = thread::spawn(move || watch_threads(process));

    sandbox.fault(json!({"delay_ms": 200, "times": CALLS}));
    let browsers: Vec<_> = made
        .iter()
        .map(|made| {
            let target = authenticate(text(made, "/impersonation_token"));
            let address = address.clone();
            thread::spawn(move || get(&address, &target))
        })
        .collect();
    for (browser, made) in browsers.into_iter().zip(&made) {
        let (status, body) = browser.join().expect("a browser");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let expected = json!({
            "member_id": text(made, "/member/member_id"),
            "impersonator_email_address": text(made, "/impersonator/impersonator_email_address"),
        });
        assert_eq!((status.as_str(), body), ("200", expected));
    }
    // Of a link that was used, of another kind, or cut off, and when Stytch is not well.
    let used = authenticate(text(&made[0], "/impersonation_token"));
    for (target, status, word) in [
        (used.as_str(), "401", "get_a_new_link"),
        (
            "/authenticate?stytch_token_type=multi_tenant_magic_links&token=x",
            "400",
            "not_an_impersonation",
        ),
        ("/authenticate?token=x", "400", "not_an_impersonation"),
        (
            "/authenticate?stytch_token_type=multi_tenant_impersonation",
            "400",
            "not_a_token",
        ),
        ("/elsewhere", "404", "not_found"),
    ] {
        let (found, body) = get(&address, target);
        assert_eq!(found, status, "{target}");
        assert!(body.contains(word), "{target}: {body}");
    }
    sandbox.fault(json!({"status": 429, "headers": {"Retry-After": "3600"}}));
    assert_eq!(get(&address, &authenticate("any-token")).0, "503");
    sandbox.fault(json!({"connection": "close", "when": "before_headers"}));
    assert_eq!(get(&address, &authenticate("any-token")).0, "502");

    // It ends in good order in the midst of a request, which gets a response.
    sandbox.fault(json!({"delay_ms": 600_000}));
    let last = thread::spawn({
        let (address, target) = (address.clone(), authenticate("last-token"));
        move || get(&address, &target)
    });
    let sandbox_address = sandbox.url().strip_prefix("http://").expect("a URL");
    let requests = || get(sandbox_address, "/sandbox/requests").1;
    let until = std::time::Instant::now() + TIME_LIMIT;
    let awaited = format!("\"authenticate\":{}", CALLS + 4);
    while !requests().contains(&awaited) && std::time::Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: a signal to a child that has not been waited for.
    unsafe { libc::kill(process.cast_signed(), libc::SIGTERM) };
    let (status, body) = last.join().expect("a browser");
    assert_eq!(
        (status.as_str(), body.contains("get_a_new_link")),
        ("502", true),
        "{body}"
    );
    let ended = end_of(server);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_one_thread(&watcher.join().expect("the threads"));

    // An event for each call, and no token in any.
    let events: Vec<Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect();
    let sessions = events.iter().filter(|event| event["code"] == "OK").count();
    assert_eq!(sessions, CALLS, "{events:?}");
    for made in &made {
        let token = text(made, "/impersonation_token");
        assert!(!ended.stderr.contains(token) && !ended.stdout.contains(token));
    }
}

#[test]
fn every_loop_is_run() {
    let folder = fs::read_dir(repository("bindings/c/loops")).expect("the loops");
    let found: BTreeSet<String> = folder
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".c"))
        .collect();
    let run = ["epoll.c", "glib.c", "libuv.c", "microhttpd.c"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(run));
}
