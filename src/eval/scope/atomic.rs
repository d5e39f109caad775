//! `with atomic=true`: files that redirections and `write()` write take their places when the block succeeds.

use crate::diag::{Source, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::policy::Access;
use crate::span::Span;
use crate::sys::attributes::Unkept;
use crate::sys::open::Creation;
use crate::sys::place::Place;
use crate::sys::replace::{Pending, is_replaceable};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files of a block that wait for its end.
#[derive(Default)]
pub struct Replacements {
    waiting: Mutex<Vec<Waiting>>,
    /// The block around this one, which gets its files.
    outer: Option<Arc<Self>>,
}

struct Waiting {
    pending: Pending,
    /// As the script named it.
    path: Vec<u8>,
    /// What first wrote it.
    source: Arc<Source>,
    span: Span,
}

impl Replacements {
    /// None yet, of a block within another one or of one by itself.
    pub fn within(outer: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), outer })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the new file for a place, which begins with what a block around this one has written there.
    fn begin(&self, place: Place, keep: bool, created: Creation) -> Result<Pending, Unkept> {
        let mut around = self.outer.as_deref();
        while let Some(block) = around {
            if let Some(before) = block.lock().iter().find(|one| one.pending.place.is_same(&place)) {
                return Pending::new(place, Some(&before.pending), keep, created);
            }
            around = block.outer.as_deref();
        }
        Pending::new(place, None, keep, created)
    }

    /// Takes the files of a block within this one that has succeeded, in place of what was written before it.
    fn adopt(&self, files: Vec<Waiting>) {
        let mut waiting = self.lock();
        for file in files {
            waiting.retain(|before| !before.pending.place.is_same(&file.pending.place));
            waiting.push(file);
        }
    }
}

impl Interpreter {
    /// Opens a target to be put in its place later; none where it is not a regular file, or no block asks for it.
    pub(in crate::eval) fn open_replacement(
        &self,
        path: &[u8],
        append: bool,
        created: Creation,
        span: Span,
    ) -> Eval<io::Result<Option<Arc<OwnedFd>>>> {
        let Some(replacements) = &self.env.settings.replacements else { return Ok(Ok(None)) };
        let full = self.directory_path().join(OsStr::from_bytes(path));
        let place = match is_replaceable(&full) {
            // open(2) has an error for a name that can only be a directory's.
            Ok(true) if path.ends_with(b"/") => return Ok(Ok(None)),
            Ok(true) => {
                let access = if append { Access::Append } else { Access::Write };
                self.permitted_place(path, &[access], span)?
            }
            Ok(false) => return Ok(Ok(None)),
            Err(error) => Err(error),
        };
        let place = match place {
            Ok(place) => place,
            Err(error) => return Ok(Err(error)),
        };
        let mut waiting = replacements.lock();
        if let Some(before) = waiting.iter().find(|one| one.pending.place.is_same(&place)) {
            let emptied = if append { Ok(()) } else { before.pending.empty() };
            return Ok(emptied.map(|()| Some(before.pending.file.clone())));
        }
        let pending = match replacements.begin(place, append, created) {
            Ok(pending) => pending,
            Err(Unkept::System(error)) => return Ok(Err(error)),
            Err(unkept) => return Err(self.not_replaceable(path, &unkept, span)),
        };
        let file = pending.file.clone();
        waiting.push(Waiting { pending, path: path.to_vec(), source: self.source().clone(), span });
        Ok(Ok(Some(file)))
    }

    fn not_replaceable(&self, path: &[u8], unkept: &Unkept, span: Span) -> Unwind {
        let message = format!("{} can't be replaced: {unkept}", quote_word(path));
        let error = page(code::UNKEPT, self.source(), span, message, "this target");
        let error = error.note("the old content stays").help(
            "without atomic=true the file is written where it is, and keeps its owner, group and attributes",
        );
        Error::command(error, 1).into()
    }

    /// Puts all files of a block that succeeded in their places, or hands them to the block around it. None is put, when
    /// the content of one can't be kept.
    pub(in crate::eval) fn replace(&mut self, replacements: &Replacements) -> Eval<()> {
        let mut waiting = std::mem::take(&mut *replacements.lock());
        if let Some(outer) = &replacements.outer {
            outer.adopt(waiting);
            return Ok(());
        }
        let failed = |waiting: &Waiting, error: &io::Error| {
            let target = quote_word(&waiting.path);
            let message = format!("{target} can't be replaced: {}", reason(error));
            let error = page(code::WRITE_FAILED, &waiting.source, waiting.span, message, "this target");
            Error::command(error.note("the old content stays"), 1)
        };
        for one in &mut waiting {
            one.pending.prepare().map_err(|error| failed(one, &error))?;
        }
        for one in &mut waiting {
            one.pending.replace().map_err(|error| failed(one, &error))?;
        }
        Ok(())
    }
}
