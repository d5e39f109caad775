//! Secrets: strings that messages never show.
//!
//! A secret is not a string, so that code that takes strings (words, methods, JSON) refuses it without
//! knowing about secrets. The few places that pass it to a program handle it explicitly.

use super::{Opaque, Str, Value};

/// The content of the opaque value of a secret.
struct Secret(Str);

/// The kind of the opaque value, and the name of its type.
pub(super) const KIND: &str = "secret";

impl Value {
    /// Makes a secret of a text.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let token = Value::secret("s3cret");
    /// assert_eq!(token.as_secret().map(|text| text.as_bytes()), Some(&b"s3cret"[..]));
    /// assert!(!format!("{token:?}").contains("s3cret"));
    /// ```
    pub fn secret(text: impl Into<Str>) -> Self {
        Opaque::new(KIND, "", Secret(text.into())).into()
    }

    /// Returns the text of a secret.
    pub fn as_secret(&self) -> Option<&Str> {
        match self {
            Value::Opaque(opaque) if opaque.kind == KIND => opaque.payload().map(|Secret(text)| text),
            _ => None,
        }
    }
}
