//! Many descriptors that each become readable once.
//!
//! poll(2) examines all of its descriptors each time, which takes too long for a pipeline of several hundred
//! stages.

use std::io;
use std::os::fd::BorrowedFd;

#[cfg(target_os = "linux")]
pub use linux::EpollSet;

/// Not available on this system.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct EpollSet(std::convert::Infallible);

#[cfg(not(target_os = "linux"))]
impl EpollSet {
    /// Returns none.
    ///
    /// # Errors
    /// Always fails with `Unsupported`.
    pub fn of<'a>(_: impl IntoIterator<Item = (usize, BorrowedFd<'a>)>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns a descriptor that is readable when one of them is.
    pub fn fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }

    /// Returns the numbers of those that have become readable.
    pub fn take_ready(&self) -> Vec<usize> {
        match self.0 {}
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{BorrowedFd, io};
    use crate::sys::descriptor;
    use rustix::event::Timespec;
    use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
    use std::os::fd::{AsFd, OwnedFd};

    /// A set of descriptors, each with a number that is reported once.
    #[derive(Debug)]
    pub struct EpollSet(OwnedFd);

    impl EpollSet {
        /// Creates a set of these. They may be closed while the set exists.
        ///
        /// # Errors
        /// Fails with `EMFILE`, `ENFILE` or `ENOMEM`; with `ENOSPC` beyond the limit on watches (epoll(7)).
        pub fn of<'a>(fds: impl IntoIterator<Item = (usize, BorrowedFd<'a>)>) -> io::Result<Self> {
            let epoll = descriptor::lift(epoll::create(CreateFlags::CLOEXEC)?)?;
            for (number, fd) in fds {
                let data = EventData::new_u64(number as u64);
                epoll::add(&epoll, fd, data, EventFlags::IN | EventFlags::ONESHOT)?;
            }
            Ok(Self(epoll))
        }

        /// Returns a descriptor that is readable when one of them is.
        pub fn fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }

        /// Returns the numbers of those that have become readable, in the order in which they did, each once; if
        /// they are many, only some of them.
        pub fn take_ready(&self) -> Vec<usize> {
            let mut events = Vec::with_capacity(64);
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            // A signal may have come first; the next call then returns them.
            let _ = epoll::wait(&self.0, rustix::buffer::spare_capacity(&mut events), Some(&at_once));
            events.iter().map(|event| event.data.u64() as usize).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::pipe::pipe;
    use std::os::fd::{AsFd, OwnedFd};

    #[test]
    fn each_is_reported_once_and_in_order() {
        // With bytes, not with closed writers: a process that another test is starting has copies of those for a
        // moment.
        let mut pipes: Vec<_> = (0..200).map(|_| pipe().unwrap()).collect();
        let write = |writer: &OwnedFd| rustix::io::write(writer, b"x").map(drop);
        let epoll_set =
            EpollSet::of(pipes.iter().enumerate().map(|(at, (reader, _))| (at, reader.as_fd()))).unwrap();
        assert!(epoll_set.take_ready().is_empty());
        for at in [150, 3, 77] {
            write(&pipes[at].1).unwrap();
        }
        assert_eq!(epoll_set.take_ready(), [150, 3, 77]);
        assert!(epoll_set.take_ready().is_empty());
        // A closed one no longer belongs to it.
        pipes.truncate(100);
        pipes.iter().for_each(|(_, writer)| write(writer).unwrap());
        let mut rest: Vec<usize> =
            std::iter::from_fn(|| Some(epoll_set.take_ready()).filter(|ready| !ready.is_empty()))
                .flatten()
                .collect();
        rest.sort_unstable();
        assert_eq!(rest, (0..100).filter(|at| ![3, 77].contains(at)).collect::<Vec<_>>());
    }
}
