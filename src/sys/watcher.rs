//! The watcher: a process that outlives us, to end our children when SIGKILL, or the kernel for want of memory, has
//! ended us.
//!
//! It is a copy of this process, made before the first child, that lets go of everything and sleeps until we have
//! ended. Not a thread of ours in another process (`CLONE_VM`), though that is made faster: when memory is short the
//! kernel kills all processes that share it (oom_kill.c, `__oom_kill_process`), and the watcher would go with us.
//!
//! Another thread may hold the allocator's lock while the copy is made, so that the copy makes system calls alone.
//! When we have ended without it, it stops our children, lest they end and let go of theirs, and becomes a program
//! that has a memory of its own: this one, as `pipewright --end-trees`, which reads their numbers from its standard
//! input.

use super::{Pid, children, last_error};
use std::ffi::{CStr, c_char, c_int, c_long};
use std::io;
use std::ptr::null;
use std::sync::Mutex;

/// What the copy becomes.
const ARGUMENTS: [&CStr; 2] = [c"pipewright", c"--end-trees"];

/// Its number, while there is one.
static WATCHER: Mutex<Option<Pid>> = Mutex::new(None);

/// Starts the watcher. Needs the table of children.
///
/// # Errors
/// `EAGAIN` or `ENOMEM` when there is no room for a process.
pub fn start() -> io::Result<()> {
    let mut watcher = WATCHER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if watcher.is_some() {
        return Ok(());
    }
    let place = children::Place::take();
    let blocked = super::spawn::BlockedSignals::new();
    // SAFETY: getpid takes nothing and always succeeds.
    let parent = unsafe { libc::getpid() };
    // No signal at its end, so that no wait for "any child" sees it (wait(2), `__WCLONE`). Not by libc's fork, which
    // would wait for the allocator's locks.
    // SAFETY: the copy never returns from `watch`, which makes system calls only.
    let pid = unsafe { libc::syscall(libc::SYS_clone, 0 as c_long, 0 as c_long, 0 as c_long, 0, 0) };
    if pid == 0 {
        watch(parent);
    }
    drop(blocked);
    if pid < 0 {
        place.free();
        return Err(io::Error::last_os_error());
    }
    place.set(pid as Pid);
    place.spare();
    *watcher = Some(pid as Pid);
    Ok(())
}

/// Ends the watcher, for a run that ends by itself.
pub fn end() {
    let mut watcher = WATCHER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(pid) = watcher.take() else { return };
    // SAFETY: our own child, which nobody else reaps.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        while libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL) < 0 && last_error() == libc::EINTR {}
    }
}

/// The copy: all signals are blocked in it, and it is in a session of its own, so that what ends us spares it.
fn watch(parent: Pid) -> ! {
    // SAFETY: raw system calls; the pointers are to constants and to this stack.
    unsafe {
        libc::syscall(libc::SYS_setsid);
        libc::syscall(libc::SYS_prctl, libc::PR_SET_NAME, c"pw-watcher".as_ptr());
        let exit = libc::syscall(libc::SYS_pidfd_open, parent, 0) as c_int;
        let orphaned = || libc::syscall(libc::SYS_getppid) != c_long::from(parent);
        // Looked at after the descriptor was made, for the number may be another's by then.
        if !orphaned() && exit >= 0 {
            close_but(exit);
            let mut fd = libc::pollfd { fd: exit, events: libc::POLLIN, revents: 0 };
            let no_time = null::<libc::timespec>();
            while libc::syscall(libc::SYS_ppoll, &raw mut fd, 1, no_time, no_time, 0) < 0
                && last_error() == libc::EINTR
            {}
        }
        // Before Linux 5.3 there is no such descriptor, and no watcher.
        if orphaned() {
            end_children();
        }
        libc::syscall(libc::SYS_exit_group, 0);
    }
    unreachable!("exit_group does not return")
}

/// Closes all descriptors but one: a pipe that the copy held would not end for who reads it.
unsafe fn close_but(fd: c_int) {
    // SAFETY: the copy uses none of them.
    unsafe {
        let below = fd == 0 || libc::syscall(libc::SYS_close_range, 0, fd - 1, 0) == 0;
        if !below || libc::syscall(libc::SYS_close_range, fd + 1, libc::c_uint::MAX, 0) != 0 {
            for other in (0..4096).filter(|other| *other != fd) {
                libc::syscall(libc::SYS_close, other);
            }
        }
    }
}

/// Stops the children and hands their numbers to a program that finds and ends what is below them.
unsafe fn end_children() {
    if children::to_end().next().is_none() {
        return;
    }
    // SAFETY: raw system calls; the pointers are to constants and to this stack.
    unsafe {
        for pid in children::to_end() {
            libc::syscall(libc::SYS_kill, pid, libc::SIGSTOP);
        }
        let list = libc::syscall(libc::SYS_memfd_create, c"".as_ptr(), 0) as c_int;
        for pid in children::to_end() {
            libc::syscall(libc::SYS_write, list, &raw const pid, size_of::<Pid>());
        }
        libc::syscall(libc::SYS_lseek, list, 0, libc::SEEK_SET);
        libc::syscall(libc::SYS_dup3, list, 0, 0);
        let arguments: [*const c_char; 3] = [ARGUMENTS[0].as_ptr(), ARGUMENTS[1].as_ptr(), null()];
        let environment: [*const c_char; 1] = [null()];
        let program = c"/proc/self/exe".as_ptr();
        libc::syscall(libc::SYS_execve, program, arguments.as_ptr(), environment.as_ptr());
        // It can't be run: at least the children and those in their groups.
        for pid in children::to_end() {
            libc::syscall(libc::SYS_kill, -pid, libc::SIGKILL);
            libc::syscall(libc::SYS_kill, pid, libc::SIGKILL);
        }
    }
}
