//! What the tape is made of; `json.rs` has the picture.

use super::{Kind, LARGE};

/// The place of a value on its document's tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeNumber(pub(super) u32);

/// A value, or a member's name.
///
/// ```text
/// bit  0     3       6    8              32           40             64
///      ├─────┼───────┼────┼──────────────┼────────────┴──────────────┤
///      │ kind│ flags │    │ start in text│ length                    │  string: of the decoded bytes
///      │     │       │    │              │                           │  number, word: of the text
///      ├─────┼───────┼────┼──────────────┼────────────┬──────────────┤
///      │ kind│       │    │ start in text│ count      │ link         │  array, object
///      └─────┴───────┴────┴──────────────┴────────────┴──────────────┘
/// ```
///
/// The link is `next` where the count is below [`LARGE`], otherwise the number
/// of an entry in `large`; and while the node is open, the node around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(u64);

/// A string's text has escapes: it is longer than the decoded bytes.
pub(super) const ESCAPED: u8 = 1 << 3;
/// A lone surrogate in a string, which UTF-8 does not have: it was decoded to
/// U+FFFD.
pub(super) const LONE: u8 = 1 << 4;
/// U+0000 in a string.
pub(super) const NUL: u8 = 1 << 5;

const KINDS: [Kind; 8] = [
    Kind::Null,
    Kind::Bool,
    Kind::Number,
    Kind::String,
    Kind::Array,
    Kind::Object,
    Kind::Null,
    Kind::Null,
];

impl Node {
    /// A string, number or word of `length` bytes that starts at `start`.
    #[inline(always)]
    pub fn new(kind: Kind, flags: u8, start: usize, length: usize) -> Self {
        let low = (start as u64) << 8 | u64::from(kind as u8 | flags);
        Self(low | (length as u64) << 32)
    }

    /// An array or object that has no elements or members yet.
    #[inline(always)]
    pub fn container(kind: Kind, start: usize, link: u32) -> Self {
        Self::new(kind, 0, start, 0).with(0, link)
    }

    /// The same array or object with another count, at most [`LARGE`], and link.
    #[inline(always)]
    pub fn with(self, count: u32, link: u32) -> Self {
        let high = u64::from(link << 8 | count.min(LARGE));
        Self(self.0 & 0xFFFF_FFFF | high << 32)
    }

    /// The same `start` bytes further behind in a text, and `number` nodes
    /// further behind on a tape; both wrap. Not for one that is [`LARGE`].
    #[inline(always)]
    pub fn moved(self, start: u32, number: u32) -> Self {
        let low = (self.0 as u32).wrapping_add(start << 8);
        let link = if self.is_container() { number << 8 } else { 0 };
        let high = ((self.0 >> 32) as u32).wrapping_add(link);
        Self(u64::from(high) << 32 | u64::from(low))
    }

    #[inline(always)]
    pub fn kind(self) -> Kind {
        KINDS[(self.0 & 7) as usize]
    }

    #[inline(always)]
    pub fn is_container(self) -> bool {
        self.0 & 7 >= Kind::Array as u64
    }

    #[inline(always)]
    pub fn has(self, flags: u8) -> bool {
        self.0 & u64::from(flags) != 0
    }

    #[inline(always)]
    pub fn start(self) -> usize {
        (self.0 as u32 >> 8) as usize
    }

    #[inline(always)]
    pub fn length(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[inline(always)]
    pub fn count(self) -> u32 {
        (self.0 >> 32) as u32 & 0xFF
    }

    #[inline(always)]
    pub fn link(self) -> u32 {
        (self.0 >> 40) as u32
    }
}

/// What an array or object with [`LARGE`] elements or members or more has
/// besides its node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Large {
    pub next: u32,
    /// Elements or members.
    pub count: u32,
    /// Where its part of `order` starts.
    pub order: u32,
}

/// The node behind the one at `at` and all that is in it.
#[inline(always)]
pub(super) fn next(nodes: &[Node], large: &[Large], at: u32) -> u32 {
    let node = nodes[at as usize];
    if !node.is_container() {
        at + 1
    } else if node.count() < LARGE {
        node.link()
    } else {
        large[node.link() as usize].next
    }
}
