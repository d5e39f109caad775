use super::*;

fn words<'a>(line: &'a str) -> Vec<Word<'a>> {
    line.split(' ').map(|word| Word::literal(word.as_bytes())).collect()
}

#[track_caller]
fn assert_wrapped(line: &str, expected: Option<&str>) {
    let words: Vec<&str> = line.split(' ').collect();
    let found = wrapped(&words).map(|at| words.get(at).copied().unwrap_or("(end)"));
    assert_eq!(found, expected, "{line}");
}

#[test]
fn options_values_and_assignments_stand_before_the_program() {
    assert_wrapped("sudo ls", Some("ls"));
    assert_wrapped("/usr/bin/sudo -u you --group=wheel -- A=1 ls", Some("ls"));
    assert_wrapped("sudo -nu you A=1 B=2 ls -l", Some("ls"));
    assert_wrapped("sudo -uyou ls", Some("ls"));
    assert_wrapped("env -u A --chdir /tmp B=1 ls", Some("ls"));
    assert_wrapped("timeout -k 5 10 ls", Some("ls"));
    assert_wrapped("timeout 10", Some("(end)"));
    assert_wrapped("nice -n", Some("(end)"));
    assert_wrapped("nohup -- ls", Some("ls"));
    assert_wrapped("xargs -0 -n 1 ls", Some("ls"));
    assert_wrapped("xargs --eof ls", Some("ls"));
    assert_wrapped("ls sudo", None);
}

#[test]
fn names_with_versions_and_variants_are_known() {
    for (name, known) in [
        ("python3.11", "python3"),
        ("perl5.36-x86_64-linux-gnu", "perl"),
        ("vim.basic", "vim"),
        ("busybox.static", "busybox"),
        ("lua5.4", "lua"),
        ("ksh93", "ksh93"),
        ("gawk-5.1", "gawk"),
    ] {
        assert!(find(name).is_some_and(|program| program.called(known)), "{name}");
    }
    for name in ["make.sh", "sh.pw", "python-config", "git-lfs", "awkward", "ssh4me.sh", ""] {
        assert!(find(name).is_none(), "{name}");
    }
}

#[test]
fn rows_have_names_of_their_own_and_known_languages() {
    fn look(program: &'static Program, seen: &mut Vec<&'static str>) {
        assert_eq!(options::unknown_languages(program.options), [""; 0], "{:?}", program.names);
        for name in program.names {
            assert!(!seen.contains(name), "{name} stands twice");
            seen.push(name);
        }
        let mut commands = Vec::new();
        program.commands.iter().for_each(|command| look(command, &mut commands));
    }
    let mut seen = Vec::new();
    table::all().for_each(|program| look(program, &mut seen));
    assert!(seen.len() > 200);
}

#[test]
fn setsid_is_found_after_launchers() {
    let runs = |line: &str| {
        let argv: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        runs_setsid(&argv)
    };
    for line in ["setsid sleep 1", "/usr/bin/setsid -w x", "env A=1 setsid x", "nice -n 5 nohup setsid x"] {
        assert!(runs(line), "{line}");
    }
    for line in ["echo setsid", "man setsid", "env A=setsid x", "nice sleep setsid", "sleep 1"] {
        assert!(!runs(line), "{line}");
    }
}

#[test]
fn the_end_of_options_is_where_the_program_sees_it() {
    let operand = |line: &str| {
        let words = words(line);
        let program = find(line.split(' ').next().unwrap()).unwrap();
        let items = program.parse(&words);
        items.iter().find_map(|item| match item {
            Item::Operand(at) => words[*at].name(),
            _ => None,
        })
    };
    for (line, expected) in [
        ("bash -euo pipefail -c code", "code"),
        ("bash -oc pipefail code", "code"),
        ("bash +o posix -c code", "code"),
        ("dash -o errexit -c code", "code"),
        ("awk -F : -v x=1 code", "code"),
        ("awk -vx=1 -F: code", "code"),
        ("sed -i.bak -n code", "code"),
        ("jq --arg a b -r code", "code"),
        ("perl -w script -e x", "script"),
    ] {
        assert_eq!(operand(line).as_deref(), Some(expected), "{line}");
    }
}
