//! The bounds that the transport keeps, in one place.

use std::time::Duration;

/// RFC 9112, section 2.2, leaves the bound to us; ureq reads 128 fields.
pub const HEADER_LIMIT: usize = 64 * 1024;
/// How many interim (1xx) responses may come before the final one.
pub const MOST_INTERIM: usize = 64;
/// How many idle connections a client keeps: as many as threads that a busy
/// process may have in calls at once.
pub const MOST_IDLE: usize = 64;
/// Half of the 60 s after which common load balancers drop an idle connection,
/// so that the drop does not meet a request on its way.
pub const MOST_IDLE_AGE: Duration = Duration::from_secs(30);
/// How much earlier than the server says an idle connection is given up: the
/// request needs some time to get there.
pub const KEEP_ALIVE_MARGIN: Duration = Duration::from_secs(1);
