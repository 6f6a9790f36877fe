//! Arguments that cannot be used: no I/O at all. `tests/c/hostile_arguments.c` has them for every
//! function; these show that nothing reaches the server.

use crate::faults::case::Case;
use crate::faults::client::{Client, PROJECT_ID, SECRET};
use crate::faults::row::{Code, Delivery, Row, Target};

fn row(what: &'static str) -> Row {
    Row::new("arguments", what)
        .fails(Code::Argument, Delivery::NotSent)
        .connections(0)
}

fn credentials(case: &mut Case, project_id: &[u8], secret: &[u8]) {
    let settings = case.settings();
    let outcome = Client::with(&settings, Some(project_id), Some(secret));
    case.report(&outcome.err().unwrap_or_default());
}

pub fn rows() -> Vec<Row> {
    let url = |what, url| row(what).target(Target::Url(url));
    let mut rows = vec![
        row("the token is NULL").plan(|case| case.call_raw(None)),
        row("the token is empty").plan(|case| case.call_raw(Some(b""))),
        row("the token is not UTF-8").plan(|case| case.call_raw(Some(b"tokenmark7f3a\xff"))),
        row("the token holds a line break")
            .plan(|case| case.call_raw(Some(b"tokenmark7f3a\r\nX: y"))),
        row("the token holds DEL").plan(|case| case.call_raw(Some(b"tokenmark7f3a\x7f"))),
        row("the token is longer than 8 KiB").plan(|case| case.call_raw(Some(&[b'x'; 8193]))),
        row("the token is 1 MiB").plan(|case| {
            let token = vec![b'x'; 1024 * 1024];
            case.call_raw(Some(&token));
        }),
        row("the client is NULL").plan(Case::call_without_client),
        row("the secret is empty").plan(|case| credentials(case, PROJECT_ID.as_bytes(), b"")),
        row("the secret is longer than 4 KiB")
            .plan(|case| credentials(case, PROJECT_ID.as_bytes(), &[b'x'; 4097])),
        row("the secret holds a line break")
            .plan(|case| credentials(case, PROJECT_ID.as_bytes(), b"secretmark9c1d\n")),
        row("the project id holds a colon")
            .plan(|case| credentials(case, b"project:test", SECRET.as_bytes())),
        row("the project id is not UTF-8")
            .plan(|case| credentials(case, b"project-test-\xc0\x80", SECRET.as_bytes())),
        url("the base URL is empty", ""),
        url("the base URL has no scheme", "api.stytch.com"),
        url(
            "the base URL is http, and not loopback",
            "http://api.stytch.test:{port}",
        ),
        url(
            "the base URL looks like localhost",
            "http://localhost.stytch.test:{port}",
        ),
        url(
            "the base URL has user information",
            "https://user:secretmark9c1d@127.0.0.1:{port}",
        ),
        url(
            "the base URL has a query",
            "https://127.0.0.1:{port}/?secretmark9c1d",
        ),
        url("the base URL has port 99999", "https://127.0.0.1:99999"),
        url(
            "the base URL has a line break",
            "https://127.0.0.1:{port}/\r\nX: y",
        ),
    ];
    rows.push(
        Row::new("arguments", "the token has 8 KiB of quotation marks").plan(|case| {
            let token = vec![b'"'; 8192];
            case.call_raw(Some(&token));
        }),
    );
    rows
}
