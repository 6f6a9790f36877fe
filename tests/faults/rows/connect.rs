//! From an address to a connection.

use crate::faults::row::{Code, Row, Target};
use crate::faults::server::Step::Close;

pub fn rows() -> Vec<Row> {
    let row = |what| Row::new("connect", what);
    vec![
        row("nothing goes wrong"),
        row("the connection is refused")
            .target(Target::Url("http://127.0.0.1:1"))
            .not_sent(Code::Connection)
            .says("connecting to 127.0.0.1:1")
            .says("refused"),
        row("the network is unreachable")
            .target(Target::Url("https://224.0.0.1:{port}"))
            .not_sent(Code::Connection)
            .says("unreachable"),
        row("the connection is closed at once")
            .serve(vec![Close])
            .broke()
            .requests(1),
    ]
}
