//! TLS: before a byte of the request left, and after.

use std::time::Duration;

use crate::faults::answers;
use crate::faults::certificates::Leaf;
use crate::faults::row::{Bound, Code, Delivery, Row, Target};
use crate::faults::server::Step::{
    self, Bytes, Close, CloseNotify, Corrupt, Drip, Forever, Handshake, Raw, Request, Reset, Send,
    Serve, Wait,
};

/// A TLS record of the kind and version that is said.
fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind];
    record.extend(version.to_be_bytes());
    record.extend(u16::try_from(body.len()).expect("a record").to_be_bytes());
    record.extend_from_slice(body);
    record
}

fn alert(description: u8) -> Vec<u8> {
    record(21, 0x0303, &[2, description])
}

/// How a server answers that speaks no later version than this.
fn server_hello(version: u16) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend([7; 32]);
    // No session; ECDHE-RSA with AES-128-CBC-SHA; no compression.
    hello.extend([0, 0xC0, 0x13, 0]);
    let mut message = vec![2, 0, 0, u8::try_from(hello.len()).expect("short")];
    message.extend(hello);
    record(22, version, &message)
}

/// The whole client's greeting is read first, as a server would.
fn after_hello(steps: Vec<Step>) -> Vec<Step> {
    let mut script = vec![Bytes(200)];
    script.extend(steps);
    script
}

fn served(mut steps: Vec<Step>) -> Vec<Step> {
    steps.insert(0, Handshake);
    steps
}

fn row_before(what: &'static str) -> Row {
    Row::new("TLS before sending", what).tls()
}

pub fn before() -> Vec<Row> {
    let mut rows = vec![
        row_before("nothing goes wrong").serve(served(vec![Serve])),
        row_before("nothing goes wrong, over TLS 1.2")
            .leaf(Leaf::Tls12)
            .serve(served(vec![Serve])),
        row_before("the certificate has an RSA key of 2048 bits")
            .leaf(Leaf::Rsa2048)
            .serve(served(vec![Serve])),
        row_before("the host has a name that is odd for DNS")
            .leaf(Leaf::OddName)
            .shim("answer=127.0.0.1")
            .target(Target::Url("https://node-.test:{port}"))
            .serve(served(vec![Serve])),
        row_before("the host has an odd name, and the certificate another")
            .leaf(Leaf::Good)
            .shim("answer=127.0.0.1")
            .target(Target::Url("https://node-.test:{port}"))
            .serve(served(vec![Serve]))
            .not_sent(Code::Tls)
            .says("another name"),
        row_before("the chain has an intermediate authority")
            .leaf(Leaf::Intermediate)
            .serve(served(vec![Serve])),
    ];
    rows.extend(certificates());
    rows.extend(peers());
    rows
}

fn certificates() -> impl Iterator<Item = Row> {
    [
        (Leaf::Expired, "the certificate has expired", "expired"),
        (
            Leaf::NotYetValid,
            "the certificate is not yet valid",
            "not valid yet",
        ),
        (
            Leaf::WrongName,
            "the certificate is for another name",
            "another name",
        ),
        (
            Leaf::UnknownIssuer,
            "the certificate's issuer is unknown",
            "`ca_file`",
        ),
        (
            Leaf::OtherAuthority,
            "the certificate's issuer has the name of a known one, and another key",
            "`ca_file`",
        ),
        (
            Leaf::SelfSigned,
            "the certificate is self-signed",
            "certificate",
        ),
        (
            Leaf::IntermediateMissing,
            "the chain lacks its intermediate authority",
            "`ca_file`",
        ),
        (
            Leaf::NoSan,
            "the certificate names the host in its common name alone",
            "subjectAltName",
        ),
        (
            Leaf::WrongUsage,
            "the certificate is for clients",
            "not meant for a server",
        ),
        (
            Leaf::IsAuthority,
            "the certificate is an authority's",
            "CA:FALSE",
        ),
        (
            Leaf::CriticalPolicies,
            "the certificate has critical policies",
            "critical extension",
        ),
        (
            Leaf::NameConstraint,
            "the certificate's issuer may issue for another name only",
            "name constraints",
        ),
        (
            Leaf::Rsa1024,
            "the certificate has an RSA key of 1024 bits",
            "shorter than 2048 bits",
        ),
    ]
    .into_iter()
    .map(|(leaf, what, words)| {
        row_before(what)
            .leaf(leaf)
            .serve(served(vec![Serve]))
            .not_sent(Code::Tls)
            .connections(1)
            .says("setting up TLS")
            .says(words)
    })
}

fn peers() -> Vec<Row> {
    let tls = |what, steps| {
        row_before(what)
            .serve(after_hello(steps))
            .not_sent(Code::Tls)
            .connections(1)
    };
    let connection = |what, steps| {
        row_before(what)
            .serve(steps)
            .not_sent(Code::Connection)
            .connections(3)
    };
    vec![
        tls("the peer speaks TLS 1.1", vec![Raw(server_hello(0x0302))]),
        tls("the peer speaks TLS 1.0", vec![Raw(server_hello(0x0301))]),
        tls("the peer speaks SSL 3.0", vec![Raw(server_hello(0x0300))]),
        tls(
            "the peer refuses TLS 1.2 and 1.3 with an alert",
            vec![Raw(alert(70)), Close],
        ),
        tls(
            "the peer ends the handshake with an alert",
            vec![Raw(alert(40)), Close],
        ),
        tls(
            "the peer speaks plain HTTP",
            vec![
                Raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec()),
                Close,
            ],
        ),
        tls(
            "the peer speaks something else (SSH)",
            vec![Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())],
        ),
        tls("the peer sends garbage", vec![Raw(vec![0xA5; 4096])]),
        tls(
            "the peer sends a handshake that is garbage",
            vec![Raw(record(22, 0x0303, &[0xA5; 600]))],
        ),
        connection("the peer closes before the handshake", vec![Close]),
        connection(
            "the peer closes within the handshake",
            after_hello(vec![Close]),
        ),
        connection(
            "the peer closes within a record of the handshake",
            after_hello(vec![Raw(vec![22, 3, 3, 1, 0, 2]), Close]),
        ),
        connection("the peer resets before the handshake", vec![Reset]),
        connection(
            "the peer resets within the handshake",
            after_hello(vec![Reset]),
        ),
        row_before("the handshake stalls")
            .serve(after_hello(vec![]))
            .connect_timeout(400)
            .retries(0)
            .not_sent(Code::Timeout)
            .bound(Bound::ConnectDeadline)
            .says("setting up TLS"),
        row_before("the handshake stalls until the deadline of the call")
            .serve(after_hello(vec![]))
            .timeout(400)
            .not_sent(Code::Timeout)
            .bound(Bound::Deadline)
            .connections(1),
        row_before("the handshake drips")
            .serve(vec![Drip(
                record(22, 0x0303, &[2; 4000]),
                Duration::from_millis(10),
            )])
            .connect_timeout(400)
            .retries(0)
            .not_sent(Code::Timeout)
            .bound(Bound::ConnectDeadline),
        row_before("the peer sends warning alerts without end")
            .serve(after_hello(vec![Forever(record(21, 0x0303, &[1, 90]))]))
            .timeout(3_000)
            .not_sent(Code::Tls),
        row_before("the first handshake is reset, the second stands")
            .retries(1)
            .serve_each(vec![vec![Reset], served(vec![Serve])])
            .connections(2),
    ]
}

fn row_after(what: &'static str) -> Row {
    Row::new("TLS after sending", what).tls()
}

pub fn after() -> Vec<Row> {
    let half = || {
        let mut answer = answers::session();
        answer.truncate(40);
        answer
    };
    vec![
        row_after("a record is corrupt")
            .serve(served(vec![Request, Corrupt(answers::session())]))
            .broke()
            .connections(1),
        row_after("the second record of the headers is corrupt")
            .serve(served(vec![
                Request,
                Send(half()),
                Corrupt(answers::session()),
            ]))
            .broke(),
        row_after("the peer sends plain text")
            .serve(served(vec![Request, Raw(answers::session())]))
            .broke(),
        row_after("the peer sends an alert in plain text")
            .serve(served(vec![Request, Raw(alert(80))]))
            .broke(),
        row_after("the peer closes with close_notify")
            .serve(served(vec![Request, CloseNotify, Close]))
            .broke()
            .connections(1),
        row_after("the peer closes without close_notify")
            .serve(served(vec![Request, Close]))
            .broke()
            .connections(1),
        row_after("the peer resets")
            .serve(served(vec![Request, Reset]))
            .broke()
            .connections(1),
        row_after("the peer closes before it has read the request")
            .serve(served(vec![Close]))
            .broke(),
        row_after("close_notify within the headers")
            .serve(served(vec![Request, Send(half()), CloseNotify, Close]))
            .broke(),
        row_after("an end without close_notify within the headers")
            .serve(served(vec![Request, Send(half()), Close]))
            .broke(),
        row_after("the answer stalls")
            .serve(served(vec![Request, Wait(3_000)]))
            .timeout(400)
            .late(Delivery::Unknown),
        row_after("a body without a length ends without close_notify")
            .serve(served(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\n\r\n{\"session_tok".to_vec()),
                Close,
            ]))
            .fails(Code::Transport, Delivery::Accepted)
            .status(200)
            .body("{\"session_tok"),
        row_after("a session without a length ends without close_notify")
            .serve(served(vec![
                Request,
                Send(format!("HTTP/1.1 200 OK\r\n\r\n{}", answers::session_body()).into_bytes()),
                Close,
            ]))
            .body(answers::session_body()),
        row_after("a corrupt record behind a whole session without a length")
            .serve(served(vec![
                Request,
                Send(format!("HTTP/1.1 200 OK\r\n\r\n{}", answers::session_body()).into_bytes()),
                Corrupt(b"more".to_vec()),
            ]))
            .body(answers::session_body()),
    ]
}
