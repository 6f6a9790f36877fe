//! What a credential or a token may be, and that none stands in a message.

use crate::error::{Error, Result};

/// Refuses an empty text, one over `limit` bytes, and control characters,
/// which no header and no real token holds. The message never quotes `text`.
pub(crate) fn check_text(name: &str, text: &str, limit: usize) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid(format!(
            "{name} is empty; pass the value from Stytch"
        )));
    }
    if text.len() > limit {
        let kib = limit / 1024;
        return Err(Error::invalid(format!(
            "{name} is longer than {kib} KiB; pass the value from Stytch as it is"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "{name} holds a control character, perhaps a line break from a file; pass the value without it"
        )));
    }
    Ok(())
}

/// Below this a secret is too short to be one, and too likely a part of a word.
const SHORTEST_SECRET: usize = 4;

/// A server may quote what it was sent. Its words go into a message only
/// without that.
pub(crate) fn redact(text: &str, secrets: &[&str]) -> String {
    secrets
        .iter()
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
        .fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[redacted]")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_repeated() {
        let secrets = ["hunter22", "tok=", "a"];
        assert_eq!(
            redact("no tok=, no tok=; not hunter22 at all", &secrets),
            "no [redacted], no [redacted]; not [redacted] at all"
        );
    }

    #[test]
    fn what_cannot_be_a_credential_is_refused() {
        for (text, reason) in [
            ("", "empty"),
            ("12345", "longer than"),
            ("a\nb", "control"),
            ("a\u{7f}", "control"),
            ("\u{85}", "control"),
        ] {
            let error = check_text("it", text, 4).unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
        check_text("it", "é 2", 4).unwrap();
    }
}
