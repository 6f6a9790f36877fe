use super::*;
use std::net::TcpListener;
use std::thread;

fn said(errors: &[(&str, i32)]) -> String {
    let mut troubles = Troubles::default();
    for (address, code) in errors {
        let error = io::Error::from_raw_os_error(*code);
        troubles.add(&address.parse().unwrap(), error);
    }
    match troubles.into_cause() {
        Cause::Broken(text) => text.into_owned(),
        cause => format!("{cause:?}"),
    }
}

#[test]
fn what_a_host_responded_tells_more_than_what_this_machine_lacks() {
    const V4: &str = "127.0.0.1:1";
    const V6: &str = "[::1]:1";
    let refused = "the connection was refused (over IPv4";
    for (lack, words) in [
        (libc::EADDRNOTAVAIL, "Cannot assign requested address"),
        (libc::EAFNOSUPPORT, "not supported"),
        (libc::ENETUNREACH, "the network is unreachable"),
        (libc::EHOSTUNREACH, "the host is unreachable"),
        (libc::ETIMEDOUT, "timed out"),
        (libc::EMFILE, "descriptor"),
        (libc::EINVAL, "Invalid argument"),
    ] {
        for errors in [
            [(V4, libc::ECONNREFUSED), (V6, lack)],
            [(V6, lack), (V4, libc::ECONNREFUSED)],
        ] {
            let said = said(&errors);
            assert!(said.starts_with(refused), "{said}");
            assert!(
                said.contains("; over IPv6: ") && said.contains(words),
                "{said}"
            );
        }
    }
    // Of one family the best is told as well, whichever comes last.
    let both = [(V4, libc::ECONNREFUSED), (V4, libc::ENETUNREACH)];
    assert_eq!(said(&both), format!("{refused})"));
    let both = [(V6, libc::ECONNREFUSED), (V4, libc::ECONNREFUSED)];
    assert_eq!(said(&both), format!("{refused} and IPv6)"));
    let no_network = [(V6, libc::ENETUNREACH), (V4, libc::ENETUNREACH)];
    assert_eq!(
        said(&no_network),
        "the network is unreachable (over IPv4 and IPv6)"
    );
    assert_eq!(
        said(&[(V4, libc::ETIMEDOUT), (V6, libc::EADDRNOTAVAIL)]),
        "Deadline"
    );
    assert!(said(&[]).contains("no address"));
}

#[test]
fn a_read_waits_for_bytes_or_until_the_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    let open = |millis| {
        let limit = Duration::from_millis(millis);
        let state = CallState::new(limit, limit);
        let socket = Socket::connect(&addresses, &state).unwrap();
        (state, socket, listener.accept().unwrap().0)
    };
    // More and less than the system waits for by itself.
    for millis in [700, 100] {
        let (state, socket, _peer) = open(millis);
        let begun = Instant::now();
        let left = state.time_left().unwrap();
        let outcome = socket.at_work(&state).that_waits().read(&mut [0; 8]);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= left);
    }
    // What comes while the system waits, and after that.
    for millis in [50, 400] {
        let (state, socket, mut peer) = open(60_000);
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(millis));
            peer.write_all(b"abc").unwrap();
        });
        let mut wire = socket.at_work(&state).that_waits();
        assert_eq!(wire.read(&mut [0; 8]).unwrap(), 3);
        other.join().unwrap();
    }
    // Another thread ends the connection.
    let (state, socket, _peer) = open(60_000);
    let handle = socket.shutdown_handle();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(400));
        handle.shutdown(Shutdown::Both).unwrap();
    });
    let mut wire = socket.at_work(&state).that_waits();
    assert_eq!(wire.read(&mut [0; 8]).unwrap(), 0);
    other.join().unwrap();
}
