//! The keys of local verification: who fetches them, and what serves when nobody can.

use std::sync::{Arc, Barrier};
use std::thread;

use crate::faults::answers::{error, ok};
use crate::faults::call::VERIFY;
use crate::faults::case::Case;
use crate::faults::jwt;
use crate::faults::process::THREAD;
use crate::faults::row::{Code, Delivery, Row, Target};
use crate::faults::server::Step::{self, Close, Make, Request, Reset, Wait};
use crate::faults::shim;

/// What is then to be seen is the failure of the fetch.
const REMOTE: &str = "there is no call that only verifies and does not block; the one there is asks the API where no keys can be had";

fn row(what: &'static str) -> Row {
    Row::new("keys", what).call(&VERIFY)
}

/// Sends the keys, of which one has this number.
fn keys(number: usize) -> Step {
    Make(Arc::new(move |_| ok(jwt::key_set(number))))
}

/// So long after the keys were fetched another token is verified.
fn later(case: &mut Case, words: &str) {
    case.warm_up();
    shim::set(words);
    case.call();
}

/// 700 s on, when the keys are stale.
fn stale(what: &'static str, then: Vec<Step>) -> Row {
    row(what)
        .shim("")
        .serve_each(vec![vec![Request, keys(0), Close], then])
        .plan(|case| later(case, "ahead=700"))
}

fn storm(case: &mut Case) {
    const THREADS: usize = 64;
    let Some(client) = case.client() else { return };
    case.kept += THREADS * THREAD;
    let at_once = Arc::new(Barrier::new(THREADS));
    let running: Vec<_> = (0..THREADS)
        .map(|_| {
            let (client, at_once, token) =
                (Arc::clone(&client), Arc::clone(&at_once), case.token());
            thread::spawn(move || {
                at_once.wait();
                client.call(&token)
            })
        })
        .collect();
    for thread in running {
        let outcome = thread.join().expect("no panic");
        case.report_one(&outcome);
    }
}

pub fn rows() -> Vec<Row> {
    vec![
        row("ten tokens are verified with one request")
            .plan(|case| (0..10).for_each(|_| case.call()))
            .requests(1),
        row("64 threads and no keys yet: one request")
            .serve(vec![Request, Wait(300), keys(0)])
            .plan(storm)
            .requests(1)
            .under(10_000),
        row("64 threads share the failure of a request")
            .blocking(REMOTE)
            .serve(vec![Request, Wait(300), Reset])
            .retries(0)
            .plan(storm)
            .broke()
            // A thread that was held back for two seconds may ask again.
            .uncounted()
            .connections_at_most(2)
            .under(10_000),
        row("a token names the key that came with a rotation")
            .serve(vec![Request, keys(0), Request, keys(1)])
            .plan(|case| {
                case.warm_up();
                jwt::name_key(1);
                case.call();
            })
            .requests(2),
        row("200 tokens name keys that there are not: one request for all")
            .serve(vec![Request, keys(0), Request, keys(0)])
            .plan(|case| {
                case.warm_up();
                for number in 1..=200 {
                    jwt::name_key(number);
                    case.call();
                    case.keep_last();
                }
            })
            .not_sent(Code::Token)
            .retryable(false)
            .requests(2)
            .under(5_000),
        row("the keys are stale, and come anew")
            .shim("")
            .plan(|case| later(case, "ahead=700"))
            .requests(2)
            .connections(2),
        stale(
            "the keys are stale, and the endpoint resets",
            vec![Request, Reset],
        )
        .requests(4),
        stale(
            "the keys are stale, and HTML comes with status 200",
            vec![Request, Make(Arc::new(|_| ok("<html>")))],
        )
        .requests(2),
        stale(
            "the keys are stale, and a set without keys comes",
            vec![Request, Make(Arc::new(|_| ok(r#"{"keys":[]}"#)))],
        )
        .requests(2),
        stale(
            "the keys are stale, and the endpoint hangs: 2 s at most",
            vec![Request, Wait(9_000)],
        )
        .requests(2)
        .under(3_500),
        row("the endpoint is down for more than an hour")
            .blocking(REMOTE)
            .shim("")
            .serve_each(vec![vec![Request, keys(0), Close], vec![Request, Reset]])
            .plan(|case| later(case, "ahead=3700"))
            .broke()
            .requests(4)
            .retryable(true),
        row("there are no keys, and nothing listens")
            .target(Target::Url("http://127.0.0.1:1"))
            .not_sent(Code::Connection)
            .retryable(true),
        row("there are no keys, and the endpoint fails")
            .blocking(REMOTE)
            .serve(vec![
                Request,
                Make(Arc::new(|_| error("500 Oh", "internal", ""))),
            ])
            .retries(0)
            .fails(Code::Api, Delivery::Unknown)
            .retryable(true),
    ]
}
