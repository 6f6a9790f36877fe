//! Wiping a buffer that is kept; what is freed is wiped by the allocator.

use std::hint::black_box;

use super::limits::PIECE;

/// Overwrites `bytes` with zeros, also where nobody reads them any more.
pub fn wipe(bytes: &mut [u8]) {
    for piece in bytes.chunks_mut(PIECE) {
        piece.fill(0);
        black_box(piece);
    }
}
