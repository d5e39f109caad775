//! Commands that have the look of a statement of another language: `x++`, `$x = 5`, `var x = 5`, `// comment`.
//!
//! They would run a program that nobody has, or one that was not meant.

use super::lower::Checker;
use crate::diag::code;
use crate::syntax::ast::{self, ExprKind, PartKind, WordKind};

fn bare<'s>(word: Option<&ast::Word<'s>>) -> Option<&'s str> {
    match word?.kind {
        WordKind::Bare(text) => Some(text),
        _ => None,
    }
}

/// `x` of a word that is `$x`.
fn value<'s>(word: &ast::Word<'s>) -> Option<&'s str> {
    let WordKind::Parts(parts) = &word.kind else { return None };
    match &**parts {
        [ast::Part { kind: PartKind::Value(value), .. }] => match value.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// What to write for a function that other languages have.
pub fn function_elsewhere(name: &str) -> Option<String> {
    let help = match name {
        "print" | "println" | "puts" | "alert" => "write: echo \"text\"",
        "printf" => "it is a command: printf '%s\\n' \"text\"; text with values is \"a $x\"",
        "range" => "write: 0..<3, or 1..=3",
        "open" => "write: read(\"file\"), write(\"file\", text)",
        "typeof" | "type" => "write: x.type()",
        "max" | "min" => return Some(format!("it is a method of lists: [a, b].{name}()")),
        "require" | "import" | "include" => {
            "another file is used by a statement at the top: use \"lib/file.pw\""
        }
        "fail" | "throw" | "raise" | "panic" => "it is a statement: fail \"message\"",
        "try" => "it takes a block of commands: try { cmd }",
        "exit" => "it is a command: exit 1",
        "Number" | "parseInt" => "write: int(x)",
        "String" => "write: str(x)",
        "sorted" => "write: xs.sort()",
        "reversed" => "write: xs.reverse()",
        "length" | "count" => "write: x.len()",
        "getenv" => "write: env.NAME",
        _ => {
            return crate::methods::name_id(name).map(|_| format!("it is a method: x.{name}(…)"));
        }
    };
    Some(help.into())
}

/// A statement of another language whose first word is no program that people have.
fn statement_elsewhere(
    word: &str,
    second: Option<&str>,
    third: Option<&str>,
) -> Option<(&'static str, String)> {
    let failure = "a script fails by `fail`";
    let use_file = || "write: use \"lib/file.pw\"".to_string();
    let found = match word {
        "throw" | "raise" => (failure, "write: fail \"message\"".into()),
        "puts" => ("text is printed by `echo`", "write: echo \"text\"".into()),
        "require" | "require_relative" | "include" => ("another file is used by `use`", use_file()),
        "from" if third == Some("import") => ("another file is used by `use`", use_file()),
        // ImageMagick's takes a file's name.
        "import"
            if third.is_none_or(|third| third == "as") && second.is_some_and(|name| !name.contains('.')) =>
        {
            ("another file is used by `use`", use_file())
        }
        "yield" => ("a function returns all at once", "write: return [1, 2]".into()),
        "begin" if second.is_none() => {
            ("a failure is caught by `try`", "write: try { … } catch e { … }".into())
        }
        "True" | "False" if second.is_none() => {
            ("a value is no command", format!("write: {}", word.to_lowercase()))
        }
        "try:" | "else:" | "except:" | "finally:" => {
            ("a block stands in braces", "write: try { … } catch e { … }, if cmd { … } else { … }".into())
        }
        _ if word.len() > 1 && word.ends_with(':') && third == Some("=") => (
            "a variable is declared by `let`, without a type",
            format!("write: let {} = …", &word[..word.len() - 1]),
        ),
        _ if word.len() > 1 && word.starts_with('@') && second.is_none() => {
            ("nothing is put before a function", "call it in the function, or on its value".into())
        }
        _ => return None,
    };
    Some(found)
}

impl<'s> Checker<'s> {
    /// True if the command was refused.
    pub fn refuse_lookalike(&mut self, words: &[ast::Word<'s>]) -> bool {
        let Some(first) = words.first() else { return false };
        let second = bare(words.get(1));
        let declared = |name: &str| self.scopes.find(name).is_some();
        let (message, help) = if let Some(name) = value(first) {
            match second {
                Some("=") => ("a variable is assigned without `$`", format!("write: {name} = …")),
                Some("==" | "!=") => {
                    ("values are compared in an expression", format!("write: if ({name} == …) {{ … }}"))
                }
                _ => return false,
            }
        } else {
            let Some(word) = bare(Some(first)) else { return false };
            let counted = word.strip_suffix("++").or_else(|| word.strip_suffix("--"));
            match second {
                Some("==" | "!=" | "===" | "=~") if declared(word) => {
                    ("values are compared in an expression", format!("write: if ({word} == …) {{ … }}"))
                }
                _ if self.scopes.find(word).is_none()
                    && let Some((message, help)) = statement_elsewhere(word, second, bare(words.get(2))) =>
                {
                    (message, help)
                }
                Some(".=") if declared(word) => {
                    ("strings are joined by `++`", format!("write: {word} ++= \"text\""))
                }
                Some("+" | "%") if declared(word) && words.len() == 3 => (
                    "the value of an expression is used by nothing",
                    format!("write: echo $[{word} + …], or {word} = {word} + …"),
                ),
                None if words.len() == 1
                    && word.strip_prefix("++").or_else(|| word.strip_prefix("--")).is_some_and(declared) =>
                {
                    (
                        "a number is counted by an assignment",
                        format!("write: {} {}= 1", &word[2..], &word[..1]),
                    )
                }
                Some(":=") => ("a variable is declared by `let`", format!("write: let {word} = …")),
                _ if words.len() > 2
                    && bare(words.get(2)) == Some("=")
                    && matches!(
                        word,
                        "var"
                            | "const"
                            | "set"
                            | "my"
                            | "local"
                            | "declare"
                            | "export"
                            | "int"
                            | "string"
                            | "float"
                            | "bool"
                            | "auto"
                            | "val"
                    ) =>
                {
                    (
                        "a variable is declared by `let`",
                        format!("write: let {} = …", second.unwrap_or("name")),
                    )
                }
                None if words.len() == 1 && counted.is_some_and(declared) => {
                    let sign = &word[word.len() - 1..];
                    (
                        "a number is counted by an assignment",
                        format!("write: {} {sign}= 1", counted.unwrap_or_default()),
                    )
                }
                _ if word.starts_with("//") || word == "--" => {
                    ("a comment begins with `#`", "write: # comment".to_string())
                }
                _ => return false,
            }
        };
        self.error(code::SYNTAX, first.span, message, "not in Pipewright", &help);
        true
    }
}
