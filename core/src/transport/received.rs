//! A response as it arrived: status, body, and how the body ended.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::call_state::CallState;
use super::failure::Cause;
use stytch_reader::wipe::PIECE;

use crate::outcome::{Code, Delivery, Ending, Failed, Phase};

/// Room for a usual answer, so that it is read without moving.
const USUAL_BODY: usize = 16 * 1024;

/// A response whose status line and header arrived, whatever its status.
#[derive(Debug)]
pub struct Received {
    pub status: u16,
    pub host: Arc<str>,
    pub body: Body,
    pub ending: Ending,
    /// `Retry-After`, from when the response arrived.
    pub retry_after_ms: Option<i64>,
    /// The body is compressed, though the request asked for no coding.
    pub is_coded: bool,
    /// How long it may be kept: `max-age` less `Age` (RFC 9111, section 4.2).
    pub max_age: Option<Duration>,
}

impl Received {
    pub fn read(
        host: Arc<str>,
        response: Response<ureq::Body>,
        limit: usize,
        state: &CallState,
    ) -> Self {
        state.enter(Phase::ReadResponse);
        let (head, body) = response.into_parts();
        let expected = body.content_length().map_or(USUAL_BODY, |length| {
            usize::try_from(length).unwrap_or(limit)
        });
        let mut kept = Body::default();
        let ending = kept.read(body.into_reader(), expected.min(limit), limit, state);
        Self {
            status: head.status.as_u16(),
            host,
            body: kept,
            ending,
            retry_after_ms: retry_after_ms(&head.headers, SystemTime::now),
            is_coded: is_coded(&head.headers),
            max_age: max_age(&head.headers),
        }
    }
}

/// A body's bytes with a NUL behind them; without a byte of either, an empty one
/// that needs no memory.
#[derive(Default)]
pub struct Body(Vec<u8>);

impl Body {
    /// Takes bytes that were not received; the buffer has room for a NUL.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        bytes.push(0);
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0[..self.0.len().saturating_sub(1)]
    }

    pub fn as_bytes_with_nul(&self) -> &[u8] {
        if self.0.is_empty() { &[0] } else { &self.0 }
    }

    fn read(
        &mut self,
        mut reader: impl Read,
        expected: usize,
        limit: usize,
        state: &CallState,
    ) -> Ending {
        let bytes = &mut self.0;
        let mut length = 0;
        // One for the NUL, one to notice a body over the limit.
        let has_room = bytes.try_reserve_exact(expected + 2).is_ok();
        let ending = loop {
            if !has_room || !make_room(bytes, length, limit) {
                break Ending::NoMemory;
            }
            match reader.read(&mut bytes[length..]) {
                Ok(0) => break Ending::Complete,
                Ok(count) => length += count,
                Err(error) => {
                    break match state.failure_of_io(error).cause {
                        Cause::Deadline => Ending::Late,
                        Cause::Cancelled => Ending::Cancelled,
                        _ => Ending::BrokenOff,
                    };
                }
            }
            if length > limit {
                length = limit;
                break Ending::OverLimit;
            }
        };
        bytes.truncate(length);
        // There is room for the NUL, if there was any for the body.
        if bytes.capacity() > length {
            bytes.push(0);
        }
        ending
    }
}

/// Sees to it that a byte can be read behind the first `length`, and that no
/// more than one over the limit can; `false` if there is no memory for it.
fn make_room(bytes: &mut Vec<u8>, length: usize, limit: usize) -> bool {
    if length + 1 < bytes.len() {
        return true;
    }
    if bytes.capacity() < length + 2 && bytes.try_reserve(bytes.capacity() + USUAL_BODY).is_err() {
        return false;
    }
    let room = (bytes.capacity() - 1).min(limit + 1);
    // In pieces, for the reason that `wipe` has.
    while bytes.len() < room {
        let piece = PIECE.min(room - bytes.len());
        bytes.extend_from_slice(&[0; PIECE][..piece]);
    }
    true
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.as_bytes().len())
    }
}

impl Received {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What a retry depends on, for a response that is not a success.
    pub fn as_failed(&self) -> Failed {
        Failed {
            code: Code::Api,
            delivery: Delivery::of(true, Some(self.status)),
            status: self.status,
            is_lasting: false,
        }
    }
}

/// The first field of this name. Mostly the reader of heads has left one field,
/// and to look at it is less than to look a name up.
fn get(headers: &HeaderMap, wanted: HeaderName) -> Option<&HeaderValue> {
    let mut fields = headers.iter();
    fields
        .find(|(name, _)| **name == wanted)
        .map(|(_, value)| value)
}

/// RFC 9110, section 10.2.3: whole seconds or an HTTP date. Anything else is
/// as if absent.
fn retry_after_ms(headers: &HeaderMap, now: fn() -> SystemTime) -> Option<i64> {
    let value = get(headers, header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = value.parse().ok()?;
        return seconds.checked_mul(1000);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // The server's clock and ours may differ: its own time is what it meant.
    let text = |name| get(headers, name)?.to_str().ok();
    let its_now = text(header::DATE).and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    let wait = date
        .duration_since(its_now.unwrap_or_else(now))
        .unwrap_or_default();
    i64::try_from(wait.as_millis()).ok()
}

/// RFC 9110, section 8.4.
fn is_coded(headers: &HeaderMap) -> bool {
    let fields = headers.iter();
    fields
        .filter(|(name, _)| **name == header::CONTENT_ENCODING)
        .flat_map(|(_, value)| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| get(headers, name).and_then(|value| value.to_str().ok());
    let directives = text(header::CACHE_CONTROL)?.split(',').map(str::trim);
    let number = |text: &str| text.trim_matches('"').parse::<u32>().ok();
    let max_age = directives
        .filter_map(|directive| directive.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .and_then(|(_, value)| number(value.trim()))?;
    let age = text(header::AGE).and_then(|age| number(age.trim()));
    let seconds = max_age.saturating_sub(age.unwrap_or(0));
    Some(Duration::from_secs(seconds.into()))
}

impl Received {
    /// What was made here, without a request.
    pub fn local(body: Body) -> Self {
        Self {
            status: 0,
            host: "".into(),
            body,
            ending: Ending::Complete,
            retry_after_ms: None,
            is_coded: false,
            max_age: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Option<i64> {
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
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
    fn a_date_counts_from_the_servers_own() {
        for (date, expected) in [
            ("Sun, 06 Nov 1994 09:49:37 GMT", 10_000),
            ("Sun, 06 Nov 1994 09:49:57 GMT", 0),
            ("soon", 3_610_000),
        ] {
            let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, date.parse().unwrap());
            let value = "Sun, 06 Nov 1994 09:49:47 GMT";
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            assert_eq!(retry_after_ms(&headers, now), Some(expected), "{date}");
        }
    }

    #[test]
    fn what_may_be_kept_and_what_is_compressed() {
        let headers = |fields: &[(&str, &str)]| -> HeaderMap {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect()
        };
        for (fields, seconds) in [
            (&[("cache-control", "public, max-age=900")][..], Some(900)),
            (&[("cache-control", "MAX-AGE = \"60\"")], Some(60)),
            (
                &[("cache-control", "max-age=900"), ("age", "100")],
                Some(800),
            ),
            (&[("cache-control", "max-age=9"), ("age", "100")], Some(0)),
            (&[("cache-control", "no-store")], None),
            (&[("cache-control", "max-age=soon")], None),
            (&[], None),
        ] {
            let found = max_age(&headers(fields));
            assert_eq!(found, seconds.map(Duration::from_secs), "{fields:?}");
        }
        for (coding, expected) in [
            ("gzip", true),
            ("identity, br", true),
            ("Identity", false),
            ("", false),
        ] {
            assert_eq!(
                is_coded(&headers(&[("content-encoding", coding)])),
                expected
            );
        }
    }

    #[test]
    fn a_body_is_kept_up_to_the_limit() {
        const LIMIT: usize = 100_000;
        let state = CallState::new(Duration::MAX, Duration::MAX);
        for (length, ending) in [
            (0, Ending::Complete),
            (1, Ending::Complete),
            (USUAL_BODY, Ending::Complete),
            (LIMIT, Ending::Complete),
            (LIMIT + 1, Ending::OverLimit),
        ] {
            for expected in [0, 1, length.min(LIMIT)] {
                let source = vec![b'x'; length];
                let mut body = Body::default();
                assert_eq!(body.read(&source[..], expected, LIMIT, &state), ending);
                assert_eq!(body.as_bytes().len(), length.min(LIMIT));
                assert_eq!(body.as_bytes_with_nul().last(), Some(&0));
            }
        }
    }
}
