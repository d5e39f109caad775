//! Rewrites arrays of bash as lists and maps.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Returns the list for `(word …)`.
    pub(super) fn array(&mut self) -> Rewrite<(String, Kind)> {
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_lines();
            if self.sees(")") {
                self.at += 1;
                return Ok((format!("[{}]", elements.join(", ")), Kind::List));
            }
            elements.push(self.element()?);
        }
    }

    /// Returns an element of a list, or several with `...`.
    pub(super) fn element(&mut self) -> Rewrite<String> {
        let (start, length) = (self.at, self.out.len());
        self.a_word()?;
        let word = &self.text[start..self.at];
        let rewritten = self.out.split_off(length);
        if let Some(list) = rewritten.strip_prefix("...$") {
            return Ok(format!("...{list}"));
        }
        let is_bare = !word.contains(['\'', '"', '\\', '$', '`']);
        if is_bare && word.contains(['*', '?', '[']) && !word.contains('{') {
            self.note("a pattern without a match gives no elements");
            return Ok(format!("...glob(\"{word}\")"));
        }
        if word.starts_with("$(") && rewritten.starts_with("$(") && super::words::closes_at_end(&rewritten) {
            self.note("a pattern such as * in what the capture prints stays text");
            return Ok(format!("...{rewritten}.split()"));
        }
        if is_bare && word.contains(['{', '~']) || super::words::has_bare_dollar(word) {
            return Err(Stop);
        }
        self.at = start;
        let (value, kind) = self.value()?;
        Ok(if kind == Kind::Integer { format!("\"{value}\"") } else { value })
    }

    /// Returns the map for `([key]=word …)`.
    pub(super) fn map(&mut self) -> Rewrite<(String, Kind)> {
        if !self.sees("(") {
            return Err(Stop);
        }
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip_lines();
            if self.sees(")") {
                self.at += 1;
                return Ok((format!("{{{}}}", entries.join(", ")), Kind::Map));
            }
            let inside = self.rest().strip_prefix('[').ok_or(Stop)?;
            let end = inside.find("]=").ok_or(Stop)?;
            let key = plain_key(&inside[..end]).ok_or(Stop)?;
            self.at += end + "[]=".len();
            let (value, kind) = self.value()?;
            let value = if kind == Kind::Integer { format!("\"{value}\"") } else { value };
            entries.push(format!("\"{key}\": {value}"));
        }
    }

    /// Rewrites `x+=(a b)`, `x+=text` or `x[key]=text`, behind whose operator the rewriter stands.
    pub(super) fn array_assignment(&mut self, name: &str) -> Rewrite<bool> {
        let target = self.text[..self.at].trim_end_matches('=');
        let appends = target.ends_with('+');
        let target = target.trim_end_matches('+');
        let target = &target[target.rfind(name).ok_or(Stop)?..];
        let is_known = self.kind(name).is_some() || self.names.is_variable(name);
        if !is_known || self.in_stage {
            return Err(Stop);
        }
        let (value, kind) = self.assigned_value()?;
        let target = match target[name.len()..].strip_prefix('[').and_then(|key| key.strip_suffix(']')) {
            Some(key) => format!("{name}{}", self.index(name, key)?),
            None => target.to_owned(),
        };
        let value = if kind == Kind::Integer { format!("\"{value}\"") } else { value };
        let is_alone = matches!(self.peek(), Some('\n' | ';' | ')' | '}' | ' ' | '\t') | None);
        if !is_alone || self.kind(name) == Some(Kind::Integer) {
            return Err(Stop);
        }
        let assignment = format!("{target} {}= {value}", if appends { "++" } else { "" });
        self.out += &if self.follows { format!("{{ {assignment} }}") } else { assignment };
        Ok(true)
    }

    /// Returns the index in brackets for that of an array.
    fn index(&mut self, name: &str, key: &str) -> Rewrite<String> {
        if self.kind(name) == Some(Kind::Map) {
            return Ok(match key.strip_prefix('$') {
                Some(variable) if name_at(variable) == variable => format!("[{}]", self.variable(variable)?),
                _ => format!("[\"{}\"]", plain_key(key).ok_or(Stop)?),
            });
        }
        Ok(format!("[{}]", self.arithmetic_of(key)?))
    }

    /// Rewrites `${x[…]}` and `${#x[…]}`, of whose braces the inside is given. Returns whether it was one.
    pub(super) fn array_parameter(&mut self, inside: &str, is_quoted: bool) -> Rewrite<bool> {
        if let Some(name) = inside.strip_prefix('!') {
            return self.keys(name, is_quoted);
        }
        let is_length = inside.starts_with('#');
        let inside = inside.strip_prefix('#').unwrap_or(inside);
        let name = name_at(inside);
        let key = inside[name.len()..].strip_prefix('[').and_then(|key| key.strip_suffix(']'));
        let (Some(key), false) = (key, name.is_empty()) else { return Ok(false) };
        if self.kind(name).is_none() && !self.names.is_variable(name) {
            return Err(Stop);
        }
        match key {
            "@" | "*" if is_length => self.out += &format!("$[{name}.len()]"),
            "*" if is_quoted => self.out += &format!("$[{name}.join(\" \")]"),
            // All elements within a word.
            "@" | "*" if is_quoted => return Err(Stop),
            "@" | "*" => {
                self.note("an element with blanks stays one argument");
                self.out += &format!("...${name}");
            }
            _ if is_length => return Err(Stop),
            _ => {
                if !is_quoted && !self.is_exact {
                    self.remark("a variable is one argument, whatever it holds")?;
                }
                let index = self.index(name, key)?;
                self.out += &format!("${{{name}{index}}}");
            }
        }
        self.at += "${}".len() + inside.len() + usize::from(is_length);
        Ok(true)
    }

    /// Rewrites `${!x[@]}`, the keys of a map, of whose braces the inside behind `!` is given.
    fn keys(&mut self, inside: &str, is_quoted: bool) -> Rewrite<bool> {
        let name = name_at(inside);
        if is_quoted || inside[name.len()..] != *"[@]" || self.kind(name) != Some(Kind::Map) {
            return Err(Stop);
        }
        self.note("a key with blanks stays one word");
        self.out += &format!("...$[{name}.keys()]");
        self.at += "${!}".len() + inside.len();
        Ok(true)
    }

    /// Rewrites `"${x[@]}"`, all elements, or `"${!x[@]}"`, all keys. Returns whether there was one.
    pub(super) fn all_elements(&mut self) -> bool {
        let Some(inside) = self.rest().strip_prefix("\"${") else { return false };
        if let Some(inside) = inside.strip_prefix('!') {
            let name = name_at(inside);
            let rest = inside[name.len()..].strip_prefix("[@]}\"");
            let is_all = rest.is_some_and(super::words::ends_word) && self.kind(name) == Some(Kind::Map);
            if is_all {
                self.out += &format!("...$[{name}.keys()]");
                self.at += "\"${![@]}\"".len() + name.len();
            }
            return is_all;
        }
        let name = name_at(inside);
        let Some(rest) = inside[name.len()..].strip_prefix("[@]}\"") else { return false };
        let is_known = self.kind(name).is_some() || self.names.is_variable(name);
        let is_all = is_known && super::words::ends_word(rest);
        if is_all {
            self.out += &format!("...${name}");
            self.at += "\"${[@]}\"".len() + name.len();
        }
        is_all
    }
}

/// Returns a key without its quotes, if it has no values.
fn plain_key(key: &str) -> Option<&str> {
    let key = key.trim_matches(['"', '\'']);
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@".contains(letter);
    (!key.is_empty() && key.chars().all(is_plain)).then_some(key)
}
