//! Lists of C strings, in which execve takes arguments and environment.

use std::ffi::c_char;

/// A list of NUL-terminated strings with its array of pointers, built once and shared by many spawns.
#[derive(Debug)]
pub struct StringArray {
    /// The memory that the pointers point into. It never changes after construction.
    bytes: Vec<u8>,
    pointers: Vec<*const c_char>,
}

// SAFETY: immutable after construction; the pointers point into the array's own heap block, which does not
// move with the owner.
unsafe impl Send for StringArray {}
// SAFETY: as above.
unsafe impl Sync for StringArray {}

/// The error of a string that contains NUL, which would end it early: the text that was checked would
/// differ from the text that is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NulAt {
    /// The index of the string, from 0.
    pub index: usize,
}

impl Default for StringArray {
    /// Returns an empty list.
    fn default() -> Self {
        Self { bytes: Vec::new(), pointers: vec![std::ptr::null()] }
    }
}

impl StringArray {
    /// Copies the strings, each given as parts to be joined.
    ///
    /// # Errors
    /// Fails with [`NulAt`], which has the index of the first string that contains NUL.
    pub fn new<'a, P>(strings: impl IntoIterator<Item = P>) -> Result<Self, NulAt>
    where
        P: IntoIterator<Item = &'a [u8]>,
    {
        let (mut bytes, mut starts) = (Vec::with_capacity(256), Vec::new());
        for (index, parts) in strings.into_iter().enumerate() {
            let start = bytes.len();
            starts.push(start);
            parts.into_iter().for_each(|part| bytes.extend_from_slice(part));
            if memchr::memchr(0, &bytes[start..]).is_some() {
                return Err(NulAt { index });
            }
            bytes.push(0);
        }
        let pointers = starts
            .into_iter()
            // Each start is inside the block, and therefore the offset.
            .map(|start| bytes[start..].as_ptr().cast())
            .chain([std::ptr::null()])
            .collect();
        Ok(Self { bytes, pointers })
    }

    /// Returns the null-terminated array, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    /// Returns its pointers, the null pointer last.
    pub(super) fn pointers(&self) -> &[*const c_char] {
        &self.pointers
    }

    /// Returns the total number of bytes of all strings, with their terminators.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_nul_and_names_the_string() {
        let strings: [&[u8]; 3] = [b"a", b"", b"b\0c"];
        assert_eq!(StringArray::new(strings.map(|s| [s])).unwrap_err(), NulAt { index: 2 });
    }

    #[test]
    fn ends_with_a_null_pointer_even_when_empty() {
        let none = StringArray::new(std::iter::empty::<[&[u8]; 1]>()).unwrap();
        assert_eq!(none.pointers.len(), 1);
        assert!(none.pointers[0].is_null());
    }
}
