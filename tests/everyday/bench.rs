//! Runs an entry in a fresh copy of the home directory, and records its effect.

use super::entries::{Entry, Programs, Stub};
use crate::support::effect::{Effect, Fixture, tree};
use crate::support::{Run, in_memory, root};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A place to run entries in. Each runs at the same path, because `pwd` prints it.
pub struct Bench {
    place: tempfile::TempDir,
    home: Fixture,
}

/// The effect of an entry.
pub struct Called {
    pub effect: Effect,
    /// The arguments, directory, environment and input of each stub that ran, sorted.
    pub calls: Vec<String>,
}

impl Bench {
    pub fn new(programs: &Programs) -> Self {
        let text =
            fs::read_to_string(root().join("tests/everyday/fixture.txt")).expect("the files are there");
        let home = Fixture::archive(&text).timed();
        // Stubs are executed, which a directory in memory may not allow.
        let is_for_data = rustix::fs::statvfs(in_memory())
            .is_ok_and(|about| about.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC));
        let parent = if is_for_data { std::env::temp_dir() } else { in_memory().to_owned() };
        let bench = Self { place: tempfile::tempdir_in(parent).expect("a temporary directory"), home };
        for directory in ["stubs", "real"] {
            fs::create_dir(bench.at(directory)).expect("a directory can be made");
        }
        bench.write_stubs("stubs", &programs.stubs);
        for (name, program) in programs.real.iter().filter_map(|name| Some((name, system_program(name)?))) {
            symlink(program, bench.at("real").join(name)).expect("a link can be made");
        }
        bench
    }

    pub fn bash(&self, entry: &Entry, options: &[&str]) -> Called {
        let bash = system_program("bash").expect("bash is there");
        if !entry.interactive {
            let run = Run::new(bash).arg("--norc").args(options).args(["-c", &entry.text, "entry"]);
            return self.run(entry, run);
        }
        // In a session without a terminal, so that it does not take the terminal of the tests.
        let setsid = system_program("setsid").expect("setsid is there");
        let run = Run::new(setsid).arg("--wait").arg(bash).args(["--norc", "--noprofile", "-i"]);
        self.run(entry, run.env("HISTFILE", "").stdin(format!("{}\n", entry.text)))
    }

    /// Runs a text as the prompt does, the entry's own or a rewrite, with the programs of the entry.
    pub fn pipewright(&self, entry: &Entry, text: &str) -> Called {
        self.run(entry, Run::pipewright().args(["--prompt", "-c", text]))
    }

    fn run(&self, entry: &Entry, run: Run) -> Called {
        self.set_up(entry);
        let path = ["own", "stubs", "real"].map(|directory| self.at(directory).display().to_string());
        let run = run.env("PATH", path.join(":")).env("HOME", self.at("home")).env("USER", "ada");
        let run = run.env("SHELL", "/bin/bash");
        let outcome = run.dir(self.at("home/project")).timeout(10).run();
        let mut calls: Vec<_> = tree(&self.at("calls")).into_values().collect();
        calls.sort();
        Called { effect: Effect { outcome, files: tree(&self.at("home")) }, calls }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn set_up(&self, entry: &Entry) {
        for directory in ["home", "calls", "own"] {
            let _ = fs::remove_dir_all(self.at(directory));
            fs::create_dir(self.at(directory)).expect("a directory can be made");
        }
        self.write_stubs("own", &entry.stubs);
        self.home.write(&self.at("home"));
    }

    fn write_stubs(&self, directory: &str, stubs: &BTreeMap<String, Stub>) {
        for (name, stub) in stubs {
            let path = self.at(directory).join(name);
            fs::write(&path, self.stub(stub)).expect("a stub can be written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
    }

    /// Returns the text of a stub, which records its call, prints and exits: all by builtins, since thousands run. It
    /// prints by one write(2), because several may run at once.
    fn stub(&self, stub: &Stub) -> String {
        let calls = self.at("calls");
        let words =
            "line_=${0##*/}; for word_; do line_=\"$line_ [$word_]\"; done; printf '%s\\n' \"$line_\"";
        let reads = if stub.reads { "echo input:; /bin/cat" } else { "" };
        let prints = match &stub.prints {
            Some(text) => format!("printf %s '{}'", text.replace('\'', "'\\''")),
            None => words.to_owned(),
        };
        format!(
            "#!/bin/dash\n\
             {{ {words}; pwd\n\
             unset _ PWD OLDPWD SHLVL HISTFILE word_ line_; export -p\n\
             {reads}\n\
             }} > {}/$$\n\
             {prints}\n\
             exit {}\n",
            calls.display(),
            stub.status
        )
    }
}

impl Called {
    /// Returns the first difference.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let calls =
            || (self.calls != other.calls).then(|| format!("calls {:#?} and {:#?}", self.calls, other.calls));
        self.effect.difference(&other.effect).or_else(calls)
    }
}

impl std::fmt::Display for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.effect.fmt(f)
    }
}

/// Finds a program of the system by its name.
fn system_program(name: &str) -> Option<PathBuf> {
    let directories = ["/usr/local/bin", "/usr/bin", "/bin"];
    directories.iter().map(|directory| Path::new(directory).join(name)).find(|path| path.exists())
}
