//! Pages of zeros, straight from the system. From `malloc` they would not do:
//! freeing so large a block teaches glibc to keep such blocks in its arenas, and
//! the next one would be cleared, so touched, from end to end.

use std::ptr;

/// Takes pages for `size` bytes.
#[cfg(unix)]
pub(super) fn map(size: usize) -> Option<*mut u8> {
    // SAFETY: a new mapping anywhere.
    let base = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON,
            -1,
            0,
        )
    };
    (base != libc::MAP_FAILED).then_some(base.cast())
}

/// Gives pages back.
///
/// # Safety
///
/// They came from [`map`] with this size, and nobody uses them.
#[cfg(unix)]
pub(super) unsafe fn unmap(base: *mut u8, size: usize) {
    // SAFETY: as the caller vouches.
    unsafe { libc::munmap(base.cast(), size) };
}

#[cfg(windows)]
mod windows {
    use std::ffi::c_void;

    pub const COMMIT_AND_RESERVE: u32 = 0x3000;
    pub const RELEASE: u32 = 0x8000;
    pub const READ_AND_WRITE: u32 = 4;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        pub fn VirtualAlloc(
            at: *mut c_void,
            size: usize,
            kind: u32,
            protection: u32,
        ) -> *mut c_void;
        pub fn VirtualFree(at: *mut c_void, size: usize, kind: u32) -> i32;
    }
}

/// Takes pages for `size` bytes.
#[cfg(windows)]
pub(super) fn map(size: usize) -> Option<*mut u8> {
    use windows::{COMMIT_AND_RESERVE, READ_AND_WRITE, VirtualAlloc};

    // SAFETY: new pages anywhere.
    let base = unsafe { VirtualAlloc(ptr::null_mut(), size, COMMIT_AND_RESERVE, READ_AND_WRITE) };
    (!base.is_null()).then_some(base.cast())
}

/// Gives pages back.
///
/// # Safety
///
/// They came from [`map`], and nobody uses them.
#[cfg(windows)]
pub(super) unsafe fn unmap(base: *mut u8, _size: usize) {
    // SAFETY: as the caller vouches; releasing takes no size.
    unsafe { windows::VirtualFree(base.cast(), 0, windows::RELEASE) };
}
