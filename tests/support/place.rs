//! A place to run scripts of `scripts/` in, and names that a script of sh would split, match or take for
//! options.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{Outcome, Run, have};
use tempfile::TempDir;

/// Names that are one word only where a value is one argument.
pub const HOSTILE: &[&[u8]] = &[
    b"two words",
    b"new\nline",
    b"-dash",
    b"--",
    b"$(touch canary)",
    b"`touch canary`; touch canary",
    b"* [a]",
    b"'\"\\",
    b"\xff\xfe",
    b"~",
    b"ends\n",
];

/// A directory with `pipewright` in `bin/`, and an empty `work/` to run in.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        for name in ["bin", "work", "tmp"] {
            fs::create_dir(place.path().join(name)).expect("a directory can be made");
        }
        symlink(super::pipewright(), place.path().join("bin/pipewright")).expect("a link can be made");
        Self(place)
    }

    pub fn work(&self) -> PathBuf {
        self.0.path().join("work")
    }

    pub fn at(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.work().join(name.as_ref())
    }

    pub fn run(&self, script: &str, args: &[&str]) -> Outcome {
        self.script(script).args(args).run()
    }

    /// Returns a script of `scripts/`, to be run by its `#!` line.
    pub fn script(&self, script: &str) -> Run {
        let mut path = self.0.path().join("bin").into_os_string();
        path.push(":");
        path.push(super::path());
        let script = super::root().join("scripts").join(script);
        let run = Run::new(script).dir(self.work()).env("PATH", path).env("HOME", self.at("home"));
        run.env("TMPDIR", self.0.path().join("tmp"))
    }

    /// Writes a file, and creates the directories above it.
    pub fn write(&self, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("it is below")).expect("a directory can be made");
        fs::write(&path, text).expect("a file can be made");
        path
    }

    pub fn write_program(&self, name: impl AsRef<OsStr>, text: &str) {
        let path = self.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    pub fn read(&self, name: impl AsRef<OsStr>) -> String {
        let path = self.at(name);
        String::from_utf8_lossy(&fs::read(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"))).into_owned()
    }
}

impl Drop for Place {
    /// Checks whether text of the input was run, which would create this file, and whether temporary files are
    /// left.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(!self.at("canary").exists(), "a value was run as code");
            assert_eq!(names(&self.0.path().join("tmp")), [""; 0], "temporary files are left");
        }
    }
}

pub fn need(programs: &[&str]) -> bool {
    programs.iter().all(|program| have(program))
}

pub fn names(directory: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{directory:?}: {error}"))
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    names
}

#[track_caller]
pub fn assert_fails(outcome: &Outcome, said: &str) {
    assert!(outcome.status == 1 && outcome.err().contains(said), "{said:?} is missing: {outcome}");
}

#[track_caller]
pub fn assert_says(outcome: &Outcome, said: &[&str]) {
    for text in said {
        assert!(outcome.out().contains(text), "{text:?} is missing: {outcome}");
    }
}

#[track_caller]
pub fn assert_fails_with(outcome: &Outcome, status: i32, said: &str) {
    assert!(outcome.status == status && outcome.err().contains(said), "{said:?} is missing: {outcome}");
}
