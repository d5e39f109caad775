//! An entry of the environment with the process ID of the child (`LISTEN_PID`), which only the child knows.

use super::call;
use crate::sys::spawn::Step;
use crate::sys::strings::StringArray;
use std::ffi::{CStr, c_char};

/// The room for the digits of a process ID and a NUL.
const ROOM: usize = 21;

/// The environment of a child: the list of the request, and beside it a list with the entry if there is one.
pub(super) struct ChildEnvironment {
    shared: *const *const c_char,
    own: Option<OwnEntry>,
}

struct OwnEntry {
    /// The list: this entry, then those of the request.
    entries: Vec<*const c_char>,
    /// Owns the text of this entry, which the child reaches only by `digits`.
    _text: Vec<u8>,
    digits: *mut u8,
}

impl ChildEnvironment {
    /// Prepares the environment in the parent, since the child must not allocate.
    pub(super) fn of(envp: &StringArray, steps: &[Step]) -> Self {
        let name =
            steps.iter().find_map(|step| if let Step::OwnPid(name) = step { Some(*name) } else { None });
        Self { shared: envp.as_ptr(), own: name.map(|name| OwnEntry::new(name, envp)) }
    }

    /// Returns the null-terminated list.
    pub(super) fn as_ptr(&self) -> *const *const c_char {
        self.own.as_ref().map_or(self.shared, |own| own.entries.as_ptr())
    }

    /// Writes the process ID of this child into the entry.
    pub(super) fn write_own_pid(&mut self) -> Result<(), i32> {
        let Some(own) = &self.own else { return Ok(()) };
        let mut pid = call(libc::SYS_getpid, [0; 4])?;
        let mut digits = [0_u8; ROOM];
        let mut first = digits.len() - 1;
        while pid > 0 {
            first -= 1;
            digits[first] = b'0' + (pid % 10) as u8;
            pid /= 10;
        }
        for (at, digit) in digits[first..].iter().enumerate() {
            // SAFETY: `digits` has room for as many bytes, in memory of the parent that only this child touches now.
            unsafe { own.digits.add(at).write(*digit) };
        }
        Ok(())
    }
}

impl OwnEntry {
    fn new(name: &CStr, envp: &StringArray) -> Self {
        let mut text = [name.to_bytes(), b"=", &[0; ROOM]].concat();
        let start = text.as_mut_ptr();
        // SAFETY: within the text.
        let digits = unsafe { start.add(text.len() - ROOM) };
        let entries =
            std::iter::once(start.cast_const().cast()).chain(envp.pointers().iter().copied()).collect();
        Self { entries, _text: text, digits }
    }
}
