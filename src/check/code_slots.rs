//! Programs that parse an argument as code: a value in that place could become code, so it must say that it is meant.
//!
//! The argument guard keeps values from being options, and no shell is ever started by the interpreter; what
//! remains is a program that the script itself asks to run text: `sh -c "rm $x"`. One table lists who does so, and
//! where the text stands.

use super::lower::Checker;
use super::names::Shapes;
use super::words::{is_call_of, literal};
use super::wrappers;
use crate::diag::code;
use crate::syntax::ast::{self, PartKind, WordKind};
use std::borrow::Cow;

/// Where a program takes code.
#[derive(Clone, Copy)]
enum Slot {
    /// In the word after an option with this letter, possibly in a cluster (`-lc`), or in one of these long options.
    Option { letters: &'static str, long: &'static [&'static str], shell: bool },
    /// In the first word that is no option; these letters take a value, and any of the second list moves the
    /// code elsewhere.
    First { valued: &'static str, elsewhere: &'static [&'static str] },
    /// In every word after the first that is no option.
    Remote { valued: &'static str },
    /// In every word that is no option, joined.
    Joined { valued: &'static str },
}

const SHELL: Slot = Slot::Option { letters: "c", long: &["--command"], shell: true };

const TABLE: &[(&[&str], Slot)] = &[
    (
        &[
            "sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "fish", "csh", "tcsh", "su",
            "runuser", "script", "flock",
        ],
        SHELL,
    ),
    (&["ssh"], Slot::Remote { valued: "BbcDEeFIiJLlmOopQRSWw" }),
    (&["watch"], Slot::Joined { valued: "nq" }),
    (
        &["awk", "gawk", "mawk", "nawk", "original-awk"],
        Slot::First { valued: "vFlo", elsewhere: &["-f", "--file"] },
    ),
    (&["python", "python2", "python3", "pypy3"], Slot::Option { letters: "c", long: &[], shell: false }),
    (&["perl"], Slot::Option { letters: "eE", long: &[], shell: false }),
    (&["ruby", "lua", "luajit", "Rscript"], Slot::Option { letters: "e", long: &[], shell: false }),
    (
        &["node", "nodejs", "bun", "deno"],
        Slot::Option { letters: "ep", long: &["--eval", "--print"], shell: false },
    ),
    (&["php"], Slot::Option { letters: "rBRE", long: &["--run"], shell: false }),
];

const SHAPES: &Shapes = &{
    let mut shapes = Shapes::new().with(&["find"]);
    let mut at = 0;
    while at < TABLE.len() {
        shapes = shapes.with(TABLE[at].0);
        at += 1;
    }
    at = 0;
    while at < wrappers::NAMES.len() {
        shapes = shapes.with(wrappers::NAMES[at]);
        at += 1;
    }
    shapes
};

/// Refuses values where a program expects code.
pub fn check<'s>(checker: &mut Checker<'s>, words: &[ast::Word<'s>]) {
    let mut words = words;
    // Through `sudo env nice sh -c …` to the program that counts; a hundred wrappers are no script.
    for _ in 0..16 {
        let Some(path) = literal(words.first()) else { return };
        let name = wrappers::name(&path);
        if !SHAPES.may_hold(name) {
            return;
        }
        if name == "find" {
            return find(checker, words);
        }
        if name == "env"
            && let Some(at) = words
                .iter()
                .position(|word| text(word).starts_with("-S") || text(word).starts_with("--split-string"))
        {
            return words[at..].iter().for_each(|word| refuse(checker, word, "env -S", false));
        }
        if let Some((_, slot)) = TABLE.iter().find(|(names, _)| names.contains(&name)) {
            return slot_of(checker, words, name, *slot);
        }
        let Some(at) = wrappers::inner(words, text) else { return };
        words = &words[at..];
    }
}

fn slot_of<'s>(checker: &mut Checker<'s>, words: &[ast::Word<'s>], name: &str, slot: Slot) {
    match slot {
        Slot::Option { letters, long, shell } => {
            for (index, word) in words.iter().enumerate().skip(1) {
                let option = text(word);
                if option == "--" {
                    break;
                }
                if let Some((head, _)) = option.split_once('=')
                    && long.contains(&head)
                {
                    refuse(checker, word, &format!("{name} {head}"), shell);
                }
                let cluster = option.starts_with('-') && !option.starts_with("--");
                let letter = cluster.then(|| option[1..].chars().find(|c| letters.contains(*c))).flatten();
                if letter.is_some() || long.contains(&option.as_ref()) {
                    let option = letter.map_or_else(|| option.to_string(), |letter| format!("-{letter}"));
                    refuse(checker, word, &format!("{name} {option}"), shell);
                    if let Some(next) = words[index + 1..].iter().find(|word| !text(word).starts_with('-')) {
                        refuse(checker, next, &format!("{name} {option}"), shell);
                    }
                    break;
                }
                // A word that is no option ends the options of interpreters: what follows are arguments.
                if !option.starts_with('-') && !matches!(name, "su" | "runuser" | "script" | "flock") {
                    break;
                }
            }
        }
        Slot::First { valued, elsewhere } => {
            if words.iter().any(|word| elsewhere.iter().any(|option| text(word).starts_with(option))) {
                return;
            }
            if let Some(program) = arguments(words, valued, &[]).first() {
                refuse(checker, program, name, false);
            }
        }
        Slot::Remote { valued } => {
            for word in arguments(words, valued, &[]).iter().skip(1) {
                refuse(checker, word, name, true);
            }
        }
        Slot::Joined { valued } => {
            for word in arguments(words, valued, &["--interval"]) {
                refuse(checker, word, name, true);
            }
        }
    }
}

/// `find … -exec sh -c … ;`
fn find<'s>(checker: &mut Checker<'s>, words: &[ast::Word<'s>]) {
    for (index, word) in words.iter().enumerate() {
        if matches!(text(word).as_ref(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            check(checker, &words[index + 1..]);
        }
    }
}

/// The words after a program and its options.
fn arguments<'w, 's>(words: &'w [ast::Word<'s>], valued: &str, long: &[&str]) -> &'w [ast::Word<'s>] {
    &words[1 + wrappers::options(&words[1..], text, valued, long)..]
}

/// The literal beginning of a word; empty when it begins with a value.
fn text<'w>(word: &'w ast::Word<'_>) -> Cow<'w, str> {
    match &word.kind {
        WordKind::Parts(parts) => match parts.first().map(|part| &part.kind) {
            Some(PartKind::Bare(_) | PartKind::Quoted(_)) => {
                literal(Some(word)).unwrap_or_else(|| match &parts[0].kind {
                    PartKind::Bare(text) | PartKind::Quoted(text) => String::from_utf8_lossy(text),
                    _ => Cow::Borrowed(""),
                })
            }
            _ => Cow::Borrowed(""),
        },
        _ => literal(Some(word)).unwrap_or_default(),
    }
}

fn refuse<'s>(checker: &mut Checker<'s>, word: &ast::Word<'s>, program: &str, shell: bool) {
    let allowed: &[&str] = if shell { &["code", "quote"] } else { &["code"] };
    let at = match &word.kind {
        WordKind::Splice(list) if !is_call_of(list, allowed) => Some(word.span),
        WordKind::Parts(parts) => parts
            .iter()
            .find(|part| match &part.kind {
                PartKind::Value(_) | PartKind::Capture(..) | PartKind::Pattern(_) => true,
                PartKind::Expr(value) => !is_call_of(value, allowed),
                _ => false,
            })
            .map(|part| part.span),
        _ => None,
    };
    if let Some(at) = at {
        let message = format!("`{program}` runs this text as code, and a value stands in it");
        let help = if shell {
            "quote the value for the shell: $[quote(x)]; text that is meant as code is $[code(x)]"
        } else {
            "pass the value as an argument or in the environment; text that is meant as code is $[code(x)]"
        };
        checker.error(code::UNGUARDED_CODE, at, message, "would be parsed as code", help);
    }
}
