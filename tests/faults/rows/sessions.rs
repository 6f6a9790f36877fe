//! The calls after the token, each through every kind of fault: what they come to, and who repeats them.

use std::thread;
use std::time::Duration;

use crate::faults::answers::{error, whole};
use crate::faults::call::{
    Call, REQUEST_DELETE, REQUEST_GET, REQUEST_PATCH, REQUEST_POST, REQUEST_PUT, Repeat,
    SESSIONS_AUTHENTICATE, SESSIONS_GET, SESSIONS_GET_JWKS, SESSIONS_REVOKE,
};
use crate::faults::row::{Code, Delivery, Row, Target};
use crate::faults::server::Step::{self, Close, Handshake, Request, Reset, Send, Serve};

pub const CALLS: [(&str, &Call); 9] = [
    ("authenticate", &SESSIONS_AUTHENTICATE),
    ("revoke", &SESSIONS_REVOKE),
    ("get", &SESSIONS_GET),
    ("get_jwks", &SESSIONS_GET_JWKS),
    ("request GET", &REQUEST_GET),
    ("request POST", &REQUEST_POST),
    ("request PUT", &REQUEST_PUT),
    ("request PATCH", &REQUEST_PATCH),
    ("request DELETE", &REQUEST_DELETE),
];

/// How many attempts there are where the library may repeat: two retries are allowed.
const ATTEMPTS: usize = 3;

/// A call with its name, for rows of it.
#[derive(Clone, Copy)]
pub struct Of {
    pub name: &'static str,
    pub call: &'static Call,
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, call) in CALLS {
        let of = Of { name, call };
        rows.extend(of.statuses());
        rows.extend(of.broken());
        rows.extend(of.pooled());
        rows.extend(of.not_sent());
    }
    rows
}

impl Of {
    pub fn row(self, what: &str) -> Row {
        // The rows live as long as the process.
        let what = String::leak(format!("{}: {what}", self.name));
        Row::new("sessions", what).call(self.call)
    }

    /// What the call gets where all is well.
    fn good(self) -> Step {
        Send((self.call.response)())
    }

    fn is_repeated(self) -> bool {
        self.call.repeat == Repeat::ByLibrary
    }

    /// After a request that may have been carried out: how often it is made, and what the caller is told.
    fn repeated(self, row: Row) -> Row {
        let row = row.retryable(self.call.repeat != Repeat::Never);
        match self.is_repeated() {
            true => row.requests(ATTEMPTS).repeats(),
            false => row.requests(1),
        }
    }

    /// The first attempt fails so, the second would be fine.
    fn once(self, what: &str, first: Vec<Step>, fails: impl Fn(Row) -> Row) -> Row {
        let row = self
            .row(what)
            .serve_each(vec![first, vec![Request, self.good()]]);
        match self.is_repeated() {
            true => row.requests(2).repeats(),
            false => fails(row).requests(1),
        }
    }

    fn statuses(self) -> Vec<Row> {
        let refused = |status: &'static str, delivery| {
            let code = status[..3].parse().expect("a status");
            self.row(status)
                .serve(vec![Request, Send(error(status, "some_type", ""))])
                .fails(Code::Api, delivery)
                .status(code)
                .fields("some_type")
        };
        let rejected = |status| refused(status, Delivery::Rejected);
        let unknown = |status| {
            let one = [Request, Send(error(status, "some_type", ""))];
            let every = std::iter::repeat_n(one, ATTEMPTS).flatten().collect();
            self.repeated(refused(status, Delivery::Unknown).serve(every))
        };
        let limit = |fields: &str| Send(error("429 Too Many Requests", "limit", fields));
        let mut rows = vec![
            self.row("all is well").serve(vec![Request, self.good()]),
            rejected("400 Bad Request").retryable(false),
            rejected("404 Not Found").retryable(false),
            rejected("429 Too Many Requests").retryable(true),
            self.row("429 with Retry-After, then all is well")
                .serve(vec![
                    Request,
                    limit("Retry-After: 0\r\n"),
                    Request,
                    self.good(),
                ])
                .requests(2)
                .repeats()
                .connections(1),
            self.row("429 with Retry-After behind the deadline")
                .serve(vec![Request, limit("Retry-After: 60\r\n")])
                .fails(Code::Api, Delivery::Rejected)
                .retryable(true)
                .retry_after(60_000..=60_000),
            refused("501 Not Implemented", Delivery::Unknown).retryable(false),
            unknown("500 Internal Server Error"),
            unknown("503 Service Unavailable"),
            self.once(
                "502 with HTML, then all is well",
                vec![
                    Request,
                    Send(whole("502 Bad Gateway", "", b"<html>")),
                    Close,
                ],
                |row| {
                    row.fails(Code::Api, Delivery::Unknown)
                        .status(502)
                        .body("<html>")
                },
            ),
            self.row("302 is not followed")
                .serve_each(vec![
                    vec![
                        Request,
                        Send(whole("302 Found", "Location: /else\r\n", b"gone")),
                    ],
                    vec![Serve],
                ])
                .fails(Code::Api, Delivery::Unknown)
                .retryable(false)
                .body("gone"),
        ];
        if self.is_repeated() {
            rows.push(
                self.row("503 with Retry-After behind the deadline")
                    .serve(vec![
                        Request,
                        Send(error("503 Service Unavailable", "x", "Retry-After: 60\r\n")),
                    ])
                    .fails(Code::Api, Delivery::Unknown)
                    .retryable(true)
                    .retry_after(60_000..=60_000),
            );
            rows.push(
                self.row("503 where no retries are allowed")
                    .serve(vec![
                        Request,
                        Send(error("503 Service Unavailable", "x", "")),
                    ])
                    .retries(0)
                    .fails(Code::Api, Delivery::Unknown)
                    .retryable(true),
            );
        }
        rows
    }

    /// No response to what was sent.
    fn broken(self) -> Vec<Row> {
        let every = |what, script: Vec<Step>| self.repeated(self.row(what).serve(script).broke());
        vec![
            every("the connection ends before the head", vec![Request, Close]),
            every("the connection is reset", vec![Request, Reset]),
            every(
                "the response is garbage",
                vec![Request, Send(vec![0xA5; 500]), Close],
            ),
            every(
                "the head breaks off",
                vec![Request, Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Close],
            ),
            self.once(
                "the connection ends before the head, then all is well",
                vec![Request, Close],
                Row::broke,
            ),
        ]
    }

    fn pooled(self) -> Vec<Row> {
        let twice = |what, scripts: Vec<Vec<Step>>| {
            self.row(what).serve_each(scripts).requests(2).plan(|case| {
                case.warm_up();
                thread::sleep(Duration::from_millis(60));
                case.call();
            })
        };
        let first = |then: Step| vec![Request, self.good(), then];
        let mut rows = vec![
            twice("two calls share a connection", vec![vec![Serve]]).connections(1),
            twice(
                "an idle connection is closed",
                vec![first(Close), vec![Serve]],
            )
            .connections(2),
            twice(
                "an idle connection gives a response unasked",
                vec![first(self.good()), vec![Serve]],
            )
            .connections(2),
        ];
        let lost = twice(
            "an idle connection is closed while the request is on its way",
            vec![
                vec![Request, self.good(), Request, Close],
                vec![Request, self.good()],
            ],
        );
        rows.push(match self.is_repeated() {
            true => lost.requests(3).repeats().connections(2),
            false => lost.broke().requests(2).connections(1),
        });
        rows
    }

    fn not_sent(self) -> Vec<Row> {
        vec![
            self.row("nothing listens")
                .target(Target::Url("http://127.0.0.1:1"))
                .not_sent(Code::Connection)
                .retryable(true),
            self.row("the peer speaks no TLS")
                .tls()
                .serve(vec![Step::Bytes(200), Step::Raw(vec![0xA5; 400])])
                .not_sent(Code::Tls)
                .retryable(false),
            self.row("over TLS").tls().serve(vec![Handshake, Serve]),
        ]
    }
}

pub fn of(name: &str) -> Of {
    let (name, call) = CALLS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a call");
    Of { name, call }
}
