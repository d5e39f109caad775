//! The questions to the host's policy, just before a thing is done. The gate asks them of each effect.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::exec::redirect::accesses;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::policy::{self, Access, Open, Request};
use crate::process::{How, OpenMode};
use crate::span::Span;
use crate::sys::mounts;
use crate::sys::place::Place;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

impl Interpreter {
    /// Whether there is a policy to be asked.
    pub(in crate::eval) fn is_guarded(&self) -> bool {
        self.shared.policy.is_some()
    }

    /// Asks the policy. A refusal is no failure of a command: `||`, `!` and `if` don't take it for one.
    pub(super) fn ask_policy(&self, request: &Request<'_>, span: Span) -> Eval<()> {
        let Some(policy) = &self.shared.policy else { return Ok(()) };
        let Err(denial) = policy::ask(&**policy, request) else { return Ok(()) };
        let message = format!("not allowed by the policy: {request}");
        let error = page(code::POLICY, self.source(), span, message, "refused");
        Err(Error::refused(error.note(format!("refused: {}", denial.rule())), 126).into())
    }

    /// Waits until the file system of a file answers, and asks to open the file or to look what is there. The path may be
    /// relative. The policy may follow the symbolic links of the path, and nothing ends that.
    pub(in crate::eval) fn ask_open(&self, path: &[u8], access: Access, span: Span) -> Eval<()> {
        self.reach(path, span)?;
        if !self.is_guarded() {
            return Ok(());
        }
        let path = self.guarded_directory(span)?.join(OsStr::from_bytes(path));
        self.ask_policy(&Request::Open(Open { path: &path, access }), span)
    }

    /// The place that a path leads to, held open, with what the policy says of it: between the question about the path and
    /// the opening, a directory or link on the way may be exchanged. The inner error is the kernel's.
    pub(in crate::eval) fn permitted_place(
        &self,
        path: &[u8],
        accesses: &[Access],
        span: Span,
    ) -> Eval<io::Result<Place>> {
        let place = match Place::find(self.env.directory.as_deref(), path) {
            Ok(place) => place,
            Err(error) => return Ok(Err(error)),
        };
        if !self.is_guarded() {
            return Ok(Ok(place));
        }
        let named = self.guarded_directory(span)?.join(OsStr::from_bytes(path));
        let Some(actual) = place.path() else {
            let message = "the policy can't be asked where it lies without /proc";
            return Ok(Err(io::Error::new(io::ErrorKind::Unsupported, message)));
        };
        if actual != named {
            for access in accesses {
                self.ask_policy(&Request::Open(Open { path: &actual, access: *access }), span)?;
            }
        }
        Ok(Ok(place))
    }

    /// How a file is opened that the policy has been asked for: in the place that it is asked for again. The inner error is
    /// the kernel's.
    pub(in crate::eval) fn permitted(
        &self,
        path: &[u8],
        mode: OpenMode,
        private: bool,
        span: Span,
    ) -> Eval<io::Result<How>> {
        let created = self.creation(private);
        if !self.is_guarded() {
            return Ok(Ok(How { created, place: None }));
        }
        let place = self.permitted_place(path, accesses(mode), span)?;
        Ok(place.map(|place| How { created, place: Some(Arc::new(place)) }))
    }

    pub(super) fn guarded_directory(&self, span: Span) -> Eval<std::path::PathBuf> {
        Ok(Path::new(OsStr::from_bytes(&self.working_directory(span)?)).to_path_buf())
    }

    /// Does something that looks at files by itself: it is given what says whether it may look at one. The first
    /// refusal is the end of it.
    pub(in crate::eval) fn looking<T>(
        &self,
        span: Span,
        look: impl FnOnce(&dyn Fn(&[u8]) -> bool) -> Eval<T>,
    ) -> Eval<T> {
        if !self.is_guarded() && !mounts::any_remote() {
            return look(&|_| true);
        }
        let refused: std::cell::RefCell<Option<Unwind>> = std::cell::RefCell::default();
        let result = look(&|path| {
            if refused.borrow().is_some() {
                return false;
            }
            let answer = self.ask_open(path, Access::Look, span);
            let may = answer.is_ok();
            *refused.borrow_mut() = answer.err();
            may
        });
        match refused.into_inner() {
            Some(unwind) => Err(unwind),
            None => result,
        }
    }
}
