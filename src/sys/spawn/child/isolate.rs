//! The start of a program in a process namespace: only the children of a process enter one (setns(2)), so the child
//! starts another one there, for its own parent (`CLONE_PARENT`), and ends.

use super::act::{enter, set_namespace};
use super::{Shared, become_program, reset_handlers};
use crate::sys::last_error;
use crate::sys::sandbox::Namespaces;
use std::ffi::{c_int, c_void};

/// The distance of the two stacks: what this process still uses of its own.
const STACK: usize = 8 << 10;

/// Enters the namespaces, and starts the process that becomes the program. Returns its process ID when it has.
pub(super) fn start_inside(shared: &mut Shared<'_>, namespaces: &Namespaces) -> Result<c_int, i32> {
    reset_handlers(shared.caught)?;
    enter(namespaces)?;
    if let Some(processes) = namespaces.processes() {
        set_namespace(processes, libc::CLONE_NEWPID)?;
    }
    let here = 0_u64;
    // The child of the child runs while this one waits, further down on the same stack.
    let top = ((&raw const here as usize - STACK) & !63) as *mut c_void;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PARENT | libc::SIGCHLD;
    // SAFETY: the wrapper of libc only makes the call on the other stack, which is large enough and unused.
    let pid = unsafe { libc::clone(main, top, flags, std::ptr::from_mut(shared).cast()) };
    if pid < 0 { Err(last_error()) } else { Ok(pid) }
}

extern "C" fn main(argument: *mut c_void) -> c_int {
    // SAFETY: the parent passed a `Shared`, and sleeps until this process has left.
    let shared = unsafe { &mut *argument.cast::<Shared<'_>>() };
    let Err(failure) = become_program(shared);
    shared.failure = Some(failure);
    127
}
