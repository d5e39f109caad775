//! The resources that this process and its descendants use.

use super::Pid;
use super::tree::View;
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

/// The resources that a process and its descendants use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Their number.
    pub processes: usize,
    /// The memory that they keep in RAM, in bytes. Shared pages count for each of them.
    pub memory: u64,
    /// The processor time that they have used, with that of children that were awaited.
    pub processor: Duration,
}

/// Returns the resources of a process and its descendants (proc_pid_stat(5)); nothing on systems without /proc.
pub fn of_tree(root: u32) -> Usage {
    let mut found = Usage::default();
    let mut view = View::default();
    let mut open: Vec<Pid> = Pid::try_from(root).into_iter().collect();
    while let Some(pid) = open.pop() {
        if let Some((memory, processor)) = of_process(pid) {
            found.processes += 1;
            found.memory += memory;
            found.processor += processor;
            open.extend(view.children_of(pid));
        }
    }
    found
}

/// Returns the number of open descriptors of a process.
pub fn descriptors(pid: Pid) -> Option<usize> {
    Some(std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
}

/// Returns the memory and processor time of a process.
fn of_process(pid: Pid) -> Option<(u64, Duration)> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let fields: Vec<&str> = std::str::from_utf8(&stat[after..]).ok()?.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    // utime, stime, cutime and cstime, counted from the state, which is the first after the name.
    let ticks = (11..=14).map(|place| number(place).unwrap_or_default()).sum::<u64>();
    let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    Some((number(21)? * rustix::param::page_size() as u64, Duration::from_secs_f64(seconds)))
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
