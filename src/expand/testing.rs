//! Shared code of the comparisons with real shells: running a shell, and repeatable random choices.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns the standard output of `shell` (a program and its options) reading `script` from its input,
/// in `dir`. One process answers a whole batch of cases: separate the answers by NUL, which no case can
/// print.
pub fn run_shell(shell: &[&str], script: &[u8], dir: &Path) -> Vec<u8> {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .current_dir(dir)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the shell to compare with is installed");
    let mut stdin = child.stdin.take().expect("a pipe was asked for");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(script));
        child.wait_with_output()
    });
    output.expect("the shell ends").stdout
}

/// Returns `bytes` as one word of a shell script.
pub fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in bytes {
        if byte == b'\'' { out.extend_from_slice(b"'\\''") } else { out.push(byte) }
    }
    out.push(b'\'');
    out
}

/// A small repeatable generator of choices (xorshift64*).
pub struct Choices(u64);

impl Choices {
    /// Creates a generator. The same seed returns the same choices.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound as u64) as usize
    }

    /// Returns one of `items`.
    pub fn of<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Returns up to `most` of `items`, joined.
    pub fn text(&mut self, items: &[&str], most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).flat_map(|_| self.of(items).bytes().collect::<Vec<_>>()).collect()
    }
}
