//! Bytes as an HTTP answer, over a socket. The first byte says what becomes of
//! the connection behind them: O leaves it open, R resets it, S sends them in
//! two parts, K leaves it open for a second call, any other closes it.
#![no_main]

use std::ffi::CStr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use stytch_fuzz::abi::{self, Client, Failure, Options, Response};
use stytch_fuzz::http::{self, Meaning};
use stytch_fuzz::oracle;
use stytch_fuzz::server::{Ending, Plan, Server};

const SECRET: &CStr = c"secret-that-is-in-no-answer";
const TOKEN: &CStr = c"token-that-is-in-no-answer";
const RETRIES: u32 = 2;
/// Long enough for a busy machine, short enough for an answer that hangs.
const TIMEOUT: Duration = Duration::from_millis(900);
const OPEN_TIMEOUT: Duration = Duration::from_millis(25);
/// Below this one write puts all of an answer before the reader at once.
const ONE_PIECE: usize = 16 * 1024;
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"session_token\":\"second\"}";

type Outcome = abi::Result<Response>;

thread_local! {
    static SERVER: Server = Server::start();
}

fuzz_target!(init: stytch_fuzz::set_up(), |input: &[u8]| {
    let Some((mode, played)) = input.split_first() else {
        return;
    };
    SERVER.with(|server| run(server, *mode, played));
});

fn run(server: &Server, mode: u8, played: &[u8]) {
    let ending = match mode {
        b'O' => Ending::Open,
        b'R' => Ending::Reset,
        b'K' if played.len() <= ONE_PIECE => Ending::Keep,
        _ => Ending::Close,
    };
    let is_kept = ending == Ending::Keep;
    server.arm(Plan {
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
    let outcome = client.authenticate(Some(TOKEN));
    let is_late = start.elapsed() >= timeout;
    let requests = server.seen().len();
    if is_late && requests == 0 {
        return; // a machine too busy to tell anything
    }
    always(&outcome, requests, played);
    if ending == Ending::Reset {
        return; // how much was read before it is anybody's guess
    }
    if let Some(meaning) = http::meaning(played) {
        foretold(&outcome, &meaning, is_quick, is_late, is_kept);
    }
    if is_kept && requests == 1 {
        second(&client, start, timeout);
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
            assert_eq!(requests, 1, "sent again after a success");
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
    if requests > 1 {
        let wants = b"429".as_slice();
        assert!(
            played.windows(3).any(|three| three == wants),
            "sent twice: {failure:?}"
        );
    }
    for secret in [SECRET, TOKEN] {
        let secret = secret.to_str().expect("UTF-8");
        assert!(!failure.message.contains(secret), "{}", failure.message);
    }
}

/// What a well-formed answer must lead to.
fn foretold(outcome: &Outcome, meaning: &Meaning, is_open: bool, is_late: bool, is_kept: bool) {
    let (status, body, is_whole, retry_after_ms) = match meaning {
        Meaning::NoAnswer => {
            let failure = outcome.as_ref().err().expect("no answer came");
            assert_eq!((failure.http_status, failure.delivery), (0, abi::UNKNOWN));
            assert!(failure.code == abi::TRANSPORT || is_late, "{failure:?}");
            return;
        }
        Meaning::Answer {
            is_delimited: false,
            ..
        } if is_kept => return,
        Meaning::Answer {
            status,
            body,
            is_whole,
            is_delimited,
            retry_after_ms,
        } => (
            *status,
            body,
            *is_whole && (*is_delimited || !is_open),
            *retry_after_ms,
        ),
    };
    if is_late && !(is_open && (200..300).contains(&status)) {
        return;
    }
    if (200..300).contains(&status) {
        match oracle::session_token(body) {
            Ok(Some(token)) => {
                let response = outcome
                    .as_ref()
                    .unwrap_or_else(|error| panic!("lost: {error:?}"));
                assert_eq!(response.session_token(), token.as_bytes());
                assert_eq!(response.json(), body);
                assert_eq!(response.http_status(), status);
            }
            Ok(None) => {
                let failure = outcome.as_ref().err().expect("no session came");
                assert_eq!(
                    (failure.http_status, failure.delivery),
                    (status, abi::ACCEPTED)
                );
                assert_eq!(failure.body, *body);
                let expected = if is_whole {
                    abi::INVALID_RESPONSE
                } else {
                    abi::TRANSPORT
                };
                assert!(failure.code == expected || (is_late && failure.code == abi::TIMEOUT));
            }
            Err(()) => {}
        }
        return;
    }
    let failure = outcome.as_ref().err().expect("not a success");
    if is_kept && status == 429 {
        return; // its retry was answered with the second answer, perhaps
    }
    assert_eq!(
        (failure.code, failure.http_status),
        (abi::API, status),
        "{failure:?}"
    );
    assert_eq!(failure.body, *body);
    assert_eq!(failure.retry_after_ms, retry_after_ms);
}

/// The next call of the same client must get its own answer, whatever the
/// first left on the connection.
fn second(client: &Client, start: Instant, timeout: Duration) {
    let before = start.elapsed();
    match client.authenticate(Some(TOKEN)) {
        Ok(response) => assert_eq!(response.session_token(), b"second"),
        Err(failure) => {
            let is_late = start.elapsed() - before >= timeout;
            assert!(failure.code == abi::TIMEOUT && is_late, "{failure:?}");
        }
    }
}
