//! What a host program does beside the library: fork, signals, limits, loading it by hand.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;

/// A process that was forked off.
pub struct Child(libc::pid_t);

/// Runs `body` in a fork of this process, which ends with its result as exit code.
pub fn fork(body: impl FnOnce() -> i32) -> Child {
    // SAFETY: what a program with threads may do in a child is little; that calls of the library
    // belong to it is what the rows are about.
    match unsafe { libc::fork() } {
        // SAFETY: it ends the child without what the parent has registered.
        0 => unsafe { libc::_exit(body()) },
        child if child > 0 => Child(child),
        _ => panic!("fork failed"),
    }
}

impl Child {
    /// Waits for its end: the exit code, or in words what else became of it.
    pub fn wait(self) -> Result<i32, String> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            let mut status = 0;
            // SAFETY: the status is written to.
            let ended = unsafe { libc::waitpid(self.0, &raw mut status, libc::WNOHANG) };
            if ended == self.0 {
                return if libc::WIFEXITED(status) {
                    Ok(libc::WEXITSTATUS(status))
                } else {
                    Err(format!("a signal ended it: {}", libc::WTERMSIG(status)))
                };
            }
            thread::sleep(Duration::from_millis(2));
        }
        // SAFETY: the child is ours and has not been waited for.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, ptr::null_mut(), 0);
        }
        Err("it hangs".into())
    }
}

/// Ends the process as `return` from C's `main` does.
pub fn exit(code: i32) -> ! {
    // SAFETY: it does not come back.
    unsafe { libc::exit(code) }
}

extern "C" fn nothing(_: c_int) {}

/// Gives `signal` its default effect.
pub fn default_signal(signal: c_int) {
    // SAFETY: a change of disposition.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// A SIGALRM every so many microseconds until it is dropped.
pub struct Storm;

impl Storm {
    pub fn start(micros: i64, flags: c_int) -> Self {
        // SAFETY: the handler does nothing, and lives on.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
            action.sa_flags = flags;
            libc::sigaction(libc::SIGALRM, &raw const action, ptr::null_mut());
        }
        Self::every(micros);
        Self
    }

    fn every(micros: i64) {
        let interval = libc::timeval {
            tv_sec: 0,
            tv_usec: micros,
        };
        let timer = libc::itimerval {
            it_interval: interval,
            it_value: interval,
        };
        // SAFETY: the timer is read.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        Self::every(0);
    }
}

/// What every signal does, and which are blocked on this thread.
pub fn dispositions() -> Vec<usize> {
    let mut all = Vec::with_capacity(72);
    for signal in 1..65 {
        // SAFETY: it only asks.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut action);
            all.push(action.sa_sigaction);
        }
    }
    all
}

pub fn close_standard_error() {
    // SAFETY: nobody here holds it as an object.
    unsafe { libc::close(2) };
}

/// Lets this process open no further descriptor until it is dropped.
pub struct NoDescriptors(libc::rlimit);

impl NoDescriptors {
    pub fn now() -> Self {
        // SAFETY: limits are read and written.
        unsafe {
            let mut old: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut old);
            let new = libc::rlimit {
                rlim_cur: 3,
                rlim_max: old.rlim_max,
            };
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const new);
            Self(old)
        }
    }
}

impl Drop for NoDescriptors {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const self.0) };
    }
}

/// Runs `body` on a thread with so small a stack, and gives what it gave.
pub fn on_stack<T: Send + 'static>(bytes: usize, body: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(bytes).spawn(body);
    thread.expect("a thread").join().expect("no panic")
}

/// The shared library, loaded by hand.
pub struct Library(*mut c_void);

type New =
    unsafe extern "C" fn(*const c_char, *const c_char, *const c_void, *mut c_void) -> *mut c_void;
type Call = unsafe extern "C" fn(*const c_void, *const c_char, *mut c_void) -> *mut c_void;
type SetUrl = unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_void) -> bool;
type Make = unsafe extern "C" fn() -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);

impl Library {
    pub fn open(path: &Path) -> Self {
        let name = CString::new(path.to_str().expect("a path in UTF-8")).expect("no NUL");
        // SAFETY: the library's constructors are its own affair.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "{} cannot be loaded", path.display());
        Self(handle)
    }

    fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: a look-up by name.
        let found = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!found.is_null(), "no {}", name.to_str().unwrap_or_default());
        found
    }

    /// Makes a client, makes a call with it, and frees both; whether the call succeeded.
    pub fn call(&self, url: &str, project_id: &str, secret: &str, token: &str) -> bool {
        let [url, id, secret, token] =
            [url, project_id, secret, token].map(|text| CString::new(text).expect("no NUL"));
        // SAFETY: the functions are those of the header.
        unsafe {
            let options_new: Make = std::mem::transmute(self.symbol(c"stytch_options_new"));
            let options_free: Free = std::mem::transmute(self.symbol(c"stytch_options_free"));
            let set_url: SetUrl = std::mem::transmute(self.symbol(c"stytch_options_set_base_url"));
            let new: New = std::mem::transmute(self.symbol(c"stytch_client_new"));
            let free: Free = std::mem::transmute(self.symbol(c"stytch_client_free"));
            let call: Call = std::mem::transmute(self.symbol(c"stytch_impersonation_authenticate"));
            let response_free: Free = std::mem::transmute(self.symbol(c"stytch_response_free"));
            let options = options_new();
            set_url(options, url.as_ptr(), ptr::null_mut());
            let client = new(id.as_ptr(), secret.as_ptr(), options, ptr::null_mut());
            options_free(options);
            let response = call(client, token.as_ptr(), ptr::null_mut());
            let is_session = !response.is_null();
            response_free(response);
            free(client);
            is_session
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: it was opened, and is closed once.
        unsafe { libc::dlclose(self.0) };
    }
}

/// How a child is made.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// By `_Fork`, which runs no handlers.
    Bare,
    /// By the system call itself.
    Clone,
}

/// A child that the handlers of `pthread_atfork` are not told of.
pub fn fork_as(how: How, body: impl FnOnce() -> i32) -> Child {
    // SAFETY: as for `fork`.
    let child = unsafe {
        match how {
            How::Bare => {
                let found = libc::dlsym(libc::RTLD_DEFAULT, c"_Fork".as_ptr());
                assert!(!found.is_null(), "a C library with _Fork");
                let fork: extern "C" fn() -> libc::pid_t = std::mem::transmute(found);
                fork()
            }
            How::Clone => libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0)
                .try_into()
                .expect("a process id"),
        }
    };
    match child {
        // SAFETY: as for `fork`.
        0 => unsafe { libc::_exit(body()) },
        child if child > 0 => Child(child),
        _ => panic!("fork failed"),
    }
}

/// Ends this process by a signal after so long.
pub fn alarm(seconds: u32) {
    // SAFETY: it sets a timer.
    unsafe { libc::alarm(seconds) };
}

/// Nothing that is written to standard error is seen any more; its descriptor stays taken.
pub fn mute_standard_error() {
    // SAFETY: nobody here holds it as an object.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY);
        libc::dup2(null, 2);
        libc::close(null);
    }
}

struct Alarm {
    /// Not kept from being freed when the row is over.
    client: Weak<Client>,
    token: CString,
}

static ALARM: OnceLock<Alarm> = OnceLock::new();

extern "C" fn call_now(_: c_int) {
    if let Some(alarm) = ALARM.get()
        && let Some(client) = alarm.client.upgrade()
    {
        client.call_bare(&alarm.token);
    }
}

/// After so many milliseconds a signal interrupts this process, and its handler makes a call. Once in a process.
pub fn call_at_alarm(client: &Arc<Client>, token: CString, milliseconds: i64) {
    let client = Arc::downgrade(client);
    let alarm = Alarm { client, token };
    assert!(ALARM.set(alarm).is_ok(), "one alarm");
    let timer = libc::itimerval {
        it_interval: libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        },
        it_value: libc::timeval {
            tv_sec: 0,
            tv_usec: milliseconds * 1_000,
        },
    };
    // SAFETY: the handler makes a call while malloc is not interrupted: the process waits.
    unsafe {
        libc::signal(libc::SIGALRM, call_now as extern "C" fn(c_int) as usize);
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut());
    }
}

/// Starts a thread that sets and unsets variables without end.
pub fn storm_of_variables() {
    thread::spawn(|| {
        loop {
            for number in 0..20_000 {
                let name = CString::new(format!("CASE_{number}")).expect("no NUL");
                // SAFETY: that others read meanwhile is what it is about.
                unsafe { libc::setenv(name.as_ptr(), c"value".as_ptr(), 1) };
            }
            for number in 0..20_000 {
                let name = CString::new(format!("CASE_{number}")).expect("no NUL");
                // SAFETY: as above.
                unsafe { libc::unsetenv(name.as_ptr()) };
            }
        }
    });
}

/// Whether what `masked` is by `mask` stands anywhere in this process's writable memory.
pub fn own_memory_has(masked: &[u8], mask: u8) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the process's memory");
    let memory = std::fs::File::open("/proc/self/mem").expect("the process's memory");
    let wanted = |window: &[u8]| {
        window
            .iter()
            .zip(masked)
            .all(|(byte, masked)| byte ^ mask == *masked)
    };
    let mut piece = vec![0; 64 * 1024];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (begin, rest) = line.split_once('-').expect("a range");
        let end = rest.split_once(' ').expect("a range").0;
        let [mut at, end] =
            [begin, end].map(|text| u64::from_str_radix(text, 16).expect("an address"));
        while at < end {
            let length = piece.len().min((end - at).try_into().expect("a size"));
            let Ok(count) = memory.read_at(&mut piece[..length], at) else {
                break;
            };
            if piece[..count].windows(masked.len()).any(wanted) {
                return true;
            }
            if count < masked.len() {
                break;
            }
            // The end is looked at again with what follows.
            at += if at + count as u64 == end {
                count
            } else {
                count - masked.len() + 1
            } as u64;
        }
    }
    false
}
