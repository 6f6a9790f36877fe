//! The project's RS256 keys: made at start, sign session JWTs, their public halves are served as
//! a JSON Web Key Set.
//!
//! ```text
//!              rotate              rotate
//!   serves  B A  ──────>  C B  ──────>  D C        a key's public half stays served for one
//!   signs   B             C             D          rotation more, as at Stytch for a month
//! ```
//!
//! So a set that a client cached before a rotation does not contain the key that signs now.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use ring::digest::{SHA256, digest};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::json;

use crate::ids::key_id;
use crate::schema::JWK;

/// One of the keys of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// Signs session JWTs now.
    #[default]
    Signing,
    /// Is served, and signed before the last rotation. The signing key, where no other is served.
    Previous,
    /// Was never served.
    Unpublished,
}

pub struct SigningKey {
    pub public: JWK,
    private: EncodingKey,
    check: DecodingKey,
}

impl SigningKey {
    fn generate() -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("an RSA key");
        let certificate = certificate(&key);
        let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
        let public = JWK {
            kty: "RSA".to_owned(),
            r#use: "sig".to_owned(),
            key_ops: vec!["verify".to_owned()],
            alg: "RS256".to_owned(),
            kid: key_id(),
            x5t_s256: STANDARD.encode(digest(&SHA256, &certificate)),
            x5c: vec![STANDARD.encode(certificate)],
            n: URL_SAFE_NO_PAD.encode(&n),
            e: URL_SAFE_NO_PAD.encode(&e),
        };
        let der = key.to_pkcs1_der().expect("a key that can be written");
        SigningKey {
            public,
            private: EncodingKey::from_rsa_der(der.as_bytes()),
            check: DecodingKey::from_rsa_raw_components(&n, &e),
        }
    }

    pub fn id(&self) -> &str {
        &self.public.kid
    }

    /// Returns the compact JWT of exactly these texts, whatever they are.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{payload}");
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, Algorithm::RS256)
                .expect("the key signs");
        format!("{signed}.{signature}")
    }

    /// Returns the header of a session JWT.
    pub fn header(&self) -> String {
        json!({ "typ": "JWT", "alg": "RS256", "kid": self.id() }).to_string()
    }

    /// Returns whether the signature over the text in front of it is by this key.
    pub fn verifies(&self, signed: &str, signature: &str) -> bool {
        let algorithm = Algorithm::RS256;
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.check, algorithm)
            .is_ok_and(|valid| valid)
    }
}

/// Returns a certificate for the key, signed with itself, as DER. A key set carries one for each key.
fn certificate(key: &RsaPrivateKey) -> Vec<u8> {
    let der = key.to_pkcs8_der().expect("a key that can be written");
    let pair =
        KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().to_vec().into(), &PKCS_RSA_SHA256)
            .expect("a key that can be read");
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "stytch-sandbox");
    let certificate = params.self_signed(&pair).expect("the key signs");
    certificate.der().to_vec()
}

/// A key that is made when it is first needed. That takes a moment.
type Slot = Arc<OnceLock<Arc<SigningKey>>>;

/// The keys of the process. Its sandboxes share them, each from the start, so that tests that
/// start many pay for few.
static POOL: Mutex<Vec<Slot>> = Mutex::new(Vec::new());
static UNPUBLISHED: OnceLock<Arc<SigningKey>> = OnceLock::new();

fn slot(index: usize) -> Slot {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    while pool.len() <= index {
        pool.push(Slot::default());
    }
    Arc::clone(&pool[index])
}

fn make(slot: &Slot) -> Arc<SigningKey> {
    Arc::clone(slot.get_or_init(|| Arc::new(SigningKey::generate())))
}

async fn wait(slot: Slot) -> Arc<SigningKey> {
    match slot.get() {
        Some(key) => Arc::clone(key),
        None => tokio::task::spawn_blocking(move || make(&slot))
            .await
            .expect("the key is made"),
    }
}

/// The keys of one sandbox.
pub struct Keys {
    state: Mutex<State>,
    maker: Option<thread::JoinHandle<()>>,
    /// Tells the maker that no further key is needed.
    stop: Arc<AtomicBool>,
}

struct State {
    /// The place in the pool of the next key.
    next: usize,
    /// The signing key first. Never empty.
    served: Vec<Slot>,
}

impl Keys {
    /// Starts to make the first two keys; listening does not wait for them.
    pub fn start() -> std::io::Result<Self> {
        let served = vec![slot(1), slot(0)];
        let slots = served.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let maker = match slots.iter().all(|slot| slot.get().is_some()) {
            true => None,
            false => Some(
                thread::Builder::new()
                    .name("sandbox-key".to_owned())
                    .spawn(move || {
                        for slot in &slots {
                            if !stopped.load(Ordering::Relaxed) {
                                make(slot);
                            }
                        }
                    })?,
            ),
        };
        Ok(Keys {
            state: Mutex::new(State { next: 2, served }),
            maker,
            stop,
        })
    }

    /// Returns the key that signs, once it is made.
    pub async fn signing(&self) -> Arc<SigningKey> {
        let slot = Arc::clone(&self.state().served[0]);
        wait(slot).await
    }

    /// Returns the keys that are served, the signing one first.
    pub async fn served(&self) -> Vec<Arc<SigningKey>> {
        let slots = self.state().served.clone();
        let mut keys = Vec::new();
        for slot in slots {
            keys.push(wait(slot).await);
        }
        keys
    }

    /// Does what [`signing`](Self::signing) and [`served`](Self::served) do, on a thread that may
    /// wait.
    pub fn served_now(&self) -> Vec<Arc<SigningKey>> {
        let slots = self.state().served.clone();
        slots.iter().map(make).collect()
    }

    pub fn get(&self, key: Key) -> Arc<SigningKey> {
        match key {
            Key::Signing => Arc::clone(&self.served_now()[0]),
            Key::Previous => self.served_now().pop().expect("there is always a key"),
            Key::Unpublished => {
                Arc::clone(UNPUBLISHED.get_or_init(|| Arc::new(SigningKey::generate())))
            }
        }
    }

    /// Lets a new key sign. The one that did is still served, unless it is to be forgotten.
    pub fn rotate(&self, keep_old: bool) {
        let next = {
            let mut state = self.state();
            state.next += 1;
            slot(state.next - 1)
        };
        // Made before it counts, so that no request waits for it.
        make(&next);
        let mut state = self.state();
        state.served.insert(0, next);
        state.served.truncate(if keep_old { 2 } else { 1 });
    }

    /// Serves the signing key alone.
    pub fn withdraw_old(&self) {
        self.state().served.truncate(1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(maker) = self.maker.take() {
            // If the maker panicked, that has shown already: no session could be made.
            let _ = maker.join();
        }
    }
}
