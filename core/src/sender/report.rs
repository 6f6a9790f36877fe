//! What the log is told of a call.

use std::time::Duration;

use super::{Operation, Sender};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::events::{Event, Level, Log};
use crate::outcome::Code;
use crate::quote::Quotes;
use crate::response::{Field, Response};
use crate::run::Run;
use crate::transport::call_state::CallState;
use crate::transport::{Failure, Received};

impl Sender {
    /// Tells the log how an operation ended.
    pub(crate) fn report(
        &self,
        operation: &dyn Operation,
        run: &Run,
        outcome: Result<&Response, &Error>,
    ) {
        let Some(log) = run.log() else { return };
        let sent = run.sent();
        let level = match outcome {
            Ok(_) if sent.is_none() => Level::Debug,
            Ok(_) => Level::Info,
            Err(error) if error.code() == Code::Internal => Level::Error,
            Err(_) => Level::Warning,
        };
        if !log.wants(level) {
            return;
        }
        let mut secrets = operation.secrets();
        if let Ok(response) = outcome {
            let tokens = [Field::SessionToken, Field::SessionJwt];
            let texts = tokens.iter().filter_map(|field| response.field(*field));
            secrets.extend(texts.filter_map(|text| text.to_str().ok()));
        }
        let secrets = self.secrets(&secrets);
        let quotes = Quotes::without(&secrets);
        let graphic = |text: Option<&[u8]>| {
            let text = text?.strip_suffix(b"\0")?;
            quotes.name(std::str::from_utf8(text).ok()?)
        };
        let mut event = self.event(operation.name(), run, &quotes);
        event.source = match (operation.is_local(), &sent) {
            (_, Some(_)) => Some("remote"),
            (true, None) => Some("local"),
            (false, None) => None,
        };
        match outcome {
            Ok(response) => {
                event.code = "OK";
                event.http_status = Some(response.http_status()).filter(|status| *status > 0);
                event.request_id = graphic(response.field_with_nul(Field::RequestId));
                event.member_session_id = graphic(response.member_session_id());
                event.impersonator_id = graphic(response.impersonator_id());
                log.tell(level, &event);
            }
            Err(error) => {
                event.code = error.code().name();
                event.delivery = Some(error.delivery().name());
                event.http_status = Some(error.http_status()).filter(|status| *status > 0);
                event.request_id = error.request_id().and_then(|id| quotes.name(&id));
                let error_type = error.error_type().and_then(|text| quotes.name(text));
                event.error_type = error_type.as_deref();
                log.tell(level, &event);
            }
        }
    }

    /// Tells the log of an operation that was refused before it began.
    pub(crate) fn tell_refused(&self, name: &'static str, log: Option<Log>, error: &Error) {
        if let Some(log) = log.as_ref().or(self.log.as_ref()) {
            let event = Event {
                operation: name,
                code: error.code().name(),
                delivery: Some(error.delivery().name()),
                ..Event::default()
            };
            log.tell(Level::Warning, &event);
        }
    }

    pub(super) fn report_retry(
        &self,
        call: &Call,
        run: &Run,
        state: &CallState,
        outcome: &Result<Received, Failure>,
        wait: Duration,
    ) {
        let Some(log) = run.log().filter(|log| log.wants(Level::Debug)) else {
            return;
        };
        let secrets = self.secrets(&call.confidential().collect::<Vec<_>>());
        let failed = match outcome {
            Ok(received) => received.as_failed(),
            Err(failure) => failure.as_failed(),
        };
        let event = Event {
            source: Some("remote"),
            code: failed.code.name(),
            delivery: Some(failed.delivery.name()),
            http_status: state.status(),
            retry_in_ms: u64::try_from(wait.as_millis()).ok(),
            ..self.event(call.name, run, &Quotes::without(&secrets))
        };
        log.tell(Level::Debug, &event);
    }

    /// What every event has. The host is the client's own, the path the caller's.
    fn event<'a>(&'a self, operation: &'a str, run: &Run, quotes: &Quotes) -> Event<'a> {
        let sent = run.sent();
        let sent = sent.as_ref();
        let attempts = sent.map(|sent| sent.state.attempts());
        Event {
            operation,
            duration_ms: u64::try_from(run.elapsed().as_millis()).unwrap_or(u64::MAX),
            host: sent.map(|_| self.transport.host_name()),
            path: sent.and_then(|sent| quotes.name(&sent.path)),
            attempts: attempts.filter(|attempts| *attempts > 0),
            connection: sent.and_then(|sent| sent.state.connection()),
            ..Event::default()
        }
    }
}
