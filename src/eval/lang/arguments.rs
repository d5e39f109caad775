//! Command lines of functions: words to parameters, for `deploy web1 --retries 5` and for a script's own `main`.

use crate::check::program::*;
use crate::check::{NamedOption, OptionForm, accepts, is_number, read_options, similar_option};
use crate::diag::{quote_word, visible};
use crate::eval::lang::call::BoundArg;
use crate::value::{List, Type, Value, format};

/// A word of a call: text, or the value that the whole word is.
pub struct Argument {
    pub value: Value,
    /// Whether it is literal text of the script: only such a word can be an option.
    pub literal: bool,
}

impl Argument {
    /// Returns the word as text, or if it has no text, its value in the notation of the language.
    pub fn shown(&self) -> Vec<u8> {
        match format::to_word(&self.value) {
            Ok(text) => text.into_owned(),
            Err(_) => format::display(&self.value, 1000).into_bytes(),
        }
    }

    /// Returns the text of an option, if it can be one.
    pub fn option(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Str(text) if self.literal => Some(text.as_bytes()),
            _ => None,
        }
    }
}

/// The destination of words without a name when all parameters without a default are set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// The parameters with a default, in order: `f a b`.
    Call,
    /// None: a parameter with a default is an option of the script.
    Main,
}

/// Binds the words of a command line to the parameters.
///
/// Parameters without a default are bound in order, those with one as options. Remaining words go to a `...rest`,
/// or without one to the parameters that `placing` names.
pub fn bind(function: &Function, words: &[Argument], placing: Placing) -> Result<Vec<BoundArg>, String> {
    if function.is_wrapper() {
        let words: Vec<Value> = words.iter().map(|word| word.value.clone()).collect();
        return Ok(vec![BoundArg::Value(Value::List(words.into()))]);
    }
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
        let written = String::from_utf8_lossy(text);
        let options =
            read_options(function.formals(), &written).map_err(|name| unknown(function, &written, &name))?;
        let last = options.len();
        for (at, NamedOption { place, form, name }) in options.into_iter().enumerate() {
            let parameter = &parameters[place].formal;
            let before = given[place].take();
            given[place] = Some(match (form, before) {
                (OptionForm::Count, before) => {
                    if at + 1 == last {
                        refuse_count_of(parameter, &name, words.clone().next())?;
                    }
                    let Some(Value::Int(count)) = before.or(Some(Value::Int(0))) else { continue };
                    Value::Int(count.saturating_add(1))
                }
                (form, before) => {
                    let value = match form {
                        OptionForm::Inline(start) => named(parameter, parameter.read_option(&text[start..]))?,
                        OptionForm::NextWord => match words.next() {
                            Some(word) => convert_option(parameter, word)?,
                            None => return Err(format!("{name} needs a value")),
                        },
                        OptionForm::Switch(on) => Value::Bool(on),
                        OptionForm::Count => Value::Int(1),
                    };
                    match (before, value) {
                        (None, value) => value,
                        (Some(Value::List(before)), Value::List(more)) => {
                            Value::List(before.iter().chain(more.iter()).cloned().collect())
                        }
                        _ => return Err(format!("{name} is given twice")),
                    }
                }
            });
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
        if placing == Placing::Call
            && matches!(given, BoundArg::Default)
            && !parameter.is_switch()
            && let Some(word) = positional.next()
        {
            *given = BoundArg::Value(convert(parameter, word)?);
        }
    }
    match positional.next() {
        Some(word) => {
            let free = function.formals().zip(&all).find(|(parameter, given)| {
                matches!(given, BoundArg::Default) && !parameter.is_switch() && !parameter.rest
            });
            let word = quote_word(&word.shown());
            Err(match free {
                Some((option, _)) if placing == Placing::Main => {
                    format!(
                        "there is no place for {word}: an option has its name before it, --{} {word}",
                        option.dashed_name()
                    )
                }
                _ => format!("there is no place for {word}"),
            })
        }
        None => Ok(all),
    }
}

/// Converts a word for a parameter: a value is used unchanged if the parameter takes it, otherwise its text is
/// converted.
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
    named(parameter, parameter.read_word(word))
}

/// Converts the word after an option: for a list, its next element, or a list of them.
fn convert_option(parameter: &Formal, word: &Argument) -> Result<Value, String> {
    match &word.value {
        Value::Str(text) => named(parameter, parameter.read_option(text.as_bytes())),
        Value::List(_) => convert(parameter, word),
        value if parameter.is_repeated() => Ok(Value::List(List::from(vec![value.clone()]))),
        _ => convert(parameter, word),
    }
}

fn named(parameter: &Formal, value: Result<Value, String>) -> Result<Value, String> {
    value.map_err(|reason| format!("{}: {reason}", parameter.name))
}

fn unknown(function: &Function, written: &str, name: &str) -> String {
    let name = visible(name.as_bytes());
    match similar_option(function.formals(), written) {
        Some(meant) => format!("no option {name}; did you mean {meant}?"),
        None => format!("no option {name}"),
    }
}

/// Refuses `-v 3`: the number is a separate argument, but the user may mean it as the count.
fn refuse_count_of(parameter: &Formal, name: &str, next: Option<&Argument>) -> Result<(), String> {
    let Some(Value::Str(number)) = next.map(|next| &next.value) else { return Ok(()) };
    let number = String::from_utf8_lossy(number.as_bytes());
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    let long = parameter.dashed_name();
    Err(format!(
        "{name} counts and takes no value: write --{long} {number}, or the argument {number} before {name}"
    ))
}
