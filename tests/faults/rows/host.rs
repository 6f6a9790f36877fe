//! What the host program does: fork, signals, loading and unloading.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::faults::client::{Case, Client, PROJECT_ID, SECRET};
use crate::faults::process::THREAD;
use crate::faults::row::{Code, Row};
use crate::faults::server::Step::{self, Bytes, Handshake, Raw, Request, Reset, Send, Serve, Wait};
use crate::faults::system::{
    Library, Storm, close_standard_error, default_signal, dispositions, exit, fork,
};
use crate::faults::{answers, shim};

pub fn rows() -> Vec<Row> {
    let mut rows = fork_rows();
    rows.extend(signals());
    rows.extend(unload());
    rows
}

fn secure() -> Vec<Step> {
    vec![Handshake, Serve]
}

/// A fork that makes a call with the client it inherited; 0 where it succeeds.
fn call_in_fork(
    case: &mut Case,
    client: &Arc<Client>,
    frees: bool,
) -> crate::faults::system::Child {
    let token = case.token();
    fork(|| {
        let is_ok = client.call(&token).is_ok();
        if frees {
            client.free_copy();
        }
        i32::from(!is_ok)
    })
}

fn expect_ok(case: &mut Case, child: crate::faults::system::Child) {
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

fn fork_rows() -> Vec<Row> {
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

fn signals() -> Vec<Row> {
    let row = |what| Row::new("signals", what);
    let slow = || {
        vec![vec![
            Handshake,
            Request,
            Wait(150),
            Step::Drip(answers::session(), Duration::from_millis(1)),
        ]]
    };
    let storm =
        |what, plan: fn(&mut Case)| row(what).tls().serve_each(slow()).plan(plan).under(2_500);
    vec![
        storm("a storm of them, without SA_RESTART", |case| {
            let storm = Storm::start(500, 0);
            case.call();
            drop(storm);
        }),
        storm("a storm of them, with SA_RESTART", |case| {
            let storm = Storm::start(500, libc::SA_RESTART);
            case.call();
            drop(storm);
        }),
        row("a storm of them while it connects")
            .name("answer=127.0.0.2,127.0.0.1")
            .silent(&["127.0.0.2"])
            .plan(|case| {
                let storm = Storm::start(500, 0);
                case.call();
                drop(storm);
            }),
        row("a storm of them during a look-up")
            .name("delay=200 answer=127.0.0.1")
            .plan(|case| {
                let storm = Storm::start(500, 0);
                case.call();
                drop(storm);
            }),
        row("a storm of them until the deadline")
            .serve(vec![Request, Wait(2_000)])
            .timeout(400)
            .late(crate::faults::row::Delivery::Unknown)
            .plan(|case| {
                let storm = Storm::start(500, 0);
                case.call();
                drop(storm);
            }),
        row("SIGPIPE at its default, standard error closed, and the peer resets")
            .serve(vec![Reset])
            .plan(|case| {
                unguarded();
                case.call();
            })
            .fails(Code::Transport, crate::faults::row::Delivery::Unknown)
            .requests(0),
        row("SIGPIPE at its default, and the idle connection is reset")
            .tls()
            .serve_each(vec![
                vec![Handshake, Request, Send(answers::session()), Reset],
                secure(),
            ])
            .plan(|case| {
                unguarded();
                case.warm_up();
                thread::sleep(Duration::from_millis(50));
                case.call();
            })
            .requests(2),
        row("SIGPIPE at its default, and the peer resets while the request is sent")
            .serve(vec![Wait(100), Reset])
            .shim("sndbuf=4096")
            .plan(|case| {
                unguarded();
                case.call_raw(Some(&[b'"'; 8192]));
            })
            .fails(Code::Transport, crate::faults::row::Delivery::Unknown)
            .requests(0),
        row("SIGPIPE at its default, standard error closed, and garbage for a handshake")
            .tls()
            .serve(vec![Bytes(200), Raw(vec![0xA5; 4096])])
            .plan(|case| {
                unguarded();
                case.call();
            })
            .not_sent(Code::Tls),
        row("no handler is installed, no mask is changed")
            .tls()
            .serve(secure())
            .plan(|case| {
                let before = dispositions();
                case.call();
                let after = dispositions();
                case.check(before == after, || "a disposition has changed".into());
            }),
    ]
}

/// Nothing guards the process: a write to a closed pipe would end it.
fn unguarded() {
    default_signal(libc::SIGPIPE);
    close_standard_error();
}

fn library() -> std::path::PathBuf {
    let executable = std::env::current_exe().expect("this program's path");
    let deps = executable.parent().expect("a folder");
    let profile = deps.parent().expect("a folder");
    [deps, profile]
        .map(|folder| folder.join("libstytch.so"))
        .into_iter()
        .find(|path| path.exists())
        .expect("the shared library beside this program")
}

/// Loads the library, makes a call, and unloads it.
fn load_and_call(case: &mut Case) {
    let token = case.token();
    let url = case.input.base_url.clone();
    case.kept = LOADED;
    let library = Library::open(&library());
    let is_ok = library.call(&url, PROJECT_ID, SECRET, &token);
    drop(library);
    case.check(is_ok, || "a call of the loaded library failed".into());
}

/// What the system keeps of a library that stays loaded.
const LOADED: usize = 8 * 1024;

fn unload() -> Vec<Row> {
    let row = |what| Row::new("unload", what);
    vec![
        row("dlclose after use")
            .plan(|case| {
                load_and_call(case);
                case.call();
            })
            .requests(2),
        row("1,000 times dlopen, call, dlclose")
            .plan(|case| {
                for _ in 0..1_000 {
                    load_and_call(case);
                }
                case.call();
            })
            .requests(1_001),
        row("dlclose, and then a thread ends that had made calls")
            .plan(|case| {
                let token = case.token();
                let url = case.input.base_url.clone();
                let (told, tell) = std::sync::mpsc::channel();
                let (closed, wait) = std::sync::mpsc::channel::<()>();
                case.kept = LOADED;
                let loaded = Library::open(&library());
                let path = library();
                case.kept += THREAD;
                let thread = thread::spawn(move || {
                    let mine = Library::open(&path);
                    let is_ok = mine.call(&url, PROJECT_ID, SECRET, &token);
                    drop(mine);
                    told.send(is_ok).expect("a listener");
                    let _ = wait.recv();
                });
                let is_ok = tell.recv().expect("a word");
                drop(loaded);
                drop(closed);
                thread.join().expect("no panic");
                case.check(is_ok, || "a call of the loaded library failed".into());
                case.call();
            })
            .requests(2),
    ]
}
