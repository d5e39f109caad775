//! Messages: bytes to and from a worker.

use super::{Inbox, Worker};
use crate::channel::is_internal;
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::process::Watch;
use crate::span::Span;
use crate::sys::pipe;
use crate::sys::poll::{Interest, PollSet};
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a thread waits for room while another thread reads the messages, before it looks again.
const LOOK: Duration = Duration::from_millis(20);
/// How long a message may wait for room once no further message is kept.
const FULL: Duration = Duration::from_secs(1);

/// A use of a channel that one thread has at a time.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Read,
    Write,
    Ask,
}

/// A use that this thread has. It ends when this is dropped.
pub(super) struct Held<'a>(&'a Worker, Use);

impl Use {
    fn flag(self, inbox: &mut Inbox) -> &mut bool {
        match self {
            Self::Read => &mut inbox.is_read,
            Self::Write => &mut inbox.is_written,
            Self::Ask => &mut inbox.is_asked,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.1.flag(&mut self.0.inbox()) = false;
        self.0.changes.announce();
    }
}

impl Worker {
    pub(super) fn try_hold(&self, of: Use) -> Option<Held<'_>> {
        let taken = std::mem::replace(of.flag(&mut self.inbox()), true);
        (!taken).then_some(Held(self, of))
    }

    /// Takes a message that has arrived.
    pub(super) fn take_line(&self) -> Option<Vec<u8>> {
        let mut inbox = self.inbox();
        let line = inbox.lines.pop_front()?;
        inbox.size -= line.len();
        Some(line)
    }
}

impl Interpreter {
    /// Waits until no other thread uses the channel so.
    pub(super) fn hold<'w>(&self, worker: &'w Worker, of: Use, span: Span) -> Eval<Held<'w>> {
        loop {
            if let Some(held) = worker.try_hold(of) {
                return Ok(held);
            }
            let is_free = || !*of.flag(&mut worker.inbox());
            self.wait_undisturbed([&worker.changes], &self.interrupt(), span, is_free)?;
        }
    }

    /// Returns the next message; none after the last one, or when the time is over.
    pub(super) fn next_line(
        &self,
        worker: &Worker,
        deadline: Option<Instant>,
        span: Span,
    ) -> Eval<Option<Vec<u8>>> {
        let mut held = None;
        loop {
            if let Some(line) = worker.take_line() {
                return Ok(Some(line));
            }
            {
                let inbox = worker.inbox();
                if inbox.has_ended || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return Ok(None);
                }
            }
            match &held {
                None => held = Some(self.hold(worker, Use::Read, span)?),
                Some(_) => self.wait_for_channel(worker, true, None, deadline, span)?,
            }
            self.take_messages(worker, span)?;
        }
    }

    /// Takes the bytes that have arrived, without waiting. The caller holds the reading.
    pub(super) fn take_messages(&self, worker: &Worker, span: Span) -> Eval<()> {
        let mut inbox = worker.inbox();
        if inbox.has_ended || inbox.size > worker.most {
            return Ok(());
        }
        match pipe::read_at_once(worker.reader.as_fd(), inbox.buffer.bytes_mut(), pipe::CAPACITY) {
            Ok(0) => inbox.has_ended = true,
            Ok(_) => {}
            Err(error) if pipe::is_for_later(&error) => return Ok(()),
            // The worker ended with messages that it had not read (unix(7)).
            Err(error) if error.kind() == ErrorKind::ConnectionReset => inbox.has_ended = true,
            Err(error) => return Err(self.channel_failed("read", &error, span)),
        }
        loop {
            let line = match inbox.buffer.next_line() {
                Some(line) => line,
                None if inbox.has_ended => match inbox.buffer.last_line() {
                    Some(line) => line,
                    None => break,
                },
                None => break,
            };
            if worker.format == super::Format::Lines || !(line.is_empty() || is_internal(&line)) {
                inbox.size += line.len();
                inbox.lines.push_back(line);
            }
        }
        if inbox.buffer.len() > worker.most {
            return Err(self.too_long_message(worker, span));
        }
        Ok(())
    }

    /// Sends a message. Goes on receiving while it waits, so that two sides that both send don't wait for each other.
    pub(super) fn send_line(
        &self,
        worker: &Worker,
        line: &[u8],
        deadline: Option<Instant>,
        span: Span,
    ) -> Eval<bool> {
        let _writing = self.hold(worker, Use::Write, span)?;
        let mut rest = line;
        let mut reading = None;
        let mut full: Option<Instant> = None;
        while !rest.is_empty() {
            let Some(writer) = worker.writer() else { return Err(self.is_closed(worker, span)) };
            match pipe::write_at_once(writer.as_fd(), rest) {
                Ok(count) => {
                    rest = &rest[count..];
                    full = None;
                    continue;
                }
                Err(error) if pipe::is_for_later(&error) => {}
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                    return Err(self.worker_ended(worker, "took the message", span));
                }
                Err(error) => return Err(self.channel_failed("write", &error, span)),
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return if rest.len() == line.len() { Ok(false) } else { Err(self.half_sent(worker, span)) };
            }
            if reading.is_none() {
                reading = worker.try_hold(Use::Read);
            }
            let is_full = worker.inbox().size > worker.most;
            if is_full && full.get_or_insert_with(Instant::now).elapsed() >= FULL {
                return Err(self.both_wait(worker, span));
            }
            let reads = reading.is_some() && !is_full && !worker.inbox().has_ended;
            let look = (!reads).then(|| Instant::now() + LOOK);
            let until = deadline.into_iter().chain(look).min();
            self.wait_for_channel(worker, reads, Some(&writer), until, span)?;
            if reads {
                self.take_messages(worker, span)?;
            }
        }
        Ok(true)
    }

    /// Waits until the channel can be read or written, a time has come, or the run has to end.
    fn wait_for_channel(
        &self,
        worker: &Worker,
        reads: bool,
        writer: Option<&OwnedFd>,
        until: Option<Instant>,
        span: Span,
    ) -> Eval<()> {
        let mut set = PollSet::default();
        if reads {
            set.add(worker.reader.as_fd(), Interest::Read);
        }
        if let Some(writer) = writer {
            set.add(writer.as_fd(), Interest::Write);
        }
        self.wait_in(&mut set, until, span)
    }

    pub(super) fn wait_in(&self, set: &mut PollSet, until: Option<Instant>, span: Span) -> Eval<()> {
        let interrupt = self.interrupt();
        for event in interrupt.fds() {
            set.add(event, Interest::Read);
        }
        let due = until.into_iter().chain(self.due()).min();
        let left = due.map(|due| due.saturating_duration_since(Instant::now()));
        let waited = set.wait(left.into_iter().chain(interrupt.look_after()).min());
        waited.map_err(|error| self.channel_failed("wait for", &error, span))?;
        self.check_interrupt()
    }

    /// Waits until the worker's process has ended, or until a time. Goes on receiving, since a worker whose messages
    /// nothing takes can't end. Returns whether it has ended.
    pub(super) fn end_of_worker(&self, worker: &Worker, until: Option<Instant>, span: Span) -> Eval<bool> {
        let Some(state) = worker.state.get() else { return Ok(true) };
        if worker.has_ended() {
            return Ok(true);
        }
        let reading = worker.try_hold(Use::Read);
        let watch = Watch::new([state.changes()]);
        let watch = watch.map_err(|error| self.channel_failed("wait for", &error, span))?;
        while !worker.has_ended() {
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(false);
            }
            let mut set = PollSet::default();
            set.add(watch.event().reader(), Interest::Read);
            let is_open = !worker.inbox().has_ended && worker.inbox().size <= worker.most;
            let reads = reading.is_some() && is_open;
            if reads {
                set.add(worker.reader.as_fd(), Interest::Read);
            }
            self.wait_in(&mut set, until, span)?;
            watch.event().reset();
            if reads {
                self.take_messages(worker, span)?;
            }
        }
        Ok(true)
    }
}
