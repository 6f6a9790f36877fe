//! Bytes as C strings into every function that takes one. The input is split
//! at NULs; a string that is missing is passed as NULL.
#![no_main]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stytch_fuzz::abi::{self, Argument, Client, Options, Result};
use stytch_fuzz::server::{Ending, Plan, Server};

const PATH: &str = "/v1/b2b/impersonation/authenticate";
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"session_token\":\"s\"}";

thread_local! {
    static SERVER: Server = Server::start();
}

fuzz_target!(init: stytch_fuzz::set_up(), |input: &[u8]| {
    let strings: Vec<CString> = input
        .split(|byte| *byte == 0)
        .map(|text| CString::new(text).expect("split at NUL"))
        .collect();
    let at = |index: usize| strings.get(index).map(CString::as_c_str);
    let [url, proxy, name, version, pem, project_id, secret, token, pointer] =
        std::array::from_fn(at);
    setters(url, proxy, name, version, pem);
    clients(url, proxy, pem, project_id, secret);
    SERVER.with(|server| {
        requests(server, [url, name, version, project_id, secret, token, pointer]);
    });
});

/// A refusal is the caller's mistake, told in a sentence that shows none of
/// what was passed and may be a secret.
fn check<T>(result: Result<T>, secrets: &[Argument]) -> Option<T> {
    let failure = match result {
        Ok(value) => return Some(value),
        Err(failure) => failure,
    };
    assert_eq!(
        (failure.code, failure.delivery),
        (abi::INVALID_ARGUMENT, abi::NOT_SENT)
    );
    assert_eq!((failure.http_status, failure.retry_after_ms), (0, -1));
    for secret in secrets
        .iter()
        .flatten()
        .filter_map(|secret| secret.to_str().ok())
    {
        // Shorter ones may stand in the sentence by chance.
        assert!(
            secret.len() < 24 || !failure.message.contains(secret),
            "{failure:?}"
        );
    }
    None
}

fn text(argument: Argument<'_>) -> Option<&str> {
    argument.and_then(|text| text.to_str().ok())
}

fn setters(url: Argument, proxy: Argument, name: Argument, version: Argument, pem: Argument) {
    let options = Options::new();
    check(options.base_url(url), &[url]);
    check(options.proxy(proxy), &[proxy]);
    let is_token = |text: Argument| {
        text.is_some_and(|text| {
            let text = text.to_bytes();
            let good =
                |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
            (1..=256).contains(&text.len()) && text.iter().all(good)
        })
    };
    let taken = check(options.app_info(name, version), &[]).is_some();
    assert_eq!(taken, is_token(name) && is_token(version));
    let by_text = check(options.ca_pem(pem), &[]).is_some();
    let by_file = check(ca_file(&options, pem), &[]).is_some();
    // A file need not be UTF-8, which a string must be.
    assert!(by_text == by_file || (by_file && text(pem).is_none()));
}

/// Writes `pem` to a file in memory and passes its path.
fn ca_file(options: &Options, pem: Argument) -> Result<()> {
    // SAFETY: the name ends with a NUL, and the descriptor is new and ours.
    let mut file = unsafe { File::from_raw_fd(libc::memfd_create(c"ca".as_ptr(), 0)) };
    file.write_all(pem.map_or(b"", CStr::to_bytes))
        .expect("a file in memory");
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    options.ca_file(Some(&CString::new(path).expect("no NUL")))
}

/// Clients with everything that was taken, and no call that leaves the machine.
fn clients(url: Argument, proxy: Argument, pem: Argument, project_id: Argument, secret: Argument) {
    let options = Options::new();
    check(Client::new(project_id, secret, &options), &[secret]);
    for taken in [
        options.base_url(url),
        options.proxy(proxy),
        options.ca_pem(pem),
    ] {
        let _ = taken;
        check(Client::new(project_id, secret, &options), &[secret]);
    }
}

fn is_text(argument: Argument, limit: usize) -> bool {
    text(argument).is_some_and(|text| {
        (1..=limit).contains(&text.len()) && !text.chars().any(char::is_control)
    })
}

/// The library's version. `stytch_version` gives the fuzz crate's, which has the boundary's source in it.
fn library_version() -> &'static str {
    let header = include_str!("../../../include/stytch.h");
    let (_, rest) = header
        .split_once("#define STYTCH_VERSION \"")
        .expect("a version");
    rest.split_once('"').expect("a version in quotes").0
}

/// What was taken must arrive at the server as it was meant.
fn requests(server: &Server, strings: [Argument; 7]) {
    let [prefix, name, version, project_id, secret, token, pointer] = strings;
    let options = Options::local(server.port);
    let mut path = String::new();
    if let Some(prefix) = text(prefix) {
        let url = format!("http://localhost:{}/{prefix}", server.port);
        let url = CString::new(url).expect("no NUL");
        if check(options.base_url(Some(&url)), &[]).is_some() {
            path = format!("/{prefix}").trim_end_matches('/').to_owned();
        }
    }
    let mut agent = format!("libstytch/{}", library_version());
    if check(options.app_info(name, version), &[]).is_some() {
        let [name, version] = [name, version].map(|text| text.expect("taken").to_string_lossy());
        agent = format!("{agent} {name}/{version}");
    }
    let client = check(Client::new(project_id, secret, &options), &[secret]);
    let is_good = is_text(project_id, 4096)
        && is_text(secret, 4096)
        && !text(project_id).is_some_and(|text| text.contains(':'));
    assert_eq!(client.is_some(), is_good);
    let Some(client) = client else {
        return;
    };
    server.arm(Plan {
        token: None,
        play: GOOD.to_vec(),
        split: None,
        ending: Ending::Keep,
        then: None,
    });
    let response = check(client.authenticate(token), &[secret, token]);
    assert_eq!(response.is_some(), is_text(token, 8192));
    let seen = server.seen();
    assert_eq!(seen.len(), usize::from(response.is_some()));
    let Some(response) = response else {
        return;
    };
    let request = &seen[0];
    assert_eq!(request.target(), format!("{path}{PATH}"));
    assert_eq!(request.header("user-agent"), Some(agent.as_str()));
    let credentials = [project_id, secret]
        .map(|text| text.expect("taken").to_bytes())
        .join(&b':');
    let expected = format!("Basic {}", STANDARD.encode(credentials));
    assert_eq!(request.header("authorization"), Some(expected.as_str()));
    let body: Value = serde_json::from_slice(&request.body).expect("a request of JSON");
    assert_eq!(body, json!({ "impersonation_token": text(token) }));
    response.get_string(pointer);
    response.get_json(pointer);
}
