//! When a failed try may be followed by another, and after which wait.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::{Answer, Failure};

/// The bound of the first wait; each further one doubles it.
const BASE: Duration = Duration::from_millis(100);
/// No bound is above this.
const CAP: Duration = Duration::from_secs(2);

/// How long to wait before try `number + 1`, `None` where there must be none.
/// Only a token that is surely unspent is ever sent again: no byte left, or
/// the answer was a 429 that says when to come back.
pub fn wait(outcome: &Result<Answer, Failure>, number: u32) -> Option<Duration> {
    match outcome {
        Err(failure) if failure.may_pass() => Some(backoff(number, random())),
        Ok(answer) if answer.status == 429 => {
            let wait = u64::try_from(answer.retry_after_ms?).ok()?;
            Some(Duration::from_millis(wait))
        }
        _ => None,
    }
}

/// Exponential backoff with full jitter: anything from nothing to the bound,
/// so that clients which failed together do not come back together.
fn backoff(number: u32, random: u64) -> Duration {
    let bound = BASE.saturating_mul(1 << number.min(16)).min(CAP);
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random % (nanos + 1))
}

/// Jitter needs no cryptography: the seed of std's hash maps will do.
fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_a_cap_and_jitters_over_the_whole_of_it() {
        let most = |number| {
            let bound = BASE.saturating_mul(1u32 << number).min(CAP);
            backoff(number, bound.as_nanos() as u64)
        };
        assert_eq!(most(0), Duration::from_millis(100));
        assert_eq!(most(1), Duration::from_millis(200));
        assert_eq!(most(10), CAP);
        assert_eq!(backoff(3, 0), Duration::ZERO);
        assert!((0..100).all(|_| backoff(2, random()) <= Duration::from_millis(400)));
        assert_ne!(random(), random());
    }
}
