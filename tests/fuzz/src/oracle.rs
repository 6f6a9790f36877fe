//! What JSON means, by serde_json. Values are kept as text (`RawValue`), so
//! depth, range and surrogates set no limit to what can be decided.

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The oracle cannot say.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecided;

/// The complete object of UTF-8 at the front of `body`, where there is one.
pub fn object(body: &[u8]) -> Option<&str> {
    // RFC 8259, section 8.1: a byte order mark may be passed over.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let is_space = |byte: &u8| b" \t\r\n".contains(byte);
    let start = body.iter().position(|byte| !is_space(byte))?;
    if body[start] != b'{' {
        return None;
    }
    let mut stream = serde_json::Deserializer::from_slice(&body[start..]).into_iter::<IgnoredAny>();
    stream.next()?.ok()?;
    let end = start + stream.byte_offset();
    std::str::from_utf8(&body[start..end]).ok()
}

/// The text of a member that is a string which C can hold. `Err` where that
/// cannot be decided: another member's name is no Unicode text.
pub fn text_member(object: &str, name: &str) -> Result<Option<String>, Undecided> {
    let members = members(object).ok_or(Undecided)?;
    let value = members.iter().rev().find(|(this, _)| this == name);
    Ok(value.and_then(|(_, value)| text(value)))
}

/// The string that `value` is; `None` where it is another type, or holds
/// U+0000 or a lone surrogate.
pub fn text(value: &str) -> Option<String> {
    let text: String = serde_json::from_str(value).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// The members of an object in their order, duplicates included; `None` where
/// a name holds a lone surrogate.
pub fn members(object: &str) -> Option<Vec<(String, &str)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de str)>;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                members.push((name, value.get()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(object)
        .deserialize_map(Members)
        .ok()
}

pub fn elements(array: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(array).expect("an array");
    elements.into_iter().map(RawValue::get).collect()
}

/// Whether a usable session stands in `body`, and its token; `Err` where that
/// cannot be decided.
pub fn session_token(body: &[u8]) -> Result<Option<String>, Undecided> {
    let Some(object) = object(body) else {
        return Ok(None);
    };
    let token = text_member(object, "session_token")?;
    Ok(token.filter(|token| !token.is_empty()))
}

/// What an RFC 6901 pointer leads to. `Err` where that cannot be decided.
pub fn pointer<'a>(document: &'a str, pointer: &str) -> Result<Option<&'a str>, Undecided> {
    let mut at = document;
    if pointer.is_empty() {
        return Ok(Some(at));
    }
    let Some(tokens) = pointer.strip_prefix('/') else {
        return Ok(None);
    };
    for token in tokens.split('/') {
        let Some(token) = unescape(token) else {
            return Ok(None);
        };
        let next = match at.as_bytes()[0] {
            b'{' => {
                let members = members(at).ok_or(Undecided)?;
                let found = members.into_iter().rev().find(|(name, _)| *name == token);
                found.map(|(_, value)| value)
            }
            b'[' => index(&token).and_then(|index| elements(at).get(index).copied()),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// RFC 6901, section 3: `~0` and `~1`, and nothing else behind a tilde.
fn unescape(token: &str) -> Option<String> {
    let mut pieces = token.split('~');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        match piece.as_bytes().first()? {
            b'0' => text.push('~'),
            b'1' => text.push('/'),
            _ => return None,
        }
        text.push_str(&piece[1..]);
    }
    Some(text)
}

/// RFC 6901, section 4: digits without leading zeros.
fn index(token: &str) -> Option<usize> {
    let index: usize = token.parse().ok()?;
    (index.to_string() == token).then_some(index)
}
