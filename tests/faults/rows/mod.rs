//! The table: every case, in the order of the page.

mod arguments;
mod body;
mod cancelling;
mod connect;
mod descent;
mod fork;
mod framing;
mod heads;
mod host;
mod hosts;
mod interleaving;
mod keys;
mod look_up;
mod memory;
mod phases;
mod planted;
mod pool;
mod proxy;
mod queue;
mod session_bodies;
mod sessions;
mod status;
mod threads;
mod time;
mod tls;
mod trust;

use super::row::Row;

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(look_up::rows());
    rows.extend(connect::rows());
    rows.extend(proxy::rows());
    rows.extend(tls::before());
    rows.extend(tls::after());
    rows.extend(framing::rows());
    rows.extend(heads::rows());
    rows.extend(trust::rows());
    rows.extend(status::rows());
    rows.extend(body::rows());
    rows.extend(body::json());
    rows.extend(time::rows());
    rows.extend(pool::rows());
    rows.extend(sessions::rows());
    rows.extend(session_bodies::rows());
    rows.extend(keys::rows());
    rows.extend(cancelling::rows());
    rows.extend(cancelling::frees());
    rows.extend(queue::rows());
    rows.extend(threads::rows());
    rows.extend(fork::rows());
    rows.extend(host::rows());
    rows.extend(arguments::rows());
    rows.extend(planted::rows());
    rows.extend(interleaving::rows());
    rows.extend(descent::rows());
    rows.extend(hosts::rows());
    rows.extend(memory::rows());
    rows
}
