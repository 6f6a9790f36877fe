//! Clients, queues and calls that do not block, used and freed in random order.
//! Each byte of the input is one step: what is done, and with which of a few
//! handles. A model of what must hold is kept beside them.
#![no_main]

use std::ffi::{CStr, CString, c_char, c_void};

use libfuzzer_sys::fuzz_target;
use stytch_fuzz::abi::{self, Call, Client, Options, Queue};
use stytch_fuzz::server::{Ending, Plan, Server};

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"session_token\":\"s\"}";
const REFUSED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}";
/// What is sent, and must be in no event.
const TOKEN: &CStr = c"a-token-that-nobody-may-see";
const MOST_STEPS: usize = 200;
const MOST_PENDING: usize = 3;

thread_local! {
    static SERVER: Server = Server::start();
}

/// What is known of a call.
struct Known {
    call: Call,
    /// Of the client and of the queue, which may be gone.
    client: usize,
    queue: usize,
    handed_out: bool,
    taken: bool,
    cancelled: bool,
}

/// Handles with the number that they were made as; a number is never used again.
#[derive(Default)]
struct Model {
    made: usize,
    clients: Vec<(usize, Client)>,
    queues: Vec<(usize, Queue)>,
    calls: Vec<Known>,
}

fn check_event(level: i32, event: &[u8]) {
    assert!((1..=4).contains(&level));
    let value: serde_json::Value = serde_json::from_slice(event).expect("an event of JSON");
    assert!(value["operation"] == "impersonation_authenticate");
    let token = TOKEN.to_bytes();
    assert!(!event.windows(token.len()).any(|window| window == token));
}

unsafe extern "C" fn listen(level: i32, event: *const c_char, _: *mut c_void) {
    // SAFETY: the library gives a string.
    check_event(level, unsafe { CStr::from_ptr(event) }.to_bytes());
}

fn answer(server: &Server, which: u8) {
    let (play, ending) = match which & 3 {
        0 => (GOOD, Ending::Close),
        1 => (REFUSED, Ending::Close),
        2 => (&GOOD[..GOOD.len() - 3], Ending::Reset),
        _ => (&b""[..], Ending::Open),
    };
    server.arm(Plan {
        token: None,
        play: play.to_vec(),
        split: None,
        ending,
        then: None,
    });
}

impl Model {
    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    fn step(&mut self, server: &Server, what: u8, which: u8) {
        let at = usize::from(which);
        let [client, queue, call] = [self.clients.len(), self.queues.len(), self.calls.len()]
            .map(|length| (length > 0).then(|| at % length));
        match (what, client, queue, call) {
            (0, ..) if self.clients.len() < 3 => self.make_client(server, which),
            (1, Some(client), ..) => self.free_client(client),
            (2, ..) if self.queues.len() < 3 => {
                let number = self.number();
                self.queues.push((number, Queue::new().expect("a queue")));
            }
            (3, _, Some(queue), _) => drop(self.queues.swap_remove(queue)),
            (4..=6, Some(client), Some(_), _) => {
                let queue = (at / 3) % self.queues.len();
                self.start(client, queue);
            }
            (7, _, _, Some(call)) => {
                self.calls[call].call.cancel();
                self.calls[call].cancelled = true;
            }
            (8, _, _, Some(call)) => drop(self.calls.swap_remove(call)),
            (9, _, _, Some(call)) => self.take(call),
            (10 | 11, _, Some(queue), _) => self.next(queue),
            (12, _, Some(queue), _) => {
                let waits = self.queues[queue].1.wait(u32::from(which & 3));
                assert!(!waits || self.queues[queue].1.descriptor() >= 0);
            }
            (13, _, Some(queue), _) => {
                let level = i32::from(which) % 6 - 1;
                let taken = self.queues[queue].1.set_log_level(level).is_ok();
                assert_eq!(taken, level >= 0);
            }
            (14, _, Some(queue), _) => {
                if let Some((level, event)) = self.queues[queue].1.next_event() {
                    check_event(level, &event);
                }
            }
            (15, ..) => answer(server, which),
            _ => {}
        }
    }

    fn make_client(&mut self, server: &Server, which: u8) {
        let options = Options::local(server.port);
        options.max_retries(0).expect("no retries");
        options.timeout_ms(20).expect("a short time");
        options
            .max_threads(u32::from(which & 3) + 1)
            .expect("threads");
        options.max_pending(MOST_PENDING as u32).expect("a bound");
        options
            .log(i32::from(which & 3) + 1, Some(listen))
            .expect("a level");
        let [id, secret] = ["project-test-1", "secret"].map(|text| CString::new(text).unwrap());
        let client = Client::new(Some(&id), Some(&secret), &options).expect("a client");
        let number = self.number();
        self.clients.push((number, client));
    }

    /// Whatever was under way has ended by then.
    fn free_client(&mut self, at: usize) {
        let (number, client) = self.clients.swap_remove(at);
        drop(client);
        for known in self.calls.iter_mut().filter(|known| known.client == number) {
            assert!(known.call.is_finished());
            // It may have been ended by that.
            known.cancelled = true;
        }
    }

    fn start(&mut self, client: usize, queue: usize) {
        let name = self.number();
        let (of, client) = &self.clients[client];
        let (into, queue) = &self.queues[queue];
        match queue.start(client, Some(TOKEN), name) {
            Ok(call) => {
                assert_eq!(call.name(), name);
                let (client, queue) = (*of, *into);
                let [handed_out, taken, cancelled] = [false; 3];
                self.calls.push(Known {
                    call,
                    client,
                    queue,
                    handed_out,
                    taken,
                    cancelled,
                });
            }
            Err(failure) => {
                // A call that was freed may still be ending, so this has no exact bound.
                assert_eq!((failure.code, failure.delivery), (abi::BUSY, abi::NOT_SENT));
            }
        }
    }

    fn take(&mut self, at: usize) {
        let known = &mut self.calls[at];
        let was_finished = known.call.is_finished();
        match known.call.take() {
            Ok(response) => {
                assert!(!known.taken);
                assert_eq!(response.session_token(), b"s");
                known.taken = true;
            }
            Err(failure) if failure.code == abi::INVALID_ARGUMENT => {
                assert!(known.taken || !was_finished);
            }
            Err(failure) => {
                assert!(!known.taken);
                known.taken = true;
                assert!(
                    known.cancelled || failure.code != abi::CANCELLED,
                    "{failure:?}"
                );
                assert_ne!(failure.code, abi::BUSY);
            }
        }
    }

    /// A call comes out once, of the queue that it was started on.
    fn next(&mut self, at: usize) {
        let (number, queue) = &self.queues[at];
        let Some((address, name)) = queue.next() else {
            return;
        };
        let mut all = self.calls.iter_mut();
        let known = all.find(|known| known.call.address() == address);
        let known = known.expect("a call that was not freed");
        assert_eq!((known.call.name(), known.queue), (name, *number));
        assert!(!known.handed_out);
        known.handed_out = true;
    }
}

fuzz_target!(init: stytch_fuzz::set_up(), |input: &[u8]| {
    SERVER.with(|server| {
        answer(server, 0);
        let mut model = Model::default();
        let mut steps = input.iter().take(MOST_STEPS);
        for step in steps.by_ref() {
            model.step(server, step & 15, step >> 4);
        }
        // What is left goes in an order of the input's choice, too.
        for which in input.iter().rev().copied() {
            match which % 3 {
                0 if !model.clients.is_empty() => model.free_client(0),
                1 => drop(model.queues.pop()),
                _ => drop(model.calls.pop()),
            }
        }
    });
});
