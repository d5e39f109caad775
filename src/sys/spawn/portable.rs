//! posix_spawn, for systems without clone(2).
//!
//! A preparation for which it has no attribute (umask, nice value, limits, users) is an error here, and
//! never ignored.

use super::{Phase, Placement, ProcessGroup, Spawn, SpawnError, Step};
use crate::sys::children::Place;
use crate::sys::handlers;
use crate::sys::wait::Process;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

#[cfg(not(target_os = "freebsd"))]
use libc::posix_spawn_file_actions_addchdir_np;

// FreeBSD 13.1 has it, but the libc crate does not declare it.
#[cfg(target_os = "freebsd")]
unsafe extern "C" {
    fn posix_spawn_file_actions_addchdir_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        path: *const std::ffi::c_char,
    ) -> c_int;
}

/// Starts one child with one attempt.
pub(super) fn spawn(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    refuse_unsupported(request)?;
    let at = |phase| move |errno| SpawnError { phase, errno };
    let mut actions = Actions::new().map_err(at(Phase::Clone))?;
    let directory = request.steps.iter().find_map(|step| match step {
        Step::Directory(directory) => Some(directory),
        _ => None,
    });
    if let Some(directory) = directory {
        // SAFETY: initialised actions; the string is copied.
        let result =
            unsafe { posix_spawn_file_actions_addchdir_np(actions.as_mut_ptr(), directory.as_ptr()) };
        check(result).map_err(at(Phase::Directory))?;
    }
    let placements = request.steps.iter().filter_map(|step| match step {
        Step::Descriptor(placement) => Some(*placement),
        _ => None,
    });
    actions.place(&placements.collect::<Vec<_>>())?;
    let group = request.steps.iter().find_map(|step| match step {
        Step::Group(group) => Some(*group),
        _ => None,
    });
    let attributes =
        SpawnAttributes::new(group.unwrap_or(ProcessGroup::Inherit)).map_err(at(Phase::Signals))?;
    let mut pid = 0;
    // SAFETY: all pointers are valid for the call; the arrays end with null.
    let result = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            request.program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            request.argv.as_ptr().cast(),
            request.envp.as_ptr().cast(),
        )
    };
    // posix_spawn does not report which step failed. These errors come from the system, all others from
    // the program.
    let phase = match result {
        libc::EAGAIN | libc::ENOMEM => Phase::Clone,
        libc::EBADF => Phase::Descriptor(-1),
        libc::EPERM => Phase::Group,
        _ => Phase::Exec,
    };
    check(result).map_err(at(phase))?;
    Process::watched_by_thread(pid, Place::default()).map_err(|error| {
        // SAFETY: the child was created here, and is not reaped. It can't be watched.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, std::ptr::null_mut(), 0);
        }
        at(Phase::Clone)(error.raw_os_error().unwrap_or(libc::EAGAIN))
    })
}

/// Refuses steps that posix_spawn(3) does not know.
fn refuse_unsupported(request: &Spawn<'_>) -> Result<(), SpawnError> {
    for step in request.steps {
        match step {
            Step::Group(group) if *group != ProcessGroup::Session => {}
            Step::Descriptor(_) | Step::Directory(_) => {}
            other => return Err(SpawnError { phase: other.phase(), errno: libc::ENOTSUP }),
        }
    }
    Ok(())
}

fn check(result: c_int) -> Result<(), i32> {
    if result == 0 { Ok(()) } else { Err(result) }
}

struct Actions(MaybeUninit<libc::posix_spawn_file_actions_t>);

impl Actions {
    fn new() -> Result<Self, i32> {
        let mut actions = Self(MaybeUninit::uninit());
        // SAFETY: initialises its argument.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) }).map(|()| actions)
    }

    fn as_mut_ptr(&mut self) -> *mut libc::posix_spawn_file_actions_t {
        self.0.as_mut_ptr()
    }

    /// Adds the descriptors. Sources that are also targets are first moved above all targets, and
    /// closed when they are placed.
    fn place(&mut self, placements: &[Placement]) -> Result<(), SpawnError> {
        let is_target = |fd| placements.iter().any(|placement| placement.target == fd);
        let highest = placements.iter().flat_map(|p| [Some(p.target), p.source]).flatten().max();
        let mut free = highest.unwrap_or(0).max(2) + 1;
        let mut moved: Vec<(RawFd, RawFd)> = Vec::new();
        for source in placements.iter().filter(|p| p.source != Some(p.target)).filter_map(|p| p.source) {
            if is_target(source) && !moved.iter().any(|&(from, _)| from == source) {
                self.dup(source, free, source)?;
                moved.push((source, free));
                free += 1;
            }
        }
        for &Placement { target, source } in placements {
            match source {
                None => self.close(target)?,
                // The same number: POSIX requires posix_spawn to clear close-on-exec here (2024
                // edition).
                Some(source) if source == target => self.dup(source, target, target)?,
                Some(source) => {
                    let from = moved.iter().find(|&&(from, _)| from == source).map_or(source, |&(_, to)| to);
                    self.dup(from, target, target)?;
                }
            }
        }
        moved.iter().try_for_each(|&(_, copy)| self.close(copy))
    }

    fn dup(&mut self, from: RawFd, to: RawFd, named: RawFd) -> Result<(), SpawnError> {
        // SAFETY: initialised actions.
        let result = unsafe { libc::posix_spawn_file_actions_adddup2(self.as_mut_ptr(), from, to) };
        check(result).map_err(|errno| SpawnError { phase: Phase::Descriptor(named), errno })
    }

    fn close(&mut self, fd: RawFd) -> Result<(), SpawnError> {
        // SAFETY: initialised actions.
        let result = unsafe { libc::posix_spawn_file_actions_addclose(self.as_mut_ptr(), fd) };
        check(result).map_err(|errno| SpawnError { phase: Phase::Descriptor(fd), errno })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`.
        unsafe { libc::posix_spawn_file_actions_destroy(self.as_mut_ptr()) };
    }
}

struct SpawnAttributes(MaybeUninit<libc::posix_spawnattr_t>);

impl SpawnAttributes {
    /// Creates the attributes: ignored signals get their default action, the mask is empty, and the
    /// group is set. Handlers end by themselves.
    fn new(group: ProcessGroup) -> Result<Self, i32> {
        let mut attributes = Self(MaybeUninit::uninit());
        let p = attributes.0.as_mut_ptr();
        // SAFETY: `init` initialises the attributes; the sets are on this stack and are copied.
        unsafe {
            check(libc::posix_spawnattr_init(p))?;
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            check(libc::posix_spawnattr_setsigmask(p, &raw const set))?;
            for number in (1..=64).filter(|number| handlers::ignored() & 1 << (number - 1) != 0) {
                libc::sigaddset(&raw mut set, number);
            }
            check(libc::posix_spawnattr_setsigdefault(p, &raw const set))?;
            let mut flags = libc::POSIX_SPAWN_SETSIGMASK as c_int | libc::POSIX_SPAWN_SETSIGDEF as c_int;
            let group = match group {
                ProcessGroup::Inherit => None,
                ProcessGroup::New | ProcessGroup::Session => Some(0),
                ProcessGroup::Join(group) => Some(group),
            };
            if let Some(group) = group {
                flags |= libc::POSIX_SPAWN_SETPGROUP as c_int;
                check(libc::posix_spawnattr_setpgroup(p, group))?;
            }
            check(libc::posix_spawnattr_setflags(p, flags as _))?;
        }
        Ok(attributes)
    }
}

impl Drop for SpawnAttributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}
