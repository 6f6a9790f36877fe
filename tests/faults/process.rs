//! What a process holds: threads, descriptors, and bytes on the heap.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes on the heap of the whole process: the library shares its malloc.
fn live_bytes() -> isize {
    // SAFETY: it only counts.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd).cast_signed()
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

pub fn threads() -> usize {
    entries("/proc/self/task")
}

pub fn descriptors() -> usize {
    entries("/proc/self/fd")
}

/// What the system says of each thread of the library's whose name starts so.
pub fn statuses(name: &str) -> Vec<String> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let first = format!("Name:\t{name}");
    tasks
        .filter_map(Result::ok)
        .filter_map(|task| fs::read_to_string(task.path().join("status")).ok())
        .filter(|status| status.starts_with(&first))
        .collect()
}

/// How many threads look up names.
pub fn lookup_threads() -> usize {
    statuses("stytch-lookup").len()
}

/// How many threads run calls that do not block.
pub fn workers() -> usize {
    statuses("stytch-worker").len()
}

/// Whether the thread of this status has every signal blocked that can be.
pub fn blocks_signals(status: &str) -> bool {
    let line = status.lines().find(|line| line.starts_with("SigBlk"));
    let blocked =
        line.and_then(|line| u64::from_str_radix(line.split_whitespace().nth(1)?, 16).ok());
    // All but SIGKILL and SIGSTOP, and the two that the C library keeps for itself.
    let all = !(1 << 8 | 1 << 18 | 1 << 31 | 1 << 32);
    blocked.is_some_and(|set| set & all == all)
}

/// What of the heap may differ: what std and the system make once, on a path first taken, and how
/// malloc rounds.
const SLACK: isize = 4096;

/// What it keeps of a thread that has ended, for the next one.
pub const THREAD: usize = 1024;

#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    threads: usize,
    descriptors: usize,
    bytes: isize,
}

impl Footprint {
    pub fn now() -> Self {
        Self {
            threads: threads(),
            descriptors: descriptors(),
            bytes: live_bytes(),
        }
    }

    /// What is more than before in words, `held` bytes and `threads_left` threads aside. Threads
    /// that end by themselves are given half a second.
    pub fn left_over(self, threads_left: usize, held: isize) -> Vec<String> {
        let begin = Instant::now();
        let expected = self.threads + threads_left;
        while threads() > expected && begin.elapsed() < Duration::from_millis(500) {
            thread::sleep(Duration::from_millis(5));
        }
        let now = Self::now();
        let mut left = Vec::new();
        if now.threads > expected {
            left.push(format!("{} threads, not {expected}", now.threads));
        }
        if now.descriptors > self.descriptors {
            left.push(format!(
                "{} descriptors, not {}",
                now.descriptors, self.descriptors
            ));
        }
        let bytes = now.bytes - self.bytes - held;
        // A thread that the system holds keeps what its look-up needs.
        let allowed = SLACK + 4096 * threads_left.cast_signed();
        if bytes > allowed {
            left.push(format!("{bytes} bytes on the heap"));
        }
        left
    }
}

/// Lets threads that are about to end do so.
pub fn settle() {
    let begin = Instant::now();
    while !statuses("stytch").is_empty() && begin.elapsed() < Duration::from_millis(500) {
        thread::sleep(Duration::from_millis(2));
    }
}

/// The sockets that this process has open.
fn all_sockets() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let is_socket = |entry: &fs::DirEntry| {
        fs::read_link(entry.path())
            .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    entries
        .filter_map(Result::ok)
        .filter(is_socket)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// How many sockets this process has open.
pub fn sockets() -> usize {
    all_sockets().len()
}

fn tcp_info(socket: i32) -> Option<libc::tcp_info> {
    // SAFETY: the structure is made of numbers, and as long as said.
    unsafe {
        let mut info: libc::tcp_info = std::mem::zeroed();
        let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
        let result = libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        );
        (result == 0).then_some(info)
    }
}

/// Whether a socket of this process has asked for a connection and heard nothing.
pub fn is_connecting() -> bool {
    const SYN_SENT: u8 = 2;
    let mut infos = all_sockets().into_iter().filter_map(tcp_info);
    infos.any(|info| info.tcpi_state == SYN_SENT)
}

/// Whether a socket of this process has sent more than its peer takes, and more than a handshake.
pub fn is_sending() -> bool {
    all_sockets().into_iter().any(|socket| {
        let mut waiting = 0;
        // SAFETY: one number is written.
        let result = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut waiting) };
        result == 0 && waiting > 1000
    })
}
