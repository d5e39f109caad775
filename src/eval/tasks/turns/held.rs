//! The output that waits for an earlier turn. Part of it is in memory, the rest in a file without a name.

use crate::sys::unnamed::UnnamedFile;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

/// The largest amount of a loop's held output that stays in memory, in bytes.
const MOST_IN_MEMORY: usize = 8 << 20;

/// The largest number of bytes that are read from the file at once.
const PIECE: u64 = 256 << 10;

/// The storage that the turns of one loop share.
pub struct Store {
    in_memory: usize,
    /// The directory of the file.
    directory: PathBuf,
    file: Option<UnnamedFile>,
    /// The offset at which the next bytes are written to the file.
    end: u64,
    /// The number of bytes in the file that are still held.
    in_file: u64,
}

/// The held output of one turn.
#[derive(Default)]
pub struct HeldOutput(VecDeque<Part>);

/// Held bytes for one descriptor.
struct Part {
    descriptor: i32,
    place: Place,
}

enum Place {
    Memory(Vec<u8>),
    File { at: u64, length: u64 },
}

impl HeldOutput {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Store {
    pub fn new(directory: PathBuf) -> Self {
        Self { in_memory: 0, directory, file: None, end: 0, in_file: 0 }
    }

    /// Adds bytes to the output of a turn.
    ///
    /// # Errors
    /// The file can't be created or written.
    pub fn hold(&mut self, output: &mut HeldOutput, descriptor: i32, bytes: &[u8]) -> io::Result<()> {
        if self.in_memory + bytes.len() <= MOST_IN_MEMORY {
            self.in_memory += bytes.len();
            match output.0.back_mut() {
                Some(Part { descriptor: last, place: Place::Memory(held) }) if *last == descriptor => {
                    held.extend_from_slice(bytes);
                }
                _ => output.0.push_back(Part { descriptor, place: Place::Memory(bytes.to_vec()) }),
            }
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(UnnamedFile::create(&self.directory)?),
        };
        file.write(bytes, self.end)?;
        let (at, more) = (self.end, bytes.len() as u64);
        self.end += more;
        self.in_file += more;
        match output.0.back_mut() {
            Some(Part { descriptor: last, place: Place::File { at: begin, length } })
                if *last == descriptor && *begin + *length == at =>
            {
                *length += more;
            }
            _ => output.0.push_back(Part { descriptor, place: Place::File { at, length: more } }),
        }
        Ok(())
    }

    /// Takes the next held bytes of a turn, in the order in which they arrived.
    ///
    /// # Errors
    /// The file can't be read. Then the held output of the turn is lost.
    pub fn take(&mut self, output: &mut HeldOutput) -> io::Result<Option<(i32, Vec<u8>)>> {
        let Some(Part { descriptor, place }) = output.0.pop_front() else { return Ok(None) };
        let (at, length) = match place {
            Place::Memory(bytes) => {
                self.in_memory -= bytes.len();
                return Ok(Some((descriptor, bytes)));
            }
            Place::File { at, length } => (at, length),
        };
        let piece = length.min(PIECE);
        let mut bytes = vec![0; usize::try_from(piece).unwrap_or_default()];
        let read = self.file.as_ref().map_or(Ok(()), |file| file.read(&mut bytes, at));
        self.free(at, piece);
        if piece < length {
            let place = Place::File { at: at + piece, length: length - piece };
            output.0.push_front(Part { descriptor, place });
        }
        if let Err(error) = read {
            self.forget(output);
            return Err(error);
        }
        Ok(Some((descriptor, bytes)))
    }

    /// Drops the held output of a turn.
    pub fn forget(&mut self, output: &mut HeldOutput) {
        for Part { place, .. } in output.0.drain(..).collect::<Vec<_>>() {
            match place {
                Place::Memory(bytes) => self.in_memory -= bytes.len(),
                Place::File { at, length } => self.free(at, length),
            }
        }
    }

    fn free(&mut self, at: u64, length: u64) {
        self.in_file -= length;
        let Some(file) = &self.file else { return };
        if self.in_file == 0 && file.clear().is_ok() {
            self.end = 0;
        } else {
            file.free(at, length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_output_comes_back_in_order_from_memory_and_file() {
        let mut store = Store::new(std::env::temp_dir());
        let (mut first, mut second) = (HeldOutput::default(), HeldOutput::default());
        let big = vec![b'x'; MOST_IN_MEMORY - 3];
        store.hold(&mut first, 1, &big).unwrap();
        store.hold(&mut first, 2, b"abc").unwrap();
        store.hold(&mut second, 1, b"in the file").unwrap();
        store.hold(&mut first, 1, b"and the end").unwrap();
        let mut third = HeldOutput::default();
        store.hold(&mut third, 1, &vec![0; 600_000]).unwrap();
        assert!(store.file.is_some());
        let collected = |store: &mut Store, mut output| {
            let taken = std::iter::from_fn(|| store.take(&mut output).unwrap());
            taken.map(|(descriptor, bytes)| (descriptor, bytes.len())).collect::<Vec<_>>()
        };
        assert_eq!(collected(&mut store, first), [(1, MOST_IN_MEMORY - 3), (2, 3), (1, 11)]);
        assert_eq!(store.take(&mut third).unwrap().map(|(_, bytes)| bytes.len()), Some(262_144));
        store.forget(&mut third);
        assert_eq!(collected(&mut store, second), [(1, 11)]);
        assert_eq!((store.in_memory, store.in_file, store.end), (0, 0, 0));
    }

    #[test]
    fn a_directory_that_is_missing_is_an_error_once_memory_is_full() {
        let mut store = Store::new("/missing".into());
        let mut output = HeldOutput::default();
        store.hold(&mut output, 1, &vec![0; MOST_IN_MEMORY]).unwrap();
        assert!(store.hold(&mut output, 1, b"x").is_err());
    }
}
