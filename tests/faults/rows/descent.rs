//! Children in unusual places: beside the very first call, made past the C library, and freeing what they inherited.

use std::ffi::CString;
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::faults::case::Case;
use crate::faults::client::{Client, invoke};
use crate::faults::host::{Mode, arm, disarm, is_held};
use crate::faults::process::{THREAD, sockets};
use crate::faults::queue::Queues;
use crate::faults::row::Row;
use crate::faults::server::Step::{self, Handshake, Request, Send, Serve, Wait};
use crate::faults::shim::Preload;
use crate::faults::system::{Child, How, alarm, fork, fork_as, own_memory_has};
use crate::stytch::*;

fn secure() -> Vec<Step> {
    vec![Handshake, Serve]
}

pub fn rows() -> Vec<Row> {
    let mut rows = first_calls();
    let row = |what| Row::new("descent", what);
    for (what, how) in [
        (
            "a child by _Fork makes a call",
            (|case| child_of(case, How::Bare)) as fn(&mut Case),
        ),
        ("a child by clone makes a call", |case| {
            child_of(case, How::Clone)
        }),
    ] {
        rows.push(row(what).plan(how).requests(3).connections(2));
    }
    for (what, how) in [
        (
            "a child by _Fork makes a call over TLS",
            (|case| child_of(case, How::Bare)) as fn(&mut Case),
        ),
        ("a child by clone makes a call over TLS", |case| {
            child_of(case, How::Clone)
        }),
    ] {
        rows.push(
            row(what)
                .tls()
                .serve(secure())
                .plan(how)
                .requests(3)
                .connections(2),
        );
    }
    rows.extend([
        row("the child frees its client, and has none of its sockets any more")
            .plan(sockets_closed)
            .requests(2)
            .connections(1),
        row("the child frees its client, and has none of its sockets any more, over TLS")
            .tls()
            .serve(secure())
            .plan(sockets_closed)
            .requests(2)
            .connections(1),
        row("the child frees its client while another thread of its parent is in a call: credentials are wiped")
            .serve_each(vec![
                vec![Request, Wait(1_000), Send(crate::faults::answers::session())],
                vec![Serve],
            ])
            .plan(credentials_wiped)
            .requests(2),
    ]);
    rows
}

/// After use, a child that no fork handler knows of makes a call, and then the parent does.
fn child_of(case: &mut Case, how: How) {
    case.warm_up();
    let Some(client) = case.client() else { return };
    let token = case.token();
    let child = fork_as(how, || i32::from(!client.call(&token).is_ok()));
    let ended = child.wait();
    case.check(ended == Ok(0), || format!("the child: {ended:?}"));
    drop(client);
    case.call();
}

fn sockets_closed(case: &mut Case) {
    case.warm_up();
    let Some(client) = case.client() else { return };
    let before = sockets();
    case.check(before > 0, || "no connection is kept".into());
    let child = fork(|| {
        client.free_copy();
        i32::try_from(sockets()).expect("a small number")
    });
    let ended = child.wait();
    case.check(ended == Ok(0), || format!("the child's sockets: {ended:?}"));
    drop(client);
    case.call();
}

/// What is looked for is kept masked, so that it is found only where the library has it.
const MASK: u8 = 0x5A;

/// A secret in hexadecimal digits that stands nowhere: each call gives another.
fn masked_secret() -> [u8; 48] {
    let mut random = [0_u8; 24];
    // SAFETY: so many bytes are written.
    let count = unsafe { libc::getrandom(random.as_mut_ptr().cast(), random.len(), 0) };
    assert_eq!(count, 24, "random bytes");
    let mut masked = [0; 48];
    for (at, byte) in masked.iter_mut().enumerate() {
        let digit = (random[at / 2] >> (at % 2 * 4)) & 15;
        *byte = b"0123456789abcdef"[usize::from(digit)] ^ MASK;
    }
    masked
}

/// Base64 of a text that is masked, masked.
fn masked_base64(masked: &[u8; 48]) -> [u8; 64] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = [0; 64];
    for (three, four) in masked.chunks(3).zip(encoded.chunks_mut(4)) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(byte ^ MASK));
        for (at, digit) in four.iter_mut().enumerate() {
            *digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize] ^ MASK;
        }
    }
    encoded
}

fn credentials_wiped(case: &mut Case) {
    let masked = masked_secret();
    let encoded = masked_base64(&masked);
    let url = CString::new(case.input.base_url.as_str()).expect("no NUL");
    // With its colon it is as long as whole groups of base64, so that the secret's own stand as they are.
    let project = c"project-test-descent-01";
    assert_eq!((project.count_bytes() + 1) % 3, 0);
    // SAFETY: strings end with a NUL, handles are valid; the secret is wiped when it has been copied.
    let client = unsafe {
        let options = stytch_options_new();
        stytch_options_set_base_url(options, url.as_ptr(), ptr::null_mut());
        let mut secret = [0_u8; 49];
        for (byte, masked) in secret.iter_mut().zip(masked) {
            *byte = masked ^ MASK;
        }
        let client = stytch_client_new(
            project.as_ptr(),
            secret.as_ptr().cast(),
            options,
            ptr::null_mut(),
        );
        libc::explicit_bzero(secret.as_mut_ptr().cast(), secret.len());
        stytch_options_free(options);
        client
    };
    case.check(!client.is_null(), || "there is no client".into());
    let token = CString::new(case.token()).expect("no NUL");
    let which = case.row.call;
    struct InThread(*mut stytch_client);
    // SAFETY: a client may be used from any thread.
    unsafe impl std::marker::Send for InThread {}
    let of_thread = InThread(client);
    case.kept += THREAD;
    let thread = thread::spawn(move || {
        let of_thread = of_thread;
        let queues = Queues::default();
        // SAFETY: the client outlives the thread.
        unsafe {
            let none = ptr::null_mut();
            let response = invoke(which, of_thread.0, &queues, Some(&token), none);
            stytch_response_free(response);
        }
    });
    thread::sleep(Duration::from_millis(300));
    let find =
        || i32::from(own_memory_has(&masked, MASK)) + 2 * i32::from(own_memory_has(&encoded, MASK));
    let before = fork(find).wait();
    case.check(matches!(before, Ok(2 | 3)), || {
        format!("the credentials are not found even before: {before:?}")
    });
    let child = fork(|| {
        // SAFETY: this process has one thread, and its copy is freed once.
        unsafe { stytch_client_free(client) };
        find()
    });
    let found = child.wait();
    case.check(found == Ok(0), || {
        format!("after the free the child has the secret (1), or it in base64 (2): {found:?}")
    });
    thread.join().expect("no panic");
    // SAFETY: the thread has ended.
    unsafe { stytch_client_free(client) };
    case.call();
}

/// A call, with a client where it needs one and with a token.
type FirstCall = fn(Option<&Client>, &str);

/// Each of them may be the first function of the library that a process calls.
// SAFETY, of all: NULL is what each takes, and what it makes is freed.
const FIRST: &[(&str, FirstCall)] = &[
    ("stytch_version", |_, _| unsafe {
        drop_pointer(stytch_version())
    }),
    ("stytch_options_new", |_, _| unsafe {
        stytch_options_free(stytch_options_new())
    }),
    ("stytch_options_free", |_, _| unsafe {
        stytch_options_free(ptr::null_mut())
    }),
    ("stytch_options_set_base_url", |_, _| unsafe {
        let mut error = ptr::null_mut();
        stytch_options_set_base_url(ptr::null_mut(), ptr::null(), &raw mut error);
        stytch_error_free(error);
    }),
    ("stytch_client_new", |_, _| unsafe {
        let client = stytch_client_new(
            c"project-test-1".as_ptr(),
            c"s".as_ptr(),
            ptr::null(),
            ptr::null_mut(),
        );
        stytch_client_free(client);
    }),
    ("stytch_response_free", |_, _| unsafe {
        stytch_response_free(ptr::null_mut())
    }),
    ("stytch_error_code", |_, _| unsafe {
        assert_eq!(stytch_error_code(ptr::null()), 0)
    }),
    ("stytch_impersonation_authenticate", |client, token| {
        if let Some(client) = client {
            assert!(client.call(token).is_ok());
        }
    }),
];

fn drop_pointer<T>(_: *const T) {}

fn first_calls() -> Vec<Row> {
    vec![
        Row::new("descent", "a fork at any point of another thread's first call, and the child's first call")
            .preload(Preload::Memory)
            .cold()
            .plan(|case| {
                load();
                for (name, call) in FIRST {
                    let hung = (0..2_000)
                        .map(|at| beside_first_call(case, *call, name.ends_with("authenticate"), at))
                        .take_while(|ended| *ended != Ok(NOT_REACHED))
                        .position(|ended| ended != Ok(0));
                    case.check(hung.is_none(), || {
                        format!("{name} hangs or dies in a child that was forked at allocation {hung:?} of another thread's")
                    });
                }
                case.call();
            })
            .uncounted()
            .under(10_000),
    ]
}

/// The first call makes no such allocation.
const NOT_REACHED: i32 = 77;

/// In a fresh process a thread makes the process's first call and is held at an allocation; a child of that process
/// then makes its own.
fn beside_first_call(
    case: &mut Case,
    call: FirstCall,
    with_client: bool,
    at: usize,
) -> Result<i32, String> {
    let settings = case.settings();
    let [first, second] = [case.token(), case.token()];
    let child: Child = fork(move || {
        let client = with_client.then(|| Client::new(&settings));
        let client = Arc::new(client.and_then(Result::ok));
        arm(Mode::None, 0);
        let of_thread = Arc::clone(&client);
        let thread = thread::spawn(move || {
            arm(Mode::Held, at);
            call((*of_thread).as_ref(), &first);
            disarm();
        });
        while !is_held() {
            if thread.is_finished() {
                return NOT_REACHED;
            }
            thread::sleep(Duration::from_micros(50));
        }
        let grandchild = fork(|| {
            alarm(3);
            call((*client).as_ref(), &second);
            0
        });
        grandchild.wait().unwrap_or(1)
    });
    child.wait()
}
