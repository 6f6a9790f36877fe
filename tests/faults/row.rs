//! A row of the matrix: what happens, and what must come of it.

use std::time::Duration;

use super::call::{self, Call};
use super::case::Case;
use super::certificates::Leaf;
use super::flight::{self, Deed, Reached};
use super::server::Step;
use super::shim::Preload;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Argument = 1,
    Connection = 2,
    Tls = 3,
    Timeout = 4,
    Transport = 5,
    Api = 6,
    InvalidResponse = 7,
    Cancelled = 8,
    Internal = 9,
    Token = 10,
    Busy = 11,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Unknown = 0,
    NotSent = 1,
    Rejected = 2,
    Accepted = 3,
}

/// How long the judged call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Long before any deadline.
    Soon,
    Under(Duration),
    /// Not before its deadline, and at most 50 ms after it.
    Deadline,
    /// The same for the time to connect.
    ConnectDeadline,
    /// 100 ms after it was cancelled, at most 50 ms late.
    Cancelled,
}

/// How a row's calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Blocking,
    Queue,
}

/// The ways in which a row is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    Both,
    /// With the reason why not through a queue.
    Blocking(&'static str),
    /// It is about what does not block.
    Queue,
}

/// Where the client is told to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `http://127.0.0.1:PORT`
    Http,
    /// `https://localhost:PORT`
    Https,
    /// `https://api.stytch.test:PORT`, whose addresses the stand-in for the system's look-up gives.
    Name,
    /// Wherever, with the port of the server for `{port}`.
    Url(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub timeout_ms: u32,
    pub connect_timeout_ms: u32,
    pub max_retries: u32,
    pub max_threads: Option<u32>,
    pub max_pending: Option<u32>,
    /// The user information of the proxy's URL, with its `@`.
    pub proxy_user: &'static str,
}

/// What the client's process does; the last call that it reports is judged.
pub type Plan = fn(&mut Case);

pub struct Row {
    pub area: &'static str,
    pub what: String,
    pub ways: Ways,
    /// What is done to a call in flight, and when, if that is the row's plan.
    pub flight: Option<(Reached, Deed)>,
    /// The call that it makes.
    pub call: &'static Call,
    pub target: Target,
    pub leaf: Leaf,
    pub scripts: Vec<Vec<Step>>,
    pub proxy: Option<Vec<Vec<Step>>>,
    /// A proxy's URL as it stands, in place of the one that is run.
    pub proxy_url: Option<&'static str>,
    /// Addresses where a listener takes no connection in, at the port of the server.
    pub silent: &'static [&'static str],
    /// How the system's look-up is replaced, see `shim.c`.
    pub look_up: Option<&'static str>,
    /// What is preloaded into the client's process.
    pub preload: Vec<Preload>,
    /// The plan makes the process's first call of the library: what that leaves is not measured.
    pub is_cold: bool,
    /// Where the library panics: a point of `core/src/planted.rs`.
    pub planted: Option<&'static str>,
    pub options: Options,
    pub plan: Plan,
    pub expected: Expected,
}

#[derive(Clone, Debug)]
pub struct Expected {
    /// `None` is success.
    pub failure: Option<(Code, Delivery)>,
    /// Requests of which the server saw at least a byte, all calls of the row together.
    /// `None` where they are as many as there is time for.
    pub requests: Option<usize>,
    /// A token may come twice: the server has refused it with 429.
    pub repeats: bool,
    /// How many connections the server took.
    pub connections: Option<std::ops::RangeInclusive<usize>>,
    pub bound: Bound,
    pub status: Option<i32>,
    pub message: Vec<&'static str>,
    /// A success need not contain what the call returns when all is well.
    pub is_unread: bool,
    /// The body that the error keeps, or that the response is.
    pub body: Option<Vec<u8>>,
    /// `error_type`, `request_id` and `error_url` are those of `answers::error_body`.
    pub fields: bool,
    pub error_type: Option<&'static str>,
    pub retry_after_ms: Option<std::ops::RangeInclusive<i64>>,
    /// What `stytch_error_is_retryable` must say. What it must never say is looked for in every row.
    pub is_retryable: Option<bool>,
    /// What the proxy's first head must hold.
    pub proxy_saw: Vec<&'static str>,
    /// How many threads the system may still hold.
    pub threads_left: usize,
}

impl Row {
    pub fn new(area: &'static str, what: impl Into<String>) -> Self {
        Self {
            area,
            what: what.into(),
            ways: Ways::Both,
            flight: None,
            call: &call::IMPERSONATION,
            target: Target::Http,
            leaf: Leaf::Good,
            scripts: vec![vec![Step::Serve]],
            proxy: None,
            proxy_url: None,
            silent: &[],
            look_up: None,
            preload: Vec::new(),
            is_cold: false,
            planted: None,
            options: Options {
                timeout_ms: 10_000,
                connect_timeout_ms: 5_000,
                max_retries: 2,
                max_threads: None,
                max_pending: None,
                proxy_user: "",
            },
            plan: |case| case.call(),
            expected: Expected {
                failure: None,
                requests: Some(1),
                repeats: false,
                connections: None,
                bound: Bound::Soon,
                status: None,
                message: Vec::new(),
                is_unread: false,
                body: None,
                fields: false,
                error_type: None,
                retry_after_ms: None,
                is_retryable: None,
                proxy_saw: Vec::new(),
                threads_left: 0,
            },
        }
    }

    /// With another call than the one that takes an impersonation token.
    pub fn call(mut self, call: &'static Call) -> Self {
        self.call = call;
        self
    }

    /// Not through a queue, for this reason.
    pub fn blocking(mut self, reason: &'static str) -> Self {
        self.ways = Ways::Blocking(reason);
        self
    }

    /// Through a queue alone.
    pub fn queued(mut self) -> Self {
        self.ways = Ways::Queue;
        self
    }

    /// Does this to a call when it has come so far.
    pub fn flight(mut self, reached: Reached, deed: Deed) -> Self {
        self.flight = Some((reached, deed));
        self.plan(flight::fly).queued()
    }

    pub fn is_run(&self, way: Way) -> bool {
        match way {
            Way::Blocking => self.ways != Ways::Queue,
            Way::Queue => !matches!(self.ways, Ways::Blocking(_)),
        }
    }

    pub fn threads(mut self, count: u32) -> Self {
        self.options.max_threads = Some(count);
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Over https. The handshake is the script's, where it says one.
    pub fn tls(self) -> Self {
        self.target(Target::Https)
    }

    pub fn leaf(mut self, leaf: Leaf) -> Self {
        self.leaf = leaf;
        self.tls()
    }

    /// The script of each connection.
    pub fn serve(mut self, script: Vec<Step>) -> Self {
        self.scripts = vec![script];
        self
    }

    pub fn serve_each(mut self, scripts: Vec<Vec<Step>>) -> Self {
        self.scripts = scripts;
        self
    }

    pub fn proxy(mut self, script: Vec<Step>) -> Self {
        self.proxy = Some(vec![script]);
        self.tls().serve(vec![Step::Handshake, Step::Serve])
    }

    pub fn proxy_url(mut self, url: &'static str) -> Self {
        self.proxy_url = Some(url);
        self.tls().serve(vec![Step::Handshake, Step::Serve])
    }

    pub fn proxy_user(mut self, user: &'static str) -> Self {
        self.options.proxy_user = user;
        self
    }

    /// Over https to a name that `look_up` says how to resolve.
    pub fn name(self, look_up: &'static str) -> Self {
        self.shim(look_up)
            .target(Target::Name)
            .serve(vec![Step::Handshake, Step::Serve])
    }

    pub fn shim(mut self, words: &'static str) -> Self {
        self.look_up = Some(words);
        self.preload(Preload::Shim)
    }

    pub fn preload(mut self, preload: Preload) -> Self {
        self.preload.push(preload);
        self
    }

    pub fn cold(mut self) -> Self {
        self.is_cold = true;
        self
    }

    /// With a library that panics at `point`, once.
    pub fn planted(mut self, point: &'static str) -> Self {
        self.planted = Some(point);
        self
    }

    pub fn silent(mut self, addresses: &'static [&'static str]) -> Self {
        self.silent = addresses;
        self
    }

    pub fn timeout(mut self, milliseconds: u32) -> Self {
        self.options.timeout_ms = milliseconds;
        self
    }

    pub fn connect_timeout(mut self, milliseconds: u32) -> Self {
        self.options.connect_timeout_ms = milliseconds;
        self
    }

    pub fn retries(mut self, count: u32) -> Self {
        self.options.max_retries = count;
        self
    }

    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    pub fn fails(mut self, code: Code, delivery: Delivery) -> Self {
        self.expected.failure = Some((code, delivery));
        if delivery == Delivery::NotSent {
            self.expected.requests = Some(0);
        }
        self
    }

    pub fn not_sent(self, code: Code) -> Self {
        self.fails(code, Delivery::NotSent)
    }

    /// Bytes left and no answer came: the connection broke, or spoke no HTTP.
    pub fn broke(self) -> Self {
        self.fails(Code::Transport, Delivery::Unknown)
    }

    /// The time is up just when it should be.
    pub fn late(mut self, delivery: Delivery) -> Self {
        self.expected.bound = Bound::Deadline;
        self.fails(Code::Timeout, delivery)
    }

    pub fn requests(mut self, count: usize) -> Self {
        self.expected.requests = Some(count);
        self
    }

    pub fn uncounted(mut self) -> Self {
        self.expected.requests = None;
        self
    }

    pub fn repeats(mut self) -> Self {
        self.expected.repeats = true;
        self
    }

    pub fn connections(mut self, count: usize) -> Self {
        self.expected.connections = Some(count..=count);
        self
    }

    pub fn connections_at_most(mut self, count: usize) -> Self {
        self.expected.connections = Some(1..=count);
        self
    }

    pub fn bound(mut self, bound: Bound) -> Self {
        self.expected.bound = bound;
        self
    }

    pub fn under(self, milliseconds: u64) -> Self {
        self.bound(Bound::Under(Duration::from_millis(milliseconds)))
    }

    pub fn status(mut self, status: i32) -> Self {
        self.expected.status = Some(status);
        self
    }

    pub fn says(mut self, words: &'static str) -> Self {
        self.expected.message.push(words);
        self
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.expected.body = Some(body.as_ref().to_vec());
        self
    }

    pub fn unread(mut self) -> Self {
        self.expected.is_unread = true;
        self
    }

    pub fn fields(mut self, error_type: &'static str) -> Self {
        self.expected.fields = true;
        self.expected.error_type = Some(error_type);
        self
    }

    pub fn retry_after(mut self, milliseconds: std::ops::RangeInclusive<i64>) -> Self {
        self.expected.retry_after_ms = Some(milliseconds);
        self
    }

    pub fn retryable(mut self, is_retryable: bool) -> Self {
        self.expected.is_retryable = Some(is_retryable);
        self
    }

    pub fn proxy_saw(mut self, words: &'static str) -> Self {
        self.expected.proxy_saw.push(words);
        self
    }

    pub fn threads_left(mut self, count: usize) -> Self {
        self.expected.threads_left = count;
        self
    }
}
