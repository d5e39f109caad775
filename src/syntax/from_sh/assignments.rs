//! Rewrites `NAME=word` without a command, and words of sh as expressions.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

/// A part of a word that becomes a value.
enum Part {
    Text(String),
    /// A variable, as an expression writes it.
    Variable(String),
    /// `$(…)`
    Capture(String),
    /// Any other expression.
    Expression(String),
}

impl Rewriter<'_> {
    /// Rewrites assignments that are not followed by a command. Returns whether there were any.
    pub(super) fn assignments(&mut self) -> Rewrite<bool> {
        if assigned(self.rest()).is_none() {
            return Ok(false);
        }
        // `b=2` in `curl http://x/?a=1&b=2` is part of an address that the user has not quoted.
        if self.text[..self.at].ends_with('&') && !self.text[..self.at].ends_with("&&") {
            return Err(Stop);
        }
        let (start, length) = (self.at, self.out.len());
        if self.required()? {
            return Ok(true);
        }
        let mut values = Vec::new();
        while let Some((target, name)) = assigned(self.rest()) {
            self.at += target;
            let value = match target == name.len() + 1 {
                true => self.assigned_value()?,
                // Only arrays are appended to, and have elements.
                false => return self.array_assignment(name),
            };
            values.push((name, value));
            self.skip_blanks();
        }
        let is_alone = matches!(self.peek(), Some('\n' | ';' | ')' | '}' | '#') | None);
        let is_listed = self.sees("&&") || self.sees("||");
        if is_alone && !(self.sees(";;") && self.depth == 0) || is_listed {
            self.declarations(values)?;
            return Ok(true);
        }
        // Before a command they are its environment.
        if matches!(self.peek(), Some('&' | '|' | '<' | '>')) {
            return Err(Stop);
        }
        self.at = start;
        self.out.truncate(length);
        Ok(false)
    }

    /// Rewrites `NAME=${VALUE:?message}`. Returns whether it was one.
    fn required(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        let name = name_at(rest);
        let Some(value) = rest[name.len()..].strip_prefix('=') else { return Ok(false) };
        let quote = if value.starts_with('"') { "\"" } else { "" };
        let Some(inside) = value[quote.len()..].strip_prefix("${") else { return Ok(false) };
        let Some((source, message)) = inside.split_once(":?") else { return Ok(false) };
        let Some((message, after)) = message.split_once('}') else { return Ok(false) };
        let Some(after) = after.strip_prefix(quote) else { return Ok(false) };
        if source.contains('}')
            || !self.is_statement
            || self.follows
            || !after.starts_with(['\n', ';', '#']) && !after.is_empty()
        {
            return Ok(false);
        }
        let literal = |text: &str| super::parameters::literal(text.trim_matches(['"', '\''])).ok_or(Stop);
        let (missing, value, default) = match source.parse::<usize>() {
            Ok(number @ 1..=99) if self.has_words() => {
                let (words, index) = (self.words_name(), number - 1);
                let value = format!("{words}[{index}]");
                (
                    format!("{words}.len() < {number} or {value} == \"\""),
                    value,
                    format!("${number} is missing"),
                )
            }
            _ if !source.is_empty() && name_at(source) == source => {
                let value = self.variable(source)?;
                (format!("{value}.or(\"\") == \"\""), value, format!("{source} is not set"))
            }
            _ => return Err(Stop),
        };
        let message = if message.is_empty() {
            format!("\"{}\"", default.replace('$', "\\$"))
        } else {
            literal(message)?
        };
        self.at = self.text.len() - after.len();
        let assignment = self.assignment(name, &value, Kind::Text)?;
        self.out += &format!("if ({missing}) {{ fail {message} }}; {assignment}");
        Ok(true)
    }

    /// Writes assignments, whose place is a statement or an element of a list.
    pub(super) fn declarations(&mut self, values: Vec<(&str, (String, Kind))>) -> Rewrite<()> {
        if !self.is_statement {
            return Err(Stop);
        }
        let can_fail = self.sees("||");
        if can_fail && self.may_split && !self.follows {
            return self.caught_assignment(values);
        }
        let is_in_list = can_fail || self.follows || self.sees("&&");
        let is_split = self.may_split && !can_fail;
        self.has_split |= is_split;
        let mut text = Vec::new();
        for (name, (value, kind)) in values {
            text.push(self.assignment(name, &value, kind)?);
        }
        let text = text.join("; ");
        if is_split || !is_in_list {
            self.out += &text;
        } else if can_fail || text.contains("let ") {
            // `||` does not see the failure of a value, and a name ends with its block.
            return Err(Stop);
        } else {
            self.out += &format!("{{ {text} }}");
        }
        Ok(())
    }

    /// Rewrites `NAME=$(cmd) || command`.
    fn caught_assignment(&mut self, values: Vec<(&str, (String, Kind))>) -> Rewrite<()> {
        let [(name, (value, kind))] = &values[..] else { return Err(Stop) };
        if !value.starts_with("$(") {
            return Err(Stop);
        }
        let assignment = self.assignment(name, value, *kind)?;
        if let Some(assignment) = assignment.strip_prefix("let ") {
            self.out += &format!("let {name} = \"\"; try {{ {assignment} }} catch _ {{ ");
        } else {
            self.out += &format!("try {{ {assignment} }} catch _ {{ ");
        }
        self.at += "||".len();
        self.skip_lines();
        let start = self.out.len();
        self.pipeline()?;
        let handler = self.out.split_off(start);
        let inside = handler.strip_prefix("{ ").and_then(|inside| inside.strip_suffix('}'));
        self.out += inside.unwrap_or(&handler).trim().trim_end_matches(';');
        self.out += " }";
        let rest = self.rest().trim_start_matches([' ', '\t']);
        if rest.starts_with("&&") || rest.starts_with("||") { Err(Stop) } else { Ok(()) }
    }

    /// Returns the value behind `NAME=`.
    pub(super) fn assigned_value(&mut self) -> Rewrite<(String, Kind)> {
        match self.peek() {
            Some(' ' | '\t' | '\n' | ';' | '&' | '|' | ')') | None => Ok(("\"\"".to_owned(), Kind::Text)),
            Some('(') => self.array(),
            _ => self.value(),
        }
    }

    pub(super) fn assignment(&mut self, name: &str, value: &str, kind: Kind) -> Rewrite<String> {
        let is_of_language = self.names.is_of_language(name) && !self.names.is_script();
        if self.names.is_special(name) || is_of_language || name == "_" {
            return Err(Stop);
        }
        let written = self.written_name(name);
        let is_inner = self.scopes.last().is_some_and(|scope| scope.iter().any(|one| one.name == name));
        let is_known = self.kind(name).is_some() || self.names.is_variable(name);
        // An assignment in a stage is lost in sh.
        if self.in_stage && !is_inner && (is_known || self.names.is_exported(name)) {
            return Err(Stop);
        }
        self.keep_assigned(name);
        self.words.retain(|word| word != name);
        self.lists.retain(|list| list != name);
        let text = value.trim_matches('"');
        if !text.contains(['*', '?', '[', '\\', '$']) && (kind == Kind::Integer || value.starts_with('"')) {
            self.lists.push(name.to_owned());
            if !text.is_empty() && !text.contains([' ', '\t', '\n']) {
                self.words.push(name.to_owned());
            }
        }
        let in_block = self.scopes.len() > 1;
        match self.kind(name) {
            // A variable keeps its type: what is done with it stays right.
            Some(was) if was != Kind::Text && was != kind => Err(Stop),
            Some(_) => Ok(format!("{written} = {value}")),
            None if self.names.is_variable(name) => Ok(format!("{written} = {value}")),
            // In sh a variable of a function is global.
            None if self.in_function && (!self.names.is_script() || self.names.is_exported(name)) => {
                Err(Stop)
            }
            None if self.in_function => {
                self.function_globals.push(name.to_owned());
                self.declare(name, kind);
                Ok(format!("let {written} = {value}"))
            }
            None if self.names.is_exported(name) => {
                let value = match kind {
                    Kind::Integer => format!("\"{value}\""),
                    Kind::Text => value.to_owned(),
                    _ => return Err(Stop),
                };
                Ok(format!("env.{name} = {value}"))
            }
            None if in_block && self.lost.iter().any(|lost| lost == name) => Err(Stop),
            None => {
                self.declare(name, kind);
                Ok(format!("let {written} = {value}"))
            }
        }
    }

    /// Notes a variable that is assigned as sh does it.
    pub(super) fn keep_assigned(&mut self, name: &str) {
        if !self.assigned.iter().any(|assigned| assigned == name) {
            self.assigned.push(name.to_owned());
        }
    }

    /// Rewrites `local`, `declare`, `readonly` or `typeset` with names and values. Returns whether there was one.
    pub(super) fn declaration(&mut self) -> Rewrite<bool> {
        let word = self.word();
        if !matches!(word, "local" | "declare" | "typeset" | "readonly") {
            return Ok(false);
        }
        self.at += word.len();
        let (mut is_map, mut is_integer, mut is_readonly) = (false, false, word == "readonly");
        let mut text = Vec::new();
        loop {
            self.skip_blanks();
            match self.word() {
                "" => break,
                "-a" => self.at += 2,
                "-i" => {
                    is_integer = true;
                    self.at += 2;
                }
                "-r" => {
                    is_readonly = true;
                    self.at += 2;
                }
                "-A" => {
                    is_map = true;
                    self.at += 2;
                }
                _ => text.push(self.declared_name(is_readonly, is_map)?),
            }
        }
        // The text that it is assigned is evaluated as arithmetic.
        let is_number =
            |text: &String| text.rsplit(' ').next().is_some_and(|value| value.parse::<i64>().is_ok());
        if is_integer && !text.iter().all(is_number) {
            return Err(Stop);
        }
        // It could be assigned again.
        if is_readonly && self.is_exact
            || text.is_empty()
            || !matches!(self.peek(), Some('\n' | ';' | ')' | '}' | '#') | None)
            || self.follows
        {
            return Err(Stop);
        }
        self.out += &text.join("; ");
        Ok(true)
    }

    /// Skips `local NAME` where NAME is only the variable of a loop, which is declared by the loop.
    pub(super) fn skip_loop_variables(&mut self) {
        let Some(rest) = self.rest().strip_prefix("local ").filter(|_| self.in_function) else { return };
        let end = rest.find(['\n', ';']).unwrap_or(rest.len());
        let (names, after) = rest.split_at(end);
        let is_of_loop = |name: &str| {
            name_at(name) == name
                && [format!("for {name} in "), format!("for (({name}=")]
                    .iter()
                    .any(|head| after.contains(head) || after.replace(" =", "=").contains(head))
        };
        if !names.trim().is_empty() && names.split_ascii_whitespace().all(is_of_loop) {
            self.at = self.text.len() - after.trim_start_matches([' ', '\t', '\n', ';']).len();
        }
    }

    /// Takes a name of a declaration, with its value if it has one.
    fn declared_name(&mut self, is_readonly: bool, is_map: bool) -> Rewrite<String> {
        let name = name_at(self.rest());
        self.at += name.len();
        let is_whole = matches!(self.peek(), Some(' ' | '\t' | '\n' | ';' | ')' | '=') | None);
        if name.is_empty() || !is_whole || self.names.is_special(name) {
            return Err(Stop);
        }
        let has_value = self.sees("=");
        self.at += usize::from(has_value);
        let (value, kind) = match (has_value, is_map) {
            (true, true) => self.map()?,
            (true, false) => self.assigned_value()?,
            (false, true) => ("{}".to_owned(), Kind::Map),
            (false, false) if is_readonly => return Err(Stop),
            (false, false) => ("\"\"".to_owned(), Kind::Text),
        };
        let is_new = self.scopes.last().is_none_or(|scope| scope.iter().all(|one| one.name != name));
        if !is_new || !self.in_function && self.names.is_exported(name) {
            return self.assignment(name, &value, kind);
        }
        self.declare(name, kind);
        self.keep_assigned(name);
        Ok(format!("let {} = {value}", self.written_name(name)))
    }

    /// Returns the expression for a word in a place where sh neither splits it nor matches it with files.
    pub(super) fn value(&mut self) -> Rewrite<(String, Kind)> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\n' | ';' | '|' | '&' | ')' => break,
                '(' | '<' | '>' => return Err(Stop),
                '\'' => {
                    let text = &self.rest()[1..];
                    let end = text.find('\'').ok_or(Stop)?;
                    parts.push(Part::Text(text[..end].to_owned()));
                    self.at += end + 2;
                }
                '"' => {
                    self.at += 1;
                    // Empty quotes are a value, too.
                    parts.push(Part::Text(String::new()));
                    while !self.sees("\"") {
                        self.value_part(true, &mut parts)?;
                    }
                    self.at += 1;
                }
                '~' if self.at == start || self.text[..self.at].ends_with(':') => {
                    let next = self.rest()[1..].chars().next();
                    if !matches!(next, None | Some('/' | ':' | ' ' | '\t' | '\n' | ';' | ')')) {
                        return Err(Stop);
                    }
                    parts.push(Part::Variable("env.HOME".to_owned()));
                    self.at += 1;
                }
                _ => self.value_part(false, &mut parts)?,
            }
        }
        if self.at == start {
            return Err(Stop);
        }
        let is_bare = !self.text[start..self.at].contains(['\'', '"', '\\']);
        expression(parts, is_bare)
    }

    /// Reads one part of a word, inside or outside double quotes.
    fn value_part(&mut self, is_quoted: bool, parts: &mut Vec<Part>) -> Rewrite<()> {
        let letter = self.peek().ok_or(Stop)?;
        let rest = self.rest();
        if letter == '\\' {
            let next = rest[1..].chars().next().ok_or(Stop)?;
            if next == '\n' {
                return Err(Stop);
            }
            let kept = if is_quoted && !matches!(next, '$' | '`' | '"' | '\\') { "\\" } else { "" };
            parts.push(Part::Text(format!("{kept}{next}")));
            self.at += 1 + next.len_utf8();
            return Ok(());
        }
        let is_dollar = letter == '$'
            && rest[1..].starts_with(|c: char| "({_#!$".contains(c) || c.is_ascii_alphanumeric());
        if letter != '`' && !is_dollar {
            if letter == '$' && rest[1..].starts_with(|c: char| !" \t\n\"./:%,+=".contains(c)) {
                return Err(Stop);
            }
            parts.push(Part::Text(letter.to_string()));
            self.at += letter.len_utf8();
            return Ok(());
        }
        // Any other part is rewritten as in a command, and then turned into an expression.
        let name = name_at(&rest[1..]);
        if letter == '$' && !name.is_empty() {
            self.at += 1 + name.len();
            let variable = self.variable(name)?;
            parts.push(Part::Variable(variable));
            return Ok(());
        }
        let length = self.out.len();
        if letter == '`' {
            self.backtick(is_quoted)?
        } else {
            self.dollar(is_quoted)?
        }
        let text = self.out.split_off(length);
        let inside = |open: &str, close: &str| Some(text.strip_prefix(open)?.strip_suffix(close)?.to_owned());
        parts.push(match (inside("$[", "]"), inside("${", "}")) {
            (Some(expression), _) => Part::Expression(expression),
            (_, Some(element)) if element.contains(['[', '.']) => Part::Expression(element),
            (_, Some(name)) => Part::Variable(self.variable(&name)?),
            _ => Part::Capture(text),
        });
        Ok(())
    }

    /// Returns a variable in the form for an expression.
    pub(super) fn variable(&self, name: &str) -> Rewrite<String> {
        self.refer(name)?;
        if self.kind(name).is_some() || self.names.is_variable(name) {
            return Ok(self.written_name(name).into_owned());
        }
        // `$NAME` means a variable of the environment only if the name begins with a capital letter.
        let is_capital = name.starts_with(|first: char| first.is_ascii_uppercase());
        if is_capital && !self.names.is_special(name) { Ok(format!("env.{name}")) } else { Err(Stop) }
    }
}

/// Returns the length of the target of an assignment that a text begins with, and the name in it: `x=`, `x+=` or
/// `x[1]=`.
fn assigned(text: &str) -> Option<(usize, &str)> {
    let name = name_at(text);
    let rest = &text[name.len()..];
    let element = if rest.starts_with('[') { rest.find(']').map_or(0, |end| end + 1) } else { 0 };
    let operator = if rest[element..].starts_with("+=") { 2 } else { 1 };
    let is_assignment = !name.is_empty() && rest[element..].starts_with(['=', '+']);
    let is_assignment = is_assignment && rest[..element + operator].ends_with('=');
    is_assignment.then_some((name.len() + element + operator, name))
}

fn expression(parts: Vec<Part>, is_bare: bool) -> Rewrite<(String, Kind)> {
    // `"$x"` is `$x`.
    let alone = match &parts[..] {
        [Part::Text(text), part] if text.is_empty() => Some(part),
        [part] => Some(part),
        _ => None,
    };
    match alone {
        Some(Part::Variable(name)) => return Ok((name.clone(), Kind::Text)),
        Some(Part::Capture(text)) => return Ok((text.clone(), Kind::Text)),
        Some(Part::Expression(text)) => return Ok((text.clone(), kind_of(text))),
        Some(Part::Text(_)) | None => {}
    }
    let mut out = String::new();
    for part in &parts {
        match part {
            Part::Text(text) if text.contains('\n') => return Err(Stop),
            Part::Text(text) => {
                for letter in text.chars() {
                    if matches!(letter, '"' | '\\' | '$' | '`') {
                        out.push('\\');
                    }
                    out.push(letter);
                }
            }
            Part::Variable(name) => out += &format!("${{{name}}}").replace("${env.", "${"),
            Part::Capture(text) => out += text,
            Part::Expression(text) => out += &format!("$[{text}]"),
        }
    }
    let is_integer = is_bare && out.parse::<i64>().is_ok_and(|number| number.to_string() == out);
    Ok(if is_integer { (out, Kind::Integer) } else { (format!("\"{out}\""), Kind::Text) })
}

/// Returns the type of an expression that replaces arithmetic or an operator of `${…}`.
fn kind_of(expression: &str) -> Kind {
    let is_text = expression.contains(['"', '[']) || expression.ends_with(')') && expression.contains(").");
    if is_text || expression.contains("env.") { Kind::Text } else { Kind::Integer }
}
