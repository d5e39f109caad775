//! Rewrites functions, aliases, and settings that Pipewright always has.

use super::parameters::literal;
use super::{Rewrite, Rewriter, Stop, name_at};

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
        self.at = self.text.len() - body.len() + 1;
        self.out += &format!("fn {name}(...{WORDS}) {{");
        self.in_function = true;
        self.open_scope();
        self.statements(&["}"])?;
        self.close_scope();
        self.in_function = false;
        self.at += 1;
        let trimmed = self.out.trim_end_matches([' ', '\t']);
        let trimmed = trimmed.strip_suffix(';').unwrap_or(trimmed).to_owned();
        self.out = trimmed;
        self.out += if self.out.ends_with('\n') { "}" } else { " }" };
        Ok(true)
    }

    /// Rewrites a positional parameter within a function. Returns whether there was one.
    pub(super) fn positional(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        if !self.in_function {
            return Ok(false);
        }
        if rest.starts_with("$#") {
            self.out += &format!("$[{WORDS}.len()]");
            self.at += 2;
            return Ok(true);
        }
        let (number, length, default) = match rest.strip_prefix("${") {
            Some(inside) => {
                let end = inside.find('}').ok_or(Stop)?;
                let (number, default) = match inside[..end].split_once(":-") {
                    Some((number, default)) => (number, Some(default)),
                    None => (&inside[..end], None),
                };
                (number, end + 3, default)
            }
            None => (rest.get(1..2).unwrap_or_default(), 2, None),
        };
        let Some(index) = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
            return Ok(false);
        };
        self.out += &match default {
            None => format!("${{{WORDS}[{index}]}}"),
            Some(default) => {
                let default = literal(default).ok_or(Stop)?;
                format!("$[{WORDS}.len() > {index} ? {WORDS}[{index}].or({default}) : {default}]")
            }
        };
        self.at += length;
        Ok(true)
    }

    /// Rewrites `"$@"`, all words of the call. Returns whether there was one.
    pub(super) fn all_words(&mut self) -> bool {
        let is_all = self.in_function && self.sees("\"$@\"");
        let is_whole = self.rest().get(4..).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with([' ', '\t', '\n', ';', '|', '&', ')', '<', '>'])
        });
        if is_all && is_whole {
            self.out += &format!("...${WORDS}");
            self.at += 4;
        }
        is_all && is_whole
    }

    /// Rewrites a builtin that sets what Pipewright does anyway, or that declares an alias. Returns whether there was one.
    pub(super) fn setting(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        let end = rest.find(['\n', ';', '|', '&', ')', '<', '>']).unwrap_or(rest.len());
        let words: Vec<&str> = rest[..end].split_ascii_whitespace().collect();
        let always = match words[..] {
            // The command search notices changed directories of PATH, so there is nothing to forget.
            ["hash", "-r"] => true,
            ["set", ref options @ ..] => {
                let holds = |option: &&str| ["-e", "-u", "-eu", "-euo", "-o", "pipefail"].contains(option);
                !options.is_empty() && options.iter().all(holds)
            }
            _ => false,
        };
        if always || words == [":"] {
            self.at += rest[..end].trim_end().len();
            self.out += "true";
            return Ok(true);
        }
        if words.first() == Some(&"alias") {
            self.alias()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Rewrites `alias NAME='words'`.
    fn alias(&mut self) -> Rewrite<()> {
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
