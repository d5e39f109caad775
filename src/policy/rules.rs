//! Rules, a policy that is made of lists of what is allowed and denied.

mod judge;

use super::With;
use super::pattern::{PathPattern, Text};
use super::run::Run;
use crate::diag::visible;
use crate::sys::accounts;
use std::fmt;

/// A policy that allows what a rule allows and no rule denies. A new one allows only `/dev/null`.
///
/// A *program* is named by its absolute path or by a bare name. A bare name that is allowed means the file of that name
/// in one of [`Rules::TRUSTED`]; one that is denied means any file of that name. The arguments may be given as
/// patterns, and `**` as the last one means any further arguments; [`Rules::deny_argument`] denies an argument at any
/// place. In patterns `*` matches any text and `?` any byte; in paths they stop at a slash, and `**` does not.
///
/// A rule does not allow more than it states:
/// - A shell, an interpreter or another program that runs any text (`sh`, `python3`, `awk`, `make`, `ssh`) is allowed
///   only by a rule that names it, never by a pattern. The same is true of a script whose `#!` names one.
/// - A stage of the host is allowed by a rule with its bare name.
/// - `env`, `nice`, `ionice`, `timeout`, `nohup`, `setsid`, `stdbuf`, `time` and `xargs` need no rule: they are judged
///   by the command that they launch. `sudo`, `doas` and `find -exec` need a rule, and so does the command that they
///   launch. If that command can't be determined, it is refused.
/// - PATH and variables by which programs load or run something (`LD_PRELOAD`, `PYTHONPATH`, `PAGER`, `TAR_OPTIONS`)
///   may be changed only if a rule names them.
/// - Symbolic links in paths are followed before a rule is applied.
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
    /// The names of options of `with`.
    with: Vec<&'static str>,
    kill: bool,
}

/// The subject of a pattern of [`Rules`].
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
    /// Paths to read and to test.
    Read,
    /// Paths to write and to append to.
    Write,
    /// Paths to append to.
    Append,
    /// Directories to work in, and for programs to start in. Without a rule, only the directory in which the script
    /// begins.
    Directory,
    /// Names of variables to set or remove; if denied, also for programs to have.
    Env,
    /// Users to run programs as: a name of /etc/passwd, or a number.
    User,
    /// Groups to run programs in: a name of /etc/group, or a number.
    Group,
    /// Options of `with` that change how programs run, by name: see [`With::NAMES`].
    With,
}

/// An invalid pattern.
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

const UNALLOWED: &str = "no rule allows it";

impl Rules {
    /// The directories in which a program of a bare name is looked up.
    pub const TRUSTED: [&'static str; 6] =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// Creates rules that allow nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows a program with arguments that match; if only its name is given, with any arguments.
    ///
    /// # Errors
    /// Fails if the list is empty, or a path is not absolute.
    pub fn allow_run(mut self, command: &[&str]) -> Result<Self, PatternError> {
        self.allow.run.push(Run::new(command)?);
        Ok(self)
    }

    /// Denies a program with arguments that match; if only its name is given, with any arguments. The words are compared
    /// in order, so `["git", "push"]` does not deny `git -C DIR push`: deny whole programs, and allow subcommands.
    ///
    /// # Errors
    /// Fails as [`Rules::allow_run`] does.
    ///
    /// ```
    /// use pipewright::policy::Rules;
    /// use pipewright::{Engine, ErrorKind};
    ///
    /// let rules = Rules::new().allow_run(&["/usr/bin/sha*sum"])?.deny_run(&["sha1sum"])?;
    /// let engine = Engine::builder().policy(rules).build()?;
    /// let weak = engine.script("t", "command sha1sum /dev/null")?;
    /// assert_eq!(engine.session().run(&weak).status().unwrap_err().kind(), ErrorKind::Policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deny_run(mut self, command: &[&str]) -> Result<Self, PatternError> {
        self.deny.run.push(Run::new(command)?);
        Ok(self)
    }

    /// Denies a program with a matching argument at any place after the words of the command. Use this to deny an
    /// option: a pattern such as `--output*` also covers the abbreviations that programs accept (`--outp=F`). Short
    /// options that are written together are not separated.
    ///
    /// # Errors
    /// Fails as [`Rules::allow_run`] does.
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
    /// Fails if a path is not absolute or contains `..`, or if there is no such user or group.
    pub fn allow(mut self, subject: Subject, pattern: &str) -> Result<Self, PatternError> {
        self.allow.add(subject, pattern)?;
        Ok(self)
    }

    /// Denies paths or names.
    ///
    /// # Errors
    /// Fails as [`Rules::allow`] does.
    pub fn deny(mut self, subject: Subject, pattern: &str) -> Result<Self, PatternError> {
        self.deny.add(subject, pattern)?;
        Ok(self)
    }

    /// Allows signals to processes, including those of other users.
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

    /// Denies signals, whatever else is allowed.
    pub fn deny_kill(mut self) -> Self {
        self.deny.kill = true;
        self
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
