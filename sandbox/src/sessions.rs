//! The sessions that were started: they live in memory, end by themselves and can be revoked.
//!
//! ```text
//!             expires_at passes
//!   active ──────────────────────> expired
//!      │
//!      └── revoked ──────────────> revoked      nothing leads back
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use time::{Duration, UtcDateTime};

use crate::claims;
use crate::clock::rfc3339;
use crate::directory::Person;
use crate::ids::{member_session_id, random_token};
use crate::inferred::{
    AUTHENTICATION_MOVES_LAST_ACCESSED, IMPERSONATED_CLAIMS_ARE_FIXED,
    SESSION_NOT_MUTABLE_IMPERSONATED,
};
use crate::refusal::{Refusal, SESSION_NOT_FOUND};
use crate::schema::{
    AuthenticationFactor, AuthenticationFactorDeliveryMethod, AuthenticationFactorType,
    EmailFactor, ImpersonatedFactor, MemberSession, Metadata,
};

/// How many sessions are remembered. A test that starts more loses the oldest.
const MAX_SESSIONS: usize = 50_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// The member's own.
    #[default]
    Ordinary,
    /// In the hands of somebody else.
    Impersonated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Active,
    Expired,
    Revoked,
}

/// A session without its secrets, for a list.
#[skip_serializing_none]
#[derive(Clone, Serialize)]
pub struct SessionSummary {
    pub member_session_id: String,
    pub member_id: String,
    pub organization_id: String,
    pub kind: SessionKind,
    pub state: SessionState,
    pub impersonator: Option<ImpersonatedFactor>,
    pub started_at: String,
    pub last_accessed_at: String,
    pub expires_at: String,
    pub revoked_at: Option<String>,
}

/// A session that is to be started.
pub struct NewSession {
    pub person: Person,
    /// Absent: an ordinary session.
    pub impersonator: Option<ImpersonatedFactor>,
    pub life: Duration,
    pub custom_claims: Metadata,
    pub template_claims: Metadata,
}

#[derive(Clone)]
pub struct Session {
    pub id: String,
    pub token: String,
    pub person: Person,
    pub impersonator: Option<ImpersonatedFactor>,
    pub started_at: UtcDateTime,
    pub last_accessed_at: UtcDateTime,
    pub expires_at: UtcDateTime,
    pub revoked_at: Option<UtcDateTime>,
    pub custom_claims: Metadata,
    /// What the project's JWT template adds to JWTs.
    pub template_claims: Metadata,
}

/// How a caller names a session.
pub enum Selector<'a> {
    Id(&'a str),
    Token(&'a str),
}

/// What an authentication changes of its session.
#[derive(Default)]
pub struct Changes {
    /// The session is to end that long from now.
    pub life: Option<Duration>,
    pub custom_claims: Option<Metadata>,
}

impl Session {
    fn start(new: NewSession, now: UtcDateTime) -> Self {
        let started_at = now.truncate_to_second();
        Session {
            id: member_session_id(),
            token: random_token(),
            person: new.person,
            impersonator: new.impersonator,
            started_at,
            last_accessed_at: started_at,
            expires_at: started_at + new.life,
            revoked_at: None,
            custom_claims: new.custom_claims,
            template_claims: new.template_claims,
        }
    }

    pub fn state(&self, now: UtcDateTime) -> SessionState {
        match self.revoked_at {
            Some(_) => SessionState::Revoked,
            None if self.expires_at <= now => SessionState::Expired,
            None => SessionState::Active,
        }
    }

    pub fn kind(&self) -> SessionKind {
        match self.impersonator {
            Some(_) => SessionKind::Impersonated,
            None => SessionKind::Ordinary,
        }
    }

    /// Returns the session as Stytch describes it.
    pub fn member_session(&self) -> MemberSession {
        let Person {
            member,
            organization,
        } = &self.person;
        MemberSession {
            member_session_id: self.id.clone(),
            member_id: member.member_id.clone(),
            started_at: rfc3339(self.started_at),
            last_accessed_at: rfc3339(self.last_accessed_at),
            expires_at: rfc3339(self.expires_at),
            authentication_factors: vec![self.factor()],
            organization_id: organization.organization_id.clone(),
            roles: member
                .roles
                .iter()
                .map(|role| role.role_id.clone())
                .collect(),
            organization_slug: organization.organization_slug.clone(),
            custom_claims: Some(self.custom_claims.clone()),
        }
    }

    /// Returns the one factor of the session: an impersonation, or a login link sent by email.
    fn factor(&self) -> AuthenticationFactor {
        let started = Some(rfc3339(self.started_at));
        let common = AuthenticationFactor {
            last_authenticated_at: started.clone(),
            created_at: started.clone(),
            updated_at: started,
            ..AuthenticationFactor::default()
        };
        let member = &self.person.member;
        match &self.impersonator {
            Some(impersonator) => AuthenticationFactor {
                r#type: AuthenticationFactorType::Impersonated,
                delivery_method: AuthenticationFactorDeliveryMethod::Impersonation,
                impersonated_factor: Some(impersonator.clone()),
                ..common
            },
            None => AuthenticationFactor {
                r#type: AuthenticationFactorType::MagicLink,
                delivery_method: AuthenticationFactorDeliveryMethod::Email,
                email_factor: Some(EmailFactor {
                    email_id: member.member_id.replacen("member", "email", 1),
                    email_address: member.email_address.clone(),
                }),
                ..common
            },
        }
    }

    pub fn summary(&self, now: UtcDateTime) -> SessionSummary {
        SessionSummary {
            member_session_id: self.id.clone(),
            member_id: self.person.member.member_id.clone(),
            organization_id: self.person.organization.organization_id.clone(),
            kind: self.kind(),
            state: self.state(now),
            impersonator: self.impersonator.clone(),
            started_at: rfc3339(self.started_at),
            last_accessed_at: rfc3339(self.last_accessed_at),
            expires_at: rfc3339(self.expires_at),
            revoked_at: self.revoked_at.map(rfc3339),
        }
    }

    /// Makes the changes that an authentication asks for, all or none.
    fn change(&mut self, changes: &Changes, now: UtcDateTime) -> Result<(), Refusal> {
        let fixed = self.impersonator.is_some()
            && (changes.life.is_some()
                || IMPERSONATED_CLAIMS_ARE_FIXED && changes.custom_claims.is_some());
        if fixed {
            return Err(SESSION_NOT_MUTABLE_IMPERSONATED);
        }
        if let Some(given) = &changes.custom_claims {
            self.custom_claims = claims::merged(&self.custom_claims, given)?;
        }
        let now = now.truncate_to_second();
        if let Some(life) = changes.life {
            self.expires_at = now + life;
        }
        if AUTHENTICATION_MOVES_LAST_ACCESSED {
            self.last_accessed_at = now;
        }
        Ok(())
    }
}

#[derive(Default)]
pub struct Sessions(Mutex<Store>);

#[derive(Default)]
struct Store {
    by_id: HashMap<String, Session>,
    ids_by_token: HashMap<String, String>,
    /// The ids, the oldest first.
    order: VecDeque<String>,
}

impl Store {
    /// Returns the session if it is active: all others look as if they had never been.
    fn active(&mut self, selector: &Selector, now: UtcDateTime) -> Option<&mut Session> {
        let id = match selector {
            Selector::Id(id) => *id,
            Selector::Token(token) => self.ids_by_token.get(*token)?,
        };
        let session = self.by_id.get_mut(id)?;
        (session.state(now) == SessionState::Active).then_some(session)
    }
}

impl Sessions {
    pub fn start(&self, new: NewSession, now: UtcDateTime) -> Session {
        let session = Session::start(new, now);
        let mut store = self.lock();
        if store.order.len() == MAX_SESSIONS
            && let Some(oldest) = store.order.pop_front()
            && let Some(oldest) = store.by_id.remove(&oldest)
        {
            store.ids_by_token.remove(&oldest.token);
        }
        let id = session.id.clone();
        store.ids_by_token.insert(session.token.clone(), id.clone());
        store.order.push_back(id.clone());
        store.by_id.insert(id, session.clone());
        session
    }

    /// Authenticates an active session: `check` looks at it first, then the changes are made.
    /// After a refusal it is as it was.
    pub fn authenticate<T>(
        &self,
        selector: &Selector,
        changes: &Changes,
        now: UtcDateTime,
        check: impl FnOnce(&Session) -> Result<T, Refusal>,
    ) -> Result<(Session, T), Refusal> {
        let mut store = self.lock();
        let session = store.active(selector, now).ok_or(SESSION_NOT_FOUND)?;
        let checked = check(session)?;
        session.change(changes, now)?;
        Ok((session.clone(), checked))
    }

    /// Revokes an active session. `None`: there is no such active session.
    pub fn revoke(&self, selector: &Selector, now: UtcDateTime) -> Option<Session> {
        let mut store = self.lock();
        let session = store.active(selector, now)?;
        session.revoked_at = Some(now.truncate_to_second());
        Some(session.clone())
    }

    /// Revokes every active session of the member.
    pub fn revoke_all_of(&self, member_id: &str, now: UtcDateTime) {
        for session in self.lock().by_id.values_mut() {
            if session.person.member.member_id == member_id
                && session.state(now) == SessionState::Active
            {
                session.revoked_at = Some(now.truncate_to_second());
            }
        }
    }

    /// Returns the active sessions of the member, the oldest first.
    pub fn active_of(&self, member_id: &str, now: UtcDateTime) -> Vec<MemberSession> {
        let store = self.lock();
        let sessions = store.order.iter().filter_map(|id| store.by_id.get(id));
        sessions
            .filter(|session| session.person.member.member_id == member_id)
            .filter(|session| session.state(now) == SessionState::Active)
            .map(Session::member_session)
            .collect()
    }

    /// Returns what `describe` makes of the last sessions, the newest first.
    pub fn newest<T>(&self, count: usize, describe: impl Fn(&Session) -> T) -> Vec<T> {
        let store = self.lock();
        let newest = store.order.iter().rev().take(count);
        newest
            .filter_map(|id| store.by_id.get(id))
            .map(describe)
            .collect()
    }

    pub fn count(&self) -> usize {
        self.lock().order.len()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
