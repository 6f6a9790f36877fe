#![forbid(unsafe_code)]
pub mod schema;
