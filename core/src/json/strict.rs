//! A reader that accepts only what every other reader understands alike.
//!
//! The reader of responses takes what it can get, so that no session is lost.
//! What is signed, and what signatures are checked with, must not have two
//! meanings: here the whole text is one object of UTF-8, without a byte order
//! mark, without a lone surrogate, and no deeper than the caller says.
//! Duplicate names and U+0000 are asked about where they matter.
//!
//! Nearly all texts have no escapes and few brackets, which is seen without
//! looking at single values.

use super::{Document, Kind, ParseError, Value};

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
    text: &'a [u8],
    value: Value<'a>,
}

impl<'t> Strict<'t> {
    /// Reads `text`, which is nested `max_depth` levels deep at most; the outer
    /// object is the first of them.
    pub fn parse(text: &'t [u8], max_depth: usize) -> Result<Self, Fault> {
        std::str::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
        // The reader of responses passes over a byte order mark.
        if text.iter().find(|byte| !is_space(byte)) != Some(&b'{') {
            return Err(Fault::NotOneObject);
        }
        let document = Document::parse(text).map_err(|error| match error {
            ParseError::NotAnObject => Fault::NotOneObject,
            ParseError::OutOfMemory => Fault::OutOfMemory,
        })?;
        if !text[document.end()..].iter().all(is_space) {
            return Err(Fault::NotOneObject);
        }
        let strict = Self { text, document };
        let brackets = text
            .iter()
            .filter(|byte| matches!(byte, b'{' | b'['))
            .count();
        if brackets > max_depth && is_deeper(strict.root(), max_depth) {
            return Err(Fault::TooDeep);
        }
        if has_lone_surrogate(text) {
            return Err(Fault::LoneSurrogate);
        }
        Ok(strict)
    }

    pub fn root(&self) -> Item<'_> {
        Item {
            text: self.text,
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
        self.value.json(self.text)
    }

    /// Returns a string's text, its escapes resolved.
    pub fn string(self) -> Option<&'a str> {
        match self.value.decoded()? {
            (text, true) => std::str::from_utf8(text).ok(),
            (_, false) => None,
        }
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
        let text = self.text;
        let item = move |value| Item { text, value };
        self.value
            .members()
            .map(move |(name, value)| (item(name), item(value)))
    }

    /// The elements of an array; nothing for another kind.
    pub fn elements(self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let text = self.text;
        self.value.elements().map(move |value| Item { text, value })
    }

    /// Returns a member of an object whose names are unique.
    pub fn get(self, name: &str) -> Option<Item<'a>> {
        let (_, value) = self
            .members()
            .find(|(this, _)| this.string() == Some(name))?;
        Some(value)
    }

    /// Returns whether two members of this object have one name.
    pub fn has_duplicates(self) -> bool {
        let names = || self.members().filter_map(|(name, _)| name.string());
        // Before a signature is checked this is a stranger's text: no square
        // of what may be thousands of names.
        const FEW: usize = 16;
        if self.members().nth(FEW).is_none() {
            return names()
                .enumerate()
                .any(|(at, name)| names().take(at).any(|other| other == name));
        }
        let mut sorted: Vec<&str> = names().collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Returns whether that is so in this value or in any inside it.
    pub fn has_duplicates_inside(self) -> bool {
        self.has_duplicates() || self.children().any(Item::has_duplicates_inside)
    }

    /// Returns whether a string or a name in this value contains U+0000.
    pub fn has_nul(self) -> bool {
        let mut found = false;
        units(self.json(), |unit| found |= unit == 0);
        found
    }

    /// What is directly inside this value, names aside. Going down by it ends:
    /// the depth is limited.
    fn children(self) -> impl Iterator<Item = Item<'a>> {
        self.elements()
            .chain(self.members().map(|(_, value)| value))
    }
}

fn is_deeper(item: Item<'_>, max_depth: usize) -> bool {
    if !matches!(item.kind(), Kind::Array | Kind::Object) {
        return false;
    }
    let Some(rest) = max_depth.checked_sub(1) else {
        return true;
    };
    item.children().any(|child| is_deeper(child, rest))
}

fn has_lone_surrogate(text: &[u8]) -> bool {
    let mut lone = false;
    // Where the first half of a pair ends, for which the second must start.
    let mut half = None;
    escapes(text, |start, end, unit| {
        let is_second = matches!(unit, Some(0xDC00..=0xDFFF));
        lone |= match half {
            Some(half) => !is_second || start != half,
            None => is_second,
        };
        half = matches!(unit, Some(0xD800..=0xDBFF)).then_some(end);
    });
    lone || half.is_some()
}

/// Calls `found` with each `\uXXXX` of a text that the reader has accepted.
fn units(text: &[u8], mut found: impl FnMut(u32)) {
    escapes(text, |_, _, unit| {
        if let Some(unit) = unit {
            found(unit);
        }
    });
}

/// Calls `found` with where each escape of a text that the reader has accepted
/// starts and ends, and with the number of a `\uXXXX`. Backslashes stand in
/// strings only, so nothing else needs to be understood.
fn escapes(text: &[u8], mut found: impl FnMut(usize, usize, Option<u32>)) {
    let mut at = 0;
    while let Some(length) = text[at..].iter().position(|byte| *byte == b'\\') {
        let start = at + length;
        let digits = text.get(start + 2..start + 6);
        let unit = digits.filter(|_| text[start + 1] == b'u').and_then(hex4);
        at = start + if unit.is_some() { 6 } else { 2 };
        found(start, at, unit);
    }
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })
}

/// Returns whether RFC 8259 has this byte between tokens.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
