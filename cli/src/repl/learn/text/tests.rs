use super::*;
use crate::repl::learn::ask::ask;
use pipewright::CancelToken;
use proptest::prelude::*;

/// Returns an option as one line: `--sort=WORD  what it does`.
fn shown(flag: &Flag) -> String {
    let value = match &flag.value {
        Takes::Nothing => String::new(),
        Takes::Joined(value) => format!("={value}"),
        Takes::Optional(value) => format!("[={value}]"),
        Takes::Next(value) => format!(" {value}"),
    };
    format!("{}{value}  {}", flag.name, flag.note)
}

#[track_caller]
fn assert_flags(text: &str, expected: &[&str]) {
    let flags: Vec<String> = parse(text.as_bytes()).options.iter().map(shown).collect();
    assert_eq!(flags, expected, "{text}");
}

#[test]
fn the_style_of_gnu() {
    assert_flags(
        "Usage: list [OPTION]... [FILE]...\n\
         \n\
         Mandatory arguments to long options are mandatory for short ones.\n  \
         -a, --all                  show hidden ones\n      \
             --author               with -l, show who\n  \
         -k, --key=KEYDEF           sort via a key; KEYDEF says\n                               \
                                      where (implies\n                             \
                                    --stable)\n      \
             --tint[=WHEN]          in colours\n  \
         -A, --catenate, --concatenate   append\n  \
         -NUM                       same as --context=NUM\n",
        &[
            "-a  show hidden ones",
            "--all  show hidden ones",
            "--author  with -l, show who",
            "-k KEYDEF  sort via a key; KEYDEF says where (implies --stable)",
            "--key=KEYDEF  sort via a key; KEYDEF says where (implies --stable)",
            "--tint[=WHEN]  in colours",
            "-A  append",
            "--catenate  append",
            "--concatenate  append",
            "-NUM  same as --context=NUM",
        ],
    );
}

#[test]
fn names_and_descriptions_over_several_lines() {
    assert_flags(
        "      --tint[=WHEN],\n      \
             --colour[=WHEN]   in colours\n  \
         -x                    first\n      \
             --interactive[=WHEN]  ask, never, or\n                        \
                                   always\n",
        &[
            "--tint[=WHEN]  in colours",
            "--colour[=WHEN]  in colours",
            "-x  first",
            "--interactive[=WHEN]  ask, never, or always",
        ],
    );
}

#[test]
fn the_styles_of_clap() {
    assert_flags(
        "Options:\n  \
         -p, --package [<SPEC>]  Package to build\n      \
             --format <FMT>      Form [possible values: short, long]\n  \
         -v, --verbose...        More\n  \
         -Z <FLAG>               Unstable\n",
        &[
            "-p [<SPEC>]  Package to build",
            "--package [<SPEC>]  Package to build",
            "--format <FMT>  Form [possible values: short, long]",
            "-v  More",
            "--verbose  More",
            "-Z <FLAG>  Unstable",
        ],
    );
    // The long help has a paragraph below each option.
    assert_flags(
        "OPTIONS:\n  \
         -e, --regexp=<PATTERN>\n          \
                 A pattern to look for.\n\
         \n          \
                 This can be given twice, as in\n          \
                 -e this\n\
         \n      \
             --passthru\n          \
                 Prints all.\n",
        &[
            "-e <PATTERN>  A pattern to look for.",
            "--regexp=<PATTERN>  A pattern to look for.",
            "--passthru  Prints all.",
        ],
    );
}

#[test]
fn the_style_of_git() {
    assert_flags(
        "usage: tool commit [-a | --interactive] [--amend] [-u<mode>] [-S[<key>]]\n                   \
                           [(-c | --squash) <commit>] [--author=<author>] [--[no-]status]\n\
         \n    \
           -q, --[no-]quiet      say less\n    \
           -F, --[no-]file <file>\n                          \
                                 read from a file\n    \
           --[no-]cleanup <mode> how to strip\n",
        &[
            "-q  say less",
            "--quiet  say less",
            "--no-quiet  say less",
            "-F <file>  read from a file",
            "--file <file>  read from a file",
            "--no-file <file>  read from a file",
            "--cleanup <mode>  how to strip",
            "--no-cleanup <mode>  how to strip",
            "-a  ",
            "--interactive  ",
            "--amend  ",
            "-u <mode>  ",
            "-S  ",
            "-c  ",
            "--squash  ",
            "--author=<author>  ",
            "--status  ",
            "--no-status  ",
        ],
    );
}

#[test]
fn usage_lines_of_bsd_and_single_dashes() {
    assert_flags(
        "unknown option -- -\nusage: call [-46AaCfGgKk] [-B bind_interface]\n           [-b address] host\n",
        &[
            "-4  ",
            "-6  ",
            "-A  ",
            "-a  ",
            "-C  ",
            "-f  ",
            "-G  ",
            "-g  ",
            "-K  ",
            "-k  ",
            "-B bind_interface  ",
            "-b address  ",
        ],
    );
    assert_flags(
        "Tests:\n      -amin N -empty -name PATTERN\n      -type [bcd] -uid N\n",
        &["-amin N  ", "-empty  ", "-name PATTERN  ", "-type [bcd]  ", "-uid N  "],
    );
    assert_flags(
        "Options:\n-b     : warn\n         about bytes\n-c cmd : program as a string\n--env : print it\n--hash default|never:\n         how\n-      : standard input\n",
        &[
            "-b  warn about bytes",
            "-c cmd  program as a string",
            "--env  print it",
            "--hash default|never  how",
        ],
    );
}

#[test]
fn commands_are_those_under_such_a_head() {
    let text = "Usage: tool [OPTIONS]\n\
        \n\
        Commands:\n  \
        build, b    Compile\n              \
                    with care\n  \
        list-units [PATTERN]  List units\n  \
        b2          alias: build\n  \
        unsaid\n\
        \n\
        Options:\n  \
        -h, --help  Print help\n\
        \n\
        File formats\n  \
        format-x    No command\n\
        \n\
        External commands\n  \
        theirs      Nor is this\n";
    let commands = parse(text.as_bytes()).commands;
    let commands: Vec<(&str, &str)> = commands.iter().map(|(name, note)| (&**name, &**note)).collect();
    assert_eq!(commands, [("build", "Compile with care"), ("list-units", "List units")]);
}

#[test]
fn control_sequences_of_printers_are_not_text() {
    assert_flags("  \x1b[1m-\x1b[0mx\x08x, --y\x07  a\tb\x1b[2J\r\n", &["-x  a    b", "--y  a    b"]);
}

#[test]
fn values_are_told_by_brackets() {
    let values = |text: &str| parse(text.as_bytes()).options[0].values.join(" ");
    assert_eq!(values("  --mode {fast,slow}  how\n"), "fast slow");
    assert_eq!(values("  --mode=<on|off>  how\n"), "on off");
    assert_eq!(values("  --mode <MODE>  How [possible values: on, off]\n"), "on off");
    assert_eq!(values("  --mode <MODE>  How [possible values: on, off, un\n"), "on off");
    assert_eq!(values("  --mode=FILE  how\n"), "");
    let long = "  --mode=WORD  by WORD: fast (-f), slow (-s), or\n                 none at all (-n), else\n";
    assert_eq!(values(long), "");
    assert_eq!(values(&long.replace("none at all", "none").replace(", else", "")), "fast slow none");
    assert_eq!(values("  --mode <KEY=VALUE|PATH>  how\n"), "");
}

/// Returns the help of a real program.
fn help(program: &str, question: &[&str]) -> Option<Help> {
    let directories =
        ["/usr/local/bin", "/usr/bin", "/bin"].map(|directory| format!("{directory}/{program}"));
    let path = directories.into_iter().find(|path| std::path::Path::new(path).exists())?;
    let cancel = CancelToken::new().unwrap();
    Some(parse(&ask(&path, question, &std::env::vars_os().collect(), &cancel)))
}

#[test]
fn real_programs_tell_their_options() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("ls", &["--help"], &["-a", "--all", "--sort=", "--color[=", "--time-style=", "-1"]),
        ("grep", &["--help"], &["-E", "--extended-regexp", "--regexp=", "--color[=", "-A ", "--context="]),
        ("tar", &["--help"], &["-c", "--create", "--exclude=", "-f ", "--file=", "-z", "--gzip"]),
        ("sort", &["--help"], &["-n", "--numeric-sort", "-k ", "--key=", "--parallel="]),
        ("find", &["--help"], &["-name ", "-maxdepth ", "-print0", "-delete", "--version"]),
        ("git", &["--help"], &["--version", "-C ", "--git-dir=", "--no-pager"]),
        ("git", &["commit", "-h"], &["--amend", "-m ", "--message ", "--no-verify", "-a", "--all"]),
        ("git", &["log", "-h"], &["--decorate[=", "--source"]),
        ("curl", &["--help", "all"], &["-d ", "--data ", "--compressed", "-o ", "--output "]),
        ("python3", &["--help"], &["-c ", "-m ", "-V", "-u"]),
        ("ssh", &["--help"], &["-4", "-L ", "-p ", "-v"]),
    ];
    for (program, question, expected) in rows {
        let Some(help) = help(program, question) else { continue };
        let flags: Vec<String> = help.options.iter().map(shown).collect();
        for option in *expected {
            let name = option.trim_end_matches(['=', '[', ' ']);
            let ending = &option[name.len()..];
            let found = flags.iter().find(|flag| {
                flag.strip_prefix(name).is_some_and(|rest| match ending {
                    "" => rest.starts_with("  "),
                    " " => rest.starts_with(' ') && !rest.starts_with("  "),
                    ending => rest.starts_with(ending),
                })
            });
            assert!(found.is_some(), "{program} {question:?}: {option:?}\n{}", flags.join("\n"));
        }
        let strange: Vec<_> = flags.iter().filter(|flag| flag.len() > 200).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
    if let Some(help) = help("git", &["help", "-a"]) {
        let names: Vec<&str> = help.commands.iter().map(|(name, _)| &**name).collect();
        assert!(names.contains(&"commit") && names.contains(&"rev-parse"), "{names:?}");
        assert!(!names.contains(&"format-pack"), "{names:?}");
    }
}

proptest! {
    /// Any output of a program parses without a panic, and yields only names that are options.
    #[test]
    fn any_text_is_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn anything_like_help_is_read(text in "( {0,9}(-{1,3}|usage: |Commands:|[a-z]{1,5}|\\[no-\\]|[=<>\\[\\]{}(),|:.é])+ {0,3}\n?){0,40}") {
        let help = parse(text.as_bytes());
        for flag in &help.options {
            prop_assert!(flag.name.starts_with('-') && flag.name.len() > 1 && !flag.name.contains([' ', '\n']));
            prop_assert!(!flag.note.contains('\n') && flag.note.chars().count() <= MOST_NOTE + 1);
        }
    }
}

#[test]
fn a_text_of_megabytes_is_read_in_part() {
    let text = "  --option-number-one=VALUE  what it does\n  --x\n".repeat(100_000);
    assert_eq!(parse(text.as_bytes()).options.len(), 2);
    let many: String = (0..100_000).map(|n| format!("  --o{n}  what\nCommands:\n  c{n}  what\n\n")).collect();
    let help = parse(many.as_bytes());
    assert_eq!((help.options.len(), help.commands.len()), (MOST, MOST));
    // One line, with text that seems to be nested.
    for part in ["[", "-[", "-a ", "--[no-]x<", "usage: -", "-a[="] {
        let _ = parse(part.repeat(200_000).as_bytes());
    }
}
