//! The calls of the API, one resource a file. A call says what it sends and
//! what makes the response a success; [`Sender`](crate::sender::Sender) does
//! the rest, and knows none of them.

pub mod impersonation;
pub mod request;
pub mod session_jwt;
pub mod sessions;
