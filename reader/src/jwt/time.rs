//! The two ways in which a session JWT writes a time: a JSON number of seconds
//! (RFC 7519, `NumericDate`) and an RFC 3339 text.
//!
//! Both are compared with the clock exactly. The clock counts whole
//! nanoseconds, so a time between two of them is rounded up to the next one:
//! for every whole `now`, `now >= time` is then what it is for the exact time,
//! and so is `time > now`. No double is involved.

use std::time::{SystemTime, UNIX_EPOCH};

const NANOS: i128 = 1_000_000_000;
const DAY: i64 = 86_400;

/// 9999-12-31T23:59:59Z and the fraction behind it are the last times.
const END: i64 = 253_402_300_800;

/// Seconds, as a difference between two times.
pub fn seconds(count: impl Into<i128>) -> i128 {
    count.into() * NANOS
}

/// Returns the clock's time in nanoseconds since 1970; `None` before that.
pub fn from_clock(now: SystemTime) -> Option<i128> {
    let since = now.duration_since(UNIX_EPOCH).ok()?;
    i128::try_from(since.as_nanos()).ok()
}

/// A time that a JSON number gives, from 1970 to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumericDate {
    /// Rounded up to the nanosecond.
    pub nanos: i128,
    /// Rounded down to the second.
    pub seconds: i64,
}

impl NumericDate {
    /// Reads a number in JSON's grammar, which the JSON reader has checked.
    pub fn parse(number: &str) -> Option<Self> {
        // Nearly all are this: whole seconds of this century.
        if number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = number.parse().ok()?;
            return Some(Self {
                nanos: i128::from(seconds) * NANOS,
                seconds,
            });
        }
        let (negative, number) = match number.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, number),
        };
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, saturating(exponent)),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        let zeros = digits().take_while(|digit| *digit == b'0').count();
        if zeros == whole.len() + fraction.len() {
            return Some(Self {
                nanos: 0,
                seconds: 0,
            });
        }
        // The number is 0.DIGITS times ten to the power of `point`.
        let point = exponent.saturating_add(whole.len() as i64 - zeros as i64);
        if negative || point > 12 {
            return None;
        }
        let mut digits = digits().skip(zeros);
        let mut nanos = 0;
        for _ in 0..point.saturating_add(9) {
            nanos = nanos * 10 + i128::from(digits.next().unwrap_or(b'0') - b'0');
        }
        let seconds = i64::try_from(nanos / NANOS).ok()?;
        nanos += i128::from(digits.any(|digit| digit != b'0'));
        (seconds < END).then_some(Self { nanos, seconds })
    }
}

fn saturating(exponent: &str) -> i64 {
    exponent.parse().unwrap_or(if exponent.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// Reads an RFC 3339 time, in nanoseconds since 1970 and rounded up.
pub fn parse_rfc3339(text: &[u8]) -> Option<i128> {
    let mut rest = Rest(text);
    let year = rest.number(4)?;
    rest.one_of(b"-")?;
    let month = rest.number(2)?;
    rest.one_of(b"-")?;
    let day = rest.number(2)?;
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    rest.one_of(b"Tt")?;
    let hour = rest.number(2)?;
    rest.one_of(b":")?;
    let minute = rest.number(2)?;
    rest.one_of(b":")?;
    let second = rest.number(2)?;
    let mut nanos = 0;
    if rest.one_of(b".").is_some() {
        nanos = rest.fraction()?;
    }
    let offset = match rest.one_of(b"Zz+-")? {
        sign @ (b'+' | b'-') => {
            let hours = rest.number(2)?;
            rest.one_of(b":")?;
            let minutes = rest.number(2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == b'+' { 60 } else { -60 }
        }
        _ => 0,
    };
    if !rest.0.is_empty() || hour > 23 || minute > 59 {
        return None;
    }
    let minutes = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 - offset;
    // A leap second is the last one of a day in UTC.
    let leap = second == 60 && (minutes + 60).rem_euclid(DAY) == 0;
    (second < 60 || leap).then(|| i128::from(minutes + second) * NANOS + nanos)
}

/// Returns whole seconds since 1970 as an RFC 3339 text in UTC.
pub fn to_rfc3339(seconds: i64) -> Vec<u8> {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z").into_bytes()
}

/// What of a text has not been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// A number of exactly `length` digits.
    fn number(&mut self, length: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.iter().try_fold(0, |value, digit| {
            digit
                .is_ascii_digit()
                .then(|| value * 10 + i64::from(digit - b'0'))
        })
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// One digit or more behind the point, as nanoseconds, rounded up.
    fn fraction(&mut self) -> Option<i128> {
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let mut digits = digits.iter();
        let mut nanos = 0;
        for _ in 0..9 {
            nanos = nanos * 10 + i128::from(digits.next().unwrap_or(&b'0') - b'0');
        }
        nanos += i128::from(digits.any(|digit| *digit != b'0'));
        (length > 0).then_some(nanos)
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// A year that starts in March has its leap day at its end, so that the days
// before a month are a straight line: (153 * month + 2) / 5 with March as 0.
// 400 such years have 146,097 days, and day 0 of 1970 is day 719,468 of them.

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    let month = (month + 9) % 12;
    era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let days = days.rem_euclid(146_097);
    let year = (days - days / 1460 + days / 36_524 - days / 146_096) / 365;
    let of_year = days - (year * 365 + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(number: &str) -> Option<(i128, i64)> {
        NumericDate::parse(number).map(|date| (date.nanos, date.seconds))
    }

    #[test]
    fn numbers_of_seconds() {
        let second = NANOS;
        for (number, nanos, seconds) in [
            ("0", 0, 0),
            ("-0", 0, 0),
            ("-0.0e99999999999999999999", 0, 0),
            ("0e400", 0, 0),
            ("1", second, 1),
            ("1700000000", 1_700_000_000 * second, 1_700_000_000),
            ("1.7e9", 1_700_000_000 * second, 1_700_000_000),
            (
                "17000000005e-1",
                17_000_000_005 * second / 10,
                1_700_000_000,
            ),
            ("0.0000017e+15", 1_700_000_000 * second, 1_700_000_000),
            ("1.9999999999", 2 * second, 1),
            ("1.000000001", second + 1, 1),
            ("1.0000000001", second + 1, 1),
            ("1.00000000000", second, 1),
            ("1e-9", 1, 0),
            ("1e-99999999999999999999", 1, 0),
            ("253402300799", (END - 1) as i128 * second, END - 1),
            ("253402300799.9999999999", END as i128 * second, END - 1),
        ] {
            assert_eq!(numeric(number), Some((nanos, seconds)), "{number}");
        }
        for number in [
            "-1",
            "-1e-400",
            "253402300800",
            "1e12",
            "1e300",
            "1e400",
            "9e99999999999999999999",
        ] {
            assert_eq!(numeric(number), None, "{number}");
        }
    }

    #[test]
    fn rfc_3339_and_back() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2026-11-25T22:00:00Z", 1_795_644_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", END - 1),
        ] {
            assert_eq!(
                parse_rfc3339(text.as_bytes()),
                Some(i128::from(seconds) * NANOS),
                "{text}"
            );
            assert_eq!(to_rfc3339(seconds), text.as_bytes());
        }
        for day in (-719_528..2_932_897).step_by(97) {
            let (year, month, of_month) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, of_month), day);
            assert!((1..=days_of(year, month)).contains(&of_month));
        }
    }

    #[test]
    fn what_rfc_3339_allows() {
        // The examples of its section 5.8.
        let at = |text: &str| parse_rfc3339(text.as_bytes()).unwrap();
        assert_eq!(at("1985-04-12T23:20:50.52Z"), 482_196_050_520_000_000);
        assert_eq!(at("1996-12-19T16:39:57-08:00"), at("1996-12-20T00:39:57Z"));
        assert_eq!(at("1990-12-31T23:59:60Z"), at("1991-01-01T00:00:00Z"));
        assert_eq!(at("1990-12-31T15:59:60-08:00"), at("1991-01-01T00:00:00Z"));
        assert_eq!(
            at("1937-01-01T12:00:27.87+00:20"),
            at("1937-01-01T11:40:27.87z")
        );
        assert_eq!(at("1970-01-01t00:00:00.0000000001Z"), 1);
        assert_eq!(at("0000-01-01T00:00:00Z"), -62_167_219_200 * NANOS);
    }

    #[test]
    fn what_rfc_3339_does_not_allow() {
        for text in [
            "",
            "2026-11-25",
            "2026-11-25T22:00:00",
            "2026-11-25 22:00:00Z",
            "2026-11-25T22:00Z",
            "2026-11-25T22:00:00.Z",
            "2026-11-25T22:00:00,5Z",
            "2026-11-25T22:00:00Z ",
            " 2026-11-25T22:00:00Z",
            "2026-11-25T22:00:00ZZ",
            "2026-11-25T22:00:00+0100",
            "2026-11-25T22:00:00+01",
            "2026-11-25T22:00:00+24:00",
            "2026-11-25T22:00:00+01:60",
            "2026-11-25T24:00:00Z",
            "2026-11-25T22:60:00Z",
            "2026-11-25T22:00:60Z",
            "2026-11-25T22:00:61Z",
            "2026-02-29T22:00:00Z",
            "2100-02-29T22:00:00Z",
            "2026-13-01T22:00:00Z",
            "2026-00-01T22:00:00Z",
            "2026-04-31T22:00:00Z",
            "2026-04-00T22:00:00Z",
            "26-04-01T22:00:00Z",
            "02026-04-01T22:00:00Z",
            "+026-04-01T22:00:00Z",
            "2026-W48-3T22:00:00Z",
            "20261125T220000Z",
            "２026-11-25T22:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_clock_before_1970_is_none() {
        let second = std::time::Duration::from_secs(1);
        assert_eq!(from_clock(UNIX_EPOCH + second), Some(NANOS));
        assert_eq!(from_clock(UNIX_EPOCH - second), None);
    }
}
