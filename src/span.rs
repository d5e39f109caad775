//! Places in a source text.

/// A range of byte offsets into one source text. The owner of the span knows which text: a script, or
/// the error that carries a [`crate::diag::Label`].
///
/// ```
/// use pipewright::Span;
///
/// let text = "sort < names";
/// assert_eq!(&text[Span::new(7, 12).range()], "names");
/// assert_eq!(Span::new(0, 4).to(Span::new(7, 12)), Span::new(0, 12));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "program", derive(serde::Serialize))]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Creates the range from `start` up to, not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// Returns the smallest span that contains both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Returns the span as a range for indexing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
