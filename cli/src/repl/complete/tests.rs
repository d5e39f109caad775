use super::*;
use crate::repl::learn::options::{Flag, Takes};
use pipewright::value::Map;

/// A world with some names and files.
struct Small;

impl World for Small {
    fn programs(&self) -> Vec<Vec<u8>> {
        [&b"grep"[..], b"git", b"gzip", b"two words", b"cd"].iter().map(|name| name.to_vec()).collect()
    }

    fn names(&self) -> Vec<(String, Kind, String)> {
        let row = |name: &str, kind, note: &str| (name.to_string(), kind, note.to_string());
        vec![
            row("greet", Kind::Function, "says hello"),
            row("hosts", Kind::Variable, "[…]"),
            row("config", Kind::Variable, "{…}"),
            row("deploy", Kind::File, "file"),
        ]
    }

    fn value(&self, name: &str) -> Option<Value> {
        let inner: Map = [("deep", Value::from(1))].into_iter().collect();
        let entries =
            [("port", Value::from(80)), ("name", "web".into()), ("no name", 1.into()), ("in", inner.into())];
        match name {
            "hosts" => Some(Vec::<Value>::new().into()),
            "config" => Some(Value::Map(entries.into_iter().collect())),
            _ => None,
        }
    }

    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let row = |name: &[u8], value: &[u8]| (name.to_vec(), value.to_vec());
        vec![row(b"HOME", b"/home"), row(b"HOSTNAME", b"h"), row(b"\xff", b"")]
    }

    fn options(&self, function: &str) -> Vec<(String, String)> {
        if function == "greet" { vec![("--loud".into(), "[--loud]".into())] } else { Vec::new() }
    }

    fn jobs(&self) -> Vec<(usize, String)> {
        vec![(1, "sleep 9\x1b[2J".into()), (12, "vim".into())]
    }

    fn declared(&self, command: &[u8], words: &[Vec<u8>]) -> Vec<(Vec<u8>, String)> {
        let row = |word: &str, note: &str| (word.as_bytes().to_vec(), note.to_string());
        match command {
            b"deploy to" => {
                vec![row("--env=", "where"), row("two words", ""), row("staging", ""), row("-x y", "")]
            }
            // A function that examines the words before it.
            b"stage" => vec![row(&format!("after{}", words.len()), "")],
            _ => Vec::new(),
        }
    }

    fn learned(&self, command: &[u8], words: &[String], asked: bool) -> Option<(Rc<Help>, usize)> {
        let flag = |name: &str, value: Takes, values: &[&str]| Flag {
            name: name.into(),
            value,
            note: "says\x1b[2J so".into(),
            values: values.iter().map(|value| (*value).to_string()).collect(),
        };
        let options = vec![
            flag("-a", Takes::Nothing, &[]),
            flag("--all", Takes::Nothing, &[]),
            flag("--sort", Takes::Joined("WORD".into()), &["size", "time"]),
            flag("--color", Takes::Optional("WHEN".into()), &[]),
            flag("--data", Takes::Next("FORM".into()), &["hex", "text"]),
            flag("-?", Takes::Nothing, &[]),
        ];
        let top = Help {
            options,
            commands: vec![("commit".into(), "records".into()), ("clone".into(), "".into())],
        };
        let below = Help { options: vec![flag("--amend", Takes::Nothing, &[])], commands: Vec::new() };
        match command {
            b"git" if words.first().is_some_and(|word| word == "commit") => Some((Rc::new(below), 1)),
            b"git" => Some((Rc::new(top), 0)),
            b"ls" if asked => Some((Rc::new(top), 0)),
            _ => None,
        }
    }

    fn read(&self, file: &[u8]) -> Option<String> {
        let text = match file {
            b"/etc/passwd" => "root:x:0:0::/root:/bin/sh\nyou:x:1000:1000::/home/you:/bin/sh\n",
            b"/etc/group" => "root:x:0:\nstaff:x:50:\n",
            b"~/.ssh/config" => "Host web db\n  User you\nHost *.example\n",
            b"~/.ssh/known_hosts" => "|1|abc ssh-rsa A\ncache,10.0.0.9 ssh-ed25519 B\n",
            b"Makefile" => ".PHONY: all\nCC := gcc\nall: build\nbuild test: x\n\tcc: no\n%.o: %.c\n",
            b"package.json" => r#"{"scripts": {"lint": "eslint .", "start": "node ."}}"#,
            b"../.git/HEAD" => "ref: refs/heads/main\n",
            b"../.git/packed-refs" => "# pack-refs\nabc refs/heads/main\nabc refs/tags/v1.0\n",
            b"../.git/config" => "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@host:x\n",
            b"../.git/logs/refs/stash" => "0 1 A <a> 1 +0\tWIP on main\n1 2 A <a> 1 +0\tOn main: two\n",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn list(&self, directory: &[u8]) -> Vec<File> {
        let file = |name: &[u8]| File { name: name.to_vec(), is_directory: false, is_executable: false };
        let directory_of = |name: &[u8]| File { is_directory: true, ..file(name) };
        match directory {
            b"" => vec![
                file(b"notes.txt"),
                file(b"my file"),
                file(b"it's"),
                file(b"-rf"),
                file(b"$HOME"),
                file(b"a\nb"),
                file(b"\xff"),
                file(b".hidden"),
                file(b"lib.pw"),
                File { is_executable: true, ..file(b"run") },
                directory_of(b"src"),
                directory_of(b"my dir"),
            ],
            b"src/" | b"~/" => vec![file(b"main.rs"), directory_of(b"sub dir")],
            b"../.git/refs/heads/" => vec![file(b"topic"), directory_of(b"fix")],
            b"../.git/refs/heads/fix/" => vec![file(b"keys")],
            b"../.git/refs/remotes/" => vec![directory_of(b"origin")],
            b"../.git/refs/remotes/origin/" => vec![file(b"HEAD"), file(b"main")],
            b"deep/" => vec![directory_of(b"Source"), directory_of(b"sink"), file(b"~x"), directory_of(b"~")],
            b"deep/Source/" => vec![file(b"diag.rs"), directory_of(b"dialog")],
            b"my dir/" => vec![file(b"x y")],
            b"/home/" => vec![file(b"plain.txt"), file(b"two words"), file(b"a$b"), directory_of(b"sub")],
            _ => Vec::new(),
        }
    }
}

/// Returns the line with each candidate in place.
fn lines(text: &str) -> Vec<String> {
    let (start, candidates) = complete(text, text.len(), &Small);
    candidates.into_iter().map(|one| format!("{}{}", &text[..start], one.text)).collect()
}

#[track_caller]
fn assert_lines(text: &str, expected: &[&str]) {
    assert_eq!(lines(text), expected, "{text}");
}

#[test]
fn commands_are_programs_builtins_functions_and_keywords() {
    assert_lines("gr", &["greet ", "grep "]);
    assert_lines("ls | gi", &["ls | git "]);
    assert_lines("if gz", &["if gzip "]);
    assert_lines("echo \"$(gi", &["echo \"$(git "]);
    // A builtin comes before the program.
    assert_lines("cd", &["cd "]);
    assert_lines("wh", &["while "]);
    assert_lines("two", &["'two words' "]);
    assert_lines("'two", &["'two words' "]);
    assert_lines("dep", &["deploy."]);
    assert_lines("A=1 gi", &["A=1 git "]);
}

#[test]
fn files_are_quoted() {
    assert_lines("cat no", &["cat notes.txt "]);
    assert_lines("cat my", &["cat 'my dir/'", "cat 'my file' "]);
    assert_lines("cat 'my f", &["cat 'my file' "]);
    assert_lines("cat \"my f", &["cat 'my file' "]);
    assert_lines("cat my\\ f", &["cat 'my file' "]);
    assert_lines("cat 'my dir/'", &["cat 'my dir/x y' "]);
    assert_lines("cat it", &["cat $'it\\'s' "]);
    assert_lines("cat a", &["cat $'a\\nb' "]);
    assert_lines("cat '$", &["cat '$HOME' "]);
    assert_lines("cat src/m", &["cat src/main.rs "]);
    assert_lines("cat ~/m", &["cat ~/main.rs "]);
    assert_lines("cat ~/s", &["cat ~/'sub dir/'"]);
    assert_lines("cat < no", &["cat < notes.txt "]);
    assert_lines("cat > no", &["cat > notes.txt "]);
    assert_lines("tool --file=no", &["tool --file=notes.txt "]);
    assert_lines("cat .h", &["cat .hidden "]);
    let all = lines("cat ");
    assert!(all.contains(&"cat ./-rf ".to_string()), "{all:?}");
    assert!(all.contains(&"cat $'\\xff' ".to_string()), "{all:?}");
    assert!(!all.iter().any(|line| line.contains("hidden")), "{all:?}");
}

#[test]
fn some_commands_take_some_files() {
    assert_lines("cd ", &["cd 'my dir/'", "cd src/"]);
    assert_lines("cd s", &["cd src/"]);
    assert_lines("use \"l", &["use \"lib.pw\""]);
    assert_lines("./r", &[]);
    assert_lines("man gr", &["man grep "]);
    assert_lines("which gz", &["which gzip "]);
}

#[test]
fn values_are_completed_where_they_stand() {
    assert_lines("echo $ho", &["echo $hosts"]);
    assert_lines("echo \"to $ho", &["echo \"to $hosts"]);
    assert_lines("echo '$hos", &[]);
    assert_lines("echo \\$hos", &[]);
    assert_lines("echo ...$ho", &["echo ...$hosts"]);
    assert_lines("echo $HO", &["echo $HOME", "echo $HOSTNAME"]);
    assert_lines("echo ${config.p", &["echo ${config.port"]);
    assert_lines("echo ${config.in.", &["echo ${config.in.deep"]);
    assert_lines("let x = ho", &["let x = hosts"]);
    assert_lines("let x = gree", &["let x = greet("]);
    assert_lines("let x = env.HOM", &["let x = env.HOME"]);
    assert_lines("env.HOM", &["env.HOME = "]);
    assert_lines("let x = config.po", &["let x = config.port"]);
    assert_lines("let x = hosts.pus", &["let x = hosts.push("]);
    assert_lines("hosts.is_e", &["hosts.is_empty()"]);
    // `push` is not a method of a map.
    assert_lines("let x = config.pus", &[]);
    assert_lines("let x = f(1).pus", &["let x = f(1).push("]);
    assert_lines("echo $[ho", &["echo $[hosts"]);
    assert_lines("let x = read(\"no", &["let x = read(\"notes.txt\""]);
    assert_lines("= read('src/", &["= read('src/main.rs'", "= read('src/sub dir/"]);
    assert_lines("write(\"it", &["write(\"it's\""]);
    // Names that can only be written there with escapes.
    assert_lines("let x = read('it", &[]);
    assert_lines("let x = read(\"$HOM", &["let x = read(\"$HOME"]);
    assert_lines("let x = my_read(\"no", &[]);
    assert_lines("let x = read(\"notes.txt\", \"no", &[]);
}

#[test]
fn options_are_completed() {
    assert_lines("with time", &["with timeout="]);
    assert_lines("with timeout=1s, retry_", &["with timeout=1s, retry_on="]);
    assert_lines("greet --l", &["greet --loud "]);
    assert_lines("git --l", &[]);
    assert_lines("ls --a", &["ls --all "]);
    assert_lines("ls -", &["ls --all ", "ls --color", "ls --data ", "ls --sort=", "ls '-?' ", "ls -a "]);
    assert_lines("sudo nohup ls --a", &["sudo nohup ls --all "]);
    assert_lines("sudo -u you nice -n 5 ls --a", &["sudo -u you nice -n 5 ls --all "]);
    assert_lines("env A=1 'B=x y' ls --a", &["env A=1 'B=x y' ls --all "]);
    assert_lines("timeout 5 ls --a", &["timeout 5 ls --all "]);
    assert_lines("timeout 2> no 5 gi", &["timeout 2> no 5 git "]);
    assert_lines("true | xargs -n 1 gr", &["true | xargs -n 1 grep "]);
    assert_lines("env A=no", &[]);
    assert_lines("sudo -u x > no", &["sudo -u x > notes.txt "]);
    assert_lines("nice git commit --a", &["nice git commit --amend "]);
    assert_lines("command gr", &["command grep "]);
    assert_lines("sudo src/", &["sudo 'src/sub dir/'"]);
    assert_lines("> no", &["> notes.txt "]);
    assert_lines("true | > no", &["true | > notes.txt "]);
    assert_lines("sudo > no", &["sudo > notes.txt "]);
    assert_lines("true | ls x --s", &["true | ls x --sort="]);
    assert_lines("ls --sort=", &["ls --sort=size ", "ls --sort=time "]);
    assert_lines("ls --color=no", &["ls --color=notes.txt "]);
    assert_lines("git --data h", &["git --data hex "]);
    assert_lines("ls > --a", &[]);
    // Files, if no command begins like this.
    assert_lines("git co", &["git commit "]);
    assert_lines("git no", &["git notes.txt "]);
    assert_lines("git commit --a", &["git commit --amend "]);
    assert_lines("git commit no", &["git commit notes.txt "]);
    let (_, candidates) = complete("ls --so", 7, &Small);
    assert_eq!((&*candidates[0].name, &*candidates[0].note), ("--sort=WORD", "says\\u{1b}[2J so"));
}

#[test]
fn jobs_are_completed() {
    assert_lines("fg ", &["fg %1 ", "fg %12 "]);
    assert_lines("kill -TERM %12", &["kill -TERM %12 "]);
    assert_lines("kill -TE", &["kill -TERM "]);
    assert_lines("kill -US", &["kill -USR1 ", "kill -USR2 "]);
    assert_eq!(complete("bg %", 4, &Small).1[0].note, "sleep 9\\u{1b}[2J");
}

#[test]
fn declared_words_are_quoted() {
    assert_lines("'deploy to' --e", &["'deploy to' --env="]);
    assert_lines("'deploy to' t", &["'deploy to' 'two words' "]);
    assert_lines("'deploy to' -x", &["'deploy to' '-x y' "]);
    assert_lines("'deploy to' no", &["'deploy to' notes.txt "]);
    assert_lines("stage $x 2> err a", &["stage $x 2> err after2 "]);
}

#[test]
fn candidates_say_what_they_are() {
    let (_, candidates) = complete("gree", 4, &Small);
    assert_eq!(candidates[0].note, "says hello");
    let (_, candidates) = complete("with timeo", 10, &Small);
    assert!(candidates[0].note.starts_with("Ends the block"), "{candidates:?}");
}

proptest::proptest! {
    /// For any text, and any cursor position.
    #[test]
    fn any_text_is_completed(text in "(sudo |git |ls |fg |cd |with |use |-{1,2}|[a-z$%='\"\\\\(){}\\[\\]<>|&;.~/ \nä\t]){0,12}", at in 0usize..40) {
        let _ = complete(&text, at.min(text.len()), &Small);
        let _ = complete(&text, text.len(), &Small);
    }
}

#[test]
fn paths_may_begin_with_a_value() {
    let all = ["cat $HOME/'a$b' ", "cat $HOME/plain.txt ", "cat $HOME/sub/", "cat $HOME/'two words' "];
    assert_lines("cat $HOME/", &all);
    assert_lines("cat ${HOME}/p", &["cat ${HOME}/plain.txt "]);
    assert_lines("cat $HOME/'t", &["cat $HOME/'two words' "]);
    assert_lines("cat \"$HOME/t", &["cat \"$HOME/two words\" "]);
    assert_lines("cd \"$HOME/s", &["cd \"$HOME/sub/"]);
    assert_lines("cat > \"$HOME/pl", &["cat > \"$HOME/plain.txt\" "]);
    // None of these has candidates: a name with a different meaning there, a value that is not a path, text that is
    // unknown before the run.
    for none in ["cat \"$HOME/a", "cat $hosts/", "cat $nobody/", "cat $(pwd)/", "cat '$HOME/", "cat *$HOME/"]
    {
        assert_lines(none, &[]);
    }
}

/// Returns the texts that Tab offers at the end of a line.
fn offers(line: &str) -> Vec<String> {
    complete(line, line.len(), &Small).1.into_iter().map(|one| one.text).collect()
}

#[test]
fn names_that_are_only_near_are_found_when_none_begins_so() {
    assert_eq!(offers("wc NOT"), ["notes.txt "]);
    assert_eq!(offers("wc otes"), ["notes.txt "]);
    assert_eq!(offers("wc deep/s"), ["deep/sink/"]);
    assert_eq!(offers("wc deep/so/d"), ["deep/Source/diag.rs ", "deep/Source/dialog/"]);
    assert_eq!(offers("wc deep/SO/dial"), ["deep/Source/dialog/"]);
    assert_eq!(offers("GRE"), ["greet ", "grep "]);
    assert_eq!(offers("git omm"), ["commit "]);
    assert_eq!(offers("git --olor"), ["--color"]);
    assert_eq!(offers("wc s/m"), ["src/main.rs "]);
}

#[test]
fn patterns_become_the_files_that_they_match() {
    assert_eq!(offers("wc *.txt"), ["notes.txt "]);
    assert_eq!(offers("wc my*"), ["'my dir' 'my file' "]);
    assert_eq!(offers("wc s*/ma*.rs"), ["src/main.rs "]);
    assert_eq!(offers("wc x*"), [""; 0]);
    assert_eq!(offers("wc '*'"), [""; 0]);
}

#[test]
fn a_name_that_is_a_tilde_is_no_home() {
    assert_eq!(offers("wc deep/~"), ["'deep/~/'", "'deep/~x' "]);
    assert_eq!(offers("wc ~/m"), ["~/main.rs "]);
}

#[test]
fn values_that_no_help_lists_come_from_files() {
    assert_eq!(offers("sudo -u y"), ["you "]);
    assert_eq!(offers("chown yo"), ["you"]);
    assert_eq!(offers("chown you:st"), ["you:staff "]);
    assert_eq!(offers("chgrp "), ["root ", "staff "]);
    assert_eq!(offers("ssh "), ["10.0.0.9 ", "cache ", "db ", "web "]);
    assert_eq!(offers("scp we"), ["web:"]);
    assert_eq!(offers("timeout -s HU"), ["HUP "]);
    assert_eq!(offers("pkill -USR"), ["-USR1 ", "-USR2 "]);
    assert_eq!(offers("find . -type d"), ["d "]);
    assert_eq!(offers("dd if=no"), ["notes.txt "]);
    assert_eq!(offers("make "), ["all ", "build ", "test "]);
    assert_eq!(offers("npm run l"), ["lint "]);
    assert_eq!(offers("git switch "), ["fix/keys ", "main ", "origin/main ", "topic "]);
    assert_eq!(offers("git checkout v"), ["v1.0 "]);
    assert_eq!(offers("git push "), ["origin "]);
    assert_eq!(offers("git push origin t"), ["topic "]);
    assert_eq!(offers("git stash pop "), ["'stash@{0}' ", "'stash@{1}' "]);
    // Nothing agrees: files, as elsewhere.
    assert_eq!(offers("make no"), ["notes.txt "]);
}
