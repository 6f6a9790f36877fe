//! A subject of benches/jwt: ring's bare verification of the same signature. The
//! key's modulus and exponent are at hand, as they are for libstytch.
//!
//!     ring FOLDER, with turns from standard input as in benches/jwt/turns.h

use std::error::Error;
use std::fs;
use std::io::stdin;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nix::time::{ClockId, clock_gettime};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: ring FOLDER")?);
    let token = fs::read_to_string(folder.join("token"))?;
    let (signed, signature) = token.rsplit_once('.').ok_or("a dot")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    // RSAPublicKey of PKCS #1: a sequence of two integers, the modulus with a zero before it.
    let der = fs::read(folder.join("public.der"))?;
    let key = RsaPublicKeyComponents {
        n: der.get(9..265).ok_or("a key of 2048 bits")?,
        e: &[1, 0, 1][..],
    };
    for line in stdin().lines() {
        let count: u32 = line?.trim().parse()?;
        let (cpu, clock) = (cpu_time()?, Instant::now());
        for _ in 0..count {
            key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
                .map_err(|_| "ring refuses the signature")?;
        }
        let (cpu, clock) = (cpu_time()? - cpu, clock.elapsed());
        println!("{} {}", cpu.as_nanos(), clock.as_nanos());
    }
    Ok(())
}

fn cpu_time() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from)
}
