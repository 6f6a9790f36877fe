//! What a call of the API is, apart from where it goes and with whose
//! credentials. Each resource in `api/` describes its calls with this type;
//! nothing else in the library knows them.

use std::borrow::Cow;

use ureq::http::Method;

use crate::outcome::Repeat;
use crate::secret::Confidential;

/// One call of the API.
pub struct Call<'a> {
    /// The C function's name without `stytch_`.
    pub name: &'static str,
    pub method: Method,
    /// Whether the request carries the project's credentials.
    pub is_authorized: bool,
    /// Starts with a slash and may have a query.
    pub path: Cow<'a, str>,
    /// Whether caches on the way must ask the server again.
    pub past_caches: bool,
    /// JSON.
    pub body: Option<Confidential<'a>>,
    /// What the request contains in confidence, besides the credentials: no
    /// message repeats it.
    pub secrets: [Option<Confidential<'a>>; 2],
    pub subject: Subject,
    pub repeat: Repeat,
    pub must_have: MustHave,
    /// No more of a response's body than this is kept, in bytes.
    pub body_limit: usize,
}

impl Call<'_> {
    /// What the request contains in confidence.
    pub fn confidential(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().flatten().map(Confidential::as_str)
    }

    /// The same call, with its own copies of what a caller gave.
    pub fn into_owned(self) -> Call<'static> {
        Call {
            path: self.path.into_owned().into(),
            body: self.body.map(Confidential::into_owned),
            secrets: self
                .secrets
                .map(|secret| secret.map(Confidential::into_owned)),
            ..self
        }
    }
}

/// How much of a response's body is kept, unless a call says otherwise.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The same for lists and for calls that the library does not know.
pub const LARGE_BODY_LIMIT: usize = 16 * 1024 * 1024;

/// What a call is about: how messages speak of the consequences of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// No call of the API at all.
    Nothing,
    /// A token that works once.
    SingleUseToken,
    /// A session that is looked at or refreshed.
    Session,
    /// A session that ends.
    Revocation,
    /// Something that is only read.
    Reading,
    /// Whatever the caller asks for.
    Request,
}

/// What a 2xx response must contain to be a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MustHave {
    /// Nothing, and whatever became of its body: what was asked for is done.
    Nothing,
    /// A body that arrived to its end, be it empty.
    WholeBody,
    /// An object with a string that is not empty, at this RFC 6901 pointer.
    Text(&'static str),
    /// An object with an array at this pointer.
    Array(&'static str),
}
