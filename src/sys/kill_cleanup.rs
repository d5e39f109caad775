//! The watcher: a process that outlives us, to end our children when SIGKILL has ended us.
//!
//! It is made before the first child, and costs a run that ends at once some 50 µs (a copy by fork(2) would cost four
//! times that). So it has nothing of its own but a stack: it shares our memory, in which it finds the table of our
//! children, and our descriptors. It sleeps until the kernel tells it that we have ended (prctl(2),
//! `PR_SET_PDEATHSIG`). Then it stops our children, lest they end and let go of theirs, and becomes a program with a
//! memory of its own: this one, as `pipewright --end-trees`, which reads their numbers from its standard input.
//!
//! As it runs in our memory while we go on, it makes system calls by itself (`raw`), and nothing else: libc's would
//! write `errno` where this thread of ours has its own.
//!
//! What it can't do: when memory is short the kernel kills all processes that share it (oom_kill.c,
//! `__oom_kill_process`), and the watcher goes with us; and it has our command line, so that `pkill -9 -f SCRIPT` ends
//! both. So a run that lasts gets another one, with a copy of our memory and a command line of its own ([`stand_apart`]).
//! The table of children is all that the two share.

use super::raw::call;
use super::spawn::BlockedSignals;
use super::{Pid, children, last_error};
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::ops::Range;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What it becomes.
const ARGUMENTS: [&CStr; 2] = [c"pipewright", c"--end-trees"];

/// Its name in ps(1), and later its command line.
const NAME: &CStr = c"pw-watcher";

/// What the kernel sends it when we end. It is blocked, as all are, and waited for.
const OURS_ENDED: c_int = libc::SIGUSR1;

/// Whether it has our memory, and that has not been found to be unchangeable.
static SHARES: AtomicBool = AtomicBool::new(false);

/// Its number, while there is one.
static KILL_CLEANUP: Mutex<Option<Pid>> = Mutex::new(None);

#[repr(align(16))]
struct Stack(UnsafeCell<[u8; 32 << 10]>);

// SAFETY: the watcher alone runs on it, and there is one at a time.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; 32 << 10]));

/// Starts the watcher. Needs the table of children.
///
/// # Errors
/// `EAGAIN` or `ENOMEM` when there is no room for a process.
pub fn start() -> io::Result<()> {
    let mut kill_cleanup = KILL_CLEANUP.lock().unwrap_or_else(PoisonError::into_inner);
    if kill_cleanup.is_some() {
        return Ok(());
    }
    let blocked = BlockedSignals::new();
    // No signal at its end, so that no wait for "any child" sees it (wait(2), `__WCLONE`).
    let flags = libc::CLONE_VM | libc::CLONE_FILES;
    // SAFETY: the stack is the watcher's alone, which touches nothing else of ours but atomics.
    let pid = unsafe {
        let parent = libc::getpid() as usize as *mut c_void;
        let top = STACK.0.get().byte_add(size_of::<Stack>()).cast();
        libc::clone(watch, top, flags, parent)
    };
    let error = io::Error::last_os_error();
    drop(blocked);
    if pid < 0 {
        return Err(error);
    }
    children::set_watcher(pid);
    *kill_cleanup = Some(pid);
    SHARES.store(true, Ordering::Release);
    Ok(())
}

/// Whether [`stand_apart`] has something to do.
pub fn shares_memory() -> bool {
    SHARES.load(Ordering::Acquire)
}

/// Puts a watcher with a memory and a command line of its own in the place of the one that shares ours. It costs a copy of
/// the tables of our memory (fork(2)). Does nothing while a child is being made; to be called again then.
pub fn stand_apart() {
    let mut kill_cleanup = KILL_CLEANUP.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(old) = *kill_cleanup else { return };
    if !shares_memory() {
        return;
    }
    let Some(is_shared) = children::share() else { return };
    // Whatever comes of it: it is not tried twice.
    SHARES.store(false, Ordering::Release);
    if !is_shared {
        return;
    }
    let title = command_line();
    let blocked = BlockedSignals::new();
    children::expect_watcher();
    // SAFETY: as fork(2), but without a signal at its end; the copy makes raw system calls alone, and writes to its own
    // memory.
    let pid = unsafe {
        let parent = libc::getpid() as usize;
        match call(libc::SYS_clone, [0, 0, 0, 0]) {
            0 => watch_apart(parent, title),
            pid => pid as Pid,
        }
    };
    drop(blocked);
    if pid < 0 {
        children::set_watcher(old);
        return;
    }
    children::set_watcher(pid);
    *kill_cleanup = Some(pid);
    end_watcher(old);
}

/// Returns where the kernel reads our command line from (proc_pid_stat(5), `arg_start` and `arg_end`).
fn command_line() -> Range<usize> {
    let stat = std::fs::read("/proc/self/stat").unwrap_or_default();
    let after = stat.iter().rposition(|byte| *byte == b')').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&stat[after..]);
    let mut fields = text.split_ascii_whitespace().skip(45).map(|field| field.parse().unwrap_or(0));
    match (fields.next(), fields.next()) {
        (Some(start), Some(end)) if start > 0 && start < end => start..end,
        _ => 0..0,
    }
}

/// What the copy does.
unsafe fn watch_apart(parent: usize, title: Range<usize>) -> ! {
    // SAFETY: the arguments of a process are in its own memory, which may be written to; no reference to them is used in
    // the copy.
    unsafe {
        // The reader of a pipe of ours waits until every copy of its other end is closed.
        if call(libc::SYS_close_range, [0, u32::MAX as usize, 0]) < 0 {
            for fd in 0..super::descriptor::HIGHEST_MARKED as usize {
                call(libc::SYS_close, [fd]);
            }
        }
        let name = NAME.to_bytes();
        for (at, address) in title.enumerate() {
            let byte = name.get(at).copied().unwrap_or(0);
            std::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(byte);
        }
        watch(std::ptr::with_exposed_provenance_mut(parent));
        libc::_exit(0)
    }
}

/// Ends the watcher, for a run that ends by itself.
pub fn end() {
    let mut kill_cleanup = KILL_CLEANUP.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(pid) = kill_cleanup.take() else { return };
    SHARES.store(false, Ordering::Release);
    if end_watcher(pid) {
        children::set_watcher(0);
    }
}

/// Ends and reaps one. Returns whether it could.
fn end_watcher(pid: Pid) -> bool {
    // SAFETY: our own child, which nobody else reaps.
    unsafe {
        // Where a filter of system calls forbids this it ends when we have, and a wait would last for ever.
        if libc::kill(pid, libc::SIGKILL) != 0 {
            return false;
        }
        while libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL) < 0 && last_error() == libc::EINTR {}
    }
    true
}

/// What it does: all signals are blocked in it, and it is in a group of its own, so that what ends us spares it.
extern "C" fn watch(parent: *mut c_void) -> c_int {
    // SAFETY: only `wanted` is read.
    unsafe {
        let orphaned = || call(libc::SYS_getppid, []) != parent as isize;
        // Not a session: the kernel makes a scheduling group for each (sched(7), autogroup), which takes 80 µs.
        call(libc::SYS_setpgid, [0, 0]);
        call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as usize, OURS_ENDED as usize]);
        // So that killall(1) of our name spares it.
        call(libc::SYS_prctl, [libc::PR_SET_NAME as usize, NAME.as_ptr() as usize]);
        let wanted: u64 = 1 << (OURS_ENDED - 1);
        // Also told when the thread ends that has made the watcher, and another of ours becomes its parent.
        while !orphaned() {
            call(libc::SYS_rt_sigtimedwait, [(&raw const wanted) as usize, 0, 0, size_of::<u64>()]);
        }
        end_children();
    }
    0
}

/// Stops the children and hands their numbers to a program that finds and ends what is below them.
unsafe fn end_children() {
    // SAFETY: what is read are constants and what is on this stack. We have ended, and with us all that could mind.
    unsafe {
        for pid in children::to_end() {
            call(libc::SYS_kill, [pid as usize, libc::SIGSTOP as usize]);
        }
        // They were ours, and who reads from a pipe among them waits for its end.
        call(libc::SYS_close_range, [0, u32::MAX as usize, 0]);
        let list = call(libc::SYS_memfd_create, [c"".as_ptr() as usize, 0]) as usize;
        for pid in children::to_end() {
            call(libc::SYS_write, [list, (&raw const pid) as usize, size_of::<Pid>()]);
        }
        call(libc::SYS_lseek, [list, 0, libc::SEEK_SET as usize]);
        call(libc::SYS_dup3, [list, 0, 0]);
        let arguments: [*const c_char; 3] = [ARGUMENTS[0].as_ptr(), ARGUMENTS[1].as_ptr(), null()];
        let environment: [*const c_char; 1] = [null()];
        let program = c"/proc/self/exe".as_ptr() as usize;
        call(libc::SYS_execve, [program, arguments.as_ptr() as usize, environment.as_ptr() as usize]);
        // It can't be run: at least the children, and who is in their groups.
        for pid in children::to_end() {
            call(libc::SYS_kill, [-pid as usize, libc::SIGKILL as usize]);
            call(libc::SYS_kill, [pid as usize, libc::SIGKILL as usize]);
        }
    }
}
