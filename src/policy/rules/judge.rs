//! The decisions of rules: how each request is compared with them.

use super::{Rules, Set, Subject, UNALLOWED};
use crate::diag::{quote_word, visible};
use crate::policy::launch::launched;
use crate::policy::pattern::{PathPattern, Text, resolved};
use crate::policy::request::path_of;
use crate::policy::run::{Candidate, Run};
use crate::policy::{Access, Denial, Open, Policy, Request, Spawn, With};
use crate::process::{Lookup, Search};
use crate::programs::variables::{self, Role};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A function that judges a command that another one launches. Its argument says whether unknown words
/// may follow.
type Inner<'a> = dyn FnMut(&[Vec<u8>], bool) -> Result<(), Denial> + 'a;

/// The nesting limit of commands within commands. People don't nest commands more deeply.
const MAX_DEPTH: usize = 8;

impl Policy for Rules {
    fn check(&self, request: &Request<'_>) -> Result<(), Denial> {
        match request {
            Request::Spawn(spawn) => self.spawn(spawn),
            Request::Stage { argv } => self.stage(argv),
            Request::ChangeUser { user } => self.account(Subject::User, *user),
            Request::ChangeGroup { group } => self.account(Subject::Group, *group),
            Request::Open(open) => self.open(open),
            Request::SetEnv { name } => self.variable(name),
            Request::ChangeDirectory { path } => self.directory(path, false),
            Request::With(with) => self.with(with),
            Request::Kill { .. } if self.allow.kill && !self.deny.kill => Ok(()),
            // This includes requests that no rule can name yet.
            _ => Err(Denial::new(UNALLOWED)),
        }
    }

    fn foresee(&self, words: &[&[u8]], complete: bool) -> Result<(), Denial> {
        let argv: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
        self.foreseen(&argv, complete, 0)
    }

    fn foresee_open(&self, open: &Open<'_>) -> Result<(), Denial> {
        self.open(open)
    }
}

impl Rules {
    fn spawn(&self, spawn: &Spawn<'_>) -> Result<(), Denial> {
        for name in spawn.environment() {
            if let Some(rule) = self.deny.env.iter().find(|rule| rule.matches(name)) {
                let rule = visible(&rule.0);
                return Err(Denial::new(format!(
                    "deny.env has \"{rule}\", and the program would have {}",
                    quote_word(name)
                )));
            }
        }
        let named = self.allow.paths.iter().any(|(subject, _)| *subject == Subject::Directory);
        self.directory(spawn.directory(), !named)?;
        self.command(&Self::located(spawn.program(), spawn.directory()), spawn.argv(), false, spawn, 0)
    }

    /// Returns a path with symbolic links followed except in the last component, and with all of them
    /// followed.
    fn located(program: &Path, directory: &Path) -> (PathBuf, PathBuf) {
        let path = directory.join(program);
        let found = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => resolved(parent).join(name),
            _ => path.clone(),
        };
        (found, resolved(&path))
    }

    fn command(
        &self,
        path: &(PathBuf, PathBuf),
        argv: &[Vec<u8>],
        open: bool,
        spawn: &Spawn<'_>,
        depth: usize,
    ) -> Result<(), Denial> {
        let args: Vec<&[u8]> = argv.iter().skip(1).map(Vec::as_slice).collect();
        let name = path.0.file_name().unwrap_or_default().as_bytes();
        let candidate = Candidate { name, path: Some(path.clone()), args: &args, open, foreseen: false };
        self.judge(&candidate, argv, depth, &mut |argv, open| {
            let Some(inner) = argv.first() else { return Ok(()) };
            let path = if inner.contains(&b'/') {
                Self::located(path_of(inner), spawn.directory())
            } else {
                let path = spawn.variable(b"PATH").unwrap_or_default();
                // In these directories the result of the search depends on the working directory of the launcher.
                if path.split(|byte| *byte == b':').any(|entry| entry.first() != Some(&b'/')) {
                    let name = quote_word(inner);
                    return Err(Denial::new(format!(
                        "PATH has an empty or relative entry, where {name} may be"
                    )));
                }
                match Search::new(path).find(inner, None) {
                    Lookup::Found(found) => Self::located(path_of(found.to_bytes()), spawn.directory()),
                    // The launcher's own search may find another file.
                    _ => return Err(Denial::new(format!("{} is not found in PATH", quote_word(inner)))),
                }
            };
            self.command(&path, argv, open, spawn, depth + 1)
        })
    }

    /// Judges a program, and with `inner` the command that it launches.
    fn judge(
        &self,
        candidate: &Candidate<'_>,
        argv: &[Vec<u8>],
        depth: usize,
        inner: &mut Inner<'_>,
    ) -> Result<(), Denial> {
        if depth > MAX_DEPTH {
            return Err(Denial::new("too many commands within commands"));
        }
        if let Some(rule) = self.deny.run.iter().find(|rule| rule.denies(candidate)) {
            return Err(Denial::new(format!("deny.{}", rule.described())));
        }
        let allowed = self.allow.run.iter().any(|rule| rule.allows(candidate));
        // The name that the program would be known by if a link with another name led to it.
        let real = candidate.path.as_ref().and_then(|(_, real)| real.file_name()).map(OsStrExt::as_bytes);
        let names = [Some(candidate.name), real.filter(|real| *real != candidate.name)];
        let launch = names.into_iter().flatten().find_map(|name| launched(name, argv));
        let Some(launch) = launch else {
            return if allowed { Ok(()) } else { Err(Denial::new(UNALLOWED)) };
        };
        let launch = launch.map_err(|word| {
            Denial::new(format!("with {word} it can't be told what {} launches", quote_word(candidate.name)))
        })?;
        let needs_no_rule = launch.is_plain && candidate.is_trusted();
        if !allowed && !needs_no_rule {
            return Err(Denial::new(UNALLOWED));
        }
        for command in launch.commands {
            command.sets.iter().try_for_each(|name| self.variable(name))?;
            let first = command.argv.first().map_or(&[][..], Vec::as_slice);
            if command.sets.contains(&&b"PATH"[..]) && !first.contains(&b'/') {
                let name = quote_word(first);
                return Err(Denial::new(format!(
                    "PATH is set for {name}, so it can't be told which one runs"
                )));
            }
            inner(command.argv, command.is_open || candidate.open).map_err(|denial| match denial.rule() {
                UNALLOWED => {
                    let name = quote_word(command.argv.first().map_or(&[][..], Vec::as_slice));
                    Denial::new(format!("no rule allows {name}"))
                }
                _ => denial,
            })?;
        }
        Ok(())
    }

    /// Judges the literal words that are known before the run. PATH may lead anywhere.
    fn foreseen(&self, argv: &[Vec<u8>], complete: bool, depth: usize) -> Result<(), Denial> {
        let Some((first, _)) = argv.split_first() else { return Ok(()) };
        let args: Vec<&[u8]> = argv.iter().skip(1).map(Vec::as_slice).collect();
        let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let path = path_of(first);
        // The path is relative to a directory that is not known yet.
        if first.contains(&b'/') && !path.is_absolute() {
            return Ok(());
        }
        let path = path.is_absolute().then(|| Self::located(path, Path::new("/")));
        let candidate = Candidate { name, path, args: &args, open: !complete, foreseen: true };
        self.judge(&candidate, argv, depth, &mut |argv, open| self.foreseen(argv, !open, depth + 1))
    }

    // -------------------------------------------------------------------------------------- files and names

    fn open(&self, open: &Open<'_>) -> Result<(), Denial> {
        let path = resolved(open.path());
        if path == Path::new("/dev/null") {
            return Ok(());
        }
        let covers = |subject: Subject| match open.access() {
            Access::Look => matches!(subject, Subject::Read | Subject::Write | Subject::Append),
            Access::Read => subject == Subject::Read,
            Access::Write => subject == Subject::Write,
            Access::Append => matches!(subject, Subject::Write | Subject::Append),
        };
        // A file that may not be read may not be tested either, even if it may be written.
        let denies = |subject: Subject| match open.access() {
            Access::Look => subject == Subject::Read,
            _ => covers(subject),
        };
        self.path(&path, covers, denies).or_else(|denial| {
            let looked_for = open.access() == Access::Look && denial.rule() == UNALLOWED;
            if looked_for && self.may_run(open.path()) { Ok(()) } else { Err(denial) }
        })
    }

    /// Judges a directory. `default` is the decision if no rule applies.
    fn directory(&self, path: &Path, default: bool) -> Result<(), Denial> {
        let is_directory = |subject: Subject| subject == Subject::Directory;
        self.path(&resolved(path), |subject| default || is_directory(subject), is_directory).or_else(
            |denial| {
                if default && denial.rule() == UNALLOWED { Ok(()) } else { Err(denial) }
            },
        )
    }

    /// Returns whether a program in a file may run with these arguments. A program that may run may
    /// also be looked up.
    fn may_run(&self, path: &Path) -> bool {
        let path = Self::located(path, Path::new("/"));
        let name = path.0.file_name().unwrap_or_default().as_bytes();
        let candidate = Candidate { name, path: Some(path.clone()), args: &[], open: true, foreseen: true };
        self.allow.run.iter().any(|rule| rule.allows(&candidate))
            && !self.deny.run.iter().any(|rule| rule.denies(&candidate))
    }

    /// Judges a stage of the host. Its bare name is enough, since the host is responsible for the
    /// programs that it launches.
    fn stage(&self, argv: &[Vec<u8>]) -> Result<(), Denial> {
        let args: Vec<&[u8]> = argv.iter().skip(1).map(Vec::as_slice).collect();
        let name = argv.first().map_or(&[][..], Vec::as_slice);
        let candidate = Candidate { name, path: None, args: &args, open: false, foreseen: false };
        let named = |rule: &&Run| rule.is_of_name();
        if let Some(rule) = self.deny.run.iter().filter(named).find(|rule| rule.denies(&candidate)) {
            return Err(Denial::new(format!("deny.{}", rule.described())));
        }
        let allowed = self.allow.run.iter().filter(named).any(|rule| rule.allows(&candidate));
        if allowed { Ok(()) } else { Err(Denial::new(UNALLOWED)) }
    }

    fn account(&self, subject: Subject, number: u32) -> Result<(), Denial> {
        let has = |set: &Set| set.accounts.contains(&(subject, number));
        match (has(&self.deny), has(&self.allow)) {
            (true, _) => Err(Denial::new(format!("deny.{} has it", subject.name()))),
            (false, true) => Ok(()),
            (false, false) => Err(Denial::new(UNALLOWED)),
        }
    }

    fn with(&self, with: &With<'_>) -> Result<(), Denial> {
        let name = with.name();
        match (self.deny.with.contains(&name), self.allow.with.contains(&name)) {
            (true, _) => Err(Denial::new(format!("deny.with has \"{name}\""))),
            (false, true) => Ok(()),
            (false, false) => Err(Denial::new(UNALLOWED)),
        }
    }

    fn path(
        &self,
        path: &Path,
        covers: impl Fn(Subject) -> bool,
        denies: impl Fn(Subject) -> bool,
    ) -> Result<(), Denial> {
        let find = |set: &[(Subject, PathPattern)], about: &dyn Fn(Subject) -> bool| {
            set.iter().find(|(subject, pattern)| about(*subject) && pattern.matches(path)).cloned()
        };
        if let Some((subject, pattern)) = find(&self.deny.paths, &denies) {
            let subject = subject.name();
            return Err(Denial::new(format!(
                "deny.{subject} has \"{}\"",
                visible(pattern.written().as_bytes())
            )));
        }
        find(&self.allow.paths, &covers).map(drop).ok_or_else(|| Denial::new(UNALLOWED))
    }

    fn variable(&self, name: &[u8]) -> Result<(), Denial> {
        if let Some(rule) = self.deny.env.iter().find(|rule| rule.matches(name)) {
            return Err(Denial::new(format!("deny.env has \"{}\"", visible(&rule.0))));
        }
        let covers = |rule: &&Text| rule.0 == name || rule.matches(name);
        let is_bare = |rule: &Text| rule.0.first().is_some_and(|first| b"*?".contains(first));
        let mut covering = self.allow.env.iter().filter(covers).peekable();
        if covering.peek().is_none() {
            return Err(Denial::new(UNALLOWED));
        }
        let covers_unnamed = |rule: &Text| match variables::role(name) {
            None => true,
            Some(Role::Likely) => !is_bare(rule),
            Some(Role::Code(_) | Role::Place) => false,
        };
        if covering.any(|rule| rule.0 == name || covers_unnamed(rule)) {
            return Ok(());
        }
        Err(Denial::new("programs load or run something by it, and no rule names it"))
    }
}
