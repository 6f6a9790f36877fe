//! What a credential or a token may be.

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

#[cfg(test)]
mod tests {
    use super::*;

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
