//! The execution of each step in the child: see [`super`] for the permitted operations.

use super::call;
use super::own_pid::ChildEnvironment;
use crate::sys::cgroup::Membership;
use crate::sys::sandbox::{Filter, Namespaces, Ruleset};
use crate::sys::spawn::{Identity, Limit, Placement, ProcessGroup, Resource, Step};
use std::ffi::c_long;
use std::os::fd::RawFd;
use std::sync::Arc;

/// The descriptors of the steps, which the child rewrites: a source that would be overwritten is moved first.
pub(super) struct Placements {
    copies: Copies,
    /// The number of placed descriptors.
    done: usize,
    /// A number that no target reaches.
    above_targets: RawFd,
}

/// The storage of the placements. A stage usually has three or fewer; more need the heap.
enum Copies {
    Few([Placement; 3], usize),
    Many(Vec<Placement>),
}

impl Placements {
    pub(super) fn of(steps: &[Step]) -> Self {
        let all = || {
            steps.iter().filter_map(|step| if let Step::Descriptor(one) = step { Some(*one) } else { None })
        };
        let mut few = [Placement { target: 0, source: None }; 3];
        let mut count = 0;
        let mut above_targets = 3;
        for placement in all() {
            if let Some(slot) = few.get_mut(count) {
                *slot = placement;
            }
            count += 1;
            above_targets = above_targets.max(placement.target + 1);
        }
        let copies = if count <= few.len() { Copies::Few(few, count) } else { Copies::Many(all().collect()) };
        Self { copies, done: 0, above_targets }
    }

    /// Returns those that are not placed yet.
    fn rest(&mut self) -> &mut [Placement] {
        let all = match &mut self.copies {
            Copies::Few(few, count) => few.get_mut(..*count).unwrap_or_default(),
            Copies::Many(many) => many,
        };
        all.get_mut(self.done..).unwrap_or_default()
    }

    /// Places the next source at its target, in any order and with any collisions: before a target is overwritten, a
    /// later source with that number is moved up. Cycles such as `2>&1 1>&2` need nothing else.
    fn place_next(&mut self) -> Result<(), i32> {
        let above = self.above_targets;
        let placed = match self.rest().split_first_mut() {
            Some((&mut next, later)) => place(next, later, above),
            None => Ok(()),
        };
        self.done += 1;
        placed
    }
}

/// Carries out a step.
pub(super) fn take(
    step: &Step,
    placements: &mut Placements,
    environment: &mut ChildEnvironment,
) -> Result<(), i32> {
    match step {
        Step::Namespaces(namespaces) if namespaces.processes().is_none() => enter(namespaces),
        // This process can't enter it.
        Step::Namespaces(_) => Err(libc::ENOTSUP),
        Step::Group(group) => enter_group(*group),
        Step::Cgroup(membership) => join(membership),
        Step::Descriptor(_) => placements.place_next(),
        Step::Limit(limit) => set_limit(*limit),
        Step::Nice(more) => add_nice(*more),
        Step::User(identity) => become_user(identity),
        Step::Umask(mask) => call(libc::SYS_umask, [*mask as c_long, 0, 0, 0]).map(drop),
        Step::OwnPid(_) => environment.write_own_pid(),
        Step::Directory(directory) => {
            call(libc::SYS_chdir, [directory.as_ptr() as c_long, 0, 0, 0]).map(drop)
        }
        Step::Rulesets(rulesets) => enforce(rulesets),
        Step::Filters(filters) => install(filters),
    }
}

/// Enters namespaces. The last one is that of mounts, in which this process begins at the root.
pub(super) fn enter(namespaces: &Namespaces) -> Result<(), i32> {
    namespaces.entered().try_for_each(|(file, kind)| set_namespace(file, kind))
}

pub(super) fn set_namespace(file: RawFd, kind: i32) -> Result<(), i32> {
    call(libc::SYS_setns, [file as c_long, kind as c_long, 0, 0]).map(drop)
}

/// No program gains privileges by its execve from now on, which the kernel demands of what is not privileged.
fn without_new_privileges() -> Result<(), i32> {
    call(libc::SYS_prctl, [libc::PR_SET_NO_NEW_PRIVS as c_long, 1, 0, 0]).map(drop)
}

fn enforce(rulesets: &[Arc<Ruleset>]) -> Result<(), i32> {
    without_new_privileges()?;
    for ruleset in rulesets {
        call(libc::SYS_landlock_restrict_self, [ruleset.number() as c_long, 0, 0, 0])?;
    }
    Ok(())
}

fn install(filters: &[Arc<Filter>]) -> Result<(), i32> {
    without_new_privileges()?;
    for filter in filters {
        let instructions = filter.instructions();
        // `struct sock_fprog`: their number, and where they are.
        let program = [instructions.len(), instructions.as_ptr() as usize];
        let mode = libc::SECCOMP_SET_MODE_FILTER as c_long;
        call(libc::SYS_seccomp, [mode, 0, program.as_ptr() as c_long, 0])?;
    }
    Ok(())
}

/// Enters a control group. The kernel refuses a fork in a group that is full, but not an entry, so the child that is one
/// too many fails.
fn join(membership: &Membership) -> Result<(), i32> {
    for entry in membership.entries() {
        call(libc::SYS_write, [entry as c_long, c"0".as_ptr() as c_long, 1, 0])?;
    }
    let Some((count, most)) = membership.count() else { return Ok(()) };
    let mut digits = [0_u8; 20];
    let read = [count as c_long, digits.as_mut_ptr() as c_long, digits.len() as c_long, 0];
    let length = call(libc::SYS_pread64, read)?;
    let digits = digits.iter().take(length as usize).take_while(|byte| byte.is_ascii_digit());
    let now =
        digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    if now > most { Err(libc::EAGAIN) } else { Ok(()) }
}

fn enter_group(group: ProcessGroup) -> Result<(), i32> {
    let group = match group {
        ProcessGroup::Inherit => return Ok(()),
        ProcessGroup::New => 0,
        ProcessGroup::Session => return call(libc::SYS_setsid, [0; 4]).map(drop),
        ProcessGroup::Join(group) => group,
    };
    call(libc::SYS_setpgid, [0, group as c_long, 0, 0]).map(drop)
}

fn place(Placement { target, source }: Placement, later: &mut [Placement], above: RawFd) -> Result<(), i32> {
    if source != Some(target) && later.iter().any(|other| other.source == Some(target)) {
        let duplicate = [target as c_long, libc::F_DUPFD_CLOEXEC as c_long, above as c_long, 0];
        let moved = call(libc::SYS_fcntl, duplicate)? as RawFd;
        for other in later.iter_mut().filter(|other| other.source == Some(target)) {
            other.source = Some(moved);
        }
    }
    match source {
        // dup would leave it unchanged, including close-on-exec.
        Some(source) if source == target => {
            call(libc::SYS_fcntl, [target as c_long, libc::F_SETFD as c_long, 0, 0]).map(drop)
        }
        Some(source) => call(libc::SYS_dup3, [source as c_long, target as c_long, 0, 0]).map(drop),
        // A descriptor that is already closed needs no change.
        None => {
            let _ = call(libc::SYS_close, [target as c_long, 0, 0, 0]);
            Ok(())
        }
    }
}

fn set_limit(Limit { resource, value }: Limit) -> Result<(), i32> {
    // At the hard limit of processor time the kernel sends SIGKILL, which gives no reason.
    let hard = value.saturating_add(u64::from(resource == Resource::CpuTime));
    let value = [value, hard];
    let arguments = [0, resource.number() as c_long, value.as_ptr() as c_long, 0];
    call(libc::SYS_prlimit64, arguments).map(drop)
}

fn add_nice(more: i32) -> Result<(), i32> {
    // The raw call returns 20 minus the nice value, to keep clear of errors (getpriority(2)).
    let now = 20 - call(libc::SYS_getpriority, [0; 4])?;
    call(libc::SYS_setpriority, [0, 0, now.saturating_add(more as c_long), 0]).map(drop)
}

/// Sets groups first, the user last: after that, this process may not change the others.
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
