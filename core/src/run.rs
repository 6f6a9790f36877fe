//! One run of an operation: the time it has, who may stop it, and who is told.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::events::Log;
use crate::transport::call_state::CallState;

/// One run of an operation. The requests that it needs are parts of it: the
/// time, the cancellation and the log are the same.
pub struct Run {
    begun: Instant,
    timeout: Duration,
    cancel: Option<Arc<Cancel>>,
    log: Option<Log>,
    /// The request that was sent last, if somebody wants to know.
    sent: RefCell<Option<Sent>>,
}

/// What the log is told of a request.
#[derive(Clone)]
pub(crate) struct Sent {
    /// Without its query.
    pub path: String,
    pub state: Arc<CallState>,
}

impl Run {
    /// Starts the time of an operation.
    pub fn new(timeout: Duration, cancel: Option<Arc<Cancel>>, log: Option<Log>) -> Self {
        Self {
            begun: Instant::now(),
            timeout,
            cancel,
            log,
            sent: RefCell::new(None),
        }
    }

    /// A part of this run that has an event of its own.
    pub fn part(&self) -> Self {
        Self::new(self.left(), self.cancel.clone(), self.log.clone())
    }

    pub fn deadline(&self) -> Instant {
        self.begun + self.timeout
    }

    pub fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.begun.elapsed())
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn cancel(&self) -> Option<&Arc<Cancel>> {
        self.cancel.as_ref()
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancel
            .as_ref()
            .is_some_and(|cancel| cancel.is_cancelled())
    }

    pub(crate) fn log(&self) -> Option<&Log> {
        self.log.as_ref()
    }

    /// A request of this run begins.
    pub(crate) fn sends(&self, path: &str, state: &Arc<CallState>) {
        if self.log.is_some() {
            let (path, _) = path.split_once('?').unwrap_or((path, ""));
            *self.sent.borrow_mut() = Some(Sent {
                path: path.to_owned(),
                state: Arc::clone(state),
            });
        }
    }

    pub(crate) fn sent(&self) -> Option<Sent> {
        self.sent.borrow().clone()
    }
}
