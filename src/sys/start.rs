//! The start of the binary, in place of Rust's runtime.
//!
//! Before `main` the runtime reads /proc/self/maps to place a guard page, makes a signal stack and two handlers that
//! tell of a stack overflow: some twenty system calls, a tenth of the time that `-c true` takes. The depth of calls is
//! bounded here (`stack.rs`), so what remains to be done is little.

use super::{blocking_call, child_signal, descriptor, handlers};

/// Does what the runtime would have done that matters here.
pub fn begin() {
    hold_closed_streams();
    // A write to a pipe without a reader is an error to be handled, not the end of this process. Programs that are
    // started get the default back.
    handlers::ignore_closed_pipes();
    child_signal::block();
    blocking_call::note_main_thread();
}

/// Takes the place of each of 0, 1 and 2 that is closed, or the next file that is opened would get its number. It stays
/// as good as closed: reading and writing fail with EBADF, and no program gets it.
fn hold_closed_streams() {
    let mut fds: [libc::pollfd; 3] =
        std::array::from_fn(|fd| libc::pollfd { fd: fd as i32, events: 0, revents: 0 });
    // SAFETY: the pointer and the length are one array's.
    if unsafe { libc::poll(fds.as_mut_ptr(), 3, 0) } < 0 {
        return;
    }
    for fd in fds {
        if fd.revents & libc::POLLNVAL != 0 {
            descriptor::note_closed(fd.fd);
            // The lowest free number is this one, as those below it are open by now.
            // SAFETY: the path ends in NUL.
            unsafe { libc::open(c"/".as_ptr(), PLACEHOLDER) };
        }
    }
}

/// A path alone, which can be neither read nor written (open(2)).
#[cfg(target_os = "linux")]
const PLACEHOLDER: libc::c_int = libc::O_PATH | libc::O_CLOEXEC;

/// Neither can a directory.
#[cfg(not(target_os = "linux"))]
const PLACEHOLDER: libc::c_int = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
