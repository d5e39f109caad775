//! The side of the process that looks.

use super::directory;
use super::message::{Action, Answer, Request, State, TIMEOUT, receive, send};
use crate::sys::{access, socket};
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// A process of this user that publishes its board: see [the module](super) for an example.
#[derive(Clone, Debug)]
pub struct Run {
    pid: u32,
    path: PathBuf,
}

/// Returns the processes of this user that publish their boards, by process ID. Removes the sockets of processes that
/// SIGKILL has ended.
pub fn runs() -> Vec<Run> {
    let directory = directory::path();
    if !directory::is_private(&directory) {
        return Vec::new();
    }
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut runs: Vec<Run> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let pid = path.file_name()?.to_str()?.strip_suffix(".sock")?.parse().ok()?;
            Some(Run { pid, path })
        })
        .filter(Run::lives)
        .collect();
    runs.sort_by_key(Run::pid);
    runs
}

impl Run {
    /// Returns its process ID.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns what it does at this moment.
    ///
    /// # Errors
    /// Fails if it has ended, or does not answer within a second.
    pub fn state(&self) -> io::Result<State> {
        self.request(&Request::State)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Lets one of its loops run up to `jobs` turns at once.
    ///
    /// # Errors
    /// Fails if the process or the loop has ended, or the loop runs its turns one after another.
    pub fn resize(&self, id: u64, jobs: usize) -> io::Result<()> {
        self.request(&Request::Resize { id, jobs }).map(drop)
    }

    /// Begins to restart, reload or stop one of its services.
    ///
    /// # Errors
    /// Fails if the process or the service has ended.
    pub fn act(&self, id: u64, action: Action) -> io::Result<()> {
        self.request(&Request::Act { id, action }).map(drop)
    }

    fn request(&self, request: &Request) -> io::Result<Option<State>> {
        let server = socket::connect(&self.path)?;
        server.set_read_timeout(Some(TIMEOUT))?;
        server.set_write_timeout(Some(TIMEOUT))?;
        if socket::peer_user(server.as_fd())? != access::effective_user().0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        send(&server, request)?;
        let answer: Answer = receive(&server)?;
        answer.map_err(io::Error::other)
    }

    /// Returns whether a process listens. Removes the socket otherwise.
    fn lives(&self) -> bool {
        match socket::connect(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let _ = fs::remove_file(&self.path);
                false
            }
            // One that is stopped lives, and is left out when it does not answer.
            connected => connected.is_ok(),
        }
    }
}
