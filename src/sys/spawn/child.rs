//! The child's side on Linux, between clone and execve.
//!
//! It runs in the parent's memory while the parent, or other threads of it, go on. So: raw system calls only (`raw`),
//! no allocation, no lock, no panic, nothing of libc's that keeps state. glibc's setuid(2), for one, would
//! signal every thread of the *parent* to change its user too; setpgid and exec are called as they are.

use super::{Attributes, Identity, Placement, ProcessGroup, Resource, Spawn, SpawnError, Step};
use crate::sys::{descriptor, handlers, raw};
use std::convert::Infallible;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::os::fd::RawFd;
use std::ptr::null;

/// What parent and child have in common.
pub(super) struct Shared<'a> {
    program: &'a CStr,
    argv: *const *const c_char,
    envp: *const *const c_char,
    /// A copy, since the child rewrites the sources that it has to move out of the way.
    placements: Placements,
    /// A number that no target reaches.
    above_targets: RawFd,
    group: ProcessGroup,
    directory: Option<&'a CStr>,
    attributes: &'a Attributes,
    /// The handlers to reset, as bit `number - 1`.
    pub(super) caught: u64,
    /// The signals to ignore afterwards.
    pub(super) kept_ignored: u64,
    /// Whether the child gets what this process was started with.
    passes_on: bool,
    parent: libc::pid_t,
    /// What went wrong. Read by the parent when the child has gone.
    pub(super) failure: Option<SpawnError>,
}

/// Three or fewer is what a stage has; more need the heap.
enum Placements {
    Few([Placement; 3], usize),
    Many(Vec<Placement>),
}

impl Placements {
    fn new(from: &[Placement]) -> Self {
        let mut few = [Placement { target: 0, source: None }; 3];
        match few.get_mut(..from.len()) {
            Some(slots) => {
                slots.copy_from_slice(from);
                Self::Few(few, from.len())
            }
            None => Self::Many(from.to_vec()),
        }
    }

    fn as_mut_slice(&mut self) -> &mut [Placement] {
        match self {
            Self::Few(few, length) => few.get_mut(..*length).unwrap_or_default(),
            Self::Many(many) => many,
        }
    }
}

impl<'a> Shared<'a> {
    pub(super) fn new(request: &Spawn<'a>) -> Self {
        let highest = request.placements.iter().map(|placement| placement.target).max();
        let ties = request.attributes.parent_death.is_some();
        Self {
            program: request.program,
            argv: request.argv.as_ptr(),
            envp: request.envp.as_ptr(),
            placements: Placements::new(request.placements),
            above_targets: highest.unwrap_or(0).max(2) + 1,
            group: request.group,
            directory: request.directory,
            attributes: request.attributes,
            caught: handlers::caught(),
            kept_ignored: 0,
            passes_on: descriptor::are_passed_on(),
            // SAFETY: getpid takes nothing and always succeeds.
            parent: if ties { unsafe { libc::getpid() } } else { 0 },
            failure: None,
        }
    }
}

/// Where the child begins.
pub(super) extern "C" fn main(argument: *mut c_void) -> c_int {
    // SAFETY: the parent passed a `Shared` and does not touch it until we have gone.
    let shared = unsafe { &mut *argument.cast::<Shared>() };
    let Err(failure) = become_program(shared);
    shared.failure = Some(failure);
    // The parent reaps it and reads `failure`; nobody sees the status. clone(2)'s wrapper calls _exit.
    127
}

pub(super) fn become_program(shared: &mut Shared<'_>) -> Result<Infallible, SpawnError> {
    reset_handlers(shared.caught).map_err(at(Step::Signals))?;
    set_all(shared.kept_ignored, libc::SIG_IGN).map_err(at(Step::Signals))?;
    enter_group(shared.group)?;
    if let Some(signal) = shared.attributes.parent_death {
        die_with(shared.parent, signal).map_err(at(Step::ParentDeath))?;
    }
    if !shared.passes_on {
        seal();
    }
    place(shared.placements.as_mut_slice(), shared.above_targets)?;
    apply(shared.attributes)?;
    if let Some(directory) = shared.directory {
        call(libc::SYS_chdir, [directory.as_ptr() as c_long, 0, 0, 0]).map_err(at(Step::Directory))?;
    }
    // Last, so that no handler can run before the new program has none. A key of the terminal that has come since we are
    // in the group has waited until here, and has its default action: none is lost. Not what the parent had: a program
    // that inherits blocked signals can't be stopped by them and does not know.
    set_mask(0, None);
    let arguments = [shared.program.as_ptr() as c_long, shared.argv as c_long, shared.envp as c_long, 0];
    match call(libc::SYS_execve, arguments) {
        Err(errno) => Err(at(Step::Exec)(errno)),
        Ok(_) => Err(at(Step::Exec)(libc::EIO)),
    }
}

/// What we ignore execve would pass on: SIGPIPE is ignored in every Rust program, and `yes | head -1` would not end.
/// Handlers end with execve, but one could run before it, in the parent's memory.
fn reset_handlers(caught: u64) -> Result<(), i32> {
    set_all(caught | handlers::ignored(), libc::SIG_DFL)
}

/// Sets what some signals do: nothing, or their default action.
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

fn enter_group(group: ProcessGroup) -> Result<(), SpawnError> {
    let group = match group {
        ProcessGroup::Inherit => return Ok(()),
        ProcessGroup::New => 0,
        ProcessGroup::Session => return call(libc::SYS_setsid, [0; 4]).map(drop).map_err(at(Step::Group)),
        ProcessGroup::Join(group) => group,
    };
    call(libc::SYS_setpgid, [0, group as c_long, 0, 0]).map(drop).map_err(at(Step::Group))
}

/// Marks every descriptor above 2 close-on-exec. Those of a host may be anything.
fn seal() {
    let all = [3, c_long::from(u32::MAX), descriptor::CLOSE_RANGE_CLOEXEC as c_long, 0];
    if call(libc::SYS_close_range, all).is_ok() {
        return;
    }
    let mut limit = [0_u64; 2];
    let arguments = [0, libc::RLIMIT_NOFILE as c_long, 0, (&raw mut limit) as c_long];
    let _ = call(libc::SYS_prlimit64, arguments);
    for fd in 3..limit[0].min(descriptor::HIGHEST_MARKED) {
        // A number that is not open answers EBADF.
        let _ = call(libc::SYS_fcntl, [fd as c_long, libc::F_SETFD as c_long, libc::FD_CLOEXEC as c_long, 0]);
    }
}

fn die_with(parent: libc::pid_t, signal: c_int) -> Result<(), i32> {
    call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as c_long, signal as c_long, 0, 0])?;
    // It may have died before we asked.
    if call(libc::SYS_getppid, [0; 4])? != parent as c_long { Err(libc::ESRCH) } else { Ok(()) }
}

/// Places each source at its target, in any order and with any collisions: before a target is overwritten,
/// a later source of that number is moved up. `2>&1 1>&2`-like cycles need nothing else.
fn place(placements: &mut [Placement], above: RawFd) -> Result<(), SpawnError> {
    let mut rest = placements;
    while let Some((&mut Placement { target, source }, later)) = rest.split_first_mut() {
        let failed = at(Step::Descriptor(target));
        if source != Some(target) && later.iter().any(|other| other.source == Some(target)) {
            let moved = call(
                libc::SYS_fcntl,
                [target as c_long, libc::F_DUPFD_CLOEXEC as c_long, above as c_long, 0],
            );
            let moved = moved.map_err(failed)? as RawFd;
            for other in later.iter_mut().filter(|other| other.source == Some(target)) {
                other.source = Some(moved);
            }
        }
        match source {
            // dup would leave it as it is, close-on-exec included.
            Some(source) if source == target => {
                call(libc::SYS_fcntl, [target as c_long, libc::F_SETFD as c_long, 0, 0]).map_err(failed)?;
            }
            Some(source) => {
                call(libc::SYS_dup3, [source as c_long, target as c_long, 0, 0]).map_err(failed)?;
            }
            // One that is closed already is as it should be.
            None => drop(call(libc::SYS_close, [target as c_long, 0, 0, 0])),
        }
        rest = later;
    }
    Ok(())
}

/// Limits and nice value before the user: raising them may need what is given up with it.
fn apply(attributes: &Attributes) -> Result<(), SpawnError> {
    for limit in &attributes.limits {
        // At the hard limit of processor time the kernel sends SIGKILL, and nobody is told why.
        let hard = limit.value.saturating_add(u64::from(limit.resource == Resource::CpuTime));
        let value = [limit.value, hard];
        let arguments = [0, limit.resource.number() as c_long, value.as_ptr() as c_long, 0];
        call(libc::SYS_prlimit64, arguments).map_err(at(Step::Limit(limit.resource)))?;
    }
    if let Some(more) = attributes.nice {
        // The raw call answers 20 less the nice value, to keep clear of errors (getpriority(2)).
        let now = 20 - call(libc::SYS_getpriority, [0; 4]).map_err(at(Step::Nice))?;
        let arguments = [0, 0, now.saturating_add(more as c_long), 0];
        call(libc::SYS_setpriority, arguments).map_err(at(Step::Nice))?;
    }
    if let Some(identity) = &attributes.identity {
        become_user(identity).map_err(at(Step::Identity))?;
    }
    if let Some(umask) = attributes.umask {
        let _ = call(libc::SYS_umask, [umask as c_long, 0, 0, 0]);
    }
    Ok(())
}

/// Groups first, the user last: after that the rest is no longer ours to change.
fn become_user(identity: &Identity) -> Result<(), i32> {
    if let Some(groups) = &identity.groups {
        call(libc::SYS_setgroups, [groups.len() as c_long, groups.as_ptr() as c_long, 0, 0])?;
    }
    if let Some(group) = identity.group {
        call(libc::SYS_setresgid, [group as c_long, group as c_long, group as c_long, 0])?;
    }
    if let Some(user) = identity.user {
        call(libc::SYS_setresuid, [user as c_long, user as c_long, user as c_long, 0])?;
    }
    Ok(())
}

fn at(step: Step) -> impl Fn(i32) -> SpawnError + Copy {
    move |errno| SpawnError { step, errno }
}

/// A system call; a failure as its errno.
fn call(number: c_long, arguments: [c_long; 4]) -> Result<c_long, i32> {
    // SAFETY: every caller above passes what its manual page asks for.
    let result = unsafe { raw::call(number, arguments.map(|argument| argument as usize)) };
    if (-4095..0).contains(&result) { Err(-result as i32) } else { Ok(result as c_long) }
}

/// Sets the signal mask of this thread to the kernel's own bits, and tells what it was.
pub(super) fn set_mask(mask: u64, before: Option<&mut u64>) {
    let before = before.map_or(null(), |before| std::ptr::from_mut(before).cast_const());
    let arguments = [libc::SIG_SETMASK as c_long, (&raw const mask) as c_long, before as c_long, 8];
    let _ = call(libc::SYS_rt_sigprocmask, arguments);
}
