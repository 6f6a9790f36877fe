//! A loopback server that reads requests and plays the bytes it was given.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What becomes of the connection behind the played bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Closed in the same segment as the last bytes.
    Close,
    /// Reset, which may overtake bytes that were not read yet.
    Reset,
    /// Left open, and nothing more is said.
    Open,
    /// Left open, and the next request is answered too.
    Keep,
}

/// What every request is answered with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The token to answer; other requests are late ones of a call that gave
    /// up, and their connections are closed. `None` answers all.
    pub token: Option<String>,
    pub play: Vec<u8>,
    /// Where `play` is cut in two, with a pause between the parts.
    pub split: Option<usize>,
    pub ending: Ending,
    /// What later requests are answered with, where not `play` again.
    pub then: Option<Vec<u8>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    fn carries(&self, token: &str) -> bool {
        let quoted = format!("\"{token}\"");
        self.body
            .windows(quoted.len())
            .any(|window| window == quoted.as_bytes())
    }

    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The only header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.head.lines().skip(1).filter_map(|line| {
            let (this, value) = line.split_once(':')?;
            this.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        found.next().filter(|_| found.next().is_none())
    }
}

#[derive(Default)]
struct State {
    plan: Option<Arc<Plan>>,
    seen: Vec<Request>,
}

pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Starts a server that lives as long as the process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let of_thread = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &of_thread);
            }
        });
        Self { port, state }
    }

    /// What requests are answered with from now on; forgets those seen.
    pub fn arm(&self, plan: Plan) {
        let mut state = lock(&self.state);
        state.plan = Some(Arc::new(plan));
        state.seen.clear();
    }

    /// The requests seen since [`Server::arm`].
    pub fn seen(&self) -> Vec<Request> {
        lock(&self.state).seen.clone()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    stream.set_nodelay(true).expect("a socket option");
    while let Some(request) = read_request(&mut stream) {
        let (plan, is_first) = {
            let mut state = lock(state);
            let plan = state.plan.clone().expect("armed before it is asked");
            if !plan
                .token
                .as_deref()
                .is_none_or(|token| request.carries(token))
            {
                return;
            }
            state.seen.push(request);
            (plan, state.seen.len() == 1)
        };
        let outcome = match &plan.then {
            Some(then) if !is_first => stream.write_all(then),
            _ => play(&mut stream, &plan),
        };
        if outcome.is_err() {
            return;
        }
        match plan.ending {
            Ending::Keep => {}
            Ending::Open => {
                // Until the client gives up, whatever it still sends.
                while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
                return;
            }
            Ending::Close => {
                let _ = stream.shutdown(Shutdown::Write);
                return;
            }
            Ending::Reset => {
                let linger = libc::linger {
                    l_onoff: 1,
                    l_linger: 0,
                };
                set_option(&stream, libc::SOL_SOCKET, libc::SO_LINGER, linger);
                return;
            }
        }
    }
}

fn play(stream: &mut TcpStream, plan: &Plan) -> std::io::Result<()> {
    let rest = match plan.split {
        Some(at) => {
            let (first, rest) = plan.play.split_at(at.min(plan.play.len()));
            stream.write_all(first)?;
            thread::sleep(Duration::from_micros(300));
            rest
        }
        None => &plan.play,
    };
    if plan.ending == Ending::Close {
        // Holds the bytes back until the end can go with them, so that no
        // client takes the connection for one that stays.
        set_option(stream, libc::IPPROTO_TCP, libc::TCP_CORK, 1);
    }
    stream.write_all(rest)
}

fn set_option<T>(stream: &TcpStream, level: i32, name: i32, value: T) {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the option's value is as long as it says.
    let code = unsafe {
        let value: *const T = &value;
        libc::setsockopt(stream.as_raw_fd(), level, name, value.cast(), length)
    };
    assert_eq!(code, 0, "a socket option");
}

/// Reads one request; `None` where the connection ends instead.
fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::with_capacity(1024);
    let head_length = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        read_some(stream, &mut bytes)?;
    };
    let head = String::from_utf8(bytes[..head_length].to_vec()).expect("a head of ASCII");
    let mut body = bytes.split_off(head_length);
    let request = Request {
        head,
        body: Vec::new(),
    };
    let length = request.header("content-length").expect("one length");
    let length: usize = length.parse().expect("a number");
    while body.len() < length {
        read_some(stream, &mut body)?;
    }
    assert_eq!(body.len(), length, "the request is longer than it says");
    Some(Request { body, ..request })
}

fn read_some(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 4096];
    let count = stream.read(&mut piece).ok().filter(|&count| count > 0)?;
    bytes.extend_from_slice(&piece[..count]);
    Some(())
}
