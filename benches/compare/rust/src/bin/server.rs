//! The server that every subject talks to: https with TLS 1.3, a thread for
//! each connection, and the same answer to every request.
//!
//!     server ANSWER_FILE CA_FILE FIELDS HOLD
//!
//! It writes its certificate to CA_FILE and prints its port once it listens.
//! It ends when its standard input does, and prints how many connections and
//! requests there were. An answer has FIELDS header fields. Answers wait until
//! HOLD requests are there, so that as many connections must be open at once;
//! with 0 they do not.

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
    let mut argument = || {
        arguments
            .next()
            .ok_or("usage: server ANSWER_FILE CA_FILE FIELDS HOLD")
    };
    let (answer, ca_file) = (argument()?, argument()?);
    let (fields, hold) = (argument()?.parse()?, argument()?.parse()?);

    let tls = Arc::new(tls(&ca_file)?);
    let site = Arc::new(Site {
        tls,
        answer: answer_with_head(&fs::read(answer)?, fields)?,
        hold: (hold > 0).then(|| Barrier::new(hold)),
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

/// The six fields of Stytch's API, as to number and length, and then those that
/// a load balancer or a content delivery network adds.
const FIELDS: [&str; 20] = [
    "Date: Mon, 23 Nov 2026 09:00:00 GMT",
    "Content-Type: application/json",
    "Content-Length: ",
    "Connection: keep-alive",
    "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    "X-Request-Id: request-id-test-b34f90aa-eff6-4d28-9c9e-0318679817d8",
    "Server: envoy",
    "Vary: Origin",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: SAMEORIGIN",
    "X-XSS-Protection: 0",
    "X-DNS-Prefetch-Control: off",
    "X-Download-Options: noopen",
    "X-Permitted-Cross-Domain-Policies: none",
    "Referrer-Policy: no-referrer",
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Content-Security-Policy: default-src 'self'; frame-ancestors 'self'; object-src 'none'",
    "Via: 1.1 0123456789abcdef0123456789abcdef.cloudfront.example (CloudFront)",
    "X-Envoy-Upstream-Service-Time: 41",
];

fn answer_with_head(body: &[u8], fields: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let fields = FIELDS.get(..fields).ok_or("there are 20 fields")?;
    let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
    for field in fields {
        head.push_str(field);
        if field.ends_with(": ") {
            head.push_str(&body.len().to_string());
        }
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    Ok([head.as_bytes(), body].concat())
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
