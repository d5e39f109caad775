//! The pressure on the machine: its load, and the memory that is available.

use std::io;

/// Returns the load of the last minute, which is the number of processes that ran or waited for a processor or a
/// disk (getloadavg(3)).
///
/// # Errors
/// Fails if the system does not provide it.
pub fn load() -> io::Result<f64> {
    let mut loads = [0.0; 1];
    // SAFETY: the pointer is to one number, and one number is requested.
    let count = unsafe { libc::getloadavg(loads.as_mut_ptr(), 1) };
    if count == 1 { Ok(loads[0]) } else { Err(io::ErrorKind::Unsupported.into()) }
}

/// Returns how many bytes programs can get before the system swaps (proc(5), `MemAvailable`).
///
/// # Errors
/// Fails if the system does not provide it.
pub fn available_memory() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    available(&text).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kilobytes() {
        let text = "MemTotal:       16000 kB\nMemAvailable:     300 kB\n";
        assert_eq!(available(text), Some(300 << 10));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_tells_both() {
        assert!(load().unwrap() >= 0.0 && available_memory().unwrap() > 0);
    }
}
