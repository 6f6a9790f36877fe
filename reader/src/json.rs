//! RFC 8259 as a response needs it: one pass over the text that leaves a tape,
//! and lookups on the tape.
//!
//! serde_json reads the same texts (its `RawValue` agreed on every vector that
//! was tried). Two things it cannot give are the reason for a scanner here:
//!
//! - **Strings that C can borrow, without a lock.** Getters return
//!   NUL-terminated UTF-8 that lives as long as the response, the same pointer
//!   each time. So every string must stand decoded somewhere before the first
//!   getter runs: a cache that getters fill would need a lock, which a forked
//!   child could inherit locked, and memory, which may have run out when the
//!   token is already used.
//! - **Cost.** Every call pays for the check that its response is whole, and a
//!   check of serde_json's kind takes about twice the instructions. Here the
//!   pass that checks leaves the tape behind, so that reading by pointer costs
//!   next to nothing more.
//!
//! # The tape
//!
//! A [`Document`] is made once and never changes. It owns two things:
//!
//! ```text
//! text       {"a":[1,"x\n"],"b":{}}           not owned; stays as received
//!
//! decoded    {"a⊘:[1,"x⏎⊘"],"b⊘:{}}           a copy of the text, and in it every string decoded
//!             ↑ ↑                             where it stood, ended by a NUL (⊘): escapes are
//!             │ NUL in the quote's place      longer than what they mean, and where there are
//!             start of the string             none, the closing quote makes room
//!
//! nodes      0      1      2      3      4      5      6
//!            object string array  number string string object
//!            at 0   at 1   at 5   at 6   at 8   at 15  at 19
//!            2 in,  1 byte 2 in,  1 byte 2 byte 1 byte 0 in,
//!            next 7        next 5                      next 7
//! ```
//!
//! One node of eight bytes for each value and each member's name, in the order
//! of the text; where the text starts, and what is needed to step over it.
//!
//! - Node 0 is the outermost object. Behind an array stand its elements, behind
//!   an object name, value, name, value.
//! - `next` of an array or object is the node behind all that is in it; of any
//!   other node it is the one that follows. So stepping over a value costs the
//!   same however much is in it.
//! - While an array or object is open, its node has the number of the one
//!   around it in the place of `next`. That is all the stack there is: nesting
//!   costs no memory of its own.
//! - Where something ends in the text is not kept for arrays, objects and
//!   strings with escapes. It is found when it is asked for, which costs no
//!   more than copying it.
//! - Arrays and objects with [`LARGE`] members and more have an entry in
//!   `large`, and a part of `order`: of an array every [`STRIDE`]th element, of
//!   an object all its names, sorted. So an element costs a step or two, a
//!   member a binary search, and a loop over all of them is not quadratic.
//!   There is nothing to remember between two lookups, and so nothing that two
//!   threads could race for.
//!
//! # Memory
//!
//! A value takes at least two bytes of text (one of its own, and a comma or
//! the bracket that closes what it is in), so the nodes never take more than
//! four times the text. With the copy, with `order` (four bytes for a member,
//! which takes five), and with the old and the new nodes both there while they
//! grow, it is less than eight times the text for any text. All of it is
//! allocated by the pass, and none of it aborts: [`ParseError::OutOfMemory`].

mod document;
mod node;
mod number;
mod pointer;
mod scan;
pub mod strict;
mod strings;
mod write;

pub use document::{Document, Elements, Members, Value};
pub use node::NodeNumber;
pub use write::Writer;

/// Texts up to this length can be read: offsets have 24 bits.
pub const TEXT_LIMIT: usize = 1 << 24;

/// From so many elements or members on, an array or object is indexed.
const LARGE: u32 = 64;
/// One of so many elements of a large array is in its index.
const STRIDE: u32 = 16;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The text does not start with a complete JSON object in UTF-8.
    NotAnObject,
    /// There was not enough memory for the tape, or the text is longer than
    /// [`TEXT_LIMIT`].
    OutOfMemory,
}

#[cfg(test)]
mod tests;
