//! The first look at an answer: is it whole, and where are its named fields?

use std::ffi::{CStr, CString};
use std::ops::Range;

use super::{Events, Kind, scan, unescape};

/// A member of the answer's top level that has an accessor of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    RequestId,
    MemberId,
    OrganizationId,
    SessionToken,
    SessionJwt,
}

const NAMES: [(Field, &str); 5] = [
    (Field::RequestId, "request_id"),
    (Field::MemberId, "member_id"),
    (Field::OrganizationId, "organization_id"),
    (Field::SessionToken, "session_token"),
    (Field::SessionJwt, "session_jwt"),
];

/// The named fields of the object at the front of an answer.
pub struct Fields {
    texts: [Option<CString>; NAMES.len()],
}

impl Fields {
    /// `None` where no complete object of valid UTF-8 stands at the front.
    pub fn find(text: &[u8]) -> Option<Self> {
        let mut finder = Finder {
            text,
            depth: 0,
            current: None,
            found: [const { None }; NAMES.len()],
        };
        let end = scan(text, &mut finder)?;
        let object = &text[..end];
        // Nearly all answers are ASCII, which is told at half the cost.
        if !object.is_ascii() {
            std::str::from_utf8(object).ok()?;
        }
        let texts = finder
            .found
            .map(|string| string.and_then(|(range, escaped)| to_text(&text[range], escaped)));
        Some(Self { texts })
    }

    /// The field's text; `None` where it is absent, of another type, or no
    /// C string can hold it.
    pub fn get(&self, field: Field) -> Option<&CStr> {
        self.texts[field as usize].as_deref()
    }
}

fn to_text(raw: &[u8], escaped: bool) -> Option<CString> {
    let mut text = Vec::with_capacity(raw.len() + 1);
    if !escaped {
        text.extend_from_slice(raw);
    } else if !unescape(raw, |piece| text.extend_from_slice(piece)) {
        return None;
    }
    CString::new(text).ok()
}

type StringAt = (Range<usize>, bool);

struct Finder<'a> {
    text: &'a [u8],
    depth: usize,
    /// Which field the next value of the top level belongs to.
    current: Option<usize>,
    found: [Option<StringAt>; NAMES.len()],
}

impl Finder<'_> {
    fn is_named(&self, name: &str, start: usize, end: usize, escaped: bool) -> bool {
        let raw = &self.text[start..end];
        if !escaped {
            return raw == name.as_bytes();
        }
        let mut key = Vec::with_capacity(raw.len());
        unescape(raw, |piece| key.extend_from_slice(piece)) && key == name.as_bytes()
    }

    #[inline(never)]
    fn key(&mut self, start: usize, end: usize, escaped: bool) {
        self.current = NAMES
            .iter()
            .position(|(_, name)| self.is_named(name, start, end, escaped));
    }

    /// Of duplicate members the last counts, also where it is no string.
    #[inline(always)]
    fn value(&mut self, string: Option<StringAt>) {
        if let (1, Some(field)) = (self.depth, self.current.take()) {
            self.found[field] = string;
        }
    }
}

impl Events for Finder<'_> {
    #[inline(always)]
    fn open(&mut self, _: Kind, _: usize) {
        self.value(None);
        self.depth += 1;
    }

    #[inline(always)]
    fn close(&mut self, _: usize) {
        self.depth -= 1;
    }

    // Nearly all strings are deeper, and then there is nothing to do.
    #[inline(always)]
    fn string(&mut self, is_key: bool, start: usize, end: usize, escaped: bool) {
        if self.depth != 1 {
            return;
        }
        if is_key {
            self.key(start, end, escaped);
        } else {
            self.value(Some((start..end, escaped)));
        }
    }

    #[inline(always)]
    fn scalar(&mut self, _: Kind, _: usize, _: usize) {
        self.value(None);
    }
}
