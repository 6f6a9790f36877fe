//! What shall go wrong with the next requests: queued by a test, consumed by requests under `/v1/`.

pub mod inject;
mod spec;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

pub use spec::{Answer, Break, Fault, FaultSpec};

/// The faults that wait, first in first out.
#[derive(Default)]
pub struct Faults {
    queue: Mutex<VecDeque<(FaultSpec, Fault)>>,
}

impl Faults {
    /// Queues one fault object or an array of them, all or none. Says how many requests are now
    /// to go wrong, or what cannot be meant.
    pub fn queue(&self, value: Value) -> Result<u64, String> {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let faults = values.into_iter().map(|value| {
            let spec = FaultSpec::parse(value)?;
            let fault = spec.fault()?;
            Ok((spec, fault))
        });
        let faults = faults.collect::<Result<Vec<_>, String>>()?;
        let mut queue = self.lock();
        queue.extend(faults);
        Ok(queue.iter().map(|(spec, _)| u64::from(spec.times)).sum())
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What waits, with the times that are left.
    pub fn list(&self) -> Vec<FaultSpec> {
        self.lock().iter().map(|(spec, _)| spec.clone()).collect()
    }

    /// The fault of the request that has just come in.
    pub fn next(&self) -> Option<Fault> {
        let mut queue = self.lock();
        let (spec, fault) = queue.front_mut()?;
        if spec.times > 1 {
            spec.times -= 1;
            return Some(fault.clone());
        }
        queue.pop_front().map(|(_, fault)| fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(FaultSpec, Fault)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
