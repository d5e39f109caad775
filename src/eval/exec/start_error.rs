//! The messages for stages that could not be started.

use crate::diag::{Diagnostic, code, quote_argv, quote_word, reason, visible};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Phase, SpawnError, StartError, StartProblem, pipe};
use crate::span::Span;
use crate::sys::errno;
use std::os::fd::OwnedFd;

impl Interpreter {
    pub(in crate::eval) fn pipe(&self, span: Span) -> Eval<(OwnedFd, OwnedFd)> {
        self.made(pipe(), span)
    }

    pub(in crate::eval) fn made(
        &self,
        pipe: std::io::Result<(OwnedFd, OwnedFd)>,
        span: Span,
    ) -> Eval<(OwnedFd, OwnedFd)> {
        pipe.map_err(|error| {
            let message = format!("can't make a pipe: {}", reason(&error));
            let error = page(code::SPAWN_FAILED, self.source(), span, message, "after this stage");
            Error::command(error.help("the limit of open descriptors is shown by `ulimit -n`"), 126).into()
        })
    }

    #[cold]
    pub(in crate::eval) fn overflow(&self, span: Span) -> Unwind {
        if let Some(unwind) = self.out_of_room(span) {
            return unwind;
        }
        let limit = i64::try_from(self.env.settings.max_output).unwrap_or(i64::MAX);
        let limit = crate::value::format::display(&crate::value::Size::from_bytes(limit).into(), 20);
        let message = format!("the captured output is larger than {limit}");
        let error = page(code::OUTPUT_TOO_LARGE, self.source(), span, message, "this output");
        let help = "stream it: cmd | each line { … }, or write it to a file; with max_output=1G { … } raises the limit";
        Error::value(error.help(help)).into()
    }

    /// The error for an input that has to be empty. The input is not closed instead, since the next
    /// file that a program opens would then become its input.
    #[cold]
    pub(in crate::eval) fn no_null(&self, error: &std::io::Error, span: Span) -> Unwind {
        let message = format!("can't open /dev/null for the input: {}", reason(error));
        self.fail(Error::command(page(code::CANNOT_OPEN, self.source(), span, message, "of this"), 1))
    }

    /// The error for a capture of which a part is missing.
    #[cold]
    pub(in crate::eval) fn unread(&self, error: &std::io::Error, span: Span) -> Unwind {
        let message = format!("can't read the captured output: {}", reason(error));
        self.fail(Error::value(page(code::READ_FAILED, self.source(), span, message, "this output")))
    }

    #[cold]
    pub(in crate::eval) fn not_started(&self, mut error: StartError, span: Span) -> Unwind {
        // Mask before cutting the text, since the beginning of a secret is secret, too.
        if let Some(masked) = self.shared.redactions().apply_all(&error.argv) {
            error.argv = masked;
        }
        let name = error.argv.first().map(|name| quote_word(name)).unwrap_or_default();
        let at = |code, message: String, label: &str| page(code, self.source(), span, message, label);
        // sh would run such a file itself, so `||` must not treat the refusal as the answer of the
        // file.
        let refused = matches!(error.problem, StartProblem::NotAProgram);
        let (diagnostic, status): (Diagnostic, u8) = match error.problem {
            StartProblem::NulInArgument { .. } => (
                at(code::NUL_IN_ARGUMENT, format!("an argument of {name} holds a NUL byte"), "this command"),
                126,
            ),
            StartProblem::NoArguments => (
                at(code::PROGRAM_NOT_FOUND, "no program is named: the list is empty".into(), "this command"),
                127,
            ),
            StartProblem::ArgumentTooLong { index, length } => {
                let shown =
                    error.argv.get(index).map(|text| quote_word(beginning(text, 20))).unwrap_or_default();
                let message = format!(
                    "argument {index} of {name} ({shown}…) has {length} bytes; the kernel takes 131,071"
                );
                (
                    at(code::ARGUMENT_TOO_LONG, message, "this command")
                        .help("pass the text through standard input: <<< $text, or a file"),
                    126,
                )
            }
            StartProblem::VariableTooLong { name: variable, length } => {
                let variable = visible(&variable);
                let message = format!(
                    "the environment variable {variable} has {length} bytes with its name; the kernel takes 131,071 for {name}"
                );
                let help = format!("run the command without it: with env={{{variable}: null}} {{ … }}");
                (at(code::ARGUMENT_TOO_LONG, message, "this command").help(help), 126)
            }
            StartProblem::ArgumentsTooLong { arguments, environment, longest } => {
                let message = format!(
                    "the arguments of {name} have {arguments} bytes and its environment {environment}, together more than the kernel takes"
                );
                let help = match longest.filter(|_| environment > arguments) {
                    Some(variable) => format!(
                        "make the environment smaller: {} is its longest variable",
                        visible(&variable)
                    ),
                    None => "pass the list through standard input, as to xargs -0, or in parts".to_string(),
                };
                (at(code::ARGUMENT_TOO_LONG, message, "this command").help(help), 126)
            }
            StartProblem::Directory { errno } => {
                let reason = reason(&std::io::Error::from_raw_os_error(errno));
                (
                    at(
                        code::NO_DIRECTORY,
                        format!("can't enter the directory of {name}: {reason}"),
                        "this command",
                    ),
                    126,
                )
            }
            StartProblem::BadInterpreter { interpreter } => {
                let message = format!(
                    "{name} can't be run: its first line names {}, which can't be",
                    quote_word(&interpreter)
                );
                (
                    at(code::NOT_EXECUTABLE, message, "this program")
                        .help("install the interpreter, or correct the `#!` line"),
                    126,
                )
            }
            StartProblem::NoLoader { loader } => {
                let message =
                    format!("{name} can't be run: its loader {} is not installed", quote_word(&loader));
                (
                    at(code::NOT_EXECUTABLE, message, "this program")
                        .help("it was built for another C library or another machine: install what has the loader, or a program built for this system"),
                    126,
                )
            }
            StartProblem::NoExec => {
                let message = format!("{name} lies on a file system that is mounted noexec");
                (
                    at(code::NOT_EXECUTABLE, message, "this program")
                        .help("copy it to a file system whose programs may be run"),
                    126,
                )
            }
            StartProblem::NotAProgram => {
                let message = format!(
                    "{name} is not a program: it has no `#!` line and is not an executable for this machine"
                );
                (
                    at(code::NOT_EXECUTABLE, message, "this program")
                        .help("begin a script with a line such as #!/bin/sh; no shell is started unasked"),
                    126,
                )
            }
            StartProblem::Vanished => (
                at(code::PROGRAM_NOT_FOUND, format!("{name} has gone since it was found"), "this program"),
                127,
            ),
            StartProblem::System(SpawnError { phase: Phase::Cgroup, errno: errno::EAGAIN }) => {
                let most = self.env.settings.cgroup.as_ref().and_then(|group| group.most_processes());
                let most = most.map_or(String::new(), |most| format!(" of its processes_all={most}"));
                let message = format!("{name} can't be started: the block has all{most}");
                (at(code::SPAWN_FAILED, message, "one too many"), 126)
            }
            StartProblem::System(error) => {
                let page =
                    at(code::SPAWN_FAILED, format!("{name} can't be started: {error}"), "this command");
                let option = match error.phase {
                    Phase::User => "user= and group=",
                    Phase::Nice => "nice=",
                    Phase::Limit(_) => "this limit",
                    _ => "",
                };
                let help = format!("`with` can't give {option} here; pipewright --doctor tells what it can");
                (if option.is_empty() { page } else { page.help(help) }, 126)
            }
        };
        let diagnostic = if error.argv.len() > 1 {
            diagnostic.note(limited(&quote_argv(&error.argv)))
        } else {
            diagnostic
        };
        let error =
            if refused { Error::refused(diagnostic, status) } else { Error::command(diagnostic, status) };
        error.into()
    }
}

/// Returns at most this many bytes of an argument, without a partial character.
fn beginning(text: &[u8], most: usize) -> &[u8] {
    let end = (0..=text.len().min(most)).rev().find(|end| std::str::from_utf8(&text[..*end]).is_ok());
    &text[..end.unwrap_or(most.min(text.len()))]
}

fn limited(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("it was: {}…", &text[..end]),
        None => format!("it was: {text}"),
    }
}
