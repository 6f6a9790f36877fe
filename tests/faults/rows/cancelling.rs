//! Calls that end in flight, wherever they are: cancelled, or with what they need freed. What is said of the request
//! is true, the connection is not used again, and the next call works.

use super::phases::{LONG, awaiting, phases};
use crate::faults::answers::{self, session};
use crate::faults::flight::{Deed, Reached};
use crate::faults::row::{Bound, Code, Delivery, Row, Target};
use crate::faults::server::Step::{Handshake, Request, Ring, Send, Serve, Wait};

pub fn rows() -> Vec<Row> {
    let mut rows = phases("cancellation", Deed::Cancel);
    let row = |what| Row::new("cancellation", what);
    let waiting = |what, deed| awaiting(row(what), false).flight(Reached::Bell, deed);
    rows.extend([
        waiting("twice, by two threads", Deed::CancelTwice),
        row("after it has finished: its result stands")
            .requests(2)
            .connections(1)
            .bound(Bound::Cancelled)
            .flight(Reached::Finished, Deed::Cancel),
        row("when a refusal has finished: its result stands")
            .serve(vec![Request, Send(answers::refusal()), Serve])
            .fails(Code::Api, Delivery::Rejected)
            .status(401)
            .requests(2)
            .connections(1)
            .bound(Bound::Cancelled)
            .flight(Reached::Finished, Deed::CancelTwice),
    ]);
    rows.extend(arrived());
    rows
}

/// The same places, where something is freed.
pub fn frees() -> Vec<Row> {
    let mut rows = phases("freeing the client in flight", Deed::FreeClient);
    rows.extend(phases("freeing the call in flight", Deed::FreeCall));
    rows.extend(phases("freeing the queue in flight", Deed::FreeQueue));
    rows.extend(phases("freeing all in a child, in flight", Deed::Fork));
    rows
}

/// The response is in the socket already, and the library is about to read it.
fn arrived() -> Vec<Row> {
    let row = |what, is_tls: bool, answer: Vec<u8>| {
        let row = Row::new("cancellation", what);
        let mut first = vec![Request, Send(answer), Ring, Wait(LONG)];
        let mut then = vec![Serve];
        if is_tls {
            first.insert(0, Handshake);
            then.insert(0, Handshake);
        }
        let target = if is_tls { Target::Https } else { Target::Http };
        row.target(target)
            .serve_each(vec![first, then])
            // So much later it reads what is there.
            .shim("late=200")
            .requests(2)
            .connections(2)
            .under(200 + 150)
            .flight(Reached::Bell, Deed::Cancel)
    };
    let (plain, tls) = (false, true);
    vec![
        row("a session is in the socket", plain, session()),
        row("a session is in the socket, over TLS", tls, session()),
        row("a refusal is in the socket", plain, answers::refusal())
            .fails(Code::Api, Delivery::Rejected)
            .status(401)
            .fields("unable_to_auth_impersonation_token"),
        row(
            "the head of a 200 and half its body are in the socket",
            plain,
            answers::short_by(0)[..80].to_vec(),
        )
        .fails(Code::Cancelled, Delivery::Accepted)
        .status(200)
        .retryable(false),
    ]
}
