//! `POST /run` takes a pipeline and streams what it prints. Whoever sends it may run a handful of programs on the files
//! of one folder, for some seconds, and nothing else.
//!
//! ```sh
//! cargo run -- DATA_DIRECTORY 127.0.0.1:8080
//! curl --no-buffer --data-binary 'sort names | uniq -c | head -n 3' http://127.0.0.1:8080/run
//! ```
//!
//! A client that goes away takes its run along: no process is left.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_core::Stream;
use pipewright::policy::{Rules, Subject};
use pipewright::{CancelToken, Engine, Error, Limits, Output, Running, Script, Session};
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{env, fs};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Programs that neither start others nor write files, with what their words may be. Those that open files by name get
/// theirs by `<`, which the policy sees: `sort < names`, not `sort names`.
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
    Ok(Engine::builder().policy(rules).limits(Limits::untrusted()).build()?)
}

/// What a request works in: no environment but PATH, and the folder.
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

/// Our own script, under the same policy.
async fn usage(State(mut session): State<Session>) -> Response {
    let script = pipewright::script!(include_str!("../scripts/usage.pw"));
    // It may take a moment, in which this thread serves others.
    let text = tokio::task::spawn_blocking(move || session.run(script).read()).await;
    match text {
        Ok(Ok(text)) => text.into_response(),
        Ok(Err(error)) => page(StatusCode::INTERNAL_SERVER_ERROR, error.render(false, 100)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A pipeline of a client. What is wrong before it begins is a status; afterwards the page is the end of the text.
async fn run(State(session): State<Session>, text: Bytes) -> Response {
    // `alone`: its `use` would read files before any policy is asked.
    let script = match Script::builder("request").alone().parse(text) {
        Ok(script) => script,
        Err(error) => return page(StatusCode::BAD_REQUEST, error.render(false, 100)),
    };
    if let Err(error) = session.engine().check(&script) {
        return page(StatusCode::FORBIDDEN, error.render(false, 100));
    }
    // A few chunks: a client that reads slowly slows the pipeline down.
    let (sender, chunks) = channel(4);
    match start(session, &script, sender.clone()) {
        Ok((running, token)) => {
            tokio::spawn(async move {
                if let Err(error) = running.wait_async().await {
                    // Nobody may be there to read it.
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

/// Where a run prints: called on a thread of the library's, which may wait.
struct Chunks(Sender<Bytes>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.blocking_send(Bytes::copy_from_slice(bytes)) {
            Ok(()) => Ok(bytes.len()),
            // The client has gone.
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a run prints, as the body of the answer. It is dropped when the answer is over, or the client has gone.
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
