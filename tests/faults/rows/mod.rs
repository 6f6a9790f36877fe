//! The table: every case, in the order of the page.

mod body;
mod connect;
mod framing;
mod status;
mod time;
mod tls;

use super::row::Row;

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(connect::rows());
    rows.extend(tls::before());
    rows.extend(tls::after());
    rows.extend(framing::rows());
    rows.extend(status::rows());
    rows.extend(body::rows());
    rows.extend(body::json());
    rows.extend(time::rows());
    rows
}
