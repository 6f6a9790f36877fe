//! The C boundary: every `extern "C"` function, and all that is `unsafe`.
//!
//! One file per C type. Each function passes through [`guard`], which clears
//! out-parameters, checks pointers and catches panics; what a handle holds is
//! a type of the safe core. The comments here are the header's: build.rs turns
//! this module into `include/stytch.h`.

#![allow(non_camel_case_types)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]

mod alloc;
mod fork;
mod guard;

pub mod client;
pub mod error;
pub mod impersonation;
pub mod options;
pub mod response;
pub mod string;
pub mod version;
