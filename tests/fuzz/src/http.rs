//! What an answer means by RFC 9112, for those that are strictly well formed
//! as far as they go; of all others nothing is foretold.

/// The limits that the header states, and safely below them.
const MOST_INTERIM: usize = 64;
const FIELDS: usize = 120;
const HEAD: usize = 60 * 1024;
const BODY_LIMIT: usize = 1024 * 1024;

/// What a reader must make of an answer after which the connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// No final status line with all its headers.
    NoAnswer,
    Answer {
        status: i32,
        body: Vec<u8>,
        /// Whether the framing says that `body` is all.
        is_whole: bool,
        /// Whether it says so without the connection's end.
        is_delimited: bool,
        retry_after_ms: i64,
    },
}

pub fn meaning(played: &[u8]) -> Option<Meaning> {
    let mut rest = played;
    for _ in 0..=MOST_INTERIM {
        let head = match head(rest)? {
            Some(head) => head,
            None => return Some(Meaning::NoAnswer),
        };
        rest = &rest[head.length..];
        match head.status {
            101 => return None,
            100..=199 => continue,
            200..=599 => return answer(&head, rest),
            _ => return None,
        }
    }
    Some(Meaning::NoAnswer)
}

struct Head {
    length: usize,
    status: i32,
    fields: Vec<(String, String)>,
}

/// `Some(None)` for the front part of a head, `None` for what is not strict.
fn head(bytes: &[u8]) -> Option<Option<Head>> {
    const START: &[u8] = b"HTTP/1.1 ";
    if bytes.len() < START.len() {
        return START.starts_with(bytes).then_some(None);
    }
    let window = &bytes[..bytes.len().min(HEAD)];
    let end = window.windows(4).position(|four| four == b"\r\n\r\n");
    let text = match end {
        Some(end) => &window[..end + 2],
        // What is cut must be good up to its last whole line.
        None if window.len() < HEAD => {
            let last = window.windows(2).rposition(|two| two == b"\r\n")?;
            let (lines, cut) = window.split_at(last + 2);
            let cut = cut.strip_suffix(b"\r").unwrap_or(cut);
            if !cut.iter().all(|byte| (b' '..=b'~').contains(byte)) {
                return None;
            }
            lines
        }
        None => return None,
    };
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.strip_suffix("\r\n")?.split("\r\n");
    let status = status(lines.next()?)?;
    let fields: Option<Vec<_>> = lines.map(field).collect();
    let fields = fields?;
    if fields.len() > FIELDS {
        return None;
    }
    Some(end.map(|end| Head {
        length: end + 4,
        status,
        fields,
    }))
}

fn status(line: &str) -> Option<i32> {
    let rest = line.strip_prefix("HTTP/1.1 ")?;
    let (digits, reason) = rest.split_at_checked(3)?;
    let is_good = digits.bytes().all(|byte| byte.is_ascii_digit())
        && reason.starts_with(' ')
        && reason.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_good.then(|| digits.parse().ok()).flatten()
}

fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_good = !name.is_empty()
        && name.bytes().all(is_token)
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_good.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

fn answer(head: &Head, rest: &[u8]) -> Option<Meaning> {
    let only = |name: &str| -> Option<Option<&str>> {
        let mut found = head.fields.iter().filter(|(this, _)| this == name);
        let value = found.next().map(|(_, value)| value.as_str());
        found.next().is_none().then_some(value)
    };
    let retry_after_ms = match only("retry-after")? {
        None => -1,
        // Of other forms than whole seconds nothing is foretold.
        Some(value) => i64::try_from(digits(value)? * 1000).ok()?,
    };
    let length = only("content-length")?;
    let coding = only("transfer-encoding")?;
    let (mut body, mut is_whole, is_delimited) = match (length, coding) {
        (None, None) if matches!(head.status, 204 | 304) => {
            // Whether a body may stand there anyway is left open.
            rest.is_empty().then_some((Vec::new(), true, true))?
        }
        _ if matches!(head.status, 204 | 304) => return None,
        (Some(length), None) => {
            let length = digits(length)?;
            let is_whole = rest.len() >= length;
            (rest[..rest.len().min(length)].to_vec(), is_whole, is_whole)
        }
        (None, Some("chunked")) => {
            let (body, is_whole) = chunks(rest)?;
            (body, is_whole, is_whole)
        }
        (None, None) => (rest.to_vec(), true, false),
        _ => return None,
    };
    if body.len() > BODY_LIMIT {
        body.truncate(BODY_LIMIT);
        is_whole = true;
    }
    Some(Meaning::Answer {
        status: head.status,
        body,
        is_whole,
        is_delimited,
        retry_after_ms,
    })
}

fn digits(text: &str) -> Option<usize> {
    let is_good = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    is_good.then(|| text.parse().ok()).flatten()
}

/// The data of the chunks as far as they go, and whether the last one came.
fn chunks(mut rest: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut data = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else {
            // A size that is cut is strict as long as it can still become one.
            let text = rest.strip_suffix(b"\r").unwrap_or(rest);
            let is_good = text.len() <= 6 && text.iter().all(u8::is_ascii_hexdigit);
            return is_good.then_some((data, false));
        };
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let is_good = (1..=6).contains(&size.len()) && size.bytes().all(|b| b.is_ascii_hexdigit());
        let size = is_good.then(|| usize::from_str_radix(size, 16).ok())??;
        rest = &rest[line + 2..];
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        data.extend_from_slice(piece);
        let is_cut = piece.len() < size || behind.len() < 2;
        if !b"\r\n".starts_with(&behind[..behind.len().min(2)]) {
            return None;
        }
        if is_cut {
            return Some((data, false));
        }
        if size == 0 {
            return Some((data, true));
        }
        rest = &behind[2..];
    }
}
