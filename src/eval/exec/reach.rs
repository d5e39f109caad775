//! Paths on file systems whose server may not answer. A call is first made on a thread, which is left behind if the run
//! ends before the call does. Once it has answered, the interpreter makes the call itself.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::eval::tasks::task::leave_behind;
use crate::span::Span;
use crate::sys::{mounts, poll};
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Interpreter {
    /// Waits until the file system of a path answers. The path may be relative.
    pub(in crate::eval) fn reach(&self, path: &[u8], span: Span) -> Eval<()> {
        self.reach_all(std::iter::once(path), span)
    }

    /// Waits until the file systems of all these paths answer.
    pub(in crate::eval) fn reach_all<'p>(
        &self,
        mut paths: impl Iterator<Item = &'p [u8]>,
        span: Span,
    ) -> Eval<()> {
        if self.dies_of_signals() || !mounts::any_remote() {
            return Ok(());
        }
        paths.try_for_each(|path| self.reach_remote(path, span))
    }

    /// Returns whether only a signal ends this run, by its default action, which also ends a call that waits for a
    /// server. That is true at the start of the binary, until there is something to clean up.
    fn dies_of_signals(&self) -> bool {
        self.shared.interrupt().is_none()
            && !self.shared.can_be_cancelled()
            && self.env.settings.job.is_none()
            && self.env.settings.limits.is_empty()
    }

    #[cold]
    fn reach_remote(&self, path: &[u8], span: Span) -> Eval<()> {
        let directory = match &self.env.directory {
            Some(directory) => directory.to_bytes().to_vec(),
            // The kernel knows the directory without a request to the server.
            None => std::env::current_dir().unwrap_or_default().into_os_string().into_encoded_bytes(),
        };
        let path = Path::new(OsStr::from_bytes(&directory)).join(OsStr::from_bytes(path));
        if !mounts::is_remote(&path) {
            return Ok(());
        }
        let (answered, asks) = self.pipe(span)?;
        let ask = move || {
            let _ = std::fs::metadata(path);
            drop(asks);
        };
        // If no thread can be started, the server is not asked.
        if !leave_behind(ask) {
            return Ok(());
        }
        while !poll::is_readable(answered.as_fd()) {
            self.pause_until(Some(answered.as_fd()), None)?;
        }
        Ok(())
    }
}
