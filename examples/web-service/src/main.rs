//! `POST /run` takes a pipeline and streams its output. A client may run a few programs on the files of one folder,
//! for some seconds, and nothing else.
//!
//! ```sh
//! cargo run -- DATA_DIRECTORY 127.0.0.1:8080
//! curl --no-buffer --data-binary 'sort names | uniq -c | head -n 3' http://127.0.0.1:8080/run
//! ```
//!
//! When a client disconnects, its run is ended and no process is left.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_core::Stream;
use pipewright::policy::{Rules, Subject};
use pipewright::{CancelToken, Engine, Error, Limits, Output, RunOptions, Running, Script, Session, Value};
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{env, fs};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Programs that neither start other programs nor write files, with the words that they accept. Programs that open
/// files by name get them by `<`, which the policy sees: `sort < names`, not `sort names`.
const PROGRAMS: &[&[&str]] = &[
    &["sort"],
    &["sort", "-[nrufb]"],
    &["uniq"],
    &["uniq", "-[cdu]"],
    &["head", "-n", "*"],
    &["tail", "-n", "*"],
    &["wc", "-[lwc]"],
    &["tr", "?*", "?*"],
    &["cut", "-d?", "-f*"],
    &["cat"],
    &["sleep", "*"],
];

fn engine(data: &Path) -> Result<Engine, Box<dyn std::error::Error>> {
    let inside = format!("{}/**", data.display());
    let mut rules = Rules::new().allow(Subject::Read, &inside)?;
    for command in PROGRAMS {
        rules = rules.allow_run(command)?;
    }
    // The rules hold the interpreter to what is allowed, and the sandbox holds the programs to it.
    let folder = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let sandbox = RunOptions::new([
        ("net", Value::from(false)),
        ("read", vec!["/usr", folder].into()),
        ("memory", "256M".into()),
        ("cpu_time", "10s".into()),
    ]);
    Ok(Engine::builder().policy(rules).limits(Limits::untrusted()).options(sandbox).build()?)
}

/// Creates the session of a request: the folder, and no environment but PATH.
fn session(engine: &Engine, data: &Path) -> io::Result<Session> {
    let mut session = engine.session();
    session.clear_env();
    session.set_env("PATH", "/usr/bin:/bin")?;
    session.set_cwd(data)?;
    Ok(session)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let (Some(data), Some(address)) = (args.next(), args.next()) else {
        return Err("usage: web-service DATA_DIRECTORY ADDRESS:PORT".into());
    };
    let data = fs::canonicalize(data)?;
    let session = session(&engine(&data)?, &data)?;
    let service = Router::new().route("/", get(usage)).route("/run", post(run)).with_state(session);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(&address).await?;
        println!("listening on {}", listener.local_addr()?);
        axum::serve(listener, service).await
    })?;
    Ok(())
}

/// Runs the service's own script, under the same policy.
async fn usage(State(mut session): State<Session>) -> Response {
    let script = pipewright::script!(include_str!("../scripts/usage.pw"));
    // It may take a moment, and this thread serves other requests during that time.
    let text = tokio::task::spawn_blocking(move || session.run(script).read()).await;
    match text {
        Ok(Ok(text)) => text.into_response(),
        Ok(Err(error)) => page(StatusCode::INTERNAL_SERVER_ERROR, error.render(false, 100)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Runs a pipeline of a client. An error before it begins sets the HTTP status. A later error is the end of the text.
async fn run(State(session): State<Session>, text: Bytes) -> Response {
    // `alone`, because `use` would read files before the policy is asked.
    let script = match Script::builder("request").alone().parse(text) {
        Ok(script) => script,
        Err(error) => return page(StatusCode::BAD_REQUEST, error.render(false, 100)),
    };
    if let Err(error) = session.engine().check(&script) {
        return page(StatusCode::FORBIDDEN, error.render(false, 100));
    }
    // Only a few chunks, so a client that reads slowly slows the pipeline down.
    let (sender, chunks) = channel(4);
    match start(session, &script, sender.clone()) {
        Ok((running, token)) => {
            tokio::spawn(async move {
                if let Err(error) = running.wait_async().await {
                    // The client may have disconnected.
                    let _ = sender.send(Bytes::from(error.render(false, 100))).await;
                }
            });
            Body::from_stream(Printed { chunks, token }).into_response()
        }
        Err(error) => page(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

fn start(
    mut session: Session,
    script: &Script,
    chunks: Sender<Bytes>,
) -> Result<(Running, CancelToken), Box<dyn std::error::Error>> {
    let token = CancelToken::new()?;
    let output = |chunks: Sender<Bytes>| Output::Writer(Box::new(Chunks(chunks)));
    let run = session.run(script).cancel(&token).stdout(output(chunks.clone())).stderr(output(chunks));
    let running = run.start().map_err(|error: Error| error.to_string())?;
    Ok((running, token))
}

/// The output of a run. It is called on a thread of the library, which may block.
struct Chunks(Sender<Bytes>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.blocking_send(Bytes::copy_from_slice(bytes)) {
            Ok(()) => Ok(bytes.len()),
            // The client has disconnected.
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The output of a run, as the body of the answer. It is dropped when the answer is complete, or when the client
/// disconnects.
struct Printed {
    chunks: Receiver<Bytes>,
    token: CancelToken,
}

impl Stream for Printed {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_recv(context).map(|chunk| chunk.map(Ok))
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

fn page(status: StatusCode, text: String) -> Response {
    (status, text).into_response()
}
