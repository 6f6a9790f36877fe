//! The sandbox's clock: the system's, moved by as much as a test asked for.
//!
//! Everything here that looks at the time looks at this clock: the life of impersonation tokens,
//! sessions and JWTs. Times are written as Stytch writes them.

use std::sync::atomic::{AtomicI64, Ordering};

use time::format_description::well_known::Rfc3339;
use time::{Duration, UtcDateTime};

/// How far the clock can be moved either way: a hundred years, so that the year has four digits.
const MAX_OFFSET_SECONDS: i64 = 100 * 365 * 24 * 60 * 60;

#[derive(Default)]
pub struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    /// Returns the time on this clock.
    pub fn now(&self) -> UtcDateTime {
        UtcDateTime::now() + Duration::seconds(self.offset_seconds())
    }

    /// Returns by how much the clock is ahead of the system's.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the clock forward, or back. Movements add up. `Err`: too far.
    pub fn advance(&self, seconds: i64) -> Result<(), String> {
        let moved = |offset: i64| {
            offset
                .checked_add(seconds)
                .filter(|offset| offset.abs() <= MAX_OFFSET_SECONDS)
        };
        self.offset_seconds
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved)
            .map(|_| ())
            .map_err(|_| {
                format!(
                    "advance_seconds: the clock can be moved by at most {MAX_OFFSET_SECONDS} seconds"
                )
            })
    }

    /// Puts the clock back to the system's time.
    pub fn reset(&self) {
        self.offset_seconds.store(0, Ordering::SeqCst);
    }
}

/// Returns the time as in `2021-12-29T12:33:09Z`: RFC 3339 has room for more, but Stytch's times
/// have no fraction.
pub fn rfc3339(time: UtcDateTime) -> String {
    time.truncate_to_second()
        .format(&Rfc3339)
        .expect("the year has four digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements_add_up_within_bounds_and_can_be_undone() {
        let clock = Clock::default();
        clock.advance(300).unwrap();
        clock.advance(-1000).unwrap();
        assert_eq!(clock.offset_seconds(), -700);
        assert!(clock.now() < UtcDateTime::now() - Duration::seconds(600));
        for too_far in [i64::MAX, i64::MIN, MAX_OFFSET_SECONDS + 701] {
            clock.advance(too_far).unwrap_err();
            assert_eq!(clock.offset_seconds(), -700);
        }
        clock.reset();
        assert_eq!(clock.offset_seconds(), 0);
    }
}
