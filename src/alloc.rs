//! Wipes every block of memory as it is freed, so that no copy of a secret
//! which a dependency made (TLS buffers, header maps) outlives its use; and
//! has a reserve for a call whose request is sent when memory runs out.

mod pages;
mod reserve;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

pub(super) use reserve::{Reserve, release_idle};

/// As in `transport::wipe`: larger pieces are slower.
const PIECE: usize = 1024;

struct WipingAllocator;

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

// SAFETY: every block comes from `System` and goes back to it with the layout
// that it came with, or from a reserve, which knows its own; `realloc` and
// `alloc_zeroed` keep the contract of theirs. Nothing here unwinds.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            return reserve::alloc(layout);
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { System.alloc_zeroed(layout) };
        if block.is_null() {
            // A reserve's memory is zero until it is given out, once.
            return reserve::alloc(layout);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mut wiped = 0;
        while wiped < layout.size() {
            let length = PIECE.min(layout.size() - wiped);
            // SAFETY: the piece is within the block, which is still ours.
            let piece = unsafe { block.add(wiped) };
            // SAFETY: as above; any bytes are fine for a block of bytes.
            unsafe { piece.write_bytes(0, length) };
            // Or the compiler may leave out writes that nobody reads.
            black_box(piece);
            wiped += length;
        }
        if reserve::dealloc(block, layout.size()) {
            return;
        }
        // SAFETY: the caller keeps `dealloc`'s contract, and the block is not
        // from a reserve.
        unsafe { System.dealloc(block, layout) };
    }

    /// Never in place in the system's memory: its own `realloc` would leave the
    /// old block unwiped.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if reserve::has_grown(block, layout.size(), new_size) {
            return block;
        }
        // SAFETY: the caller vouches that size and alignment make a layout.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: `new_size` is not zero, as `realloc` demands.
        let new_block = unsafe { self.alloc(new_layout) };
        if !new_block.is_null() {
            let kept = layout.size().min(new_size);
            // SAFETY: two blocks of at least `kept` bytes, one of them fresh.
            unsafe { block.copy_to_nonoverlapping(new_block, kept) };
            // SAFETY: the old block is the caller's to free, with its layout.
            unsafe { self.dealloc(block, layout) };
        }
        new_block
    }
}
