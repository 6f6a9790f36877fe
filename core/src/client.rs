//! The client: who calls, and where. It sends a call, judges the response and
//! catches what goes wrong on the way; it knows no resource.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::HeaderValue;
use zeroize::Zeroizing;

use crate::call::{Call, MustHave};
use crate::error::{About, ApiError, Defect, Error, Kind as ErrorKind, Result};
use crate::key_cache::KeyCache;
use crate::options::Options;
use crate::outcome::Ending;
use crate::planted::{self, Point};
use crate::quote::Quotes;
use crate::redact::Secrets;
use crate::response::Response;
use crate::secret::{SharedSecret, basic_credentials};
use crate::text::check_text;
use crate::transport::call_state::CallState;
use crate::transport::{Received, Settings, Transport};
use crate::url::BaseUrl;
use stytch_reader::json::{Document, Kind, ParseError};
use stytch_reader::jwt::Expected;

const CREDENTIAL_LIMIT: usize = 4 * 1024;

/// Shared by any number of threads; each call of it stands alone.
pub struct Client {
    transport: Transport,
    /// What must not come back in a message, besides what a call sends.
    secret: Zeroizing<String>,
    credentials: Zeroizing<String>,
    project_id: String,
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

impl Client {
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
        let transport = Transport::new(Settings {
            base_url,
            proxy: options.proxy.clone().map(Arc::new),
            trust: options.trust.clone(),
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            max_retries: options.max_retries,
            user_agent: user_agent(options)?,
            credentials: Arc::new(SharedSecret::new(&credentials)),
        });
        Ok(Self {
            transport,
            secret: Zeroizing::new(secret.to_owned()),
            credentials,
            project_id: project_id.to_owned(),
            verifier,
        })
    }

    pub(crate) fn project_id(&self) -> &str {
        &self.project_id
    }

    /// The time that a call has.
    pub(crate) fn timeout(&self) -> Duration {
        self.transport.timeout()
    }

    /// Makes a call. Whatever stops it, a panic included, the error says what
    /// became of the request: the unwind is caught where the call's state lives.
    pub(crate) fn call(&self, call: &Call) -> Result<Response> {
        self.call_within(self.timeout(), call)
    }

    /// The same for a call that is a part of another, with the time that is
    /// left of that.
    pub(crate) fn call_within(&self, timeout: Duration, call: &Call) -> Result<Response> {
        let state = self.transport.begin(timeout);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| self.send_and_judge(call, &state)));
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

    fn send_and_judge(&self, call: &Call, state: &Arc<CallState>) -> Result<Response, ErrorKind> {
        let received = self
            .transport
            .send(call, state)
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
        let mut secrets: Vec<&str> = vec![&self.credentials, &self.secret];
        secrets.extend(call.secrets);
        let document = Document::parse(received.body.as_bytes()).ok();
        let text = |pointers: &[&str]| {
            pointers.iter().find_map(|pointer| {
                let value = document.as_ref()?.pointer(pointer)?;
                Some(value.string()?.to_str().ok()?.to_owned())
            })
        };
        let secrets = Secrets::new(&secrets);
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
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
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
