//! Hints for code of other languages: the environment, variables that options set, and text with
//! doubled quotes.

use super::super::place::{self, Put};
use super::super::rewrite::{ValueText, quoted};
use super::{Hint, only};
use crate::check::words::literal;
use crate::programs::{self, Fault, State};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, WordKind};

impl Hint<'_, '_> {
    /// Rewrites `sed "s/a/$x/"` as `sed --sandbox "s/a/$x/"`.
    pub(super) fn sandbox(&self) -> String {
        let sentence = "with --sandbox sed runs and writes nothing that its script says; text is replaced as it is by .replace()";
        let program = self.place.words.iter().rev().find(|word| {
            self.spans().next().is_some_and(|value| word.span.end <= value.start)
                && literal(Some(word))
                    .is_some_and(|name| matches!(programs::base_name(&name), "sed" | "gsed"))
        });
        let line = program.and_then(|program| {
            let mut rewrite = self.rewrite();
            rewrite.insert(program.span.end, " --sandbox");
            rewrite.line()
        });
        line.map_or_else(|| sentence.to_string(), |line| format!("{sentence}:\n{line}"))
    }

    /// Returns the line with the values in the environment, from which the code takes them.
    pub(super) fn by_environment(&self, place: Put, before: &str) -> String {
        let sentence = "pass the value in the environment";
        match self.environment_line(place, before) {
            Some(line) => format!("{sentence}:\n{line}"),
            None => only("pass the value as an argument or in the environment"),
        }
    }

    fn environment_line(&self, put: Put, before: &str) -> Option<String> {
        let values = self.values()?;
        let word = self.word_of(values.first()?.0)?;
        // A launcher such as sudo does not pass the environment on to its program.
        let first = literal(self.place.words.first())?;
        if self.place.is_input || !self.problems[0].reader.label.starts_with(programs::base_name(&first)) {
            return None;
        }
        let code = self.code_of(word, &values, put)?;
        let mut set: Vec<String> = values
            .iter()
            .filter(|(_, value)| !value.is_environment)
            .map(|(_, value)| format!("{}={} ", value.name, value.word))
            .collect();
        set.dedup();
        let names: std::collections::HashSet<&str> =
            values.iter().map(|(_, value)| value.name.as_str()).collect();
        if names.len() < set.len() {
            return None;
        }
        let mut rewrite = self.rewrite();
        rewrite.insert(self.place.span.start, set.concat());
        rewrite.replace(word.span, quoted(&format!("{before}{code}")));
        rewrite.line()
    }

    /// Returns the text of a word of code, with the values in the form of its language.
    fn code_of(&self, word: &ast::Word<'_>, values: &[(Span, ValueText<'_>)], put: Put) -> Option<String> {
        let WordKind::Parts(parts) = &word.kind else { return None };
        if parts.len() < 2 {
            return None;
        }
        let mut code = String::new();
        let mut strip = 0;
        for (at, part) in parts.iter().enumerate() {
            match &part.kind {
                PartKind::Bare(text) | PartKind::Quoted(text) => {
                    code.push_str(std::str::from_utf8(text).ok()?.get(strip..)?);
                    strip = 0;
                }
                PartKind::Value(..) | PartKind::Expr(_) => {
                    let (_, value) = values.iter().find(|(span, _)| *span == part.span)?;
                    let after = match parts.get(at + 1).map(|part| &part.kind) {
                        Some(PartKind::Quoted(text) | PartKind::Bare(text)) => {
                            std::str::from_utf8(text).ok()?
                        }
                        None => "",
                        _ => return None,
                    };
                    let placed = put(&code, after, &value.name)?;
                    code.truncate(code.len() - placed.before);
                    code.push_str(&placed.text);
                    strip = placed.after;
                }
                _ => return None,
            }
        }
        (!code.contains('\n')).then_some(code)
    }

    /// Rewrites `awk -v x=$v '… x …'` as `x=$v awk '… ENVIRON["x"] …'`.
    pub(super) fn environment_of_awk(&self) -> String {
        let sentence = "the environment keeps the value as it is";
        match self.awk_line() {
            Some(line) => format!("{sentence}:\n{line}"),
            None => format!("{sentence}: x=$x awk '… ENVIRON[\"x\"] …'"),
        }
    }

    fn awk_line(&self) -> Option<String> {
        let span = self.spans().next()?;
        let words = self.place.words;
        let at = words.iter().position(|word| word.span.start <= span.start && span.end <= word.span.end)?;
        let is_awk = literal(words.first()).is_some_and(|name| programs::base_name(&name).ends_with("awk"));
        let name = self.text[words[at].span.start as usize..span.start as usize].trim_start_matches("-v");
        let name = name.trim_matches('"').strip_suffix('=')?;
        let option = at.checked_sub(1).map(|before| &words[before]);
        let is_separate = literal(option).as_deref() == Some("-v");
        let program = words[at + 1..].iter().find(|word| self.text[word.span.range()].starts_with('\''))?;
        let is_value =
            self.text[span.range()].starts_with(['$', '.']) && !self.text[span.range()].starts_with("$(");
        if !is_awk
            || !is_value
            || self.problems.len() > 1
            || !words[at].span.range().contains(&(span.start as usize))
        {
            return None;
        }
        let mut rewrite = self.rewrite();
        rewrite.insert(self.place.span.start, format!("{name}={} ", &self.text[span.range()]));
        let first = if is_separate { option?.span } else { words[at].span };
        let next = words.get(at + 1)?.span.start as usize;
        rewrite.replace(Span::new(first.start as usize, next), "");
        rewrite.replace(program.span, place::named_in_awk(&self.text[program.span.range()], name));
        rewrite.line()
    }

    /// Rewrites `jq ".a == \"$x\""` as `jq --arg x $x '.a == $x'`.
    pub(super) fn jq(&self) -> String {
        let line = || {
            let values = self.values()?;
            let word = self.word_of(values.first()?.0)?;
            let code = self.code_of(word, &values, place::jq)?;
            let program = self.place.words.iter().rev().find(|word| {
                word.span.end <= values[0].0.start
                    && literal(Some(word))
                        .is_some_and(|name| matches!(programs::base_name(&name), "jq" | "gojq" | "jaq"))
            })?;
            let mut options = String::new();
            for (_, value) in &values {
                let is_text = !code.contains(&format!("[${}]", value.name))
                    || code.contains(&format!(".[${}]", value.name));
                let option =
                    format!(" {} {} {}", if is_text { "--arg" } else { "--argjson" }, value.name, value.word);
                if !options.contains(&option) {
                    options.push_str(&option);
                }
            }
            let mut rewrite = self.rewrite();
            rewrite.insert(program.span.end, options);
            rewrite.replace(word.span, quoted(&code));
            rewrite.line()
        };
        match line() {
            Some(line) => format!("pass the value as a variable:\n{line}"),
            None => only("pass the value as a variable of jq: --arg x $x, or --argjson for a number"),
        }
    }

    /// Rewrites `psql -c "… '$x'"` as `psql -v x=$x <<< "… :'x'"`.
    pub(super) fn psql(&self) -> String {
        let line = || {
            let values = self.values()?;
            let word = self.word_of(values.first()?.0)?;
            let option = self.place.words.iter().rev().find(|other| other.span.end <= word.span.start)?;
            if self.place.is_input || !matches!(literal(Some(option)).as_deref(), Some("-c" | "--command")) {
                return None;
            }
            let code = self.code_of(word, &values, place::psql)?;
            let set: Vec<String> =
                values.iter().map(|(_, value)| format!(" -v {}={}", value.name, value.word)).collect();
            let mut rewrite = self.rewrite();
            rewrite.replace(option.span.to(word.span), format!("-v ON_ERROR_STOP=1{}", set.concat()));
            rewrite.insert(self.place.span.end, format!(" <<< {}", quoted(&code)));
            rewrite.line()
        };
        match line() {
            Some(line) => format!("pass the value as a variable, which psql quotes in its input:\n{line}"),
            None if self.place.is_input => {
                "pass the value as a variable: psql -v x=$x, and write :'x' in the SQL".to_string()
            }
            None => {
                only("pass the value as a variable: psql -v x=$x, and write :'x' in the SQL of its input")
            }
        }
    }

    /// Rewrites SQL of sqlite3: the quotes of a text are doubled, a number is converted.
    pub(super) fn sqlite(&self) -> String {
        let states: Vec<bool> =
            self.problems.iter().map(|problem| problem.fault == Fault::Code(State::SingleQuoted)).collect();
        if states.iter().all(|in_string| *in_string) {
            let sentence = "double the single quotes of the text";
            return self
                .in_place(sentence, |value| format!("$[{}.replace(\"'\", \"''\")]", value.expression));
        }
        if states.iter().all(|in_string| !*in_string) && !self.problems[0].is_whole {
            let sentence =
                "a number is $[int(x)]; text is written in single quotes, with its own quotes doubled";
            return self.in_place(sentence, |value| format!("$[int({})]", value.expression));
        }
        only(
            "a number is $[int(x)]; text is written in single quotes, with its own quotes doubled: '$[x.replace(\"'\", \"''\")]'",
        )
    }
}
