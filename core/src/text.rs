//! What a credential or a token may be, and that none stands in a message.

/// Refuses an empty text, one over `limit` bytes, and control characters,
/// which no header and no real token contains; says what to do, and never
/// quotes `text`.
pub(crate) fn check_text(name: &str, text: &str, limit: usize) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{name} is empty; pass the value from Stytch"));
    }
    if text.len() > limit {
        let kib = limit / 1024;
        return Err(format!(
            "{name} is longer than {kib} KiB; pass the value from Stytch as it is"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!(
            "{name} contains a control character, perhaps a line break from a file; pass the value without it"
        ));
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

/// More of a server's words than this is no sentence.
const LONGEST_QUOTE: usize = 500;

/// A server's words as part of a sentence: a log's line must stay one line, and
/// a terminal must not be told what to do.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text
        .chars()
        .take(LONGEST_QUOTE)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_one_line_of_bounded_length() {
        assert_eq!(quote("No.\r\n\u{1b}[31mé\u{0}"), "No.   [31mé ");
        assert_eq!(quote(&"é".repeat(LONGEST_QUOTE)), "é".repeat(LONGEST_QUOTE));
        let long = quote(&"é".repeat(LONGEST_QUOTE + 1));
        assert_eq!(long.chars().count(), LONGEST_QUOTE + 1);
        assert!(long.ends_with("é…"));
    }

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
            let error = check_text("it", text, 4).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
        check_text("it", "é 2", 4).unwrap();
    }
}
