//! An RSA key of any length for a TLS server: ring makes none, and signs with none below 2048 bits.

use rcgen::PublicKeyData;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pss::BlindedSigningKey;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use rsa::{RsaPrivateKey, RsaPublicKey};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

const SCHEME: SignatureScheme = SignatureScheme::RSA_PSS_SHA256;

#[derive(Clone, Debug)]
pub struct Key {
    private: RsaPrivateKey,
    public_der: Vec<u8>,
}

pub fn generate(bits: usize) -> Key {
    let private = RsaPrivateKey::new(&mut OsRng, bits).expect("a key");
    let public = RsaPublicKey::from(&private).to_pkcs1_der();
    Key {
        private,
        public_der: public.expect("a key").into_vec(),
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public_der
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SCHEME)
            .then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let key = BlindedSigningKey::<Sha256>::new(self.private.clone());
        Ok(key.sign_with_rng(&mut OsRng, message).to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}
