//! The sandboxes of the open `with` blocks: whether the interpreter may use a file in them, and how programs enter
//! them.
//!
//! The kernel holds the programs to the rules. The interpreter holds itself to them at the gate: a thread can't leave
//! the rules of Landlock, and threads outlive blocks.

use crate::check::settings::Setting;
use crate::diag::{Diagnostic, Source, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::policy::{Access, Request, resolved};
use crate::process::{Sandbox, Step, Steps, Want};
use crate::span::Span;
use crate::value::{Str, Value, format};
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The sandbox of a block, within those of the blocks around it.
#[derive(Debug)]
pub struct Confinement {
    pub sandbox: Sandbox,
    pub outer: Option<Arc<Self>>,
    pub source: Arc<Source>,
    /// The directory to which the paths of its options are relative.
    pub base: PathBuf,
    /// The options that it is made of.
    pub options: Vec<(Setting, Span)>,
}

impl Confinement {
    /// Returns it and those around it.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |one| one.outer.as_deref())
    }

    fn option(&self, setting: Setting) -> Option<Span> {
        self.options.iter().find(|(one, _)| *one == setting).map(|(_, span)| *span)
    }
}

impl Interpreter {
    /// Returns whether a sandbox closes files.
    pub(in crate::eval) fn closes_files(&self) -> bool {
        self.env.settings.sandbox.as_ref().is_some_and(|all| all.all().any(|one| one.sandbox.closes_files()))
    }

    /// Lets a program of a block enter the sandboxes around it.
    #[inline]
    pub(in crate::eval) fn steps_for(&self, program: &CStr, span: Span) -> Eval<Steps> {
        let mut steps = self.env.settings.steps.clone();
        if let Some(sandbox) = &self.env.settings.sandbox {
            self.confine(&mut steps, sandbox, program).map_err(|error| {
                let name = quote_word(program.to_bytes());
                let message = format!("can't make the sandbox of {name}: {}", reason(&error));
                let page = page(code::SPAWN_FAILED, self.source(), span, message, "this command");
                Error::refused(page, 126)
            })?;
        }
        Ok(steps)
    }

    fn confine(&self, steps: &mut Steps, sandbox: &Confinement, program: &CStr) -> io::Result<()> {
        let directory = self.env.directory.as_deref();
        let mut rulesets = Vec::new();
        let mut filters = Vec::new();
        if let Some(namespaces) = sandbox.all().find_map(|one| one.sandbox.namespaces()) {
            steps.set(Step::Namespaces(namespaces));
            if self.env.directory.is_none() {
                // A process begins at the root of a mount namespace.
                let here = std::env::current_dir()?;
                steps.set(Step::Directory(CString::new(here.as_os_str().as_bytes())?.into()));
            }
        }
        for one in sandbox.all() {
            rulesets.push(one.sandbox.rules_for(program, directory)?);
            filters.push(one.sandbox.filter());
        }
        steps.set(Step::Rulesets(rulesets.into_iter().rev().collect()));
        steps.set(Step::Filters(filters.into_iter().rev().collect()));
        Ok(())
    }

    /// Fails if a file that is about to be used is outside of a sandbox.
    pub(in crate::eval) fn ask_sandbox(&self, request: &Request<'_>, span: Span) -> Eval<()> {
        let Some(sandbox) = &self.env.settings.sandbox else { return Ok(()) };
        let (path, want) = match request {
            Request::Open(open) => (
                resolved(open.path()),
                match open.access() {
                    Access::Look => Want::Look,
                    Access::Read => Want::Read,
                    Access::Write | Access::Append => Want::Write,
                },
            ),
            Request::Spawn(spawn) => (resolved(&spawn.directory().join(spawn.program())), Want::Run),
            _ => return Ok(()),
        };
        match sandbox.all().find(|one| !one.sandbox.permits(&path, want)) {
            Some(refusing) => Err(self.outside_of_sandbox(refusing, &path, want, span).into()),
            None => Ok(()),
        }
    }

    #[cold]
    fn outside_of_sandbox(&self, sandbox: &Confinement, path: &Path, want: Want, span: Span) -> Error {
        let (setting, doing) = match want {
            Want::Look => (Setting::Read, "looking at"),
            Want::Read => (Setting::Read, "reading"),
            Want::Write => (Setting::Write, "writing"),
            Want::Run => (Setting::Run, "running"),
        };
        let name = setting.row().name;
        let named = |path: &Path| {
            let path = path.strip_prefix(&sandbox.base).unwrap_or(path);
            if path.as_os_str().is_empty() { b".".to_vec() } else { path.as_os_str().as_bytes().to_vec() }
        };
        let message = format!("{doing} {} is outside of the sandbox", quote_word(&named(path)));
        let page = page(code::SANDBOX_REFUSED, self.source(), span, message, "refused");
        // A file that is not there yet is created by changing its directory.
        let granted =
            if want == Want::Write && !path.exists() { path.parent().unwrap_or(path) } else { path };
        let quoted = format::display(&Value::Str(Str::from(named(granted))), 400);
        let given = sandbox.option(setting);
        let page = match given.or_else(|| sandbox.options.first().map(|(_, span)| *span)) {
            Some(option) => page.also_at(&sandbox.source, option, "the sandbox of this block"),
            None => page,
        };
        let written = given.and_then(|option| sandbox.source.text().get(option.range()));
        let help = match written.and_then(|text| text.strip_suffix(']')) {
            Some(list) if list.ends_with('[') => format!("open it: {list}{quoted}]"),
            Some(list) => format!("open it: {list}, {quoted}]"),
            None if given.is_some() => format!("add {quoted} to the list of `{name}`"),
            None => format!("open it with one more option: {name}=[{quoted}]"),
        };
        Error::refused(page.help(help), 126)
    }
}

/// Returns the page for a system that has no sandbox.
pub fn unavailable(source: &Arc<Source>, span: Span, option: &str, reason: &str) -> Diagnostic {
    let message = format!("`{option}` can't be given here: {reason}");
    let page = page(code::SANDBOX_UNAVAILABLE, source, span, message, "the block does not begin");
    page.help("`pipewright --doctor` shows what this system has")
}
