//! The library itself fails: a panic is planted, and must neither end the process nor change what is said of the
//! request.

use crate::faults::answers::{error, refusal};
use crate::faults::row::{Code, Delivery, Row};
use crate::faults::server::Step::{Handshake, Request, Send, Serve};

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
        row("a panic after the head of a 200")
            .planted("after-response")
            .fails(Code::Internal, Delivery::Accepted)
            .status(200),
        row("a panic after the head of a 401")
            .serve(vec![Handshake, Request, Send(refusal())])
            .planted("after-response")
            .fails(Code::Internal, Delivery::Rejected)
            .status(401),
        row("a panic after the head of a 502")
            .serve(vec![
                Handshake,
                Request,
                Send(error("502 Bad Gateway", "gateway", "")),
            ])
            .planted("after-response")
            .fails(Code::Internal, Delivery::Unknown)
            .status(502),
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
