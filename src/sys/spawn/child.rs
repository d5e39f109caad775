//! The child's side on Linux, between clone and execve.
//!
//! It runs in the parent's memory while the parent, or other threads of it, continue. So it makes only raw system
//! calls (`raw`), no allocation, takes no lock, does not panic, and uses nothing of libc that keeps state. For
//! example, glibc's setuid(2) would signal every thread of the *parent* to change its user, too. setpgid and exec are
//! called directly.

mod act;
mod isolate;
mod own_pid;

use super::{Phase, Spawn, SpawnError, Step};
use crate::sys::{descriptor, handlers, raw};
use act::Placements;
use own_pid::ChildEnvironment;
use std::convert::Infallible;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr::null;

/// The memory that parent and child share.
pub(super) struct Shared<'a> {
    program: &'a CStr,
    argv: *const *const c_char,
    environment: ChildEnvironment,
    steps: &'a [Step],
    placements: Placements,
    /// The handlers to reset, as bit `number - 1`.
    pub(super) caught: u64,
    /// The signals to ignore afterwards.
    pub(super) kept_ignored: u64,
    /// Whether the child inherits the descriptors that this process was started with.
    passes_on: bool,
    /// The process ID of the program, if this child started it in a process namespace.
    pub(super) inside: c_int,
    /// The error. The parent reads it when the child has left.
    pub(super) failure: Option<SpawnError>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(request: &Spawn<'a>) -> Self {
        Self {
            program: request.program,
            argv: request.argv.as_ptr(),
            environment: ChildEnvironment::of(request.envp, request.steps),
            steps: request.steps,
            placements: Placements::of(request.steps),
            caught: handlers::caught(),
            kept_ignored: 0,
            passes_on: descriptor::are_passed_on(),
            inside: 0,
            failure: None,
        }
    }
}

/// The function with which the child begins.
pub(super) extern "C" fn main(argument: *mut c_void) -> c_int {
    // SAFETY: the parent passed a `Shared` and does not touch it until the child has left.
    let shared = unsafe { &mut *argument.cast::<Shared>() };
    let failed = match shared.steps.split_first() {
        Some((Step::Namespaces(namespaces), rest)) if namespaces.processes().is_some() => {
            shared.steps = rest;
            match isolate::start_inside(shared, namespaces) {
                Ok(pid) => {
                    shared.inside = pid;
                    return 0;
                }
                Err(errno) => at(Phase::Namespaces)(errno),
            }
        }
        _ => {
            let Err(failure) = become_program(shared);
            failure
        }
    };
    shared.failure = Some(failed);
    // The parent reaps it and reads `failure`; the status is not used. clone(2)'s wrapper calls _exit.
    127
}

pub(super) fn become_program(shared: &mut Shared<'_>) -> Result<Infallible, SpawnError> {
    reset_handlers(shared.caught).map_err(at(Phase::Signals))?;
    set_all(shared.kept_ignored, libc::SIG_IGN).map_err(at(Phase::Signals))?;
    if !shared.passes_on {
        seal();
    }
    for step in shared.steps {
        act::take(step, &mut shared.placements, &mut shared.environment).map_err(at(step.phase()))?;
    }
    // Last, so that no handler can run before the new program has none. A key of the terminal that has come since the
    // child entered the group has waited until here, and has its default action, so none is lost. The mask of the
    // parent is not restored: a program that inherits blocked signals can't be stopped by them, and does not know.
    set_mask(0, None);
    let arguments =
        [shared.program.as_ptr() as c_long, shared.argv as c_long, shared.environment.as_ptr() as c_long, 0];
    match call(libc::SYS_execve, arguments) {
        Err(errno) => Err(at(Phase::Exec)(errno)),
        Ok(_) => Err(at(Phase::Exec)(libc::EIO)),
    }
}

/// Resets signals. execve would pass on the signals that this process ignores: SIGPIPE is ignored in every Rust
/// program, and `yes | head -1` would not end. Handlers end with execve, but one could run before it, in the parent's
/// memory.
fn reset_handlers(caught: u64) -> Result<(), i32> {
    set_all(caught | handlers::ignored(), libc::SIG_DFL)
}

/// Sets the action of some signals: ignore, or the default action.
fn set_all(signals: u64, handler: libc::sighandler_t) -> Result<(), i32> {
    let mut left = signals;
    while left != 0 {
        let number = left.trailing_zeros() as c_long + 1;
        left &= left - 1;
        // The kernel's own structure: the action, no flags, no restorer, an empty mask.
        let action = [handler as u64, 0, 0, 0];
        call(libc::SYS_rt_sigaction, [number, action.as_ptr() as c_long, 0, 8])?;
    }
    Ok(())
}

/// Marks every descriptor above 2 close-on-exec, since those of a host may be anything.
fn seal() {
    let all = [3, c_long::from(u32::MAX), descriptor::CLOSE_RANGE_CLOEXEC as c_long, 0];
    if call(libc::SYS_close_range, all).is_ok() {
        return;
    }
    let mut limit = [0_u64; 2];
    let arguments = [0, libc::RLIMIT_NOFILE as c_long, 0, (&raw mut limit) as c_long];
    let _ = call(libc::SYS_prlimit64, arguments);
    for fd in 3..limit[0].min(descriptor::HIGHEST_MARKED) {
        // A number that is not open returns EBADF.
        let _ = call(libc::SYS_fcntl, [fd as c_long, libc::F_SETFD as c_long, libc::FD_CLOEXEC as c_long, 0]);
    }
}

fn at(phase: Phase) -> impl Fn(i32) -> SpawnError {
    move |errno| SpawnError { phase, errno }
}

/// Makes a system call. Returns a failure as its errno.
fn call(number: c_long, arguments: [c_long; 4]) -> Result<c_long, i32> {
    // SAFETY: every caller in this module passes the arguments that the manual page requires.
    let result = unsafe { raw::call(number, arguments.map(|argument| argument as usize)) };
    if (-4095..0).contains(&result) { Err(-result as i32) } else { Ok(result as c_long) }
}

/// Sets the signal mask of this thread to these bits of the kernel. Returns the earlier mask.
pub(super) fn set_mask(mask: u64, before: Option<&mut u64>) {
    let before = before.map_or(null(), |before| std::ptr::from_mut(before).cast_const());
    let arguments = [libc::SIG_SETMASK as c_long, (&raw const mask) as c_long, before as c_long, 8];
    let _ = call(libc::SYS_rt_sigprocmask, arguments);
}
