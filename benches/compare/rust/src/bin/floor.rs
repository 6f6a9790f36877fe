//! The floor: what raw rustls costs. One TCP connection, the request's bytes
//! out, the answer's bytes in; no JSON, no HTTP beyond the answer's length.
//!
//!     floor URL CA_FILE calls|timed COUNT

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// Calls before the clock starts, as in bench.c.
const WARM_UP: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, url, ca_file, mode, count] = arguments.as_slice() else {
        return Err("usage: floor URL CA_FILE calls|timed COUNT".into());
    };
    let count: usize = count.parse()?;
    let authority = url.strip_prefix("https://").ok_or("https is meant")?;
    let mut caller = Caller {
        stream: connect(authority, ca_file)?,
        request: request(authority),
        answer: vec![0; 16 * 1024],
        expected: None,
    };
    match mode.as_str() {
        "calls" => {
            for _ in 0..count {
                caller.call()?;
            }
        }
        "timed" => timed(count, &mut caller)?,
        _ => return Err("the mode is calls or timed".into()),
    }
    Ok(())
}

fn request(authority: &str) -> Vec<u8> {
    let body = "{\"impersonation_token\":\"SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4=\"}";
    let credentials = "cHJvamVjdC10ZXN0LTAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMDpzZWNyZXQtdGVzdC1zYW5kYm94";
    format!(
        "POST /v1/b2b/impersonation/authenticate HTTP/1.1\r\n\
         Host: {authority}\r\n\
         Authorization: Basic {credentials}\r\n\
         Content-Type: application/json\r\n\
         User-Agent: floor\r\n\
         Content-Length: {}\r\n\
         \r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn connect(authority: &str, ca_file: &str) -> Result<Stream, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = authority.split(':').next().unwrap_or_default();
    let name = ServerName::try_from(host.to_owned())?;
    let stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    let tls = ClientConnection::new(Arc::new(config), name)?;
    Ok(StreamOwned::new(tls, stream))
}

/// Reads answers of the length of the first one; they are all the same.
struct Caller {
    stream: Stream,
    request: Vec<u8>,
    answer: Vec<u8>,
    expected: Option<usize>,
}

impl Caller {
    fn call(&mut self) -> Result<(), Box<dyn Error>> {
        self.stream.write_all(&self.request)?;
        self.stream.flush()?;
        let mut filled = 0;
        while self.expected.is_none_or(|expected| filled < expected) {
            let count = self.stream.read(&mut self.answer[filled..])?;
            if count == 0 {
                return Err("the connection ended".into());
            }
            filled += count;
            if self.expected.is_none() {
                self.expected = answer_length(&self.answer[..filled]);
            }
        }
        Ok(())
    }
}

fn answer_length(bytes: &[u8]) -> Option<usize> {
    let find = |needle: &[u8]| bytes.windows(needle.len()).position(|part| part == needle);
    let head = find(b"\r\n\r\n")? + 4;
    let name = b"Content-Length: ";
    let digits = bytes[find(name)? + name.len()..].iter();
    let length = digits
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |length, digit| 10 * length + usize::from(digit - b'0'));
    Some(head + length)
}

fn timed(count: usize, caller: &mut Caller) -> Result<(), Box<dyn Error>> {
    for _ in 0..WARM_UP {
        caller.call()?;
    }
    let mut latencies = Vec::with_capacity(count);
    let cpu = cpu_us()?;
    for _ in 0..count {
        let start = Instant::now();
        caller.call()?;
        latencies.push(start.elapsed().as_nanos());
    }
    let cpu = cpu_us()? - cpu;
    latencies.sort_unstable();
    let p50 = latencies[count / 2] as f64 / 1000.0;
    println!(
        "{{\"cpu_us\": {:.3}, \"p50_us\": {p50:.3}}}",
        cpu / count as f64
    );
    Ok(())
}

/// User and system time of this process so far.
fn cpu_us() -> Result<f64, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let us = |time: TimeVal| time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64;
    Ok(us(usage.user_time()) + us(usage.system_time()))
}
