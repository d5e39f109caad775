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
                Some(":=") => ("a variable is declared by `let`", format!("write: let {word} = …")),
                _ if words.len() > 2
                    && bare(words.get(2)) == Some("=")
                    && matches!(word, "var" | "const" | "set" | "my" | "local" | "declare" | "export") =>
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
