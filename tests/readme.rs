//! Runs every block of code in README.md and docs/*.md, so that each page is true.
//!
//! | block | what holds |
//! | --- | --- |
//! | ```` ```pipewright ```` | passes `--check` |
//! | ```` ```pipewright ````, then ```` ```output ```` | run, it prints this, on standard output and standard error together |
//! | ```` ```refused ```` | is refused before anything runs; a block `output` after it holds the page |
//! | ```` ```console ```` | each line `$ command`, run by bash, prints the lines below it |
//! | ```` ```sh ```` | is sh (`bash -n`), and not run |
//! | ```` ```text ```` and other languages | are not Pipewright code |
//!
//! `needs=node,curl` after `pipewright` names programs without which a block is only checked.
//!
//! Below a heading such as `## E0201: …`, a block is an example of that diagnostic: it is run, and must give that page.
//!
//! All blocks of a page share a directory and run in order, with `pipewright` in PATH. A page creates a file there with
//! a comment, which a reader does not see:
//!
//! ```text
//! <!-- file access.log
//! the content
//! -->
//! ```
//!
//! A line `...` in the expected output stands for any lines. Programs are in `script.pw`, so pages of errors show that
//! name. Lines of a `console` block that begin with `$ git clone` or `$ cargo` are for the reader and are not run. The
//! word `no-run` after `console` exempts a whole block.

use crate::support;
use crate::support::{Outcome, Run, have};
use std::fs;
use std::path::{Path, PathBuf};

struct Block {
    line: usize,
    /// The text after the fence: the language, and flags after it.
    info: String,
    text: String,
    /// The diagnostic that the block is an example of.
    code: Option<String>,
}

enum Part {
    Block(Block),
    File(String, String),
}

#[test]
fn code_on_the_pages_does_what_they_show() {
    let mut pages: Vec<PathBuf> = support::files(&support::root().join("docs"), ".md");
    pages.insert(0, support::root().join("README.md"));
    let mut wrong = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let name = page.strip_prefix(support::root()).unwrap_or(&page).display().to_string();
        wrong.extend(try_page(&text).into_iter().map(|(line, what)| format!("==== {name}:{line}\n{what}")));
    }
    assert!(wrong.is_empty(), "{} blocks are wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn try_page(page: &str) -> Vec<(usize, String)> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut wrong = Vec::new();
    let parts = parts(page);
    for (at, part) in parts.iter().enumerate() {
        let block = match part {
            Part::Block(block) => block,
            Part::File(name, content) => {
                let path = directory.path().join(name);
                fs::create_dir_all(path.parent().expect("it is below")).expect("a directory can be made");
                fs::write(path, content).expect("a file can be written");
                continue;
            }
        };
        let output = match parts.get(at + 1) {
            Some(Part::Block(next)) if next.info == "output" => Some(next.text.as_str()),
            _ => None,
        };
        if let Err(what) = try_block(block, output, directory.path()) {
            wrong.push((block.line, what));
        }
    }
    wrong
}

fn try_block(block: &Block, output: Option<&str>, directory: &Path) -> Result<(), String> {
    let script = |options: &[&str]| {
        fs::write(directory.join("script.pw"), &block.text).expect("a file can be written");
        bash("exec \"$0\" \"$@\" 2>&1")
            .arg(support::pipewright())
            .args(options)
            .arg("script.pw")
            .dir(directory)
            .run()
    };
    if let (Some(code), "pipewright" | "refused") = (&block.code, block.info.as_str()) {
        let outcome = script(&[]);
        let is_refusal = outcome.status == 2 && outcome.stdout.starts_with(b"error[E0");
        if !outcome.out().contains(&format!("error[{code}]")) || is_refusal != (block.info == "refused") {
            return Err(format!("it is no example of {code}\n{outcome}"));
        }
    }
    let mut words = block.info.split_whitespace();
    match words.next().unwrap_or_default() {
        "pipewright" => {
            let outcome = script(&["--check"]);
            if outcome.status != 0 {
                return Err(format!("it does not pass the check\n{outcome}"));
            }
            match output {
                Some(_) if words.any(names_missing) => Ok(()),
                Some(output) => compare(output, &script(&[])),
                None => Ok(()),
            }
        }
        "refused" => {
            let outcome = script(&[]);
            if outcome.status != 2 || !outcome.stdout.starts_with(b"error[E0") {
                return Err(format!("it is not refused\n{outcome}"));
            }
            output.map_or(Ok(()), |output| compare(output, &outcome))
        }
        "console" if words.any(|word| word == "no-run") => Ok(()),
        "console" => commands(&block.text).into_iter().try_for_each(|(command, output)| {
            if ["git clone", "cargo"].iter().any(|skipped| command.starts_with(skipped)) || !have("bash") {
                return Ok(());
            }
            compare(&output, &bash(&format!("exec 2>&1\n{command}")).dir(directory).run())
                .map_err(|what| format!("$ {command}\n{what}"))
        }),
        "sh" if have("bash") => {
            let outcome = Run::new("bash").args(["-n", "-c", &block.text]).run();
            if outcome.status == 0 { Ok(()) } else { Err(format!("it is not sh\n{outcome}")) }
        }
        "" => Err("a block says what it holds: pipewright, refused, console, sh, output or text".to_owned()),
        _ => Ok(()),
    }
}

/// Returns whether a word after `pipewright` names a program that is missing.
fn names_missing(word: &str) -> bool {
    word.strip_prefix("needs=").is_some_and(|names| names.split(',').any(|name| !have(name)))
}

/// Returns a shell with `pipewright` in its PATH.
fn bash(code: &str) -> Run {
    let mut path = support::pipewright().parent().expect("it lies in a directory").as_os_str().to_owned();
    path.push(":");
    path.push(support::path());
    Run::new("bash").env("PATH", path).args(["-c", code])
}

fn compare(expected: &str, outcome: &Outcome) -> Result<(), String> {
    let printed = outcome.out();
    if !outcome.timed_out && matches(&lines(expected), &lines(&printed)) {
        return Ok(());
    }
    Err(format!("-- the page shows\n{expected}\n-- it prints (status {})\n{printed}", outcome.status))
}

/// Returns lines without blank lines at the end and blanks at line ends, which editors remove.
fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Returns whether the lines are the expected ones, in which `...` stands for any number of lines.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..])),
        Some((first, rest)) => lines.first() == Some(first) && matches(rest, &lines[1..]),
    }
}

/// Returns the commands of a console, each with the lines below it. A command that ends in `\` continues in the next
/// line.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (_, Some((command, _))) if goes_on => *command += &format!("\n{line}"),
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("a console begins with a command: {line}"),
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

/// Returns the blocks and hidden files of a page, in order.
fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut code = None;
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim_start() != "```");
            let text =
                inside.fold(String::new(), |text, line| text + line.get(indent..).unwrap_or_default() + "\n");
            parts.push(Part::Block(Block {
                line: at + 1,
                info: info.trim().to_owned(),
                text,
                code: code.clone(),
            }));
        } else if line.starts_with('#') {
            let number = line.trim_start_matches(['#', ' ']).split(':').next().unwrap_or_default();
            let is_code = number.len() == 5
                && number.starts_with('E')
                && number[1..].bytes().all(|b| b.is_ascii_digit());
            code = is_code.then(|| number.to_owned());
        } else if let Some(name) = line.strip_prefix("<!-- file ") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "-->");
            let text = inside.fold(String::new(), |text, line| text + line + "\n");
            parts.push(Part::File(name.trim().to_owned(), text));
        }
    }
    parts
}

#[test]
fn a_page_is_split_according_to_its_head() {
    let page = "# Title\n```console\n$ echo a \\\n  b\na b\n$ true\n```\n<!-- file d/x\none\n-->\n- item\n  ```sh\n  if x; then\n  fi\n  ```\n";
    let parts = parts(page);
    let [Part::Block(console), Part::File(name, content), Part::Block(sh)] = &*parts else {
        panic!("{}", parts.len())
    };
    assert_eq!((console.line, console.info.as_str()), (2, "console"));
    let expected = [("echo a \\\n  b".to_owned(), "a b\n".to_owned()), ("true".to_owned(), String::new())];
    assert_eq!(commands(&console.text), expected);
    assert_eq!((name.as_str(), content.as_str()), ("d/x", "one\n"));
    assert_eq!((sh.line, sh.text.as_str()), (12, "if x; then\nfi\n"));
    assert!(matches(&["a", "...", "c"], &["a", "b", "b", "c"]) && matches(&["...", "a"], &["a"]));
    assert!(!matches(&["a"], &["a", "b"]) && !matches(&["a", "b"], &["a"]));
}
