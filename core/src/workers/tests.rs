use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use super::*;

const LONG: Duration = Duration::from_secs(30);

/// A job that runs until it is let go or cancelled.
struct Waits {
    begun: Sender<()>,
    gate: Mutex<Receiver<()>>,
    go: Mutex<Sender<()>>,
    runs: Arc<AtomicUsize>,
    has_begun: AtomicBool,
    _place: Place,
}

impl Job for Waits {
    fn run(self: Arc<Self>, has_memory: bool) {
        assert!(has_memory);
        self.has_begun.store(true, SeqCst);
        self.runs.fetch_add(1, SeqCst);
        let _ = self.begun.send(());
        let _ = self.gate.lock().unwrap().recv_timeout(LONG);
    }

    fn cancel(self: Arc<Self>) {
        let _ = self.go.lock().unwrap().send(());
    }

    fn is_waiting(&self) -> bool {
        !self.has_begun.load(SeqCst)
    }
}

struct Bench {
    workers: Workers,
    begun: Receiver<()>,
    sender: Sender<()>,
    runs: Arc<AtomicUsize>,
}

impl Bench {
    fn new(most_threads: usize, most_pending: usize, idle_time: Duration) -> Self {
        let (sender, begun) = channel();
        Self {
            workers: Workers::with_idle_time(most_threads, most_pending, idle_time),
            begun,
            sender,
            runs: Arc::default(),
        }
    }

    fn start(&self) -> Option<Arc<Waits>> {
        let (go, gate) = channel();
        let job = Arc::new(Waits {
            begun: self.sender.clone(),
            gate: Mutex::new(gate),
            go: Mutex::new(go),
            runs: Arc::clone(&self.runs),
            has_begun: AtomicBool::new(false),
            _place: self.workers.place()?,
        });
        self.workers.start(Arc::<Waits>::clone(&job)).unwrap();
        Some(job)
    }

    fn threads(&self) -> usize {
        self.workers.0.lock().threads.len()
    }
}

#[test]
fn there_are_as_many_threads_as_work_and_no_more_than_allowed() {
    let bench = Bench::new(3, 100, LONG);
    assert_eq!(bench.threads(), 0);
    let jobs: Vec<_> = (0..10).map(|_| bench.start().unwrap()).collect();
    for _ in 0..3 {
        bench.begun.recv_timeout(LONG).unwrap();
    }
    assert_eq!(bench.threads(), 3);
    assert!(bench.begun.try_recv().is_err(), "a fourth runs");
    for job in &jobs {
        Arc::clone(job).cancel();
    }
    for _ in 3..10 {
        bench.begun.recv_timeout(LONG).unwrap();
    }
    drop(jobs);
    bench.workers.close();
    assert_eq!(bench.runs.load(SeqCst), 10);
}

#[test]
fn a_place_is_free_again_when_its_job_has_ended() {
    let bench = Bench::new(1, 2, LONG);
    let first = bench.start().unwrap();
    let second = bench.start().unwrap();
    assert!(bench.start().is_none());
    for job in [first, second] {
        bench.begun.recv_timeout(LONG).unwrap();
        job.cancel();
    }
    let until = Instant::now() + LONG;
    while bench.workers.place().is_none() {
        assert!(Instant::now() < until, "no place becomes free");
        thread::yield_now();
    }
    bench.workers.close();
}

#[test]
fn a_thread_without_work_goes() {
    let bench = Bench::new(2, 2, Duration::from_millis(1));
    bench.start().unwrap().cancel();
    bench.begun.recv_timeout(LONG).unwrap();
    let until = Instant::now() + LONG;
    while bench.threads() > 0 {
        assert!(Instant::now() < until, "it stays");
        thread::yield_now();
    }
    // And there is another one when it is needed.
    bench.start().unwrap().cancel();
    bench.begun.recv_timeout(LONG).unwrap();
    bench.workers.close();
}

#[test]
fn what_was_cancelled_in_the_backlog_does_not_fill_it() {
    let bench = Bench::new(1, 2, LONG);
    let running = bench.start().unwrap();
    bench.begun.recv_timeout(LONG).unwrap();
    for _ in 0..1000 {
        // It ends where it waits, as a call does that is cancelled there.
        bench.start().unwrap().has_begun.store(true, SeqCst);
        let dead = bench.workers.0.lock().backlog.len();
        assert!(dead < 100, "{dead} dead jobs wait");
        // Its place is free, as the caller drops it with the job.
        bench.workers.0.pending.store(1, SeqCst);
    }
    running.cancel();
    bench.workers.close();
}

#[test]
fn closing_ends_what_runs_and_what_waits() {
    let bench = Bench::new(2, 100, LONG);
    for _ in 0..20 {
        bench.start().unwrap();
    }
    bench.begun.recv_timeout(LONG).unwrap();
    bench.workers.close();
    assert_eq!(bench.threads(), 0);
    // Nothing runs any more.
    assert_eq!(Arc::strong_count(&bench.workers.0), 1);
    assert!(bench.runs.load(SeqCst) <= 3);
}
