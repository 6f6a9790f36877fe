//! The table of tokens: each row with our verdict, and with those of Stytch's
//! Python and Node SDKs, the outside judges (tests/judge). Where a judge
//! accepts what we refuse, it is laxer, and the row is where that is written
//! down.

mod claims;
mod form;
mod header;
mod payload;

use crate::forge::Forge;

pub struct Row {
    pub name: String,
    pub token: String,
    /// `None`: accepted.
    pub refused: Option<&'static str>,
    /// Seconds; -1 is no limit.
    pub max_age: i64,
    /// Whether Stytch's Python SDK accepts it, and its Node SDK.
    pub python: bool,
    pub node: bool,
}

impl Row {
    fn new(name: impl Into<String>, token: String, refused: Option<&'static str>) -> Self {
        let accepted = refused.is_none();
        Self {
            name: name.into(),
            token,
            refused,
            max_age: -1,
            python: accepted,
            node: accepted,
        }
    }

    fn python(mut self, accepts: bool) -> Self {
        self.python = accepts;
        self
    }

    fn node(mut self, accepts: bool) -> Self {
        self.node = accepts;
        self
    }

    fn both(self, accept: bool) -> Self {
        self.python(accept).node(accept)
    }

    fn max_age(mut self, seconds: i64) -> Self {
        self.max_age = seconds;
        self
    }
}

fn accept(name: impl Into<String>, token: String) -> Row {
    Row::new(name, token, None)
}

const MALFORMED: &str = "jwt_malformed";
const BAD_ALGORITHM: &str = "jwt_bad_algorithm";
const UNKNOWN_KEY: &str = "jwt_unknown_key";
const BAD_SIGNATURE: &str = "jwt_bad_signature";
const WRONG_ISSUER: &str = "jwt_wrong_issuer";
const WRONG_AUDIENCE: &str = "jwt_wrong_audience";
const NOT_A_SESSION: &str = "jwt_not_a_session";
const EXPIRED: &str = "jwt_expired";
const NOT_YET_VALID: &str = "jwt_not_yet_valid";
const TOO_OLD: &str = "jwt_too_old";

fn refuse(word: &'static str, name: impl Into<String>, token: String) -> Row {
    Row::new(name, token, Some(word))
}

/// All rows, at a leeway of 0.
pub fn rows(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    header::add(forge, &mut rows);
    claims::add(forge, &mut rows);
    payload::add(forge, &mut rows);
    form::add(forge, &mut rows);
    rows
}
