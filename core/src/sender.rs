//! Credentials and host: sends a call, judges the response, catches what goes
//! wrong on the way, and tells the log. It knows no resource.

use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::HeaderValue;

use crate::call::{Call, MustHave};
use crate::error::{About, ApiError, Defect, Error, Kind as ErrorKind, Result};
use crate::events::{Log, is_telling};
use crate::key_cache::KeyCache;
use crate::options::Options;
use crate::outcome::{Ending, Phase};
use crate::planted::{self, Point};
use crate::quote::Quotes;
use crate::redact::Secrets;
use crate::response::Response;
use crate::run::Run;
use crate::secret::{SharedSecret, basic_credentials};
use crate::text::check_text;
use crate::transport::call_state::CallState;
use crate::transport::{Cause, Failure, Received, Settings, Transport};
use crate::url::BaseUrl;
use stytch_reader::json::{Document, Kind, ParseError};
use stytch_reader::jwt::Expected;

mod report;

const CREDENTIAL_LIMIT: usize = 4 * 1024;

/// What can be asked of a client: most often one call of the API.
pub trait Operation {
    /// The C function's name without `stytch_`.
    fn name(&self) -> &'static str;

    /// What an error has to know that ends it before it has begun.
    fn about(&self) -> About;

    /// What it was given in confidence.
    fn secrets(&self) -> Vec<&str>;

    /// Whether it may end without a request.
    fn is_local(&self) -> bool {
        false
    }

    fn run(&self, sender: &Sender, run: &Run) -> Result<Response>;
}

impl Operation for Call<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> About {
        About::of(self)
    }

    fn secrets(&self) -> Vec<&str> {
        self.confidential().collect()
    }

    fn run(&self, sender: &Sender, run: &Run) -> Result<Response> {
        sender.send(self, run, run.left())
    }
}

/// Whoever calls. Shared by any number of threads; each call stands alone.
pub struct Sender {
    transport: Transport,
    /// What must not come back in a message, besides what a call sends.
    secret: SharedSecret,
    credentials: Arc<SharedSecret>,
    project_id: String,
    log: Option<Log>,
    /// What local verification needs.
    pub(crate) verifier: Verifier,
}

/// What local verification needs: whose tokens, how far clocks may differ, and
/// the keys.
pub(crate) struct Verifier {
    pub expected: Expected,
    pub leeway_seconds: u32,
    pub keys: KeyCache,
}

impl Sender {
    pub fn new(project_id: &str, secret: &str, options: &Options) -> Result<Self> {
        for (name, text) in [("project_id", project_id), ("secret", secret)] {
            check_text(name, text, CREDENTIAL_LIMIT).map_err(Error::invalid)?;
        }
        if project_id.contains(':') {
            return Err(Error::invalid(
                "project_id contains a colon, which Basic authentication cannot carry; pass the value from Stytch",
            ));
        }
        let base_url = match &options.base_url {
            Some(base_url) => base_url.clone(),
            None => base_url_of(project_id)?,
        };
        if options.proxy.is_some() && !base_url.is_https {
            return Err(Error::invalid(
                "proxy is for https only and base_url is http; leave one of them out",
            ));
        }
        let verifier = Verifier {
            expected: Expected::new(project_id, &base_url.join("")),
            leeway_seconds: options.jwt_leeway_seconds,
            keys: KeyCache::new(options.jwks.clone()),
        };
        let credentials = basic_credentials(project_id.as_bytes(), secret.as_bytes());
        let credentials = Arc::new(SharedSecret::new(&credentials));
        let transport = Transport::new(Settings {
            base_url,
            proxy: options.proxy.clone().map(Arc::new),
            trust: options.trust.clone(),
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            max_retries: options.max_retries,
            user_agent: user_agent(options)?,
            credentials: Arc::clone(&credentials),
        });
        Ok(Self {
            transport,
            secret: SharedSecret::new(secret),
            credentials,
            project_id: project_id.to_owned(),
            log: options.log.clone(),
            verifier,
        })
    }

    /// Wipes the credentials and closes the connections, also where a thread
    /// that a forked child does not have still has a part in this.
    pub fn close(&self) {
        self.secret.wipe();
        self.transport.close();
    }

    pub(crate) fn project_id(&self) -> &str {
        &self.project_id
    }

    /// Starts the time of an operation that blocks.
    pub(crate) fn begin(&self) -> Run {
        Run::new(self.transport.timeout(), None, self.log.clone())
    }

    /// Starts the time of one that another thread may cancel.
    pub(crate) fn begin_cancellable(
        &self,
        cancel: Arc<crate::cancel::Cancel>,
        log: Option<Log>,
    ) -> Run {
        let log = log.or_else(|| self.log.clone());
        let log = log.filter(|_| !is_telling());
        Run::new(self.transport.timeout(), Some(cancel), log)
    }

    /// Runs an operation and tells the log how it ended.
    pub fn perform(&self, operation: &dyn Operation, run: &Run) -> Result<Response> {
        let outcome = operation.run(self, run);
        self.report(operation, run, outcome.as_ref());
        outcome
    }

    /// Ends an operation that does not run at all: its time is over, or it was
    /// cancelled.
    pub fn give_up(&self, operation: &dyn Operation, run: &Run) -> Error {
        let failure = Failure {
            phase: Phase::Backlog,
            cause: if run.is_cancelled() {
                Cause::Cancelled
            } else {
                Cause::Deadline
            },
            request_sent: false,
            host: self.transport.host_name().to_owned(),
        };
        let error = Error::new(ErrorKind::NoResponse(failure), operation.about());
        self.report(operation, run, Err(&error));
        error
    }

    /// Ends an operation for which the system gives no thread.
    pub(crate) fn no_thread(
        &self,
        operation: &dyn Operation,
        run: &Run,
        error: io::Error,
    ) -> Error {
        let failure = Failure {
            phase: Phase::Backlog,
            cause: Cause::NoThread(error),
            request_sent: false,
            host: self.transport.host_name().to_owned(),
        };
        let error = Error::new(ErrorKind::NoResponse(failure), operation.about());
        self.report(operation, run, Err(&error));
        error
    }

    /// Makes a call, within a time that is a part of the run's. Whatever stops
    /// it, a panic included, the error says what became of the request: the
    /// unwind is caught where the call's state lives.
    pub(crate) fn send(&self, call: &Call, run: &Run, timeout: Duration) -> Result<Response> {
        let state = self.transport.begin(timeout, run.cancel().cloned());
        run.sends(&call.path, &state);
        let outcome =
            panic::catch_unwind(AssertUnwindSafe(|| self.send_and_judge(call, run, &state)));
        let kind = match outcome {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(kind)) => kind,
            Err(payload) => {
                // A payload may panic when dropped; none of ours does, and a
                // leak of one is better than to find out.
                std::mem::forget(payload);
                ErrorKind::Internal {
                    delivery: state.delivery(),
                    status: state.status(),
                }
            }
        };
        Err(Error::new(kind, About::of(call)))
    }

    fn send_and_judge(
        &self,
        call: &Call,
        run: &Run,
        state: &Arc<CallState>,
    ) -> Result<Response, ErrorKind> {
        let received = self
            .transport
            .send(call, state, |outcome, wait| {
                self.report_retry(call, run, state, outcome, wait);
            })
            .map_err(ErrorKind::NoResponse)?;
        planted::here(Point::AfterResponse);
        if received.is_success() {
            judge(received, call.must_have)
        } else {
            Err(self.read_error(received, call))
        }
    }

    /// Reads Stytch's error body, or one of OAuth's form (RFC 6749, section 5.2).
    fn read_error(&self, received: Received, call: &Call) -> ErrorKind {
        let document = Document::parse(received.body.as_bytes()).ok();
        let text = |pointers: &[&str]| {
            pointers.iter().find_map(|pointer| {
                let value = document.as_ref()?.pointer(pointer)?;
                Some(value.string()?.to_str().ok()?.to_owned())
            })
        };
        let secrets = self.secrets(&call.confidential().collect::<Vec<_>>());
        let quotes = Quotes::without(&secrets);
        ErrorKind::Api(Box::new(ApiError {
            error_type: text(&["/error_type", "/error"]).and_then(|text| quotes.name(&text)),
            message: text(&["/error_message", "/error_description"])
                .map(|text| quotes.message(&text)),
            request_id: text(&["/request_id"]).and_then(|text| quotes.name(&text)),
            url: text(&["/error_url", "/error_uri"]).and_then(|text| quotes.url(&text)),
            received,
        }))
    }

    /// What no message repeats: the client's own secrets and `others`.
    fn secrets(&self, others: &[&str]) -> Secrets {
        let [credentials, secret] = [self.credentials.reveal(), self.secret.reveal()];
        let mut all = vec![credentials.as_str(), secret.as_str()];
        all.extend(others);
        Secrets::new(&all)
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Decides whether a 2xx response contains what the call must return. What the
/// body starts with counts, even if its framing then failed: a session that has
/// arrived is not lost.
fn judge(received: Received, must_have: MustHave) -> Result<Response, ErrorKind> {
    let parsed = Document::parse(received.body.as_bytes());
    let is_whole = received.ending == Ending::Complete;
    let found = |pointer| parsed.as_ref().ok()?.pointer(pointer);
    let defect = match must_have {
        MustHave::Nothing => None,
        MustHave::WholeBody if is_whole => None,
        MustHave::WholeBody => match &parsed {
            Ok(_) if received.ending != Ending::OverLimit => None,
            _ => Some(Defect::Incomplete),
        },
        MustHave::Text(pointer) => match found(pointer).and_then(|value| value.string()) {
            Some(text) if !text.is_empty() => None,
            _ => Some(Defect::Lacks(pointer)),
        },
        // A list that was cut must not pass for the whole one.
        MustHave::Array(_) if received.ending == Ending::OverLimit => Some(Defect::Incomplete),
        MustHave::Array(pointer) => match found(pointer).map(|value| value.kind()) {
            Some(Kind::Array) => None,
            _ => Some(Defect::Lacks(pointer)),
        },
    };
    let Some(defect) = defect else {
        return Ok(Response::new(received, parsed.ok()));
    };
    let defect = match parsed {
        Err(ParseError::OutOfMemory) => Defect::NoMemory,
        Err(ParseError::NotAnObject) if received.is_coded => Defect::Coded,
        Err(ParseError::NotAnObject) if is_whole => Defect::NotAnObject,
        _ => defect,
    };
    Err(ErrorKind::Unusable(Box::new(received), defect))
}

fn user_agent(options: &Options) -> Result<HeaderValue> {
    let mut text = format!("libstytch/{}", env!("CARGO_PKG_VERSION"));
    if let Some(app_info) = &options.app_info {
        text.push(' ');
        text.push_str(app_info);
    }
    HeaderValue::from_str(&text)
        .map_err(|_| Error::invalid("app_info cannot stand in a header; use letters and digits"))
}

fn base_url_of(project_id: &str) -> Result<BaseUrl> {
    let url = if project_id.starts_with("project-live-") {
        "https://api.stytch.com"
    } else if project_id.starts_with("project-test-") {
        "https://test.stytch.com"
    } else {
        return Err(Error::invalid(
            "project_id starts with neither project-live- nor project-test-, so it does not tell where the API is; set base_url",
        ));
    };
    Ok(BaseUrl::parse(url).expect("a URL of ours"))
}
