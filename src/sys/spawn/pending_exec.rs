//! Starting a program without waiting for its execve.
//!
//! With `CLONE_VFORK` the starter sleeps until the child has called execve, so the stages of a pipeline are started
//! one after the other on one core. Without it, the child continues in the memory of this process while this
//! process continues. The child therefore gets its own stack, and all data that it reads stays in place until the
//! kernel reports that it has left (`CLONE_CHILD_CLEARTID`, clone(2)). This is also cheaper for a single program:
//! its starter wakes up once, at its end.

use super::child::Shared;
use super::clone3::clone_beside;
use super::linux::BlockedSignals;
use super::stack::Stack;
use super::{Request, Spawn, SpawnError, Step};
use crate::sys::wait::Process;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicU32, Ordering};

/// A child on its way to execve. Dropping it waits for the execve.
#[derive(Debug)]
pub struct PendingExec<R: Request> {
    common: NonNull<Common<R>>,
    stack: Option<Stack>,
}

/// The data that the child works with, at an address that does not change when its owner moves.
struct Common<R> {
    /// It refers to `request`.
    shared: Option<Shared<'static>>,
    request: R,
    /// Cleared by the kernel when the child has left the memory of this process.
    here: AtomicU32,
}

// SAFETY: the child is the only other user, and the data that it writes is read after it has left.
unsafe impl<R: Request + Send> Send for PendingExec<R> {}

/// Starts a child. If that is not possible in this way, returns `None` with the request; the plain way then reports
/// the reason.
pub fn begin<R: Request + 'static>(request: R) -> Result<(Process, PendingExec<R>), R> {
    // The start in namespaces needs two children, or changes this process for a moment.
    if matches!(request.spawn().steps.first(), Some(Step::Namespaces(_))) {
        return Err(request);
    }
    let Ok(stack) = Stack::take() else { return Err(request) };
    let common = Box::leak(Box::new(Common { shared: None, request, here: AtomicU32::new(1) }));
    let common = NonNull::from(common);
    let at = common.as_ptr();
    // SAFETY: the box lives until the child has left the memory of this process, and `request` is not touched
    // before.
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
    // SAFETY: no child was created; the data is not used again.
    let common = unsafe { pending_exec.release() };
    std::mem::forget(pending_exec);
    Err(common.request)
}

impl<R: Request> PendingExec<R> {
    /// Returns the data from which the child is made.
    pub fn request(&self) -> &R {
        // SAFETY: the box lives, and this part of it is not changed.
        unsafe { &(*self.common.as_ptr()).request }
    }

    /// Returns whether the child has called execve, or has ended.
    pub fn has_left(&self) -> bool {
        // SAFETY: the box lives, and the kernel writes the number by an atomic store.
        unsafe { &(*self.common.as_ptr()).here }.load(Ordering::Acquire) == 0
    }

    /// Waits until the program runs. Returns the data from which it was made, and the reason if it does not run.
    /// Nothing is repeated.
    pub fn finish(mut self) -> (R, Option<SpawnError>) {
        self.await_execve();
        // SAFETY: the child has left; the data is not used again.
        let common = unsafe { self.release() };
        std::mem::forget(self);
        (common.request, common.shared.and_then(|shared| shared.failure))
    }

    /// Leaves the child's data in place forever: the child can't be killed (state D), and no thread waits for it.
    #[cold]
    pub fn abandon(mut self) {
        std::mem::forget(self.stack.take());
        std::mem::forget(self);
    }

    fn await_execve(&self) {
        // SAFETY: the box lives, and the kernel writes the number by an atomic store.
        let here = unsafe { &(*self.common.as_ptr()).here };
        while here.load(Ordering::Acquire) != 0 {
            // Not FUTEX_PRIVATE, since the kernel wakes the shared kind. SAFETY: the address is that of an integer of
            // four bytes.
            unsafe {
                let forever = null::<libc::timespec>();
                libc::syscall(libc::SYS_futex, here.as_ptr(), libc::FUTEX_WAIT, 1, forever);
            }
        }
    }

    /// Releases the stack and the child's data.
    ///
    /// # Safety
    /// The child must have left the memory of this process, and this must be called once.
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
        // SAFETY: the child has left. Other code that releases the data forgets this value.
        drop(unsafe { self.release() });
    }
}
