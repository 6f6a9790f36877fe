//! Wiping a buffer that is kept; what is freed is wiped by the allocator.

use std::hint::black_box;

/// How many bytes are wiped at a time: above some 2 KiB `memset` turns to an
/// instruction of the processor that is slow to start.
pub const PIECE: usize = 1024;

/// Overwrites `bytes` with zeros, also where nobody reads them any more.
pub fn wipe(bytes: &mut [u8]) {
    for piece in bytes.chunks_mut(PIECE) {
        piece.fill(0);
        black_box(piece);
    }
}
