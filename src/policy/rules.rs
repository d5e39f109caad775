//! A ready-made policy: lists of what is allowed and what is denied.

use super::launch::launched;
use super::pattern::{PathPattern, Text, resolved};
use super::request::path_of;
use super::run::{Candidate, Run};
use super::{Access, Denial, Open, Policy, Request, Spawn, With};
use crate::diag::{quote_word, visible};
use crate::process::{Lookup, Search};
use crate::programs::variables::{self, Role};
use crate::sys::accounts;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Allows what a rule allows and none denies; of a new one that is nothing but `/dev/null`.
///
/// A *program* is named by its absolute path, or by a bare name, which means the file of that name in one of
/// [`Rules::TRUSTED`] when it is allowed and any file of that name when it is denied. Its arguments may be given as
/// patterns, the last one `**` for any more; [`Rules::deny_argument`] denies one wherever it stands. In patterns `*` is
/// any text and `?` any byte; in paths they stop at a slash, and `**` does not.
///
/// What would make a rule mean more than it says does not follow from it:
/// - A shell, an interpreter or another program that runs any text (`sh`, `python3`, `awk`, `make`, `ssh`) is allowed
///   only by a rule that names it, never by a pattern. Neither is a script whose `#!` names one.
/// - A stage of the host is allowed by a rule of its bare name.
/// - `env`, `nice`, `ionice`, `timeout`, `nohup`, `setsid`, `stdbuf`, `time` and `xargs` need no rule: they are judged
///   by what they launch. `sudo`, `doas` and `find -exec` need a rule, and so does what they launch. When it can't be
///   told what that is, it is refused.
/// - PATH and variables by which programs load or run something (`LD_PRELOAD`, `PYTHONPATH`, `PAGER`, `TAR_OPTIONS`)
///   are changed only if a rule names them.
/// - Symbolic links of paths are followed before a rule looks at them.
///
/// ```
/// use pipewright::policy::{Rules, Subject};
/// use pipewright::{Engine, Script};
///
/// let rules = Rules::new()
///     .allow_run(&["wc", "**"])?
///     .allow_run(&["git", "log", "**"])?
///     .allow(Subject::Read, "/srv/data/**")?
///     .deny(Subject::Read, "/srv/data/private/**")?;
/// let engine = Engine::builder().policy(rules).build()?;
/// let script = Script::parse("t", "echo hello | wc -l; timeout 5 git push")?;
/// let error = engine.session().run(&script).read().unwrap_err();
/// assert!(error.render(false, 80).contains("E3004"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rules {
    allow: Set,
    deny: Set,
}

#[derive(Clone, Debug, Default)]
struct Set {
    run: Vec<Run>,
    paths: Vec<(Subject, PathPattern)>,
    env: Vec<Text>,
    accounts: Vec<(Subject, u32)>,
    /// Names of options of `with`.
    with: Vec<&'static str>,
    kill: bool,
}

/// What a pattern of [`Rules`] is about.
///
/// ```
/// use pipewright::policy::{Rules, Subject};
/// use pipewright::{Engine, Script};
///
/// let rules = Rules::new()
///     .allow(Subject::Read, "/etc/**")?
///     .deny(Subject::Read, "/etc/shadow*")?
///     .allow(Subject::Env, "APP_*")?;
/// let engine = Engine::builder().policy(rules).build()?;
/// let may = |text: &str| engine.session().run(&Script::parse("t", text).unwrap()).read().is_ok();
/// assert!(may("env.APP_MODE = 'test'; let text = read('/etc/passwd').lines()"));
/// assert!(!may("env.PATH = '/tmp'"));
/// assert!(!may("let text = read('/etc/shadow').lines()"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// Paths to read and to look at.
    Read,
    /// Paths to write and to append to.
    Write,
    /// Paths to append to.
    Append,
    /// Directories to work in, and for programs to start in. Without any, only the one that the script begins in.
    Directory,
    /// Names of variables to set or remove; denied, also for programs to have.
    Env,
    /// Users to run programs as: a name of /etc/passwd, or a number.
    User,
    /// Groups to run programs in: a name of /etc/group, or a number.
    Group,
    /// Options of `with` that change how programs run, by their names: see [`With::NAMES`].
    With,
}

/// A pattern that is none.
///
/// ```
/// use pipewright::policy::{Rules, Subject};
///
/// let error = Rules::new().allow(Subject::Read, "data/*").unwrap_err();
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(pub(super) String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

/// Judges a command that another launches; whether words may follow that nobody sees.
type Inner<'a> = dyn FnMut(&[Vec<u8>], bool) -> Result<(), Denial> + 'a;

/// A command within a command within a command: nobody writes more.
const MAX_DEPTH: usize = 8;

const UNALLOWED: &str = "no rule allows it";

impl Rules {
    /// Where a program of a bare name is looked for.
    pub const TRUSTED: [&'static str; 6] =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// Nothing is allowed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows a program, with arguments that match; with its name alone, any.
    ///
    /// # Errors
    /// The list is empty; a path is not absolute.
    pub fn allow_run(mut self, command: &[&str]) -> Result<Self, PatternError> {
        self.allow.run.push(Run::new(command)?);
        Ok(self)
    }

    /// Denies a program, with arguments that match; with its name alone, any.
    ///
    /// # Errors
    /// As of [`Rules::allow_run`].
    ///
    /// ```
    /// use pipewright::policy::Rules;
    /// use pipewright::{Engine, ErrorKind};
    ///
    /// let rules = Rules::new().allow_run(&["git"])?.deny_run(&["git", "push"])?;
    /// let engine = Engine::builder().policy(rules).build()?;
    /// let push = engine.script("t", "command git push")?;
    /// assert_eq!(engine.session().run(&push).status().unwrap_err().kind(), ErrorKind::Policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deny_run(mut self, command: &[&str]) -> Result<Self, PatternError> {
        self.deny.run.push(Run::new(command)?);
        Ok(self)
    }

    /// Denies a program with an argument that matches, wherever it stands behind the words of the command. An option is
    /// denied so: an argument such as `--output*` also stands for the abbreviations that programs take (`--outp=F`), but
    /// letters of short options that are written together are not taken apart.
    ///
    /// # Errors
    /// As of [`Rules::allow_run`].
    ///
    /// ```
    /// use pipewright::policy::Rules;
    /// use pipewright::{Engine, ErrorKind};
    ///
    /// let rules = Rules::new().allow_run(&["git", "log", "**"])?.deny_argument(&["git"], "--output*")?;
    /// let engine = Engine::builder().policy(rules).build()?;
    /// let log = engine.script("t", "command git log -1 --output=file")?;
    /// assert_eq!(engine.session().run(&log).status().unwrap_err().kind(), ErrorKind::Policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deny_argument(mut self, command: &[&str], argument: &str) -> Result<Self, PatternError> {
        self.deny.run.push(Run::anywhere(command, argument)?);
        Ok(self)
    }

    /// Allows paths or names.
    ///
    /// # Errors
    /// A path is not absolute, or has a `..`; there is no such user or group.
    pub fn allow(mut self, subject: Subject, pattern: &str) -> Result<Self, PatternError> {
        self.allow.add(subject, pattern)?;
        Ok(self)
    }

    /// Denies paths or names.
    ///
    /// # Errors
    /// As of [`Rules::allow`].
    pub fn deny(mut self, subject: Subject, pattern: &str) -> Result<Self, PatternError> {
        self.deny.add(subject, pattern)?;
        Ok(self)
    }

    /// Allows signals to processes, those of others included.
    ///
    /// ```
    /// use pipewright::policy::Rules;
    /// use pipewright::{Engine, ErrorKind};
    ///
    /// let alive = format!("kill -0 {}", std::process::id());
    /// let run = |rules: Rules| {
    ///     let engine = Engine::builder().policy(rules).build()?;
    ///     engine.session().run(&engine.script("t", &*alive)?).status()?;
    ///     Ok::<(), Box<dyn std::error::Error>>(())
    /// };
    /// run(Rules::new().allow_kill())?;
    /// let refused = run(Rules::new().allow_kill().deny_kill()).unwrap_err();
    /// assert_eq!(refused.downcast_ref::<pipewright::Error>().map(|error| error.kind()), Some(ErrorKind::Policy));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_kill(mut self) -> Self {
        self.allow.kill = true;
        self
    }

    /// Denies signals whatever is allowed.
    pub fn deny_kill(mut self) -> Self {
        self.deny.kill = true;
        self
    }

    // -------------------------------------------------------------------------------------- programs

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

    /// A path with symbolic links followed, but for the last component; and with all of them.
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
                // There the launcher looks into whatever directory it is in.
                if path.split(|byte| *byte == b':').any(|entry| entry.first() != Some(&b'/')) {
                    let name = quote_word(inner);
                    return Err(Denial::new(format!(
                        "PATH has an empty or relative entry, where {name} may be"
                    )));
                }
                match Search::new(path).find(inner, None) {
                    Lookup::Found(found) => Self::located(path_of(found.to_bytes()), spawn.directory()),
                    // Launched is what another search may find.
                    _ => return Err(Denial::new(format!("{} is not found in PATH", quote_word(inner)))),
                }
            };
            self.command(&path, argv, open, spawn, depth + 1)
        })
    }

    /// Judges a program, and by `inner` what it launches.
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
        // The name that it would be known by, were it called by a link of another name.
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

    /// What is known before the run: literal words. PATH may lead anywhere.
    fn foreseen(&self, argv: &[Vec<u8>], complete: bool, depth: usize) -> Result<(), Denial> {
        let Some((first, _)) = argv.split_first() else { return Ok(()) };
        let args: Vec<&[u8]> = argv.iter().skip(1).map(Vec::as_slice).collect();
        let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let path = path_of(first);
        // Relative to a directory that is not known yet.
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
        // What may not be read may not be looked at, though it may be written.
        let denies = |subject: Subject| match open.access() {
            Access::Look => subject == Subject::Read,
            _ => covers(subject),
        };
        self.path(&path, covers, denies).or_else(|denial| {
            let looked_for = open.access() == Access::Look && denial.rule() == UNALLOWED;
            if looked_for && self.may_run(open.path()) { Ok(()) } else { Err(denial) }
        })
    }

    /// `default`: whether it is allowed if no rule says anything.
    fn directory(&self, path: &Path, default: bool) -> Result<(), Denial> {
        let is_directory = |subject: Subject| subject == Subject::Directory;
        self.path(&resolved(path), |subject| default || is_directory(subject), is_directory).or_else(
            |denial| {
                if default && denial.rule() == UNALLOWED { Ok(()) } else { Err(denial) }
            },
        )
    }

    /// Whether a program in a file may run with some arguments. What may run may be looked for.
    fn may_run(&self, path: &Path) -> bool {
        let path = Self::located(path, Path::new("/"));
        let name = path.0.file_name().unwrap_or_default().as_bytes();
        let candidate = Candidate { name, path: Some(path.clone()), args: &[], open: true, foreseen: true };
        self.allow.run.iter().any(|rule| rule.allows(&candidate))
            && !self.deny.run.iter().any(|rule| rule.denies(&candidate))
    }

    /// Of the host's own code a bare name is enough; what it launches is the host's business.
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
            Request::Kill { .. } => Err(Denial::new(UNALLOWED)),
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

impl Set {
    fn add(&mut self, subject: Subject, pattern: &str) -> Result<(), PatternError> {
        match subject {
            Subject::Env => self.env.push(Text(pattern.as_bytes().to_vec())),
            Subject::User | Subject::Group => {
                let name = pattern.as_bytes();
                let number = match subject {
                    Subject::User => accounts::user(name).map(|account| account.user),
                    _ => accounts::group(name),
                };
                let number = number.map_err(|error| PatternError(visible(error.to_string().as_bytes())))?;
                self.accounts.push((subject, number));
            }
            Subject::With => {
                let known = With::NAMES.into_iter().find(|name| *name == pattern);
                let unknown = || {
                    let pattern = visible(pattern.as_bytes());
                    PatternError(format!("`{pattern}` is not one of {}", With::NAMES.join(", ")))
                };
                self.with.push(known.ok_or_else(unknown)?);
            }
            path => self.paths.push((path, PathPattern::new(pattern, false)?)),
        }
        Ok(())
    }
}

impl Subject {
    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Append => "append",
            Self::Directory => "directory",
            Self::Env => "env",
            Self::User => "user",
            Self::Group => "group",
            Self::With => "with",
        }
    }
}
