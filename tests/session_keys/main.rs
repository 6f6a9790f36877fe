//! Local verification through the C ABI, beside a sandbox that counts: when keys are fetched, what becomes of the
//! ones that are there, and which tokens reach the network at all. What depends on time is tested in
//! `core/src/key_cache`.

mod cache;
mod client;
mod doors;
#[path = "../support/library.rs"]
mod library;
#[path = "../support/stytch.rs"]
mod stytch;
