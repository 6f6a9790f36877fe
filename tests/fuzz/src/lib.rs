//! What the fuzz targets share: a server that plays what it is given, the C
//! ABI made easy to call, and oracles that know nothing of the library.

pub mod abi;
/// The C boundary's own source: fuzzing wants it instrumented and in one piece with the target, and its package
/// makes no Rust library.
#[path = "../../../src/lib.rs"]
pub mod boundary;
pub mod declared;
pub mod http;
pub mod oracle;
pub mod server;

use std::panic;
use std::sync::Once;

/// Makes every panic a finding. The library catches its own and turns most of
/// them into "absent", so the hook must not be its.
pub fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let abort_on_panic = panic::take_hook();
        // The first guarded call installs the library's hook, once and for all.
        abi::Options::new();
        panic::set_hook(abort_on_panic);
    });
}
