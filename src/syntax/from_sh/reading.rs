//! Rewrites `read`, `mapfile` and `printf -v`, which give variables values.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

/// The options and names of a `read`.
#[derive(Default)]
pub(super) struct Reading<'t> {
    pub names: Vec<&'t str>,
    /// `IFS=`
    pub separator: Option<String>,
    pub is_raw: bool,
    pub is_array: bool,
    pub is_silent: bool,
    /// `-d ''`
    pub ends_with_nul: bool,
    /// The expression of `-p`.
    prompt: Option<String>,
}

impl<'t> Rewriter<'t> {
    /// Takes `IFS=… read -r …`. Returns none, and takes nothing, for any other command.
    pub(super) fn reading(&mut self) -> Option<Reading<'t>> {
        let start = self.at;
        let reading = self.take_reading().ok();
        if reading.is_none() {
            self.at = start;
        }
        reading
    }

    fn take_reading(&mut self) -> Rewrite<Reading<'t>> {
        let mut reading = Reading::default();
        if self.sees("IFS=") {
            self.at += "IFS=".len();
            let rest = self.rest();
            let end = rest.find([' ', '\t', '\n']).ok_or(Stop)?;
            let end = if rest.starts_with("' '") { 3 } else { end };
            let separator = rest[..end].trim_matches(['\'', '"']);
            let separator = if separator.starts_with("$'") { "\t" } else { separator };
            if separator.chars().count() > 1 || separator.contains(['$', '\\', '"']) {
                return Err(Stop);
            }
            reading.separator = Some(separator.to_owned());
            self.at += end;
            self.skip_blanks();
        }
        self.skip_word("read")?;
        loop {
            self.skip_blanks();
            let word = self.word();
            match word.strip_prefix('-') {
                Some(options) if !options.is_empty() => {
                    self.at += word.len();
                    self.reading_options(options, &mut reading)?;
                }
                _ => break,
            }
        }
        loop {
            self.skip_blanks();
            let name = name_at(self.rest());
            if name.is_empty() {
                break;
            }
            self.at += name.len();
            if !super::words::ends_word(self.rest()) || self.names.is_special(name) {
                return Err(Stop);
            }
            reading.names.push(name);
        }
        if reading.names.is_empty() || reading.is_array && reading.names.len() != 1 {
            Err(Stop)
        } else {
            Ok(reading)
        }
    }

    fn reading_options(&mut self, options: &str, reading: &mut Reading<'t>) -> Rewrite<()> {
        for option in options.chars() {
            match option {
                'r' => reading.is_raw = true,
                'e' => {}
                's' => reading.is_silent = true,
                'a' => reading.is_array = true,
                'p' => {
                    self.skip_blanks();
                    reading.prompt = Some(self.value()?.0);
                }
                'd' => {
                    self.skip_blanks();
                    let end = ["''", "\"\"", "$'\\0'"].iter().find(|end| self.sees(end)).ok_or(Stop)?;
                    self.at += end.len();
                    reading.ends_with_nul = true;
                }
                _ => return Err(Stop),
            }
        }
        Ok(())
    }

    /// Rewrites a command that gives variables values. Returns whether there was one.
    pub(super) fn giver(&mut self) -> Rewrite<bool> {
        let start = self.at;
        let given = match self.word() {
            "read" | "IFS=" | "IFS=:" | "IFS=," => self.read_command()?,
            "mapfile" | "readarray" => self.mapfile()?,
            "printf" if self.rest().starts_with("printf -v ") => self.printf_to()?,
            _ if self.sees("IFS=") => self.read_command()?,
            _ => return Ok(false),
        };
        let is_alone = matches!(self.peek(), Some('\n' | ';' | ')' | '}' | '#') | None) && !self.follows;
        if given.is_empty() || !is_alone {
            self.at = start;
            return Err(Stop);
        }
        self.out += &given;
        Ok(true)
    }

    fn read_command(&mut self) -> Rewrite<String> {
        let reading = self.reading().ok_or(Stop)?;
        if reading.ends_with_nul {
            return Err(Stop);
        }
        let is_asked = reading.prompt.is_some() || reading.is_silent;
        self.skip_blanks();
        let line = if self.sees("<<<") {
            self.at += "<<<".len();
            self.skip_blanks();
            let word = self.at;
            let (value, kind) = self.value()?;
            if self.text[word..self.at].contains(['$', '`']) {
                self.note("only one line is split");
            }
            if kind == Kind::Integer { format!("\"{value}\"") } else { value }
        } else if is_asked {
            let silent = if reading.is_silent { ", secret: true" } else { "" };
            self.note("the answer keeps its blanks");
            format!("input({}{silent})", reading.prompt.as_deref().unwrap_or("\"\""))
        } else {
            "read_line()".to_owned()
        };
        if !reading.is_raw && !is_asked {
            self.note("backslashes stay");
        }
        self.skip_blanks();
        self.fields(&reading, &line)
    }

    /// Returns the statement that gives the names of a `read` the fields of a line.
    pub(super) fn fields(&mut self, reading: &Reading<'_>, line: &str) -> Rewrite<String> {
        let separator = match reading.separator.as_deref() {
            None | Some(" ") => String::new(),
            Some("") if reading.names.len() == 1 && !reading.is_array => String::new(),
            Some("") => return Err(Stop),
            Some("\t") => "$'\\t'".to_owned(),
            Some(separator) => format!("\"{separator}\""),
        };
        if let [name] = reading.names[..] {
            let is_exact = reading.separator.as_deref() == Some("");
            let (value, kind) = match reading.is_array {
                true => (format!("{line}.split({separator})"), Kind::List),
                false if is_exact || line.starts_with("input(") => (line.to_owned(), Kind::Text),
                false if separator.is_empty() => (format!("{line}.trim()"), Kind::Text),
                false => return Err(Stop),
            };
            return self.given(name, &value, kind);
        }
        for name in &reading.names {
            self.can_declare(name)?;
            self.declare(name, Kind::Text);
            self.keep_assigned(name);
        }
        if !separator.is_empty() {
            self.note("a separator at the end stays");
        }
        self.note("fewer fields are an error");
        let limit = match separator.is_empty() {
            true => format!("limit: {}", reading.names.len()),
            false => format!("{separator}, {}", reading.names.len()),
        };
        Ok(format!("let [{}] = {line}.split({limit})", reading.names.join(", ")))
    }

    /// Returns the statement that gives a variable a value, which ends with its block.
    fn given(&mut self, name: &str, value: &str, kind: Kind) -> Rewrite<String> {
        if self.in_function && self.kind(name).is_none() && !self.names.is_variable(name) {
            self.note("the variable ends with the function");
            self.declare(name, kind);
            return Ok(format!("let {name} = {value}"));
        }
        self.assignment(name, value, kind)
    }

    fn can_declare(&self, name: &str) -> Rewrite<()> {
        let is_known = self.kind(name).is_some() || self.names.is_variable(name);
        let is_fixed = self.names.is_exported(name) || self.names.is_special(name);
        if is_known || is_fixed { Err(Stop) } else { Ok(()) }
    }

    /// Rewrites `mapfile -t NAME < FILE`.
    fn mapfile(&mut self) -> Rewrite<String> {
        self.at += self.word().len();
        self.skip_blanks();
        self.skip_word("-t")?;
        self.skip_blanks();
        let name = name_at(self.rest());
        self.at += name.len();
        self.skip_blanks();
        if name.is_empty() || !self.sees("<") || self.sees("<<") {
            return Err(Stop);
        }
        self.at += 1;
        self.skip_blanks();
        let length = self.out.len();
        if self.sees("<(") {
            self.copy(2);
            self.inside(")")?;
            let command = self.out.split_off(length);
            let command = command.trim_start_matches("<(").trim_end_matches(')').trim().to_owned();
            return self.given(name, &format!("lines {{ {command} }}"), Kind::List);
        }
        self.a_word()?;
        let file = self.out.split_off(length);
        self.given(name, &format!("lines {{ cat {file} }}"), Kind::List)
    }

    /// Rewrites `printf -v NAME FORMAT WORD…`.
    fn printf_to(&mut self) -> Rewrite<String> {
        self.at += "printf -v ".len();
        self.skip_blanks();
        let name = name_at(self.rest());
        self.at += name.len();
        let (start, length) = (self.at, self.out.len());
        loop {
            self.copy_blanks();
            if matches!(self.peek(), Some('\n' | ';' | '|' | '&' | ')' | '<' | '>') | None) {
                break;
            }
            self.a_word()?;
        }
        // A capture loses line ends at the end.
        let words = &self.text[start..self.at];
        let may_end_lines = words.contains("\\n") || words.contains(['\n', '$', '`']);
        let command = self.out.split_off(length);
        if name.is_empty() || may_end_lines {
            return Err(Stop);
        }
        let command = command.trim().to_owned();
        self.given(name, &format!("$(printf {command})"), Kind::Text)
    }
}
