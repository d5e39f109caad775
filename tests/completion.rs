//! Tests completion at the prompt from help texts of programs and from the user's own entries, on a
//! real terminal.
use crate::support;
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Types, and presses Tab until the text is shown, because a program that is asked may be slow to
/// answer.
#[track_caller]
fn tab(terminal: &mut Terminal, typed: &str, shown: &str) {
    terminal.keys(typed);
    terminal.keys("\t");
    while terminal.expect_one(&[shown, "(asking "]) == 1 {
        // Each Tab waits for the program to answer.
        terminal.keys("\t");
    }
    terminal.keys("\x03");
    terminal.ready();
}

/// Creates a program in a directory of the home.
fn program(home: &Home, directory: &str, name: &str, text: &str) -> PathBuf {
    let path = home.path().join(directory);
    fs::create_dir_all(&path).expect("it is ours");
    let path = path.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}")).expect("it is ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path
}

/// Starts a prompt that finds programs of its home first.
#[track_caller]
fn prompt_with(home: &Home, directories: &[&str]) -> Terminal {
    let own = directories.iter().map(|directory| home.path().join(directory).into_os_string());
    let path = own.chain([support::path()]).collect::<Vec<_>>().join(std::ffi::OsStr::new(":"));
    let mut terminal = Terminal::start(home.command().env("PATH", path));
    terminal.ready();
    terminal
}

fn cache(home: &Home) -> PathBuf {
    home.path().join(".cache/pipewright/help.jsonl")
}

#[test]
fn options_are_learned_from_programs_that_only_print() {
    let (home, mut terminal) = prompt();
    tab(&mut terminal, "ls --so", "ls --sort=");
    tab(&mut terminal, "ls --si", "--size  \u{2013} print the allocated size");
    tab(&mut terminal, "true | grep --extended", "grep --extended-regexp ");
    // Values that the help text names.
    tab(&mut terminal, "ls --sort=ext", "ls --sort=extension ");
    tab(&mut terminal, "grep --color=al", "grep --color=always ");
    tab(&mut terminal, "git status --untracked-files=nor", "git status --untracked-files=normal ");
    // Through programs that run other programs.
    tab(&mut terminal, "nice -n 5 env A=1 ls --so", "nice -n 5 env A=1 ls --sort=");
    // The next session has it, and runs no program for it.
    let mode = fs::metadata(cache(&home)).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let known = fs::read_to_string(cache(&home)).expect("it is text");
    fs::write(cache(&home), known.replace("print the allocated size", "tell how long it is"))
        .expect("it is ours");
    let mut other = home.prompt();
    tab(&mut other, "ls --si", "--size  \u{2013} tell how long it is");
    // A file that is not a cache is ignored.
    fs::write(cache(&home), b"\xff{[\n{}\n").expect("it is ours");
    tab(&mut home.prompt(), "ls --so", "ls --sort=");
}

#[test]
fn commands_of_programs_have_options_of_their_own() {
    let (_home, mut terminal) = prompt();
    tab(&mut terminal, "git com", "\u{2013} Record changes to the repository");
    tab(&mut terminal, "git commit --ame", "git commit --amend ");
    tab(&mut terminal, "git --no-pag", "git --no-pager ");
}

#[test]
fn cargo_is_asked_where_it_installs() {
    let home = Home::new();
    let variable = |name: &str, default: &str| {
        let below = || std::env::home_dir().map(|home| home.join(default));
        std::env::var_os(name).map(PathBuf::from).or_else(below).unwrap_or_default()
    };
    let (cargo, rustup) = (variable("CARGO_HOME", ".cargo"), variable("RUSTUP_HOME", ".rustup"));
    if !cargo.join("bin/cargo").exists() {
        eprintln!("SKIPPED: cargo is not where it installs");
        return;
    }
    let path = format!("{}/bin:/usr/bin:/bin", cargo.display());
    let mut command = home.command();
    command.env("PATH", path).env("CARGO_HOME", &cargo).env("RUSTUP_HOME", rustup);
    let mut terminal = Terminal::start(&mut command);
    terminal.ready();
    tab(&mut terminal, "cargo ben", "cargo bench ");
    tab(&mut terminal, "cargo build --all-t", "cargo build --all-targets ");
    tab(&mut terminal, "cargo build --color ", "always");
}

#[test]
fn other_programs_are_asked_when_the_user_allows_it() {
    let home = Home::new();
    let deploy = "echo ran >> ran; echo '  --environment=NAME  where to'; echo '  --everything  all'\n";
    program(&home, "bin", "deploy", &deploy.replace("ran;", &format!("{}/ran;", home.path().display())));
    let ran = || home.path().join("ran").exists();
    let mut terminal = prompt_with(&home, &["bin"]);
    terminal.keys("deploy --env\t");
    terminal.expect("deploy --env  (complete --learn deploy lets Tab ask deploy --help)");
    terminal.keys("\x03");
    terminal.ready();
    assert!(!ran());
    assert_eq!(terminal.run("complete --learn deploy"), "");
    assert!(!ran());
    tab(&mut terminal, "deploy --env", "deploy --environment=");
    assert!(ran());
    // In other sessions, too. The permission is for the file, not for the name.
    let _ = fs::remove_file(cache(&home));
    tab(&mut prompt_with(&home, &["bin"]), "deploy --e", "--everything        \u{2013} all");
    let other = format!("echo ran > {}/other-ran; echo '  --environment  x'\n", home.path().display());
    program(&home, "other", "deploy", &other);
    let mut terminal = prompt_with(&home, &["other", "bin"]);
    terminal.keys("deploy --env\t");
    terminal.expect("lets Tab ask");
    assert!(!home.path().join("other-ran").exists());
    terminal.keys("\x03");
    terminal.ready();
    let listed = terminal.run("complete");
    assert!(listed.contains("/bin/deploy  learned from --help\n"), "{listed}");
    assert!(
        terminal.run("complete --learn no-such-program").contains("complete: no program no-such-program")
    );
    terminal.run("complete --forget ~/bin/deploy");
    assert_eq!(terminal.run("complete"), "");
}

#[test]
fn a_program_that_is_asked_neither_reads_nor_draws_nor_stays() {
    let home = Home::new();
    let pid = home.path().join("pid");
    // It uses the terminal as far as it can, and never ends.
    let text = format!(
        "trap '' TERM INT HUP\necho $$ > {}\ncat\ncat /dev/tty\necho DRAWN > /dev/tty\n\
         while :; do sleep 0.05; done\n",
        pid.display()
    );
    program(&home, "bin", "greedy", &text);
    let mut terminal = prompt_with(&home, &["bin"]);
    terminal.run("complete --learn greedy");
    terminal.keys("greedy --x\t");
    terminal.expect("(asking greedy --help)");
    while fs::read_to_string(&pid).is_ok_and(|pid| pid.is_empty()) || !pid.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    terminal.keys("\x03");
    terminal.ready();
    assert_eq!(terminal.run("printf '%s\\n' typed"), "typed\n");
    let asked = fs::read_to_string(&pid).expect("it was written").trim().to_string();
    terminal.line("exit");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(0));
    assert!(!shown.contains("DRAWN"), "{shown}");
    assert!(!Path::new("/proc").join(asked).exists());
}

#[test]
fn a_help_of_megabytes_is_read_in_part() {
    let home = Home::new();
    let text = "echo '  --first  said'; yes '  --more-and-more  said again' | head -c 20000000\n";
    program(&home, "bin", "flood", text);
    let mut terminal = prompt_with(&home, &["bin"]);
    terminal.run("complete --learn flood");
    tab(&mut terminal, "flood --fi", "flood --first ");
}

#[test]
fn words_are_declared_as_list_map_or_function() {
    let (home, mut terminal) = prompt();
    fs::write(home.path().join("notes.txt"), "").expect("it is ours");
    terminal.run("complete('deploy', ['--env=', 'staging', 'two words', \"it's\", \"\\$(touch ran)\"])");
    tab(&mut terminal, "deploy --e", "deploy --env=");
    tab(&mut terminal, "deploy tw", "deploy 'two words' ");
    tab(&mut terminal, "deploy it", "deploy $'it\\'s' ");
    tab(&mut terminal, "deploy '$", "deploy '$(touch ran)' ");
    // Files are offered if no word begins with the text.
    tab(&mut terminal, "deploy no", "deploy notes.txt ");
    terminal.run("complete('deploy', {staging: 'for trying', standby: 'for later'})");
    tab(&mut terminal, "deploy st", "staging  \u{2013} for trying");
    terminal
        .run("fn hosts(words) { return words.len() == 1 ? lines { printf '%s\\n' web1 web2 } : [words[0]] }");
    terminal.run("complete('deploy', hosts)");
    tab(&mut terminal, "deploy we", "web2");
    tab(&mut terminal, "deploy 'first word' fir", "deploy 'first word' 'first word' ");
    terminal.run("complete('deploy', words => [\"n${words[0]}\"])");
    tab(&mut terminal, "deploy n", "deploy nn ");
    assert!(terminal.run("complete('deploy', 3)").contains("words are given as a list, a map"));
    assert!(!home.path().join("ran").exists());
    // In a script it is not a command of the prompt.
    fs::write(home.path().join("script.pw"), "complete --learn ls\n").expect("it is ours");
    let output = home.command().arg("script.pw").output().expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is a builtin of sh"), "{output:?}");
}

#[test]
fn a_function_that_fails_or_takes_long_prevents_nothing() {
    let (home, mut terminal) = prompt();
    terminal.run("fn broken(words) { fail 'no hosts today' }");
    terminal.run("complete('deploy', broken)");
    fs::write(home.path().join("notes.txt"), "").expect("it is ours");
    terminal.keys("deploy no\t");
    terminal.expect("deploy notes.txt ");
    terminal.keys("\x03");
    let shown = terminal.ready();
    assert!(shown.contains("declared for deploy has failed") && shown.contains("no hosts today"), "{shown}");
    // It can't print, read or change anything, and is cut off.
    terminal.run("let count = 0");
    terminal.run(
        "fn slow(words) { count += 1; echo DRAWN; cat; sh -c 'echo DRAWN > /dev/tty || true'; sleep 1000; return [] }",
    );
    terminal.run("complete('deploy', slow)");
    terminal.keys("deploy no\t");
    terminal.expect("deploy notes.txt ");
    terminal.keys("\x03");
    let shown = terminal.ready();
    assert!(!shown.contains("DRAWN") && shown.contains("200ms"), "{shown}");
    assert_eq!(terminal.run("echo $count"), "0\n");
    terminal.run("fn endless(words) { while (true) { let n = 1 } }");
    terminal.run("complete('deploy', endless)");
    terminal.keys("deploy no\t");
    terminal.expect("deploy notes.txt ");
}

#[test]
fn options_and_jobs_are_completed_wherever_commands_stand() {
    let (_home, mut terminal) = prompt();
    tab(&mut terminal, "A=1 ls --so", "A=1 ls --sort=");
    tab(&mut terminal, "echo \"$(ls --so", "echo \"$(ls --sort=");
    tab(&mut terminal, "with timeout=9s { true | ls --so", "{ true | ls --sort=");
    tab(&mut terminal, "'ls' x > out --so", "'ls' x > out --sort=");
    // The options of a program don't apply to a function or builtin of the same name.
    terminal.run("fn ls(size: int = 3) { echo $size }");
    tab(&mut terminal, "ls --s", "ls --size ");
    terminal.run("while (true) { sleep 0.05 } &");
    tab(&mut terminal, "kill %", "kill %1 ");
    terminal.run("kill %1; wait");
}

#[test]
fn the_configuration_may_declare() {
    let home = Home::new();
    let directory = home.path().join(".config/pipewright");
    fs::create_dir_all(&directory).expect("it is ours");
    let text = "complete('deploy', ['--dry-run', 'production'])\ncomplete --learn ls\n";
    fs::write(directory.join("rc.pw"), text).expect("it is ours");
    let mut terminal = home.prompt();
    tab(&mut terminal, "deploy p", "deploy production ");
    let kept = fs::read_to_string(home.path().join(".local/state/pipewright/complete"));
    assert!(kept.expect("it was written").ends_with("/ls\n"));
}

#[test]
fn paths_are_found_by_their_parts_and_patterns_are_expanded() {
    let home = Home::new();
    for file in ["src/diag/page.rs", "Notes.md", "a.txt", "b c.txt", "deep/~/x"] {
        let path = home.path().join(file);
        fs::create_dir_all(path.parent().expect("a name")).expect("it is ours");
        fs::write(path, "text\n").expect("it is ours");
    }
    let mut terminal = home.prompt();
    for (typed, shown) in [
        ("wc s/d/p", "wc src/diag/page.rs "),
        ("wc not", "wc Notes.md "),
        ("wc *.txt", "wc a.txt 'b c.txt' "),
        ("wc deep/~/x", "wc 'deep/~/x' "),
    ] {
        tab(&mut terminal, typed, shown);
    }
    fs::create_dir(home.path().join("~")).expect("it is ours");
    tab(&mut terminal, "ls ~", "ls './~/'");
}

#[test]
fn short_options_are_listed() {
    let (_home, mut terminal) = prompt();
    terminal.keys("rm -\t");
    for option in ["-d", "-f", "-i", "-r"] {
        terminal.expect(option);
    }
}

#[test]
fn a_repository_has_branches_and_tags() {
    if !support::have("git") {
        return;
    }
    let home = Home::new();
    let mut terminal = home.prompt();
    terminal.run("git init -q -b main r");
    terminal.run("cd r");
    terminal.run("git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first");
    terminal.run("git branch fix/keys");
    terminal.run("git tag v1.0");
    terminal.run("git remote add origin /nowhere");
    terminal.run("mkdir below; cd below");
    tab(&mut terminal, "git switch fi", "git switch fix/keys ");
    tab(&mut terminal, "git checkout v", "git checkout v1.0 ");
    tab(&mut terminal, "git push o", "git push origin ");
}
