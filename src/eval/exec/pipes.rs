//! The pipes of one pipeline. Each is created when it is first needed: when its writer starts, or earlier if a
//! redirection names it, as in `cmd > /dev/stdout | cat`.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::process::{Capture, FileTable, pipe_between};
use crate::span::Span;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// The pipes that exist so far, with the ends that this process holds.
pub(in crate::eval) struct Pipes {
    stages: usize,
    /// The largest size of the captured output of the last stage, which then has a pipe, too.
    captured: Option<usize>,
    /// The pipes by the stage that writes to them.
    made: BTreeMap<usize, Pipe>,
}

struct Pipe {
    reader: Arc<OwnedFd>,
    /// The writing end, until the writing stage has started.
    writer: Option<Arc<OwnedFd>>,
}

/// The ends of pipes that a stage has.
pub(in crate::eval) struct Ends<'p> {
    pub pipes: &'p mut Pipes,
    pub stage: usize,
}

impl Pipes {
    pub(in crate::eval) fn new(stages: usize, captured: Option<usize>) -> Self {
        Self { stages, captured, made: BTreeMap::new() }
    }

    /// Drops this process's copies of the ends that a stage has, which the stage itself holds from now on. For the
    /// last stage, returns the captured end.
    ///
    /// # Errors
    /// Fails with `EMFILE` when the process has no descriptor left.
    pub(in crate::eval) fn started(&mut self, stage: usize) -> io::Result<Option<Capture>> {
        if let Some(before) = stage.checked_sub(1) {
            self.made.remove(&before);
        }
        if let Some(pipe) = self.made.get_mut(&stage) {
            pipe.writer = None;
        }
        let Some(limit) = self.captured.filter(|_| stage + 1 == self.stages) else { return Ok(None) };
        let Some(pipe) = self.made.remove(&stage) else { return Ok(None) };
        let reader = Arc::try_unwrap(pipe.reader).or_else(|reader| reader.try_clone())?;
        Ok(Some(Capture::new(reader, limit)))
    }
}

impl Interpreter {
    /// Returns the descriptors of a stage before its redirections.
    pub(in crate::eval) fn stage_files(&self, ends: &mut Ends<'_>, span: Span) -> Eval<FileTable> {
        let mut files = self.env.files.clone();
        if self.env.settings.detach {
            // The stage may outlive the writer of this pipe, and must not take data that is meant for other
            // readers.
            self.close_inherited_input(&mut files, span)?;
        }
        let stage = ends.stage;
        if let Some(before) = stage.checked_sub(1) {
            files.set(0, self.pipe_after(ends.pipes, before, span)?.reader.clone());
        }
        if (stage + 1 < ends.pipes.stages || ends.pipes.captured.is_some())
            && let Some(writer) = &self.pipe_after(ends.pipes, stage, span)?.writer
        {
            files.set(1, writer.clone());
        }
        Ok(files)
    }

    /// Returns the pipe that a stage writes to.
    fn pipe_after<'p>(&self, pipes: &'p mut Pipes, stage: usize, span: Span) -> Eval<&'p Pipe> {
        let stages = pipes.stages;
        Ok(match pipes.made.entry(stage) {
            std::collections::btree_map::Entry::Occupied(made) => made.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let pipe =
                    if stage + 1 < stages { self.made(pipe_between(stages), span) } else { self.pipe(span) };
                let (reader, writer) = pipe?;
                place.insert(Pipe { reader: Arc::new(reader), writer: Some(Arc::new(writer)) })
            }
        })
    }
}
