//! The parts of a call, timed one by one: the look at an answer that every call
//! takes, and looking into it by pointer.
//!
//!     cargo bench --package stytch-core --bench parts

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stytch_core::json::{Document, Fields};

const ANSWER: &[u8] = include_bytes!("../../benches/compare/answer.json");
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

criterion_group!(parts, answer, pointers);
criterion_main!(parts);
