//! `/dev/stdin`, `/dev/fd/N` and similar paths, which mean the descriptors of the stage, opened again as on Linux.
//!
//! A file gets its own offset, and `>` empties it. A pipe or a terminal stays the same one, and a socket can't be
//! opened. A policy is asked only about access that the script was not given. For example, writing to a file that is
//! standard input for reading is such access.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::policy::Access;
use crate::process::{Descriptor, FileTable, How, OpenMode, open};
use crate::span::Span;
use crate::sys::descriptor::{Granted, granted};
use crate::sys::{errno, own_path, pipe};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

impl Interpreter {
    /// Returns the path by which this process opens a descriptor that the path of a file function or of `test` names;
    /// none for any other path.
    pub(in crate::eval) fn own_descriptor(&self, path: &Path) -> Option<PathBuf> {
        let descriptor = self.find_descriptor(own_path::spelt(path.as_os_str().as_bytes())?);
        Some(own_path::of(descriptor.as_ref().map(in_this_process)))
    }

    /// Asks the policy about opening a path. For one of the script's own descriptors, asks only about access that the
    /// descriptor does not allow.
    pub(in crate::eval) fn ask_open_or_own(&self, path: &[u8], access: Access, span: Span) -> Eval<()> {
        let Some(number) = own_path::spelt(path) else { return self.ask_open(path, access, span) };
        match self.find_descriptor(number) {
            Some(descriptor) => self.ask_for_more(&descriptor, &[access], span),
            None => Ok(()),
        }
    }

    fn find_descriptor(&self, number: RawFd) -> Option<Descriptor> {
        let mut files = self.env.files.clone();
        self.give_substitutions(&mut files);
        files.find(number)
    }

    /// Opens the path of a file function.
    pub(in crate::eval) fn open_own_or(
        &self,
        path: &[u8],
        mode: OpenMode,
        private: bool,
        span: Span,
    ) -> Eval<io::Result<OwnedFd>> {
        let own = own_path::spelt(path);
        let how = match own {
            Some(_) => How::USUAL,
            None => match self.permitted(path, mode, private, span)? {
                Ok(how) => how,
                Err(error) => return Ok(Err(error)),
            },
        };
        self.open_meant(own, path, mode, how, span, || {
            let mut files = self.env.files.clone();
            self.give_substitutions(&mut files);
            Ok(files)
        })
    }

    /// Opens a path, or the descriptor that it means among these files. `own` is the number in the path itself;
    /// links may also lead to a number. The inner error is that of the kernel.
    pub(in crate::eval) fn open_meant(
        &self,
        own: Option<RawFd>,
        path: &[u8],
        mode: OpenMode,
        how: How,
        span: Span,
        files: impl FnOnce() -> Eval<FileTable>,
    ) -> Eval<io::Result<OwnedFd>> {
        let number = match own {
            Some(number) => number,
            None => match self.open_file(path, mode, how)? {
                Err(error) if error.raw_os_error() == Some(errno::ELOOP) => {
                    match own_path::resolved(self.env.directory.as_deref(), path) {
                        Some(number) => number,
                        None => return Ok(Err(error)),
                    }
                }
                result => return Ok(result),
            },
        };
        let Some(descriptor) = files()?.find(number) else {
            return Ok(Err(io::Error::new(io::ErrorKind::NotFound, "the descriptor is not open")));
        };
        self.ask_for_more(&descriptor, crate::eval::exec::redirect::accesses(mode), span)?;
        let path = own_path::of(Some(in_this_process(&descriptor)));
        let path = path.as_os_str().as_bytes();
        if pipe::is_unnamed(path) {
            Ok(open(None, path, mode))
        } else {
            self.open_file(path, mode, How::USUAL)
        }
    }

    /// Asks the policy about access that the descriptor itself does not allow.
    fn ask_for_more(&self, descriptor: &Descriptor, accesses: &[Access], span: Span) -> Eval<()> {
        if !self.is_guarded() {
            return Ok(());
        }
        let Ok(open) = descriptor.borrow() else { return Ok(()) };
        // A pipe or similar has no path for the request: `pipe:[12]`.
        let Ok(path) = std::fs::read_link(own_path::of(Some(open.as_raw_fd()))) else { return Ok(()) };
        let Granted { read, write, append } = granted(open);
        let is_more = |access: &&Access| match access {
            Access::Look => false,
            Access::Read => !read,
            Access::Append => !write,
            Access::Write => !write || append,
        };
        let mut more = accesses.iter().filter(is_more).filter(|_| path.is_absolute());
        more.try_for_each(|access| self.ask_open(path.as_os_str().as_bytes(), *access, span))
    }
}

/// Returns the number of the descriptor in this process.
fn in_this_process(descriptor: &Descriptor) -> RawFd {
    match descriptor {
        Descriptor::Open(file) => file.as_raw_fd(),
        Descriptor::Inherited(number) => *number,
    }
}
