//! The body of a 2xx: a spent token's session must not be lost.

use crate::faults::answers::{chunk, chunked, error_body, ok, session_body, short_by, whole};
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{self, Close, Request, Reset, Send, Wait};

const MIB: usize = 1024 * 1024;

fn lost(row: Row, code: Code, script: Vec<Step>, kept: impl AsRef<[u8]>) -> Row {
    row.serve(script)
        .fails(code, Delivery::Accepted)
        .body(kept)
        .connections(1)
}

fn found(row: Row, script: Vec<Step>) -> Row {
    row.serve(script).body(session_body()).connections(1)
}

fn cut(length: usize) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{\"session_token\":\"sess")
        .into_bytes()
}

const CUT: &str = "{\"session_token\":\"sess";

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("body of a 2xx", what);
    let session = session_body();
    let big = format!(r#"{{"filler":"{}"}}"#, "x".repeat(MIB));
    let mut large = session.clone();
    large.push_str(&" ".repeat(MIB));
    let largest = format!("{session}{}", " ".repeat(MIB - session.len()));
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xabV*N-.\xce\xcc\xcf\x03\0\0\0\0\0";
    vec![
        lost(row("cut short of its length"), Code::Transport, vec![Request, Send(cut(500)), Close], CUT)
            .status(200)
            .says("get a new one"),
        lost(row("reset short of its length"), Code::Transport, vec![Request, Send(cut(500)), Wait(50), Reset], CUT),
        lost(
            row("cut within a chunk"),
            Code::Transport,
            vec![Request, Send(chunked(format!("80\r\n{CUT}").as_bytes())), Close],
            CUT,
        ),
        lost(
            row("cut between chunks"),
            Code::Transport,
            vec![Request, Send(chunked(chunk(CUT).as_bytes())), Close],
            CUT,
        ),
        lost(
            row("a chunk whose length is no number"),
            Code::Transport,
            vec![Request, Send(chunked(format!("{}zz\r\n", chunk(CUT)).as_bytes())), Close],
            CUT,
        ),
        lost(
            row("a chunk whose length is above 2^64"),
            Code::Transport,
            vec![Request, Send(chunked(format!("{}fffffffffffffffff\r\n", chunk(CUT)).as_bytes())), Close],
            CUT,
        ),
        lost(
            row("cut without a length, by the end of the connection"),
            Code::InvalidResponse,
            vec![Request, Send(format!("HTTP/1.1 200 OK\r\n\r\n{CUT}").into_bytes()), Close],
            CUT,
        ),
        lost(
            row("cut without a length, by a reset"),
            Code::Transport,
            vec![Request, Send(format!("HTTP/1.1 200 OK\r\n\r\n{CUT}").into_bytes()), Wait(50), Reset],
            CUT,
        ),
        lost(
            row("late"),
            Code::Timeout,
            vec![Request, Send(cut(500)), Wait(2_000)],
            CUT,
        )
        .timeout(400)
        .bound(crate::faults::row::Bound::Deadline)
        .status(200),
        lost(row("over 1 MiB"), Code::InvalidResponse, vec![Request, Send(ok(&big))], &big[..MIB])
            .says("1 MiB"),
        lost(
            row("over 1 MiB, chunked"),
            Code::InvalidResponse,
            vec![Request, Send(chunked(chunk(&big).as_bytes()))],
            &big[..MIB],
        ),
        lost(
            row("without end"),
            Code::InvalidResponse,
            vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                Step::Forever(vec![b'x'; 64 * 1024]),
            ],
            vec![b'x'; MIB],
        ),
        lost(
            row("a length of 2^63 and an end"),
            Code::Transport,
            vec![Request, Send(cut(1 << 63)), Close],
            CUT,
        ),
        lost(
            row("gzip that nobody asked for"),
            Code::InvalidResponse,
            vec![Request, Send(whole("200 OK", "Content-Encoding: gzip\r\n", gzip))],
            gzip,
        ),
        lost(row("empty"), Code::InvalidResponse, vec![Request, Send(ok(""))], ""),
        lost(
            row("204"),
            Code::InvalidResponse,
            vec![Request, Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())],
            "",
        )
        .status(204),
        lost(
            row("202 with an error's body"),
            Code::InvalidResponse,
            vec![Request, Send(whole("202 Accepted", "", error_body(202, "x").as_bytes()))],
            error_body(202, "x"),
        )
        .status(202),
        found(row("whole, the last bytes of its length missing"), vec![Request, Send(short_by(10)), Close]),
        found(row("whole, the last bytes of its length missing, then a reset"), vec![Request, Send(short_by(10)), Wait(50), Reset]),
        found(row("whole, the last bytes of its length never come"), vec![Request, Send(short_by(10)), Wait(2_000)])
            .timeout(400)
            .bound(crate::faults::row::Bound::Deadline),
        found(row("whole, the last chunk missing"), vec![Request, Send(chunked(chunk(&session).as_bytes())), Close]),
        found(
            row("whole, then a chunk that is malformed"),
            vec![Request, Send(chunked(format!("{}zz\r\n", chunk(&session)).as_bytes())), Close],
        ),
        found(
            row("whole, without a length"),
            vec![Request, Send(format!("HTTP/1.1 200 OK\r\n\r\n{session}").into_bytes()), Close],
        ),
        found(
            row("whole, in chunks of a byte"),
            vec![Request, Send(chunked(
                session.chars().map(|c| chunk(&c.to_string())).chain(["0\r\n\r\n".into()]).collect::<String>().as_bytes(),
            ))],
        ),
        found(
            row("a chunk with a long extension"),
            vec![Request, Send(chunked(
                format!("{:x};name=\"a value of some length\"\r\n{session}\r\n0\r\n\r\n", session.len()).as_bytes(),
            ))],
        ),
        found(
            row("trailers behind the last chunk"),
            vec![Request, Send(chunked(format!("{}0\r\nX: y\r\nZ: w\r\n\r\n", chunk(&session)).as_bytes()))],
        ),
        found(row("201"), vec![Request, Send(whole("201 Created", "", session.as_bytes()))]).status(201),
        found(
            row("with the content type of a picture"),
            vec![Request, Send(format!("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\n\r\n{session}", session.len()).into_bytes())],
        ),
        Row::new("body of a 2xx", "exactly 1 MiB, a session and white space")
            .serve(vec![Request, Send(ok(&largest))])
            .body(&largest),
        Row::new("body of a 2xx", "over 1 MiB, a session at its front")
            .serve(vec![Request, Send(ok(&large))])
            .body(&large[..MIB]),
    ]
}

fn unusable(what: &'static str, body: impl AsRef<[u8]>) -> Row {
    let script = vec![Request, Send(ok(&body))];
    lost(Row::new("JSON", what), Code::InvalidResponse, script, body).status(200)
}

fn usable(what: &'static str, extra: &str) -> Row {
    let mut body = session_body();
    body.pop();
    let body = format!("{body},{extra}}}");
    Row::new("JSON", what)
        .serve(vec![Request, Send(ok(&body))])
        .body(body)
        .connections(1)
}

pub fn json() -> Vec<Row> {
    let session = session_body();
    let deep = format!("\"deep\":{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_objects = format!(
        "\"deep\":{}1{}",
        "{\"a\":".repeat(10_000),
        "}".repeat(10_000)
    );
    let mut bad_utf8 = br#"{"session_token":"sess"#.to_vec();
    bad_utf8.extend(b"\xff\xfe\"}");
    let with_space = format!(" \r\n\t{session}\n");
    let with_bom = format!("\u{feff}{session}");
    let with_tail = format!("{session}garbage\0");
    vec![
        unusable("cut", &session[..session.len() - 1]),
        unusable("an array", format!("[{session}]")),
        unusable("a string", "\"session_token\""),
        unusable("null", "null"),
        unusable("not JSON", "<html></html>"),
        unusable("only white space", "  \n"),
        unusable("NUL bytes", "\0\0\0"),
        unusable("no session_token", r#"{"status_code":200,"member_id":"m"}"#),
        unusable("an empty session_token", r#"{"session_token":""}"#),
        unusable("a session_token that is null", r#"{"session_token":null}"#),
        unusable("a session_token that is a number", r#"{"session_token":7}"#),
        unusable(
            "a session_token that holds U+0000",
            r#"{"session_token":"a\u0000b"}"#,
        ),
        unusable(
            "a session_token that stands deeper",
            r#"{"member":{"session_token":"x"}}"#,
        ),
        unusable("bad UTF-8 in session_token", bad_utf8),
        usable("unknown fields", r#""new_field":{"a":[1,2,{"b":null}]}"#),
        usable(
            "arrays that are null",
            r#""roles":null,"authentication_factors":null"#,
        ),
        usable(
            "unknown enum values",
            r#""member_session":{"authentication_factors":[{"type":"telepathy"}]}"#,
        ),
        usable(
            "other types",
            r#""organization":[7],"intermediate_session_token":{"a":1},"member_authenticated":"yes""#,
        ),
        usable("10,000 levels of arrays", &deep),
        usable("10,000 levels of objects", &deep_objects),
        usable(
            "numbers out of range",
            r#""a":1e999,"b":-99999999999999999999999999,"c":1e-999"#,
        ),
        usable(
            "lone surrogates",
            r#""a":"\ud800","b":"\udc00\ud800","\ud800":1"#,
        ),
        usable("duplicate keys", r#""member_id":"other","a":1,"a":2"#),
        Row::new("JSON", "white space around it")
            .serve(vec![Request, Send(ok(&with_space))])
            .body(with_space),
        Row::new("JSON", "a byte order mark before it")
            .serve(vec![Request, Send(ok(&with_bom))])
            .body(with_bom),
        Row::new("JSON", "garbage behind it")
            .serve(vec![Request, Send(ok(&with_tail))])
            .body(with_tail),
    ]
}
