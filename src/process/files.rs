//! The descriptors of one stage, as the script sees them.

use crate::sys::descriptor;
use crate::sys::editor_input;
use crate::sys::spawn::Placement;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

/// The meaning of one descriptor number of a stage.
#[derive(Clone, Debug)]
pub enum Descriptor {
    /// An open file of this process, such as a file or a pipe end.
    Open(Arc<OwnedFd>),
    /// A descriptor of the process itself, normally 0, 1 or 2.
    Inherited(RawFd),
}

/// A table from the descriptor numbers of a script (0, 1, 2, and others that it names) to their meanings. A child gets
/// exactly these, and in the binary also the descriptors that the process was started with. It is cheap to clone,
/// since clones share the table until one changes. Each clone is one more owner of the open files, so drop a table as
/// soon as its stage has started; otherwise a reader never sees the end of its pipe.
#[derive(Clone, Debug)]
pub struct FileTable {
    /// The descriptors, sorted by number; `None` is a closed one. A number that is not listed is as it was at the start
    /// of this process if it is passed on ([`descriptor::is_passed_on`]), and closed otherwise.
    entries: Arc<Vec<(RawFd, Option<Descriptor>)>>,
}

/// The error for a number without a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDescriptor(pub RawFd);

impl fmt::Display for BadDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "descriptor {} is not open", self.0)
    }
}

impl std::error::Error for BadDescriptor {}

impl Default for FileTable {
    fn default() -> Self {
        Self::inherited()
    }
}

impl FileTable {
    /// Creates a table of the standard input, output and error of this process.
    pub fn inherited() -> Self {
        Self::of([0, 1, 2].map(Descriptor::Inherited))
    }

    /// Creates a table of standard input, output and error. A stream that this process was started without is closed.
    pub fn of(standard: [Descriptor; 3]) -> Self {
        let open = |descriptor: &Descriptor| !matches!(descriptor, Descriptor::Inherited(fd) if descriptor::is_closed(*fd));
        let entries = (0..).zip(standard.map(|descriptor| Some(descriptor).filter(open)));
        Self { entries: Arc::new(entries.collect()) }
    }

    /// Returns the meaning of 0, 1, 2, or another number that was set here; none if it is closed.
    pub fn get(&self, fd: RawFd) -> Option<&Descriptor> {
        self.place(fd).ok().and_then(|at| self.entries[at].1.as_ref())
    }

    /// Returns the meaning of any number that a script names, or none if it is closed.
    pub fn find(&self, fd: RawFd) -> Option<Descriptor> {
        match self.place(fd) {
            Ok(at) => self.entries[at].1.clone(),
            Err(_) => descriptor::is_passed_on(fd).then_some(Descriptor::Inherited(fd)),
        }
    }

    /// Sets `fd` to an open file.
    pub fn set(&mut self, fd: RawFd, file: Arc<OwnedFd>) {
        self.put(fd, Descriptor::Open(file));
    }

    /// Sets `fd` to any meaning.
    pub fn put(&mut self, fd: RawFd, descriptor: Descriptor) {
        self.note(fd, Some(descriptor));
    }

    /// Closes `fd`. Closing a closed descriptor has no effect, as for `n>&-` in sh.
    pub fn close(&mut self, fd: RawFd) {
        if self.find(fd).is_some() {
            self.note(fd, None);
        }
    }

    fn note(&mut self, fd: RawFd, descriptor: Option<Descriptor>) {
        let place = self.place(fd);
        let entries = Arc::make_mut(&mut self.entries);
        match place {
            Ok(at) => entries[at].1 = descriptor,
            Err(at) => entries.insert(at, (fd, descriptor)),
        }
    }

    /// Sets `to` to the current meaning of `from`: `to>&from`.
    ///
    /// # Errors
    /// Fails if `from` is closed.
    pub fn dup(&mut self, from: RawFd, to: RawFd) -> Result<(), BadDescriptor> {
        let descriptor = self.find(from).ok_or(BadDescriptor(from))?;
        self.put(to, descriptor);
        Ok(())
    }

    /// Returns all open numbers that have a meaning here, in order.
    pub fn iter(&self) -> impl Iterator<Item = (RawFd, &Descriptor)> {
        self.entries.iter().filter_map(|(fd, descriptor)| Some((*fd, descriptor.as_ref()?)))
    }

    /// Lets programs of any user open the pipes in the table by name (`/dev/stdin`, `/dev/fd/N`): see
    /// [`crate::sys::pipe::let_any_user_open`].
    pub fn let_any_user_open(&self) {
        for (_, descriptor) in self.iter() {
            if let Descriptor::Open(file) = descriptor {
                crate::sys::pipe::let_any_user_open(file.as_fd());
            }
        }
    }

    /// Returns the changes that a child has to make to the descriptors that it inherits.
    pub(super) fn placements(&self) -> impl Iterator<Item = Placement> {
        let closed = self.entries.iter().filter(|(_, descriptor)| descriptor.is_none());
        let closed = closed.map(|(target, _)| Placement { target: *target, source: None });
        let open = self.iter().filter_map(|(target, descriptor)| {
            let source = match descriptor {
                Descriptor::Inherited(fd) => editor_input::meaning(*fd),
                Descriptor::Open(file) => file.as_raw_fd(),
            };
            // The common case needs no change, and can't fail if the host runs with it closed.
            let is_in_place =
                matches!(descriptor, Descriptor::Inherited(_)) && source == target && target <= 2;
            (!is_in_place).then_some(Placement { target, source: Some(source) })
        });
        // Closings come last: a closed number may be the source of another.
        open.chain(closed)
    }

    fn place(&self, fd: RawFd) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&fd, |entry| entry.0)
    }
}

impl Descriptor {
    /// Returns whether both mean the same number.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Open(one), Self::Open(other)) => Arc::ptr_eq(one, other),
            (Self::Inherited(one), Self::Inherited(other)) => one == other,
            _ => false,
        }
    }

    /// Returns whether the descriptor is the only owner of an open file.
    pub fn has_one_owner(&self) -> bool {
        matches!(self, Self::Open(file) if Arc::strong_count(file) == 1)
    }

    /// Returns the descriptor for reading or writing in this process.
    ///
    /// # Errors
    /// Fails with `EBADF` if it is inherited and the process was started without it.
    pub fn borrow(&self) -> io::Result<BorrowedFd<'_>> {
        match self {
            Self::Open(file) => Ok(file.as_fd()),
            Self::Inherited(fd) => descriptor::inherited(*fd),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_apply_left_to_right() {
        let mut table = FileTable::inherited();
        let (reader, writer) = crate::sys::pipe::pipe().unwrap();
        let raw = writer.as_raw_fd();
        // 2>&1 >pipe 3>&2 0<&-
        table.dup(1, 2).unwrap();
        table.set(1, Arc::new(writer));
        table.dup(2, 3).unwrap();
        table.close(0);
        table.close(9);
        assert_eq!(table.dup(9, 1), Err(BadDescriptor(9)));
        let expect = [(1, Some(raw)), (2, Some(1)), (3, Some(1)), (0, None)];
        let expect = expect.map(|(target, source)| Placement { target, source });
        assert_eq!(table.placements().collect::<Vec<_>>(), expect);
        drop(reader);
    }

    #[test]
    fn an_untouched_table_costs_a_child_nothing() {
        assert!(FileTable::inherited().placements().next().is_none());
    }
}
