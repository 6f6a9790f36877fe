//! What requests have come in under `/v1/`, whatever became of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// How many paths are counted, and how many requests remembered.
const MAX_PATHS: usize = 1000;
const MAX_RECENT: usize = 100;

/// A request that came in. Of its credentials only the scheme is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenRequest {
    pub method: String,
    /// Without its query.
    pub path: String,
    /// `Basic`, where the request has credentials.
    pub authorization: Option<String>,
    pub cache_control: Option<String>,
}

#[derive(Default)]
pub struct Traffic(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    counts: BTreeMap<String, u64>,
    recent: VecDeque<SeenRequest>,
}

impl Traffic {
    pub fn record(&self, request: SeenRequest) {
        let mut seen = self.lock();
        if let Some(count) = seen.counts.get_mut(&request.path) {
            *count += 1;
        } else if seen.counts.len() < MAX_PATHS {
            seen.counts.insert(request.path.clone(), 1);
        }
        if seen.recent.len() == MAX_RECENT {
            seen.recent.pop_front();
        }
        seen.recent.push_back(request);
    }

    pub fn to(&self, path: &str) -> u64 {
        self.lock().counts.get(path).copied().unwrap_or_default()
    }

    pub fn by_path(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    /// Returns the last requests, the oldest first.
    pub fn recent(&self) -> Vec<SeenRequest> {
        self.lock().recent.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
