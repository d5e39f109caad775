//! Files that the interpreter itself writes, under the options of `with`, as a program would.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::process::{Creation, OpenMode, Resource};
use crate::span::Span;
use crate::sys::errno::EFBIG;
use crate::sys::open::end_after;
use crate::sys::own_path;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Interpreter {
    /// Returns the permissions of a file that a redirection creates, or with `private`, of a file that
    /// holds a secret.
    pub(in crate::eval) fn creation(&self, private: bool) -> Creation {
        let mode = if private { 0o600 } else { 0o666 };
        Creation { mode, umask: self.env.settings.steps.umask() }
    }

    /// `write()`. The inner error is that of the kernel.
    pub(in crate::eval) fn write_file(
        &self,
        path: &Path,
        bytes: &[u8],
        append: bool,
        private: bool,
        span: Span,
    ) -> Eval<io::Result<()>> {
        let is_own = own_path::spelt(path.as_os_str().as_bytes()).is_some();
        if !is_own && let Some(most) = self.file_size() {
            let found = std::fs::metadata(path).ok();
            let before = found.as_ref().filter(|_| append).map_or(0, |found| found.len());
            // The size is read before the old content is gone. A device or FIFO has no size.
            let is_limited = found.is_none_or(|found| found.is_file());
            if is_limited && before.saturating_add(bytes.len() as u64) > most {
                return Ok(Err(io::Error::from_raw_os_error(EFBIG)));
            }
        }
        let path = path.as_os_str().as_bytes();
        if !is_own {
            match self.open_replacement(path, append, self.creation(private), span)? {
                Ok(Some(file)) => return self.write_within_limit(file.as_fd(), bytes),
                Ok(None) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        let mode = if append { OpenMode::Append } else { OpenMode::Truncate };
        let opened = self.open_own_or(path, mode, private, span)?;
        match opened {
            Ok(file) => self.write_within_limit(file.as_fd(), bytes),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Writes all bytes, unless the file would exceed its size limit. Under `atomic=true`, or if the path means a
    /// descriptor of the script, `target` may not be the file at the path.
    fn write_within_limit(&self, target: BorrowedFd<'_>, bytes: &[u8]) -> Eval<io::Result<()>> {
        match self.check_file_size(target, bytes.len()) {
            Ok(()) => self.write_bytes(target, bytes),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Returns the largest size that `with file_size=` allows.
    pub(in crate::eval) fn file_size(&self) -> Option<u64> {
        self.env.settings.steps.limit(Resource::FileSize)
    }

    /// Fails where a program would fail, since the limit of the system does not apply to this process.
    pub(in crate::eval) fn check_file_size(&self, target: BorrowedFd<'_>, more: usize) -> io::Result<()> {
        match self.file_size() {
            Some(most) if end_after(target, more).is_some_and(|end| end > most) => {
                Err(io::Error::from_raw_os_error(EFBIG))
            }
            _ => Ok(()),
        }
    }
}
