//! Why no answer came back.

use std::borrow::Cow;
use std::fmt;
use std::io;

use super::delivery::{self, Phase};
use super::tls_error::TlsFailure;
use crate::error::{Code, sent_advice};

/// A request that got no answer: what was being done, why that failed, and
/// whether a byte of the request had left by then.
#[derive(Debug)]
pub struct Failure {
    pub phase: Phase,
    pub cause: Cause,
    pub request_sent: bool,
    /// The host that the call was for.
    pub host: String,
}

/// Why it failed. Texts are ours or the system's; none holds what was sent.
#[derive(Debug)]
pub enum Cause {
    /// The time for this phase, or for the whole call, was up.
    Deadline,
    /// The server could not be trusted, or spoke no TLS that is acceptable.
    Tls(Cow<'static, str>),
    /// The proxy's response to CONNECT had this status.
    ProxyRefused(u16),
    /// The proxy's response to CONNECT was 407.
    ProxyAuthentication {
        /// The ways of authenticating that it offered.
        offered: Vec<&'static str>,
        /// Whether it was sent credentials.
        given: bool,
    },
    /// The name has no address, or the look-up failed.
    LookUp(Cow<'static, str>),
    /// The connection could not be made, broke, or spoke no valid HTTP.
    Broken(Cow<'static, str>),
    /// The request could not even be made: a defect in this library.
    Defect,
}

impl Cause {
    pub fn io(error: &io::Error) -> Self {
        let text: Cow<'static, str> = match error.kind() {
            io::ErrorKind::ConnectionRefused => "the connection was refused".into(),
            io::ErrorKind::ConnectionReset => "the peer reset the connection".into(),
            io::ErrorKind::BrokenPipe => "the peer had closed the connection".into(),
            io::ErrorKind::NetworkUnreachable => "the network is unreachable".into(),
            io::ErrorKind::HostUnreachable => "the host is unreachable".into(),
            io::ErrorKind::TimedOut => return Self::Deadline,
            _ => match error.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE) => {
                    "this process has no file descriptor left".into()
                }
                Some(_) => error.to_string().into(),
                None => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                    Some(TlsFailure(text)) => text.clone().into(),
                    None => "the connection failed".into(),
                },
            },
        };
        Self::Broken(text)
    }

    pub fn closed() -> Self {
        Self::Broken("the peer closed the connection".into())
    }
}

impl Failure {
    /// The failure of the call on this thread, now.
    pub fn now(cause: Cause) -> Self {
        Self {
            phase: delivery::phase(),
            cause,
            request_sent: delivery::request_sent(),
            host: String::new(),
        }
    }

    pub fn code(&self) -> Code {
        match (&self.cause, self.request_sent) {
            (Cause::Defect, _) => Code::Internal,
            (Cause::Deadline, _) => Code::Timeout,
            (_, true) => Code::Transport,
            (Cause::Tls(_), false) => Code::Tls,
            (_, false) => Code::Connection,
        }
    }

    /// Whether the next try may fare better. A proxy's 4xx and a certificate
    /// do not mend themselves within a deadline.
    pub fn may_pass(&self) -> bool {
        !self.request_sent
            && match self.cause {
                Cause::Tls(_) | Cause::Defect | Cause::ProxyAuthentication { .. } => false,
                Cause::ProxyRefused(status) => status >= 500,
                Cause::Deadline | Cause::LookUp(_) | Cause::Broken(_) => true,
            }
    }
}

impl Failure {
    /// What the caller may look at, where that is not in the cause already.
    fn remedy(&self) -> &'static str {
        match (&self.cause, self.phase) {
            (Cause::LookUp(_), _) | (Cause::Deadline, Phase::LookUp) => {
                " (check the host name and this machine's name service)"
            }
            (Cause::Broken(_) | Cause::Deadline, Phase::Connect) => {
                " (check the base URL, the network and whether a proxy is needed)"
            }
            _ => "",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} failed: ", self.phase, self.host)?;
        match &self.cause {
            Cause::Deadline => f.write_str("the time for it was up")?,
            Cause::ProxyRefused(status) => write!(f, "the proxy refused with {status}")?,
            Cause::ProxyAuthentication { offered, given } => {
                f.write_str(&proxy_authentication(offered, *given))?;
            }
            Cause::Tls(text) | Cause::LookUp(text) | Cause::Broken(text) => f.write_str(text)?,
            Cause::Defect => f.write_str("the request could not be made, a defect of libstytch")?,
        }
        write!(f, "; {}", sent_advice(self.request_sent))?;
        f.write_str(self.remedy())
    }
}

/// What a 407 means, and what can be done about it. Only Basic is supported.
fn proxy_authentication(offered: &[&str], given: bool) -> String {
    if !offered.is_empty() && !offered.contains(&"Basic") {
        return format!(
            "the proxy offers only {} for authentication (407), and only Basic is supported; use a proxy that accepts Basic or asks for none",
            offered.join(", ")
        );
    }
    if given {
        "the proxy did not accept the credentials (407); check user and password in the `proxy` option".into()
    } else {
        "the proxy asks for credentials (407); give them in the `proxy` option, as in http://user:password@host:port".into()
    }
}

impl std::error::Error for Failure {}

/// How a failure travels through ureq, which keeps it whole.
impl From<Failure> for ureq::Error {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure))
    }
}

/// The failure that ureq carried, or what it says on its own account: its
/// parser's verdict on the answer, told in our words, for its own may quote.
impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        let cause = match error {
            ureq::Error::Other(error) => match error.downcast::<Self>() {
                Ok(failure) => return *failure,
                Err(_) => Cause::Defect,
            },
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Cause::closed()
            }
            ureq::Error::Io(error) => return from_io(error),
            ureq::Error::LargeResponseHeader(..) => {
                Cause::Broken("the answer's headers are longer than 64 KiB".into())
            }
            // The texts are fixed ones, of the parser's own.
            ureq::Error::Protocol(error) if delivery::request_sent() => {
                Cause::Broken(format!("the answer is no valid HTTP/1.1 ({error})").into())
            }
            _ => Cause::Defect,
        };
        Self::now(cause)
    }
}

/// Reading a body, ureq wraps its errors once more.
pub fn from_io(error: io::Error) -> Failure {
    match error.downcast::<ureq::Error>() {
        Ok(error) => error.into(),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Failure::now(Cause::closed()),
        Err(error) => Failure::now(Cause::io(&error)),
    }
}
