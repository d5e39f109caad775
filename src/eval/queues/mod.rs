//! Queues in scripts: their values, their methods, and the loops that run their tasks.
//!
//! A queue value has a connection for its methods, which all threads of the run share. A loop opens its own, since it is a
//! worker: when the loop has ended, so has its worker, and tasks that it could not give back are free.

mod errors;
mod loops;
mod posted;
mod requests;
mod source;

pub(in crate::eval) use source::{TaskMark, TaskSource};

use crate::diag::quote_word;
use crate::queue::{Place, Store};
use crate::value::Value;
use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex};

/// A queue.
pub struct Queue {
    /// The path as the script wrote it, or the URL without what is secret, for messages.
    written: Vec<u8>,
    place: Place,
    name: String,
    /// None in a dry run.
    store: Option<Mutex<Box<dyn Store>>>,
}

impl Queue {
    /// Returns its name for messages.
    fn shown(&self) -> String {
        format!("the queue `{}` in {}", crate::diag::visible(self.name.as_bytes()), quote_word(&self.written))
    }
}

/// Returns the bytes of a place for the audit log and policies: an absolute path, or the URL without what is secret.
fn place_bytes(place: &Place) -> Cow<'_, [u8]> {
    match place {
        Place::File(path) => Cow::Borrowed(path.as_os_str().as_bytes()),
        Place::Database(url) => Cow::Owned(url.to_string().into_bytes()),
    }
}

/// The tasks of a queue until none is due, as the source of a loop.
struct Drain(Arc<Queue>);

fn queue_of(value: &Value) -> Option<&Arc<Queue>> {
    match value {
        Value::Opaque(opaque) => opaque.payload(),
        _ => None,
    }
}

/// Returns the queue whose tasks a loop over this value runs, and whether it ends when none is due.
pub(in crate::eval) fn tasks_of(value: &Value) -> Option<(&Arc<Queue>, bool)> {
    match value {
        Value::Opaque(opaque) => {
            let drained = || opaque.payload::<Drain>().map(|drain| (&drain.0, true));
            queue_of(value).map(|queue| (queue, false)).or_else(drained)
        }
        _ => None,
    }
}
