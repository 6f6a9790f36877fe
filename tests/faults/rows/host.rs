//! What the host program does: signals, loading and unloading.

use std::thread;
use std::time::Duration;

use crate::faults::answers;
use crate::faults::case::Case;
use crate::faults::client::{PROJECT_ID, SECRET};
use crate::faults::process::THREAD;
use crate::faults::row::{Code, Row};
use crate::faults::server::Step::{self, Bytes, Handshake, Raw, Request, Reset, Send, Serve, Wait};
use crate::faults::system::{Library, Storm, close_standard_error, default_signal, dispositions};

pub fn rows() -> Vec<Row> {
    let mut rows = signals();
    rows.extend(unload());
    rows
}

fn secure() -> Vec<Step> {
    vec![Handshake, Serve]
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

/// Loads a library of its own, makes a call, and unloads it.
fn load_and_call(case: &mut Case) {
    let token = case.token();
    let url = case.input.base_url.clone();
    case.kept = LOADED;
    let library = Library::open(&case.input.copy);
    let is_ok = library.call(&url, PROJECT_ID, SECRET, &token);
    drop(library);
    case.check(is_ok, || "a call of the loaded library failed".into());
}

/// What the system keeps of a library that stays loaded.
const LOADED: usize = 8 * 1024;

fn unload() -> Vec<Row> {
    let row = |what| {
        Row::new("unload", what).blocking("the library that is loaded by hand makes blocking calls")
    };
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
                let loaded = Library::open(&case.input.copy);
                let path = case.input.copy.clone();
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
