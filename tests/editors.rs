//! Tests the files for editors: their lists of words match the source, and their rules read real scripts
//! correctly.
//!
//! A TextMate grammar is run here by a small engine for `match` and `begin`/`end` rules, one line at a time as in
//! editors. Vim runs its own syntax file.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support;
use fancy_regex::{Captures, Regex};
use serde_json::Value;

fn root() -> &'static Path {
    support::root()
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn grammar() -> Value {
    serde_json::from_str(&text("editors/vscode/syntaxes/pipewright.tmLanguage.json")).expect("it is JSON")
}

// ------------------------------------------------------------------------------------------ lists of words

type Words = BTreeSet<String>;

/// Returns the quoted strings between two texts.
fn quoted(text: &str, from: &str, to: &str, quote: char) -> Words {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}")) + from.len();
    let end = start + text[start..].find(to).unwrap_or_else(|| panic!("no {to} after {from}"));
    text[start..end].split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

fn keywords() -> Words {
    let source = text("src/builtins/keywords.rs");
    let table = source.split("pub const KEYWORDS").nth(1).expect("the table");
    let table = table.split("\n];").next().expect("its end");
    let rows = table.split(" row(").skip(1);
    rows.map(|row| row.split('"').nth(1).expect("a name").to_owned()).collect()
}

fn builtins() -> Words {
    let source = text("src/builtins/mod.rs");
    let table = source.split("pub const ALL").nth(1).expect("the table");
    let table = table.split("\n];").next().expect("its end");
    let rows = table.split("name: \"").skip(1);
    rows.map(|row| row.split('"').next().expect("the name's end").to_owned()).collect()
}

fn block_values() -> Words {
    quoted(&text("grammar/pipewright.pest"), "block_kind  = @{ (", ")", '"')
}

/// Returns the alternatives of a group in a regular expression: the first group that contains `probe`.
fn alternatives(regex: &str, probe: &str) -> Option<Words> {
    let groups = regex.split('(').map(|group| group.split(')').next().unwrap_or_default());
    let mut lists =
        groups.map(|group| group.split('|').map(|word| word.replace('\\', "")).collect::<Words>());
    lists.find(|words| words.len() > 2 && words.contains(probe))
}

#[test]
fn the_lists_of_the_textmate_grammar_are_those_of_the_source() {
    let grammar = grammar();
    let rules = &grammar["repository"];
    let list = |regex: &Value, probe| alternatives(regex.as_str().expect("a regex"), probe).expect(probe);
    assert_eq!(list(&rules["keyword"]["match"], "let"), keywords());
    assert_eq!(list(&rules["command"]["patterns"][0]["begin"], "echo"), builtins());
    assert_eq!(list(&rules["block_value"]["begin"], "lines"), block_values());
}

#[test]
fn the_lists_of_the_vim_files_are_those_of_the_source() {
    let vim = text("editors/vim/syntax/pipewright.vim");
    let list = |name: &str| {
        let line = vim.lines().find(|line| line.starts_with(&format!("let s:{name} = ["))).expect("the list");
        line.split('\'').skip(1).step_by(2).map(str::to_owned).collect::<Words>()
    };
    assert_eq!(list("keywords"), keywords());
    assert_eq!(list("builtins"), builtins());
    assert_eq!(list("block_values"), block_values());
}

// ------------------------------------------------------------------------------------------ a TextMate engine

/// A `begin`/`end` rule that is open.
struct Open<'g> {
    rule: &'g Value,
    /// The end, in which `\\1` is replaced by the text that `begin` captured.
    end: String,
}

struct Engine<'g> {
    grammar: &'g Value,
    regexes: HashMap<String, Regex>,
    stack: Vec<Open<'g>>,
}

/// The scopes of each byte of a line.
type Scopes = Vec<Vec<String>>;

impl<'g> Engine<'g> {
    fn new(grammar: &'g Value) -> Self {
        Self { grammar, regexes: HashMap::new(), stack: Vec::new() }
    }

    fn find<'t>(&mut self, regex: &str, line: &'t str, at: usize) -> Option<Captures<'t>> {
        if !self.regexes.contains_key(regex) {
            let compiled = Regex::new(regex).unwrap_or_else(|error| panic!("{regex}: {error}"));
            self.regexes.insert(regex.to_owned(), compiled);
        }
        self.regexes[regex].captures_from_pos(line, at).unwrap_or_else(|error| panic!("{regex}: {error}"))
    }

    /// Returns the rules of a list, including those that it includes.
    fn rules(&self, patterns: &'g Value) -> Vec<&'g Value> {
        let mut rules = Vec::new();
        for rule in patterns.as_array().into_iter().flatten() {
            let included = rule["include"].as_str().map(|name| {
                let named = &self.grammar["repository"][name.trim_start_matches('#')];
                assert!(named.is_object(), "no rule {name}");
                named
            });
            let rule = included.unwrap_or(rule);
            let group = rule["match"].is_null() && rule["begin"].is_null();
            if group { rules.extend(self.rules(&rule["patterns"])) } else { rules.push(rule) }
        }
        rules
    }

    /// Reads a line, including its line end.
    fn line(&mut self, line: &str) -> Scopes {
        let mut scopes = vec![Vec::new(); line.len()];
        self.read(line, 0, &self.grammar["patterns"], &mut scopes);
        scopes
    }

    /// Reads from a position to the end of the text; `patterns` apply where no rule is open.
    fn read(&mut self, line: &str, mut at: usize, patterns: &'g Value, scopes: &mut Scopes) {
        let mut turns = 0;
        while at < line.len() {
            turns += 1;
            assert!(turns < 20 * line.len() + 100, "an endless loop at byte {at} of {line:?}");
            let open = self.stack.last().map(|open| (open.rule, open.end.clone()));
            // At the same position the end has priority over the rules, and an earlier rule over a later one.
            let mut best =
                open.as_ref().and_then(|(_, end)| self.find(end, line, at)).map(|found| (found, None));
            for rule in self.rules(open.as_ref().map_or(patterns, |(rule, _)| &rule["patterns"])) {
                let regex = rule["match"].as_str().or(rule["begin"].as_str()).expect("a regex");
                let Some(found) = self.find(regex, line, at) else { continue };
                if best.as_ref().is_none_or(|(best, _)| start(&found) < start(best)) {
                    best = Some((found, Some(rule)));
                }
            }
            let Some((found, rule)) = best else { return self.paint(scopes, at..line.len(), None) };
            let all = found.get(0).expect("the whole match").range();
            self.paint(scopes, at..all.start, None);
            let Some(rule) = rule else {
                let ended = &self.stack.last().expect("one is open").rule;
                let captures = &ended["endCaptures"];
                self.paint(scopes, all.clone(), None);
                self.captures(&found, captures, scopes);
                self.stack.pop();
                at = all.end;
                continue;
            };
            if let Some(end) = rule["end"].as_str() {
                let mut end = end.to_owned();
                for (number, group) in found.iter().enumerate().skip(1) {
                    let group = fancy_regex::escape(group.map_or("", |group| group.as_str())).into_owned();
                    end = end.replace(&format!("\\{number}"), &group);
                }
                self.paint(scopes, all.clone(), rule["name"].as_str());
                self.captures(&found, &rule["beginCaptures"], scopes);
                self.stack.push(Open { rule, end });
            } else {
                self.paint(scopes, all.clone(), rule["name"].as_str());
                self.captures(&found, &rule["captures"], scopes);
            }
            at = all.end;
        }
    }

    fn captures(&mut self, found: &Captures<'_>, captures: &'g Value, scopes: &mut Scopes) {
        for (number, capture) in captures.as_object().into_iter().flatten() {
            let Some(group) = found.get(number.parse().expect("a group's number")) else { continue };
            if let Some(name) = capture["name"].as_str() {
                scopes[group.range()].iter_mut().for_each(|scopes| scopes.push(name.to_owned()));
            }
            if capture["patterns"].is_array() {
                let mut inner = Engine::new(self.grammar);
                let mut part = vec![Vec::new(); group.end()];
                let whole = found.get(0).expect("the whole match").end();
                assert!(group.end() <= whole);
                let before = " ".repeat(group.start()) + group.as_str();
                inner.read(&before, group.start(), &capture["patterns"], &mut part);
                for at in group.range() {
                    scopes[at].append(&mut part[at]);
                }
            }
        }
    }

    fn paint(&self, scopes: &mut Scopes, range: std::ops::Range<usize>, name: Option<&str>) {
        let open = self.stack.iter().flat_map(|open| [&open.rule["name"], &open.rule["contentName"]]);
        let names: Vec<&str> = open.filter_map(Value::as_str).chain(name).collect();
        for scopes in &mut scopes[range] {
            scopes.splice(0..0, names.iter().map(|name| (*name).to_owned()));
        }
    }
}

fn start(found: &Captures<'_>) -> usize {
    found.get(0).expect("the whole match").start()
}

fn scripts() -> Vec<PathBuf> {
    let folders =
        ["scripts", "scripts/lib", "tests/golden/words", "tests/golden/pipelines", "tests/golden/values"];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).expect(folder));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pw"));
    files.sort();
    assert!(files.len() > 30);
    files
}

/// Returns the start of each line's comment.
fn comments(scopes: &Scopes) -> Option<usize> {
    scopes.iter().position(|scopes| scopes.iter().any(|scope| scope.starts_with("comment.")))
}

fn scoped(line: &str, word: &str) -> String {
    let grammar = grammar();
    let scopes = Engine::new(&grammar).line(&format!("{line}\n"));
    let at = line.find(word).expect("it is there");
    scopes[at].last().map(|scope| scope.trim_end_matches(".pipewright").to_owned()).unwrap_or_default()
}

#[test]
fn words_get_their_scopes() {
    let line = "if (x > 5m) { printf --flag 'a#b' \"n $x $[len(\"s\")]\" 2>&1 } # note";
    for (word, scope) in [
        ("if", "keyword.control"),
        (">", "keyword.operator"),
        ("5", "constant.numeric"),
        ("m)", "keyword.other.unit"),
        ("printf", "support.function.builtin"),
        ("--flag", "constant.other.option"),
        ("#b", "string.quoted.single"),
        ("$x", "variable.other"),
        ("len", "entity.name.function.call"),
        ("s\\\")", "string.quoted.double"),
        ("2>", "constant.numeric.descriptor"),
        ("} #", "punctuation.section.block.end"),
        ("# note", "comment.line.number-sign"),
    ] {
        let word = word.replace("\\\"", "\"");
        assert_eq!(scoped(line, &word), scope, "{word}");
    }
    assert_eq!(scoped("echo if", "if"), "meta.command", "a keyword as an argument is text");
    assert_eq!(scoped("let r = capture { true }", "capture"), "support.function.block");
    assert_eq!(scoped("fn f(n: int = 1) { }", "int"), "storage.type");
    assert_eq!(scoped("cat <<EOF | sort -r", "-r"), "constant.other.option");
    assert_eq!(scoped("let [a, b] = 5m # note", "5"), "constant.numeric");
    assert_eq!(scoped("for {host, port} in (xs) { echo }", "port"), "variable.other.definition");
    assert_eq!(scoped("for {host, port} in (xs) { echo }", "in "), "keyword.control");
    assert_eq!(scoped("for k, [a, b] in (m) { echo }", "echo"), "support.function.builtin");
    assert_eq!(scoped("make && (cd src; echo a)", "echo"), "support.function.builtin");
    assert_eq!(scoped("! (cd src)", "cd"), "support.function.builtin");
    assert_eq!(scoped("grep \"\\.rs$\"", ".rs"), "string.quoted.double");
}

#[test]
fn every_rule_compiles() {
    fn walk(value: &Value) -> usize {
        let object = value.as_object().into_iter().flatten();
        let own = object.map(|(key, value)| {
            let regex = value.as_str().filter(|_| ["match", "begin", "end"].contains(&key.as_str()));
            // The text that an end takes from its begin is inserted before it is compiled.
            let checked = regex.map(|regex| {
                let filled =
                    if key == "end" { regex.replace("\\2", "x").replace("\\5", "x") } else { regex.into() };
                Regex::new(&filled).unwrap_or_else(|error| panic!("{regex}: {error}"));
            });
            usize::from(checked.is_some()) + walk(value)
        });
        own.sum::<usize>() + value.as_array().into_iter().flatten().map(walk).sum::<usize>()
    }
    assert!(walk(&grammar()) > 100);
}

/// Lines of multi-line strings that all look like comments.
const NO_COMMENTS: &[&str] =
    &["# Numbers of our own (Lehmer), since rand() differs from one awk to another."];

/// Returns whether a `#` after a blank is part of a string, so that it does not begin a comment.
fn is_text(line: &str) -> bool {
    // A quote that is open before the `#` and closes after it.
    let (before, _) = line.split_at(line.find(" #").map_or(0, |at| at + 1));
    before.matches('\'').count() % 2 == 1 || before.matches('"').count() % 2 == 1
}

#[test]
fn scripts_are_read_to_their_end() {
    let grammar = grammar();
    let mut seen = 0;
    for file in scripts() {
        let mut engine = Engine::new(&grammar);
        for (number, line) in text(&file).lines().enumerate() {
            let found = comments(&engine.line(&format!("{line}\n")));
            let indent = line.len() - line.trim_start().len();
            let expected = match line.find(" #") {
                _ if NO_COMMENTS.contains(&line.trim()) => None,
                _ if line.trim_start().starts_with('#') => Some(indent),
                Some(at) if !is_text(line) => Some(at + 1),
                _ => None,
            };
            assert_eq!(found, expected, "{}:{}: {line}", file.display(), number + 1);
            seen += usize::from(found.is_some());
        }
        let scopes = engine.line("echo\n");
        let expected = ["meta.command.pipewright", "support.function.builtin.pipewright"];
        assert_eq!(scopes[0], expected, "all is closed at the end of {}", file.display());
    }
    assert!(seen > 50, "{seen} comments");
}

// ------------------------------------------------------------------------------------------ Vim

#[test]
fn vim_loads_its_files_and_finds_the_groups() {
    if !Command::new("vim").arg("--version").output().is_ok_and(|out| out.status.success()) {
        // Not by `eprintln!`, which is hidden for a test that passes.
        writeln!(io::stderr(), "SKIPPED: no vim here, its syntax file was not run").expect("told");
        return;
    }
    let lines = [
        (
            "if test -d $dir { echo \"a $x\" } # note",
            &[
                (1, "Keyword"),
                (4, "Builtin"),
                (9, "Option"),
                (12, "Variable"),
                (19, "Builtin"),
                (25, "Double"),
                (27, "Variable"),
                (33, "Comment"),
            ][..],
        ),
        ("echo if '# text' x#y", &[(1, "Builtin"), (6, ""), (10, "Single"), (19, "")]),
        (
            "let n = 5m + f(1)",
            &[(1, "Keyword"), (9, "Number"), (12, "Operator"), (14, "Call"), (16, "Number")],
        ),
        ("let r = lines { echo a }", &[(9, "BlockName"), (17, "Builtin")]),
        ("let [a, b] = 5m", &[(1, "Keyword"), (14, "Number")]),
        ("for {a, b} in (5m) { echo }", &[(1, "Keyword"), (12, "Keyword"), (16, "Number"), (22, "Builtin")]),
        ("make && (cd src; echo a)", &[(10, "Builtin"), (18, "Builtin")]),
        ("cat <<EOF", &[(5, "Redirection")]),
        ("echo $x # text", &[(1, "HereDocument"), (6, "Variable"), (9, "HereDocument")]),
        ("EOF", &[(1, "Redirection")]),
        ("echo", &[(1, "Builtin")]),
    ];
    let directory = tempfile::tempdir().expect("a directory");
    let script = directory.path().join("known.pw");
    let output = directory.path().join("groups");
    fs::write(&script, lines.map(|(line, _)| format!("{line}\n")).concat()).expect("written");
    let vim = root().join("editors/vim");
    let mut program = format!(
        "set nocompatible\nset runtimepath^={}\nfiletype plugin on\nsyntax on\nedit {}\nlet groups = [&filetype, &shiftwidth, v:errmsg]\n",
        vim.display(),
        script.display()
    );
    let places = lines
        .iter()
        .enumerate()
        .flat_map(|(row, (_, places))| places.iter().map(move |place| (row + 1, place)));
    let places: Vec<_> = places.collect();
    for (row, (column, _)) in &places {
        program += &format!("call add(groups, synIDattr(synID({row}, {column}, 1), 'name'))\n");
    }
    program += &format!("call writefile(groups, '{}')\nqall!\n", output.display());
    let run = directory.path().join("run.vim");
    fs::write(&run, program).expect("written");
    let out =
        Command::new("vim").args(["-Nu", "NONE", "-n", "-es", "-S"]).arg(&run).output().expect("vim runs");
    let groups = fs::read_to_string(&output).unwrap_or_else(|error| panic!("{error}: {out:?}"));
    let groups: Vec<&str> = groups.lines().collect();
    assert_eq!(groups[..3], ["pipewright", "4", ""], "filetype, shiftwidth and errors");
    for ((row, (column, expected)), group) in places.iter().zip(&groups[3..]) {
        assert_eq!(group.trim_start_matches("pipewright"), *expected, "line {row}, column {column}");
    }
}
