//! Answers as Stytch gives them, and the pieces that wrong ones are made of.

/// Stands in every session token that the servers here give out.
pub const SESSION_MARK: &str = "sessionmark3e8a";

/// The body of a session, as small as one may be.
pub fn session_body() -> String {
    format!(
        r#"{{"status_code":200,"request_id":"request-id-1","member_id":"member-1","organization_id":"organization-1","session_token":"{SESSION_MARK}","session_jwt":"jwt-{SESSION_MARK}","member":{{"name":"Ada"}}}}"#
    )
}

/// A whole answer with a length.
pub fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    whole("200 OK", "", body.as_ref())
}

pub fn session() -> Vec<u8> {
    ok(session_body())
}

/// A session whose body says that it is `missing` bytes longer than it is.
pub fn short_by(missing: usize) -> Vec<u8> {
    let body = session_body();
    let length = body.len() + missing;
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// An error body with every field.
pub fn error_body(status: u16, error_type: &str) -> String {
    format!(
        r#"{{"status_code":{status},"request_id":"request-id-9","error_type":"{error_type}","error_message":"Some words.","error_url":"https://stytch.com/docs/errors"}}"#
    )
}

pub fn error(status: &str, error_type: &str, headers: &str) -> Vec<u8> {
    let code = status[..3].parse().expect("a status");
    whole(status, headers, error_body(code, error_type).as_bytes())
}

pub fn refusal() -> Vec<u8> {
    error("401 Unauthorized", "unable_to_auth_impersonation_token", "")
}

/// A chunked answer: its chunks as they stand, the last one included or not.
pub fn chunked(chunks: &[u8]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    answer.extend_from_slice(chunks);
    answer
}

pub fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}
