//! A rule about a program: its name or path, and patterns of its arguments.

use super::PatternError;
use super::pattern::{PathPattern, Text, resolved};
use super::rules::Rules;
use crate::diag::visible;
use crate::programs::is_evaluator;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Programs of one name or pattern with arguments of one form.
#[derive(Clone, Debug)]
pub struct Run {
    program: Program,
    args: Vec<Text>,
    /// Whether more arguments may follow.
    open: bool,
    /// A pattern that one of the following arguments must match.
    anywhere: Option<Text>,
    written: String,
}

#[derive(Clone, Debug)]
enum Program {
    Name(Text),
    Path(PathPattern),
}

/// A program, as far as it is known.
pub struct Candidate<'a> {
    pub name: &'a [u8],
    /// Its path without symbolic links except in the last component, and without any. Unknown before
    /// the run.
    pub path: Option<(PathBuf, PathBuf)>,
    pub args: &'a [&'a [u8]],
    /// Whether unknown arguments may follow.
    pub open: bool,
    /// Whether the run has not begun, so that everything that could be allowed passes.
    pub foreseen: bool,
}

impl Run {
    pub fn new(command: &[&str]) -> Result<Self, PatternError> {
        let [program, args @ ..] = command else {
            return Err(PatternError("a rule names a program".to_string()));
        };
        let (args, open) = match args {
            [] => (args, true),
            [args @ .., "**"] => (args, true),
            args => (args, false),
        };
        if args.contains(&"**") {
            let message = "`**` stands for all further arguments, so it must be the last word";
            return Err(PatternError(format!("{message}; to deny an option in any place, use `argument`")));
        }
        if program.is_empty() || CString::new(*program).is_err() {
            return Err(PatternError(format!("{program:?} is not a program")));
        }
        let program = match program.contains('/') {
            true => Program::Path(PathPattern::new(program, true)?),
            false => Program::Name(Text(program.as_bytes().to_vec())),
        };
        let args = args.iter().map(|arg| Text(arg.as_bytes().to_vec())).collect();
        let words: Vec<String> =
            command.iter().map(|word| format!("\"{}\"", visible(word.as_bytes()))).collect();
        Ok(Self { program, args, open, anywhere: None, written: format!("[{}]", words.join(", ")) })
    }

    /// Creates a rule for a command with an argument at any place after its words.
    pub fn anywhere(command: &[&str], argument: &str) -> Result<Self, PatternError> {
        if command.is_empty() {
            return Err(PatternError("a rule names a program".to_string()));
        }
        if command.contains(&"**") || argument == "**" {
            return Err(PatternError("an argument to deny is one, and `**` is any number".to_string()));
        }
        let run = Self::new(&[command, &[argument]].concat())?;
        let mut args = run.args;
        let anywhere = args.pop();
        Ok(Self { args, open: true, anywhere, ..run })
    }

    /// Returns the rule for a message, with the list that contains it.
    pub fn described(&self) -> String {
        let list = if self.anywhere.is_some() { "argument" } else { "run" };
        format!("{list} has {}", self.written)
    }

    /// Returns whether it names a program without its path.
    pub fn is_of_name(&self) -> bool {
        matches!(self.program, Program::Name(_))
    }

    pub fn allows(&self, candidate: &Candidate<'_>) -> bool {
        let Self { args, open, .. } = self;
        let arguments = if candidate.open {
            // Unknown arguments must be allowed, too; before the run they could still turn out to be
            // allowed.
            match candidate.foreseen {
                true => candidate.args.iter().zip(args).all(|(arg, pattern)| pattern.matches(arg)),
                false => *open && self.begins(candidate.args),
            }
        } else {
            (*open || candidate.args.len() == args.len()) && self.begins(candidate.args)
        };
        arguments && self.names(candidate)
    }

    fn begins(&self, args: &[&[u8]]) -> bool {
        args.len() >= self.args.len() && self.args.iter().zip(args).all(|(pattern, arg)| pattern.matches(arg))
    }

    /// Returns whether an allowing rule covers this program.
    fn names(&self, candidate: &Candidate<'_>) -> bool {
        let is_wildcard = match &self.program {
            Program::Name(name) => name.0.iter().any(|byte| b"*?".contains(byte)),
            Program::Path(path) => path.is_wildcard(),
        };
        if is_wildcard && candidate.runs_any_text() {
            return false;
        }
        match (&self.program, &candidate.path) {
            (Program::Name(name), None) => name.matches(candidate.name),
            (Program::Name(name), Some(_)) => name.matches(candidate.name) && candidate.is_trusted(),
            (Program::Path(path), None) => {
                let last = path.written().rsplit('/').next().unwrap_or_default();
                Text(last.as_bytes().to_vec()).matches(candidate.name)
            }
            // A link from a path that a pattern covers could lead anywhere.
            (Program::Path(path), Some((found, real))) => {
                path.matches(found) && (!is_wildcard || path.matches(real))
            }
        }
    }

    pub fn denies(&self, candidate: &Candidate<'_>) -> bool {
        let program = match (&self.program, &candidate.path) {
            (Program::Name(name), path) => {
                let real = path.as_ref().and_then(|(_, real)| real.file_name());
                name.matches(candidate.name) || real.is_some_and(|real| name.matches(real.as_bytes()))
            }
            (Program::Path(path), Some((found, real))) => path.matches(found) || path.matches(real),
            (Program::Path(_), None) => false,
        };
        if let Some(argument) = &self.anywhere {
            return program && self.has_anywhere(candidate, argument);
        }
        let arguments = match (candidate.foreseen, candidate.open) {
            // A command is denied for certain only if it is denied whatever its further arguments are.
            (true, true) => self.open && self.begins(candidate.args),
            (false, true) => candidate.args.iter().zip(&self.args).all(|(arg, pattern)| pattern.matches(arg)),
            (_, false) => {
                (self.open || candidate.args.len() == self.args.len()) && self.begins(candidate.args)
            }
        };
        program && arguments
    }
}

impl Run {
    /// Returns whether an argument matches, or may be among the unknown ones.
    fn has_anywhere(&self, candidate: &Candidate<'_>, argument: &Text) -> bool {
        let may_follow = candidate.open && !candidate.foreseen;
        if candidate.args.len() < self.args.len() {
            return may_follow
                && candidate.args.iter().zip(&self.args).all(|(arg, pattern)| pattern.matches(arg));
        }
        self.begins(candidate.args)
            && (may_follow
                || candidate.args[self.args.len()..].iter().any(|given| is_argument(argument, given)))
    }
}

/// Returns whether a pattern matches an argument, or the long option that the argument abbreviates
/// (getopt_long(3)).
fn is_argument(pattern: &Text, given: &[u8]) -> bool {
    if pattern.matches(given) {
        return true;
    }
    let name = |text: &[u8]| text.iter().take_while(|byte| !b"=*?".contains(byte)).count();
    let option = &pattern.0[..name(&pattern.0)];
    let short = &given[..given.iter().take_while(|byte| **byte != b'=').count()];
    option.starts_with(b"--") && short.len() > b"--".len() && option.starts_with(short)
}

impl Candidate<'_> {
    /// Returns whether the program is in a directory of the system.
    pub fn is_trusted(&self) -> bool {
        match self.path.as_ref().and_then(|(found, _)| found.parent()) {
            Some(parent) => Rules::TRUSTED.iter().any(|trusted| resolved(Path::new(trusted)) == parent),
            None => self.path.is_none(),
        }
    }

    fn runs_any_text(&self) -> bool {
        let Some((_, real)) = &self.path else { return is_evaluator(self.name) };
        is_evaluator(self.name)
            || real.file_name().is_some_and(|real| is_evaluator(real.as_bytes()))
            || has_evaluator(real)
    }
}

/// Returns whether a file is a script of a program that runs any text.
fn has_evaluator(path: &Path) -> bool {
    use std::io::Read;
    let mut head = Vec::new();
    // A file that can't be read can't be judged.
    let Ok(file) = std::fs::File::open(path) else { return true };
    if file.take(256).read_to_end(&mut head).is_err() {
        return true;
    }
    let Some(line) = head.strip_prefix(b"#!") else { return false };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let is = |word: &[u8]| is_evaluator(word.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
    words.any(is)
}
