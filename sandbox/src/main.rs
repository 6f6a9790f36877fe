//! The command line of the sandbox.

#![forbid(unsafe_code)]

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use stytch_sandbox::{Config, Sandbox};

/// A local stand-in for Stytch's B2B impersonation: makes impersonation tokens, exchanges them for
/// sessions, and authenticates and revokes those.
///
/// Once it listens it prints one line with its URL, which is the base URL for clients. Opened in
/// a browser, the URL shows a page that makes tokens and lists sessions. For programs,
/// POST /sandbox/impersonation_tokens makes tokens, /sandbox/sessions starts, lists and revokes
/// sessions, /sandbox/clock moves the clock, /sandbox/rotate_keys lets a new key sign, and
/// /sandbox/faults makes the next requests fail. SIGINT and SIGTERM stop it.
#[derive(Parser)]
#[command(name = "stytch-sandbox", version)]
struct Flags {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// The project id that callers must give
    #[arg(long, value_name = "ID", default_value = Config::DEFAULT_PROJECT_ID)]
    project_id: String,

    /// The secret that callers must give
    #[arg(long, value_name = "SECRET", default_value = Config::DEFAULT_SECRET)]
    secret: String,

    /// Serve https, with a certificate made at start
    #[arg(long, requires = "ca_file")]
    tls: bool,

    /// Where to write the CA that clients must trust, as PEM
    #[arg(long, value_name = "PATH", requires = "tls")]
    ca_file: Option<PathBuf>,

    /// How long an impersonation token lives: seconds, or as in 90s, 5m, 1h; at most 24h
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    token_ttl: Duration,

    /// Where the link of a token points to: your application's redirect URL
    #[arg(long, value_name = "URL", default_value = Config::DEFAULT_REDIRECT_URL)]
    redirect_url: String,

    /// A host name under which the /sandbox endpoints can be used, besides localhost and addresses;
    /// may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

fn main() -> ExitCode {
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> Result<(), Box<dyn std::error::Error>> {
    // Signals are handled before anybody is told that there is something to stop.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut stop = {
        let _inside = runtime.enter();
        stop::Signals::new()?
    };
    if !flags.listen.ip().is_loopback() {
        complain(&format!(
            "warning: {} is not a loopback address: whoever can reach it can start sessions here",
            flags.listen
        ));
    }
    let sandbox = Sandbox::start(Config {
        listen: flags.listen,
        project_id: flags.project_id,
        secret: flags.secret,
        tls: flags.tls,
        token_ttl: flags.token_ttl,
        redirect_url: flags.redirect_url,
        allowed_hosts: flags.allow_host,
    })?;
    if let (Some(path), Some(pem)) = (flags.ca_file, sandbox.ca_pem()) {
        std::fs::write(&path, pem)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "stytch-sandbox listening on {}", sandbox.url())?;
    out.flush()?;
    runtime.block_on(stop.received());
    Ok(())
}

/// Writes the message to standard error; if that fails, there is nobody to tell.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "stytch-sandbox: {message}");
}

/// Reads `300`, `300s`, `5m` or `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 60 * 60),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let whole = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds));
    whole
        .map(Duration::from_secs)
        .ok_or_else(|| "not a time such as 300, 90s or 5m".to_owned())
}

#[cfg(unix)]
mod stop {
    //! SIGINT and SIGTERM.

    use std::io;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub struct Signals(Signal, Signal);

    impl Signals {
        pub fn new() -> io::Result<Self> {
            Ok(Signals(
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            ))
        }

        pub async fn received(&mut self) {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
            }
        }
    }
}

#[cfg(not(unix))]
mod stop {
    //! Ctrl-C.

    use std::io;

    pub struct Signals;

    impl Signals {
        pub fn new() -> io::Result<Self> {
            Ok(Signals)
        }

        pub async fn received(&mut self) {
            // If it cannot be waited for, only the system ends the process.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
