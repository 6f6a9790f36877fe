//! The server that every subject talks to: https with TLS 1.3, a thread for
//! each connection, and the same answer to every request.
//!
//!     server ANSWER_FILE CA_FILE [HOLD]
//!
//! It writes its certificate to CA_FILE and prints its port once it listens.
//! It ends when its standard input does, and prints how many connections and
//! requests there were. With HOLD, answers wait until that many requests are
//! there, so that as many connections must be open at once.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::{env, fs, thread};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};

static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

struct Site {
    tls: Arc<ServerConfig>,
    answer: Vec<u8>,
    hold: Option<Barrier>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(answer), Some(ca_file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: server ANSWER_FILE CA_FILE [HOLD]".into());
    };
    let hold = arguments.next().map(|count| count.parse()).transpose()?;

    let tls = Arc::new(tls(&ca_file)?);
    let site = Arc::new(Site {
        tls,
        answer: answer_with_head(&fs::read(answer)?),
        hold: hold.map(Barrier::new),
    });

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    // `localhost` may mean both. A host without IPv6 has only the one.
    if let Ok(second) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        let site = Arc::clone(&site);
        thread::spawn(move || listen(&second, &site));
    }
    thread::spawn(move || listen(&listener, &site));

    println!("{port}");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    let connections = CONNECTIONS.load(Ordering::Relaxed);
    let requests = REQUESTS.load(Ordering::Relaxed);
    println!("{{\"connections\": {connections}, \"requests\": {requests}}}");
    Ok(())
}

/// A certificate for this host, of an authority made for it and kept nowhere.
fn tls(ca_file: &str) -> Result<ServerConfig, Box<dyn Error>> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Authority of the comparison");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    fs::write(ca_file, params.self_signed(&key)?.pem())?;
    let authority = Issuer::new(params, key);

    let mut params = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(String::from))?;
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let tls = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(tls)
}

/// The headers are those of Stytch's API, as to number and length.
fn answer_with_head(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n\
         Date: Mon, 23 Nov 2026 09:00:00 GMT\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {}\r\n\
         Connection: keep-alive\r\n\
         Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n\
         X-Request-Id: request-id-test-b34f90aa-eff6-4d28-9c9e-0318679817d8\r\n\
         \r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn listen(listener: &TcpListener, site: &Arc<Site>) {
    for stream in listener.incoming().flatten() {
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let site = Arc::clone(site);
        // A client that goes away ends its thread; there is nobody to tell.
        thread::spawn(move || serve(stream, &site).ok());
    }
}

fn serve(stream: TcpStream, site: &Site) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    let tls = ServerConnection::new(Arc::clone(&site.tls))?;
    let mut stream = rustls::StreamOwned::new(tls, stream);
    let mut request = Vec::with_capacity(16 * 1024);
    let mut piece = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..count]);
        while let Some(length) = request_length(&request) {
            request.drain(..length);
            REQUESTS.fetch_add(1, Ordering::Relaxed);
            if let Some(barrier) = &site.hold {
                barrier.wait();
            }
            stream.write_all(&site.answer)?;
        }
    }
}

/// The length of the whole request at the front, once all of it is there.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = str::from_utf8(&bytes[..head]).ok()?;
    let body: usize = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Some(0), |(_, value)| value.trim().parse().ok())?;
    (bytes.len() >= head + body).then_some(head + body)
}
