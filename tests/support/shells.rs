//! Runs texts with dash, bash and Pipewright, each in a fresh directory, and returns their effects.
//!
//! A process of dash or bash runs many texts, each in a subshell with its own standard streams, and the library runs
//! most of them for Pipewright. Process starts are most of the cost of comparing thousands of texts.

use super::effect::{Effect, Fixture, tree};
use super::run::Outcome;
use super::{Run, in_memory};
use pipewright::{Engine, Script};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// The number of texts that one process of a shell runs at most.
pub const BATCH: usize = 40;

/// The number of the first directory: all have as many digits.
const FIRST: usize = 100;

/// Sources each text in a subshell. The names end in `_`, which no text has.
const DRIVER: &str = r#"
at_=$2
while [ "$at_" -lt "$3" ]; do
    ( cd "$1/$at_/dir"
      unset OLDPWD
      exec 0<> "$1/in/$at_" 1<> "$1/out/$at_" 2<> "$1/err/$at_"
      text_=$1/text/$at_
      set --
      set -eu
      . "$text_" )
    echo "$?" > "$1/status/$at_"
    at_=$((at_ + 1))
done
"#;

/// The environment that all texts of a comparison share.
#[derive(Clone, Default)]
pub struct World {
    pub fixture: Fixture,
    pub environment: &'static [(&'static str, &'static str)],
    pub stdin: &'static str,
}

#[derive(Clone, Copy)]
pub enum Shell {
    Bash,
    Dash,
}

/// The way in which a text is passed to Pipewright.
#[derive(Clone, Copy)]
pub enum Way {
    Library,
    Argument,
    File,
}

/// A directory in which texts run. The directory of each has the same path in all shells, since `pwd` tells it.
pub struct Place<'w> {
    world: &'w World,
    home: TempDir,
}

impl Shell {
    fn run(self) -> Run {
        match self {
            Self::Bash => Run::new("bash").args(["--norc", "-o", "pipefail", "-O", "failglob"]),
            Self::Dash => Run::new("dash"),
        }
    }
}

impl<'w> Place<'w> {
    pub fn new(world: &'w World) -> Self {
        Self { world, home: tempfile::tempdir_in(in_memory()).expect("a temporary directory") }
    }

    /// Runs texts with one process of a shell, under `-eu`, and in bash with `pipefail` and `failglob`. Each has a
    /// number below [`BATCH`].
    pub fn by_shell(&self, shell: Shell, texts: &[&str]) -> Vec<Effect> {
        assert!(texts.len() <= BATCH, "{} texts", texts.len());
        let place = |part: &str| self.home.path().join(part);
        for part in ["text", "in", "out", "err", "status"] {
            let _ = fs::remove_dir_all(place(part));
            fs::create_dir(place(part)).expect("a directory can be made");
        }
        // Streams are open for reading and writing, like those of a program under test.
        let named = |part: &str, at: usize| place(part).join((FIRST + at).to_string());
        for (at, text) in texts.iter().enumerate() {
            fs::write(named("text", at), text).expect("a file can be written");
            fs::write(named("in", at), self.world.stdin).expect("a file can be written");
            self.fresh(at);
        }
        let run = self.world.environment(shell.run()).args(["-c", DRIVER, "script"]).arg(self.home.path());
        let last = FIRST + texts.len();
        let outcome = run.args([FIRST.to_string(), last.to_string()]).timeout(60).run();
        let read = |part: &str, at: usize| fs::read(named(part, at)).unwrap_or_default();
        let effect = |at: usize| {
            let status = String::from_utf8_lossy(&read("status", at)).trim().parse();
            assert!(status.is_ok(), "it did not end: {outcome}\n{}", texts[at]);
            // In messages a shell names the file that it reads, and not itself.
            let text = format!("{}: ", named("text", at).display());
            let stderr = String::from_utf8_lossy(&read("err", at)).replace(&text, "script: ");
            let outcome = outcome_of(status.unwrap_or(-1), read("out", at), stderr.into_bytes());
            Effect { outcome, files: tree(&self.directory(at)) }
        };
        (0..texts.len()).map(effect).collect()
    }

    /// Runs the text of a number with Pipewright.
    pub fn by_pipewright(&self, at: usize, text: &str, options: &[&str], way: Way) -> Effect {
        self.fresh(at);
        let outcome = match way {
            Way::Library => self.by_library(at, text, options.contains(&"--prompt")),
            Way::Argument => self.by_binary(at, options).arg("-c").arg(text).run(),
            Way::File => {
                let file = self.home.path().join("script.pw");
                fs::write(&file, text).expect("a file can be written");
                self.by_binary(at, options).arg(file).run()
            }
        };
        Effect { outcome, files: tree(&self.directory(at)) }
    }

    fn by_binary(&self, at: usize, options: &[&str]) -> Run {
        let run = self.world.environment(Run::pipewright().args(options));
        run.stdin(self.world.stdin).timeout(10).dir(self.directory(at))
    }

    /// Runs a text in this process, with the status and the page that the binary would give.
    fn by_library(&self, at: usize, text: &str, is_prompt: bool) -> Outcome {
        let builder = Script::builder("script");
        let builder = if is_prompt { builder.typed() } else { builder };
        let script = match builder.parse(text) {
            Ok(script) => script,
            Err(error) => return outcome_of(2, Vec::new(), error.render(false, 80).into_bytes()),
        };
        let mut session = Engine::default().session();
        session.clear_env();
        for (name, value) in self.world.variables() {
            session.set_env(name, value).expect("it is a variable");
        }
        session.set_env("PWD", self.directory(at)).expect("it is a variable");
        session.set_cwd(self.directory(at)).expect("the directory is there");
        let file = |content: &str| {
            let mut file = tempfile::tempfile_in(in_memory()).expect("a temporary file");
            file.write_all(content.as_bytes()).and_then(|()| file.rewind()).expect("it takes bytes");
            file
        };
        let clone = |file: &File| file.try_clone().expect("a descriptor is free");
        let (mut stdout, mut stderr) = (file(""), file(""));
        let run = session.run(&script).stdin(file(self.world.stdin)).stdout(clone(&stdout));
        let ended = run.stderr(clone(&stderr)).timeout(Duration::from_secs(10)).status();
        let (status, page) = match &ended {
            Ok(report) => (i32::from(report.status()), String::new()),
            Err(error) => {
                let signal = error.signal().map(|signal| 128 + signal.number());
                (signal.unwrap_or(i32::from(error.exit_code())), error.render(false, 80))
            }
        };
        let read = |file: &mut File| {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes)).expect("it gives bytes");
            bytes
        };
        let errors = [read(&mut stderr), page.into_bytes()].concat();
        outcome_of(status, read(&mut stdout), errors)
    }

    /// Recreates the directory of a number. Its parent contains nothing else.
    fn fresh(&self, at: usize) {
        let directory = self.directory(at);
        let _ = directory.parent().map(fs::remove_dir_all);
        self.world.fixture.write(&directory);
    }

    fn directory(&self, at: usize) -> PathBuf {
        self.home.path().join((FIRST + at).to_string()).join("dir")
    }
}

impl World {
    fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        let path = super::path().to_string_lossy().into_owned();
        let own = [("PATH", path), ("HOME", "/home/nobody".to_owned()), ("LC_ALL", "C.UTF-8".to_owned())];
        own.into_iter().chain(self.environment.iter().map(|(name, value)| (*name, (*value).to_owned())))
    }

    fn environment(&self, run: Run) -> Run {
        self.variables().fold(run, |run, (name, value)| run.env(name, value))
    }
}

fn outcome_of(status: i32, stdout: Vec<u8>, stderr: Vec<u8>) -> Outcome {
    Outcome {
        status,
        stdout,
        stderr,
        elapsed: Duration::ZERO,
        cpu: Duration::ZERO,
        timed_out: false,
        peak_memory: 0,
    }
}
