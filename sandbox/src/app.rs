//! What the requests of one sandbox share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::config::Config;
use crate::directory::{Directory, Person};
use crate::faults::Faults;
use crate::schema::ImpersonatedFactor;
use crate::signing::PendingKey;
use crate::tokens::{Grant, Tokens};

pub struct App {
    pub config: Config,
    pub directory: Directory,
    pub tokens: Tokens,
    pub faults: Faults,
    pub key: PendingKey,
    authenticate_requests: AtomicU64,
}

impl App {
    pub fn new(config: Config) -> std::io::Result<Self> {
        Ok(App {
            config,
            directory: Directory::new(),
            tokens: Tokens::default(),
            faults: Faults::default(),
            key: PendingKey::start()?,
            authenticate_requests: AtomicU64::new(0),
        })
    }

    /// A token for this person, in the hands of `impersonator`.
    pub fn issue(
        &self,
        person: &Person,
        impersonator: ImpersonatedFactor,
        ttl: Duration,
    ) -> String {
        self.tokens.issue(
            Grant {
                person: person.clone(),
                impersonator,
            },
            ttl,
        )
    }

    pub fn count_authenticate_request(&self) {
        self.authenticate_requests.fetch_add(1, Ordering::Relaxed);
    }

    pub fn authenticate_requests(&self) -> u64 {
        self.authenticate_requests.load(Ordering::Relaxed)
    }
}

/// Who impersonates unless the maker of a token says otherwise.
pub fn default_impersonator() -> ImpersonatedFactor {
    ImpersonatedFactor {
        impersonator_id: "member-test-7d9e0b46-3c82-4a5f-91e7-f4b60c2d8a13".to_owned(),
        impersonator_email_address: "support@example.com".to_owned(),
    }
}
