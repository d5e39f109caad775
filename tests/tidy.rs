//! Checks rules of the code that are not visible in one file: which layer knows which, where the system
//! is called, that each diagnostic and each builtin is documented and shown by a golden script.

use crate::support;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, from the bottom. An arrow points down or to the same layer, never up.
const FLOORS: &[&[&str]] = &[
    &["span", "diag", "value", "sys", "expand", "programs", "fleet", "channel", "service"],
    &["syntax", "process", "builtins", "methods", "host", "policy", "queue"],
    &["check", "layout"],
    &["eval"],
    &["engine"],
    &["top"],
];

/// Codes that no script can reliably trigger.
const WITHOUT_GOLDEN: &[(&str, &str)] = &[
    ("E0210", "the binary under test has all features"),
    ("E1011", "a spawn fails when the system has no room; tests/limits.rs takes it away"),
    ("E2018", "a golden script is a file; tests/found.rs runs a text"),
    ("E1028", "a golden script may have a terminal; tests/ask.rs takes it away"),
    ("E0366", "only at a prompt; tests/on_signal.rs types it"),
    ("E2065", "the kernel has the facilities; tests/sandbox.rs takes them away"),
    ("E2081", "a disk has to be full; tests/queues.rs"),
    ("E3005", "a host cancels; tests/embed.rs does"),
    ("E1024", "a host and the prompt adopt no orphans; tests/daemons.rs asks one to"),
    ("E1030", "two users are needed; tests/atomic.rs has them"),
    ("E1021", "the binary has no functions and stages of a host; tests/host.rs shows it"),
    ("E3006", "a limit of a host; tests/policy.rs meets it, as the next four"),
    ("E3007", "as E3006"),
    ("E3008", "as E3006"),
    ("E3009", "as E3006"),
    ("E3010", "as E3006"),
    ("E1046", "a host wants a value; tests/results.rs"),
    ("E1047", "a host ignores SIGCHLD; tests/embed_endurance.rs"),
    ("E3080", "as E3006; tests/hostile.rs"),
    ("E3081", "as E3080"),
    ("E3082", "as E3080"),
    ("E0385", "as E3080"),
    ("E2039", "the system has no room for a channel"),
    ("E9001", "it would be our bug"),
];

struct File {
    /// Relative to `src`, such as `sys/pipe.rs`.
    name: String,
    /// Its text without comments and without its tests.
    code: String,
}

/// Returns the sources of the library.
fn sources() -> Vec<File> {
    sources_of("src")
}

/// Returns the sources of the library and the binary.
fn all_sources() -> Vec<File> {
    sources_of("src").into_iter().chain(sources_of("cli/src")).collect()
}

fn sources_of(folder: &str) -> Vec<File> {
    let src = support::root().join(folder);
    let files = support::files(&src, ".rs");
    assert!(files.len() > 20, "the sources are at {}", src.display());
    let relative = |path: &PathBuf| path.strip_prefix(&src).unwrap_or(path).to_string_lossy().into_owned();
    let is_test = |name: &String| {
        name.split('/').any(|part| ["tests", "tests.rs", "testing", "testing.rs"].contains(&part))
    };
    let files = files.iter().map(|path| (path, relative(path))).filter(|(_, name)| !is_test(name));
    files
        .map(|(path, name)| File { name, code: code(&fs::read_to_string(path).expect("a source is UTF-8")) })
        .collect()
}

/// Returns a source without its comments and without the code below `#[cfg(test)] mod`.
fn code(text: &str) -> String {
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    own.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.to_owned() + "\n")
        .collect()
}

/// Returns whether the text contains the word as a whole word.
fn holds_word(text: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_name) && !text[at + word.len()..].starts_with(is_name))
}

#[track_caller]
fn assert_none(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}\n{}", wrong.join("\n"));
}

#[test]
fn arrows_point_down_the_floors() {
    let floor = |module: &str| FLOORS.iter().position(|floor| floor.contains(&module));
    let mut wrong = Vec::new();
    for file in sources() {
        let module = file.name.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let Some(here) = floor(module) else {
            wrong.push(format!("{} is on no floor: give it one in FLOORS", file.name));
            continue;
        };
        for (at, _) in file.code.match_indices("crate::") {
            let rest = &file.code[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
            if floor(&rest[..end]).is_some_and(|there| there > here) {
                wrong.push(format!("{} knows {}, which is above it", file.name, &rest[..end]));
            }
        }
    }
    assert_none(wrong, "a floor knows only those below");
}

#[test]
fn the_binary_is_made_of_the_library() {
    // The compiler limits other crates to public items. This checks items that are public and hidden.
    let hidden = ["doc(hidden)", "fuzzing", "__script"];
    let wrong = sources_of("cli/src").into_iter().flat_map(|file| {
        let held = hidden.iter().filter(|text| file.code.contains(**text));
        held.map(|text| format!("{} holds {text}", file.name)).collect::<Vec<_>>()
    });
    assert_none(wrong.collect(), "what the binary needs, any host of the library may need");
    let root = fs::read_to_string(support::root().join("src/lib.rs")).expect("it is there");
    assert_eq!(root.matches("#[doc(hidden)]").count(), 2, "`__script` and `fuzzing`");
}

#[test]
fn methods_know_values_alone() {
    let known = ["methods", "value", "diag", "expand"];
    let wrong = sources().into_iter().filter(|file| file.name.starts_with("methods/")).flat_map(|file| {
        let uses = file.code.split("crate::").skip(1);
        let names = uses.map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default());
        let others = names.filter(|name| !known.contains(name));
        others.map(|name| format!("{} knows {name}", file.name)).collect::<Vec<_>>()
    });
    assert_none(wrong.collect(), "what a method needs of a run, its host gives");
}

#[test]
fn the_system_is_touched_in_sys_alone() {
    let mut wrong = Vec::new();
    for file in all_sources().into_iter().filter(|file| !file.name.starts_with("sys/")) {
        for word in ["unsafe", "libc", "rustix"] {
            // The entry point of the binary is named by the C library.
            let entry = file.name == "main.rs" && word == "unsafe";
            if holds_word(&file.code, word) && !entry {
                wrong.push(format!("{} holds {word}", file.name));
            }
        }
        for text in ["cfg(unix", "cfg(target_os", "cfg(target_family", "std::os::unix::process"] {
            if file.code.contains(text) {
                wrong.push(format!("{} holds {text}", file.name));
            }
        }
    }
    assert_none(wrong, "only src/sys touches the system");
}

#[test]
fn every_unsafe_says_why() {
    let mut wrong = Vec::new();
    for path in support::files(&support::root().join("src/sys"), ".rs") {
        let text = fs::read_to_string(&path).expect("a source is UTF-8");
        let lines: Vec<_> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let opens =
                holds_word(line, "unsafe") && line.contains("unsafe {") || line.contains("unsafe impl");
            let above = &lines[at.saturating_sub(8)..at];
            if opens
                && !line.trim_start().starts_with("//")
                && !above.iter().any(|line| line.contains("SAFETY"))
            {
                wrong.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert_none(wrong, "a comment `SAFETY:` stands above each unsafe block");
}

#[test]
fn no_process_is_started_by_the_standard_library() {
    let forbidden = [
        "process::Command",
        "CommandExt",
        "pre_exec",
        "execvp",
        "posix_spawnp",
        "\"/bin/sh\"",
        "libc::system",
        "popen(",
    ];
    let wrong = all_sources().into_iter().flat_map(|file| {
        let held = forbidden.iter().filter(|text| file.code.contains(**text));
        held.map(|text| format!("{} holds {text}", file.name)).collect::<Vec<_>>()
    });
    assert_none(wrong.collect(), "sys/spawn alone starts processes, and no shell ever");
}

#[test]
fn nothing_prints_by_macros_that_panic() {
    // println! panics when standard output is closed or full.
    let macros = ["println!(", "print!(", "eprintln!(", "eprint!(", "todo!(", "unimplemented!(", "dbg!("];
    let mut wrong = Vec::new();
    for file in all_sources() {
        for (at, line) in file.code.lines().enumerate() {
            let found = macros
                .iter()
                .any(|text| line.trim_start().starts_with(text) || line.contains(&format!(" {text}")));
            if found {
                wrong.push(format!("{} (line {} of its code): {}", file.name, at + 1, line.trim()));
            }
        }
    }
    assert_none(wrong, "output goes through a writer that takes an error for what it is");
}

/// Returns the table of src/diag/codes.rs: by name the number and the title.
fn codes() -> BTreeMap<String, (String, String)> {
    let text = fs::read_to_string(support::root().join("src/diag/codes.rs")).expect("it is there");
    let row = |line: &str| {
        let (name, rest) = line.trim().split_once(" = \"")?;
        let (id, rest) = rest.split_once("\", \"")?;
        let title = rest.strip_suffix("\",")?;
        name.chars()
            .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
            .then(|| (name.to_owned(), (id.to_owned(), title.replace("\\\"", "\"").replace("\\\\", "\\"))))
    };
    let codes: BTreeMap<_, _> = text.lines().filter_map(row).collect();
    assert!(codes.len() > 20, "the table of codes was read");
    codes
}

/// Returns the text of all golden files of one kind.
fn golden(suffix: &str) -> String {
    support::files(&support::root().join("tests/golden"), suffix)
        .iter()
        .map(|path| String::from_utf8_lossy(&fs::read(path).expect("it is there")).into_owned())
        .collect()
}

#[test]
fn each_diagnostic_is_shown_by_a_golden_script() {
    let pages = golden(".err");
    let sources = all_sources();
    let mut wrong = Vec::new();
    for (name, (id, _)) in codes() {
        let emitted = sources
            .iter()
            .any(|file| file.name != "diag/codes.rs" && holds_word(&file.code, &format!("code::{name}")));
        let excused = WITHOUT_GOLDEN.iter().any(|(excused, _)| *excused == id);
        if emitted && !excused && !pages.contains(&format!("[{id}]")) {
            wrong.push(format!("{id} ({name})"));
        }
    }
    assert_none(wrong, "no tests/golden/**/*.err shows");
}

#[test]
fn each_diagnostic_is_documented() {
    let page = fs::read_to_string(support::root().join("docs/DIAGNOSTICS.md")).expect("it is there");
    let wrong = codes().into_iter().filter(|(_, (id, title))| {
        !page.lines().any(|line| line.contains(id) && line.contains(title.as_str()))
    });
    assert_none(
        wrong.map(|(name, (id, title))| format!("{id} ({name}): {title}")).collect(),
        "docs/DIAGNOSTICS.md lacks",
    );
}

#[test]
fn each_builtin_has_a_golden_script_and_a_place_in_the_reference() {
    let table = fs::read_to_string(support::root().join("src/builtins/mod.rs")).expect("it is there");
    let reference = fs::read_to_string(support::root().join("docs/LANGUAGE.md")).expect("it is there");
    let names: Vec<_> = table
        .split("BuiltinSpec {")
        .filter_map(|row| row.split_once("name: \"")?.1.split_once('"').map(|(name, _)| name))
        .collect();
    assert!(names.len() > 10, "the table of builtins was read: {names:?}");
    let scripts: Vec<_> = support::files(&support::root().join("tests/golden/builtins"), ".pw")
        .iter()
        .filter_map(|path| Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    let mut wrong = Vec::new();
    for name in names {
        let file = if name == "[" { "bracket" } else { name };
        if !scripts.iter().any(|script| script.starts_with(file)) {
            wrong.push(format!("no tests/golden/builtins/{file}*.pw"));
        }
        if !reference.contains(&format!("`{name}")) {
            wrong.push(format!("docs/LANGUAGE.md does not tell of `{name}`"));
        }
    }
    assert_none(wrong, "builtins");
}

#[test]
fn each_file_says_what_it_is_for_and_is_not_long() {
    let mut wrong = Vec::new();
    let root = support::root();
    for path in ["src", "cli/src", "derive/src"].iter().flat_map(|src| support::files(&root.join(src), ".rs"))
    {
        let text = fs::read_to_string(&path).expect("a source is UTF-8");
        let name = path.strip_prefix(support::root()).unwrap_or(&path).display().to_string();
        if !text.trim_start().starts_with("//!") && !name.contains("tests") {
            wrong.push(format!("{name} has no head"));
        }
        // Only in the code, because its tests may use more.
        let length = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count();
        // One row for each code, in numeric order.
        let is_table = name == "src/diag/codes.rs";
        if length > 500 && !is_table && !name.contains("tests") {
            wrong.push(format!("{name} has {length} lines"));
        }
    }
    assert_none(wrong, "one idea a file, told at its head");
}
