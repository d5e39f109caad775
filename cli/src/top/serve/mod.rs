//! `pipewright top --serve`: a page with the loops, services, workers and queues, the same as JSON, and metrics for Prometheus.
//!
//! Each process of the machine can connect to the loopback interface, whichever user it belongs to, and so can each page
//! that a browser shows. So each request needs the token that is printed at the start, and has to name a loopback host
//! (`access`). One thread runs the server; another one asks the scripts (`watch`), so that a script that does not answer
//! delays no request.

mod access;
mod answer;
mod metrics;
mod watch;

use crate::print::print;
use access::Token;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pipewright::{Signal, program};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use watch::Watcher;

/// The number of connections at the same time. Further ones wait.
const MOST_CONNECTIONS: usize = 64;
/// The time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The time for a connection, which carries one request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The size of the head of a request, in bytes.
const MOST_HEAD: usize = 16 << 10;
/// The number of its fields.
const MOST_FIELDS: usize = 64;
/// The pause when the system has no descriptor left for a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// What the answers are made from.
struct Server {
    token: Token,
    watcher: Watcher,
}

/// Prints the address with the token, and serves until a signal ends this process.
///
/// # Errors
/// Fails with a message if the address is in use, or if the system lacks what it needs.
pub fn serve(address: SocketAddr) -> Result<u8, String> {
    let failed = |what: &str, error: &io::Error| format!("can't {what}: {}", pipewright::diag::reason(error));
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok((listener.local_addr()?, listener))
    });
    let (bound, listener) = listener.map_err(|error| failed(&format!("listen at {address}"), &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed("start", &error))?;
    let token = Token::new().map_err(|error| failed("make a token", &error))?;
    let url = format!("http://{bound}/?token={}\n", token.text());
    let watcher = Watcher::start().map_err(|error| failed("start a thread", &error))?;
    let server = Arc::new(Server { token, watcher });
    let ended: io::Result<_> = runtime.block_on(async {
        // From here on a signal ends it in order.
        let mut signals = signals()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let status = print(&url);
        if status != 0 {
            return Ok(Err(status));
        }
        tokio::spawn(accept(listener, server));
        Ok(signals.recv().await.ok_or(0))
    });
    // A connection that is open is closed, and a question to a script is not awaited.
    runtime.shutdown_background();
    match ended.map_err(|error| failed("wait for signals", &error))? {
        Ok(signal) => program::die_of(signal),
        Err(status) => Ok(status),
    }
}

/// Returns the signals that end it.
fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, signals) = mpsc::channel(1);
    for each in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM] {
        let mut stream = signal(SignalKind::from_raw(each.number()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            if stream.recv().await.is_some() {
                let _ = sender.send(each).await;
            }
        });
    }
    Ok(signals)
}

/// Accepts connections, as long as it is polled.
async fn accept(listener: tokio::net::TcpListener, server: Arc<Server>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = server.clone();
                tokio::spawn(async move {
                    // A client that is too slow, or sends no HTTP, gets no answer.
                    let _ = timeout(TIMEOUT, talk(stream, server)).await;
                    drop(place);
                });
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn talk(stream: TcpStream, server: Arc<Server>) -> hyper::Result<()> {
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, std::convert::Infallible>(server.answer(&request).await) }
    });
    http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MOST_HEAD)
        .max_headers(MOST_FIELDS)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await
}
