//! What has to be set up once for the process, done while the library is
//! loaded.
//!
//! A lock or a `Once` that the first call takes is inherited in the state in
//! which a `fork` beside that call finds it: the child would wait for ever. And
//! reading the environment at the first call would meet a `setenv` of another
//! thread. While a library is loaded neither is in the way, so it all happens
//! here, and calls need no lock. `ensure` is for a static library of which a
//! linker dropped the constructor.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::alloc;
use stytch_core::transport::stack;
use stytch_core::{process, transport, workers};

#[used]
#[cfg_attr(
    any(target_os = "linux", target_os = "freebsd"),
    unsafe(link_section = ".init_array")
)]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
static WHEN_LOADED: extern "C" fn() = when_loaded;

// ureq looks for a proxy in the environment while it makes its defaults, and std
// asks for settings of its own. The shared library takes none from there, so
// build.rs has the linker answer every `getenv` in it with this function, for
// which no variable is set. A static library has no say in what its program
// links; there, the looks happen while the program starts.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
std::arch::global_asm!(
    ".hidden stytch_no_variable",
    ".globl stytch_no_variable",
    ".type stytch_no_variable, @function",
    "stytch_no_variable:",
    "xor eax, eax",
    "ret",
    ".size stytch_no_variable, . - stytch_no_variable",
);
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
std::arch::global_asm!(
    ".hidden stytch_no_variable",
    ".globl stytch_no_variable",
    ".type stytch_no_variable, %function",
    "stytch_no_variable:",
    "mov x0, xzr",
    "ret",
    ".size stytch_no_variable, . - stytch_no_variable",
);

static IS_DONE: AtomicBool = AtomicBool::new(false);

extern "C" fn when_loaded() {
    let _ = super::panic::catch(set_up);
}

/// Sets up what was not set up while the library was loaded.
pub(crate) fn ensure() {
    if !IS_DONE.load(Relaxed) {
        set_up();
    }
}

fn set_up() {
    // The library has a std of its own, so the hook is ours alone.
    panic::set_hook(Box::new(|_| {}));
    if let Some(mark) = wiped_on_fork() {
        process::watch(mark);
    }
    stack::watch_taken(taken_from_stacks());
    workers::surround(alloc::with_reserve);
    stay();
    transport::warm_up();
    IS_DONE.store(true, Relaxed);
}

/// A number that the kernel sets to zero in every child, however that is made.
#[cfg(target_os = "linux")]
fn wiped_on_fork() -> Option<&'static AtomicU64> {
    const SIZE: usize = size_of::<AtomicU64>();
    // SAFETY: a new mapping anywhere, which is never unmapped.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping from above; the advice changes what a child sees, and
    // -1 is none.
    let takes = |advice| unsafe { libc::madvise(page, SIZE, advice) == 0 };
    // qemu's emulation of a user's programs says yes to every advice and heeds
    // none, so whoever takes one that does not exist is not believed (BoringSSL
    // asks the same way).
    if takes(-1) || !takes(libc::MADV_WIPEONFORK) {
        // SAFETY: the mapping from above, which nobody uses.
        unsafe { libc::munmap(page, SIZE) };
        return None;
    }
    // SAFETY: a page of zeros that stays mapped, aligned and readable for good,
    // and is only ever used as this number.
    Some(unsafe { &*page.cast::<AtomicU64>() })
}

/// Elsewhere the process's id serves, which is asked for each time.
#[cfg(not(target_os = "linux"))]
fn wiped_on_fork() -> Option<&'static AtomicU64> {
    None
}

/// Returns how much of a thread's stack glibc takes for static thread-local
/// storage, which is settled when the program starts, and what it needs itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn taken_from_stacks() -> usize {
    use std::mem::{MaybeUninit, transmute};

    type GetMinStack = unsafe extern "C" fn(*const libc::pthread_attr_t) -> libc::size_t;

    // SAFETY: a name that ends with a NUL. glibc has the function for the likes
    // of us; it is private, so it may go, and is asked for by name.
    let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__pthread_get_minstack".as_ptr()) };
    if symbol.is_null() {
        return 0;
    }
    // SAFETY: glibc declares it so.
    let minimum = unsafe { transmute::<*mut libc::c_void, GetMinStack>(symbol) };
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: attributes are made, read and destroyed in turn.
    unsafe {
        if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            return 0;
        }
        let taken = minimum(attributes.as_ptr());
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        taken
    }
}

/// Elsewhere it is not taken from the stack.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn taken_from_stacks() -> usize {
    0
}

/// Keeps the library loaded for good: a thread that looks up a name may return
/// into it after `FreeLibrary`.
#[cfg(windows)]
fn stay() {
    use std::ffi::c_void;

    const PIN: u32 = 1;
    const FROM_ADDRESS: u32 = 4;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, name: *const c_void, module: *mut *mut c_void) -> i32;
    }

    let mut module = std::ptr::null_mut();
    // SAFETY: the address of a function of this module, as the flag announces.
    unsafe {
        GetModuleHandleExW(
            PIN | FROM_ADDRESS,
            when_loaded as extern "C" fn() as *const c_void,
            &raw mut module,
        );
    }
}

/// Elsewhere the linker sees to it, in build.rs; macOS unloads no library that
/// has thread-local variables with destructors.
#[cfg(not(windows))]
fn stay() {}
