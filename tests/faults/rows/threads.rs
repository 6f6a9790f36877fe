//! Many threads on one client, and threads with small stacks.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::faults::case::Case;
use crate::faults::certificates::Leaf;
use crate::faults::client::{Client, Outcome};
use crate::faults::process::THREAD;
use crate::faults::row::{Code, Row, Target};
use crate::faults::server::Step::{Handshake, Request, Serve, Wait};
use crate::faults::system::{exit, fork, on_stack};

/// What the header asks for, of the library as it is shipped. Without optimization the frames are
/// some times as large, so that `cargo test --release --test fault_matrix` is what shows it.
const SMALL: usize = if cfg!(debug_assertions) {
    192 * 1024
} else {
    64 * 1024
};

fn row(what: &'static str) -> Row {
    Row::new("threads", what)
}

/// So many threads make so many calls each; the first that failed is judged, or the last of all.
fn crowd(case: &mut Case, threads: usize, calls: usize) {
    let Some(client) = case.client() else { return };
    let tokens: Vec<Vec<String>> = (0..threads)
        .map(|_| (0..calls).map(|_| case.token()).collect())
        .collect();
    case.kept += threads * THREAD;
    let run = |client: Arc<Client>, tokens: Vec<String>| {
        thread::spawn(move || {
            let mut last = Outcome::default();
            for token in tokens {
                last = client.call(&token);
                if !last.is_ok() {
                    break;
                }
            }
            last
        })
    };
    let running: Vec<_> = tokens
        .into_iter()
        .map(|tokens| run(Arc::clone(&client), tokens))
        .collect();
    for thread in running {
        let outcome = thread.join().expect("no panic");
        case.report_one(&outcome);
    }
}

/// The judged call is made on a thread with 64 KiB of stack.
fn small(case: &mut Case) {
    let token = case.token();
    let Some(client) = case.client() else { return };
    case.kept += THREAD;
    let outcome = on_stack(SMALL, move || client.call(&token));
    case.report(&outcome);
}

/// The client is made and freed on such a thread too.
fn small_throughout(case: &mut Case) {
    let token = case.token();
    let settings = case.settings();
    case.kept += THREAD;
    let outcome = on_stack(SMALL, move || match Client::new(&settings) {
        Ok(client) => client.call(&token),
        Err(outcome) => outcome,
    });
    case.report(&outcome);
}

pub fn rows() -> Vec<Row> {
    let secure = || vec![Handshake, Serve];
    vec![
        row("64 threads make 200 calls each with one client")
            .plan(|case| crowd(case, 64, 200))
            .requests(64 * 200)
            .connections_at_most(64)
            .under(5_000),
        row("64 threads make 20 calls each with one client over TLS")
            .tls()
            .serve(secure())
            .plan(|case| crowd(case, 64, 20))
            .requests(64 * 20)
            .connections_at_most(64)
            .under(5_000),
        row("16 threads make calls, and the server refuses every connection")
            .target(Target::Url("http://127.0.0.1:1"))
            .plan(|case| crowd(case, 16, 5))
            .not_sent(Code::Connection),
        row("a stack of 64 KiB").plan(small),
        row("a stack of 64 KiB, over TLS").tls().serve(secure()).plan(small),
        row("a stack of 64 KiB, over TLS 1.2").leaf(Leaf::Tls12).serve(secure()).plan(small),
        row("a stack of 64 KiB, an RSA certificate and an intermediate authority")
            .leaf(Leaf::Intermediate)
            .serve(secure())
            .plan(small),
        row("a stack of 64 KiB, from making the client to freeing it")
            .tls()
            .serve(secure())
            .plan(small_throughout),
        row("a stack of 64 KiB, and a certificate that has expired")
            .leaf(Leaf::Expired)
            .serve(secure())
            .plan(small)
            .not_sent(Code::Tls),
        row("a stack of 64 KiB, and a name to look up").name("answer=127.0.0.1").plan(small),
        row("a stack of 64 KiB, and 24 addresses")
            .name("answer=127.0.2.1,127.0.2.2,127.0.2.3,127.0.2.4,127.0.2.5,127.0.2.6,127.0.2.7,127.0.2.8,127.0.2.9,127.0.2.10,127.0.2.11,127.0.2.12,127.0.2.13,127.0.2.14,127.0.2.15,127.0.2.16,127.0.2.17,127.0.2.18,127.0.2.19,127.0.2.20,127.0.2.21,127.0.2.22,127.0.2.23,127.0.0.1")
            .plan(small),
        row("a stack of 64 KiB, and a token of 8 KiB").plan(|case| {
            let Some(client) = case.client() else { return };
            case.kept += THREAD;
            let outcome = on_stack(SMALL, move || client.call(&"x".repeat(8192)));
            case.report(&outcome);
        }),
        row("the process returns from main during a call")
            .serve_each(vec![vec![Request, Wait(700)], vec![Serve]])
            .plan(|case| leave_during_call(case, exit_now))
            .requests(2),
        row("the process ends at once during a call")
            .serve_each(vec![vec![Request, Wait(700)], vec![Serve]])
            .plan(|case| leave_during_call(case, || 0))
            .requests(2),
        row("the process returns from main during a look-up that never comes back")
            .name("stuck")
            .timeout(400)
            .threads_left(1)
            .not_sent(Code::Timeout)
            .plan(|case| leave_during_call(case, exit_now)),
    ]
}

fn exit_now() -> i32 {
    exit(0)
}

/// A process of its own leaves while another of its threads is in a call.
fn leave_during_call(case: &mut Case, leave: fn() -> i32) {
    let token = case.token();
    let settings = case.settings();
    let child = fork(move || {
        let Ok(client) = Client::new(&settings) else {
            return 2;
        };
        let client = Arc::new(client);
        let of_thread = Arc::clone(&client);
        thread::spawn(move || of_thread.call(&token));
        thread::sleep(Duration::from_millis(200));
        leave()
    });
    let ended = child.wait();
    case.check(ended == Ok(0), || {
        format!("the process that left: {ended:?}")
    });
    case.call();
}
