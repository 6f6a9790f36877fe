//! A server's words where a person or a log reads them: one line, of printable
//! characters, of bounded length. The body of an error has them as they came.

use crate::redact::{REDACTED, Secrets};

/// More of a server's words than this is no sentence.
const LONGEST_SENTENCE: usize = 500;
/// What a program gets of them.
const LONGEST_MESSAGE: usize = 4096;
/// Stytch's have some 50 characters.
const LONGEST_NAME: usize = 256;
const LONGEST_URL: usize = 2048;

/// A server's words as part of a sentence: a log's line must stay one line, and
/// a terminal must not be told what to do.
pub(crate) fn quote(text: &str) -> String {
    printable(text, LONGEST_SENTENCE)
}

/// The first `longest` characters of `text` with a space for each character
/// that is not printable, and an ellipsis for the rest.
///
/// Printable is what Unicode calls a letter, a mark, a number, punctuation or a
/// symbol. Controls (C0, C1), line and paragraph separators, every format
/// character (marks, embeddings, overrides and isolates of direction, zero
/// width, interlinear annotation, tags), private use and what is not assigned
/// are not: a log, a terminal or an editor may obey them, or show nothing.
///
/// Ordinary text of every script stays. Of the format characters it needs two,
/// the joiners U+200C and U+200D of Persian, of Indic scripts and of emoji, and
/// the variation selectors of emoji. They stay between (or behind) characters
/// outside ASCII, where they act on the shape of their neighbours alone. The
/// marks of direction that Arabic and Hebrew may have are lost: the letters
/// have a direction by themselves.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * longest));
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if count == longest {
            out.push('…');
            break;
        }
        count += 1;
        let before = out.chars().next_back().unwrap_or(' ');
        let is_shape = |c| matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}');
        let stays = match c {
            '\u{200C}' | '\u{200D}' => {
                let joins = |c: char| !c.is_ascii() && is_printable(c);
                (joins(before) || before == '\u{FE0F}') && chars.peek().copied().is_some_and(joins)
            }
            '\u{FE00}'..='\u{FE0F}' => {
                is_printable(before)
                    && !is_shape(before)
                    && (!before.is_ascii() || matches!(before, '0'..='9' | '#' | '*'))
            }
            c => is_printable(c),
        };
        out.push(if stays { c } else { ' ' });
    }
    out
}

/// Asks the standard library's table of Unicode, by way of what it escapes when
/// it shows a string. It escapes a mark at the start only, hence the letter.
fn is_printable(c: char) -> bool {
    // Letters and marks by category that show nothing.
    let is_filler = matches!(
        c,
        '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'
            ..='\u{180F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}'
    );
    let (mut letter, mut buffer) = ([b'a'; 5], [0; 4]);
    let text = c.encode_utf8(&mut buffer);
    letter[1..=text.len()].copy_from_slice(text.as_bytes());
    let shown = std::str::from_utf8(&letter[..=text.len()]).unwrap_or_default();
    let is_escaped = shown.escape_debug().nth(1) != Some(c);
    !is_filler && (!is_escaped || matches!(c, '"' | '\'' | '\\'))
}

/// An id or the name of an error, to be logged and compared: `None` unless it
/// is 1 to 256 graphic ASCII characters. One in which something was replaced
/// would name something else.
pub fn name(text: &str) -> Option<&str> {
    let is_name = (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then_some(text)
}

/// The address of a page: `None` unless it is `http` or `https` and at most
/// 2,048 graphic ASCII characters without what ends an address in a page.
pub fn url(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let is_http = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let is_url = is_http
        && text.len() <= LONGEST_URL
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    is_url.then_some(text)
}

/// What may be told of the words in an error's body.
pub(crate) struct Quotes<'a> {
    secrets: &'a Secrets,
}

impl<'a> Quotes<'a> {
    pub(crate) fn without(secrets: &'a Secrets) -> Self {
        Self { secrets }
    }

    /// An `error_message`, as a program may show it: one printable line of at
    /// most 4,096 characters, or "[redacted]".
    pub(crate) fn message(&self, text: &str) -> String {
        // The cut comes first: only what is told needs to be looked at.
        let cut = text.char_indices().nth(LONGEST_MESSAGE);
        let told = cut.map_or(text, |(end, _)| &text[..end]);
        if self.secrets.are_in(told) {
            REDACTED.to_owned()
        } else {
            printable(text, LONGEST_MESSAGE)
        }
    }

    /// An `error_type` or a `request_id`; see [`name`].
    pub(crate) fn name(&self, text: &str) -> Option<String> {
        self.told(name(text)?)
    }

    /// An `error_url`; see [`url`].
    pub(crate) fn url(&self, text: &str) -> Option<String> {
        self.told(url(text)?)
    }

    fn told(&self, text: &str) -> Option<String> {
        (!self.secrets.are_in(text)).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_one_line_of_bounded_length() {
        assert_eq!(quote("No.\r\n\u{1b}[31mé\u{0}"), "No.   [31mé ");
        let longest = LONGEST_SENTENCE;
        assert_eq!(quote(&"é".repeat(longest)), "é".repeat(longest));
        let long = quote(&"é".repeat(longest + 1));
        assert_eq!(long.chars().count(), longest + 1);
        assert!(long.ends_with("é…"));
    }

    /// Unicode's own names for what a log or a terminal may obey, by ranges.
    fn is_obeyed(c: char) -> bool {
        matches!(c,
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{61C}' | '\u{200B}' | '\u{200E}'
            | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{E000}'..='\u{F8FF}'
            | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{E0000}'..)
    }

    #[test]
    fn every_character_is_printable_or_replaced() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let text = if c.is_ascii() {
                format!("a{c}b")
            } else {
                format!("é{c}é")
            };
            let told = printable(&text, 10);
            assert!(!told.contains(is_obeyed), "{:04x}", u32::from(c));
            assert_eq!(told.chars().count(), 3, "{:04x}", u32::from(c));
            if c.is_alphanumeric() && !is_obeyed(c) {
                let is_filler = "\u{115F}\u{1160}\u{3164}\u{FFA0}".contains(c);
                assert_eq!(is_printable(c), !is_filler, "{:04x}", u32::from(c));
            }
        }
    }

    #[test]
    fn ordinary_text_of_every_script_stays() {
        for text in [
            "Zugriff verweigert: Größe 5 µm, 100 % \"sicher\" \\ 'ja'",
            "Доступ запрещён",
            "תקין: הגישה נדחתה (403)",
            "تم رفض الوصول",
            "می\u{200C}خواهم",
            "क्\u{200D}ष नमस्ते",
            "ไม่อนุญาตให้เข้าถึง",
            "アクセスが拒否されました。",
            "접근이 거부되었습니다",
            "👩\u{200D}🚀 ❤\u{FE0F}\u{200D}🔥 1\u{FE0F}\u{20E3} 🇩🇪",
            "e\u{301}",
        ] {
            assert_eq!(printable(text, 500), text);
        }
        for text in [
            "ad\u{200D}min",
            "a\u{FE0F}b",
            "é\u{200D}b",
            "❤\u{FE0F}\u{FE0F}",
        ] {
            assert_ne!(printable(text, 500), text);
        }
    }

    #[test]
    fn names_and_addresses_are_graphic_or_nothing() {
        let id = "request-id-test-55555555-5555-4555-8555-555555555555";
        assert_eq!(name(id), Some(id));
        let long = "x".repeat(LONGEST_NAME + 1);
        for text in ["", "a b", "a\nb", "a\u{1b}[31m", "é", "a\u{202e}", &long] {
            assert_eq!(name(text), None, "{text:?}");
        }
        for text in [
            "https://stytch.com/docs/api/errors/401#unauthorized_credentials",
            "HTTP://[::1]:80/a?b=%20&c=~(d)",
        ] {
            assert_eq!(url(text), Some(text));
        }
        let long = format!("https://{}", "x".repeat(LONGEST_URL));
        for text in [
            "",
            "stytch.com",
            "javascript:alert(1)",
            "javascript://x",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://e.test/\r\nx",
            "https://e.test/ x",
            "https://e.test/\u{202e}",
            "https://é.test/",
            "https://e.test/<b>",
            "https://e.test/\"",
            &long,
        ] {
            assert_eq!(url(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_repeats_a_secret_is_not_told() {
        let secrets = Secrets::new(&["hunter22hunter23"]);
        let quotes = Quotes::without(&secrets);
        assert_eq!(quotes.message("no\nwhere"), "no where");
        assert_eq!(quotes.message("not hunter%32%32hunter"), REDACTED);
        assert_eq!(quotes.message(&"x".repeat(5000)).chars().count(), 4097);
        assert_eq!(quotes.name("bad_hunter22hunter"), None);
        assert_eq!(quotes.name("bad_token").as_deref(), Some("bad_token"));
        assert_eq!(quotes.url("https://e.test/?t=hunter%3222"), None);
        assert!(quotes.url("https://e.test/").is_some());
        // Beyond the cut nothing is told, so nothing is looked for.
        let far = format!("{} hunter22hunter23", "x".repeat(5000));
        assert!(quotes.message(&far).ends_with("x…"));
    }
}
