//! The effects of a run, and their answers to each step of the gate.
//!
//! A new effect is a variant here. The compiler then requires an answer in each of the five matches below.

use super::audit::{Entry, Redirected};
use super::observe::{Event, Observers, ServiceChange};
use crate::diag::{quote_argv, quote_word};
use crate::eval::Interpreter;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::redirect::accesses;
use crate::eval::report::unwind::Eval;
use crate::policy::{self, Access, Request, With};
use crate::process::{Environment, OpenMode, Stage};
use crate::span::Span;
use crate::sys::{access, own_path};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An action of a run on the outside world, or on how its programs run.
pub enum Effect<'a> {
    /// Starts a program. The policy is asked for all programs of a pipeline before the first one is started.
    Spawn(Program<'a>),
    /// Replaces this process with a program.
    Replace(Program<'a>),
    /// Runs a stage of the host. The value is its arguments with its name.
    Stage(&'a [Vec<u8>]),
    /// Starts a thread for a job or another part of the run that runs beside the rest.
    Thread,
    /// Runs a builtin in the interpreter.
    Builtin(&'a BuiltinCall),
    /// Opens the target of a redirection.
    Redirect { path: &'a [u8], mode: OpenMode },
    /// Examines the file at a path.
    Look(&'a [u8]),
    /// Reads a file.
    Read(&'a [u8]),
    /// Writes a file, or appends to it.
    Write { path: &'a [u8], append: bool, bytes: usize },
    /// Opens the controlling terminal.
    Terminal(&'a [u8]),
    /// Asks the user at the terminal; `call` is the call in the script.
    Ask { question: &'a [u8], is_shown: bool, call: Span },
    /// Reads a line of standard input, in a call of the script.
    ReadLine { call: Span },
    /// Changes the working directory to an absolute path.
    ChangeDirectory(&'a Path),
    /// Sets or removes an environment variable.
    SetVariable(&'a [u8]),
    /// Sends a signal, or with `0` tests whether the processes exist.
    Signal { signal: &'a str, targets: &'a [i32] },
    /// Opens a listening socket at an address.
    Listen(&'a str),
    /// Opens a queue, takes tasks from it, or changes it.
    Queue(QueueChange<'a>),
    /// Starts an instance of a service, for the first time or again.
    StartInstance { service: &'a str, number: usize, restarts: u64 },
    /// Begins a sandbox, with what it leaves open, as `read=["/usr"]`.
    Sandbox(&'a [String]),
    /// Runs programs with an option of `with`.
    With(With<'a>),
    /// Runs programs as another user.
    ChangeUser(u32),
    /// Runs programs in another group.
    ChangeGroup(u32),
}

/// An action on a queue.
pub struct QueueChange<'a> {
    /// The file, as an absolute path.
    pub path: &'a [u8],
    pub name: &'a str,
    pub change: &'static str,
    /// The tasks, if they exist already.
    pub tasks: &'a [i64],
    /// The call in the script.
    pub call: Span,
}

/// A program that is about to be started.
pub struct Program<'a> {
    pub program: &'a CStr,
    pub argv: &'a [Vec<u8>],
    pub environment: &'a Environment,
    /// Its redirections, as the audit log shows them.
    pub redirections: &'a [Redirected<'static>],
    /// The user that it runs as, if another.
    pub user: Option<u32>,
}

impl<'a> Program<'a> {
    /// Returns the program of a stage.
    pub fn of(stage: &'a Stage, redirections: &'a [Redirected<'static>]) -> Self {
        Self {
            program: &stage.program,
            argv: &stage.argv,
            environment: &stage.environment,
            redirections,
            user: stage.steps.user().and_then(|identity| identity.user),
        }
    }
}

impl Effect<'_> {
    /// Asks the policy. First waits until the file system of a path answers, even if there is no policy.
    pub(super) fn ask(&self, run: &Interpreter, span: Span) -> Eval<()> {
        match self {
            Self::Spawn(program) | Self::Replace(program) => {
                if !run.is_guarded() {
                    return Ok(());
                }
                let directory = run.guarded_directory(span)?;
                let spawn = policy::Spawn {
                    program: Path::new(OsStr::from_bytes(program.program.to_bytes())),
                    argv: program.argv,
                    directory: &directory,
                    environment: program.environment,
                    detached: run.env.settings.detach,
                };
                run.ask_policy(&Request::Spawn(spawn), span)
            }
            Self::Stage(argv) => run.ask_policy(&Request::Stage { argv }, span),
            Self::Redirect { path, .. } if own_path::spelt(path).is_some() => Ok(()),
            Self::Redirect { path, mode } => {
                accesses(*mode).iter().try_for_each(|access| run.ask_open(path, *access, span))
            }
            Self::Look(path) => run.ask_open_or_own(path, Access::Look, span),
            Self::Read(path) => run.ask_open_or_own(path, Access::Read, span),
            Self::Write { path, append: true, .. } => run.ask_open_or_own(path, Access::Append, span),
            Self::Write { path, append: false, .. } => run.ask_open_or_own(path, Access::Write, span),
            Self::Terminal(path) => {
                let mut accesses = accesses(OpenMode::ReadWrite).iter();
                accesses.try_for_each(|access| run.ask_open(path, *access, span))
            }
            Self::ChangeDirectory(path) => {
                run.reach(path.as_os_str().as_bytes(), span)?;
                run.ask_policy(&Request::ChangeDirectory { path }, span)
            }
            Self::SetVariable(name) => run.ask_policy(&Request::SetEnv { name }, span),
            // A job that only runs in the interpreter has no process ID.
            Self::Signal { signal, targets: [] } => run.ask_policy(&Request::Kill { pid: 0, signal }, span),
            Self::Signal { signal, targets } => {
                targets.iter().try_for_each(|pid| run.ask_policy(&Request::Kill { pid: *pid, signal }, span))
            }
            Self::Listen(address) => run.ask_policy(&Request::Listen { address }, span),
            Self::Queue(queue) => run.ask_open_or_own(queue.path, Access::Write, span),
            Self::With(with) => run.ask_policy(&Request::With(*with), span),
            Self::ChangeUser(user) => run.ask_policy(&Request::ChangeUser { user: *user }, span),
            Self::ChangeGroup(group) => run.ask_policy(&Request::ChangeGroup { group: *group }, span),
            // There is no request to a policy for these.
            Self::Thread | Self::Builtin(_) | Self::Ask { .. } | Self::ReadLine { .. } => Ok(()),
            // It can only close.
            Self::StartInstance { .. } | Self::Sandbox(_) => Ok(()),
        }
    }

    /// Returns the line that a dry run shows instead of the action; none for an action that only changes the
    /// run or only reads, which a dry run also does.
    pub(super) fn shown(&self, run: &Interpreter) -> Option<String> {
        match self {
            Self::Spawn(program) | Self::Replace(program) => Some(quote_argv(program.argv)),
            Self::Stage(argv) => Some(quote_argv(*argv)),
            Self::Redirect { path, mode } => Some(format!("{} {}", operator(*mode), quote_word(path))),
            Self::Write { path, append, .. } => {
                let append = if *append { ", append: true" } else { "" };
                Some(format!("write({}, …{append})", quote_word(path)))
            }
            Self::Ask { call, .. } | Self::ReadLine { call } | Self::Queue(QueueChange { call, .. }) => {
                Some(run.written(*call))
            }
            Self::Signal { signal, targets } => {
                let targets: Vec<String> = targets.iter().map(i32::to_string).collect();
                Some(format!("kill -s {signal} {}", targets.join(" ")))
            }
            Self::Terminal(_)
            | Self::Listen(_)
            | Self::StartInstance { .. }
            | Self::Thread
            | Self::Builtin(_)
            | Self::Look(_)
            | Self::Read(_)
            | Self::ChangeDirectory(_)
            | Self::SetVariable(_)
            | Self::Sandbox(_)
            | Self::With(_)
            | Self::ChangeUser(_)
            | Self::ChangeGroup(_) => None,
        }
    }

    /// Returns whether it counts as a process in the budget, as long as it lasts.
    pub(super) const fn is_process(&self) -> bool {
        match self {
            Self::Spawn(_) | Self::Thread => true,
            // The host's stage runs on a thread that already counts, or on that of the run.
            Self::Replace(_)
            | Self::Stage(_)
            | Self::Builtin(_)
            | Self::Redirect { .. }
            | Self::Look(_)
            | Self::Read(_)
            | Self::Write { .. }
            | Self::Terminal(_)
            | Self::Ask { .. }
            | Self::ReadLine { .. }
            | Self::ChangeDirectory(_)
            | Self::SetVariable(_)
            | Self::Signal { .. }
            | Self::Listen(_)
            | Self::Queue(_)
            | Self::StartInstance { .. }
            | Self::Sandbox(_)
            | Self::With(_)
            | Self::ChangeUser(_)
            | Self::ChangeGroup(_) => false,
        }
    }

    /// Returns its record in the audit log.
    pub(super) fn entry<'e>(&'e self, run: &'e Interpreter, at: String) -> Option<Entry<'e>> {
        let entry = match self {
            Self::Spawn(program) | Self::Replace(program) => Entry::Exec {
                replaces: matches!(self, Self::Replace(_)),
                at,
                program: run.text(program.program.to_bytes()),
                argv: program.argv.iter().map(|word| run.text(word)).collect(),
                directory: run.recorded_directory(),
                redirections: program.redirections,
                environment: run.changed(program.environment),
                user: program.user.unwrap_or_else(|| access::effective_user().0),
            },
            Self::Redirect { path, mode } => {
                Entry::Open { at, mode: recorded_mode(*mode), path: run.text(path) }
            }
            Self::Terminal(path) => {
                Entry::Open { at, mode: recorded_mode(OpenMode::ReadWrite), path: run.text(path) }
            }
            Self::Write { path, append, bytes } => {
                Entry::Write { at, path: run.text(path), append: *append, bytes: *bytes }
            }
            Self::Ask { question, is_shown, .. } => {
                Entry::Ask { at, question: run.text(question), is_shown: *is_shown }
            }
            Self::Signal { signal, targets } => Entry::Kill { at, signal, targets },
            Self::Listen(address) => Entry::Listen { at, address },
            Self::Queue(queue) => Entry::Queue {
                at,
                path: run.text(queue.path),
                name: run.text(queue.name.as_bytes()),
                change: queue.change,
                tasks: queue.tasks,
            },
            Self::StartInstance { service, number, restarts } => {
                Entry::Instance { at, service, number: *number, restarts: *restarts }
            }
            Self::Sandbox(open) => {
                Entry::Sandbox { at, open: open.iter().map(|option| run.text(option.as_bytes())).collect() }
            }
            // The values with which a program is started are recorded with its start.
            Self::SetVariable(_) | Self::ChangeDirectory(_) => return None,
            Self::With(_) | Self::ChangeUser(_) | Self::ChangeGroup(_) => return None,
            Self::Stage(_) | Self::Thread | Self::Builtin(_) => return None,
            Self::Look(_) | Self::Read(_) | Self::ReadLine { .. } => return None,
        };
        Some(entry)
    }

    /// Sends the observers the event that it is about to be done.
    pub(super) fn tell(&self, run: &Interpreter, observers: &Observers, span: Span) {
        let (place, depth, turn) = (run.place(span), run.depth, run.turn_number());
        let masked = |argv: &[Vec<u8>]| run.shared.redactions().apply_all(argv);
        match self {
            // Its event contains the process ID, so it is sent when the program runs.
            Self::Spawn(_) => {}
            Self::Replace(program) => {
                let pid = i32::try_from(std::process::id()).unwrap_or_default();
                let masked = masked(program.argv);
                let argv = masked.as_deref().unwrap_or(program.argv);
                observers.event(&Event::Spawned { pid, argv, place, depth, detached: true, turn });
            }
            Self::Builtin(call) => {
                let name = call.builtin.name().as_bytes().to_vec();
                let argv: Vec<Vec<u8>> = std::iter::once(name).chain(call.args.iter().cloned()).collect();
                let argv = masked(&argv).unwrap_or(argv);
                observers.event(&Event::Builtin { argv: &argv, place, depth, turn });
            }
            Self::Redirect { path, mode } => {
                let path = &*run.shared.redactions().apply(path);
                observers.event(&Event::Redirected { operator: operator(*mode), path, place, depth, turn });
            }
            Self::StartInstance { service, number, restarts } => {
                let change = ServiceChange::Started { restarts: *restarts };
                observers.event(&Event::Service { name: service, instance: *number, change, place });
            }
            Self::Sandbox(open) => observers.event(&Event::Sandbox { open, place, depth, turn }),
            // There are no events for these.
            Self::Stage(_) | Self::Thread | Self::Signal { .. } | Self::Listen(_) => {}
            Self::Look(_) | Self::Read(_) | Self::Write { .. } => {}
            Self::Terminal(_) | Self::Ask { .. } | Self::ReadLine { .. } | Self::Queue(_) => {}
            Self::ChangeDirectory(_) | Self::SetVariable(_) => {}
            Self::With(_) | Self::ChangeUser(_) | Self::ChangeGroup(_) => {}
        }
    }
}

/// Returns the operator of a redirection.
const fn operator(mode: OpenMode) -> &'static str {
    match mode {
        OpenMode::Read => "<",
        OpenMode::Truncate => ">",
        OpenMode::Append => ">>",
        OpenMode::ReadWrite => "<>",
    }
}

/// Returns a mode in the form of the audit log.
const fn recorded_mode(mode: OpenMode) -> &'static str {
    match mode {
        OpenMode::Read => "read",
        OpenMode::Truncate => "write",
        OpenMode::Append => "append",
        OpenMode::ReadWrite => "read and write",
    }
}
