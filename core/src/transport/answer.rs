//! An answer as it came: status, body, and how the body ended.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::SystemTime;

use ureq::http::{HeaderMap, Response, header};

use super::delivery::{self, Phase};
use super::failure::{self, Cause};

/// How much of a body is kept.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// How much room is made at a time.
const PIECE: usize = 1024;
/// Room for a usual answer, so that it is read without moving.
const USUAL_BODY: usize = 16 * 1024;

/// An answer whose status line and headers came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub host: Arc<str>,
    pub body: Body,
    pub ending: Ending,
    /// `Retry-After`, from when the answer came.
    pub retry_after_ms: Option<i64>,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Complete,
    /// The framing says that more should have come, or was malformed.
    BrokenOff,
    /// The deadline passed before its end.
    Late,
    /// It is longer than [`BODY_LIMIT`].
    OverLimit,
}

impl Answer {
    pub fn read(host: Arc<str>, response: Response<ureq::Body>) -> Self {
        delivery::enter(Phase::ReadAnswer);
        let (head, body) = response.into_parts();
        let expected = body.content_length().map_or(USUAL_BODY, |length| {
            usize::try_from(length).unwrap_or(BODY_LIMIT)
        });
        let mut kept = Body::with_capacity(expected.min(BODY_LIMIT));
        let ending = kept.read(body.into_reader());
        Self {
            status: head.status.as_u16(),
            host,
            body: kept,
            ending,
            retry_after_ms: retry_after_ms(&head.headers, SystemTime::now()),
        }
    }
}

/// A body's bytes with a NUL behind them.
pub struct Body(Vec<u8>);

impl Body {
    fn with_capacity(length: usize) -> Self {
        // One for the NUL, one to notice a body over the limit.
        Self(Vec::with_capacity(length + 2))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0[..self.0.len() - 1]
    }

    pub fn as_bytes_with_nul(&self) -> &[u8] {
        &self.0
    }

    fn read(&mut self, mut reader: impl Read) -> Ending {
        let mut length = 0;
        let ending = loop {
            self.make_room(length);
            match reader.read(&mut self.0[length..]) {
                Ok(0) => break Ending::Complete,
                Ok(count) => length += count,
                Err(error) => {
                    break match failure::from_io(error).cause {
                        Cause::Deadline => Ending::Late,
                        _ => Ending::BrokenOff,
                    };
                }
            }
            if length > BODY_LIMIT {
                length = BODY_LIMIT;
                break Ending::OverLimit;
            }
        };
        self.0.truncate(length);
        self.0.push(0);
        ending
    }

    /// Sees to it that a byte can be read behind the first `length`, and that
    /// no more than one over the limit can.
    fn make_room(&mut self, length: usize) {
        if length < self.0.len() {
            return;
        }
        if self.0.capacity() < length + 2 {
            self.0.reserve(self.0.capacity() + USUAL_BODY);
        }
        let room = (self.0.capacity() - 1).min(BODY_LIMIT + 1);
        // In pieces, for the reason that `wipe` has.
        while self.0.len() < room {
            let piece = PIECE.min(room - self.0.len());
            self.0.extend_from_slice(&[0; PIECE][..piece]);
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.as_bytes().len())
    }
}

/// RFC 9110, section 10.2.3: whole seconds or an HTTP date. Anything else is
/// as if absent.
fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<i64> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = value.parse().ok()?;
        return seconds.checked_mul(1000);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    i64::try_from(wait.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parse(value: &str) -> Option<i64> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        retry_after_ms(&headers, now)
    }

    #[test]
    fn retry_after_takes_seconds_and_dates_and_nothing_else() {
        for (value, expected) in [
            ("0", Some(0)),
            ("120", Some(120_000)),
            // 10 s after, and 10 s before, the time that it is taken to be
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10_000)),
            ("Sun Nov  6 08:49:47 1994", Some(10_000)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
            ("9223372036854775", Some(9_223_372_036_854_775_000)),
            ("9223372036854776", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_body_is_kept_up_to_the_limit() {
        for (length, ending) in [
            (0, Ending::Complete),
            (USUAL_BODY, Ending::Complete),
            (BODY_LIMIT, Ending::Complete),
            (BODY_LIMIT + 1, Ending::OverLimit),
        ] {
            let source = vec![b'x'; length];
            let mut body = Body::with_capacity(0);
            assert_eq!(body.read(&source[..]), ending);
            assert_eq!(body.as_bytes().len(), length.min(BODY_LIMIT));
            assert_eq!(body.as_bytes_with_nul().last(), Some(&0));
        }
    }
}
