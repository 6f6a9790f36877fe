//! When a failed attempt is followed by another, and after which wait.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::{Failure, Received};
use crate::outcome::{Delivery, Repeat};

/// The bound of the first wait; each further one doubles it.
const BASE: Duration = Duration::from_millis(100);
/// No bound is above this.
const CAP: Duration = Duration::from_secs(2);

/// How long to wait before the attempt behind attempt `number`, `None` if there
/// must be none. What may be sent again at all is decided in `outcome`; the
/// library goes less far by itself: after a 429 only when told for how long to
/// wait, and after a request that may have been carried out only for a GET.
pub fn wait(outcome: &Result<Received, Failure>, repeat: Repeat, number: u32) -> Option<Duration> {
    let (failed, asked) = match outcome {
        Err(failure) => (failure.as_failed(), None),
        Ok(received) => (received.as_failed(), received.retry_after_ms),
    };
    let by_itself = match failed.delivery {
        Delivery::NotSent => true,
        Delivery::Rejected => asked.is_some(),
        _ => repeat == Repeat::ByItself,
    };
    if !by_itself || !failed.is_retryable(repeat) {
        return None;
    }
    match asked {
        Some(milliseconds) => Some(Duration::from_millis(u64::try_from(milliseconds).ok()?)),
        None => Some(backoff(number, random())),
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
