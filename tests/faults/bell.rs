//! How a server tells the client's process that a call has come so far: it rings.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Nobody waits longer for the other.
const PATIENCE: Duration = Duration::from_secs(20);

/// The servers' end.
pub struct Bell {
    listener: TcpListener,
    /// To who listens, once that is known.
    wire: Mutex<Option<TcpStream>>,
}

impl Bell {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a change of mode");
        Self {
            listener,
            wire: Mutex::new(None),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("its address")
    }

    pub fn ring(&self) -> io::Result<()> {
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = Instant::now();
        while wire.is_none() && begin.elapsed() < PATIENCE {
            match self.listener.accept() {
                Ok((stream, _)) => *wire = Some(stream),
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
        let wire = wire.as_mut().ok_or(io::ErrorKind::TimedOut)?;
        wire.write_all(b"!")
    }
}

/// The client's end.
pub struct Listener(TcpStream);

impl Listener {
    pub fn to(address: &str) -> Self {
        let wire = TcpStream::connect(address).expect("the bell");
        wire.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        Self(wire)
    }

    /// Waits until it rings once more.
    pub fn hear(&mut self) {
        self.0.read_exact(&mut [0]).expect("the bell rings");
    }
}
