//! Commands that look like a statement of another language: `x++`, `$x = 5`, `var x = 5`, `// comment`.
//!
//! They would run a program that does not exist, or one that was not meant.

use super::context::Context;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{self, ExprKind, PartKind, WordKind};
use crate::syntax::name::name_at;

fn bare<'s>(word: Option<&ast::Word<'s>>) -> Option<&'s str> {
    match word?.kind {
        WordKind::Bare(text) => Some(text),
        _ => None,
    }
}

/// Returns `x` for a word that is `$x`.
fn value<'s>(word: &ast::Word<'s>) -> Option<&'s str> {
    let WordKind::Parts(parts) = &word.kind else { return None };
    match &**parts {
        [ast::Part { kind: PartKind::Value(value, _), .. }] => match value.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the replacement of a function of other languages, with the source of its only argument.
pub fn function_elsewhere(name: &str, own: Option<&str>) -> Option<String> {
    let is_simple = |text: &&str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.".contains(letter))
    };
    if let Some(own) = own.filter(is_simple) {
        let is_number = own.starts_with(|first: char| first.is_ascii_digit());
        match name {
            "sqrt" => return Some(format!("write: {own} ** 0.5")),
            "sleep" if is_number => return Some(format!("it is a command: sleep {own}")),
            "Number" | "parseInt" => return Some(format!("write: int({own})")),
            "String" => return Some(format!("write: str({own})")),
            "sorted" => return Some(format!("write: {own}.sort()")),
            "reversed" => return Some(format!("write: {own}.reverse()")),
            "length" | "count" => return Some(format!("write: {own}.len()")),
            _ => {}
        }
    }
    let help = match name {
        "print" | "println" | "puts" | "alert" => "write: echo \"text\", or echo $x",
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
        "tempdir" | "tempfile" | "mktemp" | "mkdtemp" => "write: $(mktemp -d), or $(mktemp) for a file",
        "getenv" => "write: env.NAME",
        "sqrt" => "write: x ** 0.5",
        "abs" => "write: x < 0 ? -x : x",
        "pow" => "write: x ** 2",
        "random" | "rand" | "randint" => "a number from 1 to 6 is: int($(shuf -i 1-6 -n 1))",
        "sleep" => "it is a command: sleep 1",
        _ => {
            let bare = crate::methods::name_id(name)?.methods().all(|method| method.parameters.is_empty());
            return Some(format!("it is a method: x.{name}({})", if bare { "" } else { "…" }));
        }
    };
    Some(help.into())
}

/// Returns a call of a method of other languages as it is written here, if the receiver is a string.
pub fn method_elsewhere(name: &str, call: &str) -> Option<String> {
    let (receiver, arguments) = call.split_once(&format!(".{name}("))?;
    let first = arguments.chars().next()?;
    let ours = match name {
        "sub" | "gsub" | "replaceAll" | "replace_all" if matches!(first, '"' | '\'') => "replace",
        "indexOf" | "index" if matches!(first, '"' | '\'') => "find",
        _ => return None,
    };
    (!call.contains('\n')).then(|| format!("write: {receiver}.{ours}({arguments}"))
}

/// Returns the replacement of a member in other languages: `JSON.parse`, `console.log`.
pub fn member_elsewhere(root: &str, member: &str) -> Option<&'static str> {
    Some(match (root, member) {
        ("JSON" | "json", "parse" | "loads" | "load" | "decode") => "write: json(text)",
        ("JSON" | "json", "stringify" | "dumps" | "dump" | "generate" | "encode") => "write: to_json(x)",
        ("console", _) | ("fmt", "Println" | "Printf") => "write: echo \"text\", or echo $x",
        ("Math" | "math", "max" | "min") => "it is a method of lists: [a, b].max(), [a, b].min()",
        ("Math" | "math", "floor" | "ceil" | "round") => {
            "it is a method of numbers: x.floor(), x.ceil(), x.round()"
        }
        ("Math" | "math", "abs") => "write: x < 0 ? -x : x",
        ("Math" | "math", "pow" | "sqrt") => "write: x ** 2, x ** 0.5",
        ("Object" | "dict", "keys" | "values" | "entries" | "items") => {
            "it is a method of maps: m.keys(), m.values(), m.entries()"
        }
        ("Array", "isArray") => "write: x.type() == \"list\"",
        ("Array", "from") => "write: list(r)",
        ("Date", "now") | ("time", "time") => "write: now()",
        ("process", "argv") | ("sys", "argv") | ("os", "args" | "Args") => "write: args",
        ("process", "env") | ("os", "environ" | "getenv" | "Getenv") => "write: env.NAME",
        ("process" | "sys" | "os", "exit" | "Exit") => "it is a command: exit 1",
        ("os", "system" | "popen") | ("subprocess", _) | ("child_process", _) | ("exec", "Command") => {
            "a program is run as a command: cmd …; its output is $(cmd …)"
        }
        ("os", "path") | ("path", "join" | "basename" | "dirname") => {
            "paths have methods: path.join(\"name\"), path.basename(), path.dirname(), path.exists()"
        }
        ("os", "listdir") => "write: glob(\"*\")",
        ("fs", _) => "write: read(\"file\"), write(\"file\", text)",
        ("re", _) => "it is a method of strings: s.matches(\"regex\"), s.match(\"regex\")",
        ("String", _) => "write: str(x)",
        ("Number" | "Integer", _) => "write: int(x), float(x)",
        _ => return None,
    })
}

/// Returns the replacement of `let mut x = 1` or `let a, b = xs`: the text after `let` in a form that is not
/// valid here.
pub fn let_elsewhere(text: &str) -> Option<(&'static str, String)> {
    let rest = text.strip_prefix("let")?.trim_start();
    let (left, value) = match rest.split_once('=') {
        Some((left, value)) => (left.trim(), value.trim()),
        None => (rest.trim(), ""),
    };
    let is_name = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    };
    let value = if value.is_empty() || value.len() > 40 { "…" } else { value };
    if let Some(name) = left.strip_prefix('$').filter(|name| is_name(name)) {
        return Some(("a variable is declared without `$`", format!("write: let {name} = {value}")));
    }
    if let Some(name) = left.strip_prefix("mut ").map(str::trim).filter(|name| is_name(name)) {
        return Some(("every variable can be assigned", format!("leave `mut` out: let {name} = {value}")));
    }
    if left.contains(',') && left.split(',').all(|name| is_name(name.trim())) {
        let names: Vec<_> = left.split(',').map(str::trim).collect();
        let is_plain = value.starts_with(|first: char| first.is_ascii_digit() || "\"'-".contains(first));
        let value = match is_plain {
            true if value.contains(',') => format!("[{value}]"),
            true => format!("[{value}, …]"),
            false => value.to_string(),
        };
        let help = format!("take a list apart: let [{}] = {value}", names.join(", "));
        return Some(("several names are written as a pattern", help));
    }
    if let Some((name, kind)) = left.split_once(':') {
        return (is_name(name.trim()) && !kind.is_empty()).then(|| {
            ("a variable is declared without a type", format!("write: let {} = {value}", name.trim()))
        });
    }
    (is_name(left) && is_value(value))
        .then(|| ("write blanks around the `=` of `let`", format!("write: let {left} = {value}")))
}

/// Returns whether a text is exactly one value: a number, a string, a capture.
fn is_value(text: &str) -> bool {
    let inside = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    let is_plain = |text: Option<&str>, but: &[char]| text.is_some_and(|text| !text.contains(but));
    text.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok()
        || is_plain(inside("\"", "\""), &['"', '\\', '`'])
        || is_plain(inside("'", "'"), &['\''])
        || is_plain(inside("$(", ")"), &['(', ')', '\'', '"', '`', '\n'])
}

/// Refuses a statement of another language that no call of a program looks like.
fn statement_elsewhere(
    word: &str,
    second: Option<&str>,
    third: Option<&str>,
    fourth: Option<&str>,
) -> Option<(&'static str, String)> {
    let found = match word {
        "from" if third == Some("import") => ("another file is used by `use`", USE.into()),
        "import" if matches!(third, Some("from" | "as")) || second == Some("{") => {
            ("another file is used by `use`", USE.into())
        }
        "import" if second.is_some_and(|second| second.starts_with('{')) && fourth.is_some() => {
            ("another file is used by `use`", USE.into())
        }
        "try:" | "else:" | "except:" | "finally:" => {
            ("a block is written in braces", "write: try { … } catch e { … }, if cmd { … } else { … }".into())
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

const USE: &str = "write: use \"lib/file.pw\"";

/// Returns the probable meaning of the name of a missing program.
pub fn program_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "throw" | "raise" | "die" => "a script fails by: fail \"message\"",
        "puts" | "print" | "println" | "say" => "text is printed by: echo \"text\"",
        "require" | "require_relative" | "include" | "import" => {
            "another file is used by a statement at the top: use \"lib/file.pw\""
        }
        "yield" => "a function returns all at once: return [1, 2]",
        "begin" => "a failure is caught by: try { … } catch e { … }",
        "True" => "the command is `true`",
        "False" => "the command is `false`",
        "def" | "func" | "fun" | "sub" | "proc" => "a function is declared by: fn name(a, b) { … }",
        "var" | "const" | "my" | "val" => "a variable is declared by: let name = value",
        "unless" => "write: if ! cmd { … }",
        "quit" | "bye" | ":q" => "leave by: exit",
        "switch" => "write: match (x) { a | b => { … } }",
        "assert" => "write: if (not (x == 1)) { fail \"message\" }",
        "del" | "delete" => "a key is removed by: m.remove(\"key\"); a file by: rm file",
        _ => return None,
    })
}

const NO_COMMAND: &str = "`=` can't be the name of a command";
const ASSIGN: &str = "assign by: x = …, x ??= … where it is null, b = a or b";

/// Refuses a command that looks like a statement of another language.
pub fn command(context: &Context<'_, '_>, words: &[ast::Word<'_>]) -> Option<Diagnostic> {
    let first = words.first()?;
    let second = bare(words.get(1));
    let declared = |name: &str| context.is_variable(name);
    let text = |at: usize| words.get(at).map_or("…", |word| &context.text[word.span.range()]);
    let value_of = |word: &str| match text(2) {
        text if text.starts_with(|first: char| first.is_ascii_digit() || first == '"' || first == '\'') => {
            text.to_string()
        }
        text => match text.strip_prefix('$').unwrap_or(text) {
            name if declared(name) || matches!(name, "true" | "false" | "null") => name.to_string(),
            _ if word.is_empty() => "…".to_string(),
            name => format!("\"{name}\""),
        },
    };
    let undeclared = bare(Some(first)).filter(|word| context.scopes.find(word).is_none());
    let elsewhere =
        undeclared.and_then(|word| statement_elsewhere(word, second, bare(words.get(2)), bare(words.get(3))));
    let (message, help) = if let Some(found) = elsewhere {
        found
    } else if let Some(name) = value(first) {
        match second {
            Some("=") => ("a variable is assigned without `$`", format!("write: {name} = …")),
            Some(sign @ ("==" | "!=")) => (
                "values are compared in an expression",
                format!("write: if ({name} {sign} {}) {{ … }}", value_of(name)),
            ),
            _ => return None,
        }
    } else {
        if context.text[first.span.range()].starts_with("/*") && second.is_some() {
            let message = "a comment begins with `#`";
            let help = "write: # comment";
            return Some(context.error(code::SYNTAX, first.span, message, "not in Pipewright", help));
        }
        let word = bare(Some(first))?;
        let counted = word.strip_suffix("++").or_else(|| word.strip_suffix("--"));
        match second {
            Some("=~") if declared(word) => (
                "values are compared in an expression",
                format!("write: if ({word}.matches(\"regex\")) {{ … }}"),
            ),
            Some(sign @ ("==" | "!=" | "===" | "!==")) if declared(word) => (
                "values are compared in an expression",
                format!("write: if ({word} {} {}) {{ … }}", &sign[..2], value_of(word)),
            ),
            _ if declared(word) && text(1) == "?" && words.len() > 2 => (
                "the value of an expression is used by nothing",
                format!("write: let y = {word} ? a : b, or echo $[{word} ? a : b]"),
            ),
            Some("is" | "in" | "not" | "and" | "or" | "<=>") if declared(word) => (
                "values are compared in an expression",
                format!("write: if ({word} == …) {{ … }}, if ({word} in xs) {{ … }}"),
            ),
            Some(".=") if declared(word) => {
                ("strings are joined by `++`", format!("write: {word} ++= \"text\""))
            }
            Some(sign @ ("+" | "-" | "%" | "/" | "++"))
                // `cat - file`, `ls / dir` are calls of programs.
                if declared(word)
                    && words.len() == 3
                    && (!matches!(sign, "-" | "/") || text(2).parse::<u64>().is_ok()) => (
                "the value of an expression is used by nothing",
                format!("write: echo $[{word} {sign} {0}], or {word} = {word} {sign} {0}", value_of("")),
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
            _ if word == "=" => (NO_COMMAND, ASSIGN.to_string()),
            _ if word.starts_with("//") || word == "--" => {
                ("a comment begins with `#`", "write: # comment".to_string())
            }
            _ => return None,
        }
    };
    Some(context.error(code::SYNTAX, first.span, message, "not in Pipewright", &help))
}

/// Lowers `= x`, which shows a value in an entry of a prompt.
pub fn shown_value(context: &Context<'_, '_>, span: Span) -> Option<Diagnostic> {
    if context.is_entry && context.scopes.is_outermost() {
        return None;
    }
    let sign = Span::new(span.start as usize, span.start as usize + 1);
    let help = format!("{ASSIGN}; print by: echo $[x]; a prompt shows values by: = x");
    Some(context.error(code::SYNTAX, sign, NO_COMMAND, "not in Pipewright", &help))
}

/// Refuses `echo ...xs`: a list is spliced by `...$xs`, and this is a word.
pub fn bare_splice(context: &Context<'_, '_>, text: &str, span: Span) -> Option<Diagnostic> {
    let path = text.strip_prefix("...")?;
    let name = name_at(path);
    let is_path = path == name || path[name.len()..].starts_with('.');
    if is_path && context.is_variable(name) {
        let splice = if path == name { format!("...${path}") } else { format!("...$[{path}]") };
        let help = format!("write: {splice}; the word itself is quoted: '{text}'");
        let message = format!("`{text}` is a word here, not the elements of `{path}`");
        return Some(context.error(code::BARE_SPLICE, span, message, "a `$` is missing", &help));
    }
    None
}

/// Refuses `[a, b] = [b, a]`: the words of a program named `[a,`.
pub fn pattern_assignment(context: &Context<'_, '_>, words: &[ast::Word<'_>]) -> Option<Diagnostic> {
    let text = |word: &ast::Word<'_>| &context.text[word.span.range()];
    let first = words.first()?;
    let equals = words.iter().position(|word| text(word) == "=")?;
    let pattern = first.span.to(words[equals.checked_sub(1)?].span);
    let inner = context.text[pattern.range()].strip_prefix('[')?.strip_suffix(']')?;
    let names: Vec<&str> = inner.split(',').map(str::trim).collect();
    if names.len() < 2 || !names.iter().all(|name| context.is_variable(name)) {
        return None;
    }
    let fresh: Vec<String> = names.iter().map(|name| format!("new_{name}")).collect();
    let value = &context.text[words.get(equals + 1)?.span.to(words.last()?.span).range()];
    let assigned: Vec<String> = names.iter().map(|name| format!("{name} = new_{name}")).collect();
    let help = format!("write: let [{}] = {value}; {}", fresh.join(", "), assigned.join("; "));
    let message = "a pattern declares names, and assigns none that there are";
    Some(context.error(code::BAD_PATTERN, pattern, message, "only allowed after `let` or `for`", &help))
}

/// Refuses `for f { … }`: sh would iterate over the script's arguments.
pub fn loop_without_items(context: &Context<'_, '_>, statement: &ast::For<'_>) -> Option<Diagnostic> {
    let (ast::ForItems::Words(words), [ast::Binding::Name(name)]) = (&statement.items, &*statement.bindings)
    else {
        return None;
    };
    let after = &context.text[name.span.end as usize..statement.body.span.start as usize];
    if !words.is_empty() || after.split_ascii_whitespace().next() == Some("in") {
        return None;
    }
    let items = if context.is_variable(name.text) {
        format!("for x in ({0}) {{, or for x in ...${0} {{", name.text)
    } else {
        format!("for {} in ...$args {{", name.text)
    };
    let message = "`for` without `in` goes through nothing";
    let help = format!("write: {items}");
    Some(context.error(code::EMPTY_LOOP, name.span, message, "in sh it goes through the arguments", &help))
}

/// Refuses `for x in ["a", "b"]` with the words `[a,` and `b]`, and `for x in xs` and `for i in 1..3`, which
/// are one word, so that the loop would have one turn.
pub fn loop_items(context: &Context<'_, '_>, words: &[ast::Word<'_>]) -> Option<Diagnostic> {
    let text = |word: &ast::Word<'_>| &context.text[word.span.range()];
    let is_list = match words {
        [] => false,
        // A pattern contains neither a comma nor a quote in its brackets, unless the user means it: `[ab]*`,
        // `[,]x`.
        [word] => {
            let inner = text(word).strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            inner.is_some_and(|inner| inner.contains([',', '"', '\'']))
        }
        [first, .., last] => {
            text(first).starts_with('[')
                && !text(first).contains(']')
                && text(last).ends_with(']')
                && !text(last).contains('[')
        }
    };
    if let ([first, ..], true) = (words, is_list) {
        let span = first.span.to(words[words.len() - 1].span);
        let list = &context.text[span.range()];
        let message = "a list is written in parentheses";
        let help =
            format!("go through a list: for x in ({list}) {{ … }}, or through words: for x in a b {{ … }}");
        return Some(context.error(
            code::SYNTAX,
            span,
            message,
            "words here, with brackets and commas",
            &help,
        ));
    }
    let [word] = words else { return None };
    let text = bare(Some(word))?;
    let variable = |name: &str| context.is_variable(name);
    if variable(text) {
        let help = format!(
            "go through the list: for x in ({text}) {{ … }}, or for x in ...${text} {{ … }}; the word itself is quoted: '{text}'"
        );
        let message = format!("`{text}` is a word here, not the variable");
        return Some(context.error(
            code::SYNTAX,
            word.span,
            message,
            "the loop would go over it once",
            &help,
        ));
    }
    let (first, last) = text.split_once("..")?;
    let last = last.trim_start_matches(['=', '<', '.']);
    let bound =
        |text: &str| variable(text) || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    if !(bound(first) && bound(last)) {
        return None;
    }
    let words = if variable(first) || variable(last) {
        String::new()
    } else {
        format!("; as words: {{{first}..{last}}}")
    };
    let help = format!("a range is an expression: for i in ({first}..={last}) {{ … }}{words}");
    let label = "the loop would go over it once";
    Some(context.error(code::SYNTAX, word.span, "this is one word, and not a range", label, &help))
}
