//! What the requests of one sandbox share.

use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
use crate::directory::{Directory, Person};
use crate::faults::Faults;
use crate::jwt;
use crate::keys::{Keys, SigningKey};
use crate::policy::Policy;
use crate::schema::ImpersonatedFactor;
use crate::sessions::{Session, Sessions};
use crate::tokens::{Grant, Tokens};
use crate::traffic::Traffic;

pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub directory: Directory,
    pub policy: Policy,
    pub tokens: Tokens,
    pub sessions: Sessions,
    pub faults: Faults,
    pub keys: Keys,
    pub traffic: Traffic,
}

impl App {
    pub fn new(config: Config) -> std::io::Result<Self> {
        Ok(App {
            config,
            clock: Clock::default(),
            directory: Directory::new(),
            policy: Policy::new(),
            tokens: Tokens::default(),
            sessions: Sessions::default(),
            faults: Faults::default(),
            keys: Keys::start()?,
            traffic: Traffic::default(),
        })
    }

    /// Makes a token for this person, in the hands of `impersonator`.
    pub fn issue(
        &self,
        person: &Person,
        impersonator: ImpersonatedFactor,
        ttl: Duration,
    ) -> String {
        let grant = Grant {
            person: person.clone(),
            impersonator,
        };
        self.tokens.issue(grant, ttl, self.clock.now())
    }

    /// Returns a fresh JWT of the session.
    pub fn session_jwt(&self, session: &Session, key: &SigningKey) -> String {
        jwt::write(session, &self.config.project_id, key, self.clock.now())
    }
}

/// Returns the default impersonator.
pub fn default_impersonator() -> ImpersonatedFactor {
    ImpersonatedFactor {
        impersonator_id: "member-test-7d9e0b46-3c82-4a5f-91e7-f4b60c2d8a13".to_owned(),
        impersonator_email_address: "support@example.com".to_owned(),
    }
}
