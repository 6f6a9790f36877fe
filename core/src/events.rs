//! What the log is told: that a call was made, how it ended, and never what was
//! sent or received in confidence.

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::turn::waiting;

/// How much somebody wants to know. The numbers are the C ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Error = 1,
    Warning = 2,
    Info = 3,
    Debug = 4,
}

impl Level {
    /// The level with this number; `None` if there is none.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Error, Self::Warning, Self::Info, Self::Debug]
            .into_iter()
            .find(|level| *level as i32 == number)
    }
}

/// What happened. Members that there is nothing to say of are left out.
#[derive(Default, Serialize)]
pub(crate) struct Event<'a> {
    pub operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// "new" or "reused"
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<&'static str>,
    /// "local" or "remote"
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonator_id: Option<String>,
    /// Only of a retry: how long the next attempt waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_ms: Option<u64>,
}

/// What is told of an event.
pub type Listener = Arc<dyn Fn(Level, &CStr) + Send + Sync>;

/// Who is told, and from which level on.
#[derive(Clone)]
pub struct Log {
    level: Level,
    listener: Listener,
}

thread_local! {
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a listener. What is started there is caused by
/// an event, so it has none, on whichever thread it ends.
pub(crate) fn is_telling() -> bool {
    IS_TELLING.get()
}

impl Log {
    pub fn new(level: Level, listener: Listener) -> Self {
        Self { level, listener }
    }

    /// Whether it would be told of events of this level now: what happens
    /// inside a listener is told to nobody, or it would have no end.
    pub(crate) fn wants(&self, level: Level) -> bool {
        level <= self.level && !is_telling()
    }

    /// Tells the listener, which may make calls of its own.
    pub(crate) fn tell(&self, level: Level, event: &Event) {
        if !self.wants(level) {
            return;
        }
        // JSON escapes a NUL, so there is none.
        let Ok(json) = serde_json::to_vec(event).map(CString::new) else {
            return;
        };
        let Ok(json) = json else { return };
        IS_TELLING.set(true);
        waiting(|| (self.listener)(level, &json));
        IS_TELLING.set(false);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.level).finish()
    }
}
