//! Starting a program without waiting for its execve.
//!
//! With `CLONE_VFORK` the starter sleeps until the child has called execve, and one stage of a pipeline is started
//! after the other on one core: 500 stages took a quarter longer. Without it the child goes on in our memory while we
//! do, so it gets a stack of its own and all that it reads stays where it is until the kernel tells that it has left
//! (`CLONE_CHILD_CLEARTID`, clone(2)). A single program is cheaper so as well: its starter wakes up once, at its end.

use super::child::Shared;
use super::clone3::clone_beside;
use super::linux::BlockedSignals;
use super::stack::Stack;
use super::{Request, Spawn, SpawnError};
use crate::sys::wait::Process;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicU32, Ordering};

/// The way of a child to its execve. Dropped, it is awaited.
#[derive(Debug)]
pub struct PendingExec<R: Request> {
    common: NonNull<Common<R>>,
    stack: Option<Stack>,
}

/// What the child works with, at an address that no move of its owner changes.
struct Common<R> {
    /// Refers to `request`.
    shared: Option<Shared<'static>>,
    request: R,
    /// Cleared by the kernel when the child has left our memory.
    here: AtomicU32,
}

// SAFETY: the child is the only other user, and what it writes is read when it has gone.
unsafe impl<R: Request + Send> Send for PendingExec<R> {}

/// Starts a child; none, with the request given back, where this can't be done in this way (the plain way tells why).
pub fn begin<R: Request + 'static>(request: R) -> Result<(Process, PendingExec<R>), R> {
    let Ok(stack) = Stack::take() else { return Err(request) };
    let common = Box::leak(Box::new(Common { shared: None, request, here: AtomicU32::new(1) }));
    let common = NonNull::from(common);
    let at = common.as_ptr();
    // SAFETY: the box lives until the child has left our memory, and `request` is not touched before.
    let spawn: Spawn<'static> = unsafe { &(*at).request }.spawn();
    let blocked = BlockedSignals::new();
    // SAFETY: as above.
    let process = unsafe {
        let shared: *mut Shared<'_> = (*at).shared.insert(Shared::new(&spawn));
        clone_beside(stack.top(), shared, (*at).here.as_ptr(), spawn.alone)
    };
    drop(blocked);
    let mut pending_exec = PendingExec { common, stack: Some(stack) };
    if let Some(process) = process {
        return Ok((process, pending_exec));
    }
    // SAFETY: no child was made; nothing is used again.
    let common = unsafe { pending_exec.release() };
    std::mem::forget(pending_exec);
    Err(common.request)
}

impl<R: Request> PendingExec<R> {
    /// What the child is made from.
    pub fn request(&self) -> &R {
        // SAFETY: the box lives, and nobody changes this part of it.
        unsafe { &(*self.common.as_ptr()).request }
    }

    /// Waits until the program runs, and gives what it was made from; and why it does not run, if so. Nothing is tried
    /// again.
    pub fn finish(mut self) -> (R, Option<SpawnError>) {
        self.await_execve();
        // SAFETY: the child has gone; nothing is used again.
        let common = unsafe { self.release() };
        std::mem::forget(self);
        (common.request, common.shared.and_then(|shared| shared.failure))
    }

    /// Leaves what the child works with where it is, for ever: it can't be killed (state D), and nobody waits.
    #[cold]
    pub fn abandon(mut self) {
        std::mem::forget(self.stack.take());
        std::mem::forget(self);
    }

    fn await_execve(&self) {
        // SAFETY: the box lives, and the kernel writes to the number by an atomic store.
        let here = unsafe { &(*self.common.as_ptr()).here };
        while here.load(Ordering::Acquire) != 0 {
            // Not FUTEX_PRIVATE: that is what the kernel wakes.
            // SAFETY: the address is that of an integer of four bytes.
            unsafe {
                let forever = null::<libc::timespec>();
                libc::syscall(libc::SYS_futex, here.as_ptr(), libc::FUTEX_WAIT, 1, forever);
            }
        }
    }

    /// Gives the stack back, and what the child worked with.
    ///
    /// # Safety
    /// The child has left our memory, and this is called once.
    unsafe fn release(&mut self) -> Box<Common<R>> {
        if let Some(stack) = self.stack.take() {
            stack.give_back();
        }
        // SAFETY: it was made from a box.
        unsafe { Box::from_raw(self.common.as_ptr()) }
    }
}

impl<R: Request> Drop for PendingExec<R> {
    fn drop(&mut self) {
        self.await_execve();
        // SAFETY: the child has gone; whoever else releases forgets this.
        drop(unsafe { self.release() });
    }
}
