//! Why a call failed and what became of its token. One enum; code and
//! delivery follow from it here and nowhere else.

use std::fmt;

use crate::quote::quote;
use crate::transport::{Answer, Ending, Failure};

/// A result of the safe core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
}

/// What became of the request, so of the single-use token in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Delivery {
    Unknown = 0,
    NotSent = 1,
    Rejected = 2,
    Accepted = 3,
}

/// Everything that can go wrong. `Display` is one sentence for a person and
/// never holds a credential or a token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's mistake. The text says which argument and what to do.
    #[error("{0}")]
    InvalidArgument(String),

    /// No status line with its headers came back.
    #[error("{0}")]
    NoAnswer(#[from] Failure),

    /// An answer with a status that is not 2xx.
    #[error("{}", ApiMessage(.0))]
    Api(Box<ApiError>),

    /// A 2xx answer that carries no usable session.
    #[error("{}", UnusableMessage(.0, .1))]
    Unusable(Box<Answer>, Defect),

    /// A panic was caught: a defect in this library.
    #[error("libstytch has a defect and stopped this call (a panic was caught); {}", sent_advice(*.request_sent))]
    Internal {
        /// Whether a byte of the request had left.
        request_sent: bool,
    },
}

/// What is wrong with a 2xx answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// It does not start with a complete JSON object.
    NotAnObject,
    /// There is an object, and no non-empty `session_token` that C can hold.
    NoSessionToken,
}

/// An answer with a status that is not 2xx, and the fields of its body.
#[derive(Debug)]
pub struct ApiError {
    pub answer: Answer,
    pub error_type: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    pub url: Option<String>,
}

impl Error {
    /// An argument that cannot be used; `text` says what to do about it.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::InvalidArgument(text.into())
    }

    pub fn code(&self) -> Code {
        match self {
            Self::InvalidArgument(_) => Code::InvalidArgument,
            Self::NoAnswer(failure) => failure.code(),
            Self::Api(_) => Code::Api,
            Self::Unusable(answer, _) => match answer.ending {
                Ending::Complete | Ending::OverLimit => Code::InvalidResponse,
                Ending::BrokenOff => Code::Transport,
                Ending::Late => Code::Timeout,
            },
            Self::Internal { .. } => Code::Internal,
        }
    }

    pub fn delivery(&self) -> Delivery {
        match self {
            Self::InvalidArgument(_) => Delivery::NotSent,
            Self::NoAnswer(Failure { request_sent, .. }) | Self::Internal { request_sent } => {
                if *request_sent {
                    Delivery::Unknown
                } else {
                    Delivery::NotSent
                }
            }
            // A 5xx may come from a gateway that failed after the token was
            // used, and a 3xx is never followed.
            Self::Api(error) => match error.answer.status {
                400..=499 => Delivery::Rejected,
                _ => Delivery::Unknown,
            },
            Self::Unusable(..) => Delivery::Accepted,
        }
    }

    /// The answer, where one came.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Api(error) => Some(&error.answer),
            Self::Unusable(answer, _) => Some(answer),
            _ => None,
        }
    }
}

/// What to do with the token when no answer came back.
pub(crate) fn sent_advice(request_sent: bool) -> &'static str {
    if request_sent {
        "the request had begun to leave, so the token may be spent: do not send it again, get a new one"
    } else {
        "nothing was sent, so the same token may be used again until it expires"
    }
}

struct ApiMessage<'a>(&'a ApiError);

impl fmt::Display for ApiMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ApiError {
            answer,
            error_type,
            message,
            ..
        } = self.0;
        write!(f, "{} answered {}", answer.host, answer.status)?;
        if let Some(error_type) = error_type {
            write!(f, " {}", quote(error_type))?;
        }
        if let Some(message) = message {
            write!(f, " ({})", quote(message))?;
        }
        f.write_str(match answer.status {
            401 | 403 if error_type.as_deref() == Some("unauthorized_credentials") => {
                "; check project id, secret and environment"
            }
            429 => "; the token was not used: wait, then try it again",
            400..=499 if error_type.as_deref() == Some("unable_to_auth_impersonation_token") => {
                "; the token was used, has expired or was never one: get a new one"
            }
            400..=499 => "; the token was refused: mend what the answer names, or get a new one",
            300..=399 => {
                "; a redirect is never followed: check the base URL, and get a new token, for this one may be spent"
            }
            _ => "; the token may be spent: do not send it again, get a new one",
        })
    }
}

struct UnusableMessage<'a>(&'a Answer, &'a Defect);

impl fmt::Display for UnusableMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(answer, defect) = self;
        write!(f, "{} answered {}, and ", answer.host, answer.status)?;
        match (answer.ending, defect) {
            (Ending::BrokenOff, _) => f.write_str("its body broke off")?,
            (Ending::Late, _) => f.write_str("its body did not arrive before the deadline")?,
            (Ending::OverLimit, _) => f.write_str("its body is longer than 1 MiB")?,
            (Ending::Complete, Defect::NotAnObject) => f.write_str("its body is no JSON object")?,
            (Ending::Complete, Defect::NoSessionToken) => {
                f.write_str("its body has no usable session_token")?;
            }
        }
        f.write_str(
            "; the token is spent: get a new one (what arrived is kept as the error's body)",
        )
    }
}
