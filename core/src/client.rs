//! The client: runs operations on the caller's thread, or on its own workers.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::events::Log;
use crate::options::Options;
use crate::process::PerProcess;
use crate::queue::Queue;
use crate::response::Response;
use crate::sender::{Operation, Sender};
use crate::task::{Owned, Task};
use crate::workers::Workers;

/// Shared by any number of threads; each call of it stands alone.
pub struct Client {
    sender: Arc<Sender>,
    workers: PerProcess<Workers>,
}

impl Client {
    pub fn new(project_id: &str, secret: &str, options: &Options) -> Result<Self> {
        Ok(Self {
            sender: Arc::new(Sender::new(project_id, secret, options)?),
            workers: PerProcess::new(Workers::new(options.max_threads, options.max_pending)),
        })
    }

    pub fn project_id(&self) -> &str {
        self.sender.project_id()
    }

    /// Runs an operation on this thread.
    pub fn call(&self, operation: &dyn Operation) -> Result<Response> {
        self.sender.perform(operation, &self.sender.begin())
    }

    /// Tells the log of an operation whose arguments were refused, or that was
    /// not started.
    pub fn tell_refused(&self, name: &'static str, log: Option<Log>, error: &Error) {
        self.sender.tell_refused(name, log, error);
    }

    /// Starts an operation that comes out of `queue` when it has finished.
    pub fn start(
        &self,
        operation: Owned,
        queue: &Arc<Queue<Task>>,
        tag: usize,
    ) -> Result<Arc<Task>> {
        if !queue.is_own() {
            return Err(Error::invalid(
                "queue was made before this process was forked; make a queue in this process",
            ));
        }
        let workers = self.workers.get(Workers::for_child);
        let Some(place) = workers.place() else {
            let most = workers.most_pending();
            return Err(Error::new(Kind::Busy { most }, operation.about()));
        };
        let task = Task::new(operation, &self.sender, place, queue, tag)?;
        if let Err(error) = workers.start(Arc::<Task>::clone(&task)) {
            task.fail(|sender, operation, run| sender.no_thread(operation, run, error));
        }
        Ok(task)
    }
}

impl Drop for Client {
    /// Ends what runs. Finished calls stay; they own their results.
    fn drop(&mut self) {
        self.workers.each(Workers::close, |_| {});
        self.sender.close();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
