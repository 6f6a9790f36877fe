//! Impersonation tokens: random, of limited life, valid for one use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::UtcDateTime;

use crate::directory::Person;
use crate::ids::random_token;
use crate::schema::ImpersonatedFactor;

/// What a token stands for: a session of this member, in the hands of that impersonator.
#[derive(Clone)]
pub struct Grant {
    pub person: Person,
    pub impersonator: ImpersonatedFactor,
}

/// The tokens that were not used yet.
#[derive(Default)]
pub struct Tokens {
    unspent: Mutex<HashMap<String, (Grant, UtcDateTime)>>,
}

impl Tokens {
    /// Makes a token that works once, within `ttl` from now.
    pub fn issue(&self, grant: Grant, ttl: Duration, now: UtcDateTime) -> String {
        let token = random_token();
        let mut unspent = self.unspent.lock().unwrap_or_else(PoisonError::into_inner);
        unspent.retain(|_, (_, ends)| *ends > now);
        unspent.insert(token.clone(), (grant, now + ttl));
        token
    }

    /// Takes the token's grant out: of callers that race for one, exactly one gets it.
    /// `None`: unknown, used or expired.
    pub fn spend(&self, token: &str, now: UtcDateTime) -> Option<Grant> {
        let mut unspent = self.unspent.lock().unwrap_or_else(PoisonError::into_inner);
        let (grant, ends) = unspent.remove(token)?;
        (ends > now).then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use crate::directory::Directory;

    fn now() -> UtcDateTime {
        UtcDateTime::now()
    }

    fn grant() -> Grant {
        Grant {
            person: Directory::new().people()[0].clone(),
            impersonator: ImpersonatedFactor {
                impersonator_id: "member-test-support".to_owned(),
                impersonator_email_address: "support@example.com".to_owned(),
            },
        }
    }

    #[test]
    fn a_token_works_once() {
        let tokens = Tokens::default();
        let token = tokens.issue(grant(), Duration::from_secs(60), now());
        assert!(tokens.spend(&token[1..], now()).is_none());
        assert!(tokens.spend(&token, now()).is_some());
        assert!(tokens.spend(&token, now()).is_none());
    }

    #[test]
    fn an_expired_token_does_not_work_and_is_forgotten() {
        let tokens = Tokens::default();
        let expired = tokens.issue(grant(), Duration::ZERO, now());
        assert!(tokens.spend(&expired, now()).is_none());
        tokens.issue(grant(), Duration::ZERO, now());
        let later = now() + Duration::from_secs(61);
        let token = tokens.issue(grant(), Duration::from_secs(60), now());
        assert!(tokens.spend(&token, later).is_none());
        tokens.issue(grant(), Duration::from_secs(60), now());
        assert_eq!(tokens.unspent.lock().unwrap().len(), 1);
    }

    #[test]
    fn of_many_that_race_for_a_token_one_gets_it() {
        const RACERS: usize = 8;
        let tokens = Tokens::default();
        for _ in 0..200 {
            let token = tokens.issue(grant(), Duration::from_secs(60), now());
            let (start, won) = (Barrier::new(RACERS), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..RACERS {
                    scope.spawn(|| {
                        start.wait();
                        if tokens.spend(&token, now()).is_some() {
                            won.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(won.into_inner(), 1);
        }
    }
}
