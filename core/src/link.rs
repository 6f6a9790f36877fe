//! The link that Stytch's dashboard opens, and the token in it.
//!
//! `https://app.example/login?stytch_token_type=multi_tenant_impersonation&token=…`
//! is the project's redirect URL with two parameters added. Whoever can make a
//! person open a link can write anything into it, so what has two meanings is
//! refused.

use crate::text::check_text;

/// The query may also carry a JWT of another flow, say.
const URL_LIMIT: usize = 64 * 1024;
const TOKEN_LIMIT: usize = 8 * 1024;
const TYPE: &str = "stytch_token_type";
const TOKEN: &str = "token";

/// Returns the impersonation token of a link, or what is wrong with it. The
/// words name the type of token that was found, never the token.
///
/// `url` may be absolute, or a path or a bare query: a server sees only these.
pub fn token_from_url(url: &str) -> Result<String, String> {
    if url.len() > URL_LIMIT {
        return Err("the URL is longer than 64 KiB".to_owned());
    }
    let (url, _) = url.split_once('#').unwrap_or((url, ""));
    let (_, query) = url.split_once('?').ok_or(
        "the URL has no query; pass the whole URL that was requested, with what stands behind the ?",
    )?;
    let (mut kind, mut token) = (None, None);
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        // A name that is not well formed is none of ours.
        let place = match decode(name).as_deref() {
            Ok(TYPE) => &mut kind,
            Ok(TOKEN) => &mut token,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(
                "the URL has one of its two parameters twice; such a link was tampered with"
                    .to_owned(),
            );
        }
    }
    let kind = kind.ok_or("the URL has no stytch_token_type, so it is not a link of Stytch's")?;
    let kind = decode(kind).map_err(|reason| format!("stytch_token_type {reason}"))?;
    match kind.as_str() {
        "multi_tenant_impersonation" => {}
        "impersonation" => {
            return Err("the token is one of a consumer project (impersonation); this library is for B2B projects".to_owned());
        }
        other => {
            let shown = if is_word(other) {
                other
            } else {
                "something else"
            };
            return Err(format!(
                "the token is of type {shown}, not multi_tenant_impersonation; hand it to the flow that it belongs to"
            ));
        }
    }
    let token = token.ok_or("the URL has no token")?;
    let token = decode(token).map_err(|reason| format!("token {reason}"))?;
    if token.contains(' ') {
        return Err("token contains a space; a + in a URL must be encoded as %2B".to_owned());
    }
    check_text("token", &token, TOKEN_LIMIT)?;
    Ok(token)
}

/// Whether a type of token can be repeated in a message.
fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Decodes as a form does: a plus is a space, and a percent sign starts an
/// escape.
fn decode(text: &str) -> Result<String, &'static str> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit(), digit());
                let value = high
                    .zip(low)
                    .and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
                value.ok_or("has a % that is not followed by two hexadecimal digits")?
            }
            byte => byte,
        });
    }
    let decoded = String::from_utf8(decoded).map_err(|_| "is not UTF-8")?;
    if decoded.chars().any(char::is_control) {
        return Err("contains a control character");
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_however_the_link_is_written() {
        for url in [
            "https://app.example/login?stytch_token_type=multi_tenant_impersonation&token=abc-_",
            "?token=abc-_&stytch_token_type=multi_tenant_impersonation",
            "/login?next=%zz&stytch_token_type=multi_tenant_impersonation&slug=acme&token=abc-_#top",
            "?%74oken=abc%2D_&stytch%5Ftoken%5Ftype=multi%5Ftenant_impersonation&Token=x&TOKEN=y",
            "?&&stytch_token_type=multi_tenant_impersonation&=&token=abc-_&x",
            "https://app.example/a?b?c&stytch_token_type=multi_tenant_impersonation&token=abc-_",
        ] {
            assert_eq!(token_from_url(url).as_deref(), Ok("abc-_"), "{url}");
        }
        let plus = "?stytch_token_type=multi_tenant_impersonation&token=a%2Bb";
        assert_eq!(token_from_url(plus).as_deref(), Ok("a+b"));
    }

    #[test]
    fn what_has_two_meanings_is_refused_and_no_token_is_quoted() {
        let kind = "stytch_token_type=multi_tenant_impersonation";
        for (url, reason) in [
            ("https://app.example/login".to_owned(), "no query"),
            (
                format!("https://app.example/#?{kind}&token=hunter22"),
                "no query",
            ),
            (format!("{kind}&token=hunter22"), "no query"),
            ("?token=hunter22".to_owned(), "no stytch_token_type"),
            (format!("?{kind}"), "no token"),
            (format!("?{kind}&token="), "empty"),
            (format!("?{kind}&token=hunter22&token=hunter22"), "twice"),
            (format!("?{kind}&{kind}&token=hunter22"), "twice"),
            (format!("?{kind}&token=hunter22&%74oken=x"), "twice"),
            (format!("?{kind}&token=hunter22%"), "hexadecimal"),
            (format!("?{kind}&token=hunter22%2"), "hexadecimal"),
            (format!("?{kind}&token=hunter22%zz"), "hexadecimal"),
            (format!("?{kind}&token=hunter22%+1"), "hexadecimal"),
            (format!("?{kind}&token=hunter22%00"), "control"),
            (format!("?{kind}&token=hunter22%0a"), "control"),
            (format!("?{kind}&token=hunter22%ff"), "UTF-8"),
            (format!("?{kind}&token=hunter22+x"), "%2B"),
            (format!("?{kind}&token={}", "x".repeat(9000)), "longer"),
            (
                "?stytch_token_type=impersonation&token=hunter22".to_owned(),
                "consumer",
            ),
            (
                "?stytch_token_type=sso&token=hunter22".to_owned(),
                "type sso",
            ),
            (
                "?stytch_token_type=hunter22&token=hunter22".to_owned(),
                "something else",
            ),
            (
                "?stytch_token_type=%&token=hunter22".to_owned(),
                "stytch_token_type has",
            ),
            ("x".repeat(URL_LIMIT + 1), "64 KiB"),
        ] {
            let error = token_from_url(&url).unwrap_err();
            assert!(error.contains(reason), "{url:.80}: {error}");
            assert!(!error.contains("hunter22"), "{error}");
        }
    }
}
