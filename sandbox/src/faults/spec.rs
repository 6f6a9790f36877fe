//! A fault as a test asks for it in JSON, and what it comes to.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::connection::{Cut, Ending};

const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

/// A fault as a test asks for it.
#[skip_serializing_none]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// Send this status instead …
    status: Option<u16>,
    /// … these headers, each a string or an array of strings …
    headers: Option<BTreeMap<String, OneOrMore>>,
    /// … and this body: the text of a string, or any other value as JSON. Without one, the body is
    /// Stytch's error object for a status from 400, and otherwise empty.
    body: Option<Value>,
    /// The body as bytes.
    body_base64: Option<String>,
    /// Write exactly this instead of a response, and end the connection.
    raw: Option<String>,
    raw_base64: Option<String>,
    /// Delay the response by this much. The request is carried out before the delay.
    delay_ms: Option<u64>,
    /// End the connection like this …
    connection: Option<Ending>,
    /// … at this point of the response; `before_headers` by default.
    when: Option<When>,
    /// End it after this many bytes of the body. Content-Length still gives the full length.
    cut_body: Option<usize>,
    /// Carry the request out even though its response is replaced, so that a token in it is used.
    #[serde(alias = "carry_out")]
    spend: Option<bool>,
    /// Only affect requests to this path, without the query. A final `*` matches any rest.
    path: Option<String>,
    /// How many requests to affect.
    #[serde(default = "once")]
    pub(super) times: u32,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    BeforeHeaders,
    WithinHeaders,
    AfterHeaders,
    WithinBody,
}

/// A fault that can happen.
#[derive(Clone)]
pub struct Fault {
    pub outcome: Outcome,
    /// Whether the request is carried out. It always is if its own response is sent.
    pub carry_out: bool,
    pub delay: Option<Duration>,
    pub connection: Option<Break>,
}

/// What the client receives, unless the connection is cut first.
#[derive(Clone)]
pub enum Outcome {
    Normal,
    /// `body`: `None` stands for Stytch's error object.
    Replaced {
        status: StatusCode,
        headers: HeaderMap,
        body: Option<Bytes>,
    },
    Raw(Bytes),
    Nothing,
}

/// Where the response is cut, and how the connection is ended.
#[derive(Clone, Copy)]
pub struct Break {
    pub cut: Cut,
    pub ending: Ending,
}

impl FaultSpec {
    pub fn parse(value: Value) -> Result<Self, String> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            // The path names the field that is wrong; for the whole object it is only a dot.
            let text = error.to_string();
            text.strip_prefix(".: ").unwrap_or(&text).to_owned()
        })
    }

    /// Returns whether the fault is meant for a request to this path.
    pub fn is_for(&self, path: &str) -> bool {
        match self.path.as_deref() {
            None => true,
            Some(wanted) => match wanted.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == wanted,
            },
        }
    }

    /// Returns what the fault comes to, or why it is not valid.
    pub fn fault(&self) -> Result<Fault, String> {
        if self
            .path
            .as_ref()
            .is_some_and(|path| !path.starts_with("/v1/"))
        {
            return Err("path: starts with /v1/, since faults happen only there".to_owned());
        }
        if self.times == 0 {
            return Err("times: at least 1".to_owned());
        }
        let connection = self.connection()?;
        let outcome = match self.outcome()? {
            Outcome::Normal
                if matches!(
                    connection,
                    Some(Break {
                        cut: Cut::AtStart,
                        ..
                    })
                ) =>
            {
                Outcome::Nothing
            }
            outcome => outcome,
        };
        let normal = matches!(outcome, Outcome::Normal);
        if normal && self.spend == Some(false) {
            return Err("spend: the normal response spends the token; \
                 false goes with status, raw and a connection that ends before the headers"
                .to_owned());
        }
        let delay = self.delay_ms.map(Duration::from_millis);
        if delay.is_some_and(|delay| delay > MAX_DELAY) {
            return Err(format!("delay_ms: at most {}", MAX_DELAY.as_millis()));
        }
        if normal && delay.is_none() && connection.is_none() {
            return Err(
                "a fault needs status, raw, raw_base64, delay_ms, connection or cut_body"
                    .to_owned(),
            );
        }
        Ok(Fault {
            outcome,
            carry_out: normal || self.spend == Some(true),
            delay,
            connection,
        })
    }

    fn connection(&self) -> Result<Option<Break>, String> {
        let ending = self.connection.unwrap_or(Ending::Close);
        let cut = match (self.when, self.cut_body) {
            (Some(_), Some(_)) => return Err("give when or cut_body, not both".to_owned()),
            (None, Some(bytes)) => Cut::InBody(bytes),
            (Some(_), None) if self.connection.is_none() => {
                return Err("when goes with connection".to_owned());
            }
            // A raw response is written in full before the connection ends.
            (None, None) if self.raw.is_some() || self.raw_base64.is_some() => Cut::AtEnd,
            (None, None) if self.connection.is_none() => return Ok(None),
            (None | Some(When::BeforeHeaders), None) => Cut::AtStart,
            (Some(When::WithinHeaders), None) => Cut::InHead,
            (Some(When::AfterHeaders), None) => Cut::InBody(0),
            (Some(When::WithinBody), None) => Cut::HalfBody,
        };
        let raw = self.raw.is_some() || self.raw_base64.is_some();
        if raw && cut != Cut::AtEnd {
            return Err(
                "a raw response is written whole: when and cut_body do not go with it".to_owned(),
            );
        }
        Ok(Some(Break { cut, ending }))
    }

    fn outcome(&self) -> Result<Outcome, String> {
        let given = [
            self.status.is_some(),
            self.raw.is_some(),
            self.raw_base64.is_some(),
        ];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err("give one of status, raw and raw_base64".to_owned());
        }
        let detail = self.headers.is_some() || self.body.is_some() || self.body_base64.is_some();
        if detail && self.status.is_none() {
            return Err("headers, body and body_base64 go with status".to_owned());
        }
        if let Some(raw) = &self.raw {
            return Ok(Outcome::Raw(raw.clone().into()));
        }
        if let Some(raw) = &self.raw_base64 {
            return Ok(Outcome::Raw(bytes("raw_base64", raw)?));
        }
        match self.status {
            None => Ok(Outcome::Normal),
            Some(status) => self.replaced(status),
        }
    }

    fn replaced(&self, status: u16) -> Result<Outcome, String> {
        let known = StatusCode::from_u16(status)
            .ok()
            .filter(|_| (200..600).contains(&status));
        let status = known.ok_or("status: 200 to 599; raw can send any other")?;
        let mut headers = HeaderMap::new();
        let body = match (&self.body, &self.body_base64) {
            (Some(_), Some(_)) => return Err("give body or body_base64, not both".to_owned()),
            (Some(Value::String(text)), None) => {
                let plain = HeaderValue::from_static("text/plain; charset=utf-8");
                headers.insert(header::CONTENT_TYPE, plain);
                Some(text.clone().into())
            }
            (Some(json), None) => {
                let kind = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, kind);
                Some(json.to_string().into())
            }
            (None, Some(base64)) => Some(bytes("body_base64", base64)?),
            (None, None) if status.as_u16() < 400 => Some(Bytes::new()),
            (None, None) => None,
        };
        for (name, values) in self.headers.iter().flatten() {
            set(&mut headers, name, values)?;
        }
        Ok(Outcome::Replaced {
            status,
            headers,
            body,
        })
    }
}

/// Sets a header, in place of the one that would be sent otherwise.
fn set(headers: &mut HeaderMap, name: &str, values: &OneOrMore) -> Result<(), String> {
    let key: HeaderName = name
        .parse()
        .map_err(|_| format!("headers: {name:?} is not a header name"))?;
    if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&key) {
        return Err(format!(
            "headers: {key} is set by the server; raw can send any"
        ));
    }
    headers.remove(&key);
    let values = match values {
        OneOrMore::One(value) => std::slice::from_ref(value),
        OneOrMore::More(values) => values,
    };
    for value in values {
        let value = value
            .parse()
            .map_err(|_| format!("headers: the value of {key} is not valid"))?;
        headers.append(&key, value);
    }
    Ok(())
}

fn bytes(field: &str, base64: &str) -> Result<Bytes, String> {
    let decoded = STANDARD
        .decode(base64)
        .map_err(|error| format!("{field}: {error}"))?;
    Ok(decoded.into())
}
