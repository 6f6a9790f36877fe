//! The way through an HTTP proxy.

use std::time::Duration;

use crate::faults::answers;
use crate::faults::certificates::Leaf;
use crate::faults::row::{Bound, Code, Row, Target};
use crate::faults::server::Step::{
    self, Close, Connect, Drip, Forever, Handshake, Request, Reset, Send, Serve, Tunnel, Wait,
};

fn row(what: &'static str) -> Row {
    Row::new("proxy", what)
}

/// A proxy that answers CONNECT with this, and then leads on.
fn tunnel(answer: &str) -> Vec<Step> {
    vec![Connect, Send(answer.as_bytes().to_vec()), Tunnel]
}

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A proxy that lets nothing through. The server must not be reached past it.
fn shut(what: &'static str, script: Vec<Step>) -> Row {
    row(what)
        .proxy(script)
        .not_sent(Code::Connection)
        .connections(0)
        .says("proxy")
}

fn answers_with(what: &'static str, answer: &str) -> Row {
    shut(what, vec![Connect, Send(answer.as_bytes().to_vec())])
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("nothing goes wrong")
            .proxy(tunnel(OPEN))
            .proxy_saw("CONNECT localhost:")
            .proxy_saw("\r\nHost: localhost:"),
        row("a warm connection goes through the same tunnel")
            .proxy(tunnel(OPEN))
            .plan(|case| {
                case.warm_up();
                case.call();
            })
            .requests(2)
            .connections(1),
        row("user and password are percent-encoded")
            .proxy(tunnel(OPEN))
            .proxy_user("us%40er:passmark5b2e%3A%20x@")
            // base64 of "us@er:passmark5b2e: x"
            .proxy_saw("Proxy-Authorization: Basic dXNAZXI6cGFzc21hcms1YjJlOiB4\r\n"),
        row("the tunnel's answer has headers")
            .proxy(tunnel("HTTP/1.1 200 OK\r\nVia: x\r\nContent-Length: 5\r\n\r\n")),
        row("the tunnel's answer is HTTP/1.0").proxy(tunnel("HTTP/1.0 200 OK\r\n\r\n")),
        row("an interim answer before the tunnel's")
            .proxy(tunnel("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")),
        row("the tunnel's answer drips").proxy(vec![
            Connect,
            Drip(OPEN.as_bytes().to_vec(), Duration::from_millis(3)),
            Tunnel,
        ]),
        answers_with("it answers 403", "HTTP/1.1 403 Forbidden\r\n\r\nno").says("403"),
        answers_with("it answers 407", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")
            .proxy_user("user:passmark5b2e@")
            .says("did not accept the credentials")
            .says("`proxy` option"),
        answers_with("it answers 407 and was given no password", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")
            .says("asks for credentials")
            .says("`proxy` option"),
        answers_with("it takes NTLM and Negotiate alone", "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n")
            .proxy_user("user:passmark5b2e@")
            .says("offers only Negotiate, NTLM")
            .says("only Basic is supported"),
        answers_with("it takes Digest alone", "HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"a, Basic b\", nonce=c\r\n\r\n")
            .says("offers only Digest"),
        answers_with("it offers a password that it was sent", "HTTP/1.1 407 No\r\nProxy-Authenticate: passmark5b2e\r\n\r\n")
            .proxy_user("user:passmark5b2e@")
            .says("an unknown way"),
        answers_with("it answers 502", "HTTP/1.1 502 Bad Gateway\r\n\r\n").says("502"),
        answers_with("it answers 301", "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n"),
        answers_with("it answers with garbage", "\u{5}\u{1}\u{0}garbage\r\n\r\n"),
        answers_with("it answers with JSON", "{\"session_token\":\"x\"}\r\n\r\n"),
        shut("it closes before it answers", vec![Connect, Close]),
        shut("it closes at once", vec![Close]),
        shut("it resets", vec![Connect, Reset]),
        shut("it closes within its answer", vec![Connect, Send(b"HTTP/1.1 200 O".to_vec()), Close]),
        shut(
            "its answer has no end",
            vec![Connect, Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Forever(vec![b'y'; 4096])],
        ),
        row("it stalls")
            .proxy(vec![Connect, Wait(3_000)])
            .connect_timeout(400)
            .retries(0)
            .not_sent(Code::Timeout)
            .connections(0)
            .bound(Bound::ConnectDeadline),
        row("its answer drips until the deadline")
            .proxy(vec![Connect, Drip(vec![b'H'; 1000], Duration::from_millis(10))])
            .timeout(400)
            .not_sent(Code::Timeout)
            .connections(0)
            .bound(Bound::Deadline),
        row("it sends interim answers without end")
            .proxy(vec![Connect, Forever(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())])
            .timeout(3_000)
            .not_sent(Code::Connection)
            .connections(0),
        row("it refuses the connection")
            .proxy_url("http://127.0.0.1:1")
            .not_sent(Code::Connection)
            .connections(0)
            .says("the proxy 127.0.0.1:1"),
        row("its name is unknown")
            .proxy_url("http://user:passmark5b2e@proxy.test:3128")
            .shim("error=-2")
            .not_sent(Code::Connection)
            .connections(0)
            .says("the proxy proxy.test:3128"),
    ];
    rows.extend(behind());
    rows.extend(refused());
    rows
}

/// What goes wrong behind a tunnel that stands.
fn behind() -> Vec<Row> {
    let through = |what| row(what).proxy(tunnel(OPEN));
    vec![
        through("behind it, the certificate has expired")
            .leaf(Leaf::Expired)
            .not_sent(Code::Tls),
        through("behind it, the handshake is closed")
            .serve(vec![Close])
            .not_sent(Code::Connection),
        through("behind it, the connection is closed before the answer")
            .serve(vec![Handshake, Request, Close])
            .broke()
            .connections(1),
        through("behind it, an idle connection is closed")
            .serve_each(vec![
                vec![Handshake, Request, Send(answers::session()), Close],
                vec![Handshake, Serve],
            ])
            .plan(|case| {
                case.warm_up();
                std::thread::sleep(Duration::from_millis(50));
                case.call();
            })
            .requests(2)
            .connections(2),
        row("plain text follows the tunnel's answer")
            .proxy(vec![
                Connect,
                Send(format!("{OPEN}hello, who is there?").into_bytes()),
            ])
            .not_sent(Code::Tls)
            .connections(0),
    ]
}

/// A proxy that cannot be used is refused when set, and never passed by.
fn refused() -> Vec<Row> {
    let bad = |what, url| {
        row(what)
            .proxy_url(url)
            .fails(Code::Argument, crate::faults::row::Delivery::NotSent)
            .connections(0)
    };
    vec![
        bad("its URL is https", "https://user:passmark5b2e@127.0.0.1:1"),
        bad(
            "its URL is socks5",
            "socks5://user:passmark5b2e@127.0.0.1:1",
        ),
        bad("its URL has no scheme", "127.0.0.1:3128"),
        bad("its URL has no host", "http://user:passmark5b2e@:3128"),
        bad(
            "its URL has port 99999",
            "http://user:passmark5b2e@127.0.0.1:99999",
        ),
        bad("its URL has port 0", "http://user:passmark5b2e@127.0.0.1:0"),
        bad(
            "its URL has a path",
            "http://user:passmark5b2e@127.0.0.1:1/path",
        ),
        bad(
            "its URL has a line break in the password",
            "http://user:passmark5b2e%0d%0aX@127.0.0.1:1",
        ),
        bad(
            "its URL has a slash in the password",
            "http://user:passmark5b2e/x@127.0.0.1:1",
        )
        .says("%2F"),
        bad(
            "its URL has a number sign in the password",
            "http://user:passmark5b2e#x@127.0.0.1:1",
        )
        .says("%23"),
        bad(
            "its URL has an IPv6 address without brackets",
            "http://user:passmark5b2e@::1:3128",
        )
        .says("brackets"),
        bad("its URL is empty", ""),
        row("it is set, and the base URL is http")
            .proxy_url("http://127.0.0.1:1")
            .target(Target::Http)
            .fails(Code::Argument, crate::faults::row::Delivery::NotSent)
            .connections(0),
        // As for every case here: the environment names one at port 1, where nothing is.
        row("the environment names one")
            .tls()
            .serve(vec![Handshake, Serve]),
    ]
}
