//! The client's side of a case: a process that has the library in it and little else, and reports
//! what it saw of each call.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Call;
use super::client::{Client, Outcome, Settings, TOKEN_MARK, call_without_client};
use super::process::{self, Footprint};
use super::queue;
use super::row::Row;
use super::shim;

/// What the parent tells the child of a row.
#[derive(Debug)]
pub struct Input {
    pub base_url: String,
    /// A server where every fresh token works.
    pub good_url: String,
    pub ca_pem: Option<String>,
    pub proxy: Option<String>,
    /// Where the servers ring.
    pub bell: String,
    /// A copy of the library, which is not loaded yet.
    pub copy: PathBuf,
    /// Sets the tokens of this run apart.
    pub run: String,
}

impl Input {
    pub fn to_json(&self) -> String {
        json!([
            self.base_url,
            self.good_url,
            self.ca_pem,
            self.proxy,
            self.copy,
            self.run,
            self.bell
        ])
        .to_string()
    }

    fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).expect("what the parent wrote");
        let text = |at: usize| value[at].as_str().map(str::to_owned);
        Self {
            base_url: text(0).expect("a URL"),
            good_url: text(1).expect("a URL"),
            ca_pem: text(2),
            proxy: text(3),
            copy: text(4).expect("a path").into(),
            run: text(5).expect("a mark"),
            bell: text(6).expect("an address"),
        }
    }
}

/// A case as it runs in the client's process.
pub struct Case {
    pub row: Row,
    pub input: Input,
    /// Shared with the threads that a plan starts.
    client: Option<Arc<Client>>,
    /// As text, so that what they hold on the heap can be told apart from a leak.
    outcomes: Vec<String>,
    last_token: String,
    tokens: usize,
    /// What the system keeps of the heap for what the plan itself did.
    pub kept: usize,
    /// What went wrong besides, in words.
    pub complaints: Vec<String>,
}

impl Case {
    pub fn settings(&self) -> Settings {
        let options = self.row.options;
        Settings {
            base_url: self.input.base_url.clone(),
            ca_pem: self.input.ca_pem.clone(),
            proxy: self.input.proxy.clone(),
            timeout_ms: options.timeout_ms,
            connect_timeout_ms: options.connect_timeout_ms,
            max_retries: options.max_retries,
            max_threads: options.max_threads,
            max_pending: options.max_pending,
            call: self.row.call,
        }
    }

    pub fn token(&mut self) -> String {
        self.tokens += 1;
        let token = format!("{TOKEN_MARK}-{}-{}", self.input.run, self.tokens);
        self.last_token.clone_from(&token);
        token
    }

    /// The row's one client, made when first asked for.
    pub fn client(&mut self) -> Option<Arc<Client>> {
        if self.client.is_none() {
            match Client::new(&self.settings()) {
                Ok(client) => self.client = Some(Arc::new(client)),
                Err(outcome) => {
                    self.report(&outcome);
                    return None;
                }
            }
        }
        self.client.clone()
    }

    pub fn free_client(&mut self) {
        self.client = None;
    }

    /// One call with a fresh token.
    pub fn call(&mut self) {
        let token = self.token();
        self.call_with(&token);
    }

    pub fn call_with(&mut self, token: &str) {
        if let Some(client) = self.client() {
            let outcome = client.call(token);
            self.report(&outcome);
        }
    }

    /// One call with whatever for a token; `None` is NULL.
    pub fn call_raw(&mut self, token: Option<&[u8]>) {
        if let Some(client) = self.client() {
            let outcome = client.call_raw(token);
            self.report(&outcome);
        }
    }

    pub fn call_without_client(&mut self) {
        let outcome = call_without_client(self.row.call, TOKEN_MARK);
        self.report(&outcome);
    }

    /// Takes down what a call came to. The last one is judged.
    pub fn report(&mut self, outcome: &Outcome) {
        self.outcomes.push(outcome.0.to_string());
    }

    /// Takes down one of several that must all be alike: the first that differs is judged.
    pub fn report_one(&mut self, outcome: &Outcome) {
        let key = |outcome: &Outcome| (outcome.is_ok(), outcome.number("code"));
        match self.last() {
            Some(last) if key(&last) != key(outcome) => {
                self.complaints
                    .push(format!("calls ended differently: {}", outcome.0));
            }
            _ => {
                self.report(outcome);
                self.keep_last();
            }
        }
    }

    /// Drops all reports but the last, so that many calls take little.
    pub fn keep_last(&mut self) {
        let last = self.outcomes.len().saturating_sub(1);
        self.outcomes.drain(..last);
    }

    fn last(&self) -> Option<Outcome> {
        let text = self.outcomes.last()?;
        Some(Outcome(serde_json::from_str(text).expect("our own text")))
    }

    /// What the report takes of the heap.
    fn held(&self) -> isize {
        let texts = self.outcomes.iter().chain(&self.complaints);
        let bytes: usize = texts.map(String::capacity).sum();
        (bytes + self.kept).cast_signed()
    }

    /// A call that comes before the judged one, and must succeed.
    pub fn warm_up(&mut self) {
        self.call();
        let outcome = self.last().unwrap_or_default();
        self.outcomes.pop();
        self.check(outcome.is_ok(), || {
            format!("the call before failed: {}", outcome.0)
        });
    }

    pub fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(what());
        }
    }

    /// Shows that the token of a call that was not sent still works.
    fn prove_unspent(&mut self) -> Option<Outcome> {
        let last = self.last()?;
        if last.is_ok() || last.number("delivery") != 1 || self.last_token.is_empty() {
            return None;
        }
        if self.row.look_up.is_some() {
            shim::set("");
        }
        let mut settings = self.settings();
        settings.base_url.clone_from(&self.input.good_url);
        settings.proxy = None;
        settings.timeout_ms = 10_000;
        let client = Client::new(&settings).ok()?;
        Some(client.call(&self.last_token))
    }
}

/// Runs `row` as the child process, and gives the report.
pub fn run(row: Row, input: &str) -> String {
    let input = Input::from_json(input);
    let is_cold = row.is_cold;
    queue::is_on();
    if !is_cold {
        warm_process_up(row.call);
    }
    let plan = row.plan;
    let mut case = Case {
        row,
        input,
        client: None,
        outcomes: Vec::with_capacity(64),
        last_token: String::with_capacity(64),
        tokens: 0,
        kept: 0,
        complaints: Vec::with_capacity(64),
    };
    let before = Footprint::now();
    plan(&mut case);
    case.free_client();
    let held = case.held();
    let left = match is_cold {
        true => Vec::new(),
        false => before.left_over(case.row.expected.threads_left, held),
    };
    let proof = case.prove_unspent();
    json!({
        "last": case.last().map(|outcome| outcome.0),
        "proof": proof.map(|outcome| outcome.0),
        "left": left,
        "complaints": case.complaints,
    })
    .to_string()
}

/// What the first call of a process makes once and for all is no leak.
fn warm_process_up(call: &'static Call) {
    let settings = Settings {
        base_url: "http://127.0.0.1:1".into(),
        ca_pem: None,
        proxy: None,
        timeout_ms: 1000,
        connect_timeout_ms: 1000,
        max_retries: 1,
        max_threads: None,
        max_pending: None,
        call,
    };
    let client = Client::new(&settings).expect("good settings");
    assert!(!client.call("warm-up").is_ok(), "port 1 is closed");
    process::settle();
}
