//! A client that sees every byte: what came back, and how the connection ended.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use stytch_sandbox::{Config, Sandbox};

pub const AUTHENTICATE: &str = "/v1/b2b/impersonation/authenticate";

pub const SESSIONS: &str = "/v1/b2b/sessions";
pub const SESSIONS_AUTHENTICATE: &str = "/v1/b2b/sessions/authenticate";
pub const REVOKE: &str = "/v1/b2b/sessions/revoke";

/// Returns where the keys are.
pub fn jwks_path() -> String {
    format!("/v1/b2b/sessions/jwks/{}", Config::DEFAULT_PROJECT_ID)
}

/// Returns what Stytch's API responds to this body.
pub fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    Request::new("POST", path)
        .authorized()
        .json(body)
        .send(sandbox)
}

/// Returns what a control endpoint responds to this body.
pub fn control(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    Request::new("POST", path).json(body).send(sandbox)
}

/// Returns the body of a session authentication that succeeds.
pub fn session_of(sandbox: &Sandbox, selector: &Value) -> Value {
    let response = post(sandbox, SESSIONS_AUTHENTICATE, selector);
    assert_eq!(response.status(), 200, "{}", response.text());
    response.json()
}

/// Returns a session without the time of its last access, which every authentication moves.
pub fn but_access(session: &Value) -> Value {
    let mut session = session.clone();
    let removed = session.as_object_mut().unwrap().remove("last_accessed_at");
    assert!(removed.is_some());
    session
}

/// Returns status and error type of a response.
pub fn refusal(response: &Response) -> (u16, String) {
    let body = response.json();
    assert_eq!(body["status_code"], response.status());
    let error_type = body["error_type"].as_str().unwrap_or("none").to_owned();
    (response.status(), error_type)
}

/// Returns the header and the claims of a JWT, unverified.
pub fn parts_of(jwt: &str) -> (Value, Value) {
    let mut parts = jwt.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

pub fn sandbox() -> Sandbox {
    Sandbox::start(Config::default()).unwrap()
}

pub fn tls_sandbox() -> Sandbox {
    Sandbox::start(Config {
        tls: true,
        ..Config::default()
    })
    .unwrap()
}

/// How the server ended a connection.
#[derive(Debug, PartialEq)]
pub enum End {
    /// In order, over TLS with close_notify.
    Closed,
    /// Over TLS without close_notify.
    Cut,
    Reset,
}

pub struct Response {
    pub bytes: Vec<u8>,
    pub end: End,
}

impl Response {
    pub fn text(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap()
    }

    pub fn status(&self) -> u16 {
        self.text()[9..12].parse().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.text().split_once("\r\n\r\n").unwrap();
        let fields = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
            .next()
    }

    pub fn body(&self) -> &str {
        self.text().split_once("\r\n\r\n").unwrap().1
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap()
    }
}

/// A request; `Host`, `Content-Length` and `Connection: close` are added unless given.
pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        let line = format!("{method} {path} HTTP/1.1");
        Request {
            line,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Basic auth.
    pub fn auth(self, project_id: &str, secret: &str) -> Self {
        let credentials = STANDARD.encode(format!("{project_id}:{secret}"));
        self.header("Authorization", &format!("Basic {credentials}"))
    }

    /// With the credentials of the default project.
    pub fn authorized(self) -> Self {
        self.auth(Config::DEFAULT_PROJECT_ID, Config::DEFAULT_SECRET)
    }

    pub fn json(mut self, body: impl ToString) -> Self {
        self.body = body.to_string();
        self.header("Content-Type", "application/json")
    }

    pub fn bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        let defaults = [
            ("Host", host.to_owned()),
            ("Content-Length", self.body.len().to_string()),
            ("Connection", "close".to_owned()),
        ];
        for (name, value) in defaults {
            if !self
                .headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
            {
                head += &format!("{name}: {value}\r\n");
            }
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }

    pub fn send(&self, sandbox: &Sandbox) -> Response {
        let (_, host) = sandbox.url().split_once("://").unwrap();
        let mut stream = connect(sandbox);
        stream.write_all(&self.bytes(host)).unwrap();
        stream.flush().unwrap();
        receive(stream)
    }
}

pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

pub fn connect(sandbox: &Sandbox) -> Box<dyn Stream> {
    let (_, host) = sandbox.url().split_once("://").unwrap();
    let tcp = TcpStream::connect(host).unwrap();
    tcp.set_nodelay(true).unwrap();
    // Only so that a defect shows as a failure and not as a hang.
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    match sandbox.ca_pem() {
        None => Box::new(tcp),
        Some(pem) => Box::new(StreamOwned::new(tls_client(pem), tcp)),
    }
}

fn tls_client(pem: &str) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

/// All that comes, and the end.
pub fn receive(mut stream: impl Read) -> Response {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => End::Closed,
        Err(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => End::Cut,
            io::ErrorKind::ConnectionReset => End::Reset,
            _ => panic!("after {} bytes: {error}", bytes.len()),
        },
    };
    Response { bytes, end }
}

/// A request for a session, as libstytch sends it.
pub fn authenticate(token: &str) -> Request {
    Request::new("POST", AUTHENTICATE)
        .authorized()
        .json(json!({ "impersonation_token": token }))
}

/// Returns whether the token still works. Uses it.
pub fn works(sandbox: &Sandbox, token: &str) -> bool {
    match authenticate(token).send(sandbox).status() {
        200 => true,
        401 => false,
        status => panic!("status {status}"),
    }
}
