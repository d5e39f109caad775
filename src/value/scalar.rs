//! The small value types: durations, sizes, ranges.

/// A span of time in nanoseconds, up to 292 years, negative when one instant is subtracted from an
/// earlier one.
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
    /// Nanoseconds.
    pub nanos: i64,
}

impl Duration {
    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// In seconds, as near as a float comes.
    pub const fn as_secs_f64(self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// As the standard library's type, to wait for it; a negative one is zero.
    pub const fn to_std(self) -> std::time::Duration {
        let nanos = if self.nanos < 0 { 0 } else { self.nanos.unsigned_abs() };
        std::time::Duration::from_nanos(nanos)
    }
}

/// Clamped to 292 years, where nothing measured or waited for gets.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self::from_nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// A number of bytes, negative when a larger size is subtracted from a smaller.
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::Size;
///
/// assert_eq!(format!("{:?}", Value::from(Size::from_bytes(3 << 20))), "3M");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Bytes.
    pub bytes: i64,
}

impl Size {
    /// From bytes.
    pub const fn from_bytes(bytes: i64) -> Self {
        Self { bytes }
    }
}

/// Whole numbers from one to another: `1..=10`, `0..<5`. Empty when the end comes before the start: a
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
    /// Whether `end` belongs to it: `..=`.
    pub inclusive: bool,
}

impl Range {
    /// From its parts.
    pub const fn new(start: i64, end: i64, inclusive: bool) -> Self {
        Self { start, end, inclusive }
    }

    /// First and last number; none when it is empty.
    pub fn bounds(self) -> Option<(i64, i64)> {
        let last = if self.inclusive { self.end } else { self.end.checked_sub(1)? };
        (self.start <= last).then_some((self.start, last))
    }

    /// How many numbers it holds: up to 2^64, hence 128 bits.
    pub fn len(self) -> u128 {
        self.bounds().map_or(0, |(first, last)| first.abs_diff(last) as u128 + 1)
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.bounds().is_none()
    }

    /// Whether it holds the number.
    pub fn contains(self, n: i64) -> bool {
        self.bounds().is_some_and(|(first, last)| (first..=last).contains(&n))
    }

    /// Its numbers in order.
    pub fn iter(self) -> std::ops::RangeInclusive<i64> {
        // The standard library's empty range has a start after its end.
        let (first, last) = self.bounds().unwrap_or((1, 0));
        first..=last
    }
}

/// Equal when they hold the same numbers: `1..=3 == 1..<4`.
impl PartialEq for Range {
    fn eq(&self, other: &Self) -> bool {
        self.bounds() == other.bounds()
    }
}

impl Eq for Range {}
