//! The watcher: a process that outlives this one, to end its children when SIGKILL has ended it.
//!
//! It is created before the first child, and costs a run that ends at once some 50 µs (a copy by fork(2) would cost
//! four times that). So it has nothing of its own except a stack: it shares the memory of this process, with the table
//! of children, and its descriptors. It sleeps until the kernel reports that this process has ended (prctl(2),
//! `PR_SET_PDEATHSIG`). Then it stops the children, so that they don't end and release their own children, and becomes
//! a program with its own memory: this one, as `pipewright --end-trees`, which reads their process IDs from its
//! standard input.
//!
//! Since it runs in the memory of this process while this process continues, it makes system calls directly (`raw`),
//! and nothing else: those of libc would write `errno`, which belongs to a thread of this process.
//!
//! Its limits: when memory is short, the kernel kills all processes that share it (oom_kill.c, `__oom_kill_process`),
//! including the watcher; and it has the command line of this process, so that `pkill -9 -f SCRIPT` ends both. So a
//! longer run gets another watcher, with a copy of the memory and its own command line ([`stand_apart`]). The two then
//! share only the table of children.

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

/// The program that it becomes.
const ARGUMENTS: [&CStr; 2] = [c"pipewright", c"--end-trees"];

/// Its name in ps(1), and later its command line.
const NAME: &CStr = c"pw-watcher";

/// The signal that the kernel sends it when this process ends. Like all signals it is blocked, and the watcher waits
/// for it.
const OURS_ENDED: c_int = libc::SIGUSR1;

/// Whether the watcher shares the memory of this process, and may still be replaced.
static SHARES: AtomicBool = AtomicBool::new(false);

/// Its process ID, while there is one.
static KILL_CLEANUP: Mutex<Option<Pid>> = Mutex::new(None);

#[repr(align(16))]
struct Stack(UnsafeCell<[u8; 32 << 10]>);

// SAFETY: only the watcher runs on it, and there is one at a time.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; 32 << 10]));

/// Starts the watcher. Needs the table of children.
///
/// # Errors
/// Fails with `EAGAIN` or `ENOMEM` when there is no room for a process.
pub fn start() -> io::Result<()> {
    let mut kill_cleanup = KILL_CLEANUP.lock().unwrap_or_else(PoisonError::into_inner);
    if kill_cleanup.is_some() {
        return Ok(());
    }
    let blocked = BlockedSignals::new();
    // Without a signal at its end, so that no wait for "any child" sees it (wait(2), `__WCLONE`).
    let flags = libc::CLONE_VM | libc::CLONE_FILES;
    // SAFETY: only the watcher uses the stack, and it touches nothing else of this process except atomics.
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

/// Returns whether [`stand_apart`] has something to do.
pub fn shares_memory() -> bool {
    SHARES.load(Ordering::Acquire)
}

/// Replaces the watcher that shares the memory of this process with a watcher that has its own memory and command
/// line. It costs a copy of the page tables (fork(2)). Does nothing while a child is being created; call it again
/// then.
pub fn stand_apart() {
    let mut kill_cleanup = KILL_CLEANUP.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(old) = *kill_cleanup else { return };
    if !shares_memory() {
        return;
    }
    let Some(is_shared) = children::share() else { return };
    // The attempt is made only once, whatever its result is.
    SHARES.store(false, Ordering::Release);
    if !is_shared {
        return;
    }
    let title = command_line();
    let blocked = BlockedSignals::new();
    children::expect_watcher();
    // SAFETY: as fork(2), but without a signal at its end; the copy makes only raw system calls, and writes to its own
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

/// Returns the address from which the kernel reads the command line of this process (proc_pid_stat(5), `arg_start`
/// and `arg_end`).
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

/// The main function of the copy.
unsafe fn watch_apart(parent: usize, title: Range<usize>) -> ! {
    // SAFETY: the arguments of a process are in its own memory, which may be written to; the copy uses no reference to
    // them.
    unsafe {
        // The reader of a pipe of this process waits until every copy of the other end is closed.
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

/// Ends and reaps a watcher. Returns whether it could.
fn end_watcher(pid: Pid) -> bool {
    // SAFETY: the child was created here, and only this code reaps it.
    unsafe {
        // If a filter of system calls forbids this, the watcher ends when this process has ended, and a wait would last
        // forever.
        if libc::kill(pid, libc::SIGKILL) != 0 {
            return false;
        }
        while libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL) < 0 && last_error() == libc::EINTR {}
    }
    true
}

/// The main function of the watcher: all signals are blocked in it, and it is in its own group, so that the signals
/// that end this process spare it.
extern "C" fn watch(parent: *mut c_void) -> c_int {
    // SAFETY: only `wanted` is read.
    unsafe {
        let orphaned = || call(libc::SYS_getppid, []) != parent as isize;
        // Not a session: the kernel makes a scheduling group for each (sched(7), autogroup), which takes 80 µs.
        call(libc::SYS_setpgid, [0, 0]);
        call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as usize, OURS_ENDED as usize]);
        // So that killall(1) with the name of this program spares it.
        call(libc::SYS_prctl, [libc::PR_SET_NAME as usize, NAME.as_ptr() as usize]);
        let wanted: u64 = 1 << (OURS_ENDED - 1);
        // It is also notified when the thread ends that has created the watcher, and another thread becomes its parent.
        while !orphaned() {
            call(libc::SYS_rt_sigtimedwait, [(&raw const wanted) as usize, 0, 0, size_of::<u64>()]);
        }
        end_children();
    }
    0
}

/// Stops the children and passes their process IDs to a program that finds and ends all processes below them.
unsafe fn end_children() {
    // SAFETY: it reads only constants and data on this stack. The process has ended, so nothing else uses the memory.
    unsafe {
        for pid in children::to_end() {
            call(libc::SYS_kill, [pid as usize, libc::SIGSTOP as usize]);
        }
        // They belonged to this process, and the reader of a pipe among them waits for its end.
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
        // The program can't be run: end at least the children, and the members of their groups.
        for pid in children::to_end() {
            call(libc::SYS_kill, [-pid as usize, libc::SIGKILL as usize]);
            call(libc::SYS_kill, [pid as usize, libc::SIGKILL as usize]);
        }
    }
}
