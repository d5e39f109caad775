//! The stack that a child runs on until its execve.
//!
//! Each thread keeps one: a thread that starts a child is suspended until the child has left the stack,
//! so it can't be asked for twice at once.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

/// Ample for a dozen system calls.
const SIZE: usize = 32 << 10;

/// Larger than a page anywhere.
const GUARD: usize = 64 << 10;

/// A mapping whose lowest part can't be touched: a child that ran over its end is killed instead of
/// writing into our memory.
pub(super) struct Stack {
    base: NonNull<c_void>,
}

thread_local! {
    static CACHED: RefCell<Option<Stack>> = const { RefCell::new(None) };
}

impl Stack {
    /// Runs `f` with this thread's stack, given as its highest address.
    ///
    /// # Errors
    /// The errno of mmap(2).
    pub(super) fn with<T>(f: impl FnOnce(*mut c_void) -> T) -> Result<T, i32> {
        let cached = CACHED.try_with(|cache| cache.borrow_mut().take()).ok().flatten();
        let stack = match cached {
            Some(stack) => stack,
            None => Self::map()?,
        };
        let result = f(stack.top());
        // The thread's storage may be gone already: then the stack is unmapped here.
        let _ = CACHED.try_with(|cache| cache.replace(Some(stack)));
        Ok(result)
    }

    fn map() -> Result<Self, i32> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: a fresh mapping, whose upper part is then made usable.
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

    fn top(&self) -> *mut c_void {
        // SAFETY: one past the end of the mapping. Page-aligned, so aligned for any ABI.
        unsafe { self.base.as_ptr().byte_add(GUARD + SIZE) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: our own mapping, on which nobody runs.
        unsafe { libc::munmap(self.base.as_ptr(), GUARD + SIZE) };
    }
}
