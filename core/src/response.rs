//! A successful response: the body as received, and how to look into it.

use std::ffi::CStr;
use std::fmt;

use once_cell::race::OnceBox;

use crate::json::{Document, Field, Fields, Value};
use crate::transport::Received;

/// An answer that carries a session. It never changes, so any number of
/// threads may read it.
pub struct Response {
    received: Received,
    fields: Fields,
    /// Built when first asked for. No lock guards it: a process forked while
    /// another thread builds it would inherit the lock held. Of two threads
    /// that ask first at the same moment one keeps what it built.
    document: OnceBox<Document>,
}

impl Response {
    pub(crate) fn new(received: Received, fields: Fields) -> Self {
        Self {
            received,
            fields,
            document: OnceBox::new(),
        }
    }

    pub fn http_status(&self) -> u16 {
        self.received.status
    }

    /// The body as received, byte for byte.
    pub fn body(&self) -> &[u8] {
        self.received.body.as_bytes()
    }

    /// The body with a NUL behind it.
    pub fn body_with_nul(&self) -> &[u8] {
        self.received.body.as_bytes_with_nul()
    }

    pub fn field(&self, field: Field) -> Option<&CStr> {
        self.fields.get(field)
    }

    /// What the RFC 6901 pointer leads to.
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        self.document
            .get_or_init(|| {
                let document = Document::parse(self.body());
                Box::new(document.expect("an object was found when the response came"))
            })
            .pointer(pointer)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
