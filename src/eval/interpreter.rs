//! The interpreter: one thread of a run, with its variables and its execution environment.

use crate::check::program::{ModuleId, Program, Slot};
use crate::diag::{Redactions, Source};
use crate::eval::dry::Dry;
use crate::eval::exec::substitution::Substitution;
use crate::eval::report::unwind::{Error, StageOutcome, Unwind};
use crate::eval::scope::exec_env::ExecEnv;
use crate::eval::scope::slots::Slots;
use crate::eval::shared::Shared;
use crate::eval::tasks::job::Jobs;
use crate::eval::tasks::signals::DeferMask;
#[cfg(feature = "dialog")]
use crate::policy::Policy;
use crate::process::{Child, Search, StageReport};
use crate::value::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// One thread of a run. A stage, job or capture that works on copies has a fork of its own.
pub struct Interpreter {
    pub(in crate::eval) shared: Arc<Shared>,
    pub(in crate::eval) program: Arc<Program>,
    /// The variables of the modules.
    pub(in crate::eval) modules: Slots,
    /// The frames of the calls that are open.
    pub(in crate::eval) frames: Vec<Value>,
    /// Where the innermost frame begins.
    pub(in crate::eval) frame: usize,
    /// The file whose text is being run.
    pub(in crate::eval) module: ModuleId,
    /// Which files have been run.
    pub(in crate::eval) loaded: Vec<bool>,
    /// How many calls of functions are open.
    pub(in crate::eval) calls: usize,
    /// What a `return` on its way gives.
    pub(in crate::eval) returned: Value,
    /// While a `defer` block runs, the requests to stop that don't interrupt it: those that came before, and the first.
    pub(in crate::eval) defer_mask: Option<DeferMask>,
    /// How many requests programs have taken for theirs: Ctrl-C in python3.
    pub(in crate::eval) handled_signals: u32,
    /// How the last pipeline's stages ended, while somebody keeps a record of that.
    pub(in crate::eval) record: Option<Vec<StageOutcome>>,
    pub(in crate::eval) env: ExecEnv,
    pub(in crate::eval) jobs: Jobs,
    /// The process substitutions of the command that is being prepared or runs.
    pub(in crate::eval) substitutions: Vec<Substitution>,
    /// What the run gives, if that is wanted.
    pub(in crate::eval) result: Option<Value>,
    /// The status of the last pipeline: what `exit` alone means.
    pub(in crate::eval) status: u8,
    /// Whether the loop that is open has had a turn.
    pub(in crate::eval) turned: bool,
    /// Whether the command that was prepared last is a bool.
    pub(in crate::eval) named_bool: bool,
    /// Of a run that only tells what it would do.
    pub(in crate::eval) dry: Option<Box<Dry>>,
    /// How deep in captures and stages this stands, for the trace.
    pub(in crate::eval) depth: usize,
}

impl Interpreter {
    /// Returns this run for another thread: see [`Slots::fork`]. Of the calls that are open only the innermost has its
    /// frame there, since nothing returns from it.
    pub(in crate::eval) fn fork(&mut self) -> Self {
        let modules = self.modules.fork();
        self.fork_with(modules)
    }

    /// Returns a copy that shares nothing, of a run that is not to be changed.
    #[cfg(feature = "dialog")]
    pub(in crate::eval) fn copy(&self) -> Self {
        self.fork_with(self.modules.clone())
    }

    fn fork_with(&self, modules: Slots) -> Self {
        Self {
            shared: self.shared.clone(),
            program: self.program.clone(),
            modules,
            frames: self.frames[self.frame..].to_vec(),
            frame: 0,
            module: self.module,
            loaded: self.loaded.clone(),
            calls: self.calls,
            returned: Value::Null,
            defer_mask: self.defer_mask,
            handled_signals: self.handled_signals,
            record: None,
            env: self.env.clone(),
            jobs: Jobs::default(),
            substitutions: Vec::new(),
            result: None,
            status: self.status,
            turned: false,
            named_bool: false,
            dry: None,
            depth: self.depth + 1,
        }
    }

    /// What decides what it may do, if anything does.
    #[cfg(feature = "dialog")]
    pub fn policy(&self) -> Option<Arc<dyn Policy>> {
        self.shared.policy.clone()
    }

    /// The page of the limit that ended the run.
    pub fn exhausted(&self) -> Option<Error> {
        self.shared.budget.as_ref().and_then(|budget| budget.error())
    }

    /// Whether the process is there for this run.
    pub fn is_own_process(&self) -> bool {
        self.shared.own_process
    }

    /// What no message shows.
    pub fn redactions(&self) -> &Redactions {
        self.shared.redactions()
    }

    pub(in crate::eval) fn source(&self) -> &Arc<Source> {
        self.program.source(self.module)
    }

    /// Where the file lies that is evaluated, if it is one that asks for it.
    pub(in crate::eval) fn module_path(&self) -> Option<PathBuf> {
        self.program.modules.get(self.module.0 as usize)?.path.as_deref().map(std::path::Path::to_path_buf)
    }

    #[inline]
    pub(in crate::eval) fn slot(&self, slot: Slot) -> &Value {
        match slot.is_of_module() {
            true => self.modules.value(slot.place()),
            false => &self.frames[self.frame + slot.place()],
        }
    }

    #[inline]
    pub(in crate::eval) fn slot_mut(&mut self, slot: Slot) -> &mut Value {
        match slot.is_of_module() {
            true => self.modules.value_mut(slot.place()),
            false => &mut self.frames[self.frame + slot.place()],
        }
    }

    /// The programs that PATH leads to. Split again whenever PATH is another one.
    pub(in crate::eval) fn search(&mut self) -> Arc<Search> {
        // What exec(3) takes for PATH when it is unset is up to the system; a safe default is ours.
        let path = self.env.environment.get(b"PATH").unwrap_or(b"/usr/local/bin:/usr/bin:/bin");
        match &self.env.search {
            Some(search) if search.path() == path => search.clone(),
            _ => {
                let search = Arc::new(Search::new(path));
                self.env.search = Some(search.clone());
                search
            }
        }
    }

    /// What became of a child, as it may be shown.
    pub(in crate::eval) fn report(&self, child: &Child, last: bool) -> StageReport {
        let mut report = child.report(last);
        report.turn = self.turn_number();
        if let Some(masked) = self.shared.redactions().apply_all(&report.argv) {
            report.argv = masked;
        }
        report
    }

    /// The directory of the session, for what takes a path.
    pub(in crate::eval) fn directory_path(&self) -> std::path::PathBuf {
        use std::os::unix::ffi::OsStrExt;
        match &self.env.directory {
            Some(directory) => std::path::PathBuf::from(std::ffi::OsStr::from_bytes(directory.to_bytes())),
            None => std::path::PathBuf::from("."),
        }
    }

    #[cold]
    pub(in crate::eval) fn raise(&self, failure: crate::eval::report::unwind::Failure) -> Unwind {
        Unwind::Error(failure.into_error(self.source()))
    }

    #[cold]
    pub(in crate::eval) fn fail(&self, error: Error) -> Unwind {
        Unwind::Error(Box::new(error))
    }
}

#[cfg(test)]
pub(in crate::eval) mod tests {
    use super::*;
    use crate::check::{CheckOptions, check};
    use crate::eval::Setup;

    /// Returns the run of a script of these lines, which has not begun.
    pub fn run_of(text: &str, setup: Setup) -> Interpreter {
        let Ok(program) = check(&Arc::new(Source::new("t", text)), CheckOptions::default()) else {
            panic!("the script is refused: {text}")
        };
        Interpreter::new(Arc::new(program), setup)
    }

    /// Returns the run of an empty script.
    pub fn empty(setup: Setup) -> Interpreter {
        run_of("", setup)
    }
}
