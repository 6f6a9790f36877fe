//! What there is only where calls do not block: threads, a backlog, and freeing in any order.

use std::ffi::CString;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::bell::Listener;
use crate::faults::call::VERIFY;
use crate::faults::case::Case;
use crate::faults::client::{Client, Outcome, outcome_of};
use crate::faults::flight::{Handle, start, take};
use crate::faults::process::{blocks_signals, statuses, workers};
use crate::faults::queue::Queue;
use crate::faults::row::{Bound, Code, Delivery, Row};
use crate::faults::server::Step::{Request, Ring, Send, Serve, Wait};
use crate::faults::system::{NoDescriptors, fork};
use crate::faults::{answers, shim};
use crate::stytch::{stytch_error, stytch_queue_new};

const PATIENCE: Duration = Duration::from_secs(20);

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("queue", what).queued();
    let hold = |milliseconds| vec![Request, Ring, Wait(milliseconds), Send(answers::session())];
    vec![
        row("the threads of a client: none before the first call, three at most, named, signals blocked, gone with it")
            .threads(3)
            .serve(vec![Request, Wait(150), Send(answers::session()), Serve])
            .plan(threads)
            .requests(20)
            .connections_at_most(3)
            .under(5_000),
        row("no thread can be had")
            .shim("nothread")
            .not_sent(Code::Connection)
            .says("no thread")
            .plan(|case| {
                case.call();
                shim::set("");
            }),
        row("no further thread can be had: the one there is runs all")
            .shim("")
            .plan(|case| {
                case.warm_up();
                shim::set("nothread");
                burst(case, 10);
            })
            .requests(11)
            .connections(1),
        row("no descriptor is left for a queue")
            .fails(Code::Internal, Delivery::NotSent)
            .says("no descriptor for a queue")
            .plan(|case| {
                case.token();
                let mut error: *mut stytch_error = ptr::null_mut();
                let limit = NoDescriptors::now();
                // SAFETY: the error is freed when it is read.
                let queue = unsafe { stytch_queue_new(&raw mut error) };
                drop(limit);
                case.check(queue.is_null(), || "there is a queue".into());
                let which = case.row.call;
                case.report(&outcome_of(which, ptr::null_mut(), error, Duration::ZERO));
            }),
        row("as many calls as there may be are unfinished")
            .serve_each(vec![hold(1_500), vec![Serve]])
            .plan(busy)
            .not_sent(Code::Busy)
            .retryable(true)
            .requests(1)
            .under(400),
        row("the time is over in the backlog")
            .threads(1)
            .serve(hold(2_000))
            .timeout(400)
            .plan(|case| behind(case, 5))
            .late(Delivery::NotSent)
            .says("waiting for a free thread")
            // The next in the backlog has as much time left as it started later, which may do to send it.
            .uncounted(),
        row("the queue is freed, and the call goes on")
            .serve(hold(300))
            .plan(|case| {
                let mut bell = Listener::to(&case.input.bell);
                let token = case.token();
                let Some(client) = case.client() else { return };
                let queue = Queue::new();
                let begin = Instant::now();
                let call = start(case, &client, &token, &queue);
                bell.hear();
                drop(queue);
                finish(call);
                let outcome = take(case, call, begin.elapsed());
                case.report(&outcome);
            }),
        row("client, queue and call are freed in each order, the call in flight")
            .serve_each([vec![vec![Request, Ring, Wait(6_000)]; 6], vec![vec![Serve]]].concat())
            .plan(|case| orders(case, true))
            .requests(7)
            .connections(7),
        row("client, queue and call are freed in each order, the call finished and not taken")
            .plan(|case| orders(case, false))
            .requests(7)
            .connections(7),
        row("a call starts on a queue of its parent process")
            .not_sent(Code::Argument)
            .says("before this process was forked")
            .plan(inherited),
        row("who fetches keys is cancelled: who waits for them fetches anew")
            .call(&VERIFY)
            .serve_each(vec![vec![Request, Ring, Wait(6_000)], vec![Serve]])
            .plan(cancelled_before)
            .requests(2)
            .under(5_000)
            .connections(2),
        row("64 calls in flight are cancelled at once")
            .threads(64)
            .serve(vec![Request, Ring, Wait(6_000)])
            .plan(|case| cancel_many(case, 64))
            .fails(Code::Cancelled, Delivery::Unknown)
            .requests(64)
            .bound(Bound::Soon),
    ]
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn finish(call: Handle) {
    until("the end of a call", || call.is_finished());
}

/// Takes so many calls from a queue; the first that failed is judged, or the last.
fn take_all(case: &mut Case, queue: &Queue, count: usize, begin: Instant) {
    for _ in 0..count {
        assert!(queue.wait(PATIENCE), "a call never comes out");
        let outcome = take(case, Handle(queue.next()), begin.elapsed());
        case.report_one(&outcome);
    }
    case.check(queue.is_empty(), || "the queue is not empty".into());
}

/// So many calls at once on one queue.
fn burst(case: &mut Case, count: usize) {
    let tokens: Vec<String> = (0..count).map(|_| case.token()).collect();
    let Some(client) = case.client() else { return };
    let queue = Queue::new();
    let begin = Instant::now();
    for token in &tokens {
        start(case, &client, token, &queue);
    }
    take_all(case, &queue, count, begin);
}

fn threads(case: &mut Case) {
    let Some(client) = case.client() else { return };
    let queue = Queue::new();
    let none = workers();
    case.check(none == 0, || format!("{none} threads before any call"));
    let tokens: Vec<String> = (0..20).map(|_| case.token()).collect();
    let begin = Instant::now();
    for token in &tokens {
        start(case, &client, token, &queue);
    }
    let most = (0..50)
        .map(|_| {
            thread::sleep(Duration::from_millis(2));
            workers()
        })
        .max();
    case.check(most == Some(3), || format!("{most:?} threads, not 3"));
    let statuses = statuses("stytch");
    case.check(statuses.iter().all(|one| blocks_signals(one)), || {
        format!("signals reach them: {statuses:?}")
    });
    take_all(case, &queue, 20, begin);
    drop(client);
    case.free_client();
    let left = workers();
    case.check(left == 0, || format!("{left} threads after the client"));
}

fn busy(case: &mut Case) {
    let mut bell = Listener::to(&case.input.bell);
    let [first, token] = [case.token(), case.token()];
    let mut settings = case.settings();
    settings.max_pending = Some(1);
    let client = Client::new(&settings).expect("a client");
    let queue = Queue::new();
    let begin = Instant::now();
    let call = start(case, &client, &first, &queue);
    bell.hear();
    let token = CString::new(token).expect("no NUL");
    let mut error = ptr::null_mut();
    let refused = Instant::now();
    // SAFETY: all are alive; the token is copied.
    let none = unsafe { queue.start(case.row.call, client.handle(), Some(&token), &raw mut error) };
    let outcome = outcome_of(case.row.call, ptr::null_mut(), error, refused.elapsed());
    case.check(none.is_null(), || "it was not refused".into());
    finish(call);
    let first = take(case, Handle(queue.next()), begin.elapsed());
    case.check(first.is_ok(), || format!("the first call: {}", first.0));
    case.report(&outcome);
}

/// So many calls wait behind one until their time is over. All end on time, the last is judged.
fn behind(case: &mut Case, count: usize) {
    let mut bell = Listener::to(&case.input.bell);
    let first = case.token();
    let tokens: Vec<String> = (0..count).map(|_| case.token()).collect();
    let Some(client) = case.client() else { return };
    let [queue, of_first] = [Queue::new(), Queue::new()];
    let running = start(case, &client, &first, &of_first);
    bell.hear();
    let begin = Instant::now();
    for token in &tokens {
        start(case, &client, token, &queue);
    }
    take_all(case, &queue, count, begin);
    finish(running);
    let first = take(case, running, Duration::ZERO);
    case.check(first.number("code") == Code::Timeout as i64, || {
        format!("the first call: {}", first.0)
    });
}

/// Client, queue and call in every order.
fn orders(case: &mut Case, in_flight: bool) {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut bell = in_flight.then(|| Listener::to(&case.input.bell));
    for order in ORDERS {
        let token = case.token();
        let Some(client) = case.client() else { return };
        let queue = Queue::new();
        let call = start(case, &client, &token, &queue);
        match &mut bell {
            Some(bell) => bell.hear(),
            None => finish(call),
        }
        let begin = Instant::now();
        let (mut client, mut queue) = (Some(client), Some(queue));
        for one in order {
            match one {
                0 => {
                    client = None;
                    case.free_client();
                }
                1 => queue = None,
                _ => call.free(),
            }
        }
        let took = begin.elapsed();
        case.check(client.is_none() && queue.is_none(), || "not freed".into());
        case.check(took < Duration::from_secs(1), || {
            format!("{order:?} took {took:?}")
        });
    }
    case.call();
}

fn inherited(case: &mut Case) {
    let token = CString::new(case.token()).expect("no NUL");
    let Some(client) = case.client() else { return };
    let queue = Queue::new();
    let which = case.row.call;
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    let child = fork(|| {
        let mut error = ptr::null_mut();
        let begin = Instant::now();
        // SAFETY: all are alive; the token is copied.
        let call = unsafe { queue.start(which, client.handle(), Some(&token), &raw mut error) };
        if !call.is_null() {
            return 1;
        }
        let outcome = outcome_of(which, ptr::null_mut(), error, begin.elapsed());
        let said = std::io::Write::write_all(&mut writer, outcome.0.to_string().as_bytes());
        i32::from(said.is_err()) * 2
    });
    let ended = child.wait();
    case.check(ended == Ok(0), || format!("the child: {ended:?}"));
    drop(writer);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).expect("the child's words");
    let outcome = serde_json::from_str(&text).unwrap_or_default();
    case.report(&Outcome(outcome));
}

fn cancelled_before(case: &mut Case) {
    let mut bell = Listener::to(&case.input.bell);
    let [first, second] = [case.token(), case.token()];
    let Some(client) = case.client() else { return };
    let [of_first, queue] = [Queue::new(), Queue::new()];
    let fetching = start(case, &client, &first, &of_first);
    bell.hear();
    let begin = Instant::now();
    start(case, &client, &second, &queue);
    thread::sleep(Duration::from_millis(50));
    fetching.cancel();
    finish(fetching);
    let first = take(case, fetching, Duration::ZERO);
    case.check(first.number("code") == Code::Cancelled as i64, || {
        format!("who fetched: {}", first.0)
    });
    take_all(case, &queue, 1, begin);
}

fn cancel_many(case: &mut Case, count: usize) {
    let mut bell = Listener::to(&case.input.bell);
    let tokens: Vec<String> = (0..count).map(|_| case.token()).collect();
    let Some(client) = case.client() else { return };
    let queue = Queue::new();
    let calls = tokens.iter();
    let calls: Vec<Handle> = calls
        .map(|token| start(case, &client, token, &queue))
        .collect();
    case.kept += count * crate::faults::process::THREAD;
    calls.iter().for_each(|_| bell.hear());
    let begin = Instant::now();
    for call in calls {
        call.cancel();
    }
    take_all(case, &queue, count, begin);
}
