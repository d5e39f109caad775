//! The inputs of a run, and its construction from them.

use crate::check::program::{ARGS, Program, Slot};
use crate::eval::Interpreter;
use crate::eval::effects::audit;
use crate::eval::effects::board::Board;
use crate::eval::effects::limits::{Budget, Limits};
use crate::eval::effects::observe::Observers;
use crate::eval::exec::shared_lines::SharedLines;
use crate::eval::scope::exec_env::ExecEnv;
use crate::eval::scope::settings::{Settings, TimeLimit};
use crate::eval::scope::with::RunOptions;
use crate::eval::services::OwnServices;
use crate::eval::shared::Shared;
use crate::eval::tasks::handlers::Handlers;
use crate::eval::tasks::job::Jobs;
use crate::policy::Policy;
use crate::process::{Environment, FileTable, Interrupt};
use crate::value::{List, Str, Value};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicIsize};
use std::sync::{Arc, LazyLock, Mutex, Once, OnceLock};
use std::time::Duration;

/// The inputs of a run.
#[derive(Default)]
pub struct Setup {
    pub args: Vec<Vec<u8>>,
    /// Whether this process belongs to the run: once there is something to clean up, signals that ask the process to
    /// end are handled, and the process adopts orphans of programs, which are ended with the run. On a terminal its
    /// programs stay in its group.
    pub own_process: bool,
    /// Whether programs get their own sessions, so that none can access the terminal of this process.
    pub without_terminal: bool,
    /// Whether a user types at a terminal: Ctrl-C ends the running entry, but no background job, and processes that
    /// programs leave behind, such as the server of tmux(1), stay.
    pub interactive: bool,
    pub observers: Observers,
    /// The log in which every action is recorded.
    pub audit: Option<audit::Log>,
    /// Whether actions are printed instead of done.
    pub dry_run: bool,
    /// Whether its standard input can't be read, because the script itself came from there.
    pub unreadable_input: bool,
    /// Values of the script's inputs.
    pub variables: Vec<(Slot, Value)>,
    pub room: Room,
    /// Its descriptors, if they differ from those of this process.
    pub files: Option<FileTable>,
    /// Its environment, if it differs from that of this process.
    pub environment: Option<Environment>,
    /// Whether PWD is in the environment, or was removed on purpose.
    pub directory_named: bool,
    /// Its directory, if it differs from that of this process.
    pub directory: Option<Arc<CStr>>,
    /// The interrupt that stops it, in addition to signals of its own process.
    pub interrupt: Interrupt,
    /// Its time limit.
    pub timeout: Option<Duration>,
    /// The most time that programs, and after them deferred blocks, have to end when it is stopped. If none, the script
    /// decides.
    pub grace: Option<Duration>,
    /// Whether its result is wanted: the value of `main` is then the result, not a status.
    pub keep_result: bool,
    /// The policy that limits what the run may do, if there is one.
    pub policy: Option<Arc<dyn Policy>>,
    /// The options of `with` around it, the first of them outermost.
    pub options: Vec<RunOptions>,
    /// The limits on what the run may use.
    pub limits: Limits,
    /// The count of what it uses, if the threads that pass its output on share it.
    pub budget: Option<Arc<Budget>>,
    /// The board on which its loops side by side, services and workers are posted, if a program can watch it.
    pub board: Option<Board>,
}

/// The memory of the values of an earlier run, for reuse: an allocation is a noticeable part of the cost of a small
/// run.
#[derive(Default)]
pub struct Room {
    pub slots: Vec<Value>,
    pub frames: Vec<Value>,
}

fn list_of(args: Vec<Vec<u8>>) -> List {
    // Most runs have none, and an allocation is a noticeable part of the cost of a small run.
    static NONE: LazyLock<List> = LazyLock::new(List::default);
    if args.is_empty() {
        return NONE.clone();
    }
    args.into_iter().map(|arg| Value::Str(Str::from(arg))).collect()
}

impl Interpreter {
    /// Returns a run of a program, which has not begun.
    pub fn new(program: Arc<Program>, setup: Setup) -> Self {
        let Room { mut slots, frames } = setup.room;
        let args = slots.get_mut(ARGS.place()).map(std::mem::take);
        slots.clear();
        slots.resize(program.slots, Value::Null);
        slots[ARGS.place()] = match args {
            // The run before had no arguments either, so its list is used again, which saves a reference count.
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
        let deferred = setup.timeout.zip(setup.grace).map(|(time, grace)| {
            Arc::new(TimeLimit::of_deferred(time, grace, program.source(script).clone()))
        });
        let settings = Settings::of_run(
            limits.chain(deferred).collect(),
            setup.without_terminal,
            setup.grace,
            setup.limits.open_files,
        );
        let own_process = setup.own_process;
        let shared = Shared {
            own_process,
            interactive: setup.interactive,
            adopting: Once::new(),
            beside: AtomicIsize::new(0),
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
            budget: setup.budget.or_else(|| Budget::of(setup.limits)),
            grace: setup.grace,
            left: OnceLock::new(),
            board: setup.board,
            services: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
            _beside: None,
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
            handlers: Handlers::of_script(own_process),
            services: OwnServices::default(),
            substitutions: Vec::new(),
            channel: None,
            result: setup.keep_result.then_some(Value::Null),
            status: 0,
            turned: false,
            named_bool: false,
            around: setup.options,
            host_options: None,
            dry: setup.dry_run.then(Box::default),
            depth: 0,
        }
    }
}
