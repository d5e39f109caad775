//! The side of the process that runs a script.

use super::directory;
use super::message::{Answer, Request, TIMEOUT, receive, send, state};
use crate::eval::Board;
use crate::sys::event::Event;
use crate::sys::poll::{Interest, PollSet};
use crate::sys::{access, socket};
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

/// The stack of the thread that answers, in bytes.
const STACK: usize = 256 << 10;

/// A board that other processes of the user can read, through a socket. Dropping it removes the socket.
#[derive(Debug)]
pub struct Publication {
    path: PathBuf,
    stop: Arc<Event>,
}

impl Publication {
    /// Publishes a board; `script` is the name of the script. A thread answers requests until this is dropped.
    ///
    /// # Errors
    /// Fails if the directory or the socket can't be made, or no thread can be started.
    pub fn start(script: &str, board: Board) -> io::Result<Self> {
        let directory = directory::create()?;
        let own = std::process::id();
        let (new, path) = (directory.join(format!("{own}.new")), directory.join(format!("{own}.sock")));
        // That of an earlier process with this ID, which SIGKILL has ended.
        let _ = fs::remove_file(&new);
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        // Before it listens, a client would take it for the socket of a dead process, and remove it.
        fs::rename(&new, &path)?;
        let stop = Arc::new(Event::new()?);
        let publication = Self { path, stop: stop.clone() };
        let script = script.to_owned();
        let thread = thread::Builder::new().name("pipewright-top".into()).stack_size(STACK);
        thread.spawn(move || serve(&listener, &stop, &script, &board))?;
        Ok(publication)
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.stop.set();
        let _ = fs::remove_file(&self.path);
    }
}

/// Answers one request after another until it is stopped.
fn serve(listener: &UnixListener, stop: &Event, script: &str, board: &Board) {
    loop {
        let mut set = PollSet::default();
        set.add(listener.as_fd(), Interest::Read);
        let stopped = set.add(stop.reader(), Interest::Read);
        if set.wait(None).is_err() || set.is_ready(stopped) {
            return;
        }
        if let Ok((client, _)) = listener.accept() {
            // One that sends nonsense or goes away gets no answer.
            let _ = answer(&client, script, board);
        }
    }
}

fn answer(client: &UnixStream, script: &str, board: &Board) -> io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(TIMEOUT))?;
    client.set_write_timeout(Some(TIMEOUT))?;
    let user = socket::peer_user(client.as_fd())?;
    if user != 0 && user != access::effective_user().0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let answer: Answer = match receive(client)? {
        Request::State => Ok(Some(state(script, board))),
        Request::Resize { id, jobs } => {
            board.resize(id, jobs).map(|()| None).map_err(|error| error.to_string())
        }
        Request::Act { id, action } => {
            board.act(id, action.into()).map(|()| None).map_err(|error| error.to_string())
        }
    };
    send(client, &answer)
}
