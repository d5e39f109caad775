//! Requests to the host's policy, just before each action. The gate makes one for each effect.

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
    /// Returns whether there is a policy, or a sandbox that closes files.
    pub(in crate::eval) fn is_guarded(&self) -> bool {
        self.shared.policy.is_some() || self.closes_files()
    }

    /// Asks the policy and the sandbox. A refusal is not the failure of a command: `||`, `!` and `if` don't absorb it.
    pub(super) fn ask_policy(&self, request: &Request<'_>, span: Span) -> Eval<()> {
        let denial = self.shared.policy.as_ref().and_then(|policy| policy::ask(&**policy, request).err());
        let Some(denial) = denial else { return self.ask_sandbox(request, span) };
        let message = format!("not allowed by the policy: {request}");
        let error = page(code::POLICY, self.source(), span, message, "refused");
        let mut error = Error::refused(error.note(format!("refused: {}", denial.rule())), 126);
        error.denial = Some(Box::new((denial, request.into())));
        Err(error.into())
    }

    /// Asks about the queues of a database. Rules name files and programs, so none of them covers a database.
    pub(in crate::eval) fn ask_database(&self, url: &[u8], span: Span) -> Eval<()> {
        let (what, code) = match (&self.shared.policy, &self.env.settings.sandbox) {
            (None, None) => return Ok(()),
            (Some(_), _) => ("a policy", code::POLICY),
            (None, Some(_)) => ("a sandbox", code::SANDBOX_REFUSED),
        };
        let message = format!("{what} can't allow the database {}", crate::diag::quote_word(url));
        let error = page(code, self.source(), span, message, "refused");
        let help = "keep the queue in a file, which rules and sandboxes can name";
        Err(Error::refused(error.help(help), 126).into())
    }

    /// Waits until the file system of a file answers, and asks about opening or examining the file. The path may be
    /// relative. The policy may follow the symbolic links of the path, which can't be interrupted.
    pub(in crate::eval) fn ask_open(&self, path: &[u8], access: Access, span: Span) -> Eval<()> {
        self.reach(path, span)?;
        if !self.is_guarded() {
            return Ok(());
        }
        let path = self.guarded_directory(span)?.join(OsStr::from_bytes(path));
        self.ask_policy(&Request::Open(Open { path: &path, access }), span)
    }

    /// Returns the place that a path leads to, held open, and the decision of the policy about it. Holding it open
    /// matters, because a directory or link on the way could otherwise be exchanged between the request and the
    /// opening. The inner error is that of the kernel.
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

    /// Opens a file after the policy has allowed its path. The policy is asked again about the actual place. The
    /// inner error is that of the kernel.
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

    /// Runs code that examines files itself, with a function that asks whether it may examine one. The first refusal
    /// ends it.
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
