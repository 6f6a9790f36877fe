//! An index of a whole document, to look into it by RFC 6901 pointer.

use std::ffi::CStr;

use super::{Events, Kind, scan, unescape};

/// An indexed document. It keeps no text of its own but the decoded strings:
/// look-ups take the text that it was built from.
pub struct Document {
    /// A copy of the text in which every string stands decoded, with a NUL
    /// where it ends, so that it can be lent to C: decoding never needs more
    /// room than the escapes took, and the closing quote makes room for NUL.
    decoded: Vec<u8>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    kind: Kind,
    /// Whether a string is text: it has no lone surrogate.
    is_text: bool,
    /// The value's text as received; a string's with its quotes.
    start: u32,
    end: u32,
    /// The node behind this one and all that is in it.
    next: u32,
    /// Elements, members, or bytes of the decoded string.
    length: u32,
}

/// A value that a pointer led to.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document,
    node: &'a Node,
    at: usize,
}

impl Document {
    /// Indexes the object at the front of `text`. Texts of 4 GiB and more are
    /// refused; the transport's limit on an answer is far below.
    pub fn parse(text: &[u8]) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        let mut builder = Builder {
            text,
            document: Self {
                decoded: text.to_vec(),
                nodes: Vec::with_capacity(text.len() / 16 + 1),
            },
            open: Vec::new(),
        };
        scan(text, &mut builder)?;
        Some(builder.document)
    }

    /// Returns the whole document.
    pub fn root(&self) -> Value<'_> {
        Value {
            document: self,
            node: &self.nodes[0],
            at: 0,
        }
    }

    /// Returns where the object ends in the text.
    pub fn end(&self) -> usize {
        self.nodes[0].end as usize
    }

    /// Follows an RFC 6901 pointer. Of duplicate members the last counts.
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        let mut at = 0;
        if !pointer.is_empty() {
            for token in pointer.strip_prefix('/')?.split('/') {
                at = match self.nodes[at].kind {
                    Kind::Object => self.member(at, token)?,
                    Kind::Array => self.element(at, token)?,
                    _ => return None,
                };
            }
        }
        let node = &self.nodes[at];
        Some(Value {
            document: self,
            node,
            at,
        })
    }

    fn member(&self, object: usize, token: &str) -> Option<usize> {
        let mut found = None;
        let mut at = object + 1;
        for _ in 0..self.nodes[object].length {
            let key = &self.nodes[at];
            if key.is_text && is_token(token, self.decoded(key))? {
                found = Some(at + 1);
            }
            at = self.nodes[at + 1].next as usize;
        }
        found
    }

    fn element(&self, array: usize, token: &str) -> Option<usize> {
        // RFC 6901, section 4: digits without leading zeros; "-" is the
        // element behind the last one, which never exists.
        let digits = token.as_bytes();
        if !digits.iter().all(u8::is_ascii_digit) || (digits.len() > 1 && digits[0] == b'0') {
            return None;
        }
        let index: u32 = token.parse().ok()?;
        (index < self.nodes[array].length)
            .then(|| (0..index).fold(array + 1, |at, _| self.nodes[at].next as usize))
    }

    fn decoded(&self, string: &Node) -> &[u8] {
        let start = string.start as usize + 1;
        &self.decoded[start..start + string.length as usize]
    }
}

impl<'a> Value<'a> {
    /// The value's text within the `text` that the document was parsed from.
    pub fn json<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.node.start as usize..self.node.end as usize]
    }

    pub fn kind(&self) -> Kind {
        self.node.kind
    }

    /// Returns a string's text, with U+0000 where it contains it; `None` where
    /// it has a lone surrogate.
    pub fn decoded(&self) -> Option<&'a [u8]> {
        (self.node.kind == Kind::String && self.node.is_text)
            .then(|| self.document.decoded(self.node))
    }

    /// The names and values of an object; nothing for another kind.
    pub fn members(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + use<'a> {
        let mut children = self.children(Kind::Object, 2);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The elements of an array; nothing for another kind.
    pub fn elements(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        self.children(Kind::Array, 1)
    }

    fn children(&self, kind: Kind, each: usize) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let document = self.document;
        let count = if self.node.kind == kind {
            self.node.length as usize * each
        } else {
            0
        };
        let nodes = &document.nodes;
        let at = self.at + 1;
        (0..count).scan(at, move |at, _| {
            let value = Value {
                document,
                node: &nodes[*at],
                at: *at,
            };
            *at = value.node.next as usize;
            Some(value)
        })
    }

    /// A string, NUL-terminated; `None` where it holds U+0000 or a lone
    /// surrogate, which no C string of UTF-8 can.
    pub fn string(&self) -> Option<&'a CStr> {
        if self.node.kind != Kind::String || !self.node.is_text {
            return None;
        }
        let start = self.node.start as usize + 1;
        let end = start + self.node.length as usize;
        CStr::from_bytes_with_nul(&self.document.decoded[start..=end]).ok()
    }

    pub fn bool(&self, text: &[u8]) -> Option<bool> {
        (self.node.kind == Kind::Bool).then(|| self.json(text) == b"true")
    }

    /// A number written without fraction or exponent that fits.
    pub fn int64(&self, text: &[u8]) -> Option<i64> {
        self.number(text)?.parse().ok()
    }

    /// Any number that is finite as a double, rounded to nearest.
    pub fn double(&self, text: &[u8]) -> Option<f64> {
        let value: f64 = self.number(text)?.parse().ok()?;
        value.is_finite().then_some(value)
    }

    /// How many elements or members an array or object has.
    pub fn length(&self) -> Option<usize> {
        matches!(self.node.kind, Kind::Array | Kind::Object).then_some(self.node.length as usize)
    }

    fn number<'t>(&self, text: &'t [u8]) -> Option<&'t str> {
        if self.node.kind != Kind::Number {
            return None;
        }
        std::str::from_utf8(self.json(text)).ok()
    }
}

/// Compares a pointer's token, `~0` and `~1` resolved, with a member's name;
/// `None` where the token is malformed.
fn is_token(token: &str, name: &[u8]) -> Option<bool> {
    let mut name = name.iter();
    let mut equal = true;
    let mut bytes = token.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'~' => match bytes.next()? {
                b'0' => b'~',
                b'1' => b'/',
                _ => return None,
            },
            _ => byte,
        };
        equal &= name.next() == Some(&byte);
    }
    Some(equal && name.next().is_none())
}

struct Builder<'a> {
    text: &'a [u8],
    document: Document,
    /// The objects and arrays that are still open, innermost last.
    open: Vec<u32>,
}

impl Builder<'_> {
    fn push(&mut self, kind: Kind, start: usize, end: usize) -> &mut Node {
        // The scanner's offsets fit: `parse` has checked the text's length.
        let next = self.document.nodes.len() as u32 + 1;
        self.document.nodes.push(Node {
            kind,
            is_text: true,
            start: start as u32,
            end: end as u32,
            next,
            length: 0,
        });
        self.document.nodes.last_mut().expect("just pushed")
    }

    fn count_in_parent(&mut self) {
        if let Some(&parent) = self.open.last() {
            self.document.nodes[parent as usize].length += 1;
        }
    }
}

impl Events for Builder<'_> {
    fn open(&mut self, kind: Kind, start: usize) {
        self.count_in_parent();
        self.open.push(self.document.nodes.len() as u32);
        self.push(kind, start, start);
    }

    fn close(&mut self, end: usize) {
        let next = self.document.nodes.len() as u32;
        let node = self.open.pop().expect("the scanner closes what it opened");
        let node = &mut self.document.nodes[node as usize];
        node.end = end as u32;
        node.next = next;
    }

    fn string(&mut self, is_key: bool, start: usize, end: usize, escaped: bool) {
        if !is_key {
            self.count_in_parent();
        }
        let raw = &self.text[start..end];
        let mut length = raw.len();
        let mut is_text = true;
        if escaped {
            length = 0;
            let decoded = &mut self.document.decoded;
            is_text = unescape(raw, |piece| {
                decoded[start + length..][..piece.len()].copy_from_slice(piece);
                length += piece.len();
            });
        }
        self.document.decoded[start + length] = 0;
        let node = self.push(Kind::String, start - 1, end + 1);
        node.is_text = is_text;
        node.length = length as u32;
    }

    fn scalar(&mut self, kind: Kind, start: usize, end: usize) {
        self.count_in_parent();
        self.push(kind, start, end);
    }
}
