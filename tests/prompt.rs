//! Tests the prompt, with keys typed on a real terminal.
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;

#[test]
fn entries_share_variables_functions_directory_and_environment() {
    let (home, mut terminal) = prompt();
    std::fs::create_dir(home.path().join("sub dir")).expect("it is ours");
    assert_eq!(terminal.run("let host = 'web 1'"), "");
    assert_eq!(terminal.run("fn greet(who) { echo \"$who at $host\" }"), "");
    assert_eq!(terminal.run("greet you"), "you at web 1\n");
    assert_eq!(terminal.run("host = \"web2\""), "");
    assert_eq!(terminal.run("greet them"), "them at web2\n");
    // A new declaration is the same variable for functions that use it.
    assert_eq!(terminal.run("let host = $(printf web3)"), "");
    assert_eq!(terminal.run("greet us"), "us at web3\n");
    assert_eq!(terminal.run("cd 'sub dir'"), "");
    assert!(terminal.run("pwd").ends_with("/sub dir\n"));
    assert_eq!(terminal.run("env.GREETING = 'hello'"), "");
    assert_eq!(terminal.run("printenv GREETING"), "hello\n");
    terminal.line("exit 3");
    assert_eq!(terminal.end().0.code(), Some(3));
}

#[test]
fn an_error_is_a_page_and_the_prompt_continues() {
    let (_home, mut terminal) = prompt();
    let page = terminal.run("echo $nmae");
    assert!(page.contains("error[E0201]: `nmae` is not declared"), "{page}");
    assert!(page.contains("--> prompt 1:1:6"), "{page}");
    let page = terminal.run("echo before; false; echo after");
    assert!(page.starts_with("before\n") && page.contains("`false` exited with 1"), "{page}");
    let page = terminal.run("no-such-program");
    assert!(page.contains("no-such-program"), "{page}");
    assert_eq!(terminal.run("echo still here"), "still here\n");
}

#[test]
fn a_line_with_what_can_t_be_seen_is_refused() {
    let (_home, mut terminal) = prompt();
    for (line, number) in [
        ("echo a\u{200b}b", "U+200B"),
        ("echo 'a\u{202e}b'", "U+202E"),
        ("echo a\u{fe0f}", "U+FE0F"),
        ("echo a\u{e0041}", "U+E0041"),
        ("echo a # \u{2066}", "U+2066"),
    ] {
        let page = terminal.run(line);
        assert!(page.contains("error[E0112]") && page.contains(number), "{line:?}: {page}");
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn a_program_alone_that_exits_has_explained_its_failure() {
    let (_home, mut terminal) = prompt();
    for silent in [
        "grep -q x /dev/null",
        "A=1 grep x < /dev/null",
        "false",
        "test -d /no-such",
        "sh -c 'exit 130'",
        " sh -c 'exit 3' ",
    ] {
        assert_eq!(terminal.run(silent), "", "{silent}");
    }
    terminal.expect("~ 3 > ");
    let said = terminal.run("ls /no-such");
    assert!(said.starts_with("ls: ") && said.lines().count() == 1, "{said}");
    // A failure with more information, or a different end, shows a page.
    for (loud, word) in [
        ("true | grep -q x", "`grep` exited with 1"),
        ("grep -q x /dev/null; echo on", "`grep` exited with 1"),
        ("if true { false }", "`false` exited with 1"),
        ("with cwd='/' { false }", "`false` exited with 1"),
        ("sh -c 'kill -KILL $$'", "was ended by SIGKILL"),
        ("cd /no-such", "/no-such"),
        ("no-such-program", "no program no-such-program"),
        ("'/etc/passwd'", "/etc/passwd"),
    ] {
        let page = terminal.run(loud);
        assert!(page.starts_with("error[") && page.contains(word), "{loud}: {page}");
    }
    terminal.run("fn f() { false }");
    assert!(terminal.run("f").contains("`false` exited with 1"));
    terminal.run("grep -q x /dev/null");
    terminal.keys("\x04");
    // With the status of the last entry.
    assert_eq!(terminal.end().0.code(), Some(1));
}

#[test]
fn declarations_after_a_failure_in_an_entry_do_not_exist() {
    let (_home, mut terminal) = prompt();
    let page = terminal.run("let a = 1; false; let b = 2; fn f() { echo $a $b }");
    assert!(page.contains("`false` exited with 1"), "{page}");
    assert_eq!(terminal.run("echo $a"), "1\n");
    assert!(terminal.run("echo $b").contains("`b` is not declared"));
    let page = terminal.run("f");
    assert!(page.contains("`f` uses `b`, which has no value yet"), "{page}");
    assert_eq!(terminal.run("let b = 3"), "");
}

#[test]
fn values_of_calls_are_shown() {
    let (_home, mut terminal) = prompt();
    terminal.run("let hosts = [{name: 'web', port: 80}, {name: 'mail', port: 8025}]");
    assert_eq!(terminal.run("hosts.len()"), "2\n");
    assert_eq!(terminal.run("hosts.map(h => h.name).join(' and ')"), "web and mail\n");
    assert_eq!(terminal.run("hosts.sort_by(h => h.port)"), "name  port\nweb     80\nmail  8025\n");
    assert_eq!(terminal.run("hosts.is_empty()"), "false\n");
    // Any value, with `=`.
    assert_eq!(terminal.run("= hosts[0].port * 2"), "160\n");
    assert_eq!(terminal.run("= hosts"), "name  port\nweb     80\nmail  8025\n");
    assert_eq!(terminal.run("= lines { printf 'a\\nb\\n' }; echo after"), "after\n");
    terminal.line("= 1 +");
    assert!(terminal.run("2").ends_with("\n3\n"));
    assert!(terminal.run("fn f() { = 1 }").contains("E0101"));
}

#[test]
fn programs_have_the_terminal() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("cat");
    terminal.keys("typed\r");
    // As the terminal echoes it, and as the program prints it.
    terminal.expect("typed");
    terminal.expect("typed");
    terminal.keys("\x04");
    terminal.ready();
    terminal.run("test -t 0 && test -t 1 && echo both");
    terminal.line("exit");
    assert_eq!(terminal.end().0.code(), Some(0));
}

#[test]
fn a_killed_program_leaves_an_ordinary_terminal() {
    let (_home, mut terminal) = prompt();
    terminal.line("sh -c \"printf '\\033[?1049h\\033[?25l\\033[?1000h'; kill -KILL \\$\\$\"");
    for end in ["\x1b[?1000l", "\x1b[?1047l", "\x1b[?25h"] {
        terminal.expect_bytes(end);
    }
    terminal.ready();
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn ctrl_c_clears_the_line_and_ends_what_runs() {
    let (_home, mut terminal) = prompt();
    terminal.keys("echo never");
    terminal.expect("echo never");
    terminal.keys("\x03");
    terminal.ready();
    for endless in ["sleep 1000", "cat /dev/zero > /dev/null", "while (true) { let n = 1 }"] {
        terminal.start_line(endless);
        terminal.keys("\x03");
        terminal.ready();
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn a_byte_that_is_not_text_is_left_out() {
    let (_home, mut terminal) = prompt();
    for search in ["", "\x12"] {
        terminal.keys("echo hi");
        terminal.expect("echo hi");
        terminal.keys(search);
        terminal.bytes(b"\xff");
        // The bell.
        terminal.expect_bytes("\x07");
        terminal.keys("\x07\x15");
        assert_eq!(terminal.run("echo on"), "on\n");
    }
    terminal.bytes(b"echo h\xff\xc3llo\xc3\xa9\r");
    terminal.expect("\nhllo\u{e9}\n");
}

#[test]
fn a_terminal_that_shows_text_alone_has_a_prompt_too() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.command().env("TERM", "dumb").env_remove("NO_COLOR"));
    terminal.expect("> ");
    terminal.keys("echo never\x03");
    terminal.expect("^C");
    terminal.keys("sleep 0.01; printf '%s %s\\n' 'it' sleeps\n");
    terminal.expect("it sleeps\n");
    terminal.keys("echo $nmae\n");
    let page = terminal.expect_bytes("no such variable here");
    assert!(!page.contains(&b'\x1b'), "{}", String::from_utf8_lossy(&page).escape_debug());
}

#[test]
fn an_entry_of_several_lines_continues_until_it_is_complete() {
    let (_home, mut terminal) = prompt();
    terminal.line("if true {");
    // The indent is already there.
    terminal.line("printf '%s\\n' one");
    terminal.line("printf '%s\\n' two");
    terminal.keys("}");
    // It is at the column where its block began.
    terminal.expect("    printf '%s\\n' two\n}");
    assert_eq!(terminal.run("").lines().rev().take(2).collect::<Vec<_>>(), ["two", "one"]);
    // Lines continue after it.
    for line in ["if true {", "if true {", "echo deep", "}", "echo outer"] {
        terminal.line(line);
    }
    terminal.keys("}");
    terminal.expect("        echo deep\n    }\n    echo outer\n}");
    assert!(terminal.run("").ends_with("deep\nouter\n"));
    // In a string an indent would be part of it.
    for line in ["if true {", "echo 'one", "two'", "echo \"one", "two\""] {
        terminal.line(line);
    }
    assert!(terminal.run("}").ends_with("\none\ntwo\none\ntwo\n"));
    terminal.line("printf '%s\\n' b a |");
    assert!(terminal.run("sort").ends_with("a\nb\n"));
    terminal.line("cat <<END");
    terminal.line("  as it is");
    assert!(terminal.run("END").ends_with("\n  as it is\n"));
    terminal.line("let text = 'two");
    terminal.run("lines'");
    assert_eq!(terminal.run("text.len()"), "9\n");
    // A line end that is pasted without brackets around it.
    terminal.keys("let text = 'a\nb'\n");
    terminal.ready();
    assert_eq!(terminal.run("text.len()"), "3\n");
    terminal.line("let sum = 1 +");
    terminal.run("2");
    assert_eq!(terminal.run("echo $sum"), "3\n");
}

#[test]
fn pasted_text_waits_for_enter() {
    let (_home, mut terminal) = prompt();
    terminal.keys("\x1b[200~printf '%s,' one\rprintf '%s,' two\r\x1b[201~");
    terminal.expect("two");
    // Nothing has run, so the whole entry can be discarded.
    terminal.keys("\x03");
    let shown = terminal.ready();
    assert!(!shown.contains("one,"), "{shown}");
    terminal.keys("\x1b[200~printf '%s,' one\rprintf '%s,' two\x1b[201~");
    terminal.expect("two");
    assert!(terminal.run("").ends_with("one,two,"));
}

/// Starts a prompt with colours.
#[track_caller]
fn coloured() -> (Home, Terminal) {
    let home = Home::new();
    let mut terminal = Terminal::start(home.command().env_remove("NO_COLOR"));
    terminal.ready();
    (home, terminal)
}

#[test]
fn mistakes_are_seen_before_enter() {
    let (_home, mut terminal) = coloured();
    terminal.keys("no-such-program");
    terminal.expect_bytes("\x1b[0;31mno-such-program\x1b[0m");
    terminal.keys("\x15echo $nmae x");
    terminal.expect_bytes("\x1b[0;1mecho\x1b[0m \x1b[0;4;31m$nmae\x1b[0m x");
    terminal.keys("\x15echo \"$(");
    terminal.expect_bytes("\x1b[0;1;33m\"$(\x1b[0m");
    terminal.keys("\x15trap x");
    terminal.expect_bytes("\x1b[0;4;31mtrap\x1b[0m");
    terminal.keys("\x03");
    terminal.ready();
    // It is not a command of the language, but also not a mistake.
    terminal.keys("fg %1");
    terminal.expect_bytes("\x1b[0;1mfg\x1b[0m %1");
}

#[test]
fn output_that_does_not_end_its_line_is_not_drawn_over() {
    let (_home, mut terminal) = prompt();
    terminal.line("printf 'no line end'");
    // From there on the blanks wrap to the next line.
    terminal.expect_bytes(&format!("no line end\u{23ce}{}\r", " ".repeat(79)));
    terminal.ready();
}

#[test]
fn no_color_is_heeded() {
    let (_home, mut terminal) = prompt();
    terminal.keys("echo 'a' # b");
    let bytes = terminal.expect_bytes("# b");
    assert!(!bytes.windows(4).any(|part| part == b"\x1b[0;"), "{}", String::from_utf8_lossy(&bytes));
}

#[test]
fn completion_quotes_what_it_finds() {
    let (home, mut terminal) = prompt();
    for name in ["my file", "-rf", "it's"] {
        std::fs::write(home.path().join(name), "found\n").expect("it is ours");
    }
    std::fs::create_dir(home.path().join("my dir")).expect("it is ours");
    terminal.keys("cat my\t");
    terminal.expect("my dir/");
    terminal.keys("f\t");
    terminal.expect("cat 'my file' ");
    assert_eq!(terminal.run(""), "found\n");
    terminal.keys("cat it\t");
    terminal.expect("$'it\\'s' ");
    assert_eq!(terminal.run(""), "found\n");
    terminal.keys("cd m\t");
    terminal.expect("cd 'my dir/'");
    terminal.run("");
    assert!(terminal.run("pwd").ends_with("/my dir\n"));
    terminal.run("let hosts = ['web']");
    terminal.keys("hosts.is_e\t");
    terminal.expect("hosts.is_empty()");
    assert_eq!(terminal.run(""), "false\n");
}

#[test]
fn candidates_are_described() {
    let (_home, mut terminal) = prompt();
    terminal.run("let host_a = 1; let host_b = 2; let longer = {key: 'v'}");
    terminal.keys("echo $host_\t");
    terminal.expect("host_a  \u{2013} 1");
    terminal.keys("\x03");
    terminal.ready();
    terminal.keys("with retry\t");
    terminal.expect("retry=     \u{2013} How often the block is run again");
}

#[test]
fn the_history_is_shared_and_secrets_are_not_in_it() {
    let (home, mut one) = prompt();
    let mut other = home.prompt();
    one.run("echo from one");
    other.run("echo from other");
    one.run(" echo not this");
    one.run("let password = secret('hunter2!')");
    one.run("let other_password = 'hunter2!'");
    let listed = one.run("history");
    assert!(listed.contains("echo from one\n") && listed.contains("echo from other\n"), "{listed}");
    assert!(!listed.contains("not this") && !listed.contains("hunter2"), "{listed}");
    assert!(one.run("history other | wc -l").ends_with("1\n"));
    one.run("grep -q x /dev/null");
    let failed = one.run("history --failed");
    assert!(failed.contains("  1         grep -q x /dev/null\n"), "{failed}");
    // A new session has it in its history, and suggests from it.
    let mut third = home.prompt();
    third.keys("echo fr");
    third.expect("om other");
    third.keys("\x1b[C");
    third.expect("from other");
    assert_eq!(third.run(""), "from other\n");
    third.keys("\x12from o");
    third.expect("> echo from other");
    third.keys("\x07");
}

#[test]
fn the_prompt_tells_where_one_is_and_how_it_went() {
    let (home, mut terminal) = prompt();
    let git = home.path().join("work/.git");
    std::fs::create_dir_all(&git).expect("it is ours");
    std::fs::write(git.join("HEAD"), "ref: refs/heads/topic\n").expect("it is ours");
    terminal.line("cd work");
    terminal.expect("~/work topic > ");
    terminal.line("true | grep -q x /dev/null");
    terminal.expect("~/work topic 0|1 > ");
    terminal.line("true");
    terminal.expect("~/work topic > ");
    terminal.line("sleep 1000 &");
    terminal.expect("~/work topic 1 job > ");
    terminal.line("exit");
    terminal.expect("a job runs; leave again to end it");
    terminal.line("exit");
    assert_eq!(terminal.end().0.code(), Some(0));
}

#[test]
fn a_job_continues_beside_the_prompt_and_is_reported() {
    let (home, mut terminal) = prompt();
    terminal.run("while test ! -e go { sleep 0.01 } &");
    assert_eq!(terminal.run("echo meanwhile"), "meanwhile\n");
    // Ctrl-C does not end the job.
    terminal.start_line("sleep 1000");
    terminal.keys("\x03");
    terminal.ready();
    assert!(terminal.run("jobs").contains("[1]"));
    std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.line("wait");
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn the_configuration_may_have_a_prompt_and_its_errors_prevent_none() {
    let home = Home::new();
    let directory = home.path().join(".config/pipewright");
    std::fs::create_dir_all(&directory).expect("it is ours");
    let file = directory.join("rc.pw");
    std::fs::write(&file, "fn prompt(last) { return \"[${last.statuses[0]}] \" }\nlet mine = 'set'\n")
        .expect("it is ours");
    let mut terminal = Terminal::start(&mut home.command());
    terminal.expect("[0] ");
    terminal.line("echo $mine");
    terminal.expect("set\n");
    terminal.line("false");
    terminal.expect("[1] ");
    std::fs::write(&file, "let mine = 'set'\necho $nmae\n").expect("it is ours");
    let mut terminal = Terminal::start(&mut home.command());
    assert!(terminal.expect("> ").contains("`nmae` is not declared"));
    std::fs::write(&file, "fn prompt() { fail 'no prompt' }\n").expect("it is ours");
    let mut terminal = Terminal::start(&mut home.command());
    assert!(terminal.expect("~ > ").contains("no prompt"));
}

#[test]
fn help_explains_what_there_is() {
    let (_home, mut terminal) = prompt();
    assert!(terminal.run("help").contains("a variable; $name is always one argument"));
    assert!(terminal.run("help cd").contains("Changes the working directory"));
    assert!(terminal.run("help for").starts_with("for name in words { … }, or for"));
    // A word with several meanings.
    let page = terminal.run("help match");
    assert!(page.contains("the first arm whose pattern") && page.contains("s.match("), "{page}");
    // No word of prose is split at the edge of the terminal.
    let prose = |line: &&str| !line.starts_with("    ");
    assert!(page.lines().filter(prose).all(|line| line.chars().count() <= 80), "{page}");
    assert!(terminal.run("help with").contains("\ntimeout=, a duration above zero"));
    assert_eq!(
        terminal.run("help timeout | head -n 1"),
        "with timeout=…, a duration above zero, such as 30s or 1.5h\n"
    );
    terminal.keys("\x1b[200~# Says hello.\rfn greet(who, loud: bool = false) { echo $who }\x1b[201~");
    terminal.run("");
    assert_eq!(terminal.run("help greet"), "greet WHO [--loud]\n\nSays hello.\n");
    assert!(terminal.run("help nonsense").contains("nonsense is unknown"));
}

#[test]
fn a_line_of_sh_is_offered_as_it_is_written_here() {
    let (_home, mut terminal) = prompt();
    // While it is typed, in grey, and a key takes it.
    terminal.keys("for f in a b; do echo \"<$f>\"; done");
    terminal.expect("→ for f in a b { echo \"<$f>\" }");
    terminal.keys("\x1b[C");
    assert!(terminal.run("").ends_with("<a>\n<b>\n"));
    // Of one that was entered it stands in the empty line.
    terminal.line("if true; then echo yes; fi");
    terminal.expect("write: if true { echo yes }");
    terminal.expect("→ if true { echo yes }");
    terminal.keys("\x1b[F");
    assert!(terminal.run("").ends_with("yes\n"));
}

#[test]
fn a_word_of_sh_that_means_the_same_is_taken() {
    let (_home, mut terminal) = prompt();
    assert_eq!(terminal.run("GREETING=`echo hello`"), "");
    assert_eq!(terminal.run("echo \"$GREETING ${#GREETING} $((2 * 3))\""), "hello 5 6\n");
    // As in sh it is no variable of the environment.
    assert_eq!(terminal.run("printenv GREETING || echo none"), "none\n");
}

/// Takes the line that is offered in grey.
#[track_caller]
fn take(terminal: &mut Terminal, line: &str) {
    terminal.expect(&format!("\u{2192} {line}"));
    terminal.keys("\x1b[C");
    terminal.expect(&format!("> {line}"));
}

#[test]
fn keys_in_place_of_an_offered_line_are_an_entry_of_their_own() {
    let (_home, mut terminal) = prompt();
    terminal.keys("ehco status\recho ne'xt'\r");
    terminal.expect("did you mean `echo`?");
    terminal.expect("\nnext\n");
}

#[test]
fn the_entry_before_is_offered_for_an_event_of_the_history() {
    let (_home, mut terminal) = prompt();
    assert_eq!(terminal.run("echo one"), "one\n");
    terminal.line("printf '%s,' !! end");
    take(&mut terminal, "printf '%s,' echo one end");
    assert!(terminal.run("").starts_with("echo,one,end,"));
}

#[test]
fn an_unquoted_capture_is_one_argument_or_an_error() {
    let (_home, mut terminal) = prompt();
    assert_eq!(terminal.run("cd $(printf /)"), "");
    assert_eq!(terminal.run("pwd"), "/\n");
    let page = terminal.run("touch $(printf 'one two') || echo not so");
    assert!(page.contains("error[E1035]") && !page.contains("\nnot so"), "{page}");
    assert_eq!(terminal.run("(cd /tmp; pwd)"), "/tmp\n");
    assert_eq!(terminal.run("pwd"), "/\n");
}

#[test]
fn a_pattern_that_is_meant_for_the_program_is_offered_in_quotes() {
    let (home, mut terminal) = prompt();
    std::fs::write(home.path().join("notes.md"), "one\n").expect("a file");
    terminal.line("grep -r one --include=*.md .");
    take(&mut terminal, "grep -r one '--include=*.md' .");
    assert_eq!(terminal.run(""), "./notes.md:one\n");
    std::fs::write(home.path().join(".only.mark"), "").expect("a file");
    terminal.line("find . -name *.mark");
    take(&mut terminal, "find . -name '*.mark'");
    assert_eq!(terminal.run(""), "./.only.mark\n");
}

#[test]
fn a_mistyped_command_is_offered_as_it_was_meant() {
    let (_home, mut terminal) = prompt();
    terminal.line("ehco hello | cat");
    take(&mut terminal, "echo hello | cat");
    assert_eq!(terminal.run(""), "hello\n");
    terminal.run("let total = 1 + 2");
    terminal.line("total");
    take(&mut terminal, "= total");
    assert_eq!(terminal.run(""), "3\n");
    terminal.run("mkdir 'new files'");
    terminal.line("'new files'");
    take(&mut terminal, "cd 'new files'");
    terminal.run("");
    assert!(terminal.run("pwd").ends_with("/new files\n"));
}

#[test]
fn a_command_of_the_prompt_is_not_blamed_for_what_follows_it() {
    let (_home, mut terminal) = prompt();
    let page = terminal.run("history | len()");
    assert!(page.contains("`(` can't be part of a word"), "{page}");
}

#[test]
fn a_signal_that_asks_to_end_is_heard_while_something_runs() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("printf 'it %s' runs; sleep 1000");
    terminal.expect("it runs");
    // SAFETY: it is a child of this process that is not reaped yet.
    unsafe { libc::kill(terminal.pid() as i32, libc::SIGTERM) };
    assert_eq!(terminal.end().0.code(), Some(143));
}

#[test]
fn without_a_terminal_there_is_no_prompt() {
    let home = Home::new();
    let output = home.command().arg("-i").stdin(std::process::Stdio::null()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}
