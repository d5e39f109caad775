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
        if assigned_name(self.rest()).is_none() {
            return Ok(false);
        }
        // `b=2` in `curl http://x/?a=1&b=2` is part of an address that the user has not quoted.
        if self.text[..self.at].ends_with('&') && !self.text[..self.at].ends_with("&&") {
            return Err(Stop);
        }
        let (start, length) = (self.at, self.out.len());
        let mut statements = Vec::new();
        while let Some(name) = assigned_name(self.rest()) {
            self.at += name.len() + 1;
            let (value, kind) = match self.peek() {
                Some(' ' | '\t' | '\n' | ';' | '&' | '|' | ')') | None => ("\"\"".to_owned(), Kind::Text),
                _ => self.value()?,
            };
            statements.push((name, value, kind));
            self.skip_blanks();
        }
        let is_alone = matches!(self.peek(), Some('\n' | ';' | ')' | '}') | None);
        if !is_alone || self.sees(";;") && self.depth == 0 {
            // Before a command, assignments set its environment. A list such as `x=1 && cmd` has no counterpart.
            if matches!(self.peek(), Some('&' | '|' | '<' | '>' | '#')) {
                return Err(Stop);
            }
            self.at = start;
            self.out.truncate(length);
            return Ok(false);
        }
        let mut text = Vec::new();
        for (name, value, kind) in statements {
            text.push(self.assignment(name, &value, kind)?);
        }
        self.out += &text.join("; ");
        Ok(true)
    }

    fn assignment(&mut self, name: &str, value: &str, kind: Kind) -> Rewrite<String> {
        if self.names.is_special(name) || matches!(name, "env" | "args" | "true" | "false" | "null" | "_") {
            return Err(Stop);
        }
        let is_outer = |rewriter: &Self| {
            let inner = rewriter.scopes.last().is_some_and(|scope| scope.iter().any(|one| one.name == name));
            !inner
                && (rewriter.kind(name).is_some()
                    || rewriter.names.is_variable(name)
                    || rewriter.names.is_exported(name))
        };
        // In sh a variable that a function sets is global, and an assignment in a stage is lost.
        if self.in_function || self.in_stage && is_outer(self) {
            return Err(Stop);
        }
        let in_block = self.scopes.len() > 1;
        match self.kind(name) {
            // An integer variable must stay an integer, because the text may calculate with it.
            Some(Kind::Integer) if kind == Kind::Text => Err(Stop),
            Some(_) => Ok(format!("{name} = {value}")),
            None if self.names.is_variable(name) => Ok(format!("{name} = {value}")),
            None if self.names.is_exported(name) => {
                let value = if kind == Kind::Integer { format!("\"{value}\"") } else { value.to_owned() };
                Ok(format!("env.{name} = {value}"))
            }
            None if in_block && self.lost.iter().any(|lost| lost == name) => Err(Stop),
            None => {
                self.declare(name, kind);
                Ok(format!("let {name} = {value}"))
            }
        }
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
            && rest[1..].starts_with(|c: char| c == '(' || c == '{' || c == '_' || c.is_ascii_alphabetic());
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
            (_, Some(name)) => Part::Variable(self.variable(&name)?),
            _ => Part::Capture(text),
        });
        Ok(())
    }

    /// Returns a variable in the form for an expression.
    pub(super) fn variable(&self, name: &str) -> Rewrite<String> {
        self.refer(name)?;
        if self.kind(name).is_some() || self.names.is_variable(name) {
            return Ok(name.to_owned());
        }
        // `$NAME` means a variable of the environment only if the name begins with a capital letter.
        let is_capital = name.starts_with(|first: char| first.is_ascii_uppercase());
        if is_capital { Ok(format!("env.{name}")) } else { Err(Stop) }
    }
}

/// Returns the name before `=`, if a text begins with an assignment.
fn assigned_name(text: &str) -> Option<&str> {
    let name = name_at(text);
    let is_assignment = !name.is_empty() && text[name.len()..].starts_with('=');
    is_assignment.then_some(name)
}

fn expression(parts: Vec<Part>, is_bare: bool) -> Rewrite<(String, Kind)> {
    if let [part] = &parts[..] {
        match part {
            Part::Variable(name) => return Ok((name.clone(), Kind::Text)),
            Part::Capture(text) => return Ok((text.clone(), Kind::Text)),
            Part::Expression(text) => return Ok((text.clone(), kind_of(text))),
            Part::Text(_) => {}
        }
    }
    // `"$(cmd)"`
    if let [Part::Text(text), Part::Capture(capture)] = &parts[..]
        && text.is_empty()
    {
        return Ok((capture.clone(), Kind::Text));
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
    let is_text = expression.contains('"') || expression.ends_with(')') && expression.contains(").");
    if is_text || expression.contains("env.") { Kind::Text } else { Kind::Integer }
}
