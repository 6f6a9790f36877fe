use super::*;

use std::fmt::Write;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

const TOKEN: &str = "7524dSrqP1hs0mwYj6gQxCUkSG43Ir8mkGhVWCX1OLc=";
const SECRET: &str = "secret-test-abc+def/ghi==";
const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6Imp3ay10ZXN0LTEiLCJ0eXAiOiJKV1QifQ.\
    eyJhdWQiOlsicHJvamVjdC10ZXN0LTEiXSwiZXhwIjoxNzY0MTA0NDAwfQ.\
    c2lnbmF0dXJlLW9mLWEtand0LXRoYXQtaXMtbm90LXJlYWw";

fn leaks(text: &str, secrets: &[&str]) -> bool {
    Secrets::new(secrets).are_in(text)
}

type Encode = fn(&str) -> String;

fn each(text: &str, write: impl Fn(&mut String, u8)) -> String {
    let mut out = String::new();
    text.bytes().for_each(|byte| write(&mut out, byte));
    out
}

fn marks(text: &str, write: impl Fn(&mut String, u8)) -> String {
    each(text, |out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(byte.into());
        } else {
            write(out, byte);
        }
    })
}

const ENCODINGS: &[(&str, Encode)] = &[
    ("as it is", str::to_owned),
    ("percent", |t| {
        marks(t, |o, b| write!(o, "%{b:02X}").unwrap())
    }),
    ("percent, small", |t| {
        marks(t, |o, b| write!(o, "%{b:02x}").unwrap())
    }),
    ("percent, all", |t| {
        each(t, |o, b| write!(o, "%{b:02X}").unwrap())
    }),
    ("percent, u", |t| {
        each(t, |o, b| write!(o, "%u{b:04x}").unwrap())
    }),
    ("form", |t| {
        marks(t, |o, b| match b {
            b' ' => o.push('+'),
            _ => write!(o, "%{b:02X}").unwrap(),
        })
    }),
    ("quoted-printable", |t| {
        marks(t, |o, b| write!(o, "={b:02X}").unwrap())
    }),
    ("entities, decimal", |t| {
        each(t, |o, b| write!(o, "&#{b};").unwrap())
    }),
    ("entities, hex", |t| {
        each(t, |o, b| write!(o, "&#x{b:x};").unwrap())
    }),
    ("entities, HEX", |t| {
        marks(t, |o, b| write!(o, "&#X{b:04X};").unwrap())
    }),
    ("entities, named", |t| {
        marks(t, |o, b| match b {
            b'/' => o.push_str("&sol;"),
            b'+' => o.push_str("&plus;"),
            b'=' => o.push_str("&equals;"),
            b'-' => o.push_str("&hyphen;"),
            b'%' => o.push_str("&percnt;"),
            b'&' => o.push_str("&amp;"),
            b'"' => o.push_str("&quot;"),
            b'<' => o.push_str("&lt;"),
            b'>' => o.push_str("&gt;"),
            b'\\' => o.push_str("&bsol;"),
            _ => o.push(b.into()),
        })
    }),
    ("JSON", |t| serde_json::to_string(t).unwrap()),
    ("JSON in JSON's \\u", |t| {
        each(t, |o, b| write!(o, "\\u{b:04x}").unwrap())
    }),
    ("backslash", |t| {
        marks(t, |o, b| {
            o.push('\\');
            o.push(b.into());
        })
    }),
    ("C, hex", |t| {
        each(t, |o, b| write!(o, "\\x{b:02x}").unwrap())
    }),
    ("C, octal", |t| {
        each(t, |o, b| write!(o, "\\{b:03o}").unwrap())
    }),
    ("Rust", |t| {
        each(t, |o, b| write!(o, "\\u{{{b:x}}}").unwrap())
    }),
    ("base64", |t| STANDARD.encode(t)),
    ("base64, bare", |t| STANDARD_NO_PAD.encode(t)),
    ("base64url", |t| URL_SAFE.encode(t)),
    ("base64url, bare", |t| URL_SAFE_NO_PAD.encode(t)),
    ("base64 of a body", |t| {
        STANDARD.encode(format!("{{\"impersonation_token\":\"{t}\"}}"))
    }),
    ("base64, moved by one", |t| STANDARD.encode(format!("x{t}"))),
    ("base64, moved by two", |t| {
        STANDARD.encode(format!("xy{t}z"))
    }),
    ("base64, cut at its start", |t| {
        STANDARD.encode(t)[1..].to_owned()
    }),
    ("base64 in lines", |t| {
        each(&STANDARD.encode(t), |o, b| {
            o.push(b.into());
            if o.len() % 24 == 20 {
                o.push_str("\r\n  ");
            }
        })
    }),
    ("Basic", |t| {
        format!("Basic {}", STANDARD.encode(format!("project-test-1:{t}")))
    }),
    ("hex", |t| each(t, |o, b| write!(o, "{b:02x}").unwrap())),
    ("HEX", |t| each(t, |o, b| write!(o, "{b:02X}").unwrap())),
    ("hex dump", |t| {
        each(t, |o, b| write!(o, "{b:02x} ").unwrap())
    }),
    ("hex, colons", |t| {
        each(t, |o, b| write!(o, "{b:02X}:").unwrap())
    }),
    ("hex, 0x", |t| {
        each(t, |o, b| write!(o, "0x{b:02x}, ").unwrap())
    }),
    ("numbers", |t| format!("{:?}", t.as_bytes())),
    ("spaced", |t| {
        each(t, |o, b| {
            o.push(b.into());
            o.push(' ');
        })
    }),
    ("in lines", |t| {
        each(t, |o, b| {
            o.push(b.into());
            if b % 5 == 0 {
                o.push_str("\r\n\t");
            }
        })
    }),
    ("soft hyphens", |t| {
        each(t, |o, b| {
            o.push(b.into());
            o.push('\u{AD}');
        })
    }),
    ("zero width", |t| {
        each(t, |o, b| {
            o.push(b.into());
            o.push('\u{200B}');
        })
    }),
    ("wbr", |t| {
        each(t, |o, b| {
            o.push(b.into());
            if b % 7 == 0 {
                o.push_str("<wbr/>");
            }
        })
    }),
    ("quoted", |t| format!("\u{201C}{t}\u{201D} is not known")),
    ("masked", |t| {
        let kept: String = t.chars().take(t.chars().count() * 9 / 10).collect();
        format!("{kept}****")
    }),
    ("in a page", |t| {
        format!("<html><body><p>Blocked: <b>{t}</b></p></body></html>")
    }),
    ("in a URL", |t| {
        format!("https://gateway.example/blocked?q={t}&r=1#top")
    }),
];

/// A generator of the same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| char::from(alphabet[self.next(alphabet.len())]))
            .collect()
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[test]
fn a_secret_is_found_in_every_encoding_nested_twice() {
    let mut numbers = Numbers(88_172_645_463_325_252);
    let mut secrets = vec![
        TOKEN.to_owned(),
        SECRET.to_owned(),
        JWT.to_owned(),
        "secret-that-nobody-may-read".to_owned(),
        "token-0123456789".to_owned(),
        "100% \"safe\" \\ & <sound>".to_owned(),
    ];
    secrets.extend((0..6).map(|_| {
        let length = 24 + numbers.next(40);
        numbers.text(BASE64, length)
    }));
    let mut pair = 0;
    for (at, secret) in secrets.iter().enumerate() {
        let prepared = Secrets::new(&[secret]);
        for (inner_name, inner) in ENCODINGS {
            for (outer_name, outer) in ENCODINGS {
                // All for the first two, some for the others.
                pair += 1;
                if at >= 2 && pair % 7 != 0 {
                    continue;
                }
                let text = format!("403: {}.", outer(&inner(secret)));
                assert!(
                    prepared.are_in(&text),
                    "{secret} as {inner_name} in {outer_name}: {text}"
                );
            }
        }
    }
}

#[test]
fn a_cut_secret_is_found_while_a_substantial_run_is_left() {
    for secret in [TOKEN, SECRET, JWT, "hunter22hunter23"] {
        for length in 12..=secret.len() {
            for start in [0, 1, 7, secret.len() - length] {
                let Some(piece) = secret.get(start..start + length) else {
                    continue;
                };
                // That much everybody knows, and a letter or two more.
                if secret == SECRET && !piece.contains("abc+def") {
                    continue;
                }
                assert!(leaks(&format!("no {piece}... here"), &[secret]), "{piece}");
            }
        }
    }
    for part in JWT.split('.') {
        assert!(leaks(part, &[JWT]));
    }
    assert!(leaks("wrong: 7524dSrq", &[TOKEN]));
    assert!(!leaks("wrong: 7524dSr", &[TOKEN]));
    assert!(leaks("WRONG: 7524DSRQP1HS", &[TOKEN]), "in capitals");
}

#[test]
fn short_secrets_have_a_rule_of_their_own() {
    for (secret, text, expected) in [
        ("hunter22", "not hunter22 at all", true),
        ("hunter22", "not hunter2 at all", true),
        ("hunter22", "the hunter is here", false),
        ("hunter", "the hunter is here", true),
        ("tok=", "no tok=, no", true),
        ("tok=", "the token is bad", false),
        ("abc1", "not abc1.", true),
        ("abc1", "not xabc1y.", false),
        ("abc1", "not YWJjMQ==", true),
        ("a", "a word", false),
        ("s", "this is", false),
        ("", "", false),
        ("", "text", false),
        ("+/+/+/+/", "bad +/+/+/+/", true),
        ("пароль", "неверный пароль", true),
        ("ключ-7-секрет", "нет ключ-7-секрет", true),
        (
            "ключ-7-секрет",
            "%D0%BA%D0%BB%D1%8E%D1%87-7-%D1%81%D0%B5%D0%BA%D1%80%D0%B5%D1%82",
            true,
        ),
    ] {
        assert_eq!(leaks(text, &[secret]), expected, "{secret} in {text}");
    }
}

/// What servers and gateways say, and what looks like a secret and is none.
const INNOCENT: &[&str] = &[
    "",
    "The impersonation token could not be authenticated.",
    "The impersonation token is not valid. Please ask for a new one.",
    "Unauthorized credentials.",
    "Secrets of the test environment start with secret-test-, see the dashboard.",
    "Project project-test-00000000-0000-4000-8000-000000000000 was not found.",
    "project-live-c60c0abe-c25a-4472-a9ed-320c6667d317",
    "request-id-test-55555555-5555-4555-8555-555555555555",
    "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931, member-test-32fc5024-9c09-4da3-bd2e-c9ce4da9375f",
    "support.engineer+impersonation@example.com may not impersonate anna@example.org.",
    "Too many requests. Retry after 30 seconds (limit: 100 per 60000 ms).",
    "See https://stytch.com/docs/api/errors/401#unable_to_auth_impersonation_token",
    "unable_to_auth_impersonation_token",
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.27.3</center></body></html>",
    "Access denied | api.example.com used Cloudflare to restrict access. Ray ID: 8f1e2d3c4b5a6978. Your IP: 2001:db8::7524",
    "Reference&#32;#18&#46;2d351ab8&#46;1557333295&#46;a4e16ab",
    "{\"error\":\"invalid_grant\",\"error_description\":\"The grant is not valid.\",\"trace\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"}",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=",
    "Zugriff verweigert: Die Anfrage wurde aus Sicherheitsgründen blockiert.",
    "アクセスが拒否されました。サポートに連絡してください。",
    "Доступ запрещён: срок действия токена истёк.",
    "[116, 111, 107] are the first bytes; 10.0.0.1, 10.0.0.2 and 10.0.0.3 are ours",
    "C:\\Program Files\\Gateway\\errors\\403.html, 100 % blocked & logged < 5 ms > 1 ms",
];

#[test]
fn innocent_words_stay() {
    let mut numbers = Numbers(2_463_534_242);
    let mut secrets: Vec<String> = (0..200).map(|_| numbers.text(BASE64, 43) + "=").collect();
    secrets.extend((0..100).map(|_| "secret-test-".to_owned() + &numbers.text(BASE64, 32)));
    secrets.extend((0..100).map(|_| {
        let secret = numbers.text(BASE64, 40);
        STANDARD.encode(format!(
            "project-test-00000000-0000-4000-8000-000000000000:{secret}"
        ))
    }));
    for secret in [
        TOKEN,
        SECRET,
        JWT,
        "token-0123456789",
        "any-token",
        "hunter22",
    ] {
        secrets.push(secret.to_owned());
    }
    // Made by hand, of words that messages have.
    secrets.push("impersonation-token-of-the-member-1".to_owned());
    secrets.push("unauthorized".to_owned() + &numbers.text(BASE64, 32));
    for text in INNOCENT {
        for secret in &secrets {
            if secret.starts_with("unauthorized") && text.contains("nauthorized") {
                continue;
            }
            assert!(!leaks(text, &[secret]), "{secret} in {text}");
        }
    }
}

type Make = dyn Fn(&mut Numbers, usize) -> String;

#[test]
fn a_long_text_takes_time_in_proportion() {
    let secrets = [TOKEN, SECRET, &JWT.repeat(250)[..32 * 1024]];
    let secrets = Secrets::new(&secrets);
    let mut numbers = Numbers(4_101_842_887_655_102_017);
    let texts: [&Make; 6] = [
        &|_, length| "V".repeat(length),
        &|_, length| "%25".repeat(length / 3),
        &|_, length| "&#x26;".repeat(length / 6),
        &|_, length| "\\".repeat(length),
        &|_, length| "<b".repeat(length / 2),
        &|numbers, length| numbers.text(BASE64, length),
    ];
    for make in texts {
        let mut took = [Duration::ZERO; 2];
        for (took, length) in took.iter_mut().zip([16 * 1024, 128 * 1024]) {
            let text = make(&mut numbers, length);
            let start = Instant::now();
            let _ = secrets.are_in(&text);
            *took = start.elapsed();
        }
        // Eight times the text; quadratic would be 64 times the time.
        assert!(took[1] < 30 * took[0] + Duration::from_secs(2), "{took:?}");
    }
}
