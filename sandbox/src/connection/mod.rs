//! Accepts connections and serves HTTP/1.1 on each, over TLS where asked.

mod stream;
pub mod tls;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

pub use stream::{Cut, Ending, Plan, Script};
use stream::{ScriptedStream, Transport};

/// Serves connections until told to stop.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    mut stop: oneshot::Receiver<Infallible>,
) {
    let tls = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _)) => {
                tokio::spawn(greet(tcp, tls.clone(), router.clone()));
            }
            // Most likely the process has run out of descriptors: wait until some are free.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn greet(tcp: TcpStream, tls: Option<TlsAcceptor>, router: Router) {
    // Sends small responses at once. If that cannot be set, they are sent a little later.
    let _ = tcp.set_nodelay(true);
    match tls {
        None => converse(tcp, router).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(tcp).await {
                converse(stream, router).await;
            }
        }
    }
}

/// Serves one connection, from its first request to its end.
async fn converse(transport: impl Transport + 'static, router: Router) {
    let script = Script::default();
    let stream = ScriptedStream::new(transport, script.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(script.clone());
        let response = router.clone().oneshot(request.map(Body::new));
        async { response.await as Result<Response<Body>, Infallible> }
    });
    // Most errors here are faults that a test asked for; the client sees how the connection ended.
    let _ = http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
