//! The output of a loop's turns: it is passed on, held or dropped.

use super::held::HeldOutput;
use super::looped::{Live, Loop};
use super::streams::{Read, Stream};
use crate::diag::{Code, code, reason};
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Error, Unwind, page};
use crate::fleet::{End, Turn};
use crate::process::HELD;
use std::os::fd::BorrowedFd;
use std::time::Instant;

impl Loop<'_, '_> {
    /// Reads the output that a turn has printed so far.
    pub(super) fn read(&mut self, turn: Turn, index: usize) {
        let Some(live) = self.turns.get_mut(&turn) else { return };
        let Some(stream) = live.streams.get_mut(index) else { return };
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let descriptor = stream.descriptor;
        let read = stream.read(&mut buffer);
        match read {
            Ok(Read::Nothing) => {}
            Ok(Read::Bytes) => self.print(turn, descriptor, &buffer),
            Ok(Read::End) => {
                live.streams.remove(index);
                self.print(turn, descriptor, &buffer);
                self.finish_if_over(turn);
            }
            Err(error) => {
                live.streams.remove(index);
                let message = format!("can't read what a turn prints: {}", reason(&error));
                self.lose(turn, code::READ_FAILED, message);
                self.finish_if_over(turn);
            }
        }
        self.buffer = buffer;
    }

    /// Passes on the output of a turn, or holds it.
    fn print(&mut self, turn: Turn, descriptor: i32, bytes: &[u8]) {
        let Some(live) = self.turns.get_mut(&turn) else { return };
        if live.is_dropped || bytes.is_empty() {
            return;
        }
        if self.scheduler.streams(turn) {
            self.pass(turn, descriptor, bytes);
            return;
        }
        if let Err(error) = self.store.hold(&mut live.held, descriptor, bytes) {
            let message = format!("can't hold what a turn prints: {}", reason(&error));
            self.lose(turn, code::HELD_OUTPUT_LOST, message);
        }
    }

    /// Writes to the output of the loop. Returns whether that was possible.
    fn pass(&mut self, turn: Turn, descriptor: i32, bytes: &[u8]) -> bool {
        let files = self.run.env.files.clone();
        let shown = files.get(descriptor).and_then(|target| self.record.pass(self.run, target, bytes));
        let written = match shown {
            Some(written) => written.and_then(|written| self.run.written_to(written, self.span)),
            None => Output::Files(&files).write(self.run, descriptor, bytes, self.span),
        };
        match written {
            Ok(()) => return true,
            Err(Unwind::Error(error)) => self.fail_to_print(turn, error),
            Err(unwind) => self.stop(unwind),
        }
        false
    }

    /// Notes that the output of a turn is lost. The turn then counts as failed.
    fn lose(&mut self, turn: Turn, code: Code, message: String) {
        let page = page(code, self.run.source(), self.span, message, "the output of its turns");
        self.fail_to_print(turn, Box::new(Error::command(page, 1)));
    }

    pub(super) fn fail_to_print(&mut self, turn: Turn, error: Box<Error>) {
        let Some(live) = self.turns.get_mut(&turn) else {
            // The turn has ended, and its output was held.
            if let Some(mark) = self.finished.get(&turn).map(|finished| finished.mark.clone()) {
                self.fail(turn, mark, error);
            }
            let after = self.scheduler.fails_late(turn);
            return after.end.into_iter().for_each(|turn| self.end_turn(turn));
        };
        live.is_dropped = true;
        live.streams.clear();
        if live.end.is_none() {
            live.lost.get_or_insert(error);
            return self.end_turn(turn);
        }
        live.end = Some(End::Failed);
        let mark = live.mark.clone();
        self.fail(turn, mark, error);
        self.finish_if_over(turn);
    }

    pub(super) fn pass_held(&mut self, turn: Turn, mut held: HeldOutput) {
        loop {
            match self.store.take(&mut held) {
                Ok(Some((descriptor, bytes))) => {
                    if !self.pass(turn, descriptor, &bytes) {
                        return self.store.forget(&mut held);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    let message = format!("can't read what a turn has printed: {}", reason(&error));
                    return self.lose(turn, code::HELD_OUTPUT_LOST, message);
                }
            }
        }
    }

    /// Returns the time of the next message to the user that a process still holds the output of an ended turn.
    pub(super) fn held_from(&self) -> Option<Instant> {
        if !self.run.tells_held() {
            return None;
        }
        let from = |live: &Live| live.ended.filter(|_| !live.is_told && !live.streams.is_empty());
        self.turns.values().filter_map(from).min().map(|ended| ended + HELD)
    }

    /// Tells the user at a terminal which processes hold the output of turns that have ended, once for each turn.
    pub(super) fn tell_of_held(&mut self) {
        while self.held_from().is_some_and(|from| Instant::now() >= from) {
            let of = |live: &&mut Live| !live.is_told && live.ended.is_some() && !live.streams.is_empty();
            let Some(live) = self.turns.values_mut().filter(of).min_by_key(|live| live.ended) else { return };
            live.is_told = true;
            self.record.clear_line();
            let pipes: Vec<BorrowedFd<'_>> = live.streams.iter().map(Stream::reader).collect();
            let name = format!("turn {}, for {}", live.mark.number, live.mark.item);
            self.run.tell_held(&pipes, &self.run.shared.redactions().apply_text(&name));
        }
    }

    pub(super) fn drop_output(&mut self, turn: Turn) {
        if let Some(mut finished) = self.finished.remove(&turn) {
            self.store.forget(&mut finished.held);
        }
        if let Some(live) = self.turns.get_mut(&turn) {
            live.is_dropped = true;
            live.streams.clear();
            self.store.forget(&mut live.held);
        }
    }
}
