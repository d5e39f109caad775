//! Paths that name descriptors of the process that opens them: `/dev/stdin`, `/dev/fd/3`, `/proc/self/fd/3`.
//!
//! A stage of a script has its own descriptors, which differ from those of this process. So these paths can't be left
//! to the kernel, which would open the descriptors of this process.

use super::open::join;
use std::collections::VecDeque;
use std::ffi::{CStr, OsStr, OsString};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The number of links that the kernel follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Returns the number that an absolute path spells out, without accessing the file system.
pub fn spelt(path: &[u8]) -> Option<RawFd> {
    if path.first() != Some(&b'/') || names_directory(path) {
        return None;
    }
    // Doubled slashes and `.` change nothing, and are left out.
    let mut names: [&[u8]; 5] = [b""; 5];
    let found = Path::new(OsStr::from_bytes(path)).components().skip(1);
    for (place, name) in names.iter_mut().zip(found) {
        *place = name.as_os_str().as_bytes();
    }
    match names {
        [b"dev", b"stdin", b"", ..] => Some(0),
        [b"dev", b"stdout", b"", ..] => Some(1),
        [b"dev", b"stderr", b"", ..] => Some(2),
        [b"dev", b"fd", digits, b"", ..] => number(digits),
        [b"proc", b"self" | b"thread-self", b"fd", digits, b""] => number(digits),
        _ => None,
    }
}

/// Returns the number that a path leads to through symbolic links: with `ln -s /dev/stdout log`, or as `../dev/stdin`.
/// It is for a path that [`super::open::open_as`] has refused.
pub fn resolved(directory: Option<&CStr>, path: &[u8]) -> Option<RawFd> {
    // A directory of descriptors has the descriptors of the process that entered it.
    let entered = |directory: &CStr| {
        let directory = directory.to_bytes();
        directory == b"/dev/fd" || directory.starts_with(b"/proc/")
    };
    if names_directory(path) || path.first() != Some(&b'/') && directory.is_some_and(entered) {
        return None;
    }
    let path = join(directory, path).ok()?;
    let path = std::path::absolute(OsStr::from_bytes(path.to_bytes())).ok()?;
    let names_of =
        |path: &Path| -> Vec<OsString> { path.components().map(|name| name.as_os_str().into()).collect() };
    let mut names = VecDeque::from(names_of(&path));
    let mut at = PathBuf::new();
    let mut links = 0;
    while let Some(name) = names.pop_front() {
        if name == ".." {
            at.pop();
            continue;
        }
        at.push(name);
        if let Some(number) = spelt(at.as_os_str().as_bytes()) {
            return names.is_empty().then_some(number);
        }
        // These links lead to a different place for each process, and for each thread.
        if at == Path::new("/proc/self") || at == Path::new("/proc/thread-self") {
            continue;
        }
        if let Ok(target) = std::fs::read_link(&at) {
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            at.pop();
            names_of(&target).into_iter().rev().for_each(|name| names.push_front(name));
        }
    }
    None
}

/// Returns whether the path can only mean a directory.
fn names_directory(path: &[u8]) -> bool {
    path.ends_with(b"/") || path.ends_with(b"/.")
}

/// Parses digits as in /proc/self/fd: no sign, and no leading 0.
fn number(digits: &[u8]) -> Option<RawFd> {
    let plain = digits == b"0" || digits.first().is_some_and(|first| (b'1'..=b'9').contains(first));
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// Returns the path by which this process opens the file of its descriptor `fd`; if there is none, a path that leads
/// nowhere.
pub fn of(fd: Option<RawFd>) -> PathBuf {
    let directory = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    Path::new(directory).join(fd.map_or("closed".to_string(), |fd| fd.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    #[test]
    fn knows_each_spelling_of_a_descriptor() {
        for (path, number) in [
            ("/dev/stdin", Some(0)),
            ("/dev/stdout", Some(1)),
            ("//dev/.//stderr", Some(2)),
            ("/dev/fd/10", Some(10)),
            ("/proc/self/fd/0", Some(0)),
            ("/proc/thread-self/fd/3", Some(3)),
            ("/dev/fd/01", None),
            ("/dev/fd/+1", None),
            ("/dev/fd/99999999999", None),
            ("/dev/fd/", None),
            ("/dev/fd/1/", None),
            ("/dev/stdin/.", None),
            ("/dev/stdin/x", None),
            ("/proc/self/fd/1/x", None),
            ("/proc/1/fd/1", None),
            ("dev/stdin", None),
            ("/dev/null", None),
            ("", None),
        ] {
            assert_eq!(spelt(path.as_bytes()), number, "{path}");
        }
    }

    #[test]
    fn follows_links_to_a_descriptor_of_this_process_alone() {
        let dir = tempfile::tempdir().unwrap();
        let at = CString::new(dir.path().as_os_str().as_bytes()).unwrap();
        let link =
            |target: &str, name: &str| std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
        link("/dev/stdout", "out");
        link("out", "again");
        link("/proc/self/fd", "all");
        link("loop", "loop");
        link("/proc/1/fd/1", "other");
        let dev = Some(c"/dev");
        assert_eq!(resolved(Some(&at), b"out"), Some(1));
        assert_eq!(resolved(Some(&at), b"again"), Some(1));
        assert_eq!(resolved(Some(&at), b"all/7"), Some(7));
        assert_eq!(resolved(None, b"/dev/../dev/stdin"), Some(0));
        assert_eq!(resolved(dev, b"stderr"), Some(2));
        assert_eq!(resolved(dev, b"fd/5"), Some(5));
        assert_eq!(resolved(Some(c"/dev/fd"), b"1"), None);
        for other in ["loop", "other", "none", "again/x", "again/", "again/."] {
            assert_eq!(resolved(Some(&at), other.as_bytes()), None, "{other}");
        }
    }
}
