//! `docs/fault-matrix.md`, from the table.

use std::fmt::Write;

use super::row::{Bound, Code, Delivery, Row, Ways};

fn outcome(row: &Row) -> (String, &'static str) {
    let Some((code, delivery)) = row.expected.failure else {
        return ("success".into(), "");
    };
    let code = match code {
        Code::Argument => "INVALID_ARGUMENT",
        Code::Connection => "CONNECTION",
        Code::Tls => "TLS",
        Code::Timeout => "TIMEOUT",
        Code::Transport => "TRANSPORT",
        Code::Api => "API",
        Code::InvalidResponse => "INVALID_RESPONSE",
        Code::Cancelled => "CANCELLED",
        Code::Busy => "BUSY",
        Code::Internal => "INTERNAL",
        Code::Token => "INVALID_TOKEN",
    };
    let delivery = match delivery {
        Delivery::Unknown => "UNKNOWN",
        Delivery::NotSent => "NOT_SENT",
        Delivery::Rejected => "REJECTED",
        Delivery::Accepted => "ACCEPTED",
    };
    (code.into(), delivery)
}

fn bound(row: &Row) -> String {
    match row.expected.bound {
        Bound::Soon => "2 s".into(),
        Bound::Under(bound) => format!("{} ms", bound.as_millis()),
        Bound::Cancelled => "100 ms + 50".into(),
        Bound::Deadline => format!("{} ms + 50", row.options.timeout_ms),
        Bound::ConnectDeadline => format!("{} ms + 50", row.options.connect_timeout_ms),
    }
}

/// The page, from the rows in their order.
pub fn page(rows: &[Row]) -> String {
    let count = |is: fn(&&Row) -> bool| rows.iter().filter(is).count();
    let both = count(|row| row.ways == Ways::Both);
    let queued = count(|row| row.ways == Ways::Queue);
    let mut text = format!(
        "{INTRODUCTION}\n{} cases are tried: {both} both ways, {queued} through a queue alone, {} blocking alone.\n",
        rows.len(),
        rows.len() - both - queued
    );
    text.push_str(&reasons(rows));
    let mut area = "";
    for row in rows {
        if row.area != area {
            area = row.area;
            write!(
                text,
                "\n## {}{}\n\n| what happens | code | delivery | requests | within |\n| --- | --- | --- | --- | --- |\n",
                area[..1].to_uppercase(),
                &area[1..]
            )
            .expect("a string takes all");
        }
        let (code, delivery) = outcome(row);
        writeln!(
            text,
            "| {} | {code} | {delivery} | {} | {} |",
            row.what.clone() + mark(row),
            row.expected
                .requests
                .map_or("many".into(), |count| count.to_string()),
            bound(row)
        )
        .expect("a string takes all");
    }
    text
}

fn mark(row: &Row) -> &'static str {
    match row.ways {
        Ways::Both => "",
        Ways::Blocking(_) => " (blocking)",
        Ways::Queue => " (queue)",
    }
}

/// Why some are not run through a queue, in the order in which the reasons come.
fn reasons(rows: &[Row]) -> String {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for row in rows {
        let Ways::Blocking(reason) = row.ways else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let lines = reasons.iter();
    lines
        .map(|(reason, count)| format!("\n- {count} blocking alone: {reason}"))
        .chain(["\n".into()])
        .collect()
}

const INTRODUCTION: &str = "\
<!-- Generated from tests/faults by `UPDATE_DOCS=1 cargo test --test fault_matrix`. -->
# The fault matrix

An impersonation token works once. When a call goes wrong, the library says what became of the
token, and this page lists what was tried to find it wrong. Each line is a case of
`cargo test --test fault_matrix`, which generates this page from the same table. Each is run twice
with the same expectations: with the functions that block, and with calls that are started on a
queue, waited for with `poll` and taken; unless a line says that it is run in one way alone.

- **Code** and **delivery** are what `stytch_error_code()` and `stytch_error_delivery()` say.
- **Requests** is how many requests the server counted, complete or not. No token is sent again
  once a byte of a request that carries it has left, unless the server refused it with status 429
  and said when to come back. Calls that only read (GET) are repeated, twice at most.
- **Within** is how long the call may take. `400 ms + 50` means a deadline of 400 ms: not before
  it, and at most 50 ms after it. A case that is late while others run beside it is run again
  alone, and passes if it keeps to its bound in most of three runs. For a call that is cancelled
  `100 ms + 50` counts from `stytch_call_cancel()` until the descriptor of its queue is readable.

Besides, in every case:

- the process neither crashes nor hangs, and prints nothing;
- no thread, descriptor or memory is left over when the client is freed;
- no token, secret or password stands in the message or in what is printed;
- the proxies that the environment names are not used: there is nothing where they point to;
- a token that was reported as NOT_SENT is used again, and works.
";
