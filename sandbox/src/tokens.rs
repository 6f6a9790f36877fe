//! Impersonation tokens: random, of limited life, good for one use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::directory::Person;
use crate::schema::ImpersonatedFactor;

/// What a token is good for: a session of this member, in the hands of that impersonator.
#[derive(Clone)]
pub struct Grant {
    pub person: Person,
    pub impersonator: ImpersonatedFactor,
}

/// The tokens that are not spent.
#[derive(Default)]
pub struct Tokens {
    unspent: Mutex<HashMap<String, (Grant, Instant)>>,
}

impl Tokens {
    /// Makes a token that works once, within `ttl` from now.
    pub fn issue(&self, grant: Grant, ttl: Duration) -> String {
        let now = Instant::now();
        let token = random_token();
        let mut unspent = self.unspent.lock().unwrap_or_else(PoisonError::into_inner);
        unspent.retain(|_, (_, ends)| *ends > now);
        unspent.insert(token.clone(), (grant, now + ttl));
        token
    }

    /// Takes the token's grant out: of callers that race for one, exactly one gets it.
    /// `None`: unknown, spent or expired.
    pub fn spend(&self, token: &str) -> Option<Grant> {
        let mut unspent = self.unspent.lock().unwrap_or_else(PoisonError::into_inner);
        let (grant, ends) = unspent.remove(token)?;
        (ends > Instant::now()).then_some(grant)
    }
}

/// 256 random bits in the form of Stytch's tokens. It never starts with a hyphen, so that it can
/// stand as an argument of any program.
pub fn random_token() -> String {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        let token = URL_SAFE.encode(bytes);
        if !token.starts_with('-') {
            return token;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use crate::directory::Directory;

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
        let token = tokens.issue(grant(), Duration::from_secs(60));
        assert!(tokens.spend(&token[1..]).is_none());
        assert!(tokens.spend(&token).is_some());
        assert!(tokens.spend(&token).is_none());
    }

    #[test]
    fn an_expired_token_does_not_work_and_is_forgotten() {
        let tokens = Tokens::default();
        let expired = tokens.issue(grant(), Duration::ZERO);
        assert!(tokens.spend(&expired).is_none());
        tokens.issue(grant(), Duration::ZERO);
        tokens.issue(grant(), Duration::from_secs(60));
        assert_eq!(tokens.unspent.lock().unwrap().len(), 1);
    }

    #[test]
    fn of_many_that_race_for_a_token_one_gets_it() {
        const RACERS: usize = 8;
        let tokens = Tokens::default();
        for _ in 0..200 {
            let token = tokens.issue(grant(), Duration::from_secs(60));
            let (start, won) = (Barrier::new(RACERS), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..RACERS {
                    scope.spawn(|| {
                        start.wait();
                        if tokens.spend(&token).is_some() {
                            won.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(won.into_inner(), 1);
        }
    }

    #[test]
    fn tokens_differ_and_can_stand_as_an_argument() {
        let tokens: std::collections::HashSet<_> = (0..1000).map(|_| random_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(
            tokens
                .iter()
                .all(|token| token.len() == 44 && !token.starts_with('-'))
        );
    }
}
