//! Bytes as an HTTP answer, over a socket. The first byte says what becomes of
//! the connection behind them: O leaves it open, R resets it, S sends them in
//! two parts, K leaves it open for a second call, any other closes it.
#![no_main]

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use stytch_fuzz::abi::{self, Client, Failure, Options, Response};
use stytch_fuzz::http::{self, Meaning};
use stytch_fuzz::oracle;
use stytch_fuzz::server::{Ending, Plan, Server};

const SECRET: &CStr = c"secret-that-is-in-no-answer";
/// What every token starts with; a number follows, for each input its own.
const TOKEN: &str = "token-that-is-in-no-answer-";
const RETRIES: u32 = 2;
/// Long enough for a busy machine, short enough for an answer that hangs.
const TIMEOUT: Duration = Duration::from_millis(900);
const OPEN_TIMEOUT: Duration = Duration::from_millis(20);
/// Below this one write puts all of an answer before the reader at once.
const ONE_PIECE: usize = 16 * 1024;
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"session_token\":\"second\"}";

type Outcome = abi::Result<Response>;

thread_local! {
    static SERVER: Server = Server::start();
    static INPUTS: Cell<u64> = const { Cell::new(0) };
}

fuzz_target!(init: stytch_fuzz::set_up(), |input: &[u8]| {
    let Some((mode, played)) = input.split_first() else {
        return;
    };
    SERVER.with(|server| run(server, *mode, played));
});

fn run(server: &Server, mode: u8, played: &[u8]) {
    let meaning = http::meaning(played);
    // An answer that never ends costs its whole time, so most of them do end.
    let is_endless = !matches!(
        meaning,
        None | Some(Meaning::Answer {
            is_delimited: true,
            ..
        })
    );
    let ending = match mode {
        b'O' | b'K' if is_endless && played.len() % 8 != 0 => Ending::Close,
        b'O' => Ending::Open,
        b'R' => Ending::Reset,
        b'K' if played.len() <= ONE_PIECE => Ending::Keep,
        _ => Ending::Close,
    };
    let is_kept = ending == Ending::Keep;
    INPUTS.set(INPUTS.get() + 1);
    let token = format!("{TOKEN}{}", INPUTS.get());
    let c_token = CString::new(token.as_str()).expect("no NUL");
    server.arm(Plan {
        token: Some(token),
        play: played.to_vec(),
        split: (mode == b'S').then_some(played.len() / 2),
        ending,
        then: is_kept.then(|| GOOD.to_vec()),
    });
    // A client for each input, so that no connection is left from the last.
    let is_quick = matches!(ending, Ending::Open | Ending::Keep);
    let timeout = if is_quick { OPEN_TIMEOUT } else { TIMEOUT };
    let options = Options::local(server.port);
    options
        .timeout_ms(timeout.as_millis() as u32)
        .expect("a good timeout");
    options.max_retries(RETRIES).expect("a good count");
    let client = Client::new(Some(c"project-test-fuzz"), Some(SECRET), &options);
    let client = client.expect("a client");

    let start = Instant::now();
    let outcome = client.authenticate(Some(&c_token));
    let is_late = start.elapsed() >= timeout;
    let requests = server.seen().len();
    if is_late && requests == 0 {
        return; // a machine too busy to tell anything
    }
    always(&outcome, requests, played);
    if ending == Ending::Reset {
        return; // how much was read before it is anybody's guess
    }
    if let Some(meaning) = &meaning {
        foretold(&outcome, meaning, is_quick, is_late, is_kept);
    }
    if is_kept && requests == 1 {
        second(&client, &c_token, timeout);
    }
}

/// What holds whatever was played.
fn always(outcome: &Outcome, requests: usize, played: &[u8]) {
    assert!(requests >= 1, "answered without a request");
    let failure = match outcome {
        Ok(response) => {
            assert!((200..300).contains(&response.http_status()));
            let token = oracle::session_token(response.json());
            assert_ne!(token, Ok(None), "a session out of nothing");
            if let Ok(Some(token)) = token {
                assert_eq!(token.as_bytes(), response.session_token());
            }
            assert!(requests == 1 || holds(played, b"429"), "sent again");
            return;
        }
        Err(failure) => failure,
    };
    let Failure {
        code,
        delivery,
        http_status: status,
        ..
    } = *failure;
    match code {
        abi::API => {
            assert!(
                (300..=999).contains(&status) || (100..200).contains(&status),
                "{failure:?}"
            );
            let is_refusal = (400..500).contains(&status);
            assert_eq!(
                delivery,
                if is_refusal {
                    abi::REJECTED
                } else {
                    abi::UNKNOWN
                }
            );
        }
        abi::INVALID_RESPONSE => {
            assert_eq!(delivery, abi::ACCEPTED);
            assert!((200..300).contains(&status));
        }
        abi::TRANSPORT | abi::TIMEOUT if status == 0 => assert_eq!(delivery, abi::UNKNOWN),
        abi::TRANSPORT | abi::TIMEOUT => {
            assert_eq!(delivery, abi::ACCEPTED);
            assert!((200..300).contains(&status));
        }
        _ => panic!("an answer cannot cause this: {failure:?}"),
    }
    if delivery == abi::ACCEPTED {
        let token = oracle::session_token(&failure.body);
        assert!(!matches!(token, Ok(Some(_))), "a session was lost");
    }
    // A token goes out again only after a 429 that says when.
    assert!(requests as u32 <= 1 + RETRIES);
    assert!(
        requests == 1 || holds(played, b"429"),
        "sent again: {failure:?}"
    );
    for secret in [SECRET.to_str().expect("UTF-8"), TOKEN] {
        assert!(!failure.message.contains(secret), "{}", failure.message);
    }
}

fn holds(bytes: &[u8], three: &[u8; 3]) -> bool {
    bytes.windows(3).any(|window| window == three)
}

/// What a well-formed answer must lead to.
fn foretold(outcome: &Outcome, meaning: &Meaning, is_open: bool, is_late: bool, is_kept: bool) {
    if let (true, Err(failure)) = (is_late, outcome)
        && (failure.code, failure.http_status) == (abi::TIMEOUT, 0)
    {
        return; // the time was up before the machine came to read the answer
    }
    let Meaning::Answer {
        status,
        body,
        is_whole,
        is_delimited,
        retry_after_ms,
    } = meaning
    else {
        let failure = outcome.as_ref().err().expect("no answer came");
        assert_eq!((failure.http_status, failure.delivery), (0, abi::UNKNOWN));
        assert!(failure.code == abi::TRANSPORT || is_late, "{failure:?}");
        return;
    };
    if is_kept && *status == 429 {
        return; // its retry, if any, was answered with the second answer
    }
    // At the deadline reading stops wherever it is.
    let is_same = |found: &[u8]| found == body || (is_late && body.starts_with(found));
    let is_success = (200..300).contains(status);
    match (oracle::session_token(body), outcome) {
        (Ok(Some(token)), Ok(response)) if is_success => {
            assert_eq!(response.session_token(), token.as_bytes());
            assert_eq!(response.http_status(), *status);
            assert!(is_same(response.json()));
        }
        (Ok(Some(_)), Err(failure)) if is_success => {
            assert!(is_late && is_same(&failure.body), "lost: {failure:?}");
        }
        (Err(_), _) if is_success => {}
        (_, Ok(_)) => panic!("no session came"),
        (_, Err(failure)) => {
            let ended = *is_whole && (*is_delimited || !is_open);
            let code = match (is_success, ended) {
                (false, _) => abi::API,
                (true, true) => abi::INVALID_RESPONSE,
                (true, false) => abi::TRANSPORT,
            };
            let is_timeout = is_late && is_success && failure.code == abi::TIMEOUT;
            assert!(failure.code == code || is_timeout, "{failure:?}");
            assert_eq!(failure.http_status, *status);
            assert!(is_same(&failure.body), "{failure:?}");
            assert_eq!(failure.retry_after_ms, *retry_after_ms);
        }
    }
}

/// The next call of the same client must get its own answer, whatever the
/// first left on the connection.
fn second(client: &Client, token: &CStr, timeout: Duration) {
    let start = Instant::now();
    match client.authenticate(Some(token)) {
        Ok(response) => assert_eq!(response.session_token(), b"second"),
        Err(failure) => {
            let is_late = start.elapsed() >= timeout;
            assert!(failure.code == abi::TIMEOUT && is_late, "{failure:?}");
        }
    }
}
