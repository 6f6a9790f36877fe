//! When keys are fetched, and what becomes of the ones that are there.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use stytch_sandbox::Key;

use crate::client::{AUTHENTICATE, Client, Outcome, forged, jwks_path, refused, sandbox};

#[test]
fn a_storm_of_threads_makes_one_request() {
    let sandbox = sandbox();
    let jwt = sandbox.start_session().session_jwt;
    // Long enough for every thread to come while the first one's request is on its way.
    let fault = json!({"path": jwks_path(), "delay_ms": 700});
    sandbox.queue_faults(&fault.to_string());
    let client = Client::with(&sandbox, 60_000, None);
    let at_once = Barrier::new(64);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                at_once.wait();
                assert_eq!(client.local(&jwt), Outcome::Session(0));
            });
        }
    });
    assert_eq!(sandbox.requests_to(&jwks_path()), 1);
}

#[test]
fn who_waits_for_anothers_request_keeps_its_own_deadline() {
    let sandbox = sandbox();
    let jwt = sandbox.start_session().session_jwt;
    let fault = json!({"path": jwks_path(), "delay_ms": 30_000});
    sandbox.queue_faults(&fault.to_string());
    let client = Client::with(&sandbox, 400, None);
    let outcomes = thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| client.local(&jwt))).collect();
        let joined = callers.into_iter().map(|caller| caller.join());
        joined
            .map(|outcome| outcome.expect("no panic"))
            .collect::<Vec<_>>()
    });
    // TIMEOUT: of the request that was sent for all, or of the wait for it, in which nothing was sent.
    for outcome in outcomes {
        assert!(
            matches!(outcome, Outcome::Failure(4, 0 | 1, None)),
            "{outcome:?}"
        );
    }
    assert_eq!(sandbox.requests_to(&jwks_path()), 1);
}

#[test]
fn a_rotation_is_seen_past_the_caches_on_the_way() {
    let sandbox = sandbox();
    let client = Client::of(&sandbox);
    let before = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&before), Outcome::Session(0));
    sandbox.rotate_keys();
    let after = sandbox.start_session().session_jwt;
    for jwt in [&after, &before, &after] {
        assert_eq!(client.local(jwt), Outcome::Session(0));
    }
    // No credentials on either; the second goes past the caches.
    let seen = sandbox.recent_requests();
    let seen: Vec<_> = seen
        .iter()
        .map(|seen| {
            (
                seen.path.as_str(),
                seen.authorization.as_deref(),
                seen.cache_control.as_deref(),
            )
        })
        .collect();
    let path = jwks_path();
    assert_eq!(
        seen,
        [
            (path.as_str(), None, None),
            (path.as_str(), None, Some("no-cache"))
        ]
    );
}

#[test]
fn a_flood_of_unknown_keys_does_not_reach_the_network() {
    let sandbox = sandbox();
    let client = Client::of(&sandbox);
    let good = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&good), Outcome::Session(0));
    for number in 0..50 {
        let jwt = forged(
            &sandbox,
            Key::Unpublished,
            &format!("jwk-test-{number}"),
            |_| {},
        );
        assert_eq!(client.local(&jwt), refused("jwt_unknown_key"));
        assert_eq!(client.remote(&jwt), refused("jwt_unknown_key"));
    }
    assert_eq!(sandbox.requests_to(&jwks_path()), 2);
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 0);
    assert_eq!(client.local(&good), Outcome::Session(0));
}

/// Responses that are none: to a first fetch, and to one for a key that is not there.
fn bad_responses() -> Vec<(&'static str, Value)> {
    vec![
        ("500", json!({"status": 500})),
        ("404", json!({"status": 404})),
        ("429", json!({"status": 429})),
        ("HTML", json!({"status": 200, "body": "<html>"})),
        ("an empty body", json!({"status": 200, "body": ""})),
        ("no array", json!({"status": 200, "body": {"keys": {}}})),
        ("no keys", json!({"status": 200, "body": {"keys": []}})),
        (
            "no usable key",
            json!({"status": 200, "body": {"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}}),
        ),
        (
            "65 entries",
            json!({"status": 200, "body": {"keys": vec![json!({}); 65]}}),
        ),
        (
            "a redirect",
            json!({"status": 302, "headers": {"Location": "/elsewhere"}}),
        ),
        ("a cut body", json!({"cut_body": 100})),
        ("no response", json!({"connection": "close"})),
    ]
}

fn fault_for_keys(fault: &Value) -> String {
    let mut fault = fault.clone();
    fault["path"] = json!(jwks_path());
    fault.to_string()
}

#[test]
fn a_bad_response_replaces_nothing() {
    let sandbox = sandbox();
    let good = sandbox.start_session().session_jwt;
    let unknown = forged(&sandbox, Key::Unpublished, "jwk-test-unknown", |_| {});
    for (what, fault) in bad_responses() {
        let client = Client::of(&sandbox);
        assert_eq!(client.local(&good), Outcome::Session(0), "{what}");
        let before = sandbox.requests_to(&jwks_path());
        sandbox.queue_faults(&fault_for_keys(&fault));
        assert_eq!(client.local(&unknown), refused("jwt_unknown_key"), "{what}");
        assert_eq!(sandbox.requests_to(&jwks_path()), before + 1, "{what}");
        assert_eq!(client.local(&good), Outcome::Session(0), "{what}");
    }
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 0);
}

#[test]
fn without_keys_the_error_is_the_fetchs_and_the_api_is_asked() {
    let sandbox = sandbox();
    let session = sandbox.start_session();
    for (what, fault) in bad_responses() {
        let client = Client::of(&sandbox);
        let before = sandbox.requests_to(AUTHENTICATE);
        sandbox.queue_faults(&fault_for_keys(&fault));
        let (code, delivery) = match client.local(&session.session_jwt) {
            Outcome::Failure(code, delivery, _) => (code, delivery),
            outcome => panic!("{what}: {outcome:?}"),
        };
        let expected = match what {
            "500" | "a redirect" => (6, 0),
            "404" | "429" => (6, 2),
            "a cut body" => (5, 3),
            "no response" => (5, 0),
            _ => (7, 3),
        };
        assert_eq!((code, delivery), expected, "{what}");
        // The token may be good: the API knows.
        let client = Client::of(&sandbox);
        sandbox.queue_faults(&fault_for_keys(&fault));
        let outcome = client.remote(&session.session_jwt);
        assert_eq!(outcome, Outcome::Session(200), "{what}");
        assert_eq!(sandbox.requests_to(AUTHENTICATE), before + 1, "{what}");
    }
    let with_credentials = |path: &str| {
        let seen = sandbox.recent_requests();
        let mut of_path = seen.into_iter().filter(|seen| seen.path == path);
        of_path.all(|seen| seen.authorization.as_deref() == Some("Basic"))
    };
    assert!(with_credentials(AUTHENTICATE));
    assert!(!with_credentials(&jwks_path()));
}

#[test]
fn given_keys_are_never_fetched() {
    let sandbox = sandbox();
    let client = Client::with(&sandbox, 5_000, Some(&sandbox.jwks()));
    let good = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&good), Outcome::Session(0));
    assert_eq!(client.remote(&good), Outcome::Session(0));
    sandbox.rotate_keys();
    let unknown = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&unknown), refused("jwt_unknown_key"));
    assert_eq!(client.remote(&unknown), refused("jwt_unknown_key"));
    assert_eq!(client.local(&good), Outcome::Session(0));
    assert!(sandbox.recent_requests().is_empty());
}

/// An endpoint that hangs may cost one call all of its time; the next ones know.
#[test]
fn a_hanging_endpoint_for_keys_costs_one_call() {
    let sandbox = sandbox();
    let jwt = sandbox.start_session().session_jwt;
    let fault = json!({"path": jwks_path(), "delay_ms": 30_000});
    sandbox.queue_faults(&fault.to_string());
    let client = Client::with(&sandbox, 500, None);
    // TIMEOUT, and nothing was sent of the request that would have asked for the session.
    assert_eq!(client.remote(&jwt), Outcome::Failure(4, 1, None));
    assert_eq!(sandbox.requests_to(AUTHENTICATE), 0);
    let patient = Client::with(&sandbox, 60_000, None);
    assert_eq!(patient.remote(&jwt), Outcome::Session(0));
    // Without keys by the API, or locally if this machine took so long that the failure is forgotten.
    assert!(matches!(client.remote(&jwt), Outcome::Session(0 | 200)));
}

/// A child goes on with its parent's keys, and fetches on a connection of its own.
#[test]
fn a_forked_child_verifies_and_fetches() {
    let sandbox = sandbox();
    let client = Client::of(&sandbox);
    let good = sandbox.start_session().session_jwt;
    assert_eq!(client.local(&good), Outcome::Session(0));
    let in_child = |run: &dyn Fn() -> bool| {
        // SAFETY: the child calls the library and ends by `_exit`; an alarm ends one that hangs.
        unsafe {
            match libc::fork() {
                0 => {
                    libc::alarm(60);
                    libc::_exit(i32::from(!run()));
                }
                child => {
                    let mut status = 0;
                    assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                    assert!(
                        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
                        "{status}"
                    );
                }
            }
        }
    };
    in_child(&|| client.local(&good) == Outcome::Session(0));
    assert_eq!(sandbox.requests_to(&jwks_path()), 1);

    sandbox.rotate_keys();
    let next = sandbox.start_session().session_jwt;
    in_child(&|| {
        client.local(&next) == Outcome::Session(0) && client.local(&good) == Outcome::Session(0)
    });
    assert_eq!(sandbox.requests_to(&jwks_path()), 2);
    // What the child did is not the parent's.
    assert_eq!(client.local(&next), Outcome::Session(0));
    assert_eq!(sandbox.requests_to(&jwks_path()), 3);
}

/// A fork while another thread fetches: the child does not wait for a thread that it has not.
#[test]
fn a_child_of_a_process_that_fetches_does_not_wait_for_it() {
    let sandbox = sandbox();
    let client = Client::with(&sandbox, 20_000, None);
    let jwt = sandbox.start_session().session_jwt;
    let fault = json!({"path": jwks_path(), "delay_ms": 3_000});
    sandbox.queue_faults(&fault.to_string());
    thread::scope(|scope| {
        let fetching = scope.spawn(|| client.local(&jwt));
        while sandbox.requests_to(&jwks_path()) == 0 {
            thread::sleep(Duration::from_millis(2));
        }
        // SAFETY: as above.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: it ends a child that hangs.
            unsafe { libc::alarm(60) };
            let is_ok = client.local(&jwt) == Outcome::Session(0);
            // SAFETY: nothing of the child goes on.
            unsafe { libc::_exit(i32::from(!is_ok)) };
        }
        let mut status = 0;
        // SAFETY: the child is ours.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert!(
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
            "{status}"
        );
        assert_eq!(fetching.join().expect("no panic"), Outcome::Session(0));
    });
    assert_eq!(sandbox.requests_to(&jwks_path()), 2);
}
