//! Lines of an input: `each line { … }` and `read_line()`. Neither takes more than it returns, so the next reader of
//! the same input gets the rest.

use crate::channel::LineBuffer;
use crate::check::program::{Block, SideBySide, Slot};
use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::exec::shared_lines::LineReader;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::tasks::turns::Given;
use crate::process::{Descriptor, FileTable, Interrupt};
use crate::span::Span;
use crate::sys::lines::{self, Lines, Taken};
use crate::sys::pipe;
use crate::sys::poll::is_readable;
use crate::value::{MOST_BYTES, Str, Value};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time for which a reader leaves an input to another reader that has begun to read a line of it.
pub(in crate::eval) const ANOTHER_READER: Duration = Duration::from_millis(1);

/// A loop over the lines of an input.
pub(in crate::eval) enum EachLoop<'a> {
    Plain(Slot, &'a Block),
    SideBySide(&'a Arc<SideBySide>),
}

/// An input whose lines are taken one at a time when the caller wants them, without waiting.
pub(in crate::eval) struct LineSource<'a> {
    source: Source<'a>,
    buffer: LineBuffer,
    ended: bool,
}

impl<'a> LineSource<'a> {
    /// Returns the input to wait for when there is no line.
    pub fn input(&self) -> BorrowedFd<'a> {
        self.source.input
    }

    /// Takes the next line.
    pub fn take(&mut self, run: &Interpreter) -> Eval<Given> {
        loop {
            if let Some(line) = self.buffer.next_line() {
                run.captured(line.len(), self.source.span)?;
                return Ok(Given::line(line));
            }
            if self.ended {
                return Ok(self.buffer.last_line().map_or(Given::End, Given::line));
            }
            run.refuse_long_line(self.buffer.len(), self.source.span)?;
            let source = &mut self.source;
            if !source.reader.never_waits() && !is_readable(source.input) {
                return Ok(Given::Later);
            }
            match source.reader.take(source.input, self.buffer.bytes_mut()) {
                Ok(taken) => self.ended = taken == Taken::End,
                Err(error) if pipe::is_for_later(&error) => return Ok(Given::Later),
                Err(error) => return Err(run.unreadable(&error, self.source.span)),
            }
        }
    }
}

/// An input that is read line by line.
struct Source<'a> {
    input: BorrowedFd<'a>,
    interrupt: Interrupt,
    reader: LineReader,
    span: Span,
}

impl Interpreter {
    /// Runs `each line { … }` on a standard input that its commands share.
    pub(in crate::eval) fn each(&mut self, name: Slot, body: &Block, span: Span) -> Eval<()> {
        let input = self.standard_input(span)?;
        self.each_of(&input, false, name, body, span)
    }

    /// Runs `each` with other descriptors, as a stage or with redirections. Its commands keep the standard input of
    /// the script, but have the other descriptors. `piped` means that the input is the pipeline's own pipe.
    pub(in crate::eval) fn each_with(
        &mut self,
        mut files: FileTable,
        piped: bool,
        each: EachLoop<'_>,
        span: Span,
    ) -> Eval<()> {
        let input = files.get(0).cloned();
        match self.env.files.get(0).cloned() {
            Some(own) => files.put(0, own),
            None => files.close(0),
        }
        let outer = self.env.files.clone();
        self.with_files(files, |this| {
            let Some(input) = input else { return Err(this.closed_input(span)) };
            let alone = if piped { input.has_one_owner() } else { this.is_own_file(&input, &outer) };
            drop(outer);
            this.looped(|this| match each {
                EachLoop::Plain(name, body) => this.each_of(&input, alone, name, body, span),
                EachLoop::SideBySide(looped) => this.side_by_side(looped, Some((&input, alone))),
            })
        })
    }

    /// Returns whether an input is an open file that no command has on a descriptor, inside or outside the loop. An
    /// input that was opened as `/dev/stdin`, for example, may be the same open file as one of their descriptors.
    fn is_own_file(&self, input: &Descriptor, outside: &FileTable) -> bool {
        let Ok(input) = input.borrow() else { return false };
        let mut others = self.env.files.iter().chain(outside.iter());
        let is_same = |other: &Descriptor| other.borrow().is_ok_and(|other| lines::is_same(input, other));
        lines::is_file(input) && !others.any(|(_, other)| is_same(other))
    }

    /// Passes each line of an input to the block. `alone` means that the input has no other reader, now or later.
    fn each_of(&mut self, input: &Descriptor, alone: bool, name: Slot, body: &Block, span: Span) -> Eval<()> {
        let mut source = self.source_of_lines(input, alone, span)?;
        let mut buffer = LineBuffer::default();
        loop {
            while let Some(line) = buffer.next_line() {
                if self.each_turn(name, line, body)? {
                    return Ok(());
                }
            }
            if self.take_lines(&mut source, buffer.bytes_mut())? == Taken::End {
                break;
            }
        }
        if let Some(line) = buffer.last_line() {
            self.each_turn(name, line, body)?;
        }
        Ok(())
    }

    fn each_turn(&mut self, name: Slot, line: Vec<u8>, body: &Block) -> Eval<bool> {
        self.check_interrupt()?;
        self.captured(line.len(), Span::default())?;
        *self.slot_mut(name) = Value::Str(Str::from(line));
        self.loop_turn(body)
    }

    /// `read_line()`: returns the next line without its line end, or none at the end of standard input.
    pub(in crate::eval) fn read_line(&mut self, span: Span) -> Eval<Option<Vec<u8>>> {
        let input = self.standard_input(span)?;
        self.line_of(&input, span)
    }

    /// Returns the next line of an input.
    pub(in crate::eval) fn line_of(&mut self, input: &Descriptor, span: Span) -> Eval<Option<Vec<u8>>> {
        let mut source = self.source_of_lines(input, false, span)?;
        let mut line = Vec::new();
        let last = loop {
            match self.take_lines(&mut source, &mut line)? {
                // A device may return several lines at once.
                Taken::Part if memchr::memchr(b'\n', &line).is_none() => {}
                taken => break taken,
            }
        };
        if last == Taken::End && line.is_empty() {
            return Ok(None);
        }
        self.captured(line.len(), span)?;
        let end = match last {
            Taken::Line => Some(line.len() - 1),
            _ => memchr::memchr(b'\n', &line),
        };
        line.truncate(end.unwrap_or(line.len()));
        Ok(Some(line))
    }

    pub(in crate::eval) fn standard_input(&self, span: Span) -> Eval<Descriptor> {
        self.env.files.get(0).cloned().ok_or_else(|| self.closed_input(span))
    }

    fn closed_input(&self, span: Span) -> Unwind {
        let message = "standard input is closed";
        let page = page(code::BAD_DESCRIPTOR, self.source(), span, message, "nothing to read");
        self.fail(Error::command(page, 1))
    }

    /// Returns the lines of an input. `alone` means that the input has no other reader, now or later.
    pub(in crate::eval) fn line_source<'a>(
        &self,
        input: &'a Descriptor,
        alone: bool,
        span: Span,
    ) -> Eval<LineSource<'a>> {
        let source = self.source_of_lines(input, alone, span)?;
        Ok(LineSource { source, buffer: LineBuffer::default(), ended: false })
    }

    fn source_of_lines<'a>(&self, input: &'a Descriptor, alone: bool, span: Span) -> Eval<Source<'a>> {
        let failed = |error| self.unreadable(&error, span);
        let input = input.borrow().map_err(failed)?;
        let lines = if alone { Lines::ahead() } else { Lines::of(input).map_err(failed)? };
        let reader = LineReader::of_lines(lines, self.shared.clone());
        Ok(Source { input, interrupt: self.interrupt(), reader, span })
    }

    /// Waits for input and takes it.
    fn take_lines(&mut self, source: &mut Source<'_>, buffer: &mut Vec<u8>) -> Eval<Taken> {
        self.refuse_long_line(buffer.len(), source.span)?;
        let mut waits = !source.reader.never_waits();
        let span = source.span;
        loop {
            let failed = |this: &Self, error: io::Error| this.unreadable(&error, span);
            if waits {
                self.handle_signals_until(source.input, &source.interrupt)?;
            }
            let _turn = match waits {
                true => self.await_input(source.input, &source.interrupt, failed)?,
                false => None,
            };
            match source.reader.take(source.input, buffer) {
                Ok(taken) => return Ok(taken),
                Err(error) if pipe::is_for_later(&error) => {
                    self.check_interrupt()?;
                    // The data that poll(2) reported belongs to another reader, which has not taken it yet.
                    if waits {
                        self.pause_until(None, Instant::now().checked_add(ANOTHER_READER))?;
                    }
                    waits = true;
                }
                Err(error) => return Err(failed(self, error)),
            }
        }
    }

    fn refuse_long_line(&self, length: usize, span: Span) -> Eval<()> {
        if length > self.capture_room()
            && let Some(unwind) = self.out_of_room(span)
        {
            return Err(unwind);
        }
        if length > MOST_BYTES {
            let message = format!("a line of more than {} bytes", MOST_BYTES);
            let page = page(code::OUTPUT_TOO_LARGE, self.source(), span, message, "reads here");
            return Err(self.fail(Error::value(page)));
        }
        Ok(())
    }

    fn unreadable(&self, error: &io::Error, span: Span) -> Unwind {
        let message = format!("can't read the lines: {}", reason(error));
        self.fail(Error::command(page(code::READ_FAILED, self.source(), span, message, "reads here"), 1))
    }
}
