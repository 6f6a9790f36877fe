//! One end of a connection on the server's side, plain or TLS, down to its records.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};

/// No case takes longer: what waits this long for its peer has lost it.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Wire {
    tcp: TcpStream,
    tls: Option<ServerConnection>,
    /// What is held back so that it leaves in one write with what follows.
    held: Option<Vec<u8>>,
}

impl Wire {
    pub fn plain(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            tcp,
            tls: None,
            held: None,
        })
    }

    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    pub fn tcp(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }

    /// Does the server's part of a TLS handshake.
    pub fn handshake(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        // TLS 1.3's session tickets leave with it, as they do from a real server.
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut self.tcp)?;
        }
        self.tls = Some(tls);
        Ok(())
    }

    /// The same, with `bytes` in the flight that ends the server's part of it: TLS 1.3 lets a server speak so early.
    pub fn greet(&mut self, config: Arc<ServerConfig>, bytes: &[u8]) -> io::Result<()> {
        let mut config = ServerConfig::clone(&config);
        config.send_half_rtt_data = true;
        let mut tls = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        tls.writer().write_all(bytes)?;
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut self.tcp)?;
        }
        self.tls = Some(tls);
        Ok(())
    }

    /// Reads what the peer says, inside TLS where there is one; 0 is its end.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.tcp.read(buffer);
        };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                outcome => return outcome,
            }
            if tls.read_tls(&mut self.tcp)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let records = self.encrypt(bytes)?;
        self.raw(&records)
    }

    /// The records that carry `bytes`; the bytes themselves where there is no TLS.
    pub fn encrypt(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let Some(tls) = &mut self.tls else {
            return Ok(bytes.to_vec());
        };
        let mut records = Vec::new();
        // Fewer at a time than rustls would buffer.
        for piece in bytes.chunks(16 * 1024) {
            tls.writer().write_all(piece)?;
            while tls.wants_write() {
                tls.write_tls(&mut records)?;
            }
        }
        Ok(records)
    }

    /// Bytes below TLS.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.held {
            Some(held) => {
                held.extend_from_slice(bytes);
                Ok(())
            }
            None => self.tcp.write_all(bytes),
        }
    }

    /// Holds back what is written until [`Self::release`].
    pub fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    pub fn release(&mut self) -> io::Result<()> {
        match self.held.take() {
            Some(bytes) => self.tcp.write_all(&bytes),
            None => Ok(()),
        }
    }

    pub fn close_notify(&mut self) -> io::Result<()> {
        let mut records = Vec::new();
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            while tls.wants_write() {
                tls.write_tls(&mut records)?;
            }
        }
        self.raw(&records)
    }

    pub fn update_keys(&mut self) -> io::Result<()> {
        let mut records = Vec::new();
        if let Some(tls) = &mut self.tls {
            tls.refresh_traffic_keys().map_err(io::Error::other)?;
            // The update leaves with the next words; there are none, so it is written by itself.
            while tls.wants_write() {
                tls.write_tls(&mut records)?;
            }
        }
        self.raw(&records)
    }

    /// Ends the connection with FIN, without a word inside TLS.
    pub fn close(&mut self) -> io::Result<()> {
        self.release()?;
        self.tcp.shutdown(Shutdown::Write)
    }

    /// Ends the connection with RST.
    pub fn reset(self) -> io::Result<()> {
        let linger = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        set_option(&self.tcp, libc::SOL_SOCKET, libc::SO_LINGER, &linger)
    }
}

pub fn set_option<T>(socket: &impl AsRawFd, level: i32, name: i32, value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).expect("a small value");
    // SAFETY: the value is alive and as long as said.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
