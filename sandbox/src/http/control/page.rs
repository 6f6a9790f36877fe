//! The page at `/sandbox`, on which one makes a token as in Stytch's dashboard, and sees the
//! sessions that were started.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

use super::members;
use crate::app::App;
use crate::ids::random_token;

const PAGE: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");
const SCRIPT: &str = include_str!("../page/page.js");

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sandbox", get(page))
}

/// Returns the page with this sandbox's people and credentials. It needs nothing from elsewhere,
/// and its policy lets it have nothing from elsewhere.
async fn page(State(app): State<Arc<App>>) -> Response {
    let nonce = random_token();
    let data = json!({
        "members": members::all(&app),
        "project_id": app.config.project_id,
        "secret": app.config.secret,
    });
    // Within <script> only "<" could end the data.
    let data = data.to_string().replace('<', "\\u003c");
    let page = PAGE
        .replace("{{style}}", STYLE.trim_end())
        .replace("{{script}}", SCRIPT.trim_end())
        .replace("{{nonce}}", &nonce)
        .replace("{{data}}", &data);
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
