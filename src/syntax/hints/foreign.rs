//! Forms of other languages in the place of a value, a function or a block: `x -> x + 1`, `xs[1:]`,
//! `[0, ...a]`.

use super::{Around, Guess, line_before};
use crate::span::Span;

impl Around<'_> {
    fn rest_of_line(&self) -> &str {
        self.rest.lines().next().unwrap_or_default()
    }

    /// Returns the bracket around the place that was opened on its line.
    fn bracket(&self) -> Option<char> {
        let mut open = Vec::new();
        for sign in self.line().chars() {
            match sign {
                '(' | '[' | '{' => open.push(sign),
                ')' | ']' | '}' => {
                    open.pop();
                }
                _ => {}
            }
        }
        open.pop()
    }

    fn page(&self, length: usize, message: &str, help: &str) -> Guess {
        Some((self.found(length.max(1)), message.into(), help.into()))
    }

    /// Returns the last `length` bytes before the place, and the text after it.
    fn before_page(&self, length: usize, after: usize, message: &str, help: &str) -> Guess {
        let span = Span::new(self.before.len() - length, self.at + after);
        Some((span, message.into(), help.into()))
    }

    pub(super) fn foreign(&self) -> Guess {
        self.head_of_function()
            .or_else(|| self.clause())
            .or_else(|| self.missing_value())
            .or_else(|| self.lambda())
            .or_else(|| self.spread())
            .or_else(|| self.choice())
            .or_else(|| self.sign())
            .or_else(|| self.map())
    }

    /// Returns the error for `fn f x y {` or `fn f(x): int {`.
    fn head_of_function(&self) -> Guess {
        let line = self.line();
        if self.first != "fn" || line.contains('{') {
            return None;
        }
        let all = format!("{}{}", line, self.rest_of_line());
        let head = all.split('{').next().unwrap_or_default().trim_end();
        let (message, help) = if line.trim_end().ends_with('=') && self.rest.starts_with([')', ',']) {
            ("a default is missing after `=`", "write: fn name(n = 1) { … }, or without the `=`")
        } else if head.contains("=>") {
            (
                "a function with a name has a block",
                "write: fn name(x) { return x + 1 }; without a name: x => x + 1",
            )
        } else if head.contains("->") || head.contains("):") && !head.ends_with(':') {
            (
                "what a function returns is not declared",
                "leave it out; the types of parameters are: fn name(n: int) { … }",
            )
        } else if head.ends_with("):") || self.rest.starts_with('(') && line.trim_end().ends_with(')') {
            ("the body of a function is a block in braces", "write: fn name(a, b) { … }")
        } else if head.contains("(*") || head.contains(", *") {
            (
                "`*` can't mark a parameter",
                "the last one takes the remaining arguments: fn name(a, ...others) { … }",
            )
        } else if head.contains("?:") {
            ("`?` can't mark a parameter", "one that is optional has a default: fn name(n: int = 0) { … }")
        } else if !head.contains('(') {
            ("a list of parameters is missing", "write: fn name(a, b) { … }, or fn name() { … }")
        } else if head.contains(' ') && !head.contains(':') && head.ends_with(')') {
            (
                "these are not parameters",
                "separate names by commas, and write a type after its name: fn name(a, n: int = 1) { … }",
            )
        } else {
            return None;
        };
        self.page(self.word().len(), message, help)
    }

    /// Returns the error for the text after `use`, `catch`, `defer` or `try`.
    fn clause(&self) -> Guess {
        let last = self.line().split_ascii_whitespace().last().unwrap_or_default();
        let sign = self.rest.chars().next()?;
        let words: Vec<&str> = self.line().split_ascii_whitespace().rev().take(2).collect();
        match last {
            _ if words.get(1) == Some(&"catch") && !self.word().is_empty() => self.page(
                self.word().len(),
                "one name follows `catch`: errors have no types",
                "write: catch e { … }, and ask e.code, e.status or e.message",
            ),
            "fail" if sign == '}' => {
                let help = "write: fail \"message\"; in `catch e` also: fail e, which goes on with it";
                let span = Span::new(self.before.len() - 4, self.before.len());
                Some((span, "`fail` takes a message".into(), help.into()))
            }
            "with" if self.word() == "open" => self.page(
                4,
                "`with` opens no files",
                "a file's text is read(\"file\"); its lines are read by: each line { … } < file",
            ),
            "catch" if sign == '(' => {
                self.page(1, "the name after `catch` has no parentheses", "write: try { … } catch e { … }")
            }
            "catch" if sign == '{' => self.page(
                1,
                "a name is missing after `catch`",
                "write: catch e { … }, or catch _ { … } without a name",
            ),
            "use" if self.first == "use" && sign == '$' => self.page(
                1,
                "the file of `use` is known before the script runs",
                "write it out: use \"lib/file.pw\"",
            ),
            "use" if self.first == "use" && self.rest_of_line().contains("::") => self.page(
                self.word().len(),
                "a file is used as a whole",
                "write: use \"lib.pw\", and then lib.name(…)",
            ),
            "use" if self.first == "use" && !self.word().is_empty() => {
                let path = self.rest.split_ascii_whitespace().next().unwrap_or_default();
                self.page(path.len(), "a file's path is quoted here", &format!("write: use \"{path}\""))
            }
            "defer" | "try" if !self.word().is_empty() => {
                let message = format!("`{last}` takes a block");
                let end = if last == "try" && !self.expression() { " catch e { … }" } else { "" };
                let line = self.rest_of_line();
                let command = if line.contains(['{', '}', ';', '(']) { "…" } else { line.trim_end() };
                self.page(self.word().len(), &message, &format!("write: {last} {{ {command} }}{end}"))
            }
            _ => None,
        }
    }

    /// Returns the error for `5%` or `1 + ]`: an operator with nothing after it.
    fn missing_value(&self) -> Guess {
        let ended = self.rest.trim().is_empty();
        if !ended && !self.rest.starts_with([')', ']']) {
            return None;
        }
        let before = self.before.trim_end();
        if self.rest.starts_with(']') && before.ends_with(':') {
            let help = "write: xs.slice(1), or xs.slice(1, 3) up to the third";
            return self.before_page(1, 0, "a part of a list is taken by a method", help);
        }
        const OPERATORS: &[&str] =
            &["++", "==", "!=", "<=", ">=", "**", "//", "??", "+", "-", "*", "/", "%", "?"];
        let operator = OPERATORS.iter().find(|operator| before.ends_with(**operator))?;
        let line = line_before(before, before.len());
        if ended && !line.contains(" = ") && !line.contains("return ") {
            return None;
        }
        let help = match *operator {
            "++" => "`++` joins strings or lists; a number is counted by a statement of its own: i += 1",
            "%" => "`%` gives a remainder: 7 % 2; text is quoted: \"5%\"",
            "?" => "a failure stops the script by itself; what may fail is caught: try { … } catch e { … }",
            _ => "write the value that follows, or quote the sign if it is text",
        };
        let span = Span::new(before.len() - operator.len(), before.len());
        Some((span, format!("a value is missing after `{operator}`"), help.into()))
    }

    fn lambda(&self) -> Guess {
        let help = "a function without a name is written: x => x + 1, or (a, b) => a + b";
        let line = self.line();
        let arrow = self.rest_of_line().contains("->");
        if self.rest.starts_with('>') && self.before.ends_with('-') && self.at == self.before.len() {
            return self.before_page(1, 1, "`->` doesn't make a function", help);
        }
        if line.ends_with("lambda") && !self.word().is_empty() {
            return self.before_page(6, 0, "`lambda` is Python's", help);
        }
        if self.rest.starts_with('|') && line.ends_with('(') || arrow && line.ends_with('{') {
            return self.page(1, "this is not a function", help);
        }
        if self.rest.starts_with('{') && (line.contains("fn(") || line.contains("function(")) {
            return self.page(1, "the body of a function without a name is one expression", help);
        }
        if line.ends_with("=> {") && self.expression() {
            let help = "write it after the arrow: x => x + 1; of statements make a function with a name: fn name(x) { … }";
            return self.page(self.word().len(), "the body after `=>` is one expression", help);
        }
        if self.rest.starts_with(',') && self.rest_of_line().contains("=>") && self.bracket().is_none() {
            return self.page(
                1,
                "the names of several parameters are written in parentheses",
                "write: (x, y) => …",
            );
        }
        None
    }

    /// Returns the error for `f(*xs)` or `{...m}`.
    fn spread(&self) -> Guess {
        let length = if self.rest.starts_with("...") {
            3
        } else if self.rest.starts_with('*') && self.before.ends_with(['[', ',', '(', '{']) {
            self.rest.bytes().take_while(|byte| *byte == b'*').count()
        } else {
            return None;
        };
        let (message, help) = match self.bracket()? {
            '{' if self.expression() => {
                ("a map is not spread in another", "maps are joined: a.merge({y: 2})")
            }
            '[' if length != 3 => ("`*` doesn't spread a list", "write: [0, ...xs]"),
            '(' if length != 3 => ("`*` doesn't spread a list", "write: f(...xs)"),
            _ => return None,
        };
        self.page(length, message, help)
    }

    /// Returns the error for `return x if c`, `let x = if (c) { … }` or `[x for x in xs]`.
    fn choice(&self) -> Guess {
        if !self.expression() {
            return None;
        }
        let line = self.line();
        match self.word() {
            "if" | "unless" if line.contains("return ") => {
                self.page(2, "the condition comes first", "write: if (x > 1) { return x }")
            }
            "if" => self.page(2, "a choice begins with its condition", "write: let y = x > 1 ? 2 : 3"),
            "for" if self.bracket() == Some('[') => self.page(
                3,
                "a list is made of another by a method",
                "write: xs.map(x => x * 2), xs.filter(x => x > 1)",
            ),
            _ if line.ends_with("= if") || line.ends_with("return if") => {
                self.before_page(2, 0, "`if` is not a value", "write: let y = x > 1 ? 2 : 3")
            }
            _ if line.ends_with("= match") => self.before_page(
                5,
                0,
                "`match` is not a value",
                "assign in its arms: match (x) { a => { y = 1 } }; or let a function return it",
            ),
            _ => None,
        }
    }

    fn sign(&self) -> Guess {
        let glued = self.at == self.before.len();
        let starts = |text: &str| self.rest.starts_with(text);
        let digit =
            |text: &str| text.ends_with(|last: char| last.is_ascii_alphanumeric() || ")_]".contains(last));
        if self.before.strip_suffix('.').is_some_and(digit)
            && glued
            && starts(".")
            && (self.expression() || matches!(self.bracket(), Some('(' | '[')))
        {
            if self.bracket() == Some('[') {
                let help = "write: xs.slice(1), or xs.slice(1, 3) up to the third";
                return self.before_page(1, 1, "a part of a list is taken by a method", help);
            }
            let help = "write: 1..=3 with it, 1..<3 without";
            return self.before_page(1, 1, "a range says whether it has its end", help);
        }
        if self.rest.starts_with(['“', '”', '‘', '’']) {
            let length = self.rest.chars().next().map_or(1, char::len_utf8);
            return self.page(length, "these are typographic quotes", "write straight ones: \"text\"");
        }
        if glued && self.before.ends_with('.') && self.rest.starts_with(|first: char| first.is_ascii_digit())
        {
            let help = format!("write: xs[{}]", self.word());
            return self.page(self.word().len(), "an element is named by its index in brackets", &help);
        }
        if glued && starts("?(") {
            return self.page(1, "a name has no `?`", "leave it out: xs.is_empty()");
        }
        if self.first == "let" && self.line().trim_start() == "let" && starts("(") {
            let names = self.rest[1..].split(')').next().unwrap_or_default();
            let is_names = names.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_, ".contains(&byte));
            let names = if is_names { names } else { "a, b" };
            let help = format!("a list is taken apart by brackets: let [{names}] = …");
            return self.page(1, "a pattern has no parentheses", &help);
        }
        if starts(":") && self.line().rfind("${").is_some_and(|open| !self.line()[open..].contains('}')) {
            return self.page(1, "`${…}` holds a name and a path", "a default is: name ?? \"default\"");
        }
        if glued && starts("\"") && self.line().ends_with([' ', '(', '[']) {
            return None;
        }
        if !self.expression() {
            return None;
        }
        let prefix = self.line().rsplit([' ', '(', '[']).next().unwrap_or_default();
        if glued && self.rest.starts_with(['"', '\'']) && matches!(prefix, "f" | "r" | "b" | "u") {
            let help = "any \"…\" can contain values: \"is $x, ${m.key}, $[x + 1]\"; '…' is raw";
            return self.before_page(1, 0, "a string has no prefix", help);
        }
        if starts("...") && self.before.ends_with('(') && self.rest_of_line().contains("=>") {
            let help = "give it a name: fn name(first, ...others) { … }";
            return self.page(3, "a function without a name takes as many arguments as it names", help);
        }
        if starts("..") {
            return if self.bracket() == Some('[') {
                self.page(2, "a part of a list is taken by a method", "write: xs.slice(1), or xs.slice(1, 3)")
            } else {
                self.page(2, "a range says whether it has its end", "write: 1..=3 with it, 1..<3 without")
            };
        }
        if starts("::") {
            return self.page(2, "`::` is Rust's", "a method is called so: x.len()");
        }
        if starts(":") && self.before.ends_with(':') {
            return self.before_page(1, 1, "`::` is Rust's", "a method is called so: x.len()");
        }
        if starts(")") && self.before.ends_with("?(") {
            return self.before_page(2, 0, "a name has no `?`", "leave it out: xs.len() == 0");
        }
        if starts(".") && self.before.ends_with('?') {
            let help = "a key that may be missing is read by: m.get(\"key\")";
            return self.before_page(1, 1, "there is no `?.`", help);
        }
        if starts(":") && self.before.ends_with('?') {
            return self.before_page(1, 1, "there is no `?:`", "a default for null is: x ?? \"default\"");
        }
        if starts("!") && glued {
            return self.page(1, "a name has no `!`", "leave it out");
        }
        if starts("^") || starts("<<") || starts(">>") || starts("&") && !starts("&&") {
            let help = "a power is 2 ** 3; there are none on bits";
            return self.page(
                if starts("^") || starts("&") { 1 } else { 2 },
                "there is no such operator",
                help,
            );
        }
        if starts("|") && !starts("||") {
            let help = "values go through methods: xs.map(x => x + 1); what commands print is $(cmd | cmd)";
            return self.page(1, "`|` joins commands, not values", help);
        }
        if starts("=") && !starts("==") && !starts("=>") && self.bracket().is_none() {
            return self.page(1, "one variable is assigned at a time", "write two statements: y = 5; x = y");
        }
        if starts(",") && self.line().contains("return ") {
            return self.page(1, "one value is returned", "return a list: return [1, 2]");
        }
        if starts(",") && self.bracket() == Some('(') {
            return self.page(1, "a list is written in square brackets", "write: [1, 2]");
        }
        None
    }

    /// Returns the error for `{a}`, `{1, 2}` or `{a: 1; b: 2}`.
    fn map(&self) -> Guess {
        if !self.expression() {
            return None;
        }
        if self.rest.starts_with(';') && self.bracket() == Some('{') && self.line().contains(": ") {
            return self.page(1, "entries of a map are separated by commas", "write: {a: 1, b: 2}");
        }
        if !self.line().ends_with("= {") {
            return None;
        }
        let rest = self.rest_of_line();
        if rest.contains("=>") {
            return self.page(
                1,
                "a key and its value are joined by `:`",
                "write: {name: \"web\", \"a key\": 80}",
            );
        }
        let length = self.word().len();
        // `{a = 1}` has an error of its own.
        if rest[length..].trim_start().starts_with('=') {
            return None;
        }
        match (self.word().parse::<u64>().is_ok(), rest[length..].trim_start().starts_with(':')) {
            (true, true) => {
                let help = format!("quote it: {{\"{}\": …}}", self.word());
                self.page(length, "a key is a string", &help)
            }
            _ if rest.starts_with(|sign: char| sign.is_alphanumeric()) && !rest.starts_with("return") => self
                .page(
                    length,
                    "a key and its value are missing here",
                    "a map is {name: \"web\", port: 80}; a list is [1, 2]",
                ),
            _ => None,
        }
    }
}
