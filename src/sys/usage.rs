//! The processor time that this process has used.

use std::mem::MaybeUninit;
use std::time::Duration;

/// Returns the processor time of this process in user mode and in the kernel, without its children:
/// `getrusage(2)`.
pub fn processor_time() -> (Duration, Duration) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the struct that it receives, which is also valid when it is all zero.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let micros = u64::try_from(time.tv_usec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_grows_with_work() {
        let before = processor_time();
        let mut sum = 0_u64;
        while processor_time().0 == before.0 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(1));
        }
        let after = processor_time();
        assert!(after.0 > before.0 && after.1 >= before.1);
    }
}
