//! `clone3` with `CLONE_CLEAR_SIGHAND` (Linux 5.5): the child starts with every handler reset, including those of a
//! host.
//!
//! Without it, the child makes a system call for each handler of this process, and a signal before its execve could
//! run a handler of the host in the host's memory. libc has no wrapper, since the child returns from the call on
//! another stack; hence the few lines of assembly.

use super::child::{self, Shared};
use super::linux::owned;
use crate::sys::child_signal::ChildSignal;
use crate::sys::children::{self, Place};
use crate::sys::wait::Process;
use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

/// The first version of `struct clone_args` (clone(2)).
#[repr(C)]
struct Args {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
}

const CLEAR_SIGHAND: u64 = 1 << 32;
/// How much of the spare stack to declare; the kernel only adds it to the address.
const STACK: u64 = 4096;

/// Set when the kernel, or a filter of system calls, does not know the call.
static UNKNOWN: AtomicBool = AtomicBool::new(false);

/// The behaviour of the starter until the child's execve.
#[derive(Clone, Copy, Debug)]
enum Starter {
    /// It sleeps.
    Waits,
    /// It continues. The kernel clears this number when the child has left the memory of this process.
    GoesOn(*mut u32),
}

/// Starts a child that runs in the memory of this process beside this thread. Returns `None` if the kernel can't do
/// that or refuses.
///
/// # Safety
/// The stack, `shared` and `here` must stay unchanged until `here` is zero.
pub(super) unsafe fn clone_beside(
    top: *mut c_void,
    shared: *mut Shared<'_>,
    here: *mut u32,
    alone: bool,
) -> Option<Process> {
    let _in_place = children::in_place();
    let place = Place::take();
    let signal = if alone { ChildSignal::take() } else { None };
    let mut pidfd = -1;
    let wanted = signal.is_none().then_some(&mut pidfd);
    match (clone(top, shared, wanted, place, Starter::GoesOn(here)), signal) {
        (Ok(Some(pid)), Some(signal)) => Some(Process::told_by_signal(pid, signal, place)),
        (Ok(Some(pid)), None) => Some(owned(pid, pidfd, place)),
        _ => {
            place.free();
            None
        }
    }
}

/// Starts a child, and waits in this thread until its execve. Returns none if the older way has to be used.
pub(super) fn clone_and_wait(
    top: *mut c_void,
    shared: *mut Shared<'_>,
    place: Place,
) -> Result<Option<Process>, i32> {
    let mut pidfd = -1;
    let pid = clone(top, shared, Some(&mut pidfd), place, Starter::Waits)?;
    Ok(pid.map(|pid| owned(pid, pidfd, place)))
}

/// Returns the process ID of the child, with its pidfd if requested; none if the older way has to be used.
fn clone(
    top: *mut c_void,
    shared: *mut Shared<'_>,
    pidfd: Option<&mut c_int>,
    place: Place,
    starter: Starter,
) -> Result<Option<c_int>, i32> {
    if UNKNOWN.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let number = place.address();
    let tells_number = if number.is_null() { 0 } else { libc::CLONE_PARENT_SETTID };
    let (waits, here) = match starter {
        Starter::Waits => (libc::CLONE_VFORK, null_mut()),
        Starter::GoesOn(here) => (libc::CLONE_CHILD_CLEARTID, here),
    };
    let (tells_end, pidfd) = match pidfd {
        Some(pidfd) => (libc::CLONE_PIDFD, std::ptr::from_mut(pidfd)),
        None => (0, null_mut()),
    };
    let flags = libc::CLONE_VM | tells_end | tells_number | waits;
    let args = Args {
        flags: flags as u64 | CLEAR_SIGHAND,
        pidfd: pidfd as u64,
        child_tid: here as u64,
        parent_tid: number as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: top as u64 - STACK,
        stack_size: STACK,
        tls: 0,
    };
    // SAFETY: `shared` outlives its use by the child, since CLONE_VFORK keeps this thread here, or the caller
    // ensures it.
    let caught = unsafe { std::mem::replace(&mut (*shared).caught, 0) };
    let mut result: i64 = libc::SYS_clone3;
    // SAFETY: the parent returns with only those registers changed that a system call changes. The child begins at
    // the top of the spare stack, which is aligned, calls `child::main` and exits with its result.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "mov edi, eax",
            "mov eax, 60", // exit(2)
            "syscall",
            "ud2",
            "2:",
            inlateout("rax") result,
            in("rdi") &raw const args,
            in("rsi") size_of::<Args>(),
            in("r12") shared,
            in("r13") child::main as extern "C" fn(*mut c_void) -> c_int,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    match c_int::try_from(result).unwrap_or(-libc::EINVAL) {
        pid if pid > 0 => Ok(Some(pid)),
        error if [-libc::ENOSYS, -libc::EINVAL, -libc::EPERM].contains(&error) => {
            UNKNOWN.store(true, Ordering::Relaxed);
            // SAFETY: no child was made.
            unsafe { (*shared).caught = caught };
            Ok(None)
        }
        error => {
            // SAFETY: as above.
            unsafe { (*shared).caught = caught };
            Err(-error)
        }
    }
}
