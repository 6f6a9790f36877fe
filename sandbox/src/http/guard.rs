//! Keeps web pages of other sites away from the sandbox's own endpoints, which ask for no secret.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::app::App;
use crate::config::Config;

/// Refuses a request that a browser makes for another site: by its Origin, by Sec-Fetch-Site, or
/// by a Host that a foreign name was pointed at us with (DNS rebinding; an address or `localhost`
/// cannot be).
pub async fn same_site(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if let Err(error) = check(request.headers(), &app.config) {
        return error.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn check(headers: &HeaderMap, config: &Config) -> Result<(), ApiError> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str());
    let host = match text(header::HOST) {
        Some(Ok(host)) if is_ours(host, &config.allowed_hosts) => host,
        _ => {
            return Err(ApiError::forbidden(
                "This host name is not allowed here. Use an address or localhost, \
                 or start the sandbox with --allow-host NAME.",
            ));
        }
    };
    let scheme = if config.tls { "https" } else { "http" };
    let same_origin = match text(header::ORIGIN) {
        None => true,
        Some(origin) => origin.is_ok_and(|o| o.eq_ignore_ascii_case(&format!("{scheme}://{host}"))),
    };
    let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !same_origin || !matches!(fetch_site, None | Some(b"same-origin" | b"none")) {
        return Err(ApiError::forbidden(
            "Pages of other sites cannot use the sandbox from a browser.",
        ));
    }
    Ok(())
}

fn is_ours(host: &str, allowed: &[String]) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.split_once(']').map(|(address, _)| address);
        return address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok()
        || allowed
            .iter()
            .any(|allowed| name.eq_ignore_ascii_case(allowed))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn addresses_localhost_and_allowed_names_are_ours() {
        let allowed = ["sandbox.internal".to_owned()];
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]:80",
            "localhost:80",
            "LOCALHOST",
            "192.0.2.7:80",
            "sandbox.internal:80",
        ] {
            assert!(is_ours(host, &allowed), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:80",
            "[::1",
            "[x]",
            "sandbox.internal.example.com",
        ] {
            assert!(!is_ours(host, &allowed), "{host}");
        }
    }
}
