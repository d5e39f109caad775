//! Patterns: a value taken apart into variables.

use crate::check::program::*;
use crate::diag::{Diagnostic, code, similar, visible};
use crate::eval::Interpreter;
use crate::eval::dry::{is_unknown, unknown};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::{List, Map, Value, format};

/// How many bytes of a value a message shows.
const MOST_SHOWN: usize = 200;

impl Interpreter {
    /// Assigns a value to a variable, or its parts to those of a pattern.
    #[inline]
    pub(in crate::eval) fn bind(&mut self, binding: &Binding, value: Value) -> Eval<()> {
        match binding {
            Binding::Variable(slot) => {
                *self.slot_mut(*slot) = value;
                Ok(())
            }
            _ => self.take_apart(binding, value),
        }
    }

    fn take_apart(&mut self, binding: &Binding, value: Value) -> Eval<()> {
        match (binding, value) {
            (Binding::Variable(slot), value) => *self.slot_mut(*slot) = value,
            (Binding::Ignored, _) => {}
            (Binding::List(pattern), Value::List(list)) => return self.bind_list(pattern, &list),
            (Binding::Map(pattern), Value::Map(map)) => return self.bind_map(pattern, &map),
            (binding, value) if self.dry.is_some() && is_unknown(&value) => self.bind_unknown(binding),
            (Binding::List(pattern), value) => return Err(self.not_of_shape(pattern.span, "a list", &value)),
            (Binding::Map(pattern), value) => return Err(self.not_of_shape(pattern.span, "a map", &value)),
        }
        Ok(())
    }

    fn bind_list(&mut self, pattern: &ListPattern, list: &List) -> Eval<()> {
        let least = pattern.elements.iter().filter(|part| part.default.is_none()).count();
        let most = pattern.elements.len();
        if list.len() < least || list.len() > most && pattern.rest.is_none() {
            return Err(self.wrong_length(pattern, least, list));
        }
        for (at, part) in pattern.elements.iter().enumerate() {
            let value = self.or_default(list.get(at), part)?;
            self.bind(&part.binding, value)?;
        }
        match &pattern.rest {
            Some(rest) => self.bind(rest, Value::List(list.iter().skip(most).cloned().collect())),
            None => Ok(()),
        }
    }

    fn bind_map(&mut self, pattern: &MapPattern, map: &Map) -> Eval<()> {
        for (key, part) in &pattern.entries {
            let found = map.get(key);
            if found.is_none() && part.default.is_none() {
                return Err(self.no_such_key(part.span, key.as_bytes(), map));
            }
            let value = self.or_default(found, part)?;
            self.bind(&part.binding, value)?;
        }
        let Some(rest) = &pattern.rest else { return Ok(()) };
        let is_left = |key: &_| !pattern.entries.iter().any(|(taken, _)| taken == key);
        let left = map.iter().filter(|(key, _)| is_left(*key));
        self.bind(rest, Value::Map(left.map(|(key, value)| (key.clone(), value.clone())).collect()))
    }

    /// Returns the value of an element or a key, or its default if it is missing.
    fn or_default(&mut self, found: Option<&Value>, part: &PatternPart) -> Eval<Value> {
        match (found, &part.default) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(default)) => self.expr(default),
            (None, None) => Ok(Value::Null),
        }
    }

    /// Makes all variables of a pattern unknown, if only the run can know the value.
    fn bind_unknown(&mut self, binding: &Binding) {
        let (parts, rest): (Vec<&Binding>, _) = match binding {
            Binding::Variable(slot) => return *self.slot_mut(*slot) = unknown(None),
            Binding::Ignored => return,
            Binding::List(pattern) => {
                (pattern.elements.iter().map(|part| &part.binding).collect(), &pattern.rest)
            }
            Binding::Map(pattern) => {
                (pattern.entries.iter().map(|(_, part)| &part.binding).collect(), &pattern.rest)
            }
        };
        parts.into_iter().chain(rest).for_each(|part| self.bind_unknown(part));
    }

    // -------------------------------------------------------------------------------------- errors

    fn mismatch(&self, span: Span, message: String, label: &str, value: &Value) -> Diagnostic {
        let error = page(code::PATTERN_MISMATCH, self.source(), span, message, label);
        error.note(format!("the value is {}", format::display(value, MOST_SHOWN)))
    }

    fn not_of_shape(&self, span: Span, takes: &str, value: &Value) -> Unwind {
        let message = format!("the pattern takes {takes}, and the value is {}", value.type_of().phrase());
        let mut error = self.mismatch(span, message, &format!("takes {takes}"), value);
        error.help.extend(other_shape(&self.written(span), value));
        Error::value(error).into()
    }

    fn wrong_length(&self, pattern: &ListPattern, least: usize, list: &List) -> Unwind {
        let most = pattern.elements.len();
        let takes = match (least, most) {
            (1, _) if pattern.rest.is_some() => "at least one element".to_string(),
            _ if pattern.rest.is_some() => format!("at least {least} elements"),
            (least, most) if least < most => format!("{least} to {most} elements"),
            (1, 1) => "one element".to_string(),
            _ => format!("{most} elements"),
        };
        let has = match list.len() {
            0 => "is empty".to_string(),
            1 => "has one".to_string(),
            count => format!("has {count}"),
        };
        let text = self.written(pattern.span);
        let help = if list.len() > most {
            let inner = text.trim_end_matches(']').trim_end().trim_end_matches(',').trim_end();
            let comma = if most == 0 { "" } else { ", " };
            format!("`...rest` takes the remaining parts, and `..._` ignores them: {inner}{comma}...rest]")
        } else {
            let missing = &pattern.elements[list.len()..least];
            let defaults = missing.iter().map(|part| format!("{} = null", self.written(part.span)));
            format!("give what may be missing a default: {}", defaults.collect::<Vec<_>>().join(", "))
        };
        let message = format!("the pattern takes {takes}, and the list {has}");
        let value = Value::List(list.clone());
        Error::value(self.mismatch(pattern.span, message, &format!("takes {takes}"), &value).help(help))
            .into()
    }

    fn no_such_key(&self, span: Span, key: &[u8], map: &Map) -> Unwind {
        let message = format!("the pattern takes the key `{}`, and the map has no such key", visible(key));
        let error = page(code::PATTERN_MISMATCH, self.source(), span, message, "no such key");
        let keys: Vec<_> = map.keys().take(10).map(|key| visible(key.as_bytes())).collect();
        let error = match keys.is_empty() {
            true => error.note("the map is empty"),
            false => error.note(format!("its keys are {}", keys.join(", "))),
        };
        let text = String::from_utf8_lossy(key);
        let alike = similar(&text, map.keys().filter_map(|key| std::str::from_utf8(key.as_bytes()).ok()));
        let error = match alike {
            Some(alike) => error.help(format!("did you mean `{alike}`?")),
            None => error.help(format!("give it a default: {} = null", self.written(span))),
        };
        Error::value(error).into()
    }
}

/// Returns the help for a pattern that meets a value of another type.
fn other_shape(pattern: &str, value: &Value) -> Option<String> {
    let names = pattern.get(1..pattern.len().saturating_sub(1)).unwrap_or_default().trim();
    let is_plain = names.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_, ".contains(&byte));
    let names = if is_plain && !names.is_empty() { names } else { "a, b" };
    Some(match value {
        Value::Map(_) => format!("a map is taken apart by its keys: {{{names}}}"),
        Value::List(_) => format!("a list is taken apart by the order of its elements: [{names}]"),
        Value::Range(_) => "make a list of the range: list(r)".to_string(),
        Value::Str(_) if !pattern.starts_with('[') => "a map of the text of JSON is json(text)".to_string(),
        Value::Str(text) if text.as_bytes().contains(&b',') => {
            "split the text: text.split(\",\")".to_string()
        }
        Value::Str(_) => "split the text: text.split(), text.lines()".to_string(),
        _ => return None,
    })
}
