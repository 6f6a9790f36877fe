//! The binary: its one line, its flags, its end.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stytch-sandbox"));
    command
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn fails(flags: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(flags).output().unwrap();
    assert_eq!(stdout, b"", "{flags:?}");
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A sandbox that listens, and its line. It is killed where a test fails.
struct Running(Child, String);

impl Running {
    fn start(flags: &[&str]) -> Self {
        let mut child = command(flags).spawn().unwrap();
        let mut line = String::new();
        // Byte by byte: what follows the line is read later.
        let mut out = BufReader::with_capacity(1, child.stdout.as_mut().unwrap());
        out.read_line(&mut line).unwrap();
        Running(child, line)
    }

    /// Sends the signal. Gives the exit code and what was printed after the line.
    fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        let id = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let (mut out, mut err) = (String::new(), String::new());
        self.0
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        self.0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (self.0.wait().unwrap().code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_prints_one_line_and_stops_on_either_signal() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Running::start(&["--token-ttl", "90s"]);
        let port = sandbox
            .1
            .strip_prefix("stytch-sandbox listening on http://127.0.0.1:");
        assert!(port.unwrap().trim_end().parse::<u16>().unwrap() > 0);
        assert_eq!(
            sandbox.stop(signal),
            (Some(0), String::new(), String::new()),
            "{signal}"
        );
    }
}

#[test]
fn over_tls_it_writes_the_ca() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca file.pem");
    let sandbox = Running::start(&["--tls", "--ca-file", path.to_str().unwrap()]);
    assert!(sandbox.1.contains(" https://127.0.0.1:"), "{}", sandbox.1);
    let pem = std::fs::read(&path).unwrap();
    assert_eq!(
        CertificateDer::pem_slice_iter(&pem)
            .filter(Result::is_ok)
            .count(),
        1
    );
    assert!(!String::from_utf8(pem).unwrap().contains("PRIVATE"));
    assert_eq!(sandbox.stop("-TERM").0, Some(0));

    let nowhere = folder.path().join("none").join("ca.pem");
    let (code, message) = fails(&["--tls", "--ca-file", nowhere.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("cannot write") && message.contains("ca.pem"),
        "{message}"
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, message) = fails(&["--listen", &address]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains(&format!("cannot listen on {address}")),
        "{message}"
    );

    for (flags, code, says) in [
        (&["--project-id", "a:b"][..], 1, "project id"),
        (&["--secret", ""], 1, "secret"),
        (&["--token-ttl", "25h"], 1, "24 hours"),
        (&["--token-ttl", "soon"], 2, "300, 90s or 5m"),
        (&["--tls"], 2, "--ca-file"),
        (&["--ca-file", "ca.pem"], 2, "--tls"),
        (&["--listen", "here"], 2, "--listen"),
    ] {
        let (exit, message) = fails(flags);
        assert_eq!(exit, Some(code), "{flags:?}: {message}");
        assert!(message.contains(says), "{flags:?}: {message}");
    }
}

#[test]
fn it_warns_of_an_address_that_others_can_reach() {
    // An address for documentation: no machine has it, so nothing listens in the end.
    let (code, message) = fails(&["--listen", "192.0.2.1:0"]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("warning: 192.0.2.1:0 is not a loopback address"),
        "{message}"
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_, message) = fails(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert!(!message.contains("warning"), "{message}");
}

#[test]
fn help_names_every_flag() {
    let Output { status, stdout, .. } = command(&["--help"]).output().unwrap();
    let help = String::from_utf8(stdout).unwrap();
    assert!(status.success());
    for flag in [
        "listen",
        "project-id",
        "secret",
        "tls",
        "ca-file",
        "token-ttl",
        "redirect-url",
        "allow-host",
        "help",
        "version",
    ] {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
}
