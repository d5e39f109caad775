//! The stacks on which children run until their execve.
//!
//! Each thread keeps some: one for the child that it waits for, and a few for children that start
//! beside it.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

/// More than enough for a dozen system calls.
const SIZE: usize = 32 << 10;

/// Larger than a page on any system.
const GUARD: usize = 64 << 10;

/// A mapping whose lowest part can't be accessed. A child that exceeds it is killed instead of writing into the
/// memory of this process.
#[derive(Debug)]
pub(super) struct Stack {
    base: NonNull<c_void>,
}

/// The number of stacks that a thread keeps.
const KEPT: usize = 8;

thread_local! {
    static CACHED: RefCell<Vec<Stack>> = const { RefCell::new(Vec::new()) };
}

impl Stack {
    /// Returns an unused one.
    ///
    /// # Errors
    /// Fails with the errno of mmap(2).
    pub(super) fn take() -> Result<Self, i32> {
        match CACHED.try_with(|cache| cache.borrow_mut().pop()).ok().flatten() {
            Some(stack) => Ok(stack),
            None => Self::map(),
        }
    }

    /// Returns it for the next child. If the thread's storage no longer exists, unmaps it.
    pub(super) fn give_back(self) {
        let mut stack = Some(self);
        let _ = CACHED.try_with(|cache| {
            let mut cache = cache.borrow_mut();
            if cache.len() < KEPT {
                cache.extend(stack.take());
            }
        });
    }

    fn map() -> Result<Self, i32> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: a new mapping, whose upper part is then made usable.
        unsafe {
            let base = libc::mmap(null_mut(), GUARD + SIZE, libc::PROT_NONE, flags, -1, 0);
            if base == libc::MAP_FAILED {
                return Err(crate::sys::last_error());
            }
            let stack = Self { base: NonNull::new_unchecked(base) };
            match libc::mprotect(base.byte_add(GUARD), SIZE, libc::PROT_READ | libc::PROT_WRITE) {
                0 => Ok(stack),
                _ => Err(crate::sys::last_error()),
            }
        }
    }

    /// Returns its highest address.
    pub(super) fn top(&self) -> *mut c_void {
        // SAFETY: one past the end of the mapping. Page-aligned, so aligned for any ABI.
        unsafe { self.base.as_ptr().byte_add(GUARD + SIZE) }
    }
}

// SAFETY: a mapping belongs to no thread.
unsafe impl Send for Stack {}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping was created here, and no child uses it.
        unsafe { libc::munmap(self.base.as_ptr(), GUARD + SIZE) };
    }
}
