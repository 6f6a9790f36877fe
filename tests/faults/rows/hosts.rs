//! What else a host does: it changes its environment, cancels threads, and has much thread-local storage.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::answers::session;
use crate::faults::case::Case;
use crate::faults::client::Client;
use crate::faults::host::{asked, cancel};
use crate::faults::process::THREAD;
use crate::faults::row::Row;
use crate::faults::server::Step::{Handshake, Request, Send, Serve, Wait};
use crate::faults::shim::Preload;
use crate::faults::system::{fork, storm_of_variables};

pub fn rows() -> Vec<Row> {
    let mut rows = environment();
    rows.extend(cancellation());
    rows.extend(thread_local_storage());
    rows
}

fn environment() -> Vec<Row> {
    let row = |what| Row::new("environment", what);
    vec![
        row("the library asks for no variable once it is loaded")
            .shim("")
            .tls()
            .serve(vec![Handshake, Serve])
            .plan(|case| {
                crate::stytch::load();
                let before = asked();
                case.call();
                let asked = asked() - before;
                case.check(asked == 0, || format!("it asked {asked} times"));
            }),
        row("one thread changes variables while another makes clients and their first calls")
            .plan(|case| {
                let settings = case.settings();
                let tokens: Vec<String> = (0..5_000).map(|_| case.token()).collect();
                // In a process of its own: what setenv keeps is never given back.
                let child = fork(move || {
                    storm_of_variables();
                    let begin = Instant::now();
                    for token in tokens {
                        if begin.elapsed() > Duration::from_millis(1_500) {
                            break;
                        }
                        // What asks the environment does so when a client is made, or first used.
                        let made = (0..200).filter(|_| Client::new(&settings).is_ok());
                        match (made.count(), Client::new(&settings)) {
                            (200, Ok(client)) if client.call(&token).is_ok() => {}
                            _ => return 1,
                        }
                    }
                    0
                });
                let ended = child.wait();
                case.check(ended == Ok(0), || format!("the host: {ended:?}"));
                case.call();
            })
            .uncounted()
            .under(5_000),
    ]
}

fn cancellation() -> Vec<Row> {
    let row = |what| {
        Row::new("cancelled threads", what)
            .blocking("what is interrupted is the calling thread inside of the function")
            .shim("")
            .serve_each(vec![
                vec![Request, Wait(600), Send(session()), Serve],
                vec![Serve],
            ])
    };
    vec![
        row("the host cancels a thread that waits for a response")
            .plan(|case| cancelled(case, false))
            .requests(2),
        row("the host cancels a thread that waits for a response, and has disabled that before")
            .plan(|case| cancelled(case, true))
            .requests(2),
        row("the host cancels a thread that connects")
            .silent(&["127.0.0.2"])
            .connect_timeout(600)
            .serve(vec![Serve])
            .plan(|case| {
                let mut settings = case.settings();
                settings.base_url = settings.base_url.replace("127.0.0.1", "127.0.0.2");
                let Ok(client) = Client::new(&settings) else {
                    return;
                };
                let client = Arc::new(client);
                cancelled_in(case, client, false);
                case.call();
            }),
        row("the host cancels a thread that waits for a lookup")
            .name("delay=600 answer=127.0.0.1")
            .plan(|case| cancelled(case, false))
            .requests(2),
    ]
}

fn cancelled(case: &mut Case, is_disabled: bool) {
    let Some(client) = case.client() else { return };
    cancelled_in(case, client, is_disabled);
    case.call();
}

fn cancelled_in(case: &mut Case, client: Arc<Client>, is_disabled: bool) {
    let token = case.token();
    case.kept += THREAD;
    let token = std::ffi::CString::new(token).expect("no NUL");
    let ended = cancel(200, is_disabled, || client.call_bare(&token));
    case.check(ended.is_ok(), || format!("{ended:?}"));
    thread::yield_now();
}

fn thread_local_storage() -> Vec<Row> {
    vec![
        Row::new(
            "thread-local storage",
            "192 KiB in the host, and a name service that needs 66 KiB of stack",
        )
        .name("stack=66 answer=127.0.0.1")
        .preload(Preload::MuchTls),
        Row::new(
            "thread-local storage",
            "none in the host, and a name service that needs 66 KiB of stack",
        )
        .name("stack=66 answer=127.0.0.1"),
    ]
}
