//! `with progress=… { … }`: the progress of the programs of a block, found in their output or in how far a
//! redirected file has been read.

use super::relay::Tap;
use crate::check::program::Block;
use crate::diag::quote_word;
use crate::eval::Interpreter;
use crate::eval::report::progress::Shown;
use crate::eval::report::unwind::Eval;
use crate::fleet::snapshot::Snapshot;
use crate::fleet::watched::{Ffmpeg, Part, Percent, Reader};
use crate::process::Descriptor;
use crate::span::Span;
use crate::sys::open::{is_regular, offset_and_size};
use crate::value::Value;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The source of a block's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The percentages that the programs print.
    Percent,
    /// The durations that ffmpeg prints.
    Ffmpeg,
    /// The position in the file of a redirection.
    Input,
}

impl Source {
    /// Returns the source that a value of the option means, or `None` for `false`.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Str(name) if name.as_bytes() == b"percent" => Some(Self::Percent),
            Value::Str(_) => Some(Self::Ffmpeg),
            Value::Bool(true) => Some(Self::Input),
            _ => None,
        }
    }
}

/// A file that a redirection of a block reads.
#[derive(Debug)]
struct Input {
    /// A copy, which has the position of the original.
    file: OwnedFd,
    name: String,
    opened: Instant,
}

/// The file that was opened last by the redirections of a block, shared by its threads.
#[derive(Debug, Default)]
pub struct Inputs(Mutex<Option<Input>>);

impl Inputs {
    fn lock(&self) -> MutexGuard<'_, Option<Input>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a redirection has opened a file to read it.
    pub(in crate::eval) fn opened(&self, path: &[u8], file: &OwnedFd) {
        if is_regular(file.as_fd())
            && let Ok(file) = file.try_clone()
        {
            *self.lock() = Some(Input { file, name: quote_word(path), opened: Instant::now() });
        }
    }

    /// Returns the name of the file, the part that has been read, and the time since it was opened.
    fn part(&self) -> Option<(String, Part, Duration)> {
        let input = self.lock();
        let input = input.as_ref()?;
        let (offset, size) = offset_and_size(input.file.as_fd()).ok()?;
        let after = input.opened.elapsed();
        let done = if size == 0 { 1.0 } else { offset as f64 / size as f64 };
        Some((input.name.clone(), Part::new(done, after), after))
    }
}

/// Passes on the output of a block, and finds progress in it.
struct Watcher {
    shown: Shown,
    read: Option<Arc<Mutex<Found>>>,
}

/// The progress that the output has reported so far.
struct Found {
    /// The readers of standard output and standard error.
    readers: [Reader; 2],
    done: Option<f64>,
}

impl Tap for Watcher {
    fn pass(
        &self,
        run: &Interpreter,
        number: i32,
        target: &Descriptor,
        bytes: &[u8],
    ) -> Eval<io::Result<()>> {
        if let Some(found) = &self.read {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            let done = found.readers[usize::from(number == 2)].feed(bytes);
            found.done = done.or(found.done);
        }
        self.shown.pass(run, target, bytes)
    }
}

impl Interpreter {
    /// Returns the name of a block in the progress line, which is its first word.
    pub(super) fn name_of(&self, body: &Block) -> String {
        let text = body.statements.first().map_or_else(String::new, |first| self.written(first.span));
        text.split_whitespace().next().unwrap_or_default().to_owned()
    }

    /// Runs a block and shows its progress.
    pub(super) fn with_progress(
        &mut self,
        source: Source,
        name: String,
        span: Span,
        run: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let began = Instant::now();
        let files = self.env.settings.inputs.clone().unwrap_or_default();
        let reader = || match source {
            Source::Ffmpeg => Reader::Ffmpeg(Ffmpeg::default()),
            Source::Percent | Source::Input => Reader::Percent(Percent::default()),
        };
        let found = Arc::new(Mutex::new(Found { readers: [reader(), reader()], done: None }));
        let told = found.clone();
        let snapshot = move || match source {
            Source::Input => match files.part() {
                Some((name, part, after)) => Snapshot::Program { name, part: Some(part), after },
                None => Snapshot::Program { name: name.clone(), part: None, after: began.elapsed() },
            },
            Source::Percent | Source::Ffmpeg => {
                let after = began.elapsed();
                let done = told.lock().unwrap_or_else(PoisonError::into_inner).done;
                Snapshot::Program { name: name.clone(), part: done.map(|done| Part::new(done, after)), after }
            }
        };
        let shown = Shown::begin(self, Arc::new(snapshot), span)?;
        if source == Source::Input && !shown.draws() {
            return run(self);
        }
        let read = (source != Source::Input).then_some(found);
        self.tapped(&[1, 2], Arc::new(Watcher { shown, read }), span, run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_file_is_as_far_as_its_reader_has_come() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[0; 1000]).unwrap();
        let (_, size) = offset_and_size(file.as_fd()).unwrap();
        assert_eq!(size, 1000);
        std::io::Seek::rewind(&mut file).unwrap();
        let inputs = Inputs::default();
        inputs.opened(b"a b", &file.as_fd().try_clone_to_owned().unwrap());
        file.read_exact(&mut [0; 250]).unwrap();
        let (name, part, _) = inputs.part().unwrap();
        assert_eq!((name.as_str(), part.done), ("'a b'", 0.25));
    }
}
