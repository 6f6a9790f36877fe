//! Both files on Unix, and the system's own on Windows.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any wait here takes, if it ends as it should.
const LONG: i32 = 20_000;

macro_rules! tests_of {
    ($system:ident) => {
        mod $system {
            use super::*;
            use crate::transport::system::{start, $system as system};

            fn pair() -> (TcpStream, TcpStream) {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let (ours, stands) = start(&listener.local_addr().unwrap()).unwrap();
                if !stands {
                    let mut polled = [system::to_write(&ours)];
                    system::wait(&mut polled, LONG).unwrap();
                    assert!(system::is_ready(&polled[0]));
                }
                assert!(ours.take_error().unwrap().is_none());
                system::settle(&ours).unwrap();
                (ours, listener.accept().unwrap().0)
            }

            #[test]
            fn what_does_not_wait_returns_at_once() {
                let (ours, mut theirs) = pair();
                let mut buffer = [0; 8];
                let error = system::read(&ours, &mut buffer).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                theirs.write_all(b"abc").unwrap();
                let mut polled = [system::to_read(&ours)];
                system::wait(&mut polled, LONG).unwrap();
                assert!(system::is_ready(&polled[0]));
                assert_eq!(system::read(&ours, &mut buffer).unwrap(), 3);
                // A peer that does not read: the system takes so much, and no more.
                let error = loop {
                    if let Err(error) = system::write(&ours, &[0; 65536]) {
                        break error;
                    }
                };
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                // One that has gone raises no signal.
                drop(theirs);
                while system::write(&ours, b"x").is_ok() {}
            }

            #[test]
            fn a_wait_ends_with_its_time() {
                let (ours, _theirs) = pair();
                let begun = Instant::now();
                let mut polled = [system::to_read(&ours)];
                system::wait(&mut polled, 60).unwrap();
                assert!(!system::is_ready(&polled[0]));
                assert!(begun.elapsed() >= Duration::from_millis(60));
                let Some(limit) = system::RECEIVE_WAIT else {
                    return;
                };
                let begun = Instant::now();
                let error = system::read_or_block(&ours, &mut [0; 8]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                // The system counts in ticks of its clock.
                assert!(begun.elapsed() + Duration::from_millis(20) >= limit);
            }

            #[test]
            fn a_shutdown_by_another_thread_ends_a_wait() {
                for blocks in [true, false] {
                    let (ours, _theirs) = pair();
                    let ours = Arc::new(ours);
                    let handle = Arc::clone(&ours);
                    let other = thread::spawn(move || {
                        thread::sleep(Duration::from_millis(50));
                        handle.shutdown(Shutdown::Both).unwrap();
                    });
                    let limit = Duration::from_millis(LONG.try_into().unwrap());
                    let count = if blocks && system::RECEIVE_WAIT.is_some() {
                        ours.set_read_timeout(Some(limit)).unwrap();
                        system::read_or_block(&ours, &mut [0; 8])
                    } else {
                        let mut polled = [system::to_read(&ours)];
                        system::wait(&mut polled, LONG).unwrap();
                        assert!(system::is_ready(&polled[0]));
                        system::read(&ours, &mut [0; 8])
                    };
                    // Had the wait ended by itself, nothing would be there.
                    assert_eq!(count.unwrap(), 0);
                    other.join().unwrap();
                }
            }

            #[test]
            fn a_refused_connect_is_told() {
                let address = {
                    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                    listener.local_addr().unwrap()
                };
                let error = match start(&address) {
                    Err(error) => error,
                    Ok((stream, stands)) => {
                        assert!(!stands);
                        let mut polled = [system::to_write(&stream)];
                        system::wait(&mut polled, LONG).unwrap();
                        assert!(system::is_ready(&polled[0]) || system::CONNECT_WAIT.is_some());
                        stream.take_error().unwrap().unwrap()
                    }
                };
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            }
        }
    };
}

#[cfg(unix)]
tests_of!(unix);
tests_of!(windows);
