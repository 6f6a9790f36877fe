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

/// Names of the threads that the library started.
pub fn library_threads() -> usize {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return 0;
    };
    tasks
        .filter_map(Result::ok)
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
        .filter(|name| name.starts_with("stytch"))
        .count()
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
    while library_threads() > 0 && begin.elapsed() < Duration::from_millis(500) {
        thread::sleep(Duration::from_millis(2));
    }
}

/// How many sockets this process has open.
pub fn sockets() -> usize {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}
