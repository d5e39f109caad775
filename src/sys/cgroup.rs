//! Control groups (cgroups(7)): the memory and the number of processes of a block's programs together.
//!
//! A group is a directory below the group of this process: in version 1 below its group of each controller, in
//! version 2 below the nearest group in which this user may make others. The child enters it before its execve. The
//! group ends with its owner: its processes are killed, and the directory is removed. A group whose owner was killed is
//! removed by the next one; the owner holds a lock on it.

mod place;

use super::{Pid, descriptor, signal};
use place::{Place, Version};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The beginning of the names of groups.
const NAME: &str = "pipewright-";

/// The time that killed processes have to leave a group.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// What a group counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Bytes of memory, with shared memory and files in memory.
    Memory,
    /// Processes and threads.
    Processes,
}

/// The limits of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes.
    pub memory: Option<u64>,
    /// The most processes and threads.
    pub processes: Option<u64>,
}

/// The group of a block. Dropping it kills the processes in it and removes it.
#[derive(Debug)]
pub struct Cgroup {
    /// Its directory for each controller; with version 2 one for both.
    directories: Vec<Directory>,
    limits: Limits,
    membership: Arc<Membership>,
}

/// What a child needs to enter the group.
#[derive(Debug)]
pub struct Membership {
    /// `cgroup.procs` of the groups.
    processes: Vec<Arc<OwnedFd>>,
    /// `pids.current`, and the most that it may be: the kernel refuses a fork above the limit, but not an entry.
    count: Option<(Arc<OwnedFd>, u64)>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    place: Place,
    counts: Vec<Counted>,
    /// `cgroup.procs` of the group that has the processes.
    processes: Arc<OwnedFd>,
    /// Held until the end, so that no other process takes the group for one that was left behind.
    _lock: File,
}

impl PartialEq for Membership {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Membership {}

impl Counted {
    const fn controller(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Processes => "pids",
        }
    }
}

impl Cgroup {
    /// Creates a group, within another one.
    ///
    /// # Errors
    /// Fails with the reason why this system has no group that can hold to the limits.
    pub fn new(limits: Limits, outer: Option<&Self>) -> Result<Self, String> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{NAME}{}-{number}", std::process::id());
        let mut directories: Vec<Directory> = Vec::new();
        let wanted = [
            (Counted::Memory, limits.memory.is_some()),
            // Where it can be had, it stops programs at the end that fork faster than they are killed.
            (Counted::Processes, limits.processes.is_some()),
        ];
        for (counted, needed) in wanted {
            // A group of version 2 counts both.
            if let Some(one) = directories.iter_mut().find(|one| one.place.version == Version::Two) {
                one.counts.push(counted);
                continue;
            }
            if !needed && counted == Counted::Memory {
                continue;
            }
            let made = match outer.and_then(|outer| outer.directory(counted)) {
                Some(outer) => outer.place.within(&outer.path),
                None => Place::find(counted.controller()),
            }
            .and_then(|place| Directory::make(place, &name, counted));
            match made {
                Ok(directory) => directories.push(directory),
                Err(reason) if needed => return Err(reason),
                Err(_) => {}
            }
        }
        let group = Self { membership: membership(&directories, limits, outer), directories, limits };
        group.set_limits()?;
        Ok(group)
    }

    fn directory(&self, counted: Counted) -> Option<&Directory> {
        self.directories.iter().find(|one| one.place.version == Version::Two || one.counts.contains(&counted))
    }

    fn set_limits(&self) -> Result<(), String> {
        if let (Some(bytes), Some(directory)) = (self.limits.memory, self.directory(Counted::Memory)) {
            match directory.place.version {
                Version::One => {
                    directory.set("memory.limit_in_bytes", bytes)?;
                    directory.set_if_there("memory.memsw.limit_in_bytes", bytes)?;
                }
                Version::Two => {
                    directory.set("memory.max", bytes)?;
                    directory.set_if_there("memory.swap.max", 0)?;
                }
            }
        }
        if let (Some(most), Some(directory)) = (self.limits.processes, self.directory(Counted::Processes)) {
            directory.set("pids.max", most)?;
        }
        Ok(())
    }

    /// Returns what a child needs to enter it.
    pub fn membership(&self) -> Arc<Membership> {
        self.membership.clone()
    }

    /// Returns the most processes that it or a group around it may have.
    pub fn most_processes(&self) -> Option<u64> {
        self.membership.count.as_ref().map(|(_, most)| *most)
    }

    /// Returns its limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns how many of its processes the kernel has killed because the memory of the group was used up.
    pub fn killed_for_memory(&self) -> u64 {
        let Some(directory) = self.directory(Counted::Memory) else { return 0 };
        let file = match directory.place.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = fs::read_to_string(directory.path.join(file)).unwrap_or_default();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }
}

fn membership(directories: &[Directory], limits: Limits, outer: Option<&Cgroup>) -> Arc<Membership> {
    let mut processes: Vec<Arc<OwnedFd>> = directories.iter().map(|one| one.processes.clone()).collect();
    // The controllers that only the group around counts.
    for one in outer.iter().flat_map(|outer| &outer.directories) {
        let is_counted = |counted: &Counted| directories.iter().any(|own| own.counts.contains(counted));
        if !one.counts.iter().all(is_counted) {
            processes.insert(0, one.processes.clone());
        }
    }
    let own = limits.processes.and_then(|most| {
        let directory = directories.iter().find(|one| one.counts.contains(&Counted::Processes))?;
        let file = File::open(directory.path.join("pids.current")).ok()?;
        Some((Arc::new(descriptor::lift(file.into()).ok()?), most))
    });
    let count = own.or_else(|| outer.and_then(|outer| outer.membership.count.clone()));
    Arc::new(Membership { processes, count })
}

impl Directory {
    fn make(place: Place, name: &str, counted: Counted) -> Result<Self, String> {
        remove_left_behind(&place.directory);
        let path = place.directory.join(name);
        let failed =
            |path: &Path, error: &io::Error| format!("{}: {}", path.display(), crate::diag::reason(error));
        fs::create_dir(&path).map_err(|error| failed(&path, &error))?;
        let made = (|| {
            let lock = File::open(&path)?;
            flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
            let inner = match place.version {
                Version::One => path.clone(),
                // A group of version 2 has either processes or groups with limits of their own.
                Version::Two => path.join("programs"),
            };
            if inner != path {
                fs::create_dir(&inner)?;
            }
            let file = OpenOptions::new().write(true).open(inner.join("cgroup.procs"))?;
            let processes = Arc::new(descriptor::lift(file.into())?);
            Ok(Self { path: path.clone(), place, counts: vec![counted], processes, _lock: lock })
        })();
        made.map_err(|error: io::Error| {
            remove(&path);
            failed(&path, &error)
        })
    }

    fn set(&self, file: &str, value: u64) -> Result<(), String> {
        let path = self.path.join(file);
        let written = OpenOptions::new().write(true).open(&path);
        let written = written.and_then(|mut file| file.write_all(value.to_string().as_bytes()));
        written.map_err(|error| format!("{}: {}", path.display(), crate::diag::reason(&error)))
    }

    fn set_if_there(&self, file: &str, value: u64) -> Result<(), String> {
        if self.path.join(file).exists() { self.set(file, value) } else { Ok(()) }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for directory in &self.directories {
            // No process can fork from now on, so that killing them ends.
            let _ = directory.set_if_there("pids.max", 0);
        }
        let until = Instant::now() + KILL_TIMEOUT;
        for directory in &self.directories {
            kill_all(&directory.path);
            while !remove(&directory.path) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
                kill_all(&directory.path);
            }
        }
    }
}

/// Kills the processes of a group and those of the groups in it.
fn kill_all(path: &Path) {
    if fs::write(path.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    for group in below(path).chain([path.to_path_buf()]) {
        let list = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
        for pid in list.lines().filter_map(|line| line.parse::<Pid>().ok()).filter(|pid| *pid > 1) {
            let _ = signal::send(pid, signal::Signal::KILL);
        }
    }
}

/// Removes a group that has no process, and the groups in it. Returns whether it is gone.
fn remove(path: &Path) -> bool {
    for group in below(path) {
        let _ = fs::remove_dir(group);
    }
    match fs::remove_dir(path) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn below(path: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path())
}

/// Removes groups whose owners were killed.
fn remove_left_behind(directory: &Path) {
    for group in below(directory) {
        let is_group = group.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME));
        if is_group
            && File::open(&group)
                .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok())
        {
            remove(&group);
        }
    }
}

impl Membership {
    /// Returns the descriptors to which a child writes.
    pub(super) fn entries(&self) -> impl Iterator<Item = RawFd> {
        self.processes.iter().map(|file| file.as_raw_fd())
    }

    /// Returns the file with the number of processes, and the most that it may be.
    pub(super) fn count(&self) -> Option<(RawFd, u64)> {
        self.count.as_ref().map(|(file, most)| (file.as_raw_fd(), *most))
    }
}

/// Returns why this system can't count, if it can't.
///
/// # Errors
/// Fails with the reason.
pub fn available(counted: Counted) -> Result<(), String> {
    let limits = match counted {
        Counted::Memory => Limits { memory: Some(1 << 30), processes: None },
        Counted::Processes => Limits { memory: None, processes: Some(1000) },
    };
    Cgroup::new(limits, None).map(drop)
}
