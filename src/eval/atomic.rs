//! `with atomic=true`: files that redirections write take their places when the block succeeds.

use super::Interpreter;

use super::unwind::{Error, Eval, page};
use crate::diag::{Source, code, quote_word, reason};
use crate::span::Span;
use crate::sys::replace::{Pending, is_replaceable, real};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex, PoisonError};

/// The files of a block that wait for its end.
#[derive(Default)]
pub struct Replacements(Mutex<Vec<Waiting>>);

struct Waiting {
    pending: Pending,
    /// The redirection that first wrote it.
    source: Arc<Source>,
    span: Span,
}

impl Interpreter {
    /// Opens the target of `>` or `>>` to be put in its place later; none where it is no regular file.
    pub(super) fn open_replacement(
        &self,
        path: &[u8],
        append: bool,
        span: Span,
    ) -> io::Result<Option<Arc<OwnedFd>>> {
        let Some(replacements) = &self.settings.replacements else { return Ok(None) };
        let path = self.directory_path().join(OsStr::from_bytes(path));
        if !is_replaceable(&path)? {
            return Ok(None);
        }
        let target = real(&path)?;
        let mut waiting = replacements.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = waiting.iter().find(|one| one.pending.target == target) {
            if !append {
                before.pending.empty()?;
            }
            return Ok(Some(before.pending.file.clone()));
        }
        let pending = Pending::new(target, append, self.settings.attributes.umask)?;
        let file = pending.file.clone();
        waiting.push(Waiting { pending, source: self.source().clone(), span });
        Ok(Some(file))
    }

    /// Puts all files of a block that succeeded in their places. None is, when the content of one can't be kept.
    pub(super) fn replace(&mut self, replacements: &Replacements) -> Eval<()> {
        let mut waiting = std::mem::take(&mut *replacements.0.lock().unwrap_or_else(PoisonError::into_inner));
        let failed = |waiting: &Waiting, error: &io::Error| {
            let target = quote_word(waiting.pending.target.as_os_str().as_bytes());
            let message = format!("{target} can't be replaced: {}", reason(error));
            let error = page(code::WRITE_FAILED, &waiting.source, waiting.span, message, "this target");
            Error::command(error.note("the old content stays"), 1)
        };
        for one in &waiting {
            one.pending.sync().map_err(|error| failed(one, &error))?;
        }
        for one in &mut waiting {
            one.pending.replace().map_err(|error| failed(one, &error))?;
        }
        Ok(())
    }
}
