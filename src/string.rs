//! Strings that belong to the caller.

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_char;
use std::ptr;

use super::panic::infallible;

/// What stands in front of a string that C owns: the size of its whole block.
/// The caller may write into the string, so its NUL tells nothing.
///
/// ```text
/// block ─> size of the block │ text ... │ NUL
///                            └─> what the caller gets
/// ```
type Size = usize;
const TEXT: usize = size_of::<Size>();

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size, align_of::<Size>()).ok()
}

/// Frees a string that a function of this library returned as `char *`, and
/// wipes all of it first, whatever was written into it.
///
/// Never use `free()` for such a string, and never this for a
/// `const char *`, which belongs to the handle that it came from.
///
/// @param string  May be NULL, and then nothing happens.
///
/// # Safety
/// `string` is NULL or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stytch_string_free(string: *mut c_char) {
    infallible((), || {
        if string.is_null() {
            return;
        }
        // SAFETY: such strings come from `into_c`, with their size in front.
        let block = unsafe { string.cast::<u8>().sub(TEXT) };
        // SAFETY: as above.
        let size = unsafe { block.cast::<Size>().read() };
        if let Some(layout) = layout(size) {
            // SAFETY: the block came from `alloc` with this layout. The
            // allocator wipes it.
            unsafe { dealloc(block, layout) };
        }
    });
}

/// Returns a string for the caller to free; NULL where C cannot hold it, and
/// where memory has run out.
pub(super) fn into_c(text: &[u8]) -> *mut c_char {
    if text.contains(&0) {
        return ptr::null_mut();
    }
    let Some(layout) = (text.len().checked_add(TEXT + 1)).and_then(layout) else {
        return ptr::null_mut();
    };
    // SAFETY: the size is not zero.
    let block = unsafe { alloc(layout) };
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block is large enough for size, text and NUL, and aligned for
    // the size.
    unsafe {
        block.cast::<Size>().write(layout.size());
        let string = block.add(TEXT);
        string.copy_from_nonoverlapping(text.as_ptr(), text.len());
        string.add(text.len()).write(0);
        string.cast()
    }
}
