//! What a call can come to, as plain data. This module uses no other.

use std::fmt;

/// The class of a failure. The numbers are the C ABI's: append-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    InvalidArgument = 1,
    Connection = 2,
    Tls = 3,
    Timeout = 4,
    Transport = 5,
    Api = 6,
    InvalidResponse = 7,
    Cancelled = 8,
    Internal = 9,
    InvalidToken = 10,
    Busy = 11,
}

impl Code {
    /// The name of the C constant, without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::Connection => "CONNECTION",
            Self::Tls => "TLS",
            Self::Timeout => "TIMEOUT",
            Self::Transport => "TRANSPORT",
            Self::Api => "API",
            Self::InvalidResponse => "INVALID_RESPONSE",
            Self::Cancelled => "CANCELLED",
            Self::Internal => "INTERNAL",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::Busy => "BUSY",
        }
    }
}

/// What became of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Delivery {
    Unknown = 0,
    NotSent = 1,
    Rejected = 2,
    Accepted = 3,
}

impl Delivery {
    /// The name of the C constant, without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::NotSent => "NOT_SENT",
            Self::Rejected => "REJECTED",
            Self::Accepted => "ACCEPTED",
        }
    }

    /// Follows from what was seen, whatever stopped the call afterwards:
    /// whether a byte of the request was sent, and the status of the response
    /// whose head arrived.
    pub fn of(request_sent: bool, status: Option<u16>) -> Self {
        match status {
            _ if !request_sent => Self::NotSent,
            Some(200..=299) => Self::Accepted,
            Some(400..=499) => Self::Rejected,
            // A 5xx may come from a gateway that failed after the request was
            // carried out, and a 3xx is never followed.
            _ => Self::Unknown,
        }
    }
}

/// What a call is doing, for the message when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// In the backlog of a client's workers.
    Backlog,
    Lookup,
    Connect,
    Proxy,
    Tls,
    Send,
    AwaitResponse,
    ReadResponse,
}

impl Phase {
    const ALL: [Self; 8] = [
        Self::Backlog,
        Self::Lookup,
        Self::Connect,
        Self::Proxy,
        Self::Tls,
        Self::Send,
        Self::AwaitResponse,
        Self::ReadResponse,
    ];

    /// The phase with this number, `self as u8`.
    pub fn from_number(number: u8) -> Self {
        Self::ALL[usize::from(number) % Self::ALL.len()]
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backlog => "waiting for a free thread to call",
            Self::Lookup => "looking up",
            Self::Connect => "connecting to",
            Self::Proxy => "asking the proxy for a tunnel to",
            Self::Tls => "setting up TLS with",
            Self::Send => "sending the request to",
            Self::AwaitResponse => "waiting for a response from",
            Self::ReadResponse => "reading the response from",
        })
    }
}

/// How the body of a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Complete,
    /// The framing says that more should have come, or was malformed.
    BrokenOff,
    /// The deadline passed before its end.
    Late,
    /// The call was cancelled before its end.
    Cancelled,
    /// It is longer than the call's limit.
    OverLimit,
    /// There was no memory for the rest of it.
    NoMemory,
}

/// Whether a request may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It contains what works once, or its method is not idempotent (RFC 9110,
    /// section 9.2.2): only if an earlier request was certainly not carried out.
    Never,
    /// It does no harm when repeated; the caller decides whether to.
    Harmless,
    /// It only reads (a GET): the library may repeat it by itself.
    ByItself,
}

/// How a call failed, as far as a retry depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Failed {
    pub code: Code,
    pub delivery: Delivery,
    /// The status of the response; 0 if none arrived.
    pub status: u16,
    /// The reason does not pass by itself: a proxy that refuses, say.
    pub is_lasting: bool,
}

impl Failed {
    /// Whether the same request, sent again, may succeed and cannot use a
    /// single-use token twice. This is the only place that decides it: the
    /// library's own retries and `stytch_error_is_retryable` both ask here.
    pub fn is_retryable(&self, repeat: Repeat) -> bool {
        let passes = matches!(
            self.code,
            Code::Connection | Code::Timeout | Code::Transport | Code::Busy
        ) && !self.is_lasting;
        match (self.delivery, self.status) {
            (Delivery::NotSent, _) => passes,
            (Delivery::Rejected, 429) => true,
            (Delivery::Unknown, 500 | 502 | 503 | 504) => repeat != Repeat::Never,
            (Delivery::Unknown, 0) => passes && repeat != Repeat::Never,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_follows_from_what_was_seen() {
        for (request_sent, status, expected) in [
            (false, None, Delivery::NotSent),
            (true, None, Delivery::Unknown),
            (true, Some(101), Delivery::Unknown),
            (true, Some(200), Delivery::Accepted),
            (true, Some(299), Delivery::Accepted),
            (true, Some(302), Delivery::Unknown),
            (true, Some(400), Delivery::Rejected),
            (true, Some(499), Delivery::Rejected),
            (true, Some(503), Delivery::Unknown),
            (true, Some(600), Delivery::Unknown),
        ] {
            assert_eq!(Delivery::of(request_sent, status), expected, "{status:?}");
        }
    }

    #[test]
    fn what_may_be_sent_again() {
        use Repeat::{ByItself, Harmless, Never};
        let failed = |code, delivery, status| Failed {
            code,
            delivery,
            status,
            is_lasting: false,
        };
        for (failed, expected) in [
            // [single use, harmless, GET]
            (failed(Code::Connection, Delivery::NotSent, 0), [true; 3]),
            (failed(Code::Timeout, Delivery::NotSent, 0), [true; 3]),
            (failed(Code::Busy, Delivery::NotSent, 0), [true; 3]),
            (failed(Code::Tls, Delivery::NotSent, 0), [false; 3]),
            (
                failed(Code::InvalidArgument, Delivery::NotSent, 0),
                [false; 3],
            ),
            (failed(Code::Cancelled, Delivery::NotSent, 0), [false; 3]),
            (failed(Code::Internal, Delivery::NotSent, 0), [false; 3]),
            (
                failed(Code::Transport, Delivery::Unknown, 0),
                [false, true, true],
            ),
            (
                failed(Code::Timeout, Delivery::Unknown, 0),
                [false, true, true],
            ),
            (failed(Code::Internal, Delivery::Unknown, 0), [false; 3]),
            (failed(Code::Cancelled, Delivery::Unknown, 0), [false; 3]),
            (
                failed(Code::Api, Delivery::Unknown, 503),
                [false, true, true],
            ),
            (failed(Code::Api, Delivery::Unknown, 501), [false; 3]),
            (failed(Code::Api, Delivery::Unknown, 302), [false; 3]),
            (failed(Code::Api, Delivery::Rejected, 429), [true; 3]),
            (failed(Code::Api, Delivery::Rejected, 401), [false; 3]),
            (failed(Code::Transport, Delivery::Accepted, 200), [false; 3]),
            (
                failed(Code::InvalidResponse, Delivery::Accepted, 200),
                [false; 3],
            ),
        ] {
            let found = [Never, Harmless, ByItself].map(|repeat| failed.is_retryable(repeat));
            assert_eq!(found, expected, "{failed:?}");
        }
        let lasting = Failed {
            is_lasting: true,
            ..failed(Code::Connection, Delivery::NotSent, 0)
        };
        assert!(!lasting.is_retryable(ByItself));
    }
}
