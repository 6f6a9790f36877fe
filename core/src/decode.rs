//! What a text may say in another writing: the encodings in which servers and
//! gateways quote what they were sent.
//!
//! These readers are generous on purpose. They look for a secret, so reading
//! too much into a text costs nothing but time, and the text as it stands is
//! searched as well.

/// Base64 and hex of less than this cannot contain a piece that matters.
const SHORTEST_RUN: usize = 6;
const SHORTEST_NUMBERS: usize = 4;
/// Decoded bytes count where this many in a row are text. What is decoded from
/// the wrong place is noise, and hardly has such a piece.
const SHORTEST_PIECE: usize = 4;
const LONGEST_TAG: usize = 80;
const LONGEST_ENTITY: usize = 32;

/// Every other text that `text` may stand for, one step of decoding deep.
/// Base64 that was cut at its start may begin at any of four places of a
/// group, hex at any of two.
pub(crate) fn readings(text: &str) -> Vec<String> {
    let shown: Vec<char> = untagged(text).chars().filter(|&c| !is_blank(c)).collect();
    let mut found = Vec::new();
    found.extend(unescape(text));
    if shown.len() < text.chars().count() {
        // Blanks and tags may stand within an escape.
        let shown = String::from_iter(&shown);
        found.extend(unescape(&shown));
        found.extend(decimal(&shown));
    }
    if text.contains('+') {
        // A form's spaces.
        found.push(text.replace('+', " "));
    }
    found.extend((0..4).filter_map(|start| base64(&shown, start)));
    found.extend((0..2).filter_map(|start| hex(&shown, start)));
    found.extend(decimal(text));
    found
}

/// White space, and characters that show nothing: they break a text up and
/// leave it readable.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

/// Characters that take no room: the soft hyphen, joiners, marks of direction,
/// fillers, variation selectors, tags.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Reads percent-encoding, quoted-printable, HTML entities, the backslash
/// escapes of JSON, C, JavaScript, Python and Rust, and leaves out tags. `None` where there is nothing of the kind.
///
/// One pass for all of them, since none can be mistaken for another for long:
/// what is nested takes another pass.
pub(crate) fn unescape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 4);
    let mut at = 0;
    let mut changed = false;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let read = match rest[0] {
            b'%' => percent(rest),
            b'=' => quoted_printable(rest),
            b'&' => entity(rest),
            b'\\' => backslash(rest),
            b'<' => tag(rest),
            _ => None,
        };
        if let Some((meaning, length)) = read {
            match meaning {
                Meaning::Byte(byte) => out.push(byte),
                Meaning::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Meaning::Nothing => {}
            }
            at += length;
            changed = true;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    changed.then(|| String::from_utf8_lossy(&out).into_owned())
}

enum Meaning {
    Byte(u8),
    Char(char),
    Nothing,
}

/// What an escape means, and how many bytes of text it takes.
type Read = Option<(Meaning, usize)>;

/// `%2F`, and `%u002F` as old JavaScript writes it.
fn percent(rest: &[u8]) -> Read {
    if matches!(rest.get(1), Some(b'u' | b'U')) {
        return Some((char_of(number(rest.get(2..6)?, 16)?), 6));
    }
    Some((byte_of(number(rest.get(1..3)?, 16)?), 3))
}

/// `=2F`, and the `=` at a line's end that is no part of the text.
fn quoted_printable(rest: &[u8]) -> Read {
    match rest {
        [_, b'\n', ..] => Some((Meaning::Nothing, 2)),
        [_, b'\r', b'\n', ..] => Some((Meaning::Nothing, 3)),
        _ => Some((byte_of(number(rest.get(1..3)?, 16)?), 3)),
    }
}

/// The entities of the characters that stand in secrets or around them.
const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("sol", '/'),
    ("bsol", '\\'),
    ("plus", '+'),
    ("equals", '='),
    ("lowbar", '_'),
    ("underbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("minus", '-'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semi", ';'),
    ("percnt", '%'),
    ("num", '#'),
    ("dollar", '$'),
    ("excl", '!'),
    ("quest", '?'),
    ("commat", '@'),
    ("ast", '*'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("lcub", '{'),
    ("rcub", '}'),
    ("verbar", '|'),
    ("hat", '^'),
    ("grave", '`'),
];

/// `&#47;`, `&#x2F;`, `&sol;`. An unknown one is a character that no secret
/// has, as `&shy;` or `&zwj;`.
fn entity(rest: &[u8]) -> Read {
    let semicolon = |length: usize| length + usize::from(rest.get(length) == Some(&b';'));
    if rest.get(1) == Some(&b'#') {
        let (start, radix) = match rest.get(2)? {
            b'x' | b'X' => (3, 16),
            _ => (2, 10),
        };
        let length = run(&rest[start..], |byte| char::from(byte).is_digit(radix)).min(10);
        let code = number(rest.get(start..start + length)?, radix)?;
        return Some((char_of(code), semicolon(start + length)));
    }
    let name = rest.get(1..)?;
    let length = run(name, |byte| byte.is_ascii_alphanumeric());
    let known = |name: &[u8]| {
        let found = ENTITIES
            .iter()
            .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        found.map(|&(_, c)| c)
    };
    if (1..=LONGEST_ENTITY).contains(&length) && name.get(length) == Some(&b';') {
        let meaning = known(&name[..length]).map_or(Meaning::Nothing, Meaning::Char);
        return Some((meaning, length + 2));
    }
    // The four that browsers take without a semicolon.
    let length = ["quot", "amp", "lt", "gt"]
        .into_iter()
        .map(str::len)
        .find(|&length| {
            name.get(..length)
                .is_some_and(|name| matches!(known(name), Some('&' | '<' | '>' | '"')))
        })?;
    Some((Meaning::Char(known(&name[..length])?), length + 1))
}

/// `\/`, `\n`, `\x2F`, `\u002F`, `\u{2F}`, `\U0000002F`, `\057`.
fn backslash(rest: &[u8]) -> Read {
    let next = *rest.get(1)?;
    let braced = || {
        let inner = rest.get(3..)?;
        let length = run(inner, |byte| byte.is_ascii_hexdigit());
        let is_braced = rest[2] == b'{' && inner.get(length) == Some(&b'}') && length <= 8;
        is_braced.then_some(())?;
        Some((char_of(number(&inner[..length], 16)?), length + 4))
    };
    let hex = |length: usize| number(rest.get(2..2 + length)?, 16);
    let read = match next {
        b'x' => braced().or_else(|| Some((byte_of(hex(2)?), 4))),
        b'u' => braced().or_else(|| {
            let high = hex(4)?;
            let low = rest
                .get(6..12)
                .filter(|low| low.starts_with(b"\\u"))
                .and_then(|low| number(&low[2..], 16));
            match (high, low) {
                (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) => {
                    let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    Some((char_of(code), 12))
                }
                _ => Some((char_of(high), 6)),
            }
        }),
        b'U' => Some(()).and_then(|()| Some((char_of(hex(8)?), 10))),
        b'0'..=b'7' => {
            let digits = &rest[1..rest.len().min(4)];
            let length = run(digits, |byte| (b'0'..=b'7').contains(&byte));
            Some((byte_of(number(&digits[..length], 8)?), length + 1))
        }
        b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'\n' => Some((Meaning::Char('\n'), 2)),
        b'\\' => Some((Meaning::Char('\\'), 2)),
        _ => None,
    };
    // Before any other character it stands for nothing.
    read.or(Some((Meaning::Nothing, 1)))
}

/// `<wbr>`, `<b class="x">`: marks within a line. Others stay, for they may be
/// no tags.
fn tag(rest: &[u8]) -> Read {
    const NAMES: [&str; 14] = [
        "a", "b", "br", "code", "em", "font", "i", "kbd", "mark", "samp", "span", "strong", "u",
        "wbr",
    ];
    let inner = rest.get(1..)?;
    let inner = inner.strip_prefix(b"/").unwrap_or(inner);
    let name = &inner[..run(inner, |byte| byte.is_ascii_alphabetic())];
    let is_known = NAMES
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name));
    let end = rest.iter().take(LONGEST_TAG).position(|&byte| byte == b'>');
    is_known.then_some((Meaning::Nothing, end? + 1))
}

fn untagged(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = tag(rest.as_bytes()).map_or(0, |(_, length)| length);
        if length == 0 {
            out.push('<');
        }
        rest = &rest[length.max(1)..];
    }
    out.push_str(rest);
    out
}

/// The length of the start of `bytes` that is as `wanted`.
fn run(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|&byte| !wanted(byte));
    end.unwrap_or(bytes.len())
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if !digits.iter().all(|&byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

fn byte_of(code: u32) -> Meaning {
    u8::try_from(code).map_or(Meaning::Nothing, Meaning::Byte)
}

fn char_of(code: u32) -> Meaning {
    char::from_u32(code).map_or(Meaning::Nothing, Meaning::Char)
}

/// Reads the runs of base64's characters (RFC 4648, both alphabets, padded or
/// not) from their `start`-th character on.
fn base64(shown: &[char], start: usize) -> Option<String> {
    let digit = |c: char| {
        Some(match c {
            'A'..='Z' => c as u32 - 'A' as u32,
            'a'..='z' => c as u32 - 'a' as u32 + 26,
            '0'..='9' => c as u32 - '0' as u32 + 52,
            '+' | '-' => 62,
            '/' | '_' => 63,
            _ => return None,
        })
    };
    decode_runs(shown, start, 6, digit)
}

/// Reads the runs of hex digits from their `start`-th one on, with or without
/// `0x` and whatever separates the bytes of a dump.
fn hex(shown: &[char], start: usize) -> Option<String> {
    let mut digits = Vec::with_capacity(shown.len());
    for (at, &c) in shown.iter().enumerate() {
        let is_prefix = |at: usize| {
            shown[at] == '0'
                && matches!(shown.get(at + 1), Some('x' | 'X'))
                && shown.get(at + 2).is_some_and(char::is_ascii_hexdigit)
        };
        let is_second = at > 0 && is_prefix(at - 1);
        if !is_second && !is_prefix(at) && !c.is_ascii_punctuation() {
            digits.push(c);
        }
    }
    decode_runs(&digits, start, 4, |c| c.to_digit(16))
}

/// Reads runs of digits of `width` bits each, skips the first `skipped` of a
/// run, and keeps what decodes to text.
fn decode_runs(
    chars: &[char],
    skipped: usize,
    width: u32,
    digit: impl Fn(char) -> Option<u32>,
) -> Option<String> {
    let mut out = String::new();
    let mut decoded = Vec::new();
    for run in chars.chunk_by(|&a, &b| digit(a).is_some() == digit(b).is_some()) {
        if run.len() < SHORTEST_RUN + skipped || digit(run[0]).is_none() {
            continue;
        }
        decoded.clear();
        let (mut bits, mut count) = (0, 0);
        for value in run[skipped..].iter().filter_map(|&c| digit(c)) {
            bits = (bits << width | value) & 0xFFFF;
            count += width;
            if count >= 8 {
                count -= 8;
                decoded.push((bits >> count & 0xFF) as u8);
            }
        }
        keep_text(&mut decoded, &mut out);
    }
    (!out.is_empty()).then_some(out)
}

/// Reads bytes written as decimal numbers, as `[55, 53, 50]`.
fn decimal(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut bytes = Vec::new();
    let mut between = 0;
    for part in text
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit())
    {
        let value = number(part, 10).and_then(|value| u8::try_from(value).ok());
        match value {
            Some(value) => bytes.push(value),
            None if between < 3 && matches!(part[0], b',' | b' ' | b';' | b'\n' | b'\r') => {
                between += 1;
                continue;
            }
            None => {
                if bytes.len() >= SHORTEST_NUMBERS {
                    keep_text(&mut bytes, &mut out);
                }
                bytes.clear();
            }
        }
        between = 0;
    }
    if bytes.len() >= SHORTEST_NUMBERS {
        keep_text(&mut bytes, &mut out);
    }
    (!out.is_empty()).then_some(out)
}

/// Appends the pieces of `bytes` that are text, a line for each. UTF-16's zero
/// bytes are passed over.
fn keep_text(bytes: &mut Vec<u8>, out: &mut String) {
    bytes.retain(|&byte| byte != 0);
    for chunk in bytes.utf8_chunks() {
        let is_break = |c: char| c.is_control() && !c.is_whitespace();
        for piece in chunk.valid().split(is_break) {
            if piece.len() >= SHORTEST_PIECE {
                out.push_str(piece);
                out.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests;
