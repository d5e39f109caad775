//! The thread that tells that a worker still runs its tasks.

use super::super::TaskId;
use super::server::Server;
use super::statements;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the time of a running task is refreshed, and the age from which it is free.
pub const BEAT: Duration = Duration::from_secs(10);
pub const EXPIRY: Duration = Duration::from_secs(60);

/// The tasks that a worker knows that it runs. A thread refreshes their times until this is dropped. Only these: a task that
/// the server gave to a connection that broke is free after a minute.
pub struct Heartbeat {
    running: Arc<Mutex<BTreeSet<TaskId>>>,
    thread: Option<Sender<()>>,
}

impl Heartbeat {
    pub fn new() -> Self {
        Self { running: Arc::default(), thread: None }
    }

    /// Notes that this worker runs a task. The thread begins with the first one.
    pub fn add(&mut self, id: TaskId, worker: &str, server: &Server) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if self.thread.is_none() {
            self.thread = Some(start(self.running.clone(), worker.to_owned(), server.another()));
        }
    }

    pub fn remove(&self, id: TaskId) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Starts the thread. It ends soon after the sender was dropped; each of its calls has a limit.
fn start(running: Arc<Mutex<BTreeSet<TaskId>>>, worker: String, mut server: Server) -> Sender<()> {
    let (sender, ended) = mpsc::channel();
    let beat = move || {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BEAT) {
            let ids: Vec<TaskId> =
                running.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
            if !ids.is_empty() {
                // If the server can't be reached, the next beat tries again.
                let _ = server.call(|client| {
                    client.execute(statements::BEAT, &[&worker, &ids])?;
                    Ok(())
                });
            }
        }
    };
    // Without the thread, tasks that take longer than a minute may run twice, as after a crash.
    let _ = std::thread::Builder::new().name("queue heartbeat".into()).spawn(beat);
    sender
}
