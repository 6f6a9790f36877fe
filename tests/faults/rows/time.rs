//! One deadline for the whole call.

use std::time::Duration;

use crate::faults::answers::{chunk, chunked, error, session, session_body};
use crate::faults::row::{Bound, Code, Delivery, Row};
use crate::faults::server::Step::{
    Drip, Forever, Handshake, Ignore, KeyUpdates, Request, Send, Wait,
};

const SLOWLY: Duration = Duration::from_millis(10);

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("time", what).timeout(400);
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n".to_vec();
    vec![
        row("the peer never answers")
            .serve(vec![Request, Wait(3_000)])
            .late(Delivery::Unknown)
            .says("waiting for a response")
            .connections(1),
        row("the peer never reads")
            .serve(vec![Ignore])
            .late(Delivery::Unknown)
            .connections(1),
        row("the peer never reads, and the request does not fit into the buffers")
            .serve(vec![Ignore])
            .shim("sndbuf=4096")
            .plan(|case| case.call_raw(Some(&[b'"'; 8192])))
            .late(Delivery::Unknown)
            .says("sending the request")
            // The client's end stands behind bytes that nobody reads.
            .uncounted()
            .connections(1),
        row("the headers drip")
            .serve(vec![Request, Drip(session(), SLOWLY)])
            .late(Delivery::Unknown),
        row("interim answers drip")
            .serve(vec![
                Request,
                Drip(
                    "HTTP/1.1 100 Continue\r\n\r\n".repeat(60).into_bytes(),
                    Duration::from_millis(2),
                ),
            ])
            .late(Delivery::Unknown),
        row("the body of a 200 drips")
            .serve(vec![
                Request,
                Send(head.clone()),
                Drip(vec![b'{'; 500], SLOWLY),
            ])
            .late(Delivery::Accepted)
            .status(200),
        row("the chunks of a 200 drip")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()),
                Drip(b"1\r\n{\r\n".repeat(100), Duration::from_millis(3)),
            ])
            .late(Delivery::Accepted)
            .status(200),
        row("the body of a 401 drips")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n".to_vec()),
                Drip(vec![b'{'; 500], SLOWLY),
            ])
            .fails(Code::Api, Delivery::Rejected)
            .bound(Bound::Deadline)
            .status(401),
        row("the body of a 503 stalls")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 500\r\n\r\n{".to_vec()),
                Wait(2_000),
            ])
            .fails(Code::Api, Delivery::Unknown)
            .bound(Bound::Deadline)
            .status(503),
        row("the headers come byte by byte, without a pause and without end")
            .serve(vec![
                Request,
                Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Drip(vec![b'x'; 60_000], Duration::ZERO),
                Wait(1_000),
            ])
            .late(Delivery::Unknown),
        row("interim answers that are never whole, without a pause")
            .serve(vec![
                Request,
                // All in all 120 fields and 60,000 bytes, so neither the limit of 128 nor that of 64 KiB can be reached;
                // and a byte takes 10 µs or more, so the last one comes after the deadline, on any machine.
                Drip(
                    format!("HTTP/1.1 103 E\r\nA: {}", "a".repeat(481))
                        .repeat(120)
                        .into_bytes(),
                    Duration::from_micros(10),
                ),
                Wait(1_000),
            ])
            .late(Delivery::Unknown),
        row("TLS 1.3 changes its keys without end")
            .tls()
            .serve(vec![Handshake, Request, KeyUpdates])
            .broke(),
        row("the trailers of a session have no end")
            .serve(vec![
                Request,
                Send(endless_chunked("0\r\n")),
                Forever(b"X: y\r\n".to_vec()),
            ])
            .body(session_body())
            .under(450),
        row("a trailer of a session has no end")
            .serve(vec![
                Request,
                Send(endless_chunked("0\r\nX: ")),
                Forever(vec![b'y'; 4096]),
            ])
            .body(session_body())
            .under(450),
        row("the size of the chunk behind a session has no end")
            .serve(vec![
                Request,
                Send(endless_chunked("")),
                Forever(vec![b'0'; 4096]),
            ])
            .body(session_body())
            .under(450),
        row("the extension of the chunk behind a session has no end")
            .serve(vec![
                Request,
                Send(endless_chunked("5;x=")),
                Forever(vec![b'y'; 4096]),
            ])
            .body(session_body())
            .under(450),
        row("the body comes in empty chunks' worth of one byte, without a pause")
            .serve(vec![
                Request,
                Send(chunked(b"")),
                Forever(b"1\r\n \r\n".to_vec()),
            ])
            .fails(Code::Timeout, Delivery::Accepted)
            .under(450),
        row("the answer comes just in time")
            .serve(vec![Request, Wait(200), Send(session())])
            .under(400),
        row("429 whose Retry-After does not fit into the time left")
            .serve(vec![
                Request,
                Send(error(
                    "429 Too Many Requests",
                    "too_many_requests",
                    "Retry-After: 1\r\n",
                )),
            ])
            .fails(Code::Api, Delivery::Rejected)
            .under(350),
    ]
}

/// A session in one chunk, and what stands behind it.
fn endless_chunked(then: &str) -> Vec<u8> {
    chunked(format!("{}{then}", chunk(&session_body())).as_bytes())
}
