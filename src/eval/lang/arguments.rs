//! Command lines of functions: words to parameters, for `deploy web1 --retries 5` and for a script's own `main`.

use crate::check::program::*;
use crate::check::{OptionForm, accepts, find_option, from_word, is_number};
use crate::diag::{Diagnostic, code, quote_word, visible};
use crate::eval::Interpreter;
use crate::eval::exec::output::Output;
use crate::eval::lang::call::BoundArg;
use crate::eval::report::unwind::{Error, Eval, Unwind};
use crate::span::Span;
use crate::value::{List, Type, Value, format};

/// A word of a call: text, or the value that it is as a whole.
pub struct Argument {
    pub value: Value,
    /// It stands in the script as it is: only such is an option.
    pub literal: bool,
}

impl Argument {
    /// The word as a text: of what has none, how the language writes it.
    pub fn shown(&self) -> Vec<u8> {
        match format::to_word(&self.value) {
            Ok(text) => text.into_owned(),
            Err(_) => format::display(&self.value, 1000).into_bytes(),
        }
    }

    /// The text of an option, if it can be one.
    fn option(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Str(text) if self.literal => Some(text.as_bytes()),
            _ => None,
        }
    }
}

/// What the arguments of a script ask for.
pub enum Asked {
    /// To run it; it has no `main`.
    Script,
    /// To run it and its `main`.
    Main(Main),
    /// The text that `--help` prints.
    Help(String),
}

/// The arguments of `main`.
pub struct Main {
    function: FunctionId,
    given: Vec<BoundArg>,
}

/// What the words of a command line give each parameter.
///
/// Parameters without a default are given in order, those with one as options. What is left goes to a `...rest`, or
/// without one to those with a default, in their order: `fn main(dir: path = ".")` is called as `script DIR` too.
pub fn bind(function: &Function, words: &[Argument]) -> Result<Vec<BoundArg>, String> {
    let parameters = &function.parameters;
    let mut given: Vec<Option<Value>> = parameters.iter().map(|_| None).collect();
    let mut positional: Vec<&Argument> = Vec::new();
    let mut words = words.iter();
    let mut ended = false;
    while let Some(word) = words.next() {
        let option = word.option().filter(|text| text.starts_with(b"-") && *text != b"-" && !is_number(text));
        let Some(text) = option.filter(|_| !ended) else {
            positional.push(word);
            continue;
        };
        if text == b"--" {
            ended = true;
            continue;
        }
        let option = String::from_utf8_lossy(text);
        let Some((place, form)) = find_option(function.formals(), &option) else {
            return Err(format!("no option {}", visible(text)));
        };
        let parameter = &parameters[place].formal;
        let value = match form {
            OptionForm::Switch(on) => Value::Bool(on),
            OptionForm::Inline(start) => convert_text(parameter, &text[start..])?,
            OptionForm::NextWord => match words.next() {
                Some(word) => convert(parameter, word)?,
                None => return Err(format!("{} needs a value", visible(text))),
            },
        };
        if given[place].replace(value).is_some() {
            return Err(format!(
                "{} is given twice",
                visible(option.split('=').next().unwrap_or(&option).as_bytes())
            ));
        }
    }
    let mut positional = positional.into_iter();
    let mut all = Vec::with_capacity(parameters.len());
    for (parameter, given) in function.formals().zip(given) {
        all.push(match given {
            Some(value) => BoundArg::Value(value),
            None if parameter.rest => {
                let rest = positional.by_ref().map(|word| convert(parameter, word));
                BoundArg::Value(Value::List(rest.collect::<Result<Vec<_>, _>>().map(List::from)?))
            }
            None if parameter.optional => BoundArg::Default,
            None => match positional.next() {
                Some(word) => BoundArg::Value(convert(parameter, word)?),
                None => return Err(format!("{} is missing", parameter.name.to_uppercase())),
            },
        });
    }
    for (parameter, given) in function.formals().zip(&mut all) {
        if matches!(given, BoundArg::Default)
            && !parameter.is_switch()
            && let Some(word) = positional.next()
        {
            *given = BoundArg::Value(convert(parameter, word)?);
        }
    }
    match positional.next() {
        Some(word) => Err(format!("there is no place for {}", quote_word(&word.shown()))),
        None => Ok(all),
    }
}

/// What a word gives a parameter: a value as it is where the parameter takes it, and otherwise what its text means.
fn convert(parameter: &Formal, word: &Argument) -> Result<Value, String> {
    let found = word.value.type_of();
    let is_taken = found != Type::Str && parameter.kind.is_none_or(|kind| accepts(kind, found));
    match (format::to_word(&word.value), parameter.kind) {
        _ if is_taken => Ok(word.value.clone()),
        (Err(_), Some(kind)) => {
            Err(format!("{}: expected {}, found {}", parameter.name, kind.name(), found.phrase()))
        }
        (text, _) => convert_text(parameter, &text.unwrap_or_default()),
    }
}

fn convert_text(parameter: &Formal, word: &[u8]) -> Result<Value, String> {
    from_word(parameter.kind, word).map_err(|reason| format!("{}: {reason}", parameter.name))
}

impl Interpreter {
    /// The arguments of the script for its `main`, if it has one. Looked at before anything runs.
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
        let mut options = words.iter().map_while(|word| word.option().filter(|text| *text != b"--"));
        if options.any(|text| text == b"--help" || text == b"-h")
            && find_option(function.formals(), "--help").is_none()
        {
            return Ok(Asked::Help(self.help(function)));
        }
        match bind(function, &words) {
            Ok(given) => Ok(Asked::Main(Main { function: id, given })),
            Err(reason) => {
                let usage = self.usage_line(function);
                let error = Diagnostic::new(code::BAD_ARGUMENTS, format!("{}: {reason}", self.script_name()));
                let error = error.help(format!("{usage}\n--help tells more"));
                Err(Error::refused(error, 2).into())
            }
        }
    }

    /// Prints what `--help` asks for: that is all of the run.
    pub(in crate::eval) fn print_help(&self, text: &str) -> Eval<()> {
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

    fn script_name(&self) -> String {
        let name = self.program.main_module().source.name();
        name.rsplit('/').next().unwrap_or(name).to_string()
    }

    /// `usage: deploy.pw [--retries INT] HOST [REST…]`
    fn usage_line(&self, function: &Function) -> String {
        let (options, others): (Vec<&Formal>, Vec<_>) = function.formals().partition(|one| one.optional);
        let words = options.into_iter().chain(others).map(|parameter| format!(" {}", parameter.usage()));
        format!("usage: {}{}", self.script_name(), words.collect::<String>())
    }

    /// What `--help` prints: how the script is called, what its comment says, and its options.
    fn help(&self, function: &Function) -> String {
        let source = self.program.source(function.module);
        let mut text = self.usage_line(function) + "\n";
        if !function.doc.is_empty() {
            text.push_str(&format!("\n{}\n", function.doc));
        }
        let mut rows: Vec<(String, String)> = Vec::new();
        for parameter in &function.parameters {
            let Some(default) = &parameter.default else { continue };
            let default = &source.text()[default.span.range()];
            rows.push((parameter.formal.option(), format!("default: {default}")));
        }
        rows.push(("--help".to_string(), "this text".to_string()));
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        text.push_str("\noptions:\n");
        for (name, what) in rows {
            text.push_str(&format!("  {name:width$}  {what}\n"));
        }
        text
    }
}
