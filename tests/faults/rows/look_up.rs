//! Names: the system's look-up fails, is slow, or never comes back.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::case::Case;
use crate::faults::client::Client;
use crate::faults::process::{THREAD, blocks_signals, lookup_threads, statuses};
use crate::faults::row::{Bound, Code, Row, Target};
use crate::faults::server::Step::{Close, Handshake, Request, Send, Serve};
use crate::faults::{answers, shim};

/// How many threads the look-ups of one client may hold.
const MOST_THREADS: usize = 4;

const NO_THREAD: &str = "there is no thread, which a call that does not block needs";

fn row(what: &'static str, look_up: &'static str) -> Row {
    Row::new("look-up", what).name(look_up)
}

fn look_ups(case: &mut Case, expected: usize) {
    let count = shim::look_ups();
    case.check(count == expected, || {
        format!("{count} look-ups, not {expected}")
    });
}

pub fn rows() -> Vec<Row> {
    let fails = |what, words| {
        row(what, words)
            .not_sent(Code::Connection)
            .says("looking up")
    };
    let mut rows = vec![
        row("nothing goes wrong", "answer=127.0.0.1")
            .plan(|case| {
                case.warm_up();
                case.call();
                look_ups(case, 1);
            })
            .requests(2)
            .connections(1),
        fails("the name is unknown", "error=-2").connections(0),
        fails("it fails for the moment, every time", "error=-3").plan(|case| {
            case.call();
            look_ups(case, 3);
        }),
        row(
            "it fails for the moment, once",
            "fail_first=1 answer=127.0.0.1",
        )
        .retries(1)
        .plan(|case| {
            case.call();
            look_ups(case, 2);
        }),
        fails("it fails for good", "error=-4"),
        fails(
            "the name has no address of any family (EAI_NODATA)",
            "error=-5",
        ),
        fails("it is out of memory", "error=-10"),
        fails("the system fails below it", "error=-11"),
        fails("its answer is empty", "empty"),
        fails("no thread can be had for it", "answer=127.0.0.1 nothread")
            .blocking(NO_THREAD)
            .says("gives no thread")
            .says("RLIMIT_NPROC"),
        row(
            "it is slower than the time to connect",
            "delay=700 answer=127.0.0.1",
        )
        .connect_timeout(400)
        .retries(0)
        .not_sent(Code::Timeout)
        .bound(Bound::ConnectDeadline)
        .says("looking up"),
        row(
            "it is slower than the deadline",
            "delay=700 answer=127.0.0.1",
        )
        .timeout(400)
        .not_sent(Code::Timeout)
        .bound(Bound::Deadline),
        row("it never comes back", "stuck")
            .timeout(400)
            .threads_left(1)
            .not_sent(Code::Timeout)
            .bound(Bound::Deadline),
        row(
            "its thread has a name, and every signal blocked",
            "delay=300 answer=127.0.0.1",
        )
        .plan(thread_is_quiet),
    ];
    rows.extend(many());
    rows.extend(needless());
    rows
}

fn thread_is_quiet(case: &mut Case) {
    let watcher = thread::spawn(|| {
        thread::sleep(Duration::from_millis(150));
        statuses("stytch-lookup")
    });
    case.call();
    let seen = watcher.join().expect("no panic");
    case.check(seen.len() == 1, || format!("{} threads, not 1", seen.len()));
    case.check(seen.iter().all(|status| blocks_signals(status)), || {
        format!("signals reach it: {seen:?}")
    });
}

/// Makes so many calls at once on the row's client, and reports the last.
fn at_once(case: &mut Case, calls: usize) -> usize {
    let Some(client) = case.client() else {
        return 0;
    };
    let tokens: Vec<String> = (0..calls).map(|_| case.token()).collect();
    let threads: Vec<_> = tokens
        .into_iter()
        .map(|token| {
            let client = Arc::clone(&client);
            thread::spawn(move || client.call(&token))
        })
        .collect();
    case.kept += calls * THREAD;
    thread::sleep(Duration::from_millis(200));
    let seen = lookup_threads();
    for thread in threads {
        let outcome = thread.join().expect("no panic");
        case.report_one(&outcome);
    }
    seen
}

/// Makes a client with a name of its own, and a call whose lookup never comes back.
fn hang(case: &mut Case, number: usize) {
    let mut settings = case.settings();
    settings.base_url = format!("https://hangs{number}.test:1");
    settings.timeout_ms = 20;
    let token = case.token();
    let outcome = Client::new(&settings).map(|client| client.call(&token));
    let code = outcome.map_or(0, |outcome| outcome.number("code"));
    case.check(code == Code::Timeout as i64, || {
        format!("call {number} ended with code {code}")
    });
    // The client's name is kept for its lookup.
    case.kept += 2 * THREAD;
}

fn many() -> Vec<Row> {
    vec![
        row("16 calls wait for it at once", "delay=300 answer=127.0.0.1")
            .requests(16)
            .plan(|case| {
                at_once(case, 16);
                look_ups(case, 1);
            }),
        row("200 calls at once, and it never comes back", "stuck")
            .timeout(1_000)
            .threads_left(1)
            .not_sent(Code::Timeout)
            .under(2_000)
            .plan(|case| {
                let seen = at_once(case, 200);
                case.check(seen <= MOST_THREADS, || format!("{seen} threads"));
            }),
        row(
            "200 calls one after the other, and it never comes back",
            "stuck",
        )
        .timeout(20)
        .threads_left(MOST_THREADS)
        .not_sent(Code::Timeout)
        .under(500)
        .plan(|case| {
            for _ in 0..200 {
                case.call();
                case.keep_last();
            }
            let seen = lookup_threads();
            case.check(seen <= MOST_THREADS, || format!("{seen} threads"));
        }),
        row("calls over half a minute, and it never comes back", "stuck")
            .timeout(50)
            .threads_left(MOST_THREADS)
            .not_sent(Code::Timeout)
            .under(500)
            .plan(|case| {
                for _ in 0..6 {
                    case.call();
                    case.keep_last();
                    thread::sleep(Duration::from_millis(5_050));
                }
                case.call();
            }),
        row(
            "40 other clients whose lookups hang, and a good name",
            "stuck",
        )
        .threads_left(40)
        .plan(|case| {
            for number in 0..40 {
                hang(case, number);
            }
            shim::set("answer=127.0.0.1");
            case.call();
        }),
        row("200 clients, and it never comes back", "stuck")
            .timeout(20)
            .threads_left(MOST_THREADS)
            .not_sent(Code::Timeout)
            .under(500)
            .plan(|case| {
                for _ in 0..200 {
                    case.call();
                    case.free_client();
                    case.keep_last();
                }
            }),
        row("it never comes back, and the client is freed", "stuck")
            .timeout(100)
            .threads_left(1)
            .not_sent(Code::Timeout)
            .under(500)
            .plan(|case| {
                case.call();
                let begin = Instant::now();
                case.free_client();
                let took = begin.elapsed();
                case.check(took < Duration::from_millis(100), || {
                    format!("freeing it took {took:?}")
                });
            }),
    ]
}

/// Where no look-up is needed, its failure does no harm.
fn needless() -> Vec<Row> {
    let secure = || vec![Handshake, Serve];
    vec![
        row("an outage, and a warm connection", "answer=127.0.0.1")
            .plan(|case| {
                case.warm_up();
                shim::set("error=-3");
                case.call();
                look_ups(case, 1);
            })
            .requests(2)
            .connections(1),
        row(
            "an outage, and an address that is known",
            "answer=127.0.0.1",
        )
        .serve_each(vec![
            vec![Handshake, Request, Send(answers::session()), Close],
            secure(),
        ])
        .plan(|case| {
            case.warm_up();
            shim::set("error=-3");
            thread::sleep(Duration::from_millis(50));
            case.call();
            look_ups(case, 1);
        })
        .requests(2)
        .connections(2),
        row(
            "the address is looked up anew after a minute",
            "answer=127.0.0.1",
        )
        .plan(|case| {
            case.warm_up();
            shim::set("answer=127.0.0.1 ahead=61");
            case.call();
            look_ups(case, 2);
        })
        .requests(2)
        .connections(2),
        row(
            "the address is known and dead, and a new one is given",
            "answer=127.0.0.1",
        )
        .serve_each(vec![
            vec![Handshake, Request, Send(answers::session()), Close],
            secure(),
        ])
        .plan(|case| {
            shim::set("answer=127.0.0.2");
            case.call();
            case.keep_last();
            shim::set("answer=127.0.0.1");
            case.call();
        }),
        row(
            "an address for a name, and no thread to be had",
            "nothread error=-2",
        )
        .target(Target::Url("https://127.0.0.1:{port}"))
        .blocking(NO_THREAD),
        row("localhost, and no thread to be had", "nothread error=-2")
            .target(Target::Https)
            .blocking(NO_THREAD),
    ]
}
