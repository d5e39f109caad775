//! Strings: any bytes, shared until changed.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A string value. Bytes, because arguments, file names and output are; cheap to clone.
///
/// ```
/// use pipewright::value::Str;
///
/// let mut name = Str::from("caf\u{e9}");
/// assert_eq!(name.to_utf8(), Ok("caf\u{e9}"));
/// name.push_byte(0xff);
/// assert!(name.to_utf8().is_err());
/// assert_eq!(name.len(), 6);
/// assert_eq!(name.as_bytes(), b"caf\xc3\xa9\xff");
/// assert_eq!(name.into_vec().pop(), Some(0xff));
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Arc<Vec<u8>>);

impl Str {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8; else where the first bad byte stands.
    pub fn to_utf8(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// Appends one byte; see [`Str::push`].
    pub fn push_byte(&mut self, byte: u8) {
        Arc::make_mut(&mut self.0).push(byte);
    }

    /// Appends: in place when nobody shares the string, on a copy otherwise. A script that builds a long
    /// string piece by piece takes time linear in its length.
    pub fn push(&mut self, bytes: &[u8]) {
        match Arc::get_mut(&mut self.0) {
            Some(own) => own.extend_from_slice(bytes),
            // Not make_mut: it would copy into a vector without room and then grow that.
            None => {
                let mut copy = Vec::with_capacity((self.0.len() + bytes.len()).next_power_of_two());
                copy.extend_from_slice(&self.0);
                copy.extend_from_slice(bytes);
                self.0 = Arc::new(copy);
            }
        }
    }

    /// The bytes as a vector, without a copy when nobody shares them.
    pub fn into_vec(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.0)
    }
}

impl Deref for Str {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Str {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A map is asked for a key by its bytes. Holds because [`Str`] hashes and compares as its bytes do.
impl Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Str {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::diag::quote_word(self))
    }
}
