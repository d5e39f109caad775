//! File systems that are served by something other than this kernel: a server, or a process (FUSE). If it does
//! not answer, a call waits in the kernel, and no signal handler ends it.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the data from /proc counts as current: mounts change seldom.
const FRESH: Duration = Duration::from_secs(5);

struct Known {
    since: Instant,
    /// The mount points of remote file systems.
    remote: Vec<PathBuf>,
}

/// Returns whether there is any such file system other than the root: without the root nothing works anyway.
pub fn any_remote() -> bool {
    with_remote(|remote| !remote.is_empty())
}

/// Returns whether an absolute path leads to one or through one. Symbolic links are followed as far as they are
/// on file systems of this kernel, so that the check itself does not wait.
pub fn is_remote(path: &Path) -> bool {
    with_remote(|remote| leads_to(path, remote))
}

/// The number of symbolic links that the kernel follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

fn leads_to(path: &Path, mounts: &[PathBuf]) -> bool {
    let lies_there = |path: &Path| mounts.iter().any(|mount| path.starts_with(mount));
    let mut links = 0;
    let mut at = PathBuf::from("/");
    // The names that still have to be followed, the next one last.
    let mut names = names_of(path);
    while let Some(name) = names.pop() {
        match &*name {
            b".." => drop(at.pop()),
            _ => at.push(OsStr::from_bytes(&name)),
        }
        if lies_there(&at) {
            return true;
        }
        let Ok(target) = std::fs::read_link(&at) else { continue };
        links += 1;
        if links > MOST_LINKS {
            return false;
        }
        at.pop();
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        names.extend(names_of(&target));
    }
    false
}

/// Returns the names of a path without `.`, the first one last.
fn names_of(path: &Path) -> Vec<Vec<u8>> {
    let names = path.as_os_str().as_bytes().split(|byte| *byte == b'/');
    names.rev().filter(|name| !matches!(*name, b"" | b".")).map(<[u8]>::to_vec).collect()
}

fn with_remote<T>(look: impl FnOnce(&[PathBuf]) -> T) -> T {
    // A thread of a host may have mounts of its own (unshare(2)).
    thread_local! { static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) } }
    KNOWN.with_borrow_mut(|known| {
        let known = match known {
            Some(fresh) if fresh.since.elapsed() < FRESH => fresh,
            other => other.insert(Known { since: Instant::now(), remote: read() }),
        };
        look(&known.remote)
    })
}

/// On systems other than Linux the file does not exist, and no file system counts as remote.
fn read() -> Vec<PathBuf> {
    // Most tables fit, and are read by one call.
    let mut table = Vec::with_capacity(16 << 10);
    if let Ok(file) = File::open("/proc/thread-self/mountinfo") {
        // With a limit, the size is not requested, which /proc does not know.
        let _ = file.take(u64::MAX).read_to_end(&mut table);
    }
    table.split(|byte| *byte == b'\n').filter_map(remote_mount).collect()
}

/// Returns the mount point of a remote file system in a line of mountinfo (proc(5)).
fn remote_mount(line: &[u8]) -> Option<PathBuf> {
    let separator = memchr::memmem::find(line, b" - ")?;
    let kind = line[separator + 3..].split(|byte| *byte == b' ').next()?;
    let mount = line.split(|byte| *byte == b' ').nth(4)?;
    (is_remote_kind(kind) && mount != b"/").then(|| PathBuf::from(OsString::from_vec(unescaped(mount))))
}

fn is_remote_kind(kind: &[u8]) -> bool {
    const KINDS: &[&[u8]] = &[
        b"nfs",
        b"nfs4",
        b"cifs",
        b"smb3",
        b"smbfs",
        b"9p",
        b"virtiofs",
        b"ceph",
        b"afs",
        b"coda",
        b"lustre",
        b"gfs2",
        b"ocfs2",
        b"orangefs",
        b"pvfs2",
        b"beegfs",
        b"gpfs",
        b"autofs",
        b"fuse",
        b"fuseblk",
    ];
    KINDS.contains(&kind) || kind.starts_with(b"fuse.")
}

/// Decodes blanks and backslashes, which mountinfo writes as three octal digits.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let digits =
            after.get(..3).filter(|_| byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[3..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_up_to_the_mount() {
        let directory = tempfile::tempdir().unwrap();
        let at = std::fs::canonicalize(directory.path()).unwrap();
        std::fs::create_dir_all(at.join("here/deep")).unwrap();
        for (target, link) in [
            (at.join("mount"), "absolute"),
            ("../mount/x".into(), "here/relative"),
            ("absolute/y".into(), "twice"),
            ("around".into(), "around"),
            ("here".into(), "elsewhere"),
        ] {
            std::os::unix::fs::symlink(target, at.join(link)).unwrap();
        }
        let mounts = [at.join("mount")];
        for path in [
            "mount",
            "mount/x",
            "absolute",
            "absolute/x",
            "here/relative",
            "twice/z",
            "here/deep/../../mount",
            "elsewhere/./relative/..",
        ] {
            assert!(leads_to(&at.join(path), &mounts), "{path}");
        }
        for path in
            ["here", "mounted", "around", "elsewhere/deep", "none/mount", "here/../x", "elsewhere/../y"]
        {
            assert!(!leads_to(&at.join(path), &mounts), "{path}");
        }
    }

    #[test]
    fn reads_what_the_kernel_lists() {
        let mount = |line: &str| remote_mount(line.as_bytes());
        assert_eq!(mount("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw"), None);
        assert_eq!(mount("1 0 0:1 / / rw - 9p root rw"), None);
        assert_eq!(
            mount("40 27 0:50 / /net/a\\040b rw shared:1 master:2 - nfs4 server:/x rw,hard"),
            Some(PathBuf::from("/net/a b"))
        );
        assert_eq!(
            mount("41 27 0:51 / /home/u/s rw - fuse.sshfs host: rw"),
            Some(PathBuf::from("/home/u/s"))
        );
        assert_eq!(mount(""), None);
    }
}
