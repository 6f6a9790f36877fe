//! The page at `/sandbox`, on which one makes a token as in Stytch's dashboard.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::json;

use super::control::people;
use crate::app::App;
use crate::tokens::random_token;

const PAGE: &str = include_str!("page.html");

/// The page with this sandbox's people and credentials. It needs nothing from elsewhere, and its
/// policy lets it have nothing from elsewhere.
pub async fn page(State(app): State<Arc<App>>) -> Response {
    let nonce = random_token();
    let data = json!({
        "members": people(&app),
        "project_id": app.config.project_id,
        "secret": app.config.secret,
    });
    // Within <script> only "<" could end the data.
    let data = data.to_string().replace('<', "\\u003c");
    let page = PAGE.replace("{{nonce}}", &nonce).replace("{{data}}", &data);
    let policy = format!(
        "default-src 'none'; img-src data:; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = Html(page).into_response();
    let policy = HeaderValue::from_str(&policy).expect("a nonce is base64");
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
