//! What a run is given, and its construction from that.

use crate::check::program::{ARGS, Program, Slot};
use crate::eval::Interpreter;
use crate::eval::effects::audit;
use crate::eval::effects::limits::{Budget, Limits};
use crate::eval::effects::observe::Observers;
use crate::eval::exec::shared_lines::SharedLines;
use crate::eval::scope::exec_env::ExecEnv;
use crate::eval::scope::settings::{Settings, TimeLimit};
use crate::eval::shared::Shared;
use crate::eval::tasks::job::Jobs;
use crate::policy::Policy;
use crate::process::{Environment, FileTable, Interrupt};
use crate::value::{List, Str, Value};
use std::ffi::CStr;
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
    pub room: Room,
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

/// Where the values of a former run were, to be used again: an allocation is a part of what a small run costs.
#[derive(Default)]
pub struct Room {
    pub slots: Vec<Value>,
    pub frames: Vec<Value>,
}

fn list_of(args: Vec<Vec<u8>>) -> List {
    // Most runs have none, and an allocation is a part of what a small one costs.
    static NONE: LazyLock<List> = LazyLock::new(List::default);
    if args.is_empty() {
        return NONE.clone();
    }
    args.into_iter().map(|arg| Value::Str(Str::from(arg))).collect()
}

impl Interpreter {
    /// Returns the run of a program, which has not begun.
    pub fn new(program: Arc<Program>, setup: Setup) -> Self {
        let Room { mut slots, frames } = setup.room;
        let args = slots.get_mut(ARGS.place()).map(std::mem::take);
        slots.clear();
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
            modules: slots.into(),
            frames,
            frame: 0,
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
            turned: false,
            named_bool: false,
            dry: setup.dry_run.then(Box::default),
            depth: 0,
        }
    }
}
