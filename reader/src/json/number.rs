//! Doubles, rounded to nearest whatever the host has done to its rounding mode.

use std::io::Write;

/// More digits than this std never reads by its shortcut.
const SHORTCUT: usize = 19;
const ZEROS: &str = "00000000000000000000";

/// Returns the double nearest to a JSON number; infinite where there is none.
///
/// std has a shortcut for numbers of few digits: one multiplication with a
/// power of ten, or a division by it. The processor rounds its result as
/// `fesetround` was told to. Numbers with more digits std reads with integers
/// only. So such a number is written with as many digits: 2.3 as
/// `23000000000000000000e-19`.
pub fn nearest(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, clamped(exponent)),
        None => (text, 0),
    };
    let fraction = mantissa
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let mut value = 0u64;
    let mut count = 0;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        // Zeros in front do not count.
        if value > 0 || digit != b'0' {
            count += 1;
            if count > SHORTCUT {
                return text.parse().ok();
            }
            value = value * 10 + u64::from(digit - b'0');
        }
    }
    if value == 0 {
        return text.parse().ok();
    }
    let zeros = &ZEROS[count..];
    let exponent = exponent - (fraction.len() + zeros.len()) as i64;
    let mut long = [0; 48];
    let mut rest = &mut long[..];
    write!(rest, "{sign}{value}{zeros}e{exponent}").ok()?;
    let room = rest.len();
    let long = std::str::from_utf8(&long[..long.len() - room]).ok()?;
    long.parse().ok()
}

/// An exponent, or one that is as good: far beyond what the digits of the
/// longest text can make up for.
fn clamped(exponent: &str) -> i64 {
    const LIMIT: i64 = 1_000_000_000;
    let digits = exponent.bytes().filter(u8::is_ascii_digit);
    let value = digits.fold(0, |value: i64, digit| {
        (value * 10 + i64::from(digit - b'0')).min(LIMIT)
    });
    if exponent.starts_with('-') {
        -value
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_double_as_std_reads() {
        let long = "123456789".repeat(50);
        let zeros = "0".repeat(400);
        for mantissa in [
            "0",
            "-0",
            "0.0",
            "1",
            "2.3",
            "-0.1",
            "10",
            "1000000000000000000",
            "1.7976931348623157",
            "1.7976931348623159",
            "4.9",
            "2.4703282292062327",
            "2.4703282292062328",
            "9007199254740993",
            "9223372036854775807",
            "18446744073709551615",
            "0.000001",
            "1.000000000000000000000",
            "9999999999999999999",
            "99999999999999999999",
            "-1.5",
            "2.2250738585072011",
            &long,
            &format!("0.{zeros}1"),
            &format!("0.{zeros}{long}"),
            &format!("1{zeros}"),
            &format!("1{zeros}.{zeros}"),
        ] {
            for exponent in [
                "",
                "e0",
                "E+1",
                "e-1",
                "e15",
                "e22",
                "e23",
                "e-22",
                "e-23",
                "e37",
                "e308",
                "e309",
                "e-308",
                "e-323",
                "e-324",
                "e-325",
                "e400",
                "e-400",
                "e401",
                "e99999999999999999999",
                "e-99999999999999999999",
                "e000",
            ] {
                let text = format!("{mantissa}{exponent}");
                let expected: f64 = text.parse().unwrap();
                let found = nearest(&text).unwrap();
                assert_eq!(found.to_bits(), expected.to_bits(), "{text}");
            }
        }
    }
}
