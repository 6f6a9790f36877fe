//! The head of a response, read before ureq sees it (RFC 9112).
//!
//! ureq's parser refuses what a user agent must accept (folded lines), knows no
//! chunks in HTTP/1.0, and spends its time on fields that nobody reads. So the
//! head is read here, once, and ureq gets a plain one in its place: the status,
//! how the body is framed as we have decided it, and the few fields that this
//! library looks at.
//!
//! ```text
//!   HTTP/1.0 200 Fine                      HTTP/1.1 200
//!   Transfer-Encoding: gzip,               Transfer-Encoding: chunked
//!      chunked                     --->    Date: Sun, 06 Nov 1994 08:49:37 GMT
//!   X-Frame-Options: DENY                  Connection: close
//!   Date: Sun, 06 Nov 1994 08:49:37 GMT
//! ```
//!
//! What is not a head is refused; see [`Bad`].

mod lines;

use std::time::Duration;

use memchr::memchr;

use lines::Lines;

/// How many fields the header of a response may have.
const MOST_FIELDS: usize = 128;

/// What was decided about a response from its head.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub is_chunked: bool,
    /// Whether the connection may serve another request after this response.
    pub may_live_on: bool,
    /// How long the server keeps the connection, if it says so.
    pub keep_alive: Option<Duration>,
}

/// Why a head is not one. The words stand behind "the response is not valid
/// HTTP: ".
#[derive(Debug, PartialEq, Eq)]
pub struct Bad(pub &'static str);

/// A field that matters, by its name.
#[derive(Clone, Copy)]
enum Field {
    ContentLength,
    TransferEncoding,
    Connection,
    KeepAlive,
    /// Counts beside a `Retry-After` only: from when that is meant.
    Date,
    RetryAfter,
    /// This library looks at it when the response has arrived.
    Kept,
}

impl Field {
    /// Most fields are told by the length of their name to be none of these.
    fn of(name: &[u8]) -> Option<Self> {
        let candidates: &[(&[u8], Self)] = match name.len() {
            3 => &[(b"age", Self::Kept)],
            4 => &[(b"date", Self::Date)],
            10 => &[
                (b"connection", Self::Connection),
                (b"keep-alive", Self::KeepAlive),
            ],
            11 => &[(b"retry-after", Self::RetryAfter)],
            13 => &[(b"cache-control", Self::Kept)],
            14 => &[(b"content-length", Self::ContentLength)],
            16 => &[
                (b"content-encoding", Self::Kept),
                (b"proxy-connection", Self::Connection),
            ],
            17 => &[(b"transfer-encoding", Self::TransferEncoding)],
            _ => &[],
        };
        let mut candidates = candidates.iter();
        candidates
            .find(|(wanted, _)| is_same(name, wanted))
            .map(|(_, field)| *field)
    }
}

/// Names and options have no case; `lower` is in lower case. They are short, and
/// what std has for this is made for long ones.
#[inline(never)]
fn is_same(text: &[u8], lower: &[u8]) -> bool {
    let mut pairs = text.iter().zip(lower);
    text.len() == lower.len() && pairs.all(|(byte, lower)| byte.to_ascii_lowercase() == *lower)
}

/// Returns how long the head at the front of `message` is, its empty line
/// included; `None` if it has not arrived as a whole. `line` is where the first
/// line starts that was not whole the last time.
pub fn length(message: &[u8], line: &mut usize) -> Option<usize> {
    loop {
        let rest = message.get(*line..)?;
        let end = memchr(b'\n', rest)?;
        let is_empty = matches!(&rest[..end], [] | b"\r");
        // Empty lines before the status line are passed over.
        let is_first = message[..*line]
            .iter()
            .all(|byte| matches!(byte, b'\r' | b'\n'));
        *line += end + 1;
        if is_empty && !is_first {
            return Some(*line);
        }
    }
}

/// Whether a head may still become one: it starts like a response of HTTP/1.
pub fn is_plausible(message: &[u8]) -> bool {
    let start = message
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'));
    let message = &message[start.unwrap_or(message.len())..];
    let length = message.len().min(7);
    message[..length] == b"HTTP/1."[..length]
}

/// Whether this is the head of an interim response, which has no body and is
/// followed by another. 101 is final: it changes the protocol.
pub fn is_interim(head: &[u8]) -> bool {
    let line = Lines { rest: head }.next().unwrap_or_default();
    read_status_line(&line).is_ok_and(|(_, status)| matches!(status, 100 | 102..=199))
}

/// Reads a whole head and writes the plain one to `plain`.
// Not inlined: where it is used, code is made small and not quick.
#[inline(never)]
pub fn read(head: &[u8], plain: &mut Vec<u8>) -> Result<Head, Bad> {
    let mut lines = Lines { rest: head };
    let status_line = lines.next().ok_or(Bad("it has no status line"))?;
    let (is_http_1_0, status) = read_status_line(&status_line)?;
    let mut fields = Fields::default();
    plain.clear();
    plain.extend_from_slice(b"HTTP/1.1 ");
    push_number(plain, status.into());
    plain.extend_from_slice(b"\r\n");
    let may_have_controls = may_have_controls(head);
    // Where the first `Date` stands in `plain`, until a `Retry-After` is seen.
    let mut date = 0..0;
    let mut has_retry_after = false;
    let mut count = 0;
    for line in lines {
        count += 1;
        if count > MOST_FIELDS {
            return Err(Bad("it has more than 128 header fields"));
        }
        let (name, value) = read_field(&line)?;
        if may_have_controls && has_controls(value) {
            return Err(Bad("a header field contains a control character"));
        }
        let Some(field) = Field::of(name) else {
            continue;
        };
        let start = plain.len();
        match field {
            Field::Date if !date.is_empty() => continue,
            Field::Kept | Field::Date | Field::RetryAfter => {
                for part in [name, b": ", value, b"\r\n"] {
                    plain.extend_from_slice(part);
                }
            }
            _ => fields.read(field, value)?,
        }
        match field {
            Field::Date => date = start..plain.len(),
            Field::RetryAfter => has_retry_after = true,
            _ => {}
        }
    }
    if !has_retry_after {
        plain.drain(date);
    }
    let framing = fields.framing(is_http_1_0, status);
    match framing {
        Framing::Chunked => plain.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::Length(length) => {
            plain.extend_from_slice(b"Content-Length: ");
            push_number(plain, length);
            plain.extend_from_slice(b"\r\n");
        }
        Framing::None | Framing::UntilClose => {}
    }
    let may_live_on = fields.may_live_on(is_http_1_0, &framing);
    if !may_live_on {
        plain.extend_from_slice(b"Connection: close\r\n");
    }
    plain.extend_from_slice(b"\r\n");
    Ok(Head {
        status,
        is_chunked: framing == Framing::Chunked,
        may_live_on,
        keep_alive: fields.keep_alive,
    })
}

/// How the end of a body is found: RFC 9112, section 6.3.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    /// There is no body.
    None,
    Chunked,
    Length(u64),
    UntilClose,
}

/// What the fields say of framing and persistence.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    /// The last transfer coding that is not `identity`.
    last_coding_is_chunked: Option<bool>,
    has_transfer_encoding: bool,
    says_close: bool,
    says_keep_alive: bool,
    keep_alive: Option<Duration>,
}

impl Fields {
    fn read(&mut self, field: Field, value: &[u8]) -> Result<(), Bad> {
        match field {
            Field::ContentLength => {
                for length in elements(value) {
                    let length = read_length(length)?;
                    if self.length.is_some_and(|other| other != length) {
                        return Err(Bad("it has two lengths"));
                    }
                    self.length = Some(length);
                }
                if self.length.is_none() {
                    return Err(Bad("its Content-Length is not a number"));
                }
            }
            Field::TransferEncoding => {
                self.has_transfer_encoding = true;
                for coding in elements(value) {
                    // A coding's parameters do not change what it is.
                    let name = coding.split(|byte| *byte == b';').next().unwrap_or(coding);
                    if !is_same(name.trim_ascii(), b"identity") {
                        self.last_coding_is_chunked = Some(is_same(name.trim_ascii(), b"chunked"));
                    }
                }
            }
            Field::Connection => {
                for option in elements(value) {
                    self.says_close |= is_same(option, b"close");
                    self.says_keep_alive |= is_same(option, b"keep-alive");
                }
            }
            Field::KeepAlive => {
                self.keep_alive = elements(value).find_map(read_timeout).or(self.keep_alive);
            }
            Field::Date | Field::RetryAfter | Field::Kept => {}
        }
        Ok(())
    }

    fn framing(&self, is_http_1_0: bool, status: u16) -> Framing {
        if matches!(status, 100..=199 | 204 | 304) {
            return Framing::None;
        }
        let length = self.length.map(Framing::Length);
        match self.last_coding_is_chunked {
            // HTTP/1.0 knows no codings, so there a length counts for more.
            Some(true) if is_http_1_0 => length.unwrap_or(Framing::Chunked),
            Some(true) => Framing::Chunked,
            // The end of a coding that nobody asked for cannot be told; a
            // length beside it is the best guess, else the connection's end.
            Some(false) | None => length.unwrap_or(Framing::UntilClose),
        }
    }

    fn may_live_on(&self, is_http_1_0: bool, framing: &Framing) -> bool {
        // RFC 9112, sections 6.1 and 6.3: after a message whose framing has two
        // readings, what follows may be a part of it.
        let is_clear = match framing {
            Framing::Chunked => !is_http_1_0 && self.length.is_none(),
            Framing::Length(_) => !self.has_transfer_encoding,
            // A server that announces a body where there cannot be one may
            // send it yet.
            Framing::None => self.length.unwrap_or(0) == 0 && !self.has_transfer_encoding,
            Framing::UntilClose => false,
        };
        let says_so = !self.says_close && (!is_http_1_0 || self.says_keep_alive);
        is_clear && says_so && self.keep_alive != Some(Duration::ZERO)
    }
}

/// `HTTP/1.x`, a space, three digits, and a reason that may be missing.
fn read_status_line(line: &[u8]) -> Result<(bool, u16), Bad> {
    let bad = Bad("its first line is not a status line");
    let Some([minor, b' ', digits @ ..]) = line.strip_prefix(b"HTTP/1.") else {
        return Err(bad);
    };
    let (Some(status), true) = (digits.get(..3), minor.is_ascii_digit()) else {
        return Err(bad);
    };
    if !status.iter().all(u8::is_ascii_digit) || !matches!(digits.get(3), None | Some(b' ')) {
        return Err(bad);
    }
    let status = status
        .iter()
        .fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
    if status < 100 || has_controls(digits) {
        return Err(bad);
    }
    Ok((*minor == b'0', status))
}

/// Splits a line into name and value.
fn read_field(line: &[u8]) -> Result<(&[u8], &[u8]), Bad> {
    let is_token_byte = |byte: &u8| IS_TOKEN_BYTE[usize::from(*byte)];
    let length = line.iter().take_while(|byte| is_token_byte(byte)).count();
    let (name, rest) = line.split_at(length);
    let value = match rest {
        [b':', value @ ..] => value,
        // RFC 9112, section 5.1: white space before the colon is to be removed
        // from a response.
        _ => match rest.trim_ascii_start() {
            [b':', value @ ..] => value,
            _ if memchr(b':', rest).is_none() => return Err(Bad("a header line has no colon")),
            _ => return Err(Bad("the name of a header field is malformed")),
        },
    };
    if name.is_empty() {
        return Err(Bad("the name of a header field is malformed"));
    }
    Ok((name, value.trim_ascii()))
}

/// Whether any value needs a closer look, for which there is no branch in a loop
/// over all of them: mostly none does.
fn may_have_controls(head: &[u8]) -> bool {
    let followers = head.iter().skip(1);
    let marks = head.iter().zip(followers).map(|(byte, next)| {
        let is_control = (*byte < b' ') | (*byte == 0x7F);
        let is_usual = (*byte == b'\t') | (*byte == b'\n') | ((*byte == b'\r') & (*next == b'\n'));
        u8::from(is_control & !is_usual)
    });
    marks.fold(0, |all, mark| all | mark) != 0
}

#[cold]
fn has_controls(text: &[u8]) -> bool {
    text.iter()
        .any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// RFC 9110, section 5.6.2: what a name consists of.
const IS_TOKEN_BYTE: [bool; 256] = {
    let others = b"!#$%&'*+-.^_`|~";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

#[inline(never)]
fn push_number(text: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let (mut rest, mut start) = (number, digits.len());
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[start..]);
}

fn read_length(text: &[u8]) -> Result<u64, Bad> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number);
    text.and_then(|text| text.parse().ok())
        .ok_or(Bad("its Content-Length is not a number"))
}

/// `timeout=N` in whole seconds, as a token or quoted.
fn read_timeout(parameter: &[u8]) -> Option<Duration> {
    let equals = parameter.iter().position(|byte| *byte == b'=')?;
    let (name, value) = parameter.split_at(equals);
    if !is_same(name.trim_ascii(), b"timeout") {
        return None;
    }
    let value = std::str::from_utf8(&value[1..]).ok()?.trim();
    let seconds: u32 = value.trim_matches('"').parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

/// The elements of a list (RFC 9110, section 5.6.1), without the empty ones. A
/// comma within quotes separates nothing.
struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

fn elements(value: &[u8]) -> Elements<'_> {
    Elements { rest: Some(value) }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.rest?;
            let (mut is_quoted, mut is_escaped) = (false, false);
            let comma = rest.iter().position(|byte| {
                let separates = *byte == b',' && !is_quoted;
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if is_quoted => is_escaped = true,
                    b'"' => is_quoted = !is_quoted,
                    _ => {}
                }
                separates
            });
            let end = comma.unwrap_or(rest.len());
            self.rest = comma.map(|comma| &rest[comma + 1..]);
            let element = rest[..end].trim_ascii();
            if !element.is_empty() {
                return Some(element);
            }
        }
    }
}

#[cfg(test)]
mod tests;
