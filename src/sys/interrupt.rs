//! A request to stop, which can be waited for together with pipes and processes.

use super::child_signal;
use super::event::Event;
use super::poll::{Interest, PollSet};
use super::signal::Signal;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A request to stop. A signal handler or another thread raises it, and every holder of a clone sees it. It stays
/// raised until [`Interrupt::clear`] or [`Interrupt::settle`]: two waits that run at the same time must both see it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    state: Option<Arc<State>>,
    /// The number of requests that were not meant for this holder.
    ignored: u32,
}

/// The state that a handler touches: atomics and one write(2), nothing else.
#[derive(Debug)]
pub(super) struct State {
    signal: AtomicI32,
    times: AtomicU32,
    /// The number of them that no longer count.
    settled: AtomicU32,
    /// Whether the last one came from the terminal.
    by_terminal: AtomicBool,
    event: Event,
    /// The parent, whose requests also count here…
    parent: Interrupt,
    /// …but not while this is set.
    alone: AtomicBool,
    /// While this is set, the parent's own requests don't count here; those of the parent's ancestors do.
    background: AtomicBool,
}

/// The reason to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The signal that was received or that the canceller chose.
    pub signal: Signal,
    /// How often it came. The second Ctrl-C means: now.
    pub times: u32,
    /// Whether the last one came from the terminal, which also sent it to the programs in its foreground.
    pub by_terminal: bool,
}

/// The result of [`Interrupt::wait_readable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// There is data, or the end; or room to write.
    Ready,
    /// The interrupt was raised first.
    Interrupted,
    /// The deadline passed first.
    TimedOut,
}

impl Interrupt {
    /// Returns an interrupt that is never raised and needs no descriptor.
    pub const fn none() -> Self {
        Self { state: None, ignored: 0 }
    }

    /// Returns whether it is one that is never raised.
    pub const fn is_none(&self) -> bool {
        self.state.is_none()
    }

    /// Creates an interrupt that is not raised.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new() -> io::Result<Self> {
        Self::none().child()
    }

    /// Creates an interrupt that is raised whenever this one is, and that can also be raised alone, to stop one job of
    /// a run.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn child(&self) -> io::Result<Self> {
        let state = State {
            signal: AtomicI32::new(0),
            times: AtomicU32::new(0),
            settled: AtomicU32::new(0),
            by_terminal: AtomicBool::new(false),
            event: Event::new()?,
            parent: self.clone(),
            alone: AtomicBool::new(false),
            background: AtomicBool::new(false),
        };
        Ok(Self { state: Some(Arc::new(state)), ignored: 0 })
    }

    /// Returns the same interrupt for code that runs because of a request, or that one must not interrupt: it is raised
    /// only by requests after the first `requests`.
    pub fn after(&self, requests: u32) -> Self {
        Self { state: self.state.clone(), ignored: requests }
    }

    /// Returns the same interrupt, raised only by requests from now on.
    pub fn later(&self) -> Self {
        self.after(self.count())
    }

    /// Returns whether the first request does not count.
    pub fn is_patient(&self) -> bool {
        self.ignored > 0
    }

    /// Returns how long to wait before checking for a request again, where no descriptor reports it: the descriptor of
    /// a request that does not count here stays readable.
    pub fn look_after(&self) -> Option<Duration> {
        let untold = self.chain().any(Self::is_readable) && self.raised().is_none();
        untold.then_some(Duration::from_millis(50))
    }

    /// Raises the request: all holders must stop.
    pub fn raise(&self, signal: Signal) {
        if let Some(state) = &self.state {
            state.raise(signal.number(), false);
        }
    }

    /// Raises the signal of a key. The programs have already received it from the terminal.
    pub fn raise_key(&self, signal: Signal) {
        if let Some(state) = &self.state {
            state.raise(signal.number(), true);
        }
    }

    /// Withdraws the request, once everything has stopped.
    pub fn clear(&self) {
        if let Some(state) = &self.state {
            state.signal.store(0, Ordering::Relaxed);
            state.times.store(0, Ordering::Release);
            state.settled.store(0, Ordering::Release);
            state.event.reset();
        }
    }

    /// Marks the requests that have come as handled, except those of its ancestors: programs have handled a key of the
    /// terminal.
    pub fn settle(&self) {
        let Some(state) = &self.state else { return };
        let times = state.times.load(Ordering::Acquire);
        state.settled.store(times, Ordering::Release);
        state.event.reset();
        // A request came between the two steps.
        if state.times.load(Ordering::Acquire) > times {
            state.event.set();
        }
    }

    /// Sets whether the parent's own requests don't count here, as keys of the terminal don't for a job in the
    /// background.
    pub fn set_background(&self, background: bool) {
        if let Some(state) = &self.state {
            state.background.store(background, Ordering::Release);
        }
    }

    /// Sets whether the parent's requests don't count here: for a job that is put into the background, and back.
    pub fn set_alone(&self, alone: bool) {
        if let Some(state) = &self.state {
            state.alone.store(alone, Ordering::Release);
        }
    }

    /// Returns the request, if there is one; that of the whole run before that of a job.
    pub fn raised(&self) -> Option<Raised> {
        let state = self.state.as_ref()?;
        let outer = self.counted_parent().and_then(Self::raised);
        let times = state.unsettled() + outer.map_or(0, |outer| outer.times);
        let signal = || Signal::from_kernel(state.signal.load(Ordering::Relaxed));
        let by_terminal = || state.by_terminal.load(Ordering::Relaxed);
        (times > self.ignored).then(|| Raised {
            signal: outer.map_or_else(signal, |outer| outer.signal),
            times,
            by_terminal: outer.map_or_else(by_terminal, |outer| outer.by_terminal),
        })
    }

    /// Returns how many requests count here, including those that are ignored.
    pub fn count(&self) -> u32 {
        self.state
            .as_ref()
            .map_or(0, |state| state.unsettled() + self.counted_parent().map_or(0, Self::count))
    }

    /// Returns descriptors of which one is readable when a request comes; see also [`Interrupt::look_after`].
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let raised = self.raised().is_some();
        let told = self.chain().filter(move |interrupt| raised || !interrupt.is_readable());
        told.filter_map(|interrupt| Some(interrupt.state.as_ref()?.event.reader()))
    }

    /// Returns this interrupt and its ancestors.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |interrupt| interrupt.parent())
    }

    fn parent(&self) -> Option<&Self> {
        let state = self.state.as_ref()?;
        (!state.alone.load(Ordering::Acquire)).then_some(&state.parent)
    }

    /// Returns the next ancestor whose requests count here.
    fn counted_parent(&self) -> Option<&Self> {
        let parent = self.parent()?;
        let state = self.state.as_ref()?;
        if state.background.load(Ordering::Acquire) { parent.counted_parent() } else { Some(parent) }
    }

    fn is_readable(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.unsettled() > 0)
    }

    /// Waits for data, for the request or for the deadline, whichever comes first.
    ///
    /// # Errors
    /// Fails as poll(2) does.
    pub fn wait_readable(&self, fd: BorrowedFd<'_>, deadline: Option<Instant>) -> io::Result<Readable> {
        self.wait_for(fd, Interest::Read, deadline)
    }

    /// Does the same for reading or writing.
    ///
    /// # Errors
    /// Fails as poll(2) does.
    pub fn wait_for(
        &self,
        fd: BorrowedFd<'_>,
        interest: Interest,
        deadline: Option<Instant>,
    ) -> io::Result<Readable> {
        let mut set = PollSet::default();
        loop {
            if self.raised().is_some() {
                return Ok(Readable::Interrupted);
            }
            set.clear();
            let bytes = set.add(fd, interest);
            for event in self.fds() {
                set.add(event, Interest::Read);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if set.wait(left.into_iter().chain(self.look_after()).min())? > 0 && set.is_ready(bytes) {
                return Ok(Readable::Ready);
            }
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(Readable::TimedOut);
            }
        }
    }

    pub(super) fn state(&self) -> Option<Arc<State>> {
        self.state.clone()
    }
}

impl State {
    pub(super) fn is_raised(&self) -> bool {
        self.times.load(Ordering::Acquire) > 0
    }

    /// Returns how many requests count.
    pub(super) fn unsettled(&self) -> u32 {
        self.times.load(Ordering::Acquire).saturating_sub(self.settled.load(Ordering::Acquire))
    }

    /// Raises it. Safe inside a signal handler (signal-safety(7)); leaves `errno` unchanged.
    pub(super) fn raise(&self, signal: i32, by_terminal: bool) {
        self.signal.store(signal, Ordering::Relaxed);
        self.by_terminal.store(by_terminal, Ordering::Relaxed);
        self.times.fetch_add(1, Ordering::Release);
        self.event.set();
        child_signal::wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn stays_raised_for_everyone_until_cleared() {
        let interrupt = Interrupt::new().unwrap();
        let (reader, _writer) = crate::sys::pipe::pipe().unwrap();
        let soon = || Some(Instant::now() + Duration::from_millis(20));
        assert_eq!(interrupt.wait_readable(reader.as_fd(), soon()).unwrap(), Readable::TimedOut);
        let other = interrupt.clone();
        let thread = std::thread::spawn(move || other.raise(Signal::INT));
        assert_eq!(interrupt.wait_readable(reader.as_fd(), None).unwrap(), Readable::Interrupted);
        thread.join().unwrap();
        interrupt.raise(Signal::TERM);
        let raised = Raised { signal: Signal::TERM, times: 2, by_terminal: false };
        assert_eq!(interrupt.raised(), Some(raised));
        interrupt.clear();
        assert_eq!(interrupt.raised(), None);
        let second = interrupt.after(1);
        interrupt.raise(Signal::INT);
        assert_eq!(second.wait_readable(reader.as_fd(), soon()).unwrap(), Readable::TimedOut);
        interrupt.raise(Signal::INT);
        assert_eq!(second.wait_readable(reader.as_fd(), None).unwrap(), Readable::Interrupted);
        interrupt.clear();
        assert_eq!(second.raised(), None);
        assert_eq!(interrupt.wait_readable(reader.as_fd(), soon()).unwrap(), Readable::TimedOut);
    }

    #[test]
    fn a_child_is_raised_with_its_parent_and_alone() {
        let parent = Interrupt::new().unwrap();
        let (one, other) = (parent.child().unwrap(), parent.child().unwrap());
        one.raise(Signal::TERM);
        assert_eq!(one.raised().map(|raised| raised.signal), Some(Signal::TERM));
        assert_eq!((parent.raised(), other.raised()), (None, None));
        parent.raise(Signal::INT);
        assert_eq!(one.raised().map(|raised| raised.signal), Some(Signal::INT));
        assert_eq!(other.raised(), parent.raised());
        // Both requests are for this one.
        assert_eq!(one.after(1).raised().map(|raised| raised.times), Some(2));
        assert_eq!(other.after(1).raised(), None);
        let (reader, _writer) = crate::sys::pipe::pipe().unwrap();
        assert_eq!(other.wait_readable(reader.as_fd(), None).unwrap(), Readable::Interrupted);
        other.set_alone(true);
        assert_eq!((other.raised(), other.fds().count()), (None, 1));
        other.set_alone(false);
        assert_eq!(other.raised(), parent.raised());
    }

    #[test]
    fn settled_matters_no_longer_count() {
        let keys = Interrupt::new().unwrap();
        let job = keys.child().unwrap();
        keys.raise(Signal::INT);
        assert!(keys.later().raised().is_none() && job.raised().is_some());
        keys.settle();
        assert_eq!((keys.raised(), job.raised(), keys.count()), (None, None, 0));
        // Its descriptor reports the next one.
        assert_eq!((keys.fds().count(), keys.look_after()), (1, None));
        let later = keys.later();
        keys.raise(Signal::INT);
        assert_eq!(later.raised().map(|raised| raised.times), Some(1));
    }

    #[test]
    fn background_code_is_notified_only_by_its_ancestors() {
        let requests = Interrupt::new().unwrap();
        let keys = requests.child().unwrap();
        let job = keys.child().unwrap();
        job.set_background(true);
        keys.raise(Signal::INT);
        assert_eq!((job.raised(), job.count()), (None, 0));
        // The readable descriptor is omitted.
        assert_eq!((job.fds().count(), job.look_after().is_some()), (2, true));
        requests.raise(Signal::TERM);
        assert_eq!(job.raised().map(|raised| (raised.signal, raised.times)), Some((Signal::TERM, 1)));
        job.set_background(false);
        assert_eq!(job.raised().map(|raised| raised.times), Some(2));
    }
}
