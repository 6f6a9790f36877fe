//! A reader that accepts only what every other reader understands alike.
//!
//! The reader of responses takes what it can get, so that no session is lost.
//! What is signed, and what signatures are checked with, must not have two
//! meanings: here the whole text is one object of UTF-8, without a byte order
//! mark, without a lone surrogate, and no deeper than the caller says.
//! Duplicate names and U+0000 are asked about where they matter.

use super::node::{LONE, NUL};
use super::{Document, Kind, ParseError, Value, Writer};

/// A text that was read strictly.
pub struct Strict<'t> {
    text: &'t [u8],
    document: Document,
}

/// Why a text was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotUtf8,
    /// It is not an object, or there is more than white space beside it.
    NotOneObject,
    TooDeep,
    LoneSurrogate,
    OutOfMemory,
}

impl Fault {
    /// Returns what is wrong, as words behind "cannot be used: ".
    pub fn words(self) -> &'static str {
        match self {
            Self::NotUtf8 => "it is not UTF-8",
            Self::NotOneObject => "it is not one JSON object",
            Self::TooDeep => "it is nested too deeply",
            Self::LoneSurrogate => "it contains a lone surrogate",
            Self::OutOfMemory => "there is not enough memory to read it",
        }
    }
}

/// A value in a text that was read strictly.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    within: &'a Strict<'a>,
    value: Value<'a>,
}

impl<'t> Strict<'t> {
    /// Reads `text`, which is nested `max_depth` levels deep at most; the outer
    /// object is the first of them.
    pub fn parse(text: &'t [u8], max_depth: usize) -> Result<Self, Fault> {
        // The reader of responses passes over a byte order mark.
        if text.iter().find(|byte| !is_space(byte)) != Some(&b'{') {
            return Err(Fault::NotOneObject);
        }
        let document = Document::parse(text).map_err(|error| match error {
            ParseError::OutOfMemory => Fault::OutOfMemory,
            ParseError::NotAnObject if std::str::from_utf8(text).is_err() => Fault::NotUtf8,
            ParseError::NotAnObject => Fault::NotOneObject,
        })?;
        if !text[document.end()..].iter().all(is_space) {
            return Err(Fault::NotOneObject);
        }
        let strict = Self { text, document };
        // Nearly all texts have fewer arrays and objects than may be nested.
        let (mut containers, mut has_lone) = (0, false);
        for node in &strict.document.nodes {
            containers += usize::from(node.is_container());
            has_lone |= node.has(LONE);
        }
        if containers > max_depth && is_deeper(strict.root(), max_depth) {
            return Err(Fault::TooDeep);
        }
        if has_lone {
            return Err(Fault::LoneSurrogate);
        }
        Ok(strict)
    }

    /// How many values and names there are.
    pub fn count(&self) -> usize {
        self.document.nodes.len()
    }

    pub fn root(&self) -> Item<'_> {
        Item {
            within: self,
            value: self.document.root(),
        }
    }
}

impl<'a> Item<'a> {
    pub fn kind(self) -> Kind {
        self.value.kind()
    }

    /// Returns the value's text as received.
    pub fn json(self) -> &'a [u8] {
        self.value.json(self.within.text)
    }

    /// Returns a string's text, its escapes resolved.
    pub fn string(self) -> Option<&'a str> {
        match self.value.decoded()? {
            (text, true) => std::str::from_utf8(text).ok(),
            (_, false) => None,
        }
    }

    /// Returns a string's text as bytes, which costs nothing.
    #[inline]
    pub fn utf8(self) -> Option<&'a [u8]> {
        // It has no lone surrogates, as nothing here.
        Some(self.value.decoded()?.0)
    }

    /// Returns a number's text as received.
    pub fn number(self) -> Option<&'a str> {
        if self.kind() != Kind::Number {
            return None;
        }
        std::str::from_utf8(self.json()).ok()
    }

    /// The names and values of an object; nothing for another kind.
    pub fn members(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> + use<'a> {
        let members = self.value.members();
        members.map(move |(name, value)| (self.other(name), self.other(value)))
    }

    /// The elements of an array; nothing for another kind.
    pub fn elements(self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        self.value.elements().map(move |value| self.other(value))
    }

    /// Returns a member of an object whose names are unique.
    pub fn get(self, name: &str) -> Option<Item<'a>> {
        self.value.get(name).map(|value| self.other(value))
    }

    /// Returns the members that have a slot by their name, or `None` where two
    /// members of this object have one name. One walk for both.
    pub fn pick<const N: usize>(
        self,
        slot: impl Fn(&[u8]) -> Option<usize>,
    ) -> Option<[Option<Item<'a>>; N]> {
        let mut picked = [None; N];
        let mut others = Names::default();
        let mut are_new = true;
        for (name, value) in self.members() {
            match slot(name.bytes()) {
                Some(slot) if picked[slot].is_some() => return None,
                Some(slot) => picked[slot] = Some(value),
                None => are_new &= others.is_new(name.bytes()),
            }
        }
        (are_new || !self.has_duplicates()).then_some(picked)
    }

    /// Returns a string's bytes, its escapes resolved; none of another value.
    pub fn bytes(self) -> &'a [u8] {
        self.value.decoded().map_or(b"", |(bytes, _)| bytes)
    }

    fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Array | Kind::Object)
    }

    fn other(self, value: Value<'a>) -> Self {
        Self { value, ..self }
    }

    /// Returns whether two members of this object have one name.
    pub fn has_duplicates(self) -> bool {
        if self.value.length() == Some(1) {
            return false;
        }
        let names = || self.members().map(|(name, _)| name.bytes());
        let mut few = Names::default();
        if names().all(|name| few.is_new(name)) {
            return false;
        }
        let mut sorted: Vec<&[u8]> = names().collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Returns whether that is so in anything inside this value.
    pub fn has_duplicates_below(self) -> bool {
        let mut inside = self.value.objects_inside();
        inside.any(|value| self.other(value).has_duplicates())
    }

    /// Returns whether a string or a name in this value contains U+0000.
    pub fn has_nul(self) -> bool {
        self.value.nodes().iter().any(|node| node.has(NUL))
    }

    /// Writes the value as it was received.
    pub fn write(self, writer: &mut Writer) -> Result<(), ParseError> {
        writer.value(self.value, self.within.text)
    }

    /// Writes a member's name as it was received.
    pub fn write_name(self, writer: &mut Writer) -> Result<(), ParseError> {
        writer.name_of(self.value, self.within.text)
    }

    /// What is directly inside this value, names aside. Going down by it ends:
    /// the depth is limited.
    fn children(self) -> impl Iterator<Item = Item<'a>> {
        let members = self.members().map(|(_, value)| value);
        self.elements().chain(members)
    }
}

/// A few names, by what tells nearly all names of an object apart without
/// comparing texts: their lengths and last bytes. Texts are compared, sorted,
/// only where that does not do: before a signature is checked they are a
/// stranger's, who may send thousands, and each with each would take long.
#[derive(Default)]
struct Names {
    digests: [u64; 16],
    count: usize,
}

impl Names {
    /// Returns whether a name is surely not among those before it, and adds it.
    fn is_new(&mut self, name: &[u8]) -> bool {
        let last = name.iter().rev().take(7);
        let digest = last.fold(name.len() as u64, |digest, byte| {
            digest << 8 | u64::from(*byte)
        });
        if self.count == self.digests.len() || self.digests[..self.count].contains(&digest) {
            return false;
        }
        self.digests[self.count] = digest;
        self.count += 1;
        true
    }
}

fn is_deeper(item: Item<'_>, max_depth: usize) -> bool {
    if !item.is_container() {
        return false;
    }
    let Some(rest) = max_depth.checked_sub(1) else {
        return true;
    };
    item.children().any(|child| is_deeper(child, rest))
}

/// Returns whether RFC 8259 has this byte between tokens.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests;
