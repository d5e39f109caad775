//! The script's own command line: its arguments for `fn main`, and the texts that it prints instead of
//! running.

mod completions;
mod help;

use crate::check::program::*;
use crate::check::read_options;
use crate::diag::{Diagnostic, code};
use crate::eval::Interpreter;
use crate::eval::exec::output::Output;
use crate::eval::lang::arguments::{Argument, Placing, bind};
use crate::eval::lang::call::BoundArg;
use crate::eval::report::unwind::{Error, Eval, Unwind};
use crate::span::Span;
use crate::value::Value;

/// The request of a script's arguments.
pub enum Asked {
    /// To run the script, which has no `main`.
    Script,
    /// To run the script and its `main`.
    Main(Main),
    /// To print a text instead.
    Text(String),
}

/// The arguments of `main`.
pub struct Main {
    function: FunctionId,
    given: Vec<BoundArg>,
}

impl Interpreter {
    /// Binds the arguments of the script to its `main`, if it has one. This happens before anything
    /// runs.
    pub(in crate::eval) fn main_arguments(&self) -> Eval<Asked> {
        let Some(id) = self.program.main else { return Ok(Asked::Script) };
        let function = self.program.function(id);
        let Value::List(args) = self.slot(ARGS) else { return Ok(Asked::Script) };
        let words: Vec<Argument> = args
            .iter()
            .filter_map(|arg| match arg {
                Value::Str(_) => Some(Argument { value: arg.clone(), literal: true }),
                _ => None,
            })
            .collect();
        if let Some(text) = self.printed_instead(function, &words)? {
            return Ok(Asked::Text(text));
        }
        match bind(function, &words, Placing::Main) {
            Ok(given) => Ok(Asked::Main(Main { function: id, given })),
            Err(reason) => Err(self.refuse_arguments(function, &reason)),
        }
    }

    /// Returns the text for `--help`, `--version` and `--completions`, unless `main` has an option of
    /// that name.
    fn printed_instead(&self, function: &Function, words: &[Argument]) -> Eval<Option<String>> {
        // A wrapper receives every word unchanged.
        if function.is_wrapper() {
            return Ok(None);
        }
        let is_own = |option: &str| read_options(function.formals(), option).is_ok();
        let mut options = words.iter().map_while(|word| word.option().filter(|text| *text != b"--"));
        while let Some(text) = options.next() {
            let option = String::from_utf8_lossy(text);
            let (name, value) =
                option.split_once('=').map_or((&*option, None), |(name, value)| (name, Some(value)));
            if !matches!(name, "--help" | "-h" | "--version" | "--completions") || is_own(name) {
                continue;
            }
            return Ok(Some(match (name, help::version(function)) {
                ("--completions", _) => {
                    let next = options.next().map(String::from_utf8_lossy);
                    let shell = value.or(next.as_deref()).unwrap_or_default();
                    match completions::script(function, self.script_name(), shell) {
                        Some(text) => text,
                        None => {
                            let reason = "--completions takes the name of a shell: bash, fish or zsh";
                            return Err(self.refuse_arguments(function, reason));
                        }
                    }
                }
                ("--version", Some(version)) => format!("{} {version}\n", self.script_name()),
                ("--version", None) => continue,
                _ => help::text(function, self.script_name(), self.program.source(function.module).text()),
            }));
        }
        Ok(None)
    }

    fn refuse_arguments(&self, function: &Function, reason: &str) -> Unwind {
        let usage = help::usage_line(function, self.script_name());
        let error = Diagnostic::new(code::BAD_ARGUMENTS, format!("{}: {reason}", self.script_name()));
        let error = error.help(format!("{usage}\n--help tells more"));
        Error::refused(error, 2).into()
    }

    /// Prints the text that was requested instead of a run.
    pub(in crate::eval) fn print_instead(&self, text: &str) -> Eval<()> {
        Output::Files(&self.env.files).write(self, 1, text.as_bytes(), Span::default())
    }

    pub(in crate::eval) fn run_main(&mut self, program: &Program, main: Main) -> Eval<()> {
        let function = program.function(main.function);
        let value = self.call_given(function, main.given, function.span)?;
        if self.result.is_some() {
            self.result = Some(value);
            return Ok(());
        }
        match self.status_of_call(main.function, value, function.span)? {
            0 => Ok(()),
            status => Err(Unwind::Exit(status)),
        }
    }

    fn script_name(&self) -> &str {
        let name = self.program.main_module().source.name();
        name.rsplit('/').next().unwrap_or(name)
    }
}
