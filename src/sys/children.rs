//! The table of children that this process has started and not reaped, for code that has to distinguish them from
//! other children.
//!
//! As a subreaper, the binary gets children that it never started: processes that its programs leave behind. They
//! are ended and reaped as orphans, and this must never take the status of a child that the binary has started. The
//! watcher (`kill_cleanup`), which shares the memory of this process and outlives it, also has to know the
//! children. A library keeps no table.

use super::Pid;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// With more children than this at once, orphans are not searched for.
const PLACES: usize = 32_000;

/// Separate whole pages, whose memory can be replaced.
#[repr(C, align(4096))]
struct Table {
    /// Whether the table is kept.
    kept: AtomicBool,
    /// The process ID of the watcher, while there is one.
    kill_cleanup: AtomicI32,
    /// Places from here on have never been used.
    end: AtomicUsize,
    /// The start of the search for a free place.
    free: AtomicUsize,
    /// Whether the table was full at some time.
    overflowed: AtomicBool,
    /// Each place is free (0), reserved for a child that is being created, or has its process ID. If the ID is
    /// negative, the child is left alone when this process dies.
    places: [AtomicI32; PLACES],
}

/// The mark of a place reserved for a child whose process ID is unknown. No process ID is that small.
const COMING: Pid = Pid::MIN;

static TABLE: Table = Table {
    kept: AtomicBool::new(false),
    kill_cleanup: AtomicI32::new(0),
    end: AtomicUsize::new(0),
    free: AtomicUsize::new(0),
    overflowed: AtomicBool::new(false),
    places: [const { AtomicI32::new(0) }; PLACES],
};

/// Held for reading by threads that write to the table, and for writing while its memory is replaced.
static MOVES: RwLock<()> = RwLock::new(());

/// Keeps the table in place: from before a child's place is reserved until the kernel has written its process ID.
pub(super) fn in_place() -> RwLockReadGuard<'static, ()> {
    MOVES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Moves the table into memory that a copy of this process (fork(2)) will share. Its address stays the same. Returns
/// whether the kernel has done so; none if a child is being created at this moment.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn share() -> Option<bool> {
    let _alone = MOVES.try_write().ok()?;
    let size = size_of::<Table>();
    let used = std::mem::offset_of!(Table, places) + size_of_val(taken(&TABLE));
    let table = (&raw const TABLE).cast_mut();
    // SAFETY: the lock keeps all writers from the table. It has its own pages, unused pages are zero in both, and
    // mremap(2) replaces them for all threads at once.
    unsafe {
        let anonymous = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        let memory = libc::mmap(null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, anonymous, -1, 0);
        if memory == libc::MAP_FAILED {
            return Some(false);
        }
        std::ptr::copy_nonoverlapping(table.cast::<u8>(), memory.cast::<u8>(), used);
        let moved = libc::mremap(
            memory,
            size,
            size,
            libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
            table.cast::<libc::c_void>(),
        );
        if moved == libc::MAP_FAILED {
            libc::munmap(memory, size);
        }
        Some(moved != libc::MAP_FAILED)
    }
}

/// Starts to keep the table. Call it before the first child is started.
pub(super) fn keep_table() {
    TABLE.kept.store(true, Ordering::Release);
}

fn table() -> Option<&'static Table> {
    TABLE.kept.load(Ordering::Acquire).then_some(&TABLE)
}

/// Notes that the watcher is about to be created, and its process ID is not known yet.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn expect_watcher() {
    TABLE.kill_cleanup.store(COMING, Ordering::Release);
}

/// Sets the process ID of the watcher, which does not count as a stray either; 0 means that there is no watcher any
/// more.
pub(super) fn set_watcher(pid: Pid) {
    TABLE.kill_cleanup.store(pid, Ordering::Release);
}

/// Returns the process ID of the watcher; 0 if there is none.
pub(super) fn kill_cleanup() -> Pid {
    TABLE.kill_cleanup.load(Ordering::Acquire)
}

/// A child's place in the table, from before its start until it is reaped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(Option<&'static AtomicI32>);

impl Place {
    /// Reserves a place for a child that is about to be created.
    pub(super) fn take() -> Self {
        let Some(table) = table() else { return Self(None) };
        let first = table.free.load(Ordering::Relaxed).min(PLACES);
        for at in (first..PLACES).chain(0..first) {
            let place = &table.places[at];
            if place.load(Ordering::Relaxed) == 0
                && place.compare_exchange(0, COMING, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            {
                table.end.fetch_max(at + 1, Ordering::AcqRel);
                table.free.store(at + 1, Ordering::Relaxed);
                return Self(Some(place));
            }
        }
        table.overflowed.store(true, Ordering::Release);
        Self(None)
    }

    /// Returns the address to which the kernel writes the child's process ID before the child runs (clone(2),
    /// `CLONE_PARENT_SETTID`). Otherwise, if this process were killed in the moment after, it would leave a child that
    /// the watcher does not know.
    pub(super) fn address(&self) -> *mut Pid {
        self.0.map_or(null_mut(), AtomicI32::as_ptr)
    }

    /// Sets the process ID, for systems where the kernel can't.
    pub(super) fn set(&self, pid: Pid) {
        if let Some(place) = self.0 {
            place.store(pid, Ordering::Release);
        }
    }

    /// Marks that the child still belongs to this process, but is left alone when this process dies.
    pub(super) fn spare(&self) {
        let _in_place = in_place();
        if let Some(place) = self.0 {
            let pid = place.load(Ordering::Acquire);
            place.store(-pid.abs(), Ordering::Release);
        }
    }

    /// Frees the place, because the child was not created or has been reaped.
    pub(super) fn free(&self) {
        let (Some(place), Some(table)) = (self.0, table()) else { return };
        let _in_place = in_place();
        place.store(0, Ordering::Release);
        // SAFETY: both are in the same array.
        let at = unsafe { std::ptr::from_ref(place).offset_from(table.places.as_ptr()) };
        table.free.fetch_min(at.unsigned_abs(), Ordering::Relaxed);
    }
}

/// Returns whether a child was not started by this process but adopted when its parent ended. Call it only after the
/// process was seen among the children: then its place, if it has one, is reserved by now.
///
/// While any child is being created, the process may be that child, and this returns false.
pub fn is_stray(pid: Pid) -> bool {
    let Some(table) = table() else { return false };
    let unknown = |place: &AtomicI32| match place.load(Ordering::Acquire) {
        COMING => false,
        own => own.abs() != pid,
    };
    let kill_cleanup = table.kill_cleanup.load(Ordering::Acquire);
    let known = table.overflowed.load(Ordering::Acquire) || [pid, COMING].contains(&kill_cleanup);
    !known && taken(table).iter().all(unknown)
}

/// Returns the children that are left alone.
pub(super) fn spared() -> impl Iterator<Item = Pid> {
    let places = table().map(taken).unwrap_or_default();
    let pids = places.iter().map(|place| place.load(Ordering::Acquire));
    pids.filter(|pid| *pid < 0 && *pid != COMING).map(Pid::abs)
}

/// Returns how many children are not reaped, without those that are left alone.
pub(super) fn count() -> usize {
    table().map_or(0, |table| taken(table).iter().filter(|place| place.load(Ordering::Acquire) > 0).count())
}

/// Returns the children that have to end when this process dies. Makes no system call and allocates nothing.
pub(super) fn to_end() -> impl Iterator<Item = Pid> {
    let places = table().map(taken).unwrap_or_default();
    places.iter().map(|place| place.load(Ordering::Acquire)).filter(|pid| *pid > 0)
}

fn taken(table: &Table) -> &[AtomicI32] {
    &table.places[..table.end.load(Ordering::Acquire).min(PLACES)]
}
