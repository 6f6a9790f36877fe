//! Writes an object and, together with it, its tape: what was read once need
//! not be read again where it stands in another text.
//!
//! A value is copied as text and as nodes. In the copy of a node only two
//! things differ: where the text starts, and the numbers of other nodes.
//!
//! ```text
//! source   ,"roles":["a","b"],…       nodes 40 to 42, the array ends before 43
//!                   ↑ at 700
//! output   …"roles":["a","b"]         nodes 17 to 19, the array ends before 20
//!                   ↑ at 260          so: starts − 440, links − 23
//! ```
//!
//! What comes of it is what [`Document::parse`] makes of the output, bit for
//! bit; a test compares the two. Where an array or object is large enough to
//! have an index, `parse` is what is called: that is rare, and an index costs
//! more than the pass over the text.

use super::node::{ESCAPED, Node};
use super::scan::{push, reserved};
use super::strings::{self, PADDING, plain_end};
use super::{Document, Kind, LARGE, ParseError, TEXT_LIMIT, Value};

/// An object that is being written. There is an error only where there is not
/// enough memory.
pub struct Writer {
    text: Vec<u8>,
    nodes: Vec<Node>,
    /// The object that is written into. As in the pass, its node has the
    /// number of the one around it for a link.
    open: u32,
    /// Something may need an index.
    is_large: bool,
}

impl Writer {
    /// Begins the outermost object. The text never grows beyond `room`, which
    /// would leave a copy behind: the caller knows how long it becomes.
    pub fn new(room: usize, nodes: usize) -> Result<Self, ParseError> {
        let mut writer = Self {
            text: reserved(room)?,
            nodes: reserved(nodes)?,
            open: 0,
            is_large: false,
        };
        writer.open()?;
        Ok(writer)
    }

    /// Opens an object, as a value.
    pub fn open(&mut self) -> Result<(), ParseError> {
        let node = Node::container(Kind::Object, self.text.len(), self.open);
        self.open = self.nodes.len() as u32;
        push(&mut self.nodes, node)?;
        self.text.push(b'{');
        Ok(())
    }

    /// Closes the object that was opened last, unless it is the outermost one:
    /// that is [`Writer::finish`].
    pub fn close(&mut self) {
        let parent = self.nodes[self.open as usize].link();
        self.end();
        self.open = parent;
        self.count();
    }

    /// Writes a member's name. It is given as it is written, with quotes and
    /// colon, and has no escapes.
    pub fn name(&mut self, name: &str) -> Result<(), ParseError> {
        self.comma();
        let length = name.len() - "\"\":".len();
        let node = Node::new(Kind::String, 0, self.text.len(), length);
        push(&mut self.nodes, node)?;
        self.text.extend_from_slice(name.as_bytes());
        Ok(())
    }

    /// Writes a member's name as it was received.
    pub fn name_of(&mut self, name: Value<'_>, source: &[u8]) -> Result<(), ParseError> {
        self.comma();
        self.copy(name, source)?;
        self.text.push(b':');
        Ok(())
    }

    /// Writes a string that has neither quotes nor backslashes nor control
    /// characters, and is ASCII.
    pub fn string(&mut self, text: &[u8]) -> Result<(), ParseError> {
        let node = Node::new(Kind::String, 0, self.text.len(), text.len());
        push(&mut self.nodes, node)?;
        self.text.push(b'"');
        self.text.extend_from_slice(text);
        self.text.push(b'"');
        self.count();
        Ok(())
    }

    /// Writes an array without elements.
    pub fn empty_array(&mut self) -> Result<(), ParseError> {
        let next = self.nodes.len() as u32 + 1;
        let node = Node::container(Kind::Array, self.text.len(), next);
        push(&mut self.nodes, node)?;
        self.text.extend_from_slice(b"[]");
        self.count();
        Ok(())
    }

    /// Writes a value of the text `source` as it was received.
    pub fn value(&mut self, value: Value<'_>, source: &[u8]) -> Result<(), ParseError> {
        self.copy(value, source)?;
        self.count();
        Ok(())
    }

    /// Closes the outermost object. Returns the text and its tape.
    pub fn finish(mut self) -> Result<(Vec<u8>, Document), ParseError> {
        self.end();
        let Self { text, nodes, .. } = self;
        if self.is_large || text.len() > TEXT_LIMIT {
            let document = Document::parse(&text)?;
            return Ok((text, document));
        }
        let mut decoded = reserved(text.len() + PADDING)?;
        decoded.extend_from_slice(&text);
        decoded.extend_from_slice(&[0; PADDING]);
        for node in nodes.iter().filter(|node| node.kind() == Kind::String) {
            let start = node.start() + 1;
            if node.has(ESCAPED) {
                let escape = plain_end(&decoded, start);
                strings::decode(&mut decoded, start, escape);
            } else {
                decoded[start + node.length()] = 0;
            }
        }
        let document = Document {
            decoded,
            nodes,
            large: Vec::new(),
            order: Vec::new(),
            end: text.len(),
        };
        Ok((text, document))
    }

    fn comma(&mut self) {
        if self.nodes[self.open as usize].count() > 0 {
            self.text.push(b',');
        }
    }

    fn copy(&mut self, value: Value<'_>, source: &[u8]) -> Result<(), ParseError> {
        let (nodes, text) = value.parts(source);
        let start = (self.text.len() as u32).wrapping_sub(nodes[0].start() as u32);
        let number = (self.nodes.len() as u32).wrapping_sub(value.number().0);
        let room = self.nodes.try_reserve(nodes.len());
        room.map_err(|_| ParseError::OutOfMemory)?;
        let moved = nodes.iter().map(|node| node.moved(start, number));
        self.nodes.extend(moved);
        self.is_large |= value.is_of_large();
        self.text.extend_from_slice(text);
        Ok(())
    }

    /// Counts a member's value, which has been written.
    fn count(&mut self) {
        let node = &mut self.nodes[self.open as usize];
        *node = node.with(node.count() + 1, node.link());
        self.is_large |= node.count() == LARGE;
    }

    fn end(&mut self) {
        self.text.push(b'}');
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[self.open as usize];
        *node = node.with(node.count(), next);
    }
}
