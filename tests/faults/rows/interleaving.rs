//! Two calls on one thread that are under way at once: no token is ever sent twice, and each call keeps its own time.

use std::ffi::CString;

use crate::faults::answers::session;
use crate::faults::case::Case;
use crate::faults::client::{Client, Outcome};
use crate::faults::host::interleave;
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{Request, Reset, Send, Serve, Wait};
use crate::faults::system::call_at_alarm;

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("interleaved calls", what);
    vec![
        row("user-level threads over poll: one call's connection is reset while another connects")
            .shim("")
            .serve_each(vec![vec![Request, Wait(600), Reset], vec![Serve]])
            .silent(&["127.0.0.2"])
            .connect_timeout(1_500)
            .plan(beside_one_that_connects)
            .broke()
            .under(6_000),
        row(
            "user-level threads over poll: one call's connection is reset after another's response",
        )
        .shim("")
        .serve_each(vec![
            vec![Request, Wait(900), Reset],
            vec![Request, Wait(300), Send(session())],
            vec![Serve],
        ])
        .plan(beside_one_that_succeeds)
        .broke()
        .requests(2)
        .under(6_000),
        row("user-level threads over poll: the second call has its own deadline")
            .shim("")
            .serve_each(vec![
                vec![Request, Wait(500), Send(session())],
                vec![Request, Wait(3_000)],
            ])
            .timeout(1_000)
            .plan(|case| {
                let Some(client) = case.client() else { return };
                let [first, second] = [case.token(), case.token()];
                let (mut a, mut b) = (Outcome::default(), Outcome::default());
                interleave(|| a = client.call(&first), || b = client.call(&second));
                case.check(a.is_ok(), || format!("the first call: {}", a.0));
                case.report(&b);
            })
            .late(Delivery::Unknown)
            .requests(2),
        row("a signal handler makes a call while the interrupted call waits for its response")
            .blocking("what is interrupted is the calling thread inside of the function")
            .serve_each(vec![vec![Request, Wait(800), Reset], vec![Serve]])
            .plan(|case| call_in_handler(case, 300))
            .broke()
            // The handler's own call is made, or refused.
            .uncounted(),
        row("a signal handler makes a call that ends before the interrupted call's response")
            .blocking("what is interrupted is the calling thread inside of the function")
            .serve_each(vec![vec![Request, Wait(800), Send(session())], vec![Serve]])
            .plan(|case| call_in_handler(case, 300))
            .uncounted(),
        row("a signal handler makes a call while the interrupted call connects")
            .blocking("what is interrupted is the calling thread inside of the function")
            .silent(&["127.0.0.2"])
            .connect_timeout(900)
            .plan(|case| {
                let mut settings = case.settings();
                settings.base_url = other_address(&settings.base_url);
                settings.max_retries = 0;
                let Ok(second) = Client::new(&settings) else {
                    return;
                };
                let (Some(client), token) = (case.client(), case.token()) else {
                    return;
                };
                let mine = case.token();
                call_at_alarm(&client, c_string(&token), 300);
                let outcome = second.call(&mine);
                case.report(&outcome);
            })
            .not_sent(Code::Timeout)
            .uncounted(),
    ]
}

fn c_string(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn other_address(url: &str) -> String {
    url.replace("127.0.0.1", "127.0.0.2")
}

fn beside_one_that_connects(case: &mut Case) {
    let Some(client) = case.client() else { return };
    let mut settings = case.settings();
    settings.base_url = other_address(&settings.base_url);
    settings.max_retries = 0;
    let Ok(other) = Client::new(&settings) else {
        return;
    };
    let [second, first] = [case.token(), case.token()];
    let (mut a, mut b) = (Outcome::default(), Outcome::default());
    interleave(|| a = client.call(&first), || b = other.call(&second));
    case.check((b.number("code"), b.number("delivery")) == (4, 1), || {
        format!("the call that connects: {}", b.0)
    });
    let elapsed = b.elapsed().as_millis();
    case.check((1_500..3_000).contains(&elapsed), || {
        format!("the call that connects had {elapsed} ms, not 1,500")
    });
    case.report(&a);
}

fn beside_one_that_succeeds(case: &mut Case) {
    let Some(client) = case.client() else { return };
    let [second, first] = [case.token(), case.token()];
    let (mut a, mut b) = (Outcome::default(), Outcome::default());
    interleave(|| a = client.call(&first), || b = client.call(&second));
    case.check(b.is_ok(), || format!("the second call: {}", b.0));
    case.report(&a);
}

/// The judged call is interrupted after so many milliseconds.
fn call_in_handler(case: &mut Case, milliseconds: i64) {
    let Some(client) = case.client() else { return };
    let [of_handler, mine] = [case.token(), case.token()];
    call_at_alarm(&client, c_string(&of_handler), milliseconds);
    let outcome = client.call(&mine);
    case.report(&outcome);
}
