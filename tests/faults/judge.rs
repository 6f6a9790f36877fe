//! Runs a row, and holds what came of it against what must.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answers::SESSION_MARK;
use super::bell::Bell;
use super::call::{self, Repeat};
use super::case::Input;
use super::certificates::{ca_pem, server_config};
use super::client::{Outcome, PASSWORD_MARK, PROJECT_ID, SECRET, TOKEN_MARK, told};
use super::jwt;
use super::queue;
use super::row::{Bound, Expected, Row, Target, Way};
use super::server::{Counts, Server, Silent, Step};
use super::shim;
use crate::library;

/// What a deadline may be missed by.
pub const GRACE: Duration = Duration::from_millis(50);
/// Where nothing has to be waited for.
const SOON: Duration = Duration::from_millis(2_000);
/// How soon a call comes out that was cancelled.
pub const CANCELLED: Duration = Duration::from_millis(100);
/// A process that takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);

/// Names the row to the child process.
pub const ROW_VARIABLE: &str = "STYTCH_FAULT_ROW";

/// What a run of a row showed.
pub struct Verdict {
    pub faults: Vec<String>,
    /// Its time was over before the call had come so far: other processes may have had that time.
    pub is_starved: bool,
    /// By how much the judged call missed its bound.
    pub excess: Duration,
    /// How soon a call that was cancelled came out, for a row with one.
    pub after_cancel: Option<Duration>,
    /// How far after its deadline the judged call came back, for a row with one.
    pub after_deadline: Option<Duration>,
}

pub struct Bench {
    /// Where the libraries are that a row may preload.
    pub folder: PathBuf,
    pub library: PathBuf,
    /// The same in another file, for rows that load it and unload it.
    pub copy: PathBuf,
}

impl Bench {
    pub fn set_up(folder: &Path) -> Self {
        shim::build(folder);
        let library = library::shared();
        let copy = folder.join("copy.so");
        std::fs::copy(&library, &copy).expect("a copy of the library");
        Self {
            folder: folder.to_owned(),
            library,
            copy,
        }
    }
}

/// Where the client goes for `row` when its server listens on `port`.
fn base_url(row: &Row, port: u16) -> String {
    match row.target {
        Target::Http => format!("http://127.0.0.1:{port}"),
        Target::Https => format!("https://localhost:{port}"),
        Target::Name => format!("https://api.stytch.test:{port}"),
        Target::Url(url) => url.replace("{port}", &port.to_string()),
    }
}

struct Ended {
    report: Value,
    /// All that the process wrote besides.
    output: String,
    faults: Vec<String>,
}

pub fn run(bench: &Bench, row: &Row, way: Way) -> Verdict {
    let is_tls = !matches!(row.target, Target::Http);
    let tls = is_tls.then(|| server_config(row.leaf));
    let bell = Arc::new(Bell::new());
    let server = Server::start(row.call, &bell, row.scripts.clone(), tls);
    let good = Server::start(row.call, &bell, vec![vec![Step::Serve]], None);
    let proxy = row.proxy.clone().map(|scripts| {
        Server::start_before(row.call, &bell, scripts, None, Some(server.address()))
    });
    static RUN: AtomicUsize = AtomicUsize::new(0);
    let input = Input {
        base_url: base_url(row, server.address().port()),
        good_url: format!("http://{}", good.address()),
        ca_pem: is_tls.then(|| ca_pem().to_owned()),
        proxy: match (&proxy, row.proxy_url) {
            (_, Some(url)) => Some(url.to_owned()),
            (Some(proxy), None) => {
                let user = row.options.proxy_user;
                Some(format!("http://{user}{}", proxy.address()))
            }
            (None, None) => None,
        },
        bell: bell.address().to_string(),
        copy: bench.copy.clone(),
        run: RUN.fetch_add(1, Ordering::Relaxed).to_string(),
    };
    let _silent: Vec<Silent> = row
        .silent
        .iter()
        .map(|address| Silent::at(address, server.address().port()))
        .collect();
    let mut ended = start(bench, row, way, &input);
    // What the client sent last may still be on its way to being counted.
    let counts = settled(&server, row.expected.requests.unwrap_or(0));
    let mut faults = std::mem::take(&mut ended.faults);
    faults.extend(strings(&ended.report["complaints"]));
    faults.extend(strings(&ended.report["left"]).map(|left| format!("left over: {left}")));
    let last = Outcome(ended.report["last"].clone());
    faults.extend(outcome_faults(row, &last));
    faults.extend(count_faults(row, &counts));
    faults.extend(proof_faults(&row.expected, &ended.report["proof"]));
    faults.extend(leaks(&last, &ended));
    if let Some(proxy) = &proxy {
        let counts = proxy.counts();
        let head = counts.heads.first().cloned().unwrap_or_default();
        if counts.begun > 0 {
            faults.push("the proxy was sent a request".into());
        }
        for words in &row.expected.proxy_saw {
            if !head.contains(words) {
                faults.push(format!("the proxy did not see {words:?} but {head:?}"));
            }
        }
    }
    let (excess, after_deadline) = lateness(row, &last, &mut faults);
    let has_deadline = matches!(row.expected.bound, Bound::Deadline | Bound::ConnectDeadline);
    let is_timeout = last.number("code") == super::row::Code::Timeout as i64;
    let is_cancelled = row.expected.bound == Bound::Cancelled && !last.0.is_null();
    Verdict {
        is_starved: has_deadline && is_timeout && !faults.is_empty(),
        faults,
        excess,
        after_cancel: is_cancelled.then(|| last.elapsed()),
        after_deadline,
    }
}

fn strings(value: &Value) -> impl Iterator<Item = String> {
    let list = value.as_array().cloned().unwrap_or_default();
    list.into_iter()
        .map(|item| item.as_str().unwrap_or_default().to_owned())
}

/// Runs the row's process to its end.
fn start(bench: &Bench, row: &Row, way: Way, input: &Input) -> Ended {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .env_clear()
        .env(ROW_VARIABLE, format!("{}: {}", row.area, row.what))
        // What malloc keeps for its threads would count as in use.
        .env(
            "GLIBC_TUNABLES",
            "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1",
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if ptr::eq(row.call, &call::VERIFY) {
        command.env(jwt::VARIABLE, jwt::key_for_child());
    }
    if way == Way::Queue {
        command.env(queue::VARIABLE, "1");
    }
    match row.planted {
        Some(point) => command
            .env(library::VARIABLE, library::with_planted_faults())
            .env("STYTCH_PLANTED_FAULT", point),
        None => command.env(library::VARIABLE, &bench.library),
    };
    // A library that asked the environment would find a proxy that is not there.
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
    ] {
        command.env(name, "http://127.0.0.1:1");
    }
    let preloads: Vec<String> = row
        .preload
        .iter()
        .map(|preload| preload.path(&bench.folder).display().to_string())
        .collect();
    if !preloads.is_empty() {
        command.env("LD_PRELOAD", preloads.join(":"));
    }
    if let Some(words) = row.look_up {
        command.env("STYTCH_SHIM", words);
    }
    let mut child = command.spawn().expect("this program again");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(input.to_json().as_bytes())
        .expect("the child reads");
    drop(stdin);
    let mut out = child.stdout.take().expect("a pipe");
    let mut err = child.stderr.take().expect("a pipe");
    let out = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = out.read_to_end(&mut text);
        text
    });
    let err = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = err.read_to_end(&mut text);
        text
    });
    let begin = Instant::now();
    let mut faults = Vec::new();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break Some(status);
        }
        if begin.elapsed() > HANGS {
            child.kill().expect("a child");
            child.wait().expect("a child");
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    match status {
        None => faults.push("it hangs".into()),
        Some(status) if !status.success() => faults.push(format!("it ended with {status}")),
        Some(_) => {}
    }
    let [out, err] = [out, err].map(|reader| {
        let bytes = reader.join().expect("a reader");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    // The report is the last line; all else on either stream is the library's, or a panic.
    let (said, report) = out.trim_end().rsplit_once('\n').unwrap_or(("", &out));
    let report = serde_json::from_str(report).unwrap_or_else(|_| {
        faults.push("it made no report".into());
        Value::Null
    });
    let output = format!("{said}{err}");
    if !output.is_empty() {
        faults.push(format!("it printed {output:?}"));
    }
    Ended {
        report,
        output,
        faults,
    }
}

fn settled(server: &Server, requests: usize) -> Counts {
    let begin = Instant::now();
    loop {
        let counts = server.counts();
        if counts.begun >= requests || begin.elapsed() > Duration::from_millis(300) {
            return counts;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn outcome_faults(row: &Row, last: &Outcome) -> Vec<String> {
    let expected = &row.expected;
    let mut faults = Vec::new();
    if last.0.is_null() {
        return vec!["no call was reported".into()];
    }
    let seen = (!last.is_ok()).then(|| (last.number("code"), last.number("delivery")));
    let wanted = expected
        .failure
        .map(|(code, delivery)| (code as i64, delivery as i64));
    if seen != wanted {
        faults.push(format!(
            "code and delivery {seen:?}, not {wanted:?}: {}",
            last.text("message")
        ));
    }
    if wanted.is_some() && last.text("message").is_empty() {
        faults.push("it has no message".into());
    }
    if let Some(status) = expected.status
        && last.number("status") != i64::from(status)
    {
        faults.push(format!("status {}, not {status}", last.number("status")));
    }
    for words in &expected.message {
        if !last.text("message").contains(words) {
            let message = last.text("message");
            faults.push(format!("the message has no {words:?}: {message}"));
        }
    }
    if let Some(body) = &expected.body
        && last.text("body") != told(body)
    {
        let kept = last.text("body");
        faults.push(format!("the body {kept}, not {}", told(body)));
    }
    let returns = match row.call.returns {
        pointer if pointer.starts_with('/') => "returned",
        getter => getter,
    };
    let is_read = wanted.is_none() && !returns.is_empty() && !expected.is_unread;
    if is_read && !last.text(returns).contains(SESSION_MARK) {
        faults.push(format!("{returns} is {:?}", last.text(returns)));
    }
    faults.extend(retry_faults(row, last));
    if expected.fields {
        for (field, value) in [
            ("type", expected.error_type.unwrap_or_default()),
            ("request_id", "request-id-9"),
            ("url", "https://stytch.com/docs/errors"),
        ] {
            if last.text(field) != value {
                faults.push(format!("{field} is {}, not {value:?}", last.0[field]));
            }
        }
    }
    if let Some(range) = &expected.retry_after_ms
        && !range.contains(&last.number("retry_after_ms"))
    {
        faults.push(format!(
            "retry after {} ms, not {range:?}",
            last.number("retry_after_ms")
        ));
    }
    faults
}

/// Whether the error invites to what would be harmful, or not to what the row says.
fn retry_faults(row: &Row, last: &Outcome) -> Option<String> {
    if last.is_ok() {
        return None;
    }
    let says = last.0["is_retryable"] == Value::Bool(true);
    let (delivery, status) = (last.number("delivery"), last.number("status"));
    let may = match delivery {
        1 => true,
        2 => status == 429,
        3 => false,
        _ => row.call.repeat != Repeat::Never,
    };
    let wanted = row.expected.is_retryable;
    if says && !may {
        return Some("it says that the call may be made again".into());
    }
    (wanted.is_some_and(|wanted| wanted != says)).then(|| format!("is_retryable is {says}"))
}

fn count_faults(row: &Row, counts: &Counts) -> Vec<String> {
    let expected = &row.expected;
    let mut faults = Vec::new();
    if let Some(requests) = expected.requests
        && counts.begun != requests
    {
        faults.push(format!(
            "{} requests reached the server, not {requests}",
            counts.begun
        ));
    }
    let different: BTreeSet<&String> = counts.tokens.iter().collect();
    if different.len() != counts.tokens.len() && !expected.repeats {
        faults.push("a token came twice".into());
    }
    let line = row.call.request_line;
    if let Some(head) = counts.heads.iter().find(|head| !head.starts_with(line)) {
        let first = head.lines().next().unwrap_or_default();
        faults.push(format!("a request for {first:?}, not {line:?}"));
    }
    for head in &counts.heads {
        let head = head.to_ascii_lowercase();
        if !head.contains("\r\naccept-encoding: identity\r\n") {
            faults.push("a request does not ask for identity".into());
        }
        if head.contains("\r\nauthorization: basic ") != row.call.is_authorized {
            faults.push("a request has credentials where it must not, or lacks them".into());
        }
    }
    if let Some(connections) = &expected.connections
        && !connections.contains(&counts.connections)
    {
        faults.push(format!(
            "{} connections, not {connections:?}",
            counts.connections
        ));
    }
    faults
}

/// A token that was not sent must work.
fn proof_faults(expected: &Expected, proof: &Value) -> Option<String> {
    let not_sent = matches!(
        expected.failure,
        Some((code, super::row::Delivery::NotSent))
            if !matches!(code, super::row::Code::Argument | super::row::Code::Token)
    );
    if !not_sent {
        return None;
    }
    let proof = Outcome(proof.clone());
    (!proof.is_ok()).then(|| format!("the same token does not work afterwards: {}", proof.0))
}

/// Looks for what must stay secret in the message and in all that was printed.
fn leaks(last: &Outcome, ended: &Ended) -> Vec<String> {
    let basic = STANDARD.encode(format!("{PROJECT_ID}:{SECRET}"));
    let secrets = [
        TOKEN_MARK,
        SECRET,
        PASSWORD_MARK,
        SESSION_MARK,
        &basic[..40],
    ];
    let mut faults = Vec::new();
    for secret in secrets {
        if last.text("message").contains(secret) {
            faults.push(format!("{secret} stands in the message"));
        }
        if ended.output.contains(secret) {
            faults.push(format!("{secret} was printed"));
        }
    }
    faults
}

fn lateness(row: &Row, last: &Outcome, faults: &mut Vec<String>) -> (Duration, Option<Duration>) {
    // Without an outcome there is nothing to be late with: that it is missing is said already.
    if last.0.is_null() {
        return (Duration::ZERO, None);
    }
    let elapsed = last.elapsed();
    let deadline = match row.expected.bound {
        Bound::Soon => return (elapsed.saturating_sub(SOON), None),
        Bound::Under(bound) => return (elapsed.saturating_sub(bound), None),
        Bound::Cancelled => return (elapsed.saturating_sub(CANCELLED + GRACE), None),
        Bound::Deadline => row.options.timeout_ms,
        Bound::ConnectDeadline => row.options.connect_timeout_ms,
    };
    let deadline = Duration::from_millis(deadline.into());
    if elapsed < deadline {
        faults.push(format!("it gave up after {elapsed:?}, before its time"));
    }
    (
        elapsed.saturating_sub(deadline + GRACE),
        Some(elapsed.saturating_sub(deadline)),
    )
}
