//! Ids and tokens: random, in the form of Stytch's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use uuid::Uuid;

/// Returns a request id as Stytch's test environment makes them.
pub fn request_id() -> String {
    format!("request-id-test-{}", Uuid::new_v4())
}

/// Returns the id of a new session.
pub fn member_session_id() -> String {
    format!("session-test-{}", Uuid::new_v4())
}

/// Returns the id of a new signing key.
pub fn key_id() -> String {
    format!("jwk-test-{}", Uuid::new_v4())
}

/// Returns 256 random bits in the form of Stytch's tokens. It never starts with a hyphen, so that
/// it can be an argument of any program.
pub fn random_token() -> String {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        let token = URL_SAFE.encode(bytes);
        if !token.starts_with('-') {
            return token;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::random_token;

    #[test]
    fn tokens_differ_and_can_stand_as_an_argument() {
        let tokens: std::collections::HashSet<_> = (0..1000).map(|_| random_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(
            tokens
                .iter()
                .all(|token| token.len() == 44 && !token.starts_with('-'))
        );
    }
}
