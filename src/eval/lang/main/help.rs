//! The texts of `--help` and `--version`.

use crate::check::program::*;
use crate::diag::visible;

/// Returns the usage: `usage: deploy.pw [--retries INT] HOST [REST…]`.
pub fn usage_line(function: &Function, script: &str) -> String {
    let (options, others): (Vec<&Formal>, Vec<_>) =
        function.formals().partition(|one| one.optional || one.is_repeated());
    let words = options.into_iter().chain(others).map(|parameter| format!(" {}", parameter.usage()));
    format!("usage: {script}{}", words.collect::<String>())
}

/// Returns the version of a script, from a line `version: 1.2` in the comment above its `main`.
pub fn version(function: &Function) -> Option<&str> {
    function.doc.lines().find_map(version_of_line)
}

fn version_of_line(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("version:").map(str::trim).filter(|version| !version.is_empty())
}

/// Returns the help: the usage, the comment, the arguments and the options.
pub fn text(function: &Function, script: &str, source: &str) -> String {
    let mut text = usage_line(function, script) + "\n";
    let doc: Vec<&str> = function.doc.lines().filter(|line| version_of_line(line).is_none()).collect();
    let doc = doc.join("\n");
    if !doc.trim().is_empty() {
        text.push_str(&format!("\n{}\n", doc.trim_end()));
    }
    let positional = |parameter: &&Parameter| !is_option(&parameter.formal);
    let documented =
        |parameter: &Parameter| !parameter.doc.is_empty() || !parameter.formal.choices.is_empty();
    if function.parameters.iter().filter(positional).any(documented) {
        let rows = function.parameters.iter().filter(positional);
        let rows = rows.map(|parameter| (parameter.formal.usage(), described(parameter, source)));
        text.push_str(&format!("\narguments:\n{}", table(rows.collect())));
    }
    let options = function.parameters.iter().filter(|parameter| is_option(&parameter.formal));
    let has_short = options.clone().any(|parameter| parameter.formal.short.is_some());
    let short = |letter: Option<char>| match letter {
        Some(letter) => format!("-{letter}, "),
        None if has_short => "    ".to_string(),
        None => String::new(),
    };
    let mut rows: Vec<(String, Vec<String>)> = options
        .map(|parameter| {
            let formal = &parameter.formal;
            (short(formal.short) + &formal.option(), described(parameter, source))
        })
        .collect();
    let mut own = |name: &str, what: &str| rows.push((short(None) + name, vec![what.to_string()]));
    own("--help", "this text");
    if version(function).is_some() {
        own("--version", "the version of this script");
    }
    own("--completions SHELL", "what bash, fish or zsh needs to complete its options");
    text.push_str(&format!("\noptions:\n{}", table(rows)));
    text
}

/// Returns whether a parameter is an option.
fn is_option(formal: &Formal) -> bool {
    formal.optional || formal.is_repeated()
}

/// Returns the lines that describe a parameter: its comment, and facts from its declaration.
fn described(parameter: &Parameter, source: &str) -> Vec<String> {
    let formal = &parameter.formal;
    let mut lines: Vec<String> = parameter.doc.lines().map(|line| visible(line.as_bytes())).collect();
    let mut facts = Vec::new();
    if !formal.choices.is_empty() && !is_option(formal) {
        facts.push(formal.value_name().replace('|', " or "));
    }
    if formal.counts {
        facts.push("each time counts".to_string());
    }
    if formal.is_repeated() {
        facts.push("may be given again".to_string());
    }
    if let Some(default) = &parameter.default {
        facts.push(format!("default: {}", &source[default.span.range()]));
    }
    let facts = facts.join("; ");
    match lines.last_mut() {
        Some(last) if lines_fit(last, &facts) => last.push_str(&format!(" ({facts})")),
        _ if facts.is_empty() => {}
        _ => lines.push(facts),
    }
    lines
}

fn lines_fit(line: &str, facts: &str) -> bool {
    !facts.is_empty() && line.chars().count() + facts.chars().count() < 80
}

/// Lays out rows of two columns, the second of which may have several lines.
fn table(rows: Vec<(String, Vec<String>)>) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, lines) in rows {
        let mut name = &*name;
        for line in lines.iter().map(String::as_str).chain(lines.is_empty().then_some("")) {
            text.push_str(format!("  {name:width$}  {line}").trim_end());
            text.push('\n');
            name = "";
        }
    }
    text
}
