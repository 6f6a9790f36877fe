//! A document and pointers into it, by the getters of the C ABI. The input is
//! the document, then the pointers, with a NUL between each.
#![no_main]

use std::ffi::CString;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stytch_fuzz::abi::{Client, Options, Response};
use stytch_fuzz::oracle;
use stytch_fuzz::server::{Ending, Plan, Server};

/// More pointers than this are left out, so that an input stays quick.
const POINTERS: usize = 32;

struct World {
    server: Server,
    client: Client,
}

thread_local! {
    static WORLD: World = {
        let server = Server::start();
        let options = Options::local(server.port);
        let client = Client::new(Some(c"project-test-fuzz"), Some(c"secret"), &options);
        World { server, client: client.expect("a client") }
    };
}

fuzz_target!(init: stytch_fuzz::set_up(), |input: &[u8]| {
    let mut parts = input.split(|byte| *byte == 0);
    let document = parts.next().unwrap_or_default();
    // A session goes before the document, for only such an answer has getters.
    let mut body = br#"{"session_token":"s","d":"#.to_vec();
    body.extend_from_slice(document);
    body.push(b'}');
    let expected = oracle::session_token(&body);
    let Some(response) = WORLD.with(|world| world.response(&body)) else {
        assert!(!matches!(expected, Ok(Some(_))), "a session was lost");
        return;
    };
    assert!(!matches!(expected, Ok(None)), "a session out of nothing");
    let object = oracle::object(&body).expect("a response without an object");
    let value: Option<Value> = serde_json::from_str(object).ok();
    for pointer in parts.take(POINTERS) {
        for prefix in ["", "/d"] {
            let mut text = prefix.as_bytes().to_vec();
            text.extend_from_slice(pointer);
            let pointer = CString::new(text).expect("split at NUL");
            check(&response, object, value.as_ref(), &pointer);
        }
    }
    assert_eq!(response.json(), body);
});

impl World {
    fn response(&self, body: &[u8]) -> Option<Response> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut play = head.into_bytes();
        play.extend_from_slice(body);
        self.server.arm(Plan {
            token: None,
            play,
            split: None,
            ending: Ending::Keep,
            then: None,
        });
        self.client.authenticate(Some(c"token")).ok()
    }
}

fn check(response: &Response, object: &str, value: Option<&Value>, pointer: &CString) {
    let json = response.get_json(Some(pointer));
    let string = response.get_string(Some(pointer));
    let boolean = response.get_bool(Some(pointer));
    let integer = response.get_int64(Some(pointer));
    let double = response.get_double(Some(pointer));
    let length = response.get_length(Some(pointer));
    // A value has one type, whatever it is.
    let kinds = [
        string.is_some(),
        boolean.is_some(),
        double.is_some(),
        length.is_some(),
    ];
    assert!(kinds.iter().filter(|is| **is).count() <= usize::from(json.is_some()));
    assert!(integer.is_none() || double.is_some());

    let expected = match pointer.to_str() {
        Ok(pointer) => oracle::pointer(object, pointer),
        Err(_) => Ok(None),
    };
    let Ok(expected) = expected else {
        return;
    };
    assert_eq!(json.as_deref(), expected.map(str::as_bytes), "{pointer:?}");
    let Some(found) = expected else {
        return;
    };
    let text = oracle::text(found);
    assert_eq!(string, text.as_deref().map(str::as_bytes), "{pointer:?}");
    assert_eq!(boolean, serde_json::from_str(found).ok(), "{pointer:?}");
    assert_eq!(double, serde_json::from_str(found).ok(), "{pointer:?}");
    // serde_json takes -0 for a float, and so not for an integer.
    let expected = if found == "-0" {
        Some(0)
    } else {
        serde_json::from_str(found).ok()
    };
    assert_eq!(integer, expected, "{pointer:?}");
    let expected = match found.as_bytes()[0] {
        b'[' => Some(oracle::elements(found).len()),
        b'{' => oracle::members(found)
            .map(|members| members.len())
            .or(length),
        _ => None,
    };
    assert_eq!(length, expected, "{pointer:?}");

    // serde_json's own pointers, where it can read the whole document.
    if let (Some(value), Ok(pointer)) = (value, pointer.to_str()) {
        let same: Value = serde_json::from_str(found).expect("part of a good document");
        assert_eq!(value.pointer(pointer), Some(&same), "{pointer:?}");
    }
}
