//! The state of a run: variables, directory, environment, descriptors.

use crate::check::program::{ARGS, ModuleId, Program, Slot};
use crate::diag::{Redactions, Source};
use crate::eval::dry::Dry;
use crate::eval::effects::audit;
use crate::eval::effects::limits::{Budget, Limits};
use crate::eval::effects::observe::Observers;
use crate::eval::exec::shared_lines::SharedLines;
use crate::eval::exec::substitution::Substitution;
use crate::eval::lang::arguments::Asked;
use crate::eval::report::unwind::{Error, Eval, StageOutcome, Unwind};
use crate::eval::scope::exec_env::ExecEnv;
use crate::eval::scope::settings::{Settings, TimeLimit};
use crate::eval::tasks::job::{JobState, Jobs};
use crate::policy::Policy;
use crate::process::{
    self, Child, Control, Descriptor, Environment, FileTable, Group, Interrupt, OpenMode, Search, Signal,
    StageReport,
};
use crate::span::Span;
use crate::value::{List, Str, Value};
use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex, Once, OnceLock};
use std::time::Duration;

/// What a run is given.
#[derive(Default)]
pub struct Setup {
    pub args: Vec<Vec<u8>>,
    /// This process is there for the run: once there is something to clean up, signals that ask the process to end are
    /// caught, and orphans of programs come to it, which are ended with the run; on a terminal its programs stay in
    /// its group.
    pub own_process: bool,
    /// Programs get sessions of their own, so that none reaches the terminal of this process.
    pub without_terminal: bool,
    /// Somebody types at a terminal: what a Ctrl-C ends is the entry that runs, and no job beside it; and what programs
    /// leave behind, such as the server of tmux(1), is meant to stay.
    pub interactive: bool,
    pub observers: Observers,
    /// Where everything is recorded that it does.
    pub audit: Option<audit::Log>,
    /// Nothing is done: what would be is printed.
    pub dry_run: bool,
    /// Its standard input can't be read: the script itself came by it.
    pub unreadable_input: bool,
    /// Values of the script's inputs.
    pub variables: Vec<(Slot, Value)>,
    /// Where those of a former run were, to be used again: an allocation is a part of what a small run costs.
    pub room: Vec<Value>,
    /// Its descriptors, if not those of this process.
    pub files: Option<FileTable>,
    /// Its environment, if not that of this process.
    pub environment: Option<Environment>,
    /// PWD is in the environment, or was removed on purpose.
    pub directory_named: bool,
    /// Its directory, if not that of this process.
    pub directory: Option<Arc<CStr>>,
    /// What stops it, beside the signals of a process that is its own.
    pub interrupt: Interrupt,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Its result is wanted: what its `main` returns is that, and no status.
    pub keep_result: bool,
    /// What it may do, if not everything.
    pub policy: Option<Arc<dyn Policy>>,
    /// How much it may use.
    pub limits: Limits,
}

/// What all threads of a run share.
pub struct Shared {
    pub(in crate::eval) own_process: bool,
    pub(in crate::eval) interactive: bool,
    adopting: Once,
    /// Whether what a block with `daemons="end"` may have left is still to be ended.
    pub(in crate::eval) ends_daemons: AtomicBool,
    /// What the host stops it by.
    cancel: Interrupt,
    signals: OnceLock<SignalInterrupts>,
    terminal: OnceLock<Option<i32>>,
    unreadable: OnceLock<Arc<OwnedFd>>,
    unreadable_input: bool,
    pub(in crate::eval) observers: Observers,
    pub(in crate::eval) audit: Option<audit::Log>,
    inherited: OnceLock<Environment>,
    redactions: OnceLock<Redactions>,
    /// Held by the thread that asks at the terminal.
    pub(in crate::eval) asking: Mutex<()>,
    pub(in crate::eval) lines: SharedLines,
    pub(in crate::eval) policy: Option<Arc<dyn Policy>>,
    pub(in crate::eval) budget: Option<Arc<Budget>>,
}

/// The signals that a script heeds.
struct SignalInterrupts {
    /// What ends it.
    requests: Interrupt,
    /// Raised with that, and by a key of the terminal, which the programs have got themselves.
    keys: Interrupt,
}

impl Shared {
    /// What ends the run from outside, once there is something to wait for.
    #[inline]
    pub(in crate::eval) fn interrupt(&self) -> Option<&Interrupt> {
        if self.own_process { self.signals.get().map(|signals| &signals.keys) } else { Some(&self.cancel) }
    }

    /// Whether a key of the terminal is for the programs first: in a script that is a process.
    pub(in crate::eval) fn handles_keys(&self) -> bool {
        self.own_process && !self.interactive
    }

    /// Whether orphans of its programs come to this process.
    pub(in crate::eval) fn adopts(&self) -> bool {
        self.adopting.is_completed()
    }

    /// Whether this process is there for the run alone.
    pub(in crate::eval) fn is_own_process(&self) -> bool {
        self.own_process
    }

    /// Whether a host may stop the run.
    pub(in crate::eval) fn can_be_cancelled(&self) -> bool {
        !self.cancel.is_none()
    }

    /// What no message shows.
    pub(in crate::eval) fn redactions(&self) -> &Redactions {
        self.redactions.get_or_init(Redactions::default)
    }

    /// The environment of this process.
    pub(in crate::eval) fn inherited(&self) -> &Environment {
        self.inherited.get_or_init(Environment::inherited)
    }

    /// Gives a standard input that can't be read, where sh has one that we have not: a program that reads says so,
    /// and one that does not runs. Open it must be, or the next file that a program opens would get its number.
    ///
    /// # Errors
    /// Those of open(2).
    pub(in crate::eval) fn close_input(&self, files: &mut FileTable) -> io::Result<()> {
        let file = match self.unreadable.get() {
            Some(file) => file,
            None => {
                let file = process::open(None, b"/dev/null", OpenMode::Append)?;
                self.unreadable.get_or_init(|| Arc::new(file))
            }
        };
        files.set(0, file.clone());
        Ok(())
    }

    /// Whether a descriptor is that one.
    pub(in crate::eval) fn is_closed_input(&self, descriptor: &Descriptor) -> bool {
        let Some(file) = self.unreadable.get() else { return false };
        matches!(descriptor, Descriptor::Open(open) if Arc::ptr_eq(open, file))
    }
}

/// One thread of a run. A stage, job or capture that works on copies has a fork of its own.
pub struct Interpreter {
    pub(in crate::eval) shared: Arc<Shared>,
    pub(in crate::eval) program: Arc<Program>,
    /// The variables of the modules, and after them the frames of the calls that are open.
    pub(in crate::eval) slots: Vec<Value>,
    /// Where the innermost frame begins, and the modules' variables (at 0): see [`Slot::home`].
    pub(in crate::eval) frame_bases: [usize; 2],
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
    /// Of a run that only tells what it would do.
    pub(in crate::eval) dry: Option<Box<Dry>>,
    /// How deep in captures and stages this stands, for the trace.
    pub(in crate::eval) depth: usize,
}

fn list_of(args: Vec<Vec<u8>>) -> List {
    // Most runs have none, and an allocation is a part of what a small one costs.
    static NONE: LazyLock<List> = LazyLock::new(List::default);
    if args.is_empty() {
        return NONE.clone();
    }
    args.into_iter().map(|arg| Value::Str(Str::from(arg))).collect()
}

/// How many of the processes that a script left running are named.
const SHOWN: usize = 5;

/// How many requests to stop don't count.
#[derive(Clone, Copy)]
pub(in crate::eval) struct DeferMask {
    all: u32,
    /// Of those that programs are ended for.
    to_programs: u32,
}

impl Interpreter {
    pub fn new(program: Arc<Program>, setup: Setup) -> Self {
        let mut slots = setup.room;
        let args = slots.get_mut(ARGS.place()).map(std::mem::take);
        slots.clear();
        // And for the frames of a few calls.
        slots.reserve(program.slots + 32);
        slots.resize(program.slots, Value::Null);
        slots[ARGS.place()] = match args {
            // Without arguments as the run before: one count less.
            Some(Value::List(none)) if none.is_empty() && setup.args.is_empty() => Value::List(none),
            _ => Value::List(list_of(setup.args)),
        };
        crate::eval::lang::init_order::mark_unset(&program, &mut slots);
        for (slot, value) in setup.variables {
            slots[slot.place()] = value;
        }
        let script = program.script;
        let times = [(setup.timeout, false), (setup.limits.wall_time, true)];
        let limits = times.into_iter().filter_map(|(time, hard)| {
            Some(Arc::new(TimeLimit::of_run(time?, hard, program.source(script).clone())))
        });
        let settings = Settings::of_run(limits.collect(), setup.without_terminal);
        let shared = Shared {
            own_process: setup.own_process,
            interactive: setup.interactive,
            adopting: Once::new(),
            ends_daemons: AtomicBool::new(false),
            cancel: setup.interrupt,
            signals: OnceLock::new(),
            terminal: OnceLock::new(),
            unreadable: OnceLock::new(),
            unreadable_input: setup.unreadable_input,
            observers: setup.observers,
            audit: setup.audit,
            inherited: OnceLock::new(),
            redactions: OnceLock::new(),
            asking: Mutex::new(()),
            lines: SharedLines::default(),
            policy: setup.policy,
            budget: Budget::of(setup.limits),
        };
        Self {
            shared: Arc::new(shared),
            program,
            slots,
            frame_bases: [0, 0],
            module: script,
            loaded: Vec::new(),
            calls: 0,
            returned: Value::Null,
            defer_mask: None,
            handled_signals: 0,
            record: None,
            env: ExecEnv {
                directory: setup.directory,
                environment: setup.environment.unwrap_or_else(Environment::inherited),
                directory_named: setup.directory_named,
                search: None,
                files: setup.files.unwrap_or_default(),
                settings,
            },
            jobs: Jobs::default(),
            substitutions: Vec::new(),
            result: setup.keep_result.then_some(Value::Null),
            status: 0,
            dry: setup.dry_run.then(Box::default),
            depth: 0,
        }
    }

    /// A copy for another thread.
    pub(in crate::eval) fn fork(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            program: self.program.clone(),
            slots: self.slots.clone(),
            frame_bases: self.frame_bases,
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

    /// Runs the script and its `main`, and awaits its jobs. The program is its own, which whoever calls holds anyhow: so
    /// no count of references has to keep it.
    pub fn run(&mut self, program: &Program) -> Eval<()> {
        debug_assert!(std::ptr::eq(program, &*self.program));
        // In sh a command would read what follows it in the script.
        if self.shared.unreadable_input {
            self.shared
                .close_input(&mut self.env.files)
                .map_err(|error| self.no_null(&error, Span::default()))?;
        }
        let main = match self.main_arguments()? {
            Asked::Script => None,
            Asked::Main(main) => Some(main),
            Asked::Help(text) => return self.print_help(&text),
        };
        self.audit_begin()?;
        let ran = self.block(&program.main_module().body);
        let ran = ran.and_then(|()| main.map_or(Ok(()), |main| self.run_main(program, main)));
        self.end(ran)
    }

    /// Awaits or ends the jobs of what has run, and ends what it has left behind.
    pub(in crate::eval) fn end(&mut self, ran: Eval<()>) -> Eval<()> {
        // Last a signal that came while nothing could be interrupted.
        let ran = self.settle_jobs(ran).and_then(|()| self.check_interrupt());
        if let (Err(Unwind::Interrupted(signal)), true) = (&ran, self.shared.adopting.is_completed())
            && process::Key::is_of_terminal(*signal)
            && self.own_terminal().is_some()
        {
            process::await_key_handlers(*signal, &self.wait_interrupt());
        }
        self.sweep(&ran);
        self.audit_finish(ran)
    }

    /// Ends what programs have left behind, unless it is a daemon and the script has ended by itself.
    pub(in crate::eval) fn sweep(&self, ran: &Eval<()>) {
        if !self.shared.adopting.is_completed() {
            return;
        }
        let swept = process::sweep(&self.interrupt(), process::GRACE, self.daemons_after(ran));
        self.say_unseen(swept.unseen);
        // Who interrupts a script means all of it.
        if swept.found.is_empty() || matches!(ran, Err(Unwind::Interrupted(_))) && swept.left == 0 {
            return;
        }
        let named =
            |(pid, name): &(i32, Vec<u8>)| format!("{} (process {pid})", crate::diag::quote_word(name));
        let mut names: Vec<String> = swept.found.iter().take(SHOWN).map(named).collect();
        if swept.found.len() > SHOWN {
            names.push(format!("{} more", swept.found.len() - SHOWN));
        }
        let ended = format!("ended what the script left running: {}", names.join(", "));
        self.warn(&ended);
        if swept.left > 0 {
            self.warn(&format!("{} of them can't be killed", swept.left));
        }
    }

    /// Says that processes may be left, if they could not be looked for.
    pub(in crate::eval) fn say_unseen(&self, errno: Option<i32>) {
        if let Some(errno) = errno {
            let reason = crate::diag::reason(&io::Error::from_raw_os_error(errno));
            self.warn(&format!("can't tell which processes are left: {reason}"));
        }
    }

    /// Called before a program is started.
    pub(in crate::eval) fn adopt_orphans(&self) {
        if self.shared.own_process && !self.shared.interactive {
            self.shared.adopting.call_once(process::own_process);
        }
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
        &self.slots[self.frame_bases[slot.home()] + slot.place()]
    }

    #[inline]
    pub(in crate::eval) fn slot_mut(&mut self, slot: Slot) -> &mut Value {
        &mut self.slots[self.frame_bases[slot.home()] + slot.place()]
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

    /// What ends this run from outside. Made when there is first something to wait for: a script without
    /// programs needs no handler, the signal's own effect is right.
    pub(in crate::eval) fn interrupt(&self) -> Interrupt {
        self.interrupts(JobState::interrupt, |signals| &signals.keys).after(self.ignored_signals())
    }

    /// What ends a wait for programs. A key of the terminal does not: those got it themselves.
    pub(in crate::eval) fn wait_interrupt(&self) -> Interrupt {
        match (self.control(), self.defer_mask) {
            (Some(_), defer_mask) => {
                let passed = defer_mask.map_or(0, |defer_mask| defer_mask.to_programs);
                self.interrupts(|job| &job.cancel, |signals| &signals.requests).after(passed)
            }
            (None, Some(_)) => self.interrupt(),
            (None, None) => self.interrupts(|job| &job.cancel, |signals| &signals.requests).clone(),
        }
    }

    fn interrupts<'a>(
        &'a self,
        of_job: impl FnOnce(&'a JobState) -> &'a Interrupt,
        of_script: impl FnOnce(&'a SignalInterrupts) -> &'a Interrupt,
    ) -> &'a Interrupt {
        if let Some(job) = &self.env.settings.job {
            return of_job(job);
        }
        // In a host signals are no business of a run.
        if !self.shared.own_process {
            return &self.shared.cancel;
        }
        of_script(self.shared.signals.get_or_init(|| self.install_handlers()))
    }

    fn install_handlers(&self) -> SignalInterrupts {
        use crate::sys::handlers;
        let cancel = &self.shared.cancel;
        // Without handlers a signal ends us and not our children; that is no reason not to run.
        let child_of = |requests: &Interrupt| {
            // At a prompt the keys of its jobs come by another way: see `Control`.
            if self.shared.interactive { Ok(requests.clone()) } else { requests.child() }
        };
        let made = cancel.child().and_then(|requests| Ok((child_of(&requests)?, requests)));
        let Ok((keys, requests)) = made else {
            return SignalInterrupts { requests: cancel.clone(), keys: cancel.clone() };
        };
        handlers::keep_statuses();
        if self.shared.interactive {
            let _ = handlers::install(&requests, None, &[Signal::INT, Signal::TERM, Signal::HUP]);
        } else {
            let _ = handlers::install(&requests, Some(&keys), &handlers::REQUESTS);
            let _ = handlers::survive_file_limit();
        }
        SignalInterrupts { requests, keys }
    }

    /// The interrupts that a new job hears of: requests, and in a script the keys of the terminal, which don't count until
    /// the script waits for the job.
    pub(in crate::eval) fn job_interrupts(&self) -> io::Result<(Interrupt, Option<Interrupt>)> {
        let requests = self.interrupts(|job| &job.cancel, |signals| &signals.requests).child()?;
        if !self.shared.own_process {
            return Ok((requests, None));
        }
        let keys = self.interrupts(JobState::interrupt, |signals| &signals.keys).child()?;
        keys.set_background(self.env.settings.job.is_none());
        Ok((requests, Some(keys)))
    }

    /// The programs of the foreground have taken the keys that came for theirs.
    pub(in crate::eval) fn settle_keys(&self) {
        if let Some(signals) = self.shared.signals.get() {
            signals.keys.settle();
        }
    }

    /// How many requests are not meant for what runs now.
    #[inline]
    pub(in crate::eval) fn ignored_signals(&self) -> u32 {
        self.defer_mask.map_or(0, |defer_mask| defer_mask.all).max(self.handled_signals)
    }

    /// Runs what was deferred: without a time limit but the host's for untrusted
    /// scripts, for one that has passed would end it at once. The first request
    /// to stop does not interrupt it, and neither do those before; each one after that ends what runs at that moment,
    /// so that every wait has an end.
    pub(in crate::eval) fn in_defer<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.defer_mask.take();
        let first = |interrupt: Interrupt| interrupt.raised().map(|raised| raised.times);
        self.defer_mask = Some(DeferMask {
            all: first(self.interrupt()).unwrap_or(self.ignored_signals() + 1),
            to_programs: first(self.wait_interrupt()).unwrap_or(1),
        });
        let settings = &self.env.settings;
        let result = if settings.limits.is_empty() {
            run(self)
        } else {
            let limits = settings.limits.iter().filter(|limit| limit.hard).cloned().collect();
            self.with_settings(Settings { limits, ..(**settings).clone() }, run)
        };
        self.defer_mask = outer;
        result
    }

    /// The process group for a new pipeline: one of its own. On a terminal that is ours, programs stay in our group as
    /// under sh, or they could not read from it.
    pub(in crate::eval) fn new_group(&self) -> Group {
        if self.env.settings.detach || self.env.settings.own_sessions {
            return Group::sessions();
        }
        if let Some(control) = self.control() {
            return control.group();
        }
        if self.own_terminal().is_some() { Group::inherit() } else { Group::own() }
    }

    /// The standard stream that is the terminal in whose foreground this script is. In a host it is never the terminal's
    /// business how programs are grouped.
    pub(in crate::eval) fn own_terminal(&self) -> Option<i32> {
        if !self.shared.own_process {
            return None;
        }
        *self.shared.terminal.get_or_init(|| (0..=2).find(|fd| crate::sys::tty::is_own_foreground(*fd)))
    }

    /// What suspends and continues the job that this is part of, at a prompt.
    pub(in crate::eval) fn control(&self) -> Option<&Control> {
        self.env.settings.job.as_ref()?.control.as_ref()
    }

    /// What became of a child, as it may be shown.
    pub(in crate::eval) fn report(&self, child: &Child, last: bool) -> StageReport {
        let mut report = child.report(last);
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
