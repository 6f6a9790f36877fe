//! The project's RS256 key: made at start, signs session JWTs, its public half is served as JWKS.

use std::sync::{Arc, OnceLock};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

pub struct SigningKey {
    id: String,
    private: EncodingKey,
    public: Value,
}

impl SigningKey {
    fn generate() -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("an RSA key");
        let id = format!("jwk-test-{}", Uuid::new_v4());
        let public = json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
            "key_ops": ["verify"],
            "kid": id,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
            "use": "sig",
        });
        let der = key.to_pkcs1_der().expect("a key that can be written");
        SigningKey {
            id,
            private: EncodingKey::from_rsa_der(der.as_bytes()),
            public,
        }
    }

    /// The claims as a compact JWT.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let header = Header {
            kid: Some(self.id.clone()),
            ..Header::new(Algorithm::RS256)
        };
        jsonwebtoken::encode(&header, claims, &self.private).expect("the key signs JSON")
    }

    /// The public half as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.public] })
    }
}

/// A key that is being made: it takes a moment, and listening does not wait for it.
///
/// Sandboxes of one process share it, so that tests that start many pay once.
pub struct PendingKey {
    ready: watch::Receiver<Option<Arc<SigningKey>>>,
    maker: Option<thread::JoinHandle<()>>,
}

static KEY: OnceLock<Arc<SigningKey>> = OnceLock::new();

impl PendingKey {
    pub fn start() -> std::io::Result<Self> {
        let (sender, ready) = watch::channel(KEY.get().cloned());
        let maker = match KEY.get() {
            Some(_) => None,
            None => Some(
                thread::Builder::new()
                    .name("sandbox-key".to_owned())
                    .spawn(move || {
                        let key = KEY.get_or_init(|| Arc::new(SigningKey::generate()));
                        sender.send_replace(Some(Arc::clone(key)));
                    })?,
            ),
        };
        Ok(PendingKey { ready, maker })
    }

    pub async fn wait(&self) -> Arc<SigningKey> {
        let mut ready = self.ready.clone();
        let key = ready
            .wait_for(Option::is_some)
            .await
            .expect("the key is made");
        Arc::clone(key.as_ref().expect("waited for"))
    }
}

impl Drop for PendingKey {
    fn drop(&mut self) {
        if let Some(maker) = self.maker.take() {
            // A maker that panicked has left its mark already: no session could be made.
            let _ = maker.join();
        }
    }
}
