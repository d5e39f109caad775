//! The options of a `with` and their values, as it is written and from maps: `with ...limits, timeout=5s`.

use crate::check::program::{OptionMap, OptionsOf, WithOption};
use crate::check::settings::{self, OptionSpec, Setting};
use crate::diag::{Code, Diagnostic, code, quote_word};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::{Str, Value, format};

/// An option of a `with` that has a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::eval) struct Given {
    pub setting: Setting,
    /// The option, or the map that has it.
    pub span: Span,
    /// Its value, or the map.
    pub value: Span,
}

impl Given {
    fn written(option: &WithOption) -> Self {
        Self { setting: option.setting, span: option.span, value: option.value.span }
    }
}

impl Interpreter {
    /// Evaluates the options of a `with`, those that are written before those of maps.
    pub(super) fn given(&mut self, options: &[WithOption], maps: &[OptionMap]) -> Eval<Vec<(Given, Value)>> {
        let mut all: Vec<(Given, Value)> = Vec::with_capacity(options.len());
        for option in options {
            all.push((Given::written(option), self.option_value(option)?));
        }
        for map in maps {
            self.take_map(map, &mut all)?;
        }
        if let (false, Some((idle, _))) = (maps.is_empty(), all.iter().find(|(one, _)| is_idle(one, &all))) {
            let message = format!("`{}` has no effect without `retry`", idle.setting.row().name);
            let help = "add how often: retry=3";
            return Err(self.refused_option(
                code::UNKNOWN_OPTION,
                idle.span,
                &message,
                "nothing is retried",
                help,
            ));
        }
        Ok(all)
    }

    /// Takes the options of a map, which the check has not seen.
    fn take_map(&mut self, map: &OptionMap, all: &mut Vec<(Given, Value)>) -> Eval<()> {
        let span = map.value.span;
        let value = self.expr(&map.value)?;
        let Value::Map(entries) = &value else {
            let message = "`with ...` takes a map of options";
            let found = format::display(&value, 60);
            let help = "such as: let limits = {memory: 512M, timeout: 30s}; with ...limits { … }";
            return Err(self.refused_option(code::WRONG_TYPE, span, message, &found, help));
        };
        for (name, value) in entries.iter() {
            let row = self.option_named(name, span, "a key of this map")?;
            self.fits_map(map, row, value)?;
            if row.takes.check(value).is_err() {
                return Err(self.wrong_setting(row, value, span));
            }
            if let Some((before, _)) = all.iter().find(|(one, _)| one.setting == row.setting) {
                let message = format!("`{}` is given twice", row.name);
                let page = page(code::DUPLICATE_NAME, self.source(), span, message, "again by this map");
                let page = page.also_at(self.source(), before.span, "given here");
                return Err(
                    Error::value(page.help("keep one of them, or write one `with` in the other")).into()
                );
            }
            all.push((Given { setting: row.setting, span: map.span, value: span }, value.clone()));
        }
        Ok(())
    }

    /// Returns the option with a name that the check has not seen.
    pub(super) fn option_named(&self, name: &Str, span: Span, label: &str) -> Eval<&'static OptionSpec> {
        let text = std::str::from_utf8(name.as_bytes()).unwrap_or_default();
        settings::find(text).ok_or_else(|| {
            let message = format!("`with` has no option {}", quote_word(name.as_bytes()));
            self.refused_option(code::UNKNOWN_OPTION, span, &message, label, &settings::instead_of(text))
        })
    }

    /// Refuses an option of which the check has to know, or that a map can't give to this kind of block.
    fn fits_map(&self, map: &OptionMap, row: &OptionSpec, value: &Value) -> Eval<()> {
        let setting = row.setting;
        let own = setting.is_of_loop()
            || setting.is_of_service()
            || matches!(setting, Setting::Channel | Setting::Detach)
            || map.of != OptionsOf::Block && setting == Setting::Timeout;
        let kind = match map.of {
            OptionsOf::Block => None,
            OptionsOf::Worker => Some("a worker"),
            OptionsOf::Service => Some("a service"),
        };
        let (message, help) = match kind {
            _ if own => (
                format!("`{}` can't come from a map", row.name),
                format!(
                    "write it where the block begins, beside the map: with {}={}, {}",
                    row.name,
                    format::display(value, 40),
                    self.source().text().get(map.span.range()).unwrap_or("...map")
                ),
            ),
            Some(kind) if !setting.is_of_program() => (
                format!("{kind} has no option `{}`", row.name),
                "write it inside the block: with …=… { … }".to_string(),
            ),
            _ => return Ok(()),
        };
        Err(self.refused_option(code::OPTION_IN_MAP, map.value.span, &message, "a key of this map", &help))
    }

    pub(super) fn refused_option(
        &self,
        code: Code,
        span: Span,
        message: &str,
        label: &str,
        help: &str,
    ) -> Unwind {
        let page = page(code, self.source(), span, message, label);
        Error::value(if help.is_empty() { page } else { page.help(help) }).into()
    }

    /// Evaluates one option.
    pub(in crate::eval) fn option_value(&mut self, option: &WithOption) -> Eval<Value> {
        let value = self.expr(&option.value)?;
        let row = option.setting.row();
        match row.takes.check(&value) {
            Ok(()) => Ok(value),
            Err(_) => Err(self.wrong_setting(row, &value, option.value.span)),
        }
    }

    pub(super) fn wrong_setting(&self, row: &OptionSpec, found: &Value, span: Span) -> Unwind {
        let message = format!("`{}` takes {}", row.name, row.takes.phrase());
        let error = page(code::WRONG_TYPE, self.source(), span, message, &format::display(found, 60));
        let error = row.suggest(found).into_iter().fold(error, Diagnostic::help);
        Error::value(error).into()
    }
}

/// Returns whether an option has no effect because another one is missing.
fn is_idle(option: &Given, all: &[(Given, Value)]) -> bool {
    matches!(option.setting, Setting::Backoff | Setting::RetryOn)
        && !all.iter().any(|(one, _)| one.setting == Setting::Retry)
}
