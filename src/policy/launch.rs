//! Launchers: commands that start other programs, as a policy judges them.
//!
//! A rule that allows `env` must not allow everything that `env` can launch. So a launcher is judged by the command
//! in its arguments, and refused if that command can't be determined: an option that is not in the table of
//! programs may take a value, and then the next word is not the command.

use crate::programs::{self, Trust, Word};

/// A command in the arguments of another.
#[derive(Debug, PartialEq, Eq)]
pub struct Command<'a> {
    pub argv: &'a [Vec<u8>],
    /// Whether it contains unknown words, or more words may be added to it.
    pub is_open: bool,
    /// The names of variables that the launcher sets for it.
    pub sets: Vec<&'a [u8]>,
}

/// The commands that a program launches.
pub struct Launch<'a> {
    /// Whether it does not change how the command runs, so that it needs no rule of its own.
    pub is_plain: bool,
    pub commands: Vec<Command<'a>>,
}

/// Returns the commands that a launcher launches; none for a program that is not a launcher.
///
/// # Errors
/// Fails with the word because of which the command can't be determined.
pub fn launched<'a>(name: &[u8], argv: &'a [Vec<u8>]) -> Option<Result<Launch<'a>, String>> {
    let name = std::str::from_utf8(name).ok()?;
    if matches!(name, "find" | "gfind") {
        return Some(find(argv));
    }
    let words: Vec<Word<'_>> = argv.iter().map(|word| Word::literal(word)).collect();
    let launched = programs::launched(name, &words)?;
    Some(match launched {
        Err(word) => Err(crate::diag::visible(&argv[word])),
        Ok(launched) => {
            let name_of = |word: &usize| argv[*word].split(|byte| *byte == b'=').next().unwrap_or_default();
            let sets = launched.sets.iter().map(name_of).collect();
            let command =
                launched.at.map(|at| Command { argv: &argv[at..], is_open: launched.is_open, sets });
            Ok(Launch { is_plain: launched.trust == Trust::Plain, commands: command.into_iter().collect() })
        }
    })
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
    use crate::programs::is_evaluator;

    fn argv(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_command_is_found_after_options_and_their_values() {
        for (words, command) in [
            (&["env", "A=b", "ls", "-l"][..], &["ls", "-l"][..]),
            (&["env", "-u", "X", "--", "ls"], &["ls"]),
            (&["nice", "-n5", "ls"], &["ls"]),
            (&["nice", "-n", "5", "ls"], &["ls"]),
            (&["timeout", "--signal=KILL", "-k", "1", "5", "ls"], &["ls"]),
            (&["xargs", "-0", "-n1", "rm", "-f"], &["rm", "-f"]),
            (&["xargs", "--eof", "sh", "cat"], &["sh", "cat"]),
            (&["xargs", "-e", "sh"], &["sh"]),
            (&["xargs", "--max-lines", "sh", "cat"], &["sh", "cat"]),
            (&["timeout", "--sig", "KILL", "5", "ls"], &["ls"]),
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
    fn an_undecidable_case_is_an_error() {
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
    fn versions_do_not_evade_the_rules() {
        for name in ["sh", "bash", "python3", "python3.12", "perl5.36", "lua5.4", "ld-linux-x86-64.so.2"] {
            assert!(is_evaluator(name.as_bytes()), "{name}");
        }
        for name in
            ["perl5.36-x86_64-linux-gnu", "python3.11-dbg", "vim.basic", "nodejs", "dash", "busybox.static"]
        {
            assert!(is_evaluator(name.as_bytes()), "{name}");
        }
        for name in ["ls", "make.sh", "awkward", "python-config", "7z"] {
            assert!(!is_evaluator(name.as_bytes()), "{name}");
        }
    }
}
