//! A client that was made before a fork. Python's multiprocessing is tried in
//! `bindings/python/tests/test_concurrency.py`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::faults::case::Case;
use crate::faults::client::Client;
use crate::faults::process::THREAD;
use crate::faults::row::{Code, Row};
use crate::faults::server::Step::{self, Handshake, Serve};
use crate::faults::shim;
use crate::faults::system::{Child, exit, fork};

fn secure() -> Vec<Step> {
    vec![Handshake, Serve]
}

/// A fork that makes a call with the client it inherited; 0 where it succeeds.
fn call_in_fork(case: &mut Case, client: &Arc<Client>, frees: bool) -> Child {
    let token = case.token();
    fork(|| {
        let is_ok = client.call(&token).is_ok();
        if frees {
            client.free_copy();
        }
        i32::from(!is_ok)
    })
}

fn expect_ok(case: &mut Case, child: Child) {
    let ended = child.wait();
    case.check(ended == Ok(0), || format!("the child: {ended:?}"));
}

/// A call, a fork that makes one, and the judged one.
fn after_use(case: &mut Case, frees: bool) {
    case.warm_up();
    let Some(client) = case.client() else { return };
    let child = call_in_fork(case, &client, frees);
    expect_ok(case, child);
    drop(client);
    case.call();
}

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("fork", what);
    vec![
        row("after use, the child makes a call")
            .plan(|case| after_use(case, false))
            .requests(3)
            .connections(2),
        row("after use, the child makes a call over TLS")
            .tls()
            .serve(secure())
            .plan(|case| after_use(case, false))
            .requests(3)
            .connections(2),
        row("after use, the child makes a call and frees its copy")
            .tls()
            .serve(secure())
            .plan(|case| after_use(case, true))
            .requests(3)
            .connections(2),
        row("before use, the child makes a call")
            .tls()
            .serve(secure())
            .plan(|case| {
                let Some(client) = case.client() else { return };
                let child = call_in_fork(case, &client, true);
                expect_ok(case, child);
                drop(client);
                case.call();
            })
            .requests(2)
            .connections(2),
        row("after use, the child frees its copy unused")
            .tls()
            .serve(secure())
            .plan(|case| {
                case.warm_up();
                let Some(client) = case.client() else { return };
                let child = fork(|| {
                    client.free_copy();
                    0
                });
                expect_ok(case, child);
                drop(client);
                case.call();
            })
            .requests(2)
            .connections(1),
        row("after use, the child returns from main")
            .tls()
            .serve(secure())
            .plan(|case| {
                case.warm_up();
                let child = fork(|| exit(0));
                expect_ok(case, child);
                case.call();
            })
            .requests(2)
            .connections(1),
        row("the child forks, and its child makes a call")
            .tls()
            .serve(secure())
            .plan(nested)
            .requests(4)
            .connections(3),
        row("parent and child make 20 calls each at the same time")
            .tls()
            .serve(secure())
            .plan(side_by_side)
            .requests(42)
            .connections(2),
        row("30 forks under load of 8 threads")
            .plan(|case| under_load(case, 30))
            .uncounted()
            .under(10_000),
        row("30 forks under load of 8 threads over TLS")
            .tls()
            .serve(secure())
            .plan(|case| under_load(case, 30))
            .uncounted()
            .under(10_000),
        row("during a look-up")
            .name("delay=400 answer=127.0.0.1")
            .plan(during_look_up)
            .requests(2),
        row("during a look-up that never comes back")
            .name("stuck")
            .timeout(600)
            .threads_left(1)
            .plan(during_stuck_look_up)
            .not_sent(Code::Timeout)
            .requests(1),
    ]
}

fn nested(case: &mut Case) {
    case.warm_up();
    let Some(client) = case.client() else { return };
    let [first, second] = [case.token(), case.token()];
    let of_child = Arc::clone(&client);
    let child = fork(move || {
        if !of_child.call(&first).is_ok() {
            return 1;
        }
        let of_grandchild = Arc::clone(&of_child);
        let grandchild = fork(move || i32::from(!of_grandchild.call(&second).is_ok()));
        grandchild.wait().unwrap_or(2)
    });
    expect_ok(case, child);
    drop(client);
    case.call();
}

fn side_by_side(case: &mut Case) {
    case.warm_up();
    let Some(client) = case.client() else { return };
    let tokens: Vec<String> = (0..20).map(|_| case.token()).collect();
    let child = fork(|| {
        let failed = tokens.iter().filter(|token| !client.call(token).is_ok());
        i32::from(failed.count() > 0)
    });
    for _ in 0..20 {
        case.call();
        case.keep_last();
    }
    expect_ok(case, child);
    drop(client);
    case.call();
}

fn under_load(case: &mut Case, forks: usize) {
    let Some(client) = case.client() else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let tokens: Vec<Vec<String>> = (0..8)
        .map(|_| (0..4_000).map(|_| case.token()).collect())
        .collect();
    case.kept += 8 * THREAD;
    let threads: Vec<_> = tokens
        .into_iter()
        .map(|tokens| {
            let (client, stop) = (Arc::clone(&client), Arc::clone(&stop));
            thread::spawn(move || {
                let alive = tokens.iter().take_while(|_| !stop.load(Ordering::SeqCst));
                alive
                    .map(|token| client.call(token))
                    .filter(|outcome| !outcome.is_ok())
                    .count()
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(50));
    for _ in 0..forks {
        let child = call_in_fork(case, &client, false);
        expect_ok(case, child);
    }
    stop.store(true, Ordering::SeqCst);
    let failed: usize = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .sum();
    case.check(failed == 0, || {
        format!("{failed} calls of the parent failed")
    });
    drop(client);
    case.call();
}

/// The fork is made while a look-up is under way for another thread.
fn during_look_up(case: &mut Case) {
    let Some(client) = case.client() else { return };
    let token = case.token();
    let of_thread = Arc::clone(&client);
    case.kept += THREAD;
    let thread = thread::spawn(move || of_thread.call(&token));
    thread::sleep(Duration::from_millis(150));
    let child = call_in_fork(case, &client, false);
    expect_ok(case, child);
    let outcome = thread.join().expect("no panic");
    case.report(&outcome);
}

fn during_stuck_look_up(case: &mut Case) {
    let Some(client) = case.client() else { return };
    let token = case.token();
    let of_thread = Arc::clone(&client);
    case.kept += THREAD;
    let thread = thread::spawn(move || of_thread.call(&token));
    thread::sleep(Duration::from_millis(150));
    let token = case.token();
    let of_child = Arc::clone(&client);
    let child = fork(move || {
        shim::set("answer=127.0.0.1");
        i32::from(!of_child.call(&token).is_ok())
    });
    expect_ok(case, child);
    let outcome = thread.join().expect("no panic");
    case.report(&outcome);
    case.token();
}
