//! The interpreter: one thread of a run, with its variables and its execution environment.

use crate::check::program::{ModuleId, Program, Slot};
use crate::diag::{Redactions, Source};
use crate::eval::dry::Dry;
use crate::eval::exec::substitution::Substitution;
use crate::eval::report::unwind::{Error, StageOutcome, Unwind};
use crate::eval::scope::exec_env::ExecEnv;
use crate::eval::scope::slots::Slots;
use crate::eval::scope::with::RunOptions;
use crate::eval::services::OwnServices;
use crate::eval::shared::{Beside, Shared};
use crate::eval::tasks::handlers::Handlers;
use crate::eval::tasks::job::Jobs;
use crate::eval::tasks::signals::DeferMask;
use crate::eval::workers::WorkerEnd;
#[cfg(feature = "dialog")]
use crate::policy::Policy;
use crate::process::{Child, Search, StageReport};
use crate::value::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// One thread of a run. A stage, job or capture that works on copies has its own fork.
pub struct Interpreter {
    pub(in crate::eval) shared: Arc<Shared>,
    /// The count of running forks, if this is a fork.
    pub(in crate::eval) _beside: Option<Beside>,
    pub(in crate::eval) program: Arc<Program>,
    /// The variables of the modules.
    pub(in crate::eval) modules: Slots,
    /// The frames of the open calls.
    pub(in crate::eval) frames: Vec<Value>,
    /// The start of the innermost frame.
    pub(in crate::eval) frame: usize,
    /// The file whose text is running.
    pub(in crate::eval) module: ModuleId,
    /// The files that have run.
    pub(in crate::eval) loaded: Vec<bool>,
    /// The number of open calls of functions.
    pub(in crate::eval) calls: usize,
    /// The value of a `return` while it unwinds.
    pub(in crate::eval) returned: Value,
    /// While a `defer` block runs, the requests to stop that don't interrupt it: those that came before, and the
    /// first.
    pub(in crate::eval) defer_mask: Option<DeferMask>,
    /// The number of requests that programs have handled: Ctrl-C in python3.
    pub(in crate::eval) handled_signals: u32,
    /// How the stages of the last pipeline ended, while a record of that is needed.
    pub(in crate::eval) record: Option<Vec<StageOutcome>>,
    pub(in crate::eval) env: ExecEnv,
    pub(in crate::eval) jobs: Jobs,
    pub(in crate::eval) handlers: Handlers,
    pub(in crate::eval) services: OwnServices,
    /// The process substitutions of the command that is being prepared or running.
    pub(in crate::eval) substitutions: Vec<Substitution>,
    /// The end of a channel that is meant for the next program, in the block of a worker.
    pub(in crate::eval) channel: Option<Box<WorkerEnd>>,
    /// The result of the run, if it is wanted.
    pub(in crate::eval) result: Option<Value>,
    /// The status of the last pipeline, for `$?` and for `exit` without a status.
    pub(in crate::eval) status: u8,
    /// Whether the open loop has had a turn.
    pub(in crate::eval) turned: bool,
    /// Whether the last prepared command is a bool.
    pub(in crate::eval) named_bool: bool,
    /// The options of `with` that the host puts around the run, until it begins.
    pub(in crate::eval) around: Vec<RunOptions>,
    /// The text of the options of the host that are being evaluated, which errors point at.
    pub(in crate::eval) host_options: Option<Arc<Source>>,
    /// The state of a dry run.
    pub(in crate::eval) dry: Option<Box<Dry>>,
    /// The depth in captures and stages, for the trace.
    pub(in crate::eval) depth: usize,
}

impl Interpreter {
    /// Returns this run for another thread: see [`Slots::fork`]. The fork has only the frame of the innermost open
    /// call, since it does not return from that call.
    pub(in crate::eval) fn fork(&mut self) -> Self {
        let modules = self.modules.fork();
        self.fork_with(modules)
    }

    /// Returns a copy that shares nothing, of a run that must not change.
    #[cfg(feature = "dialog")]
    pub(in crate::eval) fn copy(&self) -> Self {
        self.fork_with(self.modules.clone())
    }

    fn fork_with(&self, modules: Slots) -> Self {
        Self {
            shared: self.shared.clone(),
            _beside: Some(Beside::fork(&self.shared)),
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
            handlers: Handlers::default(),
            services: OwnServices::default(),
            substitutions: Vec::new(),
            channel: None,
            result: None,
            status: self.status,
            turned: false,
            named_bool: false,
            around: Vec::new(),
            host_options: None,
            dry: None,
            depth: self.depth + 1,
        }
    }

    /// Returns the policy, if there is one.
    #[cfg(feature = "dialog")]
    pub fn policy(&self) -> Option<Arc<dyn Policy>> {
        self.shared.policy.clone()
    }

    /// Returns the page of the limit that ended the run.
    pub fn exhausted(&self) -> Option<Error> {
        self.shared.budget.as_ref().and_then(|budget| budget.error())
    }

    /// Returns whether the process belongs to this run.
    pub fn is_own_process(&self) -> bool {
        self.shared.own_process
    }

    /// Returns the secrets that are redacted from messages.
    pub fn redactions(&self) -> &Redactions {
        self.shared.redactions()
    }

    pub(in crate::eval) fn source(&self) -> &Arc<Source> {
        self.host_options.as_ref().unwrap_or_else(|| self.program.source(self.module))
    }

    /// Returns the path of the file that is being evaluated, if it needs its path.
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

    /// Returns the directories of PATH. They are split again whenever PATH has changed.
    pub(in crate::eval) fn search(&mut self) -> Arc<Search> {
        // The default of exec(3) for an unset PATH depends on the system; this default is safe.
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

    /// Returns the report of a child, with secrets redacted.
    pub(in crate::eval) fn report(&self, child: &Child, last: bool) -> StageReport {
        let mut report = child.report(last);
        report.turn = self.turn_number();
        if let Some(masked) = self.shared.redactions().apply_all(&report.argv) {
            report.argv = masked;
        }
        report
    }

    /// Returns the directory of the session, for functions that take a path.
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

    /// Returns a run of a script of these lines, which has not begun.
    pub fn run_of(text: &str, setup: Setup) -> Interpreter {
        let Ok(program) = check(&Arc::new(Source::new("t", text)), CheckOptions::default()) else {
            panic!("the script is refused: {text}")
        };
        Interpreter::new(Arc::new(program), setup)
    }

    /// Returns a run of an empty script.
    pub fn empty(setup: Setup) -> Interpreter {
        run_of("", setup)
    }
}
