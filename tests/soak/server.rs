//! The soak's server: it answers over connections that stay open, does to each
//! token what chance says, and keeps a ledger of it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::socket::{MsgFlags, send, setsockopt, sockopt};

use super::{ACCEPTED, API, INVALID_RESPONSE, Outcome, REJECTED, TIMED_OUT, TRANSPORT, UNKNOWN};

const SEED: u64 = 0x57A7_C400_50AC;
/// After so many connections nobody listens for a while.
const OUTAGE_EVERY: usize = 150;
const OUTAGE: Duration = Duration::from_millis(60);
/// A server's thread needs little, and there are many.
const STACK: usize = 128 * 1024;
/// Far longer than a connection is idle here; it only ends those that a client has lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Deed {
    Session = 1,
    /// And with it the end of the connection.
    SessionThenClose,
    /// And a little later the end, perhaps when the next request is on its way.
    SessionThenRace,
    /// And in the same breath an answer that nobody asked for.
    SessionThenUnasked,
    /// The last chunk is missing.
    SessionCutFraming,
    /// Around the time of the deadline.
    LateSession,
    /// The body stops until the deadline has passed.
    StalledBody,
    CutBody,
    NoSession,
    Refused,
    TooManyNow,
    TooMany,
    ServerError,
    CloseBefore,
    ResetBefore,
    CutHead,
}

/// Each deed's share in a thousand; `Session` has what is left.
const SHARES: [(Deed, u64); 15] = [
    (Deed::SessionThenClose, 60),
    (Deed::SessionThenRace, 10),
    (Deed::SessionThenUnasked, 20),
    (Deed::SessionCutFraming, 20),
    (Deed::LateSession, 4),
    (Deed::StalledBody, 3),
    (Deed::CutBody, 20),
    (Deed::NoSession, 20),
    (Deed::Refused, 50),
    (Deed::TooManyNow, 60),
    (Deed::TooMany, 20),
    (Deed::ServerError, 40),
    (Deed::CloseBefore, 20),
    (Deed::ResetBefore, 20),
    (Deed::CutHead, 20),
];

impl Deed {
    /// What chance says for the `sight`th time that a token is seen.
    fn by_chance(number: usize, sight: usize) -> Self {
        let mut left = mix(SEED ^ (number as u64) << 8 ^ sight as u64) % 1000;
        for (deed, share) in SHARES {
            if left < share {
                return deed;
            }
            left -= share;
        }
        Self::Session
    }

    /// Whether a session was opened, whatever became of it on its way.
    pub fn is_success(self) -> bool {
        self as u8 <= Self::CutBody as u8
    }

    /// What the caller must be told.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Session
            | Self::SessionThenClose
            | Self::SessionThenRace
            | Self::SessionThenUnasked
            | Self::SessionCutFraming
            | Self::LateSession => (0, 0, 200),
            Self::StalledBody => (TIMED_OUT, ACCEPTED, 200),
            Self::CutBody => (TRANSPORT, ACCEPTED, 200),
            Self::NoSession => (INVALID_RESPONSE, ACCEPTED, 200),
            Self::Refused => (API, REJECTED, 401),
            Self::TooManyNow | Self::TooMany => (API, REJECTED, 429),
            Self::ServerError => (API, UNKNOWN, 500),
            Self::CloseBefore | Self::ResetBefore | Self::CutHead => (TRANSPORT, UNKNOWN, 0),
        }
    }
}

/// SplitMix64's finish: neighbours come out unlike.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

/// What was done for each token, a byte a deed, the latest lowest.
pub struct Ledger {
    deeds: Vec<AtomicU64>,
    misuses: AtomicUsize,
}

impl Ledger {
    fn new(calls: usize) -> Self {
        Self {
            deeds: (0..calls).map(|_| AtomicU64::new(0)).collect(),
            misuses: AtomicUsize::new(0),
        }
    }

    /// Decides, and writes it down before anything is done.
    fn decide(&self, number: usize) -> Deed {
        let before = self.deeds[number].load(Ordering::SeqCst);
        let sight = (8 - before.leading_zeros() as usize / 8) % 8;
        let deed = Deed::by_chance(number, sight);
        let after = before << 8 | deed as u64;
        let swapped =
            self.deeds[number].compare_exchange(before, after, Ordering::SeqCst, Ordering::SeqCst);
        assert!(swapped.is_ok(), "token {number} came twice at once");
        deed
    }

    /// The deeds for a token, in order.
    pub fn of(&self, number: usize) -> Vec<Deed> {
        let known = SHARES.map(|(deed, _)| deed);
        self.deeds[number]
            .load(Ordering::SeqCst)
            .to_be_bytes()
            .into_iter()
            .filter(|byte| *byte != 0)
            .map(|byte| {
                let deed = known.iter().find(|deed| **deed as u8 == byte);
                deed.copied().unwrap_or(Deed::Session)
            })
            .collect()
    }

    pub fn misuses(&self) -> usize {
        self.misuses.load(Ordering::SeqCst)
    }
}

pub struct Server {
    address: SocketAddr,
    pub ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    accepting: JoinHandle<usize>,
}

impl Server {
    pub fn start(calls: usize) -> Self {
        // An address of its own, whose ports no outgoing connection takes
        // while nobody listens.
        let listener = TcpListener::bind((Ipv4Addr::new(127, 83, 79, 75), 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let ledger = Arc::new(Ledger::new(calls));
        let stop = Arc::new(AtomicBool::new(false));
        let (of_thread, ending) = (Arc::clone(&ledger), Arc::clone(&stop));
        let accepting = thread::spawn(move || accept(listener, address, &of_thread, &ending));
        Self {
            address,
            ledger,
            stop,
            accepting,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening, waits until all clients have closed their connections,
    /// and gives the counts of connections and of outages.
    pub fn stop(self) -> (usize, usize) {
        self.stop.store(true, Ordering::SeqCst);
        while !self.accepting.is_finished() {
            drop(TcpStream::connect(self.address));
            thread::sleep(Duration::from_millis(5));
        }
        let connections = self.accepting.join().expect("a server without a finding");
        (connections, connections / OUTAGE_EVERY)
    }
}

fn accept(
    mut listener: TcpListener,
    address: SocketAddr,
    ledger: &Arc<Ledger>,
    stop: &AtomicBool,
) -> usize {
    let mut connections = 0;
    // All are joined: what a thread that nobody joins frees at its end looks like a race to ThreadSanitizer, which
    // does not see the fence in std.
    let mut serving: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let (stream, _) = listener.accept().expect("a connection");
        if stop.load(Ordering::SeqCst) {
            join(serving);
            return connections;
        }
        connections += 1;
        let ledger = Arc::clone(ledger);
        let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
            // A client that gave up is no failure.
            let _ = serve(stream, &ledger);
        });
        let (ended, standing) = serving.into_iter().partition(JoinHandle::is_finished);
        join(ended);
        serving = standing;
        serving.push(thread.expect("a thread"));
        if connections % OUTAGE_EVERY == 0 {
            drop(listener);
            thread::sleep(OUTAGE);
            listener = TcpListener::bind(address).expect("the same port again");
        }
    }
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("a connection without a finding");
    }
}

fn serve(mut stream: TcpStream, ledger: &Ledger) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut is_spoilt = false;
    while let Some(number) = read_token(&mut stream)? {
        if is_spoilt {
            ledger.misuses.fetch_add(1, Ordering::SeqCst);
        }
        let deed = ledger.decide(number);
        let session = format!(
            r#"{{"request_id":"request-{number}","session_token":"session-{number}","more":[1,2,3]}}"#
        );
        let length = session.len();
        let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{session}");
        let refusal = |status: &str, headers: &str| {
            format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n{headers}\r\n{{}}")
        };
        match deed {
            Deed::Session => stream.write_all(whole.as_bytes())?,
            Deed::SessionThenClose => {
                // Held back until the end can go in the same segment: whoever
                // has read the answer can see that the connection is over.
                let flags = MsgFlags::from_bits_retain(libc::MSG_MORE) | MsgFlags::MSG_NOSIGNAL;
                send(stream.as_raw_fd(), whole.as_bytes(), flags)?;
                return stream.shutdown(Shutdown::Write);
            }
            Deed::SessionThenRace => {
                stream.write_all(whole.as_bytes())?;
                thread::sleep(Duration::from_micros(mix(number as u64) % 800));
                return stream.shutdown(Shutdown::Both);
            }
            Deed::SessionThenUnasked => {
                let other = whole.replace("session-", "unasked-");
                stream.write_all(format!("{whole}{other}").as_bytes())?;
                is_spoilt = true;
            }
            Deed::SessionCutFraming => {
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                return write!(stream, "{head}{length:x}\r\n{session}\r\n");
            }
            Deed::LateSession => {
                thread::sleep(Duration::from_millis(300 + mix(number as u64) % 200));
                stream.write_all(whole.as_bytes())?;
            }
            Deed::StalledBody => {
                stream.write_all(&whole.as_bytes()[..whole.len() - 20])?;
                while stream.read(&mut [0; 64])? > 0 {}
                return Ok(());
            }
            Deed::CutBody => return stream.write_all(&whole.as_bytes()[..whole.len() - 20]),
            Deed::NoSession => stream.write_all(refusal("200 OK", "").as_bytes())?,
            Deed::Refused => stream.write_all(refusal("401 Unauthorized", "").as_bytes())?,
            Deed::TooManyNow => {
                let answer = refusal("429 Too Many Requests", "Retry-After: 0\r\n");
                stream.write_all(answer.as_bytes())?;
            }
            Deed::TooMany => stream.write_all(refusal("429 Too Many Requests", "").as_bytes())?,
            Deed::ServerError => stream.write_all(refusal("500 Oh", "").as_bytes())?,
            Deed::CloseBefore => return Ok(()),
            Deed::ResetBefore => return reset(&stream),
            Deed::CutHead => return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le"),
        }
    }
    Ok(())
}

/// Makes the close that follows a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(stream, sockopt::Linger, &linger).map_err(io::Error::from)
}

/// Reads one request and gives its token's number; `None` at the end.
fn read_token(stream: &mut TcpStream) -> io::Result<Option<usize>> {
    const MARK: &str = r#"{"impersonation_token":"soak-"#;
    let mut bytes = [0; 4096];
    let mut length = 0;
    loop {
        let count = stream.read(&mut bytes[length..])?;
        if count == 0 {
            return Ok(None);
        }
        length += count;
        let text = std::str::from_utf8(&bytes[..length]).expect("a request of ASCII");
        if let Some(at) = text.find(MARK)
            && let Some(digits) = text[at + MARK.len()..].strip_suffix("\"}")
        {
            return Ok(Some(digits.parse().expect("a token of this soak")));
        }
    }
}
