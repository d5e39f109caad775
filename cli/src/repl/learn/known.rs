//! The programs that are known to only print when they are asked for help.
//!
//! Only these are run without the user's permission: for others, `--help` may be an argument like any other, as
//! for `echo` or a script that deploys.

use std::path::Path;

/// The way to ask a program for its options and commands.
pub struct Known {
    /// The arguments for its own help.
    pub options: &'static [&'static str],
    /// The arguments for its list of commands, if its own help does not list them.
    pub commands: &'static [&'static str],
    /// The arguments for the help of a command; empty if its commands must not be asked.
    pub below: &'static str,
}

/// The way to ask a program that the user allowed.
pub const ALLOWED: Known = Known { options: &["--help"], commands: &[], below: "--help" };

const PLAIN: Known = Known { below: "", ..ALLOWED };

/// Returns how to ask the program at a path for its help, if the path is in a system directory. In other
/// directories, a program of the same name may do anything.
pub fn find(path: &Path, cargo_home: Option<&Path>) -> Option<Known> {
    let name = path.file_name()?.to_str()?;
    let directory = path.parent()?;
    let is_system = SYSTEM.iter().any(|system| directory == Path::new(system));
    let is_cargo = cargo_home.is_some_and(|home| directory == home.join("bin"));
    let special = SPECIAL.iter().find(|(special, ..)| *special == name);
    match special {
        Some((.., place, known)) if is_system || is_cargo && *place == Place::Cargo => {
            Some(Known { ..*known })
        }
        None if is_system && PRINTS.contains(&name) => Some(PLAIN),
        _ => None,
    }
}

const SYSTEM: &[&str] = &["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];

#[derive(PartialEq, Eq)]
enum Place {
    System,
    /// Also in the directory where cargo installs programs.
    Cargo,
}

const SPECIAL: &[(&str, Place, Known)] = &[
    // `--help` of a command opens its manual, so `-h` is used.
    ("git", Place::System, Known { options: &["--help"], commands: &["help", "-a"], below: "-h" }),
    ("cargo", Place::Cargo, Known { options: &["--help"], commands: &["--list"], below: "-h" }),
    ("rustup", Place::Cargo, ALLOWED),
    ("rustc", Place::Cargo, PLAIN),
    ("rustfmt", Place::Cargo, PLAIN),
    ("rg", Place::Cargo, PLAIN),
    ("fd", Place::Cargo, PLAIN),
    ("bat", Place::Cargo, PLAIN),
    ("hyperfine", Place::Cargo, PLAIN),
    ("tokei", Place::Cargo, PLAIN),
    ("just", Place::Cargo, PLAIN),
    ("docker", Place::System, ALLOWED),
    ("podman", Place::System, ALLOWED),
    ("systemctl", Place::System, Known { options: &[], commands: &["--help"], below: "" }),
    ("pip", Place::System, ALLOWED),
    ("pip3", Place::System, ALLOWED),
    ("ps", Place::System, Known { options: &["--help", "all"], ..PLAIN }),
    ("curl", Place::System, Known { options: &["--help", "all"], ..PLAIN }),
];

/// The programs whose `--help` prints everything.
#[rustfmt::skip]
const PRINTS: &[&str] = &[
    // GNU coreutils
    "b2sum", "base32", "base64", "basename", "basenc", "cat", "chcon", "chgrp", "chmod", "chown", "cksum", "comm", "cp",
    "csplit", "cut", "date", "dd", "df", "dir", "dircolors", "dirname", "du", "env", "expand", "expr", "factor", "fmt",
    "fold", "groups", "head", "hostid", "id", "install", "join", "link", "ln", "logname", "ls", "md5sum", "mkdir",
    "mkfifo", "mknod", "mktemp", "mv", "nice", "nl", "nohup", "nproc", "numfmt", "od", "paste", "pathchk", "pinky", "pr",
    "printenv", "ptx", "readlink", "realpath", "rm", "rmdir", "runcon", "seq", "sha1sum", "sha224sum", "sha256sum",
    "sha384sum", "sha512sum", "shred", "shuf", "sort", "split", "stat", "stdbuf", "stty", "sum", "sync", "tac", "tail",
    "tee", "timeout", "touch", "tr", "truncate", "tsort", "tty", "uname", "unexpand", "uniq", "unlink", "uptime", "users",
    "vdir", "wc", "who", "whoami",
    // Text and files
    "awk", "cmp", "diff", "diff3", "egrep", "fgrep", "file", "find", "gawk", "grep", "jq", "less", "locate", "patch",
    "rsync", "sdiff", "sed", "tree", "xargs", "xxd",
    // Archives
    "bzip2", "cpio", "gunzip", "gzip", "lz4", "tar", "unxz", "unzip", "xz", "zip", "zstd",
    // The system
    "free", "dmesg", "findmnt", "hostname", "journalctl", "lsblk", "lscpu", "lsof", "pgrep", "pidof", "pkill", "pmap",
    "setsid", "strace", "taskset", "vmstat", "watch",
    // The network
    "dig", "scp", "sftp", "ssh", "ssh-keygen", "wget",
    // Development
    "as", "bash", "clang", "cmake", "g++", "gcc", "gdb", "ld", "make", "nm", "node", "objdump", "perl", "python",
    "python3", "readelf", "shellcheck", "strings", "strip", "tmux", "vim",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(path: &str) -> bool {
        find(Path::new(path), Some(Path::new("/home/you/.cargo"))).is_some()
    }

    #[test]
    fn known_facts_hold_on_this_system() {
        assert!(is_known("/usr/bin/ls") && is_known("/bin/git") && is_known("/home/you/.cargo/bin/cargo"));
        for other in ["/tmp/ls", "/home/you/bin/git", "/usr/bin/deploy", "/home/you/.cargo/bin/ls", "ls", "/"]
        {
            assert!(!is_known(other), "{other}");
        }
    }

    #[test]
    fn no_name_appears_twice() {
        let mut names: Vec<_> = PRINTS.iter().chain(SPECIAL.iter().map(|(name, ..)| name)).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
