//! What the parent of the tests passed on, and the programs under test must not inherit.

use std::sync::Once;

/// Closes the descriptors that the parent left open in the programs that this process starts, which report what they
/// were given, and restores the default action of signals that it ignored: nohup(1) ignores one, a shell without job
/// control several, Python others. A test that sends such a signal would wait in vain.
pub fn shed() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: no descriptor is closed before an exec.
        unsafe { libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as libc::c_int) };
        // SIGPIPE is ignored by the runtime of Rust, which restores it in children.
        for signal in (1..libc::SIGRTMIN()).filter(|&signal| signal != libc::SIGPIPE) {
            // SAFETY: the first call only fills the structure, and the second installs no handler.
            unsafe {
                let mut now: libc::sigaction = std::mem::zeroed();
                if libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0
                    && now.sa_sigaction == libc::SIG_IGN
                {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
        }
    });
}
