//! The small value types: durations, sizes, ranges.

/// A span of time in nanoseconds, up to 292 years. It is negative if a later instant is subtracted from
/// an earlier one.
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::Duration;
///
/// let pause = Duration::from(std::time::Duration::from_millis(1500));
/// assert_eq!(pause.as_secs_f64(), 1.5);
/// assert_eq!(pause, Duration::from_nanos(1_500_000_000));
/// assert_eq!(Duration::from_nanos(-1).to_std(), std::time::Duration::ZERO);
/// assert_eq!(format!("{:?}", Value::from(pause)), "1.5s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    /// The nanoseconds.
    pub nanos: i64,
}

impl Duration {
    /// Creates a duration from nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// Returns it in seconds, as exactly as a float allows.
    pub const fn as_secs_f64(self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// Returns it as the type of the standard library, for waiting; a negative one becomes zero.
    pub const fn to_std(self) -> std::time::Duration {
        let nanos = if self.nanos < 0 { 0 } else { self.nanos.unsigned_abs() };
        std::time::Duration::from_nanos(nanos)
    }
}

/// Clamped to 292 years, which no measurement or wait reaches.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self::from_nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// A number of bytes. It is negative if a larger size is subtracted from a smaller one.
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::Size;
///
/// assert_eq!(format!("{:?}", Value::from(Size::from_bytes(3 << 20))), "3M");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// The bytes.
    pub bytes: i64,
}

impl Size {
    /// Creates a size from bytes.
    pub const fn from_bytes(bytes: i64) -> Self {
        Self { bytes }
    }
}

/// Whole numbers from one to another: `1..=10`, `0..<5`. It is empty if the end is before the start: a
/// range never counts down.
///
/// ```
/// use pipewright::value::Range;
///
/// let range = Range::new(1, 4, false);
/// assert_eq!(range.iter().collect::<Vec<_>>(), [1, 2, 3]);
/// assert_eq!(range, Range::new(1, 3, true));
/// assert!(range.contains(3) && !range.contains(4));
/// assert_eq!((range.bounds(), Range::new(4, 1, true).bounds()), (Some((1, 3)), None));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first number.
    pub start: i64,
    /// The last number, or the one after it.
    pub end: i64,
    /// Whether `end` is included: `..=`.
    pub inclusive: bool,
}

impl Range {
    /// Creates a range from its parts.
    pub const fn new(start: i64, end: i64, inclusive: bool) -> Self {
        Self { start, end, inclusive }
    }

    /// Returns the first and last number; none if it is empty.
    pub fn bounds(self) -> Option<(i64, i64)> {
        let last = if self.inclusive { self.end } else { self.end.checked_sub(1)? };
        (self.start <= last).then_some((self.start, last))
    }

    /// Returns how many numbers it contains: up to 2^64, which needs more than 64 bits.
    pub fn len(self) -> u128 {
        self.bounds().map_or(0, |(first, last)| first.abs_diff(last) as u128 + 1)
    }

    /// Returns whether it is empty.
    pub fn is_empty(self) -> bool {
        self.bounds().is_none()
    }

    /// Returns whether it contains a number.
    pub fn contains(self, n: i64) -> bool {
        self.bounds().is_some_and(|(first, last)| (first..=last).contains(&n))
    }

    /// Returns its numbers in order.
    pub fn iter(self) -> std::ops::RangeInclusive<i64> {
        // An empty range of the standard library has its start after its end.
        let (first, last) = self.bounds().unwrap_or((1, 0));
        first..=last
    }
}

/// Ranges are equal if they contain the same numbers: `1..=3 == 1..<4`.
impl PartialEq for Range {
    fn eq(&self, other: &Self) -> bool {
        self.bounds() == other.bounds()
    }
}

impl Eq for Range {}
