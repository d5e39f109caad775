//! The start of the binary, in place of Rust's runtime.
//!
//! Before `main`, the runtime reads /proc/self/maps to place a guard page, and makes a signal stack and two
//! handlers that report a stack overflow: some twenty system calls. The depth of calls is bounded here
//! (`stack.rs`), so little remains to be done.

use super::{blocking_call, child_signal, descriptor, handlers};

/// Does the part of the runtime's work that matters here.
pub fn begin() {
    hold_closed_streams();
    // A write to a pipe without a reader is an error to handle, not the end of this process. Started programs get the
    // default action.
    handlers::ignore_closed_pipes();
    child_signal::block();
    blocking_call::note_main_thread();
}

/// Fills each of 0, 1 and 2 that is closed, since the next file that is opened would get its number. The descriptor
/// behaves like a closed one: reading and writing fail with EBADF, and no program inherits it.
fn hold_closed_streams() {
    let mut fds: [libc::pollfd; 3] =
        std::array::from_fn(|fd| libc::pollfd { fd: fd as i32, events: 0, revents: 0 });
    // SAFETY: the pointer and the length belong to one array.
    if unsafe { libc::poll(fds.as_mut_ptr(), 3, 0) } < 0 {
        return;
    }
    for fd in fds {
        if fd.revents & libc::POLLNVAL != 0 {
            descriptor::note_closed(fd.fd);
            // This number is the lowest free one, since those below it are open by now. SAFETY: the path ends in
            // NUL.
            unsafe { libc::open(c"/".as_ptr(), PLACEHOLDER) };
        }
    }
}

/// The descriptor is only a path, which can be neither read nor written (open(2)).
#[cfg(target_os = "linux")]
const PLACEHOLDER: libc::c_int = libc::O_PATH | libc::O_CLOEXEC;

/// A directory can be neither read nor written either.
#[cfg(not(target_os = "linux"))]
const PLACEHOLDER: libc::c_int = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
