//! libstytch's readers: what bytes mean, and nothing else.
//!
//! [`head`] and [`chunked`] read the framing of a response (RFC 9112). [`json`]
//! reads responses and never loses a session; [`json::strict`] reads
//! what must not have two meanings; [`jwt`] verifies session JWTs. They are a
//! package of their own because they are the library's hot loops: the release
//! build makes them quick and the rest small.

#![forbid(unsafe_code)]
#![warn(unused_qualifications)]

pub mod chunked;
pub mod head;
pub mod json;
pub mod jwt;
pub mod wipe;
