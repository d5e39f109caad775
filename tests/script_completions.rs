//! Tests `script.pw --completions SHELL`: real shells run the printed scripts.

use crate::support::place::Place;
use crate::support::pty::Terminal;
use crate::support::{Run, have};
use std::path::PathBuf;
use std::process::Command;

const SCRIPT: &str = r#"# Backs a directory up.
# version: 1.0
fn main(
    # The directory.
    directory: path,
    pack: "gzip" | "it's" | "none",
    # Prints more [often]: again and again.
    verbose/v: int = 0,
    level/l: "debug" | "info" | "two words" = "info",
    # Where to.
    to: path = ".",
    exclude/x: list = [],
    color: bool = true,
    keep: int = 7,
) { echo $directory $pack $verbose $level $to $[exclude.len()] $color $keep }
"#;

/// A directory with a file, the script, and its completions.
fn place(shell: &str) -> (Place, PathBuf) {
    let place = Place::new();
    place.write("tool.pw", SCRIPT);
    place.write("archive.tar", "");
    let outcome = Run::pipewright().arg(place.at("tool.pw")).args(["--completions", shell]).run().success();
    let completions = place.write(format!("completions.{shell}"), outcome.out());
    (place, completions)
}

/// The typed text, and what a shell offers for its last word.
const OFFERED: &[(&str, &[&str])] = &[
    ("tool.pw --l", &["--level"]),
    ("tool.pw --no", &["--no-color"]),
    ("tool.pw --level ", &["debug", "info", "two words"]),
    ("tool.pw -l i", &["info"]),
    ("tool.pw --vers", &["--version"]),
    ("tool.pw g", &["gzip"]),
];

#[test]
fn bash_completes_options_and_their_values() {
    if !have("bash") {
        return;
    }
    let (place, completions) = place("bash");
    let offered = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let code = r#"source "$1"; shift; compopt() { echo "compopt $*"; }
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            function=$(complete -p tool.pw); function=${function##*-F }; ${function%% *}
            printf '%s\n' "${COMPREPLY[@]}""#;
        let outcome = Run::new("bash")
            .dir(place.work())
            .args(["--norc", "-c", code, "bash"])
            .arg(&completions)
            .args(words);
        outcome.run().success().out()
    };
    for (line, expected) in OFFERED {
        let quoted: Vec<String> = expected.iter().map(|one| one.replace(' ', "\\ ")).collect();
        let found = offered(line);
        // In addition to the words, files are offered for the directory.
        let found = found.strip_prefix("compopt -o default\n").unwrap_or(&found);
        assert_eq!(found.trim(), quoted.join("\n"), "{line}");
    }
    // bash splits `--level=d` into three words.
    let code = r#"source "$1"; COMP_WORDS=(tool.pw --level = d) COMP_CWORD=3; _pipewright_tool_pw; echo "${COMPREPLY[@]}""#;
    let outcome = Run::new("bash").args(["--norc", "-c", code, "bash"]).arg(&completions).run().success();
    assert_eq!(outcome.out(), "debug\n");
    assert_eq!(offered("tool.pw --to "), "compopt -o default\n\n");
    assert_eq!(offered("tool.pw --keep "), "\n", "a number is known to the user alone");
}

#[test]
fn fish_completes_options_and_their_values() {
    if !have("fish") {
        return;
    }
    let (place, completions) = place("fish");
    let offered = |line: &str| -> Vec<String> {
        let code = "source $argv[1]; complete -C $argv[2]";
        let run = Run::new("fish").env("HOME", place.work()).dir(place.work());
        let outcome = run.args(["--no-config", "-c", code]).arg(&completions).arg(line).run().success();
        outcome.out().lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    };
    for (line, expected) in OFFERED {
        let found: Vec<String> = offered(line).iter().map(|one| one.replace('\\', "")).collect();
        for one in *expected {
            assert!(found.iter().any(|found| found == one), "{line}: {found:?}");
        }
    }
    let files = offered("tool.pw --to arch");
    assert_eq!(files, ["archive.tar"]);
}

#[test]
fn zsh_completes_options_and_their_values() {
    if !have("zsh") {
        return;
    }
    let (place, completions) = place("zsh");
    let mut command = Command::new("zsh");
    command.args(["-f", "-i"]).current_dir(place.work()).env("HOME", place.work()).env("PS1", "ready> ");
    let mut terminal = Terminal::start(&mut command);
    terminal.expect("ready> ");
    terminal.keys("autoload -U compinit && compinit -u -D && unsetopt beep && source ");
    terminal.keys(&format!("{}\r", completions.display()));
    terminal.expect("ready> ");
    for (typed, completed) in [
        ("tool.pw --le", "tool.pw --level="),
        ("tool.pw --no", "tool.pw --no-color "),
        ("tool.pw -l d", "tool.pw -l debug "),
        ("tool.pw --level=tw", "tool.pw --level=two\\ words "),
        ("tool.pw --to arch", "tool.pw --to archive.tar "),
        ("tool.pw archive.tar it", "tool.pw archive.tar it\\'s "),
    ] {
        terminal.keys(&format!("{typed}\t"));
        terminal.expect(completed);
        // Control-U deletes the line.
        terminal.keys("\u{15}");
    }
}

#[test]
fn completions_start_nothing_of_the_script() {
    let place = Place::new();
    place.write("tool.pw", "touch made\nfn main(a = 1) { echo $a }");
    for shell in ["bash", "fish", "zsh"] {
        let run = Run::pipewright()
            .dir(place.work())
            .arg(place.at("tool.pw"))
            .arg(format!("--completions={shell}"));
        assert!(run.run().success().out().contains("Completions of tool.pw"), "{shell}");
    }
    assert!(!place.at("made").exists());
}
