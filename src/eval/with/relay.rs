//! `idle_timeout`: what a block prints goes through a pipe, so that silence can be heard.

use super::super::Interpreter;
use super::super::settings::TimeLimit;
use super::super::unwind::Eval;
use crate::process::{Activity, Descriptor, Interrupt, Readable};
use crate::span::Span;
use crate::sys::pipe;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

impl Interpreter {
    /// Runs something with its standard output and error passed on by a thread each, which note when there was any.
    pub(super) fn relayed(
        &mut self,
        limit: &Arc<TimeLimit>,
        run: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let (Some(activity), Some(span)) = (limit.activity(), limit.span) else { return run(self) };
        let over = Arc::new(AtomicBool::new(false));
        let mut files = self.files.clone();
        let mut relays: Vec<JoinHandle<()>> = Vec::with_capacity(2);
        for number in [1, 2] {
            let Some(target) = self.files.get(number).cloned() else { continue };
            let (reader, writer) = self.pipe(span)?;
            files.set(number, Arc::new(writer));
            relays.push(self.relay(reader, target, activity.clone(), over.clone(), span)?);
        }
        let saved = std::mem::replace(&mut self.files, files);
        let result = run(self);
        // Our ends of the pipes go with it, and the threads see the end.
        self.files = saved;
        over.store(true, Ordering::Release);
        for relay in relays {
            // One that crashed has nothing more to pass on.
            let _ = relay.join();
        }
        result
    }

    fn relay(
        &self,
        reader: OwnedFd,
        target: Descriptor,
        activity: Activity,
        over: Arc<AtomicBool>,
        span: Span,
    ) -> Eval<JoinHandle<()>> {
        self.thread(span, move || pass_on(&reader, &target, &activity, &over))
    }
}

/// Passes on what comes, until the pipe ends. Once the block is over, a process that was left behind may hold it: then
/// it is given up after a moment's quiet.
fn pass_on(reader: &OwnedFd, target: &Descriptor, activity: &Activity, over: &AtomicBool) {
    const LOOK: Duration = Duration::from_millis(50);
    const QUIET: Duration = Duration::from_millis(100);
    let never = Interrupt::none();
    let mut buffer = Vec::new();
    let mut quiet: Option<Instant> = None;
    loop {
        if over.load(Ordering::Acquire) && *quiet.get_or_insert_with(Instant::now) + QUIET < Instant::now() {
            return;
        }
        match never.wait_readable(reader.as_fd(), Some(Instant::now() + LOOK)) {
            Ok(Readable::Ready) => {}
            Ok(_) => continue,
            Err(_) => return,
        }
        buffer.clear();
        match pipe::read_into(reader.as_fd(), &mut buffer, pipe::CAPACITY) {
            Ok(0) => return,
            Ok(_) => {
                quiet = None;
                activity.note();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        }
        // Who writes to a target that nobody reads is told so by the end of this pipe.
        let Ok(to) = target.borrow() else { return };
        if pipe::write_all(to, &buffer).is_err() {
            return;
        }
    }
}
