//! Secrets: strings that are shown to nobody.
//!
//! A secret is no string, so that whatever takes strings (words, methods, JSON) refuses it without having to know of
//! it. The few places that hand it to a program ask for it by name.

use super::{Opaque, Str, Value};

/// What the opaque value of a secret wraps.
struct Secret(Str);

/// The kind of the opaque value, and the name of its type.
pub(super) const KIND: &str = "secret";

impl Value {
    /// A text as a secret.
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

    /// The text of a secret.
    pub fn as_secret(&self) -> Option<&Str> {
        match self {
            Value::Opaque(opaque) if opaque.kind == KIND => opaque.payload().map(|Secret(text)| text),
            _ => None,
        }
    }
}
