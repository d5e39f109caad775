//! `with atomic=true`: when the block succeeds, the files that redirections and `write()` have written replace
//! the old ones.

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
    /// The enclosing block, which receives its files.
    outer: Option<Arc<Self>>,
}

struct Waiting {
    pending: Pending,
    /// The path as the script named it.
    path: Vec<u8>,
    /// The source of the code that first wrote it.
    source: Arc<Source>,
    span: Span,
}

impl Replacements {
    /// Creates the empty state of a block, within another one or alone.
    pub fn within(outer: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), outer })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates the new file for a place. It begins with the content that an enclosing block has written there.
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

    /// Takes the files of a nested block that has succeeded, in place of earlier content.
    fn adopt(&self, files: Vec<Waiting>) {
        let mut waiting = self.lock();
        for file in files {
            waiting.retain(|before| !before.pending.place.is_same(&file.pending.place));
            waiting.push(file);
        }
    }
}

impl Interpreter {
    /// Opens a target to be put into its place later. Returns none if it is not a regular file, or no block
    /// requests this.
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
            // open(2) has a separate error for a name that can only be a directory.
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

    /// Puts all files of a successful block into their places, or passes them to the enclosing block. If the
    /// content of one can't be kept, none is put into place.
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
