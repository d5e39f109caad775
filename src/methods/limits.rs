//! The limits of methods: the size of a result, which is known before the memory is requested, and the work
//! between two questions.
//!
//! Scenario: `"-".repeat(width)` where `width` is a byte count that a program printed by mistake. That is an
//! error of the script, and must not exhaust the memory of the machine. And `text.match_all(".")` in an
//! untrusted script: the time limit of a host also applies inside a method.

use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::Value;

pub(crate) use crate::value::{MOST_BYTES as BYTES, MOST_ITEMS as ITEMS};

/// The size of a value in bytes.
const ITEM: usize = size_of::<Value>();

/// Refuses a string that is longer than [`BYTES`] or than the limit of the host. `None` means that the length
/// overflowed.
pub fn bytes(host: &mut dyn Host, method: &str, len: Option<usize>) -> Outcome<usize> {
    match len {
        Some(len) if len <= BYTES && len > host.room() => Err(host.no_room()),
        Some(len) if len <= BYTES => Ok(len),
        _ => Err(MethodError::new(
            code::TOO_LARGE,
            format!("`{method}` would make a string of more than 256M"),
        )),
    }
}

/// Refuses a list or map of more than [`ITEMS`], or of more than the host allows.
pub fn items(host: &mut dyn Host, method: &str, len: usize) -> Outcome<usize> {
    if len <= ITEMS && len * ITEM > host.room() {
        return Err(host.no_room());
    }
    elements(method, len)
}

/// Refuses a list or map of more than [`ITEMS`].
pub fn elements(method: &str, len: usize) -> Outcome<usize> {
    if len <= ITEMS {
        return Ok(len);
    }
    let message = format!("`{method}` would make more than {ITEMS} elements");
    Err(MethodError::new(code::TOO_LARGE, message)
        .help("go through them without a list: for i in (range) { … }, cmd | each line { … }"))
}

/// A counter that asks the host from time to time whether to continue.
#[derive(Default)]
pub struct Pace(u32);

const TURNS: u32 = 1024;

impl Pace {
    /// Counts a turn of a loop that can't be ended otherwise.
    #[inline]
    pub fn turn(&mut self, host: &mut dyn Host) -> Outcome<()> {
        self.0 += 1;
        if self.0 < TURNS {
            return Ok(());
        }
        self.0 = 0;
        host.go_on()
    }
}

/// A list or map that grows element by element.
pub struct Growth<'h> {
    pub host: &'h mut dyn Host,
    method: &'static str,
    items: usize,
    bytes: usize,
    room: usize,
    pace: Pace,
}

impl<'h> Growth<'h> {
    pub fn new(host: &'h mut dyn Host, method: &'static str) -> Self {
        let room = host.room();
        Self { host, method, items: 0, bytes: 0, room, pace: Pace::default() }
    }

    /// Counts elements that are about to be added, with this many bytes.
    #[inline]
    pub fn add(&mut self, items: usize, bytes: usize) -> Outcome<()> {
        self.items += items;
        self.bytes = self.bytes.saturating_add(items * ITEM).saturating_add(bytes);
        if self.items > ITEMS {
            elements(self.method, self.items)?;
        }
        if self.bytes > self.room {
            return Err(self.host.no_room());
        }
        self.pace.turn(self.host)
    }
}
