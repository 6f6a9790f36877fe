//! The idle connections of a client, the last used first.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::call_state::CallState;
use super::connection::Connection;
use super::limits::{KEEP_ALIVE_MARGIN, MOST_IDLE, MOST_IDLE_AGE};

/// Never locked while anything waits or is sent. A forked child does not touch
/// its parent's pool, whose lock another thread may have held.
#[derive(Default)]
pub struct Pool {
    /// The last used stands last.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: Box<Connection>,
    /// When the server may have given it up.
    until: Instant,
}

impl Pool {
    /// Takes a connection on which nothing has happened since it was put here.
    pub fn take(&self, state: &CallState) -> Option<Box<Connection>> {
        loop {
            let mut idle = self.lock().pop()?;
            if Instant::now() < idle.until && idle.connection.is_silent(state) {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection whose response has been read to its end.
    pub fn put(&self, connection: Box<Connection>) {
        let now = Instant::now();
        let age = match connection.keep_alive() {
            Some(limit) => limit.saturating_sub(KEEP_ALIVE_MARGIN).min(MOST_IDLE_AGE),
            None => MOST_IDLE_AGE,
        };
        if age.is_zero() {
            return;
        }
        let mut idle = self.lock();
        let mut old = idle.iter().take_while(|idle| idle.until <= now).count();
        if idle.len() - old >= MOST_IDLE {
            old += 1;
        }
        let closed: Vec<Idle> = idle.drain(..old).collect();
        idle.push(Idle {
            connection,
            until: now + age,
        });
        drop(idle);
        // Closing says good-bye to the peer, without the lock.
        drop(closed);
    }

    /// Closes what is idle.
    pub fn clear(&self) {
        let closed = std::mem::take(&mut *self.lock());
        drop(closed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
