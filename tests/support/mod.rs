//! Builds C and C++ programs against this build's libstytch, and runs them beside a sandbox.
//!
//! For runs of another kind, as under valgrind or AddressSanitizer, the environment says how:
//!
//! - `CC`, `CXX`: the compilers, `cc` and `c++` unless set.
//! - `STYTCH_TEST_CFLAGS`, `STYTCH_TEST_LDFLAGS`: more flags for compiling and for linking.
//! - `STYTCH_TEST_LIBRARY`: another `libstytch.so`, see [`library`]; or a `stytch.dll`, for programs that run on
//!   Windows. The libraries beside that one are put beside the programs. With a `CC` for another system, run the
//!   test's executable and not cargo, which would take it for the sandbox too.
//! - `STYTCH_TEST_RUNNER`: a command that runs each program, as `valgrind -q`.

#![allow(dead_code)] // each test binary uses its own part

pub mod library;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use stytch_sandbox::{Config, Sandbox};
use tempfile::TempDir;
use wait_timeout::ChildExt;

/// Far more than any program takes, valgrind included: it only ends what hangs.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Windows runs what ends so, and the others do not mind.
const PROGRAM: &str = "program.exe";

pub const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// A path inside the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn scratch() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for what the test makes")
}

fn words(variable: &str) -> Vec<String> {
    let value = std::env::var(variable).unwrap_or_default();
    value.split_whitespace().map(str::to_owned).collect()
}

#[derive(Clone, Copy, Debug)]
pub enum Language {
    C(&'static str),
    Cpp(&'static str),
}

impl Language {
    pub const C11: Self = Self::C("-std=c11");
    pub const CPP17: Self = Self::Cpp("-std=c++17");

    /// A command that compiles `source`, whatever it is called, as this language.
    pub fn compiler(self, source: &Path) -> Command {
        let (variable, default) = match self {
            Self::C(_) => ("CC", "cc"),
            Self::Cpp(_) => ("CXX", "c++"),
        };
        let mut chosen = words(variable);
        if chosen.is_empty() {
            chosen.push(default.to_owned());
        }
        self.compiler_named(&chosen, source)
    }

    /// The same with a compiler, and first arguments of it, of the test's choice.
    pub fn compiler_named(self, compiler: &[String], source: &Path) -> Command {
        let (name, standard) = match self {
            Self::C(standard) => ("c", standard),
            Self::Cpp(standard) => ("c++", standard),
        };
        let mut command = Command::new(&compiler[0]);
        command
            .args(&compiler[1..])
            .args([standard, "-x", name])
            .args(WARNINGS)
            .args(words("STYTCH_TEST_CFLAGS"))
            .arg("-I")
            .arg(repository("include"))
            .arg(source);
        command
    }
}

/// Runs a tool that must succeed, and gives what it printed.
pub fn succeed(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8(output.stdout).expect("a tool that prints UTF-8")
}

#[derive(Clone, Copy)]
pub enum Linking {
    Shared,
    Static,
}

/// A compiled program in a folder of its own, which goes away with it.
pub struct Program {
    folder: TempDir,
}

/// What a program left behind.
#[derive(Debug)]
pub struct Outcome {
    /// `None` where a signal or the time limit ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn build(source: &str, language: Language, linking: Linking) -> Self {
        Self::build_with(source, language, linking, &[])
    }

    /// The same with more arguments for the compiler.
    pub fn build_with(source: &str, language: Language, linking: Linking, more: &[&str]) -> Self {
        let folder = scratch();
        let program = folder.path().join(PROGRAM);
        let mut compiler = language.compiler(&repository(source));
        compiler
            .args(more)
            .args(["-g", "-pthread", "-x", "none", "-o"])
            .arg(&program);
        let is_windows = library::is_for_windows();
        if is_windows {
            // The compiler's own libraries are not on the system's path, and
            // the loader looks beside the program for ours.
            compiler.arg("-static");
            let library = library::shared();
            for file in fs::read_dir(library.parent().expect("a folder")).expect("a folder") {
                let file = file.expect("a file").path();
                if file.extension().is_some_and(|extension| extension == "dll") {
                    let name = file.file_name().expect("a name");
                    symlink(&file, folder.path().join(name)).expect("a link to the library");
                }
            }
        }
        match linking {
            Linking::Shared if is_windows => {
                compiler.arg(library::shared()).arg("-lws2_32");
            }
            Linking::Shared => {
                // The loader asks for the SONAME, the linker for the plain name.
                for name in ["libstytch.so", "libstytch.so.0"] {
                    symlink(library::shared(), folder.path().join(name))
                        .expect("a link to the library");
                }
                let rpath = format!("-Wl,-rpath,{}", folder.path().display());
                compiler
                    .arg("-L")
                    .arg(folder.path())
                    .args(["-lstytch", &rpath]);
            }
            Linking::Static => {
                let system: &[&str] = if is_windows {
                    &[
                        "-lws2_32",
                        "-lbcrypt",
                        "-ladvapi32",
                        "-lntdll",
                        "-luserenv",
                        "-ldbghelp",
                    ]
                } else {
                    &["-ldl", "-lm"]
                };
                compiler.arg(library::static_()).args(system);
            }
        }
        succeed(compiler.args(words("STYTCH_TEST_LDFLAGS")));
        Self { folder }
    }

    /// For a test that watches it while it runs. The library is found from here.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(PROGRAM)
    }

    /// Runs it with the sandbox's address and credentials in its environment.
    pub fn run(&self, sandbox: &TestSandbox, arguments: &[&str], stdin: &str) -> Outcome {
        self.run_with(&sandbox.environment(), arguments, stdin)
    }

    /// Runs it with these variables and no others, but for proxies that the library must not ask.
    pub fn run_with(
        &self,
        environment: &[(&str, String)],
        arguments: &[&str],
        stdin: &str,
    ) -> Outcome {
        let mut line = words("STYTCH_TEST_RUNNER");
        line.push(self.path().display().to_string());
        let [out, err] = ["stdout", "stderr"].map(|name| self.folder.path().join(name));
        let mut child = Command::new(&line[0])
            .args(&line[1..])
            .args(arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| passed_on(name)))
            .envs(
                ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"]
                    .map(|name| (name, "http://127.0.0.1:1")),
            )
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(File::create(&out).expect("a file for the output"))
            .stderr(File::create(&err).expect("a file for the output"))
            .spawn()
            .unwrap_or_else(|error| panic!("{line:?}: {error}"));
        // A program that ends without reading its input is no failure.
        let _ = child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(stdin.as_bytes());
        let status = child
            .wait_timeout(TIME_LIMIT)
            .expect("waiting for the program");
        if status.is_none() {
            child.kill().expect("ending the program");
            child.wait().expect("waiting for the program");
        }
        let text = |path: &Path| {
            String::from_utf8_lossy(&fs::read(path).expect("its output")).into_owned()
        };
        Outcome {
            code: status.and_then(|status| status.code()),
            stdout: text(&out),
            stderr: text(&err),
        }
    }
}

/// What a program and its runner need, and nothing of Stytch's.
fn passed_on(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "PATH"
        || name == "HOME"
        || name == "TMPDIR"
        || name.ends_with("SAN_OPTIONS")
        || name == "ASAN_SYMBOLIZER_PATH"
        || name.starts_with("WINE")
}

/// A sandbox over http and one over https, whose CA stands in a file.
pub struct TestSandbox {
    plain: Sandbox,
    tls: Sandbox,
    folder: TempDir,
}

impl TestSandbox {
    pub fn start() -> Self {
        let plain = Sandbox::start(Config::default()).expect("a sandbox");
        let config = Config {
            tls: true,
            ..Config::default()
        };
        let tls = Sandbox::start(config).expect("a sandbox over https");
        let folder = scratch();
        let pem = tls.ca_pem().expect("the CA of a sandbox over https");
        fs::write(folder.path().join("ca.pem"), pem).expect("the CA's file");
        Self { plain, tls, folder }
    }

    pub fn url(&self) -> &str {
        self.plain.url()
    }

    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Config {
            project_id, secret, ..
        } = Config::default();
        let file = |name| self.folder.path().join(name).display().to_string();
        vec![
            ("STYTCH_BASE_URL", self.plain.url().to_owned()),
            ("STYTCH_PROJECT_ID", project_id),
            ("STYTCH_SECRET", secret),
            ("STYTCH_TLS_BASE_URL", self.tls.url().to_owned()),
            ("STYTCH_CA_FILE", file("ca.pem")),
            ("STYTCH_SCRATCH_FILE", file("scratch")),
        ]
    }

    /// Asks one of the control endpoints, which need no credentials.
    pub fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.url());
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
        let answer = agent
            .post(&url)
            .content_type("application/json")
            .send(body.to_string())
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .unwrap_or_else(|error| panic!("{path} with {body}: {error}"));
        serde_json::from_str(&answer).expect("an answer in JSON")
    }

    /// A fresh token, and whom it is for.
    pub fn impersonation(&self) -> Value {
        self.control("impersonation_tokens", &json!({}))
    }

    pub fn fault(&self, fault: Value) {
        self.control("faults", &fault);
    }
}
