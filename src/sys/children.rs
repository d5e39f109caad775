//! The children that we started and have not reaped: a table for those that have to tell them from others.
//!
//! As a subreaper the binary gets children that it never started: what its programs leave behind. Those are ended
//! and reaped as such, and a status of our own child must never be taken by that. And the watcher (`kill_cleanup`), which
//! shares our memory and outlives us, has to know our children. A library keeps no table.

use super::Pid;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// More children than this at once are never looked for among what was left behind.
const PLACES: usize = 32_000;

/// Whole pages of its own, which can be given other memory.
#[repr(C, align(4096))]
struct Table {
    /// Whether there is one at all.
    kept: AtomicBool,
    /// The number of the watcher, while there is one.
    kill_cleanup: AtomicI32,
    /// Places from here on have never been taken.
    end: AtomicUsize,
    /// Where the search for a free place begins.
    free: AtomicUsize,
    /// Whether there was once no place.
    overflowed: AtomicBool,
    /// Free (0), taken by a child that is being made, or its number; as a negative one it is left alone at our death.
    places: [AtomicI32; PLACES],
}

/// Taken by a child whose number is not known yet. No number is that small.
const COMING: Pid = Pid::MIN;

static TABLE: Table = Table {
    kept: AtomicBool::new(false),
    kill_cleanup: AtomicI32::new(0),
    end: AtomicUsize::new(0),
    free: AtomicUsize::new(0),
    overflowed: AtomicBool::new(false),
    places: [const { AtomicI32::new(0) }; PLACES],
};

/// Held for reading by threads that write to the table, and for writing while it moves.
static MOVES: RwLock<()> = RwLock::new(());

/// Keeps the table where it is: from before a child's place is taken until the kernel has written its number.
pub(super) fn in_place() -> RwLockReadGuard<'static, ()> {
    MOVES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Moves the table into memory that a copy of this process (fork(2)) will share. Its address stays. Returns whether
/// the kernel has done so; nothing when a child is being made at this moment.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn share() -> Option<bool> {
    let _alone = MOVES.try_write().ok()?;
    let size = size_of::<Table>();
    let used = std::mem::offset_of!(Table, places) + size_of_val(taken(&TABLE));
    let table = (&raw const TABLE).cast_mut();
    // SAFETY: the lock keeps all writers from the table. Its pages are its own, those that were never taken are zero in both,
    // and mremap(2) replaces them for all threads at once.
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

/// Begins to keep the table; to be called before the first child is started.
pub(super) fn keep_table() {
    TABLE.kept.store(true, Ordering::Release);
}

fn table() -> Option<&'static Table> {
    TABLE.kept.load(Ordering::Acquire).then_some(&TABLE)
}

/// The watcher is about to be made, and its number not known yet.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn expect_watcher() {
    TABLE.kill_cleanup.store(COMING, Ordering::Release);
}

/// The watcher is nobody's stray either; 0 when there is none any more.
pub(super) fn set_watcher(pid: Pid) {
    TABLE.kill_cleanup.store(pid, Ordering::Release);
}

/// Returns the number of the watcher; 0 when there is none.
pub(super) fn kill_cleanup() -> Pid {
    TABLE.kill_cleanup.load(Ordering::Acquire)
}

/// A child's place in the table, from before its start until it is reaped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(Option<&'static AtomicI32>);

impl Place {
    /// Takes one for a child that is about to be made.
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

    /// Where the kernel writes the child's number before the child runs (clone(2), `CLONE_PARENT_SETTID`): killed in
    /// the moment after, we would leave a child that nobody knows.
    pub(super) fn address(&self) -> *mut Pid {
        self.0.map_or(null_mut(), AtomicI32::as_ptr)
    }

    /// Where the kernel can't.
    pub(super) fn set(&self, pid: Pid) {
        if let Some(place) = self.0 {
            place.store(pid, Ordering::Release);
        }
    }

    /// The child stays ours, and is left alone when we die.
    pub(super) fn spare(&self) {
        let _in_place = in_place();
        if let Some(place) = self.0 {
            let pid = place.load(Ordering::Acquire);
            place.store(-pid.abs(), Ordering::Release);
        }
    }

    /// There is no child, or none any more.
    pub(super) fn free(&self) {
        let (Some(place), Some(table)) = (self.0, table()) else { return };
        let _in_place = in_place();
        place.store(0, Ordering::Release);
        // SAFETY: both are in the same array.
        let at = unsafe { std::ptr::from_ref(place).offset_from(table.places.as_ptr()) };
        table.free.fetch_min(at.unsigned_abs(), Ordering::Relaxed);
    }
}

/// Whether a child was not started by us but came to us as its parent ended. To be asked after it was seen among our
/// children: then its place, if it has one, is taken by now.
///
/// While any child is being made it may be that one: the answer is no.
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

/// The children that are left alone.
pub(super) fn spared() -> impl Iterator<Item = Pid> {
    let places = table().map(taken).unwrap_or_default();
    let pids = places.iter().map(|place| place.load(Ordering::Acquire));
    pids.filter(|pid| *pid < 0 && *pid != COMING).map(Pid::abs)
}

/// How many of our children are not reaped, those aside that are left alone.
pub(super) fn count() -> usize {
    table().map_or(0, |table| taken(table).iter().filter(|place| place.load(Ordering::Acquire) > 0).count())
}

/// The children that have to end when we die. Makes no system call and allocates nothing.
pub(super) fn to_end() -> impl Iterator<Item = Pid> {
    let places = table().map(taken).unwrap_or_default();
    places.iter().map(|place| place.load(Ordering::Acquire)).filter(|pid| *pid > 0)
}

fn taken(table: &Table) -> &[AtomicI32] {
    &table.places[..table.end.load(Ordering::Acquire).min(PLACES)]
}
