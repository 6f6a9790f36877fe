//! Why no response arrived.

use std::borrow::Cow;
use std::fmt;
use std::io;

use super::system;
use super::tls_error::TlsFailure;
use crate::outcome::{Code, Delivery, Failed, Phase};

/// An attempt without a response: what was being done, why that failed, and
/// whether a byte of the request had been sent by then.
#[derive(Debug)]
pub struct Failure {
    pub phase: Phase,
    pub cause: Cause,
    pub request_sent: bool,
    /// The host that the call was for.
    pub host: String,
}

/// Why it failed. Texts are ours or the system's; none contains what was sent.
#[derive(Debug)]
pub enum Cause {
    /// The time for this phase, or for the whole call, is over.
    Deadline,
    /// The server could not be trusted, or did not speak TLS that can be accepted.
    Tls(Cow<'static, str>),
    /// The proxy responded to CONNECT with this status.
    ProxyRefused(u16),
    /// The proxy responded to CONNECT with 407.
    ProxyAuthentication {
        /// The ways of authenticating that it offered.
        offered: Vec<&'static str>,
        /// Whether it was sent credentials.
        given: bool,
    },
    /// The name has no address, or the lookup failed.
    Lookup(Cow<'static, str>),
    /// The lookup needs a thread, and the system gives none.
    NoThread(io::Error),
    /// The connection could not be made, broke, or the peer sent invalid HTTP.
    Broken(Cow<'static, str>),
    /// The request could not even be made: an internal error.
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
                Some(code) if system::NO_DESCRIPTOR.contains(&code) => {
                    "this process has no free file descriptor".into()
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
    pub fn code(&self) -> Code {
        match (&self.cause, self.request_sent) {
            (Cause::Defect, _) => Code::Internal,
            (Cause::Deadline, _) => Code::Timeout,
            (_, true) => Code::Transport,
            (Cause::Tls(_), false) => Code::Tls,
            (_, false) => Code::Connection,
        }
    }

    /// What a retry depends on.
    pub fn as_failed(&self) -> Failed {
        Failed {
            code: self.code(),
            delivery: Delivery::of(self.request_sent, None),
            status: 0,
            // A proxy that refuses does not change its mind within a deadline,
            // and asking again with wrong credentials can lock an account.
            is_lasting: matches!(
                self.cause,
                Cause::ProxyRefused(400..=499) | Cause::ProxyAuthentication { .. }
            ),
        }
    }

    /// What the caller may look at, where that is not in the cause already.
    fn remedy(&self) -> &'static str {
        match (&self.cause, self.phase) {
            (Cause::Lookup(_), _) | (Cause::Deadline, Phase::Lookup) => {
                " (check the host name and this machine's name service)"
            }
            (Cause::Broken(_) | Cause::Deadline, Phase::Connect) => {
                " (check the base URL, the network and whether a proxy is needed)"
            }
            (Cause::NoThread(_), _) => {
                " (check the limits on processes and memory, such as RLIMIT_NPROC, RLIMIT_AS and a container's pids limit)"
            }
            _ => "",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, host, .. } = self;
        if let Cause::Deadline = self.cause {
            write!(f, "timed out {phase} {host}")?;
        } else {
            write!(f, "{phase} {host} failed: ")?;
        }
        match &self.cause {
            Cause::Deadline => {}
            Cause::ProxyRefused(status) => write!(f, "the proxy refused with {status}")?,
            Cause::ProxyAuthentication { offered, given } => {
                f.write_str(&proxy_authentication(offered, *given))?;
            }
            Cause::Tls(text) | Cause::Lookup(text) | Cause::Broken(text) => f.write_str(text)?,
            Cause::NoThread(error) => write!(f, "the system gives no thread for it: {error}")?,
            Cause::Defect => f.write_str("internal error in libstytch; please report it")?,
        }
        f.write_str(self.remedy())
    }
}

/// What a 407 means, and what can be done about it. Only Basic is supported.
fn proxy_authentication(offered: &[&str], given: bool) -> String {
    if !offered.is_empty() && !offered.contains(&"Basic") {
        return format!(
            "the proxy offers only {} for authentication (407), and only Basic is supported ({}); use a proxy that accepts Basic or asks for none",
            offered.join(", "),
            if given {
                "the user and password given are for that"
            } else {
                "no user and password were given"
            },
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
