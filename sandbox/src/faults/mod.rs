//! What is to go wrong with the next requests: queued by a test, used up by requests under `/v1/`.

mod spec;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

pub use spec::{Break, Fault, FaultSpec, Outcome};

/// The faults that wait, in the order in which they were queued.
#[derive(Default)]
pub struct Faults {
    queue: Mutex<VecDeque<(FaultSpec, Fault)>>,
}

impl Faults {
    /// Queues one fault object or an array of them, all or none. Returns how many requests are now
    /// to go wrong, or why the faults are not valid.
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

    /// Returns the faults that wait, each with the number of requests that remain for it.
    pub fn list(&self) -> Vec<FaultSpec> {
        self.lock().iter().map(|(spec, _)| spec.clone()).collect()
    }

    /// Takes the fault of a request that has just come in: the first that waits for its path.
    pub fn next(&self, path: &str) -> Option<Fault> {
        let mut queue = self.lock();
        let index = queue.iter().position(|(spec, _)| spec.is_for(path))?;
        let (spec, fault) = &mut queue[index];
        if spec.times > 1 {
            spec.times -= 1;
            return Some(fault.clone());
        }
        queue.remove(index).map(|(_, fault)| fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(FaultSpec, Fault)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
