//! Rewrites functions, aliases, and the words with which functions and scripts are called.

use super::{Rewrite, Rewriter, Stop, name_at};

/// Why a function is not rewritten whose variable is also used elsewhere.
pub const SHARED: &str = "this variable is used outside of the function, too";

/// The name of the parameter that receives the words of a call.
const WORDS: &str = "words";

impl Rewriter<'_> {
    /// Rewrites `NAME() { …; }` or `function NAME { …; }`. Returns whether there was one.
    pub(super) fn function(&mut self) -> Rewrite<bool> {
        let (is_keyword, head) = match self.rest().strip_prefix("function ") {
            Some(rest) => (true, rest.trim_start_matches([' ', '\t'])),
            None => (false, self.rest()),
        };
        let name = name_at(head);
        let rest = head[name.len()..].trim_start_matches([' ', '\t']);
        let body = match rest.strip_prefix("()") {
            Some(body) => body,
            None if is_keyword => rest,
            None => return Ok(false),
        };
        let body = body.trim_start_matches([' ', '\t', '\n']);
        if name.is_empty() || !body.starts_with("{ ") && !body.starts_with("{\n") || self.in_function {
            return Err(Stop);
        }
        let start = self.at;
        self.at = self.text.len() - body.len() + 1;
        self.out += &format!("fn {name}(...{WORDS})");
        self.in_function = true;
        self.function_name = name;
        self.open_scope();
        let outcome = self.block(&["}"]);
        self.close_scope();
        self.in_function = false;
        outcome?;
        self.at += 1;
        let globals = std::mem::take(&mut self.function_globals);
        let outside = [&self.text[..start], &self.text[self.at..]];
        let is_recursive = has_name(&self.text[start + head.len() - body.len()..self.at], name);
        let shared = globals.iter().find(|global| outside.iter().any(|text| has_name(text, global)));
        if let Some(global) = shared {
            let place = self.text[start..self.at].find(&format!("{global}=")).unwrap_or_default();
            self.stopped = Some((start + place, SHARED));
            return Err(Stop);
        }
        if !globals.is_empty() && is_recursive {
            return Err(Stop);
        }
        Ok(true)
    }

    /// Returns the list of the words that the function, or the script, was called with.
    pub(super) fn words_name(&self) -> &'static str {
        if self.in_function { WORDS } else { "args" }
    }

    /// Returns whether there are such words.
    pub(super) fn has_words(&self) -> bool {
        self.in_function || self.names.is_script()
    }

    /// Rewrites a positional parameter within a function or a script. Returns whether there was one.
    pub(super) fn positional(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        if !self.has_words() {
            return Ok(false);
        }
        let words = self.words_name();
        for count in ["$#", "${#}", "${#@}"] {
            if rest.starts_with(count) {
                self.out += &format!("$[{words}.len()]");
                self.at += count.len();
                return Ok(true);
            }
        }
        for all in ["$*", "${*}"] {
            if rest.starts_with(all) {
                self.out += &format!("$[{words}.join(\" \")]");
                self.at += all.len();
                return Ok(true);
            }
        }
        let (number, length, default) = match rest.strip_prefix("${") {
            Some(inside) => {
                let end = inside.find('}').ok_or(Stop)?;
                if !inside.starts_with(|first: char| first.is_ascii_digit()) {
                    return Ok(false);
                }
                let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
                let (number, operator) = inside[..end].split_at(digits);
                if !operator.is_empty() && !operator.starts_with(":-") && !operator.starts_with('-') {
                    return self.positional_operation(number, operator, end + 3);
                }
                (number, end + 3, Some(operator).filter(|operator| !operator.is_empty()))
            }
            None => (rest.get(1..2).unwrap_or_default(), 2, None),
        };
        let Some(index) = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
            return Ok(false);
        };
        let text = match default {
            None => format!("${{{words}[{index}]}}"),
            Some(operator) => {
                let is_for_empty = operator.starts_with(':');
                let default = self.default(operator.trim_start_matches(':').trim_start_matches('-'))?;
                let own = if is_for_empty { format!(".or({default})") } else { String::new() };
                format!("$[{words}.len() > {index} ? {words}[{index}]{own} : {default}]")
            }
        };
        self.out += &text;
        self.at += length;
        Ok(true)
    }

    /// Rewrites a positional parameter with an operator, such as `${1##*/}`.
    fn positional_operation(&mut self, number: &str, operator: &str, length: usize) -> Rewrite<bool> {
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).ok_or(Stop)?;
        let is_of_locale = self.is_exact && operator.starts_with(['^', ',', ':']);
        let operation = super::parameters::operation(operator).filter(|_| !is_of_locale).ok_or(Stop)?;
        self.out += &format!("$[{}[{index}]{operation}]", self.words_name());
        self.at += length;
        Ok(true)
    }

    /// Rewrites `"$@"`, all words of the call. Returns whether there was one.
    pub(super) fn all_words(&mut self) -> bool {
        let is_all = self.has_words() && self.sees("\"$@\"");
        let is_whole = self.rest().get(4..).is_some_and(super::words::ends_word);
        if is_all && is_whole {
            // The words of a script come from outside, and a command in them has options.
            let is_command = !self.in_function && self.out.lines().last().is_some_and(is_exec);
            self.out += &match is_command {
                true => "...$[flags(args)]".to_owned(),
                false => format!("...${}", self.words_name()),
            };
            self.at += 4;
        }
        is_all && is_whole
    }

    /// Rewrites `alias NAME='words'`.
    pub(super) fn alias(&mut self) -> Rewrite<()> {
        let rest = self.rest()["alias".len()..].trim_start_matches([' ', '\t']);
        let name = name_at(rest);
        let value = rest[name.len()..].strip_prefix('=').ok_or(Stop)?;
        let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"')).ok_or(Stop)?;
        let (value, after) = value[1..].split_once(quote).ok_or(Stop)?;
        let is_whole = after.is_empty() || after.starts_with(['\n', ';']);
        // The words of a call come after the value, so the value must end with a word of a command.
        let is_open =
            value.ends_with([' ', '\t', ';', '&', '|', '}', ')', '\\']) || value.contains(['\n', '#', '=']);
        if name.is_empty()
            || value.is_empty()
            || !is_whole
            || is_open
            || quote == '"' && value.contains(['$', '`', '\\'])
        {
            return Err(Stop);
        }
        let mut inside = Rewriter::new(value, self.names);
        inside.depth = self.depth;
        inside.statements(&[])?;
        let command = if name_at(value) == name { "command " } else { "" };
        self.out += &format!("fn {name}(...{WORDS}) {{ {command}{} ...${WORDS} }}", inside.out);
        self.at = self.text.len() - after.len();
        Ok(())
    }
}

/// Returns whether a text has a name as a word of its own.
fn has_name(text: &str, name: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').any(|word| word == name)
}

/// Returns whether the last command of a text is `exec`.
fn is_exec(text: &str) -> bool {
    let command = text.rsplit([';', '&', '|', '{']).next().unwrap_or_default();
    command.split_ascii_whitespace().next() == Some("exec")
}
