//! Times as Stytch writes them.

use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;

/// Now, to the second: RFC 3339 has room for more, but Stytch's times have no fraction.
pub fn now() -> UtcDateTime {
    UtcDateTime::now().truncate_to_second()
}

/// As in `2021-12-29T12:33:09Z`.
pub fn rfc3339(time: UtcDateTime) -> String {
    time.format(&Rfc3339).expect("the year has four digits")
}
