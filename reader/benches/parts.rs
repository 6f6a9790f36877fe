//! The parts of a call, timed one by one: the pass over a response that every
//! call makes, and looking into it by pointer.
//!
//!     cargo bench --package stytch-reader --bench parts

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stytch_reader::json::Document;

const RESPONSE: &[u8] = include_bytes!("../../benches/compare/answer.json");
const DEEP: &str =
    "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address";

fn response(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("response");
    group.throughput(Throughput::Bytes(RESPONSE.len() as u64));
    group.bench_function("check and leave a tape", |bencher| {
        bencher.iter(|| Document::parse(black_box(RESPONSE)).expect("it is whole"));
    });
    group.finish();
}

fn pointers(criterion: &mut Criterion) {
    let document = Document::parse(RESPONSE).expect("it is whole");
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

/// Each element or member in turn, from a text of 40,000.
fn loops(criterion: &mut Criterion) {
    const COUNT: usize = 40_000;
    let elements: Vec<_> = (0..COUNT).map(|at| format!("[{at}]")).collect();
    let members: Vec<_> = (0..COUNT).map(|at| format!("\"m{at}\":{at}")).collect();
    let text = format!(
        "{{\"a\":[{}],\"o\":{{{}}}}}",
        elements.join(","),
        members.join(",")
    );
    let document = Document::parse(text.as_bytes()).expect("it is whole");
    let mut group = criterion.benchmark_group("loop");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.sample_size(20);
    for (name, prefix, suffix) in [("elements", "/a/", "/0"), ("members", "/o/m", "")] {
        let pointers: Vec<_> = (0..COUNT)
            .map(|at| format!("{prefix}{at}{suffix}"))
            .collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let found = pointers.iter().filter(|at| document.pointer(at).is_some());
                assert_eq!(found.count(), COUNT);
            });
        });
    }
    group.finish();
}

criterion_group!(parts, response, pointers, loops);
criterion_main!(parts);
