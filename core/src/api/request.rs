//! Any other call of the API.

use serde::de::IgnoredAny;
use ureq::http::Method;

use crate::call::{Call, LARGE_BODY_LIMIT, MustHave, Subject};
use crate::error::{Error, Result};
use crate::outcome::Repeat;
use crate::secret::Confidential;

const PATH_LIMIT: usize = 8 * 1024;

/// Makes a call that the library does not know. `path` starts with `/v1/`
/// and may have a query; `body` is JSON.
pub fn request<'a>(method: &str, path: &'a str, body: Option<&'a str>) -> Result<Call<'a>> {
    // RFC 9110, section 9.2: what is safe, and what is idempotent.
    let (method, subject, repeat) = match method {
        "GET" => (Method::GET, Subject::Reading, Repeat::ByItself),
        "PUT" => (Method::PUT, Subject::Request, Repeat::Harmless),
        "DELETE" => (Method::DELETE, Subject::Request, Repeat::Harmless),
        "POST" => (Method::POST, Subject::Request, Repeat::Never),
        "PATCH" => (Method::PATCH, Subject::Request, Repeat::Never),
        _ => {
            return Err(Error::invalid(
                "method is none of GET, POST, PUT, PATCH and DELETE; write it in capitals",
            ));
        }
    };
    check_path(path).map_err(|reason| {
        Error::invalid(format!(
            "path cannot be used: {reason}; give one such as /v1/b2b/organizations/search, with its query"
        ))
    })?;
    if let Some(body) = body {
        check_body(body).map_err(|reason| {
            Error::invalid(format!(
                "json_body cannot be used: {reason}; pass one JSON value, or NULL"
            ))
        })?;
    }
    Ok(Call {
        name: "request",
        method,
        is_authorized: true,
        path: path.into(),
        past_caches: false,
        body: body.map(Confidential::from),
        secrets: [body.map(Confidential::from), None],
        subject,
        repeat,
        must_have: MustHave::WholeBody,
        body_limit: LARGE_BODY_LIMIT,
    })
}

/// Lets only paths through that every server and gateway on the way reads
/// alike: what one takes for another path may lead past its rules.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path.len() > PATH_LIMIT {
        return Err("it is longer than 8 KiB");
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it contains a space, a control character or a character that is not ASCII");
    }
    if path.contains(['#', '\\']) {
        return Err("it contains a # or a backslash");
    }
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let Some(rest) = path.strip_prefix("/v1/") else {
        return Err("it does not start with /v1/");
    };
    let decoded = percent_encoding::percent_decode_str(rest).collect::<Vec<u8>>();
    for segment in decoded.split(|byte| matches!(byte, b'/' | b'\\')) {
        if matches!(segment, b"" | b"." | b"..") {
            return Err("it has an empty, a . or a .. segment");
        }
    }
    Ok(())
}

fn check_body(body: &str) -> Result<(), &'static str> {
    if body.len() > LARGE_BODY_LIMIT {
        return Err("it is longer than 16 MiB");
    }
    // What is wrong with it and where would quote it.
    serde_json::from_str::<IgnoredAny>(body)
        .map(drop)
        .map_err(|_| "it is not valid JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_meaning() {
        for path in [
            "/v1/b2b/organizations/search",
            "/v1/b2b/sessions?organization_id=a&member_id=b//../c",
            "/v1/x?",
            "/v1/a%20b",
            "/v1/a..b/.c",
        ] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        let long = format!("/v1/{}", "x".repeat(PATH_LIMIT));
        for path in [
            "",
            "/",
            "v1/x",
            "/v2/x",
            "/v1",
            "/v1/",
            "/v1//x",
            "/v1/x/",
            "/v1/./x",
            "/v1/x/..",
            "/v1/%2e%2E/x",
            "/v1/x/%2e",
            "/v1/a%2f%2fb",
            "/v1/a%2f",
            "/v1/a%2f..",
            "/v1/a%5c..%5cb",
            "/v1/x#y",
            "/v1/x\\y",
            "/v1/a b",
            "/v1/\u{e9}",
            "/v1/a\r\nb",
            "/v1/?x",
            &long,
            "https://evil.example/v1/x",
            "//evil.example/v1/x",
            "@evil.example/v1/x",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}
