//! Why a call failed, and what became of its request. Code, delivery and
//! whether to try again are decided here and in `outcome`, nowhere else.

use std::fmt;
use std::sync::Arc;

use crate::call::{Call, Subject};
use crate::outcome::{Code, Delivery, Ending, Failed, Repeat};
use crate::quote;
use crate::transport::{Failure, Received};
use stytch_reader::json::Document;
use stytch_reader::jwt::Refusal;

/// A result of the safe core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong. `Display`, which is in `message`, is one
/// sentence for a person and never contains a credential or a token.
///
/// A failure that several callers wait for is shared between them.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Error {
    pub(crate) kind: Arc<Kind>,
    pub(crate) about: About,
}

/// What an error needs to know of its call.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub subject: Subject,
    pub repeat: Repeat,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// The caller's mistake. The text says which argument and what to do.
    InvalidArgument(String),
    /// No status line with its header arrived.
    NoResponse(Failure),
    /// A response with a status other than 2xx.
    Api(Box<ApiError>),
    /// A 2xx response without what the call must return.
    Unusable(Box<Received>, Defect),
    /// A session JWT that failed local verification.
    InvalidToken(Refusal),
    /// There was no memory to begin with.
    OutOfMemory,
    /// A call's result was asked for where there is none. The text says why.
    NoResult(&'static str),
    /// The system did not give what is needed. The text says what to do.
    NoResource(String),
    /// As many calls as the client may have are unfinished.
    Busy { most: usize },
    /// A panic was caught.
    Internal {
        delivery: Delivery,
        status: Option<u16>,
    },
}

/// What is wrong with the body of a 2xx response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// It does not start with a complete JSON object.
    NotAnObject,
    /// There is an object, and it lacks what stands at this RFC 6901 pointer.
    Lacks(&'static str),
    /// It did not arrive as a whole.
    Incomplete,
    /// It is compressed, which the request asked for not to be.
    Coded,
    /// It is not a set of keys, or none of them can be used.
    NoKeys,
    /// There was no memory to look into it.
    NoMemory,
}

/// A response with a status other than 2xx, and the fields of its body.
#[derive(Debug)]
pub struct ApiError {
    pub received: Received,
    pub error_type: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    pub url: Option<String>,
}

impl About {
    pub fn of(call: &Call) -> Self {
        Self {
            subject: call.subject,
            repeat: call.repeat,
        }
    }

    /// No call: nothing is sent, nothing is repeated.
    const NOTHING: Self = Self {
        subject: Subject::Nothing,
        repeat: Repeat::Never,
    };
}

impl Error {
    pub(crate) fn new(kind: Kind, about: About) -> Self {
        let kind = Arc::new(kind);
        Self { kind, about }
    }

    /// An argument that cannot be used; `text` says what to do about it.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::new(Kind::InvalidArgument(text.into()), About::NOTHING)
    }

    /// A panic outside of any call: the C boundary caught it.
    pub fn internal(delivery: Delivery) -> Self {
        let status = None;
        Self::new(Kind::Internal { delivery, status }, About::NOTHING)
    }

    /// There is no result to take; `text` says what to do.
    pub(crate) fn no_result(text: &'static str) -> Self {
        Self::new(Kind::NoResult(text), About::NOTHING)
    }

    /// The system does not give what is needed, other than memory; `text` says
    /// what to do about it.
    pub fn no_resource(text: impl Into<String>) -> Self {
        Self::new(Kind::NoResource(text.into()), About::NOTHING)
    }

    /// Nothing was sent, because there is not enough memory for a call.
    pub fn out_of_memory() -> Self {
        Self::new(Kind::OutOfMemory, About::NOTHING)
    }

    pub fn code(&self) -> Code {
        match &*self.kind {
            Kind::InvalidArgument(_) | Kind::NoResult(_) => Code::InvalidArgument,
            Kind::NoResponse(failure) => failure.code(),
            Kind::Api(_) => Code::Api,
            Kind::Unusable(_, Defect::NoMemory) => Code::Internal,
            Kind::Unusable(received, _) => match received.ending {
                Ending::Complete | Ending::OverLimit => Code::InvalidResponse,
                Ending::BrokenOff => Code::Transport,
                Ending::Late => Code::Timeout,
                Ending::Cancelled => Code::Cancelled,
                Ending::NoMemory => Code::Internal,
            },
            Kind::InvalidToken(Refusal::OutOfMemory) => Code::Internal,
            Kind::InvalidToken(_) => Code::InvalidToken,
            Kind::Internal { .. } | Kind::OutOfMemory | Kind::NoResource(_) => Code::Internal,
            Kind::Busy { .. } => Code::Busy,
        }
    }

    pub fn delivery(&self) -> Delivery {
        match &*self.kind {
            Kind::InvalidArgument(_)
            | Kind::InvalidToken(_)
            | Kind::OutOfMemory
            | Kind::NoResource(_)
            | Kind::Busy { .. } => Delivery::NotSent,
            Kind::NoResponse(failure) => failure.as_failed().delivery,
            Kind::Api(error) => Delivery::of(true, Some(error.received.status)),
            Kind::Unusable(..) => Delivery::Accepted,
            // What became of the call, its result says, or said.
            Kind::NoResult(_) => Delivery::Unknown,
            Kind::Internal { delivery, .. } => *delivery,
        }
    }

    /// The status of the response; 0 if none arrived.
    pub fn http_status(&self) -> u16 {
        match &*self.kind {
            Kind::Internal { status, .. } => status.unwrap_or(0),
            _ => self.received().map_or(0, |received| received.status),
        }
    }

    /// Whether the same call, made again, may succeed and cannot use a
    /// single-use token twice.
    pub fn is_retryable(&self) -> bool {
        let failed = match &*self.kind {
            Kind::NoResponse(failure) => failure.as_failed(),
            _ => Failed {
                code: self.code(),
                delivery: self.delivery(),
                status: self.http_status(),
                is_lasting: false,
            },
        };
        failed.is_retryable(self.about.repeat)
    }

    /// What Stytch said, if it rejected the request.
    pub fn api(&self) -> Option<&ApiError> {
        match &*self.kind {
            Kind::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Stytch's word for what is wrong, or ours for a session JWT.
    pub fn error_type(&self) -> Option<&str> {
        match &*self.kind {
            Kind::InvalidToken(Refusal::OutOfMemory) => None,
            Kind::InvalidToken(refusal) => Some(refusal.word()),
            _ => self.api()?.error_type.as_deref(),
        }
    }

    /// Stytch's id of the request, also of a response that could not be used.
    pub fn request_id(&self) -> Option<String> {
        match &*self.kind {
            Kind::Api(error) => error.request_id.clone(),
            Kind::Unusable(received, _) => {
                let document = Document::parse(received.body.as_bytes()).ok()?;
                let id = document.root().get("request_id")?.string()?;
                Some(quote::name(id.to_str().ok()?)?.to_owned())
            }
            _ => None,
        }
    }

    /// The response, if one arrived.
    pub fn received(&self) -> Option<&Received> {
        match &*self.kind {
            Kind::Api(error) => Some(&error.received),
            Kind::Unusable(received, _) => Some(received),
            _ => None,
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("its body is not a JSON object"),
            Self::Lacks(pointer) => {
                let name = pointer.trim_start_matches('/');
                write!(f, "its body has no usable {name}")
            }
            Self::Coded => f.write_str(
                "its body is compressed, though the request asked for it as it is (a gateway on the way does this)",
            ),
            Self::NoKeys => f.write_str("its body has no key that can verify a session JWT"),
            Self::Incomplete => f.write_str("its body is not complete"),
            Self::NoMemory => f.write_str("there was no memory to read its body"),
        }
    }
}
