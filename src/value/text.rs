//! Strings: any bytes, shared until they change.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::meter::Charge;

/// A string value. It consists of bytes, because arguments, file names and output do. It is cheap to
/// clone.
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
#[derive(Clone, Default)]
pub struct Str(Arc<Text>);

/// The bytes of a string, and a mark for its origin.
#[derive(Clone, Default)]
struct Text {
    bytes: Vec<u8>,
    /// Whether it was a literal word of the caller of a function, and is unchanged.
    is_word: bool,
    charge: Charge,
}

impl Text {
    fn new(bytes: Vec<u8>, is_word: bool) -> Self {
        let charge = Charge::new(Self::size(&bytes));
        Self { bytes, is_word, charge }
    }

    /// Returns how much memory a string with these bytes occupies: two allocations, with their heads.
    fn size(bytes: &Vec<u8>) -> usize {
        size_of::<Self>() + 32 + bytes.capacity()
    }
}

impl Str {
    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Creates a literal word of the caller of a function, which may be an option where a value may
    /// not.
    pub(crate) fn word(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Text::new(bytes, true)))
    }

    /// Returns whether this was a literal word of the caller of a function.
    pub(crate) fn is_word(&self) -> bool {
        self.0.is_word
    }

    /// Returns the text if it is UTF-8, otherwise the position of the first invalid byte.
    pub fn to_utf8(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.0.bytes)
    }

    /// Appends a byte; see [`Str::push`].
    pub fn push_byte(&mut self, byte: u8) {
        self.push(&[byte]);
    }

    /// Appends text: in place if the string is not shared, otherwise on a copy. A script that builds a
    /// long string piece by piece takes time linear in its length.
    pub fn push(&mut self, bytes: &[u8]) {
        match Arc::get_mut(&mut self.0) {
            Some(own) => {
                own.bytes.extend_from_slice(bytes);
                own.is_word = false;
                own.charge.set(Text::size(&own.bytes));
            }
            // Not `make_mut`: it would copy into a vector without spare room, and then grow that.
            None => {
                let mut copy = Vec::with_capacity((self.len() + bytes.len()).next_power_of_two());
                copy.extend_from_slice(self);
                copy.extend_from_slice(bytes);
                *self = copy.into();
            }
        }
    }

    /// Returns the bytes as a vector, without a copy if the string is not shared.
    pub fn into_vec(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.0).bytes
    }
}

impl Deref for Str {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Str {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Str {}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// A map is searched for a key by its bytes. This is valid because [`Str`] hashes and compares like its
/// bytes.
impl Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Text::new(bytes, false)))
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
