//! From an address to a connection.

use std::fs;

use crate::faults::row::{Bound, Code, Row, Target};
use crate::faults::server::Step::{Handshake, Serve};
use crate::faults::system::NoDescriptors;

fn row(what: &'static str) -> Row {
    Row::new("connect", what)
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("nothing goes wrong"),
        row("the connection is refused")
            .target(Target::Url("http://127.0.0.1:1"))
            .not_sent(Code::Connection)
            .says("connecting to 127.0.0.1:1")
            .says("refused"),
        row("the network is unreachable")
            .target(Target::Url("https://224.0.0.1:{port}"))
            .not_sent(Code::Connection)
            .says("unreachable"),
        row("the host is unreachable")
            .shim("connect=113")
            .not_sent(Code::Connection)
            .says("unreachable"),
        row("a firewall forbids it")
            .shim("connect=1")
            .not_sent(Code::Connection),
        row("there is no local port left")
            .shim("connect=99")
            .not_sent(Code::Connection),
        row("the system gives up")
            .shim("connect=110")
            .not_sent(Code::Timeout),
        row("the peer is silent")
            .target(Target::Url("http://127.0.0.2:{port}"))
            .silent(&["127.0.0.2"])
            .connect_timeout(400)
            .retries(0)
            .not_sent(Code::Timeout)
            .bound(Bound::ConnectDeadline)
            .says("connecting"),
        row("the peer is silent until the deadline of the call")
            .target(Target::Url("http://127.0.0.2:{port}"))
            .silent(&["127.0.0.2"])
            .timeout(400)
            .not_sent(Code::Timeout)
            .bound(Bound::Deadline),
        row("the peer is silent, and two retries have their turn")
            .target(Target::Url("http://127.0.0.2:{port}"))
            .silent(&["127.0.0.2"])
            .connect_timeout(200)
            .not_sent(Code::Timeout)
            .under(1_200),
        row("no descriptor is left")
            .not_sent(Code::Connection)
            .says("descriptor")
            .plan(|case| {
                case.client();
                let limit = NoDescriptors::now();
                case.call();
                drop(limit);
            }),
        row("no descriptor is left for a call, and for the next one there is").plan(|case| {
            case.client();
            let limit = NoDescriptors::now();
            case.call();
            case.keep_last();
            drop(limit);
            case.call();
        }),
        row("its descriptor is closed on exec")
            .plan(|case| {
                case.warm_up();
                let (all, kept) = open_over_exec();
                case.check(all == 1 && kept == 0, || format!("{kept} of {all} are not"));
                case.call();
            })
            .requests(2)
            .connections(1),
    ];
    rows.extend(several());
    rows
}

/// How many sockets this process has, and how many of them a program that it starts would have.
fn open_over_exec() -> (usize, usize) {
    let sockets = fs::read_dir("/proc/self/fd")
        .expect("the descriptors")
        .filter_map(Result::ok)
        .filter(|entry| {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            target.to_string_lossy().starts_with("socket:")
        });
    let flags: Vec<u32> = sockets
        .filter_map(|entry| {
            let number = entry.file_name().into_string().ok()?;
            fs::read_to_string(format!("/proc/self/fdinfo/{number}")).ok()
        })
        .filter_map(|text| {
            let line = text.lines().find(|line| line.starts_with("flags:"))?;
            u32::from_str_radix(line.split_whitespace().nth(1)?, 8).ok()
        })
        .collect();
    let kept = flags
        .iter()
        .filter(|flags| *flags & 0o2_000_000 == 0)
        .count();
    (flags.len(), kept)
}

/// A name with several addresses.
fn several() -> Vec<Row> {
    let name = |what, look_up| row(what).name(look_up);
    vec![
        name(
            "a refused IPv6 address before a good IPv4 one",
            "answer=::1,127.0.0.1",
        ),
        name(
            "an unreachable IPv6 address before a good IPv4 one",
            "answer=ff0e::1,127.0.0.1",
        ),
        name(
            "a silent IPv6 address before a good IPv4 one",
            "answer=::1,127.0.0.1",
        )
        .silent(&["::1"])
        .under(1_000),
        name(
            "four silent IPv6 addresses before a good IPv4 one",
            "answer=::1,::1,::1,::1,127.0.0.1",
        )
        .silent(&["::1"])
        .under(1_000),
        name(
            "three silent addresses before a good one",
            "answer=127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.1",
        )
        .silent(&["127.0.0.2", "127.0.0.3", "127.0.0.4"])
        .under(1_500),
        name(
            "a good address before a silent one",
            "answer=127.0.0.1,127.0.0.2",
        )
        .silent(&["127.0.0.2"]),
        name("all addresses are silent", "answer=::1,127.0.0.2,127.0.0.3")
            .silent(&["::1", "127.0.0.2", "127.0.0.3"])
            .connect_timeout(400)
            .retries(0)
            .not_sent(Code::Timeout)
            .bound(Bound::ConnectDeadline),
        name("all addresses refuse", "answer=::1,127.0.0.2,127.0.0.3")
            .not_sent(Code::Connection)
            .says("refused"),
        name("24 addresses, the last one good", TWENTY_FOUR),
        name("24 addresses, and all refuse", TWENTY_FOUR_DEAD).not_sent(Code::Connection),
        name("18 silent addresses before a good one", EIGHTEEN_SILENT)
            .silent(&[
                "127.0.1.1",
                "127.0.1.2",
                "127.0.1.3",
                "127.0.1.4",
                "127.0.1.5",
                "127.0.1.6",
                "127.0.1.7",
                "127.0.1.8",
                "127.0.1.9",
                "127.0.1.10",
                "127.0.1.11",
                "127.0.1.12",
                "127.0.1.13",
                "127.0.1.14",
                "127.0.1.15",
                "127.0.1.16",
                "127.0.1.17",
                "127.0.1.18",
            ])
            .under(5_000),
        row("localhost, where IPv4 refuses and there is no IPv6")
            .target(Target::Url("http://localhost:1"))
            .shim("connect6=99")
            .not_sent(Code::Connection)
            .says("the connection was refused (over IPv4; over IPv6: "),
        name(
            "an address that there is no way to before one that refuses",
            "connect6=101 answer=::1,127.0.0.2",
        )
        .not_sent(Code::Connection)
        .says("the connection was refused (over IPv4; over IPv6: the network is unreachable)"),
        name(
            "a link-local address, with its interface",
            "neighbour answer=fe80::1%lo",
        ),
        row("the address is an IPv6 one in brackets, and refuses")
            .target(Target::Url("http://[::1]:1"))
            .not_sent(Code::Connection)
            .says("[::1]:1"),
        row("localhost, where IPv6 refuses")
            .tls()
            .serve(vec![Handshake, Serve]),
    ]
}

const TWENTY_FOUR: &str = "answer=127.0.2.1,127.0.2.2,127.0.2.3,127.0.2.4,127.0.2.5,127.0.2.6,127.0.2.7,127.0.2.8,127.0.2.9,127.0.2.10,127.0.2.11,127.0.2.12,127.0.2.13,127.0.2.14,127.0.2.15,127.0.2.16,127.0.2.17,127.0.2.18,127.0.2.19,127.0.2.20,127.0.2.21,127.0.2.22,127.0.2.23,127.0.0.1";
const TWENTY_FOUR_DEAD: &str = "answer=127.0.2.1,127.0.2.2,127.0.2.3,127.0.2.4,127.0.2.5,127.0.2.6,127.0.2.7,127.0.2.8,127.0.2.9,127.0.2.10,127.0.2.11,127.0.2.12,127.0.2.13,127.0.2.14,127.0.2.15,127.0.2.16,127.0.2.17,127.0.2.18,127.0.2.19,127.0.2.20,127.0.2.21,127.0.2.22,127.0.2.23,127.0.2.24";
const EIGHTEEN_SILENT: &str = "answer=127.0.1.1,127.0.1.2,127.0.1.3,127.0.1.4,127.0.1.5,127.0.1.6,127.0.1.7,127.0.1.8,127.0.1.9,127.0.1.10,127.0.1.11,127.0.1.12,127.0.1.13,127.0.1.14,127.0.1.15,127.0.1.16,127.0.1.17,127.0.1.18,127.0.0.1";
