//! Looking into a document: by RFC 6901 pointer, by name, one by one.

use std::ffi::CStr;

use super::node::{ESCAPED, LONE, Large, NUL, Node, NodeNumber, next};
use super::number::nearest;
use super::pointer::Token;
use super::scan::{name, scan};
use super::strings::accepted_end;
use super::{Kind, LARGE, ParseError, STRIDE};

/// A text's tape. It keeps no text of its own but the decoded strings: what
/// needs the text as received takes the one that the document was made from.
/// Those of equal texts are equal.
#[derive(PartialEq, Eq)]
pub struct Document {
    pub(super) decoded: Vec<u8>,
    pub(super) nodes: Vec<Node>,
    pub(super) large: Vec<Large>,
    pub(super) order: Vec<u32>,
    pub(super) end: usize,
}

/// A value of a document.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document,
    at: u32,
}

impl Document {
    /// Reads the object that `text` starts with, whatever follows it.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        scan(text)
    }

    /// The outermost object.
    pub fn root(&self) -> Value<'_> {
        self.value(NodeNumber(0))
    }

    /// Where the object ends in the text.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Follows an RFC 6901 pointer. Of duplicate members the last counts.
    pub fn pointer(&self, pointer: &str) -> Option<Value<'_>> {
        let mut value = self.root();
        let mut rest = pointer.as_bytes();
        while !rest.is_empty() {
            let token;
            (token, rest) = Token::split(rest.strip_prefix(b"/")?)?;
            value = match value.kind() {
                Kind::Object => value.member(&token)?,
                Kind::Array => value.element(token.text)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The value that was found before.
    pub fn value(&self, number: NodeNumber) -> Value<'_> {
        Value {
            document: self,
            at: number.0,
        }
    }
}

/// Whether both are the same place of the same document.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.at == other.at
    }
}

impl<'a> Value<'a> {
    pub fn kind(&self) -> Kind {
        self.node().kind()
    }

    /// Where the value stands, for `Document::value`.
    pub fn number(&self) -> NodeNumber {
        NodeNumber(self.at)
    }

    /// The value's text within the `text` that the document was made from.
    pub fn json<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        self.parts(text).1
    }

    /// The nodes of the value and of all that is in it, and its text.
    pub(super) fn parts<'t>(&self, text: &'t [u8]) -> (&'a [Node], &'t [u8]) {
        let nodes = self.nodes();
        let end = match nodes {
            [node] if !node.is_container() => scalar_end(text, *node),
            _ => self.container_end(text, nodes),
        };
        (nodes, &text[nodes[0].start()..end])
    }

    /// A string for C; `None` where it contains U+0000 or a lone surrogate,
    /// which a C string of UTF-8 cannot.
    pub fn string(&self) -> Option<&'a CStr> {
        CStr::from_bytes_with_nul(self.string_with_nul()?).ok()
    }

    /// The same as bytes, of which the last one, and no other, is NUL. Only
    /// this is free: a `CStr` is searched for NULs when it is made.
    pub fn string_with_nul(&self) -> Option<&'a [u8]> {
        let node = self.node();
        if node.kind() != Kind::String || node.has(LONE | NUL) {
            return None;
        }
        let start = node.start() + 1;
        self.document.decoded.get(start..=start + node.length())
    }

    /// A string's bytes, which may contain NUL, and whether they are what was
    /// meant: where there are lone surrogates, U+FFFD stands for them.
    pub fn decoded(&self) -> Option<(&'a [u8], bool)> {
        let node = self.node();
        if node.kind() != Kind::String {
            return None;
        }
        let (is_text, bytes) = name(&self.document.decoded, node);
        Some((bytes, is_text))
    }

    pub fn bool(&self, text: &[u8]) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.json(text) == b"true")
    }

    /// A number written without fraction or exponent that fits.
    pub fn int64(&self, text: &[u8]) -> Option<i64> {
        self.number_text(text)?.parse().ok()
    }

    /// Any number that is finite as a double, rounded to nearest also where the
    /// host rounds otherwise.
    pub fn double(&self, text: &[u8]) -> Option<f64> {
        let value = nearest(self.number_text(text)?)?;
        value.is_finite().then_some(value)
    }

    /// How many elements or members an array or object has.
    pub fn length(&self) -> Option<usize> {
        let node = self.node();
        if !node.is_container() {
            return None;
        }
        let count = self.large().map_or(node.count(), |large| large.count);
        Some(count as usize)
    }

    /// An object's member by its name. Of duplicates the last counts.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        if self.kind() != Kind::Object {
            return None;
        }
        self.member(&Token {
            text: name.as_bytes(),
            is_escaped: false,
            length: name.len(),
        })
    }

    /// An object's members in their order, each with its name, duplicates
    /// among them. Of another value there are none.
    pub fn members(&self) -> Members<'a> {
        Members(self.inside(Kind::Object))
    }

    /// An array's elements in their order. Of another value there are none.
    pub fn elements(&self) -> Elements<'a> {
        Elements(self.inside(Kind::Array))
    }

    /// All objects inside the value, not the value itself.
    pub(super) fn objects_inside(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let value = *self;
        let inside = (self.at..).zip(self.nodes()).skip(1);
        inside
            .filter(|(_, node)| node.kind() == Kind::Object)
            .map(move |(at, _)| value.other(at))
    }

    /// Whether anything in the document has an index.
    pub(super) fn is_of_large(&self) -> bool {
        !self.document.large.is_empty()
    }

    /// The nodes of the value and of all that is in it.
    #[inline]
    pub(super) fn nodes(&self) -> &'a [Node] {
        &self.document.nodes[self.at as usize..self.next(self.at) as usize]
    }

    /// Returns where an array or object ends. Behind the last node in it only
    /// brackets follow and white space, and as many brackets as there are
    /// arrays and objects that end together with this one.
    fn container_end(&self, text: &[u8], nodes: &[Node]) -> usize {
        let end = self.at + nodes.len() as u32;
        let ends_here = |(at, node): &(u32, &Node)| node.is_container() && self.next(*at) == end;
        let mut open = (self.at..).zip(nodes).filter(ends_here).count();
        let last = nodes[nodes.len() - 1];
        let mut at = if last.is_container() {
            last.start() + 1
        } else {
            scalar_end(text, last)
        };
        loop {
            open -= usize::from(matches!(text[at], b']' | b'}'));
            at += 1;
            if open == 0 {
                return at;
            }
        }
    }

    #[inline]
    fn node(&self) -> Node {
        self.document.nodes[self.at as usize]
    }

    fn large(&self) -> Option<Large> {
        let node = self.node();
        (node.count() == LARGE).then(|| self.document.large[node.link() as usize])
    }

    #[inline]
    fn next(&self, at: u32) -> u32 {
        next(&self.document.nodes, &self.document.large, at)
    }

    fn other(&self, at: u32) -> Value<'a> {
        Value { at, ..*self }
    }

    fn inside(&self, kind: Kind) -> Inside<'a> {
        let end = if self.kind() == kind {
            self.next(self.at)
        } else {
            self.at + 1
        };
        Inside {
            value: self.other(self.at + 1),
            end,
        }
    }

    fn member(&self, token: &Token) -> Option<Value<'a>> {
        let Document { decoded, nodes, .. } = self.document;
        if let Some(large) = self.large() {
            let order = &self.document.order[large.order as usize..][..large.count as usize];
            let name = |at: u32| name(decoded, nodes[at as usize]);
            let after = order.partition_point(|&at| token.compare(name(at)).is_ge());
            let last = *order[..after].last()?;
            return (token.compare(name(last)).is_eq()).then(|| self.other(last + 1));
        }
        let mut found = None;
        let mut at = self.at + 1;
        for _ in 0..self.node().count() {
            let node = nodes[at as usize];
            // The length decides nearly always.
            if node.length() == token.length && token.compare(name(decoded, node)).is_eq() {
                found = Some(at + 1);
            }
            at = self.next(at + 1);
        }
        found.map(|at| self.other(at))
    }

    /// RFC 6901, section 4: digits without leading zeros; "-" is the element
    /// behind the last one, which never exists.
    fn element(&self, digits: &[u8]) -> Option<Value<'a>> {
        if digits.is_empty() || (digits.len() > 1 && digits[0] == b'0') {
            return None;
        }
        let index = digits.iter().try_fold(0u32, |index, &digit| {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            index.checked_mul(10)?.checked_add(digit.into())
        })?;
        let (at, steps) = match self.large() {
            Some(large) if index < large.count => {
                let entry = large.order + index / STRIDE;
                (self.document.order[entry as usize], index % STRIDE)
            }
            None if index < self.node().count() => (self.at + 1, index),
            _ => return None,
        };
        Some(self.other((0..steps).fold(at, |at, _| self.next(at))))
    }

    fn number_text<'t>(&self, text: &'t [u8]) -> Option<&'t str> {
        if self.kind() != Kind::Number {
            return None;
        }
        std::str::from_utf8(self.json(text)).ok()
    }
}

/// Returns where a string, number or word ends, in a text that was accepted.
fn scalar_end(text: &[u8], node: Node) -> usize {
    let start = node.start();
    match node.kind() {
        Kind::String if node.has(ESCAPED) => accepted_end(text, start + 1),
        Kind::String => start + node.length() + 2,
        _ => start + node.length(),
    }
}

/// What is inside an array or object, from `value` on.
#[derive(Clone)]
struct Inside<'a> {
    value: Value<'a>,
    end: u32,
}

impl<'a> Inside<'a> {
    #[inline]
    fn take(&mut self) -> Option<Value<'a>> {
        let value = self.value;
        if value.at >= self.end {
            return None;
        }
        self.value.at = value.next(value.at);
        Some(value)
    }
}

/// See [`Value::members`].
#[derive(Clone)]
pub struct Members<'a>(Inside<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Value<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // A name is one node, and a value stands behind each.
        let name = self.0.value;
        if name.at >= self.0.end {
            return None;
        }
        let value = name.other(name.at + 1);
        self.0.value.at = value.next(value.at);
        Some((name, value))
    }
}

/// See [`Value::elements`].
#[derive(Clone)]
pub struct Elements<'a>(Inside<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.take()
    }
}
