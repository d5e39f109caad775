//! Reading a pipe to its end, whoever still holds it.

use crate::process::{Interrupt, Readable};
use crate::sys::pipe;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often to look whether the writers are over.
const LOOK: Duration = Duration::from_millis(20);
/// A pipe that outlived its writers is given up when it is quiet this long: with a look before and one after, not more
/// than the 100 ms that a time limit may be late…
const QUIET: Duration = Duration::from_millis(60);
/// …and after this long however busy it is.
const DRAIN: Duration = Duration::from_secs(1);

/// Lets `take` read while there is something, until it tells of the end by `Some(0)`; none is a read to be tried again.
///
/// Once the writers are `over`, a process that they left behind may hold the pipe: it is given up when nobody writes any
/// more. What the writers themselves wrote last is in the pipe then and is read whatever time `take` needs.
///
/// # Errors
/// Those of poll(2), and of `take`.
pub fn drain<E: From<io::Error>>(
    reader: &OwnedFd,
    over: &AtomicBool,
    mut take: impl FnMut(BorrowedFd<'_>) -> Result<Option<usize>, E>,
) -> Result<(), E> {
    // What ends the writers ends the pipe.
    let never = Interrupt::none();
    let mut ended: Option<Instant> = None;
    let mut last = Instant::now();
    let mut owed = pipe::capacity(reader);
    loop {
        if ended.is_none() && over.load(Ordering::Acquire) {
            ended = Some(Instant::now());
            last = Instant::now();
        }
        if never.wait_readable(reader.as_fd(), Some(Instant::now() + LOOK))? != Readable::Ready {
            if ended.is_some() && last.elapsed() > QUIET {
                return Ok(());
            }
            continue;
        }
        if owed == 0 && ended.is_some_and(|ended| ended.elapsed() > DRAIN) {
            return Ok(());
        }
        match take(reader.as_fd())? {
            Some(0) => return Ok(()),
            Some(count) => {
                last = Instant::now();
                if ended.is_some() {
                    owed = owed.saturating_sub(count);
                }
            }
            None => {}
        }
    }
}
