//! The library itself fails: a panic is planted, and must neither end the process nor change what is said of the
//! request.

use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{Handshake, Serve};

pub fn rows() -> Vec<Row> {
    let row = |what| {
        Row::new("defects", what)
            .serve(vec![Handshake, Serve])
            .tls()
    };
    vec![
        row("a panic before the request is sent")
            .planted("before-sending")
            .not_sent(Code::Internal),
        row("a panic after the request was sent")
            .planted("after-sending")
            .fails(Code::Internal, Delivery::Unknown),
        row("a panic in a call, and the client makes another")
            .planted("after-sending")
            .plan(|case| {
                case.call();
                case.call();
            })
            .requests(2)
            .connections(2),
    ]
}
