//! The operating system: the only place for `unsafe`, `cfg(unix)`, libc and rustix.
//!
//! Each file has one task. Nothing here knows stages or pipelines; `process` builds those from these
//! parts. Every descriptor that is made here is close-on-exec and above 2, so that a child gets only
//! the descriptors that are placed into it, and a closed standard stream of the host is never filled by
//! accident.

pub mod access;
pub mod accounts;
pub mod attributes;
pub mod blocking_call;
#[cfg(feature = "queue-sqlite")]
pub mod byte_lock;
pub mod cgroup;
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "child_signal/none.rs")]
pub mod child_signal;
mod children;
pub mod descriptor;
pub mod directory;
pub mod editor_input;
mod elf;
pub mod epoll_set;
pub mod event;
pub mod fifo;
pub mod file_identity;
#[cfg(feature = "queue-sqlite")]
pub mod file_system;
pub mod guard;
pub mod handled_signals;
pub mod handlers;
pub mod holders;
pub mod interrupt;
pub mod job_leader;
pub mod keys;
#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))),
    path = "kill_cleanup/none.rs"
)]
pub mod kill_cleanup;
pub mod lines;
pub mod listen;
pub mod log;
pub mod lookup;
pub mod memory;
pub mod mounts;
pub mod open;
pub mod own_path;
pub mod passing;
pub mod pipe;
pub mod place;
pub mod poll;
pub mod pressure;
pub mod probe;
pub mod process_room;
#[cfg(target_os = "linux")]
mod raw;
pub mod replace;
#[cfg_attr(not(target_os = "linux"), path = "sandbox/none.rs")]
pub mod sandbox;
pub mod signal;
pub mod signal_state;
pub mod socket;
pub mod socket_pair;
pub mod spawn;
pub mod stack;
pub mod start;
pub mod strings;
pub mod tree;
pub mod tty;
pub mod unnamed;
pub mod usage;
pub mod wait;

#[cfg(test)]
pub(crate) mod testing;

/// The error numbers that other modules distinguish (errno(3)).
pub mod errno {
    pub use libc::{E2BIG, EACCES, EAGAIN, EFBIG, ELOOP, ENOENT, ENOEXEC, ENOTDIR, ENXIO, EPERM, ESRCH};
}

/// The ID of a process or of a process group.
pub type Pid = i32;

/// Returns the error of the last failed system call of this thread.
pub(crate) fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Sets the error number of this thread: a handler restores the earlier one.
#[cfg(target_os = "linux")]
pub(crate) fn set_errno(errno: i32) {
    // SAFETY: this thread's own errno.
    unsafe { *libc::__errno_location() = errno };
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(crate) fn set_errno(errno: i32) {
    // SAFETY: this thread's own errno.
    unsafe { *libc::__error() = errno };
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
pub(crate) fn set_errno(_: i32) {}
