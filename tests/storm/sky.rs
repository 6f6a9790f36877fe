//! What a storm blows through: clients, queues and calls that any thread may use, and free.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::stytch::*;
use super::{BUSY, Chance, NOT_SENT, Outcome, PATIENCE, RETRIES, TIMEOUT};

const CLIENTS: usize = 3;
const QUEUES: usize = 4;
/// Few, so that some calls wait, and some are refused.
const WORKERS: u32 = 6;
const MOST_PENDING: u32 = 24;
const INVALID_ARGUMENT: i32 = 1;

static EVENTS: AtomicUsize = AtomicUsize::new(0);

/// A client and whether it is freed, or about to be: its calls may be cancelled then. Whoever has the last
/// part in it frees it.
struct Client {
    handle: *mut stytch_client,
    is_freed: Arc<AtomicBool>,
    freeing: Arc<Freeing>,
}

// SAFETY: any number of threads may make calls with one client; the last of them frees it.
unsafe impl Send for Client {}
unsafe impl Sync for Client {}

/// A queue and the calls that are to come out of it. From every other queue several threads may take at
/// once; of those that are left, calls may be freed before they come out, which no other thread may meet.
struct Queue {
    handle: *mut stytch_queue,
    may_forget: bool,
    live: Mutex<BTreeSet<usize>>,
    /// Calls whose queue is gone.
    orphans: Arc<Mutex<Vec<usize>>>,
    freeing: Arc<Freeing>,
}

// SAFETY: any thread may start calls on a queue and take from it; the last of them frees it.
unsafe impl Send for Queue {}
unsafe impl Sync for Queue {}

struct Call(*mut stytch_call);

// SAFETY: any thread may use a call.
unsafe impl Send for Call {}

/// What C has of a call.
enum Slot {
    /// Its start has not returned.
    Absent,
    Here(Call),
    Freed,
}

/// What is known of a call.
struct Record {
    slot: Mutex<Slot>,
    client_is_freed: OnceLock<Arc<AtomicBool>>,
    was_cancelled: AtomicBool,
    outcome: OnceLock<Outcome>,
}

/// How a call ended.
#[derive(Debug)]
pub struct End {
    pub outcome: Option<Outcome>,
    pub was_cancelled: bool,
}

/// How many were freed, and how long that took.
#[derive(Default)]
struct Freeing {
    clients: AtomicUsize,
    queues: AtomicUsize,
    longest_ms: AtomicUsize,
}

impl Freeing {
    fn time(&self, count: &AtomicUsize, free: impl FnOnce()) {
        let start = Instant::now();
        free();
        let elapsed = start.elapsed();
        assert!(elapsed < PATIENCE / 4, "freed in {elapsed:?}");
        count.fetch_add(1, SeqCst);
        let millis = elapsed.as_millis() as usize;
        self.longest_ms.fetch_max(millis, SeqCst);
    }
}

/// What a client tells of its calls: never a token.
unsafe extern "C" fn on_event(_: i32, event: *const c_char, _: *mut c_void) {
    // SAFETY: the library gives a string. Both functions may be called here.
    let event = unsafe {
        stytch_version();
        CStr::from_ptr(event)
    };
    check_event(event);
}

fn check_event(event: &CStr) {
    let event = event.to_str().expect("JSON");
    assert!(!event.contains("soak-") && !event.contains("session-"));
    EVENTS.fetch_add(1, SeqCst);
}

impl Client {
    fn new(url: &str, freeing: &Arc<Freeing>) -> Arc<Self> {
        let url = CString::new(url).expect("no NUL");
        // SAFETY: strings end with a NUL, handles are valid, errors unwanted.
        let handle = unsafe {
            let options = stytch_options_new();
            let none = ptr::null_mut();
            assert!(stytch_options_set_base_url(options, url.as_ptr(), none));
            let timeout = TIMEOUT.as_millis() as u32;
            assert!(stytch_options_set_timeout_ms(options, timeout, none));
            assert!(stytch_options_set_max_retries(options, RETRIES, none));
            assert!(stytch_options_set_max_threads(options, WORKERS, none));
            assert!(stytch_options_set_max_pending(options, MOST_PENDING, none));
            let (listener, userdata) = (Some(on_event as _), ptr::null_mut());
            assert!(stytch_options_set_log_callback(
                options, 4, listener, userdata, none
            ));
            let (id, secret) = (c"project-test-storm", c"secret-test-storm");
            let client = stytch_client_new(id.as_ptr(), secret.as_ptr(), options, none);
            stytch_options_free(options);
            client
        };
        assert!(!handle.is_null());
        Arc::new(Self {
            handle,
            is_freed: Arc::default(),
            freeing: Arc::clone(freeing),
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.is_freed.store(true, SeqCst);
        let freeing = Arc::clone(&self.freeing);
        // SAFETY: nobody else has a part in it.
        freeing.time(&freeing.clients, || unsafe {
            stytch_client_free(self.handle)
        });
    }
}

impl Queue {
    fn new(
        may_forget: bool,
        orphans: &Arc<Mutex<Vec<usize>>>,
        freeing: &Arc<Freeing>,
    ) -> Arc<Self> {
        // SAFETY: the error is unwanted; half of the queues take the events of their calls.
        let handle = unsafe {
            let queue = stytch_queue_new(ptr::null_mut());
            assert!(!queue.is_null());
            assert!(!may_forget || stytch_queue_set_log_level(queue, 4, ptr::null_mut()));
            queue
        };
        Arc::new(Self {
            handle,
            may_forget,
            live: Mutex::default(),
            orphans: Arc::clone(orphans),
            freeing: Arc::clone(freeing),
        })
    }

    /// Takes a call, if there is one, and says which.
    fn next(&self) -> Option<(usize, Call)> {
        // Where calls may be freed before they come out, none is between the library's hand and ours.
        let held = self.may_forget.then(|| lock(&self.live));
        // SAFETY: the queue lives, and what comes out of it has not been freed.
        let (call, number) = unsafe {
            let call = stytch_queue_next(self.handle);
            if call.is_null() {
                return None;
            }
            (call, stytch_call_userdata(call).addr() - 1)
        };
        let mut live = held.unwrap_or_else(|| lock(&self.live));
        assert!(
            live.remove(&number),
            "call {number} is not to come out here"
        );
        Some((number, Call(call)))
    }

    fn take_event(&self) {
        // SAFETY: the queue lives; the string is freed once.
        unsafe {
            let event = stytch_queue_next_event(self.handle, ptr::null_mut());
            if !event.is_null() {
                check_event(CStr::from_ptr(event));
                stytch_string_free(event);
            }
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let freeing = Arc::clone(&self.freeing);
        // SAFETY: nobody else has a part in it.
        freeing.time(&freeing.queues, || unsafe {
            stytch_queue_free(self.handle)
        });
        lock(&self.orphans).extend(lock(&self.live).iter());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a thread without a finding")
}

/// A part in what is there until the end.
fn part<T>(shared: &Mutex<Option<Arc<T>>>) -> Arc<T> {
    Arc::clone(lock(shared).as_ref().expect("not the end"))
}

/// The result of a call; `None` if it is not there, or was there before.
fn take(call: &Call, number: usize) -> Option<Outcome> {
    let mut error = ptr::null_mut();
    // SAFETY: the call was not freed; what comes back is read before it is freed.
    unsafe {
        let response = stytch_call_take(call.0, &mut error);
        if response.is_null() {
            return Some(of_error(error)).filter(|outcome| outcome.0 != INVALID_ARGUMENT);
        }
        let session = CStr::from_ptr(stytch_response_session_token(response));
        let expected = format!("session-{number}");
        assert_eq!(session.to_str(), Ok(expected.as_str()), "another's session");
        let status = stytch_response_http_status(response);
        stytch_response_free(response);
        Some((0, 0, status))
    }
}

/// # Safety
/// It is an error that was not freed, and is here.
unsafe fn of_error(error: *mut stytch_error) -> Outcome {
    // SAFETY: the caller's part.
    unsafe {
        let outcome = (
            stytch_error_code(error),
            stytch_error_delivery(error),
            stytch_error_http_status(error),
        );
        stytch_error_free(error);
        outcome
    }
}

pub struct Sky {
    url: String,
    clients: [Mutex<Option<Arc<Client>>>; CLIENTS],
    queues: [Mutex<Option<Arc<Queue>>>; QUEUES],
    orphans: Arc<Mutex<Vec<usize>>>,
    records: Vec<Record>,
    next: AtomicUsize,
    freeing: Arc<Freeing>,
}

impl Sky {
    pub fn new(url: &str, calls: usize) -> Self {
        let (freeing, orphans) = (Arc::default(), Arc::default());
        Self {
            url: url.to_owned(),
            clients: std::array::from_fn(|_| Mutex::new(Some(Client::new(url, &freeing)))),
            queues: std::array::from_fn(|index| {
                Mutex::new(Some(Queue::new(index % 2 == 1, &orphans, &freeing)))
            }),
            orphans,
            records: (0..calls)
                .map(|_| Record {
                    slot: Mutex::new(Slot::Absent),
                    client_is_freed: OnceLock::new(),
                    was_cancelled: AtomicBool::new(false),
                    outcome: OnceLock::new(),
                })
                .collect(),
            next: AtomicUsize::new(0),
            freeing,
        }
    }

    /// What one thread does, until all calls were started.
    pub fn blow(&self, chance: &mut Chance) {
        loop {
            match chance.below(100) {
                0..35 => {
                    let number = self.next.fetch_add(1, SeqCst);
                    if number >= self.records.len() {
                        return;
                    }
                    self.start(number, chance);
                }
                35..70 => self.take_out(chance),
                70..85 => self.with_recent(chance, |record, call, _| {
                    record.was_cancelled.store(true, SeqCst);
                    // SAFETY: the call was not freed, and is not as long as its slot is held.
                    unsafe { stytch_call_cancel(call.0) };
                }),
                // A result may be taken before its call comes out.
                85..88 => self.with_recent(chance, |record, call, number| {
                    if let Some(outcome) = take(call, number) {
                        record.ends(outcome);
                    }
                }),
                88..95 => self.forget(chance),
                95..97 => self.adopt(),
                97 => {
                    let new = Client::new(&self.url, &self.freeing);
                    let old = lock(&self.clients[chance.below(CLIENTS)]).replace(new);
                    drop(old);
                }
                _ => {
                    let index = chance.below(QUEUES);
                    let new = Queue::new(index % 2 == 1, &self.orphans, &self.freeing);
                    let old = lock(&self.queues[index]).replace(new);
                    drop(old);
                }
            }
        }
    }

    fn queue(&self, chance: &mut Chance) -> Arc<Queue> {
        part(&self.queues[chance.below(QUEUES)])
    }

    fn start(&self, number: usize, chance: &mut Chance) {
        let record = &self.records[number];
        let client = part(&self.clients[chance.below(CLIENTS)]);
        let queue = self.queue(chance);
        let _ = record.client_is_freed.set(Arc::clone(&client.is_freed));
        lock(&queue.live).insert(number);
        let token = CString::new(format!("soak-{number}")).expect("no NUL");
        let mut error = ptr::null_mut();
        // SAFETY: client and queue live, the strings end with a NUL.
        let call = unsafe {
            stytch_impersonation_authenticate_start(
                client.handle,
                token.as_ptr(),
                queue.handle,
                ptr::without_provenance_mut(number + 1),
                &mut error,
            )
        };
        if call.is_null() {
            // SAFETY: a start that gives no call gives an error.
            let outcome = unsafe { of_error(error) };
            assert_eq!(outcome, (BUSY, NOT_SENT, 0));
            lock(&queue.live).remove(&number);
            record.ends(outcome);
            drop(queue);
            self.take_out(chance);
            return;
        }
        let mut slot = lock(&record.slot);
        // It may have come out, and have been freed, by now.
        if let Slot::Absent = *slot {
            *slot = Slot::Here(Call(call));
        }
    }

    fn take_out(&self, chance: &mut Chance) {
        let queue = self.queue(chance);
        if chance.below(2) == 0 {
            // SAFETY: the queue lives.
            unsafe { stytch_queue_wait(queue.handle, chance.below(4) as u32) };
        }
        queue.take_event();
        let Some((number, call)) = queue.next() else {
            return;
        };
        drop(queue);
        self.end(number, &call);
    }

    /// Takes the result of a call that has finished, and frees the call.
    fn end(&self, number: usize, call: &Call) {
        let record = &self.records[number];
        let mut slot = lock(&record.slot);
        assert!(!matches!(*slot, Slot::Freed), "call {number} was freed");
        // SAFETY: it was not.
        assert!(unsafe { stytch_call_is_finished(call.0) });
        if let Some(outcome) = take(call, number) {
            record.ends(outcome);
        }
        assert!(
            record.outcome.get().is_some(),
            "call {number} ends in nothing"
        );
        // SAFETY: nobody uses it any more: the slot is held.
        unsafe { stytch_call_free(call.0) };
        *slot = Slot::Freed;
    }

    /// Does something with one of the calls that were started last.
    fn with_recent(&self, chance: &mut Chance, act: impl FnOnce(&Record, &Call, usize)) {
        let started = self.next.load(SeqCst).min(self.records.len());
        let Some(number) = started.checked_sub(1 + chance.below(100)) else {
            return;
        };
        let record = &self.records[number];
        if let Slot::Here(call) = &*lock(&record.slot) {
            act(record, call, number);
        }
    }

    /// Frees a call that has not come out of its queue.
    fn forget(&self, chance: &mut Chance) {
        let queue = self.queue(chance);
        if !queue.may_forget {
            return;
        }
        let mut live = lock(&queue.live);
        let Some(number) = live.iter().nth(chance.below(live.len().max(1))).copied() else {
            return;
        };
        let record = &self.records[number];
        let mut slot = lock(&record.slot);
        if let Slot::Here(call) = &*slot {
            record.was_cancelled.store(true, SeqCst);
            // SAFETY: nobody uses it: its queue's calls and its slot are held.
            unsafe { stytch_call_free(call.0) };
            live.remove(&number);
            *slot = Slot::Freed;
        }
    }

    /// Takes the result of a call whose queue is gone, if it is there.
    fn adopt(&self) {
        let Some(number) = lock(&self.orphans).pop() else {
            return;
        };
        let call = match &*lock(&self.records[number].slot) {
            Slot::Here(call) => Call(call.0),
            _ => panic!("call {number} is gone, and never came out"),
        };
        // SAFETY: only who has taken it from the list frees it.
        if unsafe { stytch_call_is_finished(call.0) } {
            self.end(number, &call);
        } else {
            lock(&self.orphans).push(number);
        }
    }

    /// Frees all that is left, in an order that chance says.
    pub fn clear_up(&self, chance: &mut Chance) {
        let mut left: Vec<usize> = (0..CLIENTS + QUEUES).collect();
        while !left.is_empty() {
            let index = left.swap_remove(chance.below(left.len()));
            if index < CLIENTS {
                drop(lock(&self.clients[index]).take());
                continue;
            }
            let queue = lock(&self.queues[index - CLIENTS]).take();
            let queue = queue.expect("it is freed once");
            let patience = Instant::now() + PATIENCE;
            while chance.below(100) > 0 && !lock(&queue.live).is_empty() {
                assert!(Instant::now() < patience, "calls do not come out");
                // SAFETY: the queue lives.
                if unsafe { stytch_queue_wait(queue.handle, 1000) }
                    && let Some((number, call)) = queue.next()
                {
                    self.end(number, &call);
                }
            }
        }
        let patience = Instant::now() + PATIENCE;
        while !lock(&self.orphans).is_empty() {
            assert!(Instant::now() < patience, "calls do not finish");
            self.adopt();
            thread::sleep(Duration::from_micros(100));
        }
    }

    pub fn ends(&self) -> impl Iterator<Item = End> {
        self.records.iter().map(|record| End {
            outcome: record.outcome.get().copied(),
            was_cancelled: record.was_cancelled.load(SeqCst)
                || (record.client_is_freed.get()).is_some_and(|is_freed| is_freed.load(SeqCst)),
        })
    }

    pub fn summary(&self) -> String {
        format!(
            "freed {} clients and {} queues, the slowest in {} ms; {} events",
            self.freeing.clients.load(SeqCst),
            self.freeing.queues.load(SeqCst),
            self.freeing.longest_ms.load(SeqCst),
            EVENTS.load(SeqCst)
        )
    }
}

impl Record {
    fn ends(&self, outcome: Outcome) {
        assert!(self.outcome.set(outcome).is_ok(), "a result came twice");
    }
}
