//! The parts of a call, timed one by one: the look at an answer that every call
//! takes, looking into it by pointer, and crossing the C boundary for nothing.
//!
//!     cargo bench --bench parts

use std::hint::black_box;
use std::ptr;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stytch::ffi::error::stytch_error_code;
use stytch::ffi::impersonation::stytch_impersonation_authenticate;
use stytch::json::{Document, Fields};

const ANSWER: &[u8] = include_bytes!("compare/answer.json");
const DEEP: &str =
    "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address";

fn answer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answer");
    group.throughput(Throughput::Bytes(ANSWER.len() as u64));
    group.bench_function("check and find the named fields", |bencher| {
        bencher.iter(|| Fields::find(black_box(ANSWER)).expect("it is whole"));
    });
    group.bench_function("index for pointers", |bencher| {
        bencher.iter(|| Document::parse(black_box(ANSWER)).expect("it is whole"));
    });
    group.finish();
}

fn pointers(criterion: &mut Criterion) {
    let document = Document::parse(ANSWER).expect("it is whole");
    let mut group = criterion.benchmark_group("pointer");
    for (name, pointer) in [
        ("near", "/member/name"),
        ("deep", DEEP),
        ("absent", "/member/nobody"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| document.pointer(black_box(pointer)).is_some());
        });
    }
    group.finish();
}

fn boundary(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boundary");
    group.bench_function("stytch_error_code(NULL)", |bencher| {
        // SAFETY: the function takes NULL.
        bencher.iter(|| unsafe { stytch_error_code(black_box(ptr::null())) });
    });
    group.bench_function("stytch_impersonation_authenticate(NULL, …)", |bencher| {
        // SAFETY: the function takes NULL, and refuses a client that is.
        bencher.iter(|| unsafe {
            stytch_impersonation_authenticate(
                black_box(ptr::null()),
                c"token".as_ptr(),
                ptr::null_mut(),
            )
        });
    });
    group.finish();
}

criterion_group!(parts, answer, pointers, boundary);
criterion_main!(parts);
