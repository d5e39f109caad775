//! The size of the stack that is left in this thread.
//!
//! Functions of a script call each other on the interpreter's own stack. An overflow of the stack can't be reported as
//! an error: the kernel ends the process. Threads of a host may have a stack of any size, so a count of calls alone is
//! not enough.

use std::cell::Cell;

thread_local! {
    /// The address that the stack must stay above; 0 before it is known.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
}

/// The reserve for one call, whose blocks and expressions are nested at most 256 levels deep.
const LEAST: usize = 512 << 10;
/// The assumed size of a stack of unknown size.
const ASSUMED: usize = 1 << 20;

/// Returns whether the next call might not fit.
#[inline]
pub fn is_low() -> bool {
    let marker = 0_u8;
    let here = std::hint::black_box(&raw const marker) as usize;
    let floor = match FLOOR.get() {
        0 => {
            let floor = floor(here);
            FLOOR.set(floor);
            floor
        }
        floor => floor,
    };
    here < floor
}

/// Runs `work` with a stack that has room for the deepest script: in a separate thread, and waits for it. If none can
/// be started, it runs in this thread.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    const ROOM: usize = 16 << 20;
    let slot = std::sync::Mutex::new(Some(work));
    let take = || slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(ROOM).spawn_scoped(scope, || take().map(|work| work()));
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => take().map(|work| work()),
        }
    })
    .expect("the work is taken once")
}

fn floor(here: usize) -> usize {
    let (low, size) = bounds().unwrap_or((here.saturating_sub(ASSUMED), ASSUMED));
    // The main thread may have no limit; its stack then grows downwards until another mapping is in its way.
    let low = low.max(here.saturating_sub(64 << 20));
    low + (size / 4).clamp(LEAST / 4, LEAST)
}

/// Returns the lowest address and the size of this thread's stack.
#[cfg(target_os = "linux")]
fn bounds() -> Option<(usize, usize)> {
    if super::blocking_call::is_main_thread() { main_bounds() } else { thread_bounds() }
}

/// Returns the lowest address and the size of the main thread's stack. pthread_getattr_np(3) would read all of
/// /proc/self/maps for it. The path of the program is at the upper end (getauxval(3), `AT_EXECFN`).
#[cfg(target_os = "linux")]
fn main_bounds() -> Option<(usize, usize)> {
    // SAFETY: the first call takes no memory, the second fills the structure.
    let (top, size) = unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        let known = libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) == 0;
        (libc::getauxval(libc::AT_EXECFN) as usize, known.then_some(limit.rlim_cur)?)
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(top);
    (top > 0).then(|| (top - size, size))
}

/// Returns the lowest address and the size of another thread's stack (pthread_getattr_np(3)).
#[cfg(target_os = "linux")]
fn thread_bounds() -> Option<(usize, usize)> {
    // SAFETY: the attributes are initialised by the first call, read by the second and destroyed by the third.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let mut low = std::ptr::null_mut();
        let mut size = 0;
        let found = libc::pthread_attr_getstack(&raw const attributes, &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(&raw mut attributes);
        (found == 0).then_some((low as usize, size))
    }
}

#[cfg(not(target_os = "linux"))]
fn bounds() -> Option<(usize, usize)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(so_far: usize) -> usize {
        let room = std::hint::black_box([0_u8; 1024]);
        if is_low() { so_far } else { depth(so_far + usize::from(room[0] == 0)) }
    }

    #[test]
    fn the_end_of_any_stack_is_seen_before_it_comes() {
        for size in [1 << 20, 8 << 20] {
            let thread = std::thread::Builder::new().stack_size(size).spawn(|| depth(0)).unwrap();
            // A crash would end the whole test.
            assert!(thread.join().unwrap() > 100, "of {size}");
        }
    }
}
