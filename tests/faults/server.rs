//! A server that goes wrong as it is told, and counts what reaches it.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::answers;
use super::bell::Bell;
use super::call::Call;
use super::wire::{Wire, set_option};

/// Makes what is sent, from a token.
pub type MakeAnswer = dyn Fn(&str) -> Vec<u8> + Send + Sync;

/// What a server does with a connection, one after the other. Behind the last
/// it reads and counts until the client leaves.
#[derive(Clone)]
pub enum Step {
    /// Does the TLS handshake.
    Handshake,
    /// The same, and with its last flight, before the client has said its last word, these bytes inside TLS.
    Greet(Vec<u8>),
    /// Reads a whole request.
    Request,
    /// Reads so many bytes of whatever comes.
    Bytes(usize),
    Send(Vec<u8>),
    /// Sends what is made just then, from the last request's token.
    Make(Arc<MakeAnswer>),
    /// Sends byte by byte, with a pause behind each.
    Drip(Vec<u8>, Duration),
    /// Sends it again and again until the client leaves.
    Forever(Vec<u8>),
    /// Responds to every request as Stytch would: as the row's call wants it for a fresh token, with a refusal for
    /// one that was seen.
    Serve,
    /// Holds back what is sent until `Release`, so that it leaves in one write.
    Hold,
    Release,
    Wait(u64),
    /// Tells the client's process that the script has come here.
    Ring,
    /// Sends bytes below TLS.
    Raw(Vec<u8>),
    /// Sends a record with one bit of its end turned.
    Corrupt(Vec<u8>),
    CloseNotify,
    /// Changes the keys of TLS 1.3 again and again until the client leaves.
    KeyUpdates,
    /// Ends with FIN.
    Close,
    /// Ends with RST.
    Reset,
    /// Reads nothing until the client has left.
    Ignore,
    /// Reads the head of a CONNECT, and records it.
    Connect,
    /// Relays to the server behind the proxy, both ways.
    Tunnel,
}

/// What reached a server.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub connections: usize,
    /// Requests of which at least a byte came.
    pub begun: usize,
    /// The tokens of the requests that came whole.
    pub tokens: Vec<String>,
    /// Heads of the requests and CONNECTs that came whole.
    pub heads: Vec<String>,
    /// Bytes inside TLS, where there is TLS.
    pub bytes: usize,
}

struct Shared {
    call: &'static Call,
    bell: Arc<Bell>,
    counts: Mutex<Counts>,
    scripts: Vec<Vec<Step>>,
    tls: Option<Arc<ServerConfig>>,
    /// Where a tunnel leads.
    behind: Option<SocketAddr>,
    stopped: AtomicBool,
}

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// `scripts`: one for each connection in turn, the last for all further ones.
    pub fn start(
        call: &'static Call,
        bell: &Arc<Bell>,
        scripts: Vec<Vec<Step>>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        Self::start_before(call, bell, scripts, tls, None)
    }

    pub fn start_before(
        call: &'static Call,
        bell: &Arc<Bell>,
        scripts: Vec<Vec<Step>>,
        tls: Option<Arc<ServerConfig>>,
        behind: Option<SocketAddr>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        // Who does not read shall have little room for what is not read.
        let ignores = |step: &Step| matches!(step, Step::Ignore);
        if scripts.iter().flatten().any(ignores) {
            set_option(&listener, libc::SOL_SOCKET, libc::SO_RCVBUF, &2304_i32)
                .expect("a small buffer");
        }
        let shared = Arc::new(Shared {
            call,
            bell: Arc::clone(bell),
            counts: Mutex::default(),
            scripts,
            tls,
            behind,
            stopped: AtomicBool::new(false),
        });
        let address = listener.local_addr().expect("its address");
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || of_thread.listen(&listener));
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn counts(&self) -> Counts {
        self.shared.counts.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().expect("no panic"));
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        for number in 0.. {
            let Ok((tcp, _)) = listener.accept() else {
                return;
            };
            if self.is_stopped() {
                return;
            }
            self.count(|counts| counts.connections += 1);
            let last = self.scripts.len() - 1;
            let script = self.scripts[number.min(last)].clone();
            let shared = Arc::clone(self);
            thread::spawn(move || {
                // How a client leaves is its own affair.
                let _ = Peer::new(shared, tcp).and_then(|peer| peer.play(script));
            });
        }
    }
}

/// A connection that plays its script.
struct Peer {
    shared: Arc<Shared>,
    wire: Wire,
    /// What has come and belongs to no whole request yet.
    input: Vec<u8>,
    /// The last request's.
    token: String,
}

impl Peer {
    fn new(shared: Arc<Shared>, tcp: TcpStream) -> io::Result<Self> {
        let wire = Wire::plain(tcp)?;
        let input = Vec::new();
        Ok(Self {
            shared,
            wire,
            input,
            token: String::new(),
        })
    }

    fn play(mut self, script: Vec<Step>) -> io::Result<()> {
        for step in script {
            match step {
                Step::Handshake => {
                    let tls = self.shared.tls.clone().expect("a row with TLS");
                    self.wire.handshake(tls)?;
                }
                Step::Greet(bytes) => {
                    let tls = self.shared.tls.clone().expect("a row with TLS");
                    self.wire.greet(tls, &bytes)?;
                }
                Step::Request => self.token = self.request()?.unwrap_or_default(),
                Step::Bytes(count) => while self.input.len() < count && self.receive()? {},
                Step::Send(bytes) => self.wire.write(&bytes)?,
                Step::Make(make) => self.wire.write(&make(&self.token))?,
                Step::Drip(bytes, pause) => {
                    for byte in bytes {
                        self.wire.write(&[byte])?;
                        thread::sleep(pause);
                    }
                }
                Step::Forever(bytes) => loop {
                    self.wire.write(&bytes)?;
                },
                Step::Serve => {
                    while let Some(token) = self.request()? {
                        let answer = self.answer(&token);
                        self.wire.write(&answer)?;
                    }
                }
                Step::Hold => self.wire.hold(),
                Step::Release => self.wire.release()?,
                Step::Wait(milliseconds) => thread::sleep(Duration::from_millis(milliseconds)),
                Step::Raw(bytes) => self.wire.raw(&bytes)?,
                Step::Ring => self.shared.bell.ring()?,
                Step::Corrupt(bytes) => {
                    let mut records = self.wire.encrypt(&bytes)?;
                    *records.last_mut().expect("a record") ^= 1;
                    self.wire.raw(&records)?;
                }
                Step::CloseNotify => self.wire.close_notify()?,
                Step::KeyUpdates => loop {
                    self.wire.update_keys()?;
                },
                Step::Close => self.wire.close()?,
                Step::Reset => return self.wire.reset(),
                Step::Ignore => self.ignore(),
                Step::Connect => self.connect()?,
                Step::Tunnel => return self.tunnel(),
            }
        }
        while self.request()?.is_some() {}
        Ok(())
    }

    /// The answer to a request with `token`, which has been counted already.
    fn answer(&self, token: &str) -> Vec<u8> {
        let counts = self.shared.counts.lock().expect("no panic");
        let uses = counts.tokens.iter().filter(|seen| *seen == token).count();
        if uses == 1 {
            (self.shared.call.response)()
        } else {
            answers::refusal()
        }
    }

    /// Reads once; `false` is the client's end.
    fn receive(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = self.wire.read(&mut buffer)?;
        // What comes before TLS stands is no request's.
        if self.shared.tls.is_none() || self.wire.is_tls() {
            // What a proxy is told is no request, save one that should have gone elsewhere.
            let is_request = self.shared.behind.is_none() || buffer.starts_with(b"POST");
            let begins = count > 0 && self.input.is_empty() && is_request;
            self.shared.count(|counts| {
                counts.begun += usize::from(begins);
                counts.bytes += count;
            });
        }
        self.input.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// Reads a whole request and gives its token; `None` is the client's end.
    fn request(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some((head, token, length)) = whole_request(self.shared.call, &self.input) {
                self.input.drain(..length);
                self.shared.count(|counts| {
                    counts.tokens.push(token.clone());
                    counts.heads.push(head);
                });
                return Ok(Some(token));
            }
            if !self.receive()? {
                return Ok(None);
            }
        }
    }

    fn connect(&mut self) -> io::Result<()> {
        // Read below `receive`: what a proxy is told is no request.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if self.wire.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        self.shared.count(|counts| counts.heads.push(head));
        Ok(())
    }

    fn tunnel(mut self) -> io::Result<()> {
        let behind = self.shared.behind.expect("a server behind the proxy");
        let mut server = TcpStream::connect(behind)?;
        let mut from_server = server.try_clone()?;
        let mut to_client = self.wire.tcp().try_clone()?;
        let back = thread::spawn(move || {
            let _ = io::copy(&mut from_server, &mut to_client);
            let _ = to_client.shutdown(std::net::Shutdown::Write);
        });
        let _ = io::copy(self.wire.tcp(), &mut server);
        let _ = server.shutdown(std::net::Shutdown::Write);
        let _ = back.join();
        Ok(())
    }

    /// Waits without reading until the client has closed its end.
    fn ignore(&mut self) {
        let begin = Instant::now();
        while !self.shared.is_stopped() && begin.elapsed() < Duration::from_secs(20) {
            let mut byte = [0; 1];
            // Looks past nothing: a peek takes no byte away.
            let _ = self
                .wire
                .tcp()
                .set_read_timeout(Some(Duration::from_millis(10)));
            match has_hung_up(self.wire.tcp()) {
                true => break,
                false => {
                    let _ = self.wire.tcp().peek(&mut byte);
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
        let _ = self
            .wire
            .tcp()
            .set_read_timeout(Some(Duration::from_secs(20)));
    }
}

/// Whether the peer has ended the connection, unread bytes before it or not.
fn has_hung_up(tcp: &TcpStream) -> bool {
    let mut polled = libc::pollfd {
        fd: tcp.as_raw_fd(),
        events: libc::POLLRDHUP,
        revents: 0,
    };
    // SAFETY: one pollfd, as said.
    let count = unsafe { libc::poll(&raw mut polled, 1, 0) };
    count == 1 && polled.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
}

/// A listener whose queue is full: who connects to it hears nothing.
pub struct Silent {
    _listener: OwnedFd,
    _queue: Vec<TcpStream>,
}

impl Silent {
    pub fn at(address: &str, port: u16) -> Self {
        let address = SocketAddr::new(address.parse().expect("an address"), port);
        let listener = TcpListener::bind(address).expect("a port that is free there too");
        let listener = OwnedFd::from(listener);
        // SAFETY: the descriptor is open; listening again only makes the queue shorter.
        let result = unsafe { libc::listen(listener.as_raw_fd(), 0) };
        assert_eq!(result, 0, "a shorter queue");
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(50)) {
            queue.push(stream);
            assert!(queue.len() < 100, "the queue never fills");
        }
        Self {
            _listener: listener,
            _queue: queue,
        }
    }
}

/// The head, the token and the length of the request at the front of `input`.
fn whole_request(call: &Call, input: &[u8]) -> Option<(String, String, usize)> {
    let end = input.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&input[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = end + length.unwrap_or(0);
    let body = input.get(end..whole)?;
    let token = (call.subject)(&head, body)?;
    Some((head, token, whole))
}
