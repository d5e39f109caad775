//! Programs that run others, and programs that run whatever text they are given.
//!
//! A rule that allows `env` must not allow all that `env` can launch. So a launcher is judged by the command in its
//! arguments, and what can't be told from them is refused: an option that is not in the table may take a value, and
//! then the word behind it is not the command.

/// Shells, interpreters and the like: allowing one is allowing everything, so that a rule has to name it. Versions in
/// a name (`python3.12`) don't count. Here are also launchers whose arguments tell too little.
const EVALUATORS: &[&str] = &[
    // Shells.
    "sh",
    "bash",
    "rbash",
    "dash",
    "zsh",
    "ksh",
    "ksh93",
    "mksh",
    "lksh",
    "oksh",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "yash",
    "posh",
    "elvish",
    "nu",
    "xonsh",
    "pwsh",
    "rc",
    "es",
    "osh",
    "ysh",
    "pipewright",
    "busybox",
    "toybox",
    // Interpreters.
    "python",
    "pypy",
    "perl",
    "ruby",
    "irb",
    "lua",
    "luajit",
    "node",
    "nodejs",
    "bun",
    "deno",
    "php",
    "tclsh",
    "wish",
    "expect",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "original-awk",
    "Rscript",
    "R",
    "guile",
    "racket",
    "ghci",
    "runghc",
    "ocaml",
    "scala",
    "groovy",
    "java",
    "jshell",
    "erl",
    "elixir",
    "iex",
    "swift",
    "julia",
    "octave",
    "emacs",
    "sqlite",
    "psql",
    "mysql",
    "m4",
    "bc",
    "dc",
    "sed",
    "make",
    "gmake",
    "ninja",
    "cmake",
    "gdb",
    "lldb",
    "ed",
    "ex",
    "vi",
    "vim",
    "nvim",
    "nano",
    "less",
    "more",
    "man",
    // What runs commands in its own way.
    "su",
    "runuser",
    "script",
    "flock",
    "ssh",
    "watch",
    "parallel",
    "at",
    "batch",
    "crontab",
    "chroot",
    "unshare",
    "nsenter",
    "setpriv",
    "capsh",
    "systemd-run",
    "start-stop-daemon",
    "bwrap",
    "firejail",
    "fakeroot",
    "strace",
    "ltrace",
    "perf",
    "valgrind",
    "pkexec",
    "run-parts",
    "entr",
    "inotifywait",
    "screen",
    "tmux",
    "docker",
    "podman",
    "kubectl",
    "dbus-run-session",
    "xvfb-run",
    "ld.so",
    "ld-linux-x86-64.so",
    "ld-linux-aarch64.so",
    "ld-linux.so",
];

/// A program that runs the command in its arguments.
pub struct Launcher {
    name: &'static str,
    /// It changes nothing about who runs the command: it needs no rule of its own.
    pub is_plain: bool,
    /// How many words of its own stand before the command.
    own: usize,
    /// Letters of options without and with a value.
    flags: &'static str,
    valued: &'static str,
    /// Long options without a value (or with one after `=`), and with one as a word of its own.
    long: &'static [&'static str],
    long_valued: &'static [&'static str],
    /// NAME=value may stand before the command.
    assignments: bool,
    /// It adds words that nobody sees here.
    pub is_open: bool,
}

const PLAIN: Launcher = Launcher {
    name: "",
    is_plain: true,
    own: 0,
    flags: "",
    valued: "",
    long: &[],
    long_valued: &[],
    assignments: false,
    is_open: false,
};

const LAUNCHERS: &[Launcher] = &[
    Launcher {
        name: "env",
        flags: "0v",
        valued: "u",
        long: &["--null", "--debug"],
        long_valued: &["--unset"],
        assignments: true,
        ..PLAIN
    },
    Launcher { name: "nice", valued: "n", long_valued: &["--adjustment"], ..PLAIN },
    Launcher {
        name: "ionice",
        flags: "t",
        valued: "cn",
        long: &["--ignore"],
        long_valued: &["--class", "--classdata"],
        ..PLAIN
    },
    Launcher {
        name: "timeout",
        own: 1,
        flags: "vfp",
        valued: "ks",
        long: &["--foreground", "--preserve-status", "--verbose"],
        long_valued: &["--kill-after", "--signal"],
        ..PLAIN
    },
    Launcher { name: "nohup", ..PLAIN },
    Launcher { name: "setsid", flags: "cw", long: &["--ctty", "--wait"], ..PLAIN },
    Launcher { name: "stdbuf", valued: "ioe", long_valued: &["--input", "--output", "--error"], ..PLAIN },
    Launcher { name: "time", flags: "p", ..PLAIN },
    Launcher {
        name: "xargs",
        flags: "0rtx",
        valued: "nPLsdE",
        long: &["--null", "--no-run-if-empty", "--verbose", "--exit"],
        long_valued: &["--delimiter", "--max-args", "--max-procs", "--max-lines", "--max-chars", "--eof"],
        is_open: true,
        ..PLAIN
    },
    Launcher {
        name: "sudo",
        is_plain: false,
        flags: "nkHEPS",
        valued: "ug",
        long: &["--non-interactive", "--set-home", "--preserve-env", "--stdin", "--reset-timestamp"],
        long_valued: &["--user", "--group"],
        assignments: true,
        ..PLAIN
    },
    Launcher { name: "doas", is_plain: false, flags: "n", valued: "u", ..PLAIN },
];

/// A command in the arguments of another.
#[derive(Debug, PartialEq, Eq)]
pub struct Command<'a> {
    pub argv: &'a [Vec<u8>],
    /// Words that nobody sees here stand in it or are added to it.
    pub is_open: bool,
    /// The names of variables that are set for it.
    pub sets: Vec<&'a [u8]>,
}

/// What a program of this name is told to launch, as far as it can be told.
pub struct Launch<'a> {
    pub is_plain: bool,
    pub commands: Vec<Command<'a>>,
}

/// Whether a program is one that runs any text.
pub fn is_evaluator(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    EVALUATORS.contains(&name) || EVALUATORS.contains(&plain)
}

/// What a launcher launches; none for a program that is no launcher.
///
/// # Errors
/// The word that keeps it from being told.
pub fn launched<'a>(name: &[u8], argv: &'a [Vec<u8>]) -> Option<Result<Launch<'a>, String>> {
    if name == b"find" {
        return Some(find(argv));
    }
    let launcher = LAUNCHERS.iter().find(|launcher| launcher.name.as_bytes() == name)?;
    Some(launcher.command(argv))
}

impl Launcher {
    fn command<'a>(&self, argv: &'a [Vec<u8>]) -> Result<Launch<'a>, String> {
        let words = argv.get(1..).unwrap_or_default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            if !word.starts_with(b"-") || word == b"-" {
                break;
            }
            at += 1;
            if word == b"--" {
                break;
            }
            at += self.values_of(word)?;
        }
        let mut rest = words.get(at..).unwrap_or_default();
        // For `env` a dash alone is `-i`.
        if rest.first().is_some_and(|word| word == b"-") {
            return Err("-".to_string());
        }
        let mut sets = Vec::new();
        while self.assignments
            && let Some((first, after)) = rest.split_first()
            && let Some(equals) = first.iter().position(|byte| *byte == b'=')
        {
            sets.push(&first[..equals]);
            rest = after;
        }
        let argv = rest.get(self.own..).unwrap_or_default();
        let commands = match argv.is_empty() {
            true => Vec::new(),
            false => vec![Command { argv, is_open: self.is_open, sets }],
        };
        Ok(Launch { is_plain: self.is_plain, commands })
    }

    /// How many words after an option are its value.
    fn values_of(&self, option: &[u8]) -> Result<usize, String> {
        let unknown = || crate::diag::visible(option);
        let text = std::str::from_utf8(option).map_err(|_| unknown())?;
        if text.starts_with("--") {
            let (name, value) =
                text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
            return match (self.long.contains(&name), self.long_valued.contains(&name), value) {
                (true, ..) | (_, true, Some(_)) => Ok(0),
                (_, true, None) => Ok(1),
                _ => Err(unknown()),
            };
        }
        for (index, letter) in text.char_indices().skip(1) {
            if self.valued.contains(letter) {
                return Ok(usize::from(index + letter.len_utf8() == text.len()));
            }
            if !self.flags.contains(letter) {
                return Err(unknown());
            }
        }
        Ok(0)
    }
}

/// `find … -exec cmd {} ;`
fn find(argv: &[Vec<u8>]) -> Result<Launch<'_>, String> {
    let mut commands = Vec::new();
    for (at, word) in argv.iter().enumerate() {
        if ![&b"-exec"[..], b"-execdir", b"-ok", b"-okdir"].contains(&&**word) {
            continue;
        }
        let rest = &argv[at + 1..];
        let is_end =
            |place: usize, word: &[u8]| word == b";" || word == b"+" && place > 0 && rest[place - 1] == b"{}";
        let end = rest.iter().enumerate().position(|(place, word)| is_end(place, word)).unwrap_or(rest.len());
        let holds_name = |word: &&Vec<u8>| word.windows(2).any(|pair| pair == b"{}");
        let known = rest[..end].iter().take_while(|word| !holds_name(word)).count();
        let relative = rest.first().is_some_and(|name| name.contains(&b'/') && name.first() != Some(&b'/'));
        if known == 0 || (relative && word.ends_with(b"dir")) {
            return Err(crate::diag::visible(word));
        }
        commands.push(Command { argv: &rest[..known], is_open: known < end, sets: Vec::new() });
    }
    Ok(Launch { is_plain: false, commands })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_command_is_found_behind_options_and_their_values() {
        for (words, command) in [
            (&["env", "A=b", "ls", "-l"][..], &["ls", "-l"][..]),
            (&["env", "-u", "X", "--", "ls"], &["ls"]),
            (&["nice", "-n5", "ls"], &["ls"]),
            (&["nice", "-n", "5", "ls"], &["ls"]),
            (&["timeout", "--signal=KILL", "-k", "1", "5", "ls"], &["ls"]),
            (&["xargs", "-0", "-n1", "rm", "-f"], &["rm", "-f"]),
            (&["find", ".", "-exec", "rm", "-f", "{}", ";", "-print"], &["rm", "-f"]),
        ] {
            let argv = argv(words);
            let launch = launched(words[0].as_bytes(), &argv).unwrap().unwrap();
            let found: Vec<_> =
                launch.commands[0].argv.iter().map(|w| std::str::from_utf8(w).unwrap()).collect();
            assert_eq!(found, command, "{words:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        for words in [
            &["env", "-S", "ls"][..],
            &["env", "-i", "ls"],
            &["env", "-", "ls"],
            &["xargs", "-I", "{}", "{}"],
            &["xargs", "-a", "/etc/shadow", "ls"],
            &["sudo", "-X", "ls"],
            &["timeout", "--unknown", "5", "ls"],
            &["find", ".", "-exec", "{}", ";"],
            &["find", ".", "-execdir", "./x", ";"],
        ] {
            assert!(launched(words[0].as_bytes(), &argv(words)).unwrap().is_err(), "{words:?}");
        }
    }

    #[test]
    fn versions_are_no_way_around() {
        for name in ["sh", "bash", "python3", "python3.12", "perl5.36", "lua5.4", "ld-linux-x86-64.so.2"] {
            assert!(is_evaluator(name.as_bytes()), "{name}");
        }
        assert!(!is_evaluator(b"ls"));
    }
}
