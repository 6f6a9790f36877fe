//! Calls in every order in which threads can run, cancel, take and free them:
//! see [`crate::sync::model`]. The code is the real one, but for what a call
//! does: it waits on a socket that is none.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use super::*;
use crate::call::Subject;
use crate::cancel::Wake;
use crate::error::About;
use crate::options::Options;
use crate::outcome::{Code, Repeat};
use crate::sync::Condvar;
use crate::sync::model::{await_end, explore, spawn};
use crate::url::BaseUrl;
use crate::workers::Workers;

const FOR_EVER: Duration = Duration::from_secs(2 * 3600);

/// A socket on which a response arrives, or which is shut. It is used again
/// unless the call was cancelled.
#[derive(Default)]
struct Socket {
    state: Mutex<Line>,
    changed: Condvar,
}

#[derive(Default)]
struct Line {
    has_response: bool,
    is_shut: bool,
    is_pooled: bool,
}

impl Socket {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.state.lock().unwrap()
    }

    fn respond(&self) {
        self.lock().has_response = true;
        self.changed.notify_all();
    }
}

impl Wake for Socket {
    fn wake(&self) {
        let mut line = self.lock();
        assert!(!line.is_pooled, "a socket is shut that others may use");
        line.is_shut = true;
        drop(line);
        self.changed.notify_all();
    }
}

/// Waits for a response. There is none to make here, so the error that comes
/// without a response stands for one.
struct Waits(Arc<Socket>);

impl Operation for Waits {
    fn name(&self) -> &'static str {
        "waits"
    }

    fn about(&self) -> About {
        About {
            subject: Subject::Nothing,
            repeat: Repeat::Harmless,
        }
    }

    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    fn run(&self, sender: &Sender, run: &Run) -> Result<Response> {
        let cancel = run.cancel().expect("it can be cancelled");
        let sleep = cancel.sleep_as(Arc::<Socket>::clone(&self.0));
        let mut has_response = false;
        if !cancel.is_cancelled() {
            let mut line = self.0.lock();
            while !line.has_response && !line.is_shut {
                line = self.0.changed.wait_timeout(line, FOR_EVER).unwrap().0;
            }
            has_response = line.has_response;
        }
        drop(sleep);
        if !run.is_cancelled() {
            let mut line = self.0.lock();
            assert!(!line.is_shut, "a socket is used again that was shut");
            line.is_pooled = true;
        }
        match has_response {
            true => Err(Error::invalid("a response")),
            false => Err(sender.give_up(self, run)),
        }
    }
}

/// One call on one queue; it has a response from the start, or never.
struct Bench {
    queue: Arc<Queue<Task>>,
    socket: Arc<Socket>,
    task: Arc<Task>,
}

fn sender() -> Arc<Sender> {
    let options = Options {
        base_url: Some(BaseUrl::parse("http://127.0.0.1:1").unwrap()),
        ..Options::default()
    };
    Arc::new(Sender::new("project-test-1", "secret", &options).unwrap())
}

fn bench() -> Bench {
    let queue = Arc::new(Queue::new().unwrap());
    let socket: Arc<Socket> = Arc::default();
    let place = Workers::new(1, 1).place().unwrap();
    let operation = Box::new(Waits(Arc::clone(&socket)));
    let task = Task::new(operation, &sender(), place, &queue, 1).unwrap();
    Bench {
        queue,
        socket,
        task,
    }
}

impl Bench {
    fn in_thread(&self, act: impl FnOnce(&Arc<Task>) + Send + 'static) -> thread::JoinHandle<()> {
        let task = Arc::clone(&self.task);
        spawn(move || act(&task))
    }

    /// The call comes out once, with a result that is there once.
    fn comes_out(&self) -> Code {
        assert!(self.queue.wait(FOR_EVER));
        let task = self.queue.next().expect("it was waited for");
        assert!(self.queue.next().is_none(), "it comes out twice");
        let code = task.take().unwrap_err().code();
        assert!(task.is_finished());
        code
    }
}

#[test]
fn a_call_that_is_cancelled_comes_out_once() {
    let runs = explore(|| {
        let bench = bench();
        let worker = bench.in_thread(|task| Arc::clone(task).run(true));
        let canceller = bench.in_thread(|task| task.cancel());
        Task::cancel(&bench.task);
        assert_eq!(bench.comes_out(), Code::Cancelled);
        await_end(&worker);
        await_end(&canceller);
        assert!(bench.queue.next().is_none());
    });
    println!("{} orders", runs.unwrap());
}

#[test]
fn a_response_that_is_there_wins_and_no_socket_is_shut_that_others_may_use() {
    let seen: Arc<[AtomicUsize; 2]> = Arc::default();
    let of_model = Arc::clone(&seen);
    let runs = explore(move || {
        let bench = bench();
        bench.socket.respond();
        let worker = bench.in_thread(|task| Arc::clone(task).run(true));
        let canceller = bench.in_thread(|task| task.cancel());
        match bench.comes_out() {
            Code::Cancelled => of_model[0].fetch_add(1, SeqCst),
            code => {
                assert_eq!(code, Code::InvalidArgument);
                of_model[1].fetch_add(1, SeqCst)
            }
        };
        await_end(&worker);
        await_end(&canceller);
    });
    println!("{} orders", runs.unwrap());
    assert!(seen.iter().all(|count| count.load(SeqCst) > 0));
}

#[test]
fn a_call_that_is_freed_never_comes_out() {
    let runs = explore(|| {
        let bench = bench();
        bench.socket.respond();
        let worker = bench.in_thread(|task| Arc::clone(task).run(true));
        bench.task.forget();
        assert!(bench.queue.next().is_none(), "it comes out");
        await_end(&worker);
        assert!(bench.queue.next().is_none(), "it comes out later");
        let Bench { queue, task, .. } = bench;
        assert_eq!(Arc::strong_count(&task), 1, "somebody keeps it");
        drop(task);
        assert_eq!(Arc::strong_count(&queue), 1);
    });
    println!("{} orders", runs.unwrap());
}

#[test]
fn a_queue_may_be_closed_while_its_call_ends() {
    let runs = explore(|| {
        let bench = bench();
        let worker = bench.in_thread(|task| Arc::clone(task).run(true));
        let canceller = bench.in_thread(|task| task.cancel());
        bench.queue.close();
        await_end(&worker);
        await_end(&canceller);
        assert!(bench.task.is_finished());
        assert_eq!(bench.task.take().unwrap_err().code(), Code::Cancelled);
        assert_eq!(Arc::strong_count(&bench.task), 1, "the queue keeps it");
    });
    println!("{} orders", runs.unwrap());
}

#[test]
fn of_several_that_wait_each_is_told() {
    let runs = explore(|| {
        let bench = bench();
        let [one, other] =
            [(); 2].map(|()| bench.in_thread(|task| assert!(task.queue.wait(FOR_EVER))));
        bench.task.cancel();
        await_end(&one);
        await_end(&other);
    });
    println!("{} orders", runs.unwrap());
}

/// Two calls, one worker that may go for want of work at any time, and a client
/// that is freed while they run.
#[test]
fn workers_lose_no_call() {
    for is_closed_early in [false, true] {
        let runs = explore(move || {
            let queue = Arc::new(Queue::new().unwrap());
            let workers = Workers::new(1, 2);
            let sender = sender();
            for _ in 0..2 {
                let socket: Arc<Socket> = Arc::default();
                if !is_closed_early {
                    socket.respond();
                }
                let place = workers.place().unwrap();
                let task = Task::new(Box::new(Waits(socket)), &sender, place, &queue, 1).unwrap();
                workers.start(task).unwrap();
            }
            if is_closed_early {
                workers.close();
            }
            for _ in 0..2 {
                assert!(queue.wait(FOR_EVER));
                let task = queue.next().expect("it was waited for");
                let is_cancelled = task.take().unwrap_err().code() == Code::Cancelled;
                assert_eq!(is_cancelled, is_closed_early);
            }
            workers.close();
            assert!(queue.next().is_none());
        });
        println!("{} orders", runs.unwrap());
    }
}
