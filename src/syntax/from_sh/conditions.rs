//! Rewrites `[[ … ]]` and `((…))`.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `[[ … ]]`. Each comparison becomes a command.
    pub(super) fn test(&mut self, begins_list: bool) -> Rewrite<()> {
        self.at += "[[".len();
        let mut connectors = Vec::new();
        loop {
            self.comparison()?;
            self.skip_lines();
            let connector = match self.word() {
                "]]" => break,
                _ if self.sees("&&") => "&&",
                _ if self.sees("||") => "||",
                _ => return Err(Stop),
            };
            self.at += connector.len();
            self.out += &format!(" {connector} ");
            connectors.push(connector);
        }
        self.at += "]]".len();
        // In a list `&&` and `||` are equal, and in the brackets `&&` goes first.
        let is_left = connectors.iter().skip_while(|connector| **connector == "&&").all(|one| *one == "||");
        if connectors.is_empty() || begins_list && is_left { Ok(()) } else { Err(Stop) }
    }

    /// Rewrites one comparison of `[[ … ]]`.
    fn comparison(&mut self) -> Rewrite<()> {
        self.skip_lines();
        if self.word() == "!" {
            self.at += 1;
            self.skip_blanks();
            self.out += "! ";
        }
        let start = self.at;
        let mut words: Vec<(&str, String)> = Vec::new();
        loop {
            self.skip_blanks();
            if self.word() == "]]" || self.sees("&&") || self.sees("||") || self.sees("\n") {
                break;
            }
            let (at, text) = (self.at, self.text);
            if words.len() == 1 && ["<", ">"].iter().any(|sign| self.sees(sign)) || words.len() > 2 {
                return Err(Stop);
            }
            if words.len() == 2 && words[1].0 == "=~" {
                self.regex()?;
                words.push((&text[at..self.at], String::new()));
                continue;
            }
            let length = self.out.len();
            self.a_word()?;
            let word = self.out.split_off(length);
            words.push((&text[at..self.at], quoted(&text[at..self.at], word)));
        }
        let end = self.at;
        // `[` would compare a pattern as text, or replace it with file names.
        let is_plain = |operand: &&str| {
            !operand.contains(['*', '?', '[', '~', '{', '\\', '!']) || operand.starts_with("\"$")
        };
        let is_unary = |word: &str| {
            word.len() == 2 && word.starts_with('-') && "bcdefghLnprsStuwxz".contains(&word[1..])
        };
        match &words[..] {
            [(system, _), (operator @ ("=" | "==" | "!="), _), (pattern, _)]
                if system.trim_matches('"') == "$OSTYPE" =>
            {
                let name = system_name(pattern).ok_or(Stop)?;
                self.out += &format!("[ \"$(uname -s)\" {operator} {name} ]");
            }
            [(unary, _), (operand, word)]
                if is_unary(unary) && (is_plain(operand) || word.starts_with("\"$")) =>
            {
                self.out += &format!("[ {unary} {word} ]");
            }
            [(operand, word)] if is_plain(operand) => self.out += &format!("[ -n {word} ]"),
            [(left, one), (operator @ ("=" | "==" | "!="), _), (right, other)]
                if is_plain(left) || one.starts_with("\"$") =>
            {
                if is_plain(right) {
                    self.out += &format!("[ {one} {operator} {other} ]");
                } else {
                    let value = self.operand(start, left)?;
                    self.at = end;
                    let test = self.matched(right).ok_or(Stop)?;
                    let not = if *operator == "!=" { "not " } else { "" };
                    self.out += &format!("$[{not}{value}{test}]");
                }
            }
            // bash reads `010` as 8.
            [(left, _), ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge", _), (right, _)] if self.is_exact => {
                let [one, other] = [left, right].map(|side| self.arithmetic_of(side.trim_matches('"')));
                self.out += &format!("[ $[{}] {} $[{}] ]", one?, words[1].0, other?);
            }
            [(_, one), ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge", _), (_, other)] => {
                if one.contains('$') || other.contains('$') || one.starts_with('0') || other.starts_with('0')
                {
                    self.remark(super::arithmetic::OCTAL)?;
                }
                self.out += &format!("[ {one} {} {other} ]", words[1].0);
            }
            [(left, _), ("=~", _), (regex, _)] => {
                let value = self.operand(start, left)?;
                self.at = end;
                self.out += &format!("$[{value}.matches('{}')]", safe_regex(regex).ok_or(Stop)?);
            }
            _ => return Err(Stop),
        }
        Ok(())
    }

    /// Returns the method that matches a pattern with a `*` at one end or both.
    fn matched(&mut self, pattern: &str) -> Option<String> {
        let (starts, ends) = (pattern.starts_with('*'), pattern.ends_with('*'));
        let text = pattern.trim_matches('*');
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let text = match quoted {
            Some(inside) if inside.contains('$') && !inside.contains(['"', '\\', '`']) => {
                self.default(text).ok()?
            }
            _ => super::parameters::literal(quoted.unwrap_or(text)).filter(|text| text.len() > 2)?,
        };
        Some(match (starts, ends) {
            (true, true) => format!(".contains({text})"),
            (true, false) => format!(".ends_with({text})"),
            (false, true) => format!(".starts_with({text})"),
            (false, false) => return None,
        })
    }

    /// Returns the expression for an operand, which is a variable or holds one.
    fn operand(&mut self, start: usize, word: &str) -> Rewrite<String> {
        if !word.contains('$') {
            return Err(Stop);
        }
        self.at = start;
        let (value, _) = self.value()?;
        Ok(value)
    }

    /// Skips a regular expression, which ends at a blank outside of brackets.
    fn regex(&mut self) -> Rewrite<()> {
        let rest = self.rest();
        let mut depth = 0usize;
        for (at, letter) in rest.char_indices() {
            match letter {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                ' ' | '\t' | '\n' if depth == 0 => {
                    self.at += at;
                    return Ok(());
                }
                '\n' => return Err(Stop),
                _ => {}
            }
        }
        Err(Stop)
    }

    /// Rewrites `((…))`, an assignment or a comparison.
    pub(super) fn arithmetic_command(&mut self, is_statement: bool, begins_condition: bool) -> Rewrite<()> {
        let inside = &self.rest()["((".len()..];
        let end = inside.find("))").ok_or(Stop)?;
        let inside = inside[..end].trim();
        self.at += "((".len() + end + "))".len();
        if let Some(assignment) = self.arithmetic_assignment(inside)? {
            let rest = self.rest().trim_start_matches([' ', '\t']);
            // Its status is 1 where the result is 0, which only `$?` shows.
            let is_last = rest.trim_end_matches([';', '\n', ' ']).is_empty();
            if self.follows && !self.is_exact && self.is_statement {
                self.out += &format!("{{ {assignment} }}");
                return if rest.is_empty() || rest.starts_with([';', '\n', '}']) {
                    Ok(())
                } else {
                    Err(Stop)
                };
            }
            if !is_statement
                || self.is_exact && (is_last || self.text.contains("$?"))
                || !rest.is_empty() && !rest.starts_with([';', '\n', '}'])
            {
                return Err(Stop);
            }
            self.out += &assignment;
            return Ok(());
        }
        let comparison = self.arithmetic_comparison(inside)?;
        let is_condition = begins_condition && {
            let rest = self.rest().trim_start_matches([' ', '\t']);
            rest.starts_with([';', '\n']) && !rest.starts_with(";;")
        };
        self.out += &if is_condition { format!("({comparison})") } else { format!("$[{comparison}]") };
        Ok(())
    }

    /// Returns the comparison of two values, or of one with 0.
    fn arithmetic_comparison(&mut self, text: &str) -> Rewrite<String> {
        let operator = ["==", "!=", "<=", ">=", "<", ">"].iter().find(|operator| text.contains(**operator));
        let Some(operator) = operator else { return Ok(format!("{} != 0", self.arithmetic_of(text)?)) };
        let (left, right) = text.split_once(operator).ok_or(Stop)?;
        Ok(format!("{} {operator} {}", self.arithmetic_of(left)?, self.arithmetic_of(right)?))
    }

    /// Returns the statement for `i++`, `i+=2` or `i=3`.
    fn arithmetic_assignment(&mut self, text: &str) -> Rewrite<Option<String>> {
        let text = text.trim();
        let (prefix, bare) = match text.get(..2) {
            Some("++") => ("+", text[2..].trim()),
            Some("--") => ("-", text[2..].trim()),
            _ => ("", text),
        };
        let name = name_at(bare);
        let rest = bare[name.len()..].trim_start();
        if name.is_empty() {
            return Ok(None);
        }
        let (operator, value) = match rest {
            "++" if prefix.is_empty() => ("+=", "1"),
            "--" if prefix.is_empty() => ("-=", "1"),
            "" if prefix == "+" => ("+=", "1"),
            "" if prefix == "-" => ("-=", "1"),
            _ if rest.starts_with("==") || !prefix.is_empty() => return Ok(None),
            _ => match ["+=", "-=", "*=", "="].iter().find(|operator| rest.starts_with(**operator)) {
                Some(operator) => (*operator, &rest[operator.len()..]),
                None => return Ok(None),
            },
        };
        let value = self.arithmetic_of(value)?;
        if operator == "=" {
            return self.assignment(name, &value, Kind::Integer).map(Some);
        }
        let may_be = !self.is_exact && self.names.is_variable(name);
        if !may_be && self.kind(name) != Some(Kind::Integer) {
            return Err(Stop);
        }
        Ok(Some(format!("{name} {operator} {value}")))
    }

    /// Rewrites `let NAME=expression`. Returns whether it was one.
    pub(super) fn arithmetic_let(&mut self) -> Rewrite<bool> {
        let Some(rest) = self.rest().strip_prefix("let ") else { return Ok(false) };
        let rest = rest.trim_start_matches([' ', '\t']);
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (text, after) = match quote {
            Some(quote) => rest[1..].split_once(quote).ok_or(Stop)?,
            None => rest.split_at(rest.find([' ', '\t', '\n', ';', '&', '|', ')']).unwrap_or(rest.len())),
        };
        let after = after.trim_start_matches([' ', '\t']);
        let is_last = after.trim_end_matches([';', '\n', ' ']).is_empty();
        if !after.is_empty() && !after.starts_with([';', '\n', '}']) || self.is_exact && is_last {
            return Err(Stop);
        }
        let assignment = self.arithmetic_assignment(text)?.ok_or(Stop)?;
        self.out += &assignment;
        self.at = self.text.len() - after.len();
        Ok(true)
    }
}

/// Returns a word in quotes, if it has a value without them: `[[` splits none.
fn quoted(word: &str, rewritten: String) -> String {
    let has_quotes = word.contains(['"', '\'', '\\']);
    match super::words::has_bare_dollar(word) && !has_quotes {
        true => format!("\"{rewritten}\""),
        false => rewritten,
    }
}

/// Returns the name by which uname(1) calls a system that a pattern for bash's `OSTYPE` means.
fn system_name(pattern: &str) -> Option<&'static str> {
    let name = pattern.replace('"', "");
    Some(match name.trim_end_matches('*').trim_end_matches("-gnu") {
        "darwin" if name.ends_with('*') => "Darwin",
        "linux" if name != "linux" => "Linux",
        "freebsd" if name.ends_with('*') => "FreeBSD",
        _ => return None,
    })
}

/// Returns a regular expression that both languages read alike.
fn safe_regex(regex: &str) -> Option<&str> {
    let mut is_inside = false;
    let mut before = ' ';
    let mut letters = regex.chars();
    while let Some(letter) = letters.next() {
        let repeats = |letter: char| "*+?}".contains(letter);
        let is_safe = match letter {
            '\\' => !is_inside && letters.next() == Some('.'),
            // A bracket or an operator within brackets.
            '[' | '&' | '~' if is_inside => false,
            '-' if is_inside => before != '-',
            '*' | '+' | '?' if !is_inside => !repeats(before) && !"(|^ ".contains(before),
            _ => letter.is_ascii_alphanumeric() || "^$.*+?()[]|_:/,@{}=#%- ".contains(letter),
        };
        if !is_safe {
            return None;
        }
        is_inside = letter == '[' || is_inside && letter != ']';
        before = letter;
    }
    Some(regex)
}
