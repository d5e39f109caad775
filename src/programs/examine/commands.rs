//! Commands in the words of other commands, after launchers and in subcommands.

use super::super::language::Language;
use super::super::settings::{assignment, git_key};
use super::super::sh_code::State;
use super::super::word::{Piece, Word, joined};
use super::super::{Program, base_name, find, table, variables};
use super::{Examiner, Fault, Input, View};

impl Examiner {
    /// Examines the command after some words of the program's own.
    pub(super) fn inner(&mut self, view: &View<'_, '_>, own: usize) -> bool {
        let first = view.operands.iter().take(own + 1).find(|word| view.words[**word].many);
        let Some(mut at) = first.or(view.operands.get(own)).copied() else { return false };
        if view.words[at].text().is_some_and(|text| &*text == b"--") && at + 1 < view.words.len() {
            at += 1;
        }
        // The arguments of a shell that is named elsewhere, such as by `docker run --entrypoint sh`.
        if view.words[at].head().starts_with(b"-") {
            let mut words = vec![Word::literal(b"sh")];
            words.extend(view.words[at..].iter().cloned());
            self.command(&words, view.in_sh, view.depth + 1);
            return true;
        }
        let is_known = |at: usize| view.words[at].name().is_some_and(|name| find(base_name(&name)).is_some());
        // An option that is not in the table may have taken a word.
        if view.unknown && !is_known(at) {
            at = (at..view.words.len()).find(|at| is_known(*at)).unwrap_or(at);
        }
        self.command(&view.words[at..], view.in_sh, view.depth + 1);
        true
    }

    /// Examines a command with `NAME=value` before it.
    pub(super) fn assigned_command(&mut self, view: &View<'_, '_>) -> bool {
        for (place, at) in view.operands.iter().enumerate() {
            let word = &view.words[*at];
            if let Some((name, from)) = assignment(&word.head(), false) {
                // The name itself may come from a value whose text is known.
                if variables::find(name).is_some() && is_from_value(word, name.len()) {
                    let reader = Input { language: Language::Assignment, label: format!("{name}=") };
                    self.problem(word.values().next(), &reader, Fault::Code(State::Unquoted));
                }
                self.variable(name, &word.pieces_from(from));
                continue;
            }
            let followed = place + 1 < view.operands.len();
            if word.values().next().is_some()
                && !word.is_whole()
                && (followed || has_sign(word))
                && !word.many
            {
                let reader = Input { language: Language::Assignment, label: "env".to_string() };
                self.problem(word.values().next(), &reader, Fault::Might);
                self.findings.dynamic.get_or_insert(word.origin);
            }
            let rest = View { operands: &view.operands[place..], ..*view };
            return self.inner(&rest, 0);
        }
        false
    }

    pub(super) fn subcommand(&mut self, program: &Program, label: &str, view: &View<'_, '_>) -> bool {
        let Some(at) = view.operands.first().copied() else { return false };
        let Some(name) = view.words[at].name() else { return false };
        if let Some(command) = program.commands.iter().find(|command| command.called(&name)) {
            let label = format!("{label} {name}");
            self.program(command, &label, &view.words[at..], view.in_sh, view.depth);
        }
        true
    }

    /// Examines `mlr sort -f a then put …`.
    pub(super) fn verbs(&mut self, program: &Program, label: &str, view: &View<'_, '_>) -> bool {
        let command = |word: Option<&Word<'_>>| {
            let name = word?.name()?;
            program.commands.iter().find(|command| command.called(&name))
        };
        let Some(first) = view.operands.first().copied() else { return false };
        // An option that is not in the table may have taken a word.
        let is_known = |at: &usize| command(view.words.get(*at)).is_some();
        let first = (first..view.words.len()).find(|at| view.unknown && is_known(at)).unwrap_or(first);
        let is_then = |word: &Word<'_>| word.text().is_some_and(|text| &*text == b"then");
        for verb in view.words[first..].split(is_then) {
            if let Some(command) = command(verb.first()) {
                self.program(
                    command,
                    &format!("{label} {}", verb[0].name().unwrap_or_default()),
                    verb,
                    view.in_sh,
                    view.depth,
                );
            }
        }
        true
    }

    /// Examines `python -m timeit …`.
    pub(super) fn module(&mut self, label: &str, view: &View<'_, '_>) -> bool {
        let Some(words) = self.named("-m", view) else { return true };
        let Some(name) = words[0].name() else { return true };
        let modules = table::find("python").map_or(&[][..], |python| python.commands);
        if let Some(module) = modules.iter().find(|module| module.called(&name)) {
            let label = format!("{label} -m {name}");
            self.program(module, &label, &words, view.in_sh, view.depth);
        }
        true
    }

    /// Examines `start-stop-daemon --exec sh -- -c …`.
    pub(super) fn started(&mut self, options: &[&str], view: &View<'_, '_>) -> bool {
        if let Some(words) = options.iter().find_map(|names| self.named(names, view)) {
            self.command(&words, view.in_sh, view.depth + 1);
        }
        true
    }

    /// Returns the value of an option, and the operands after it.
    fn named<'w>(&self, option: &str, view: &View<'_, 'w>) -> Option<Vec<Word<'w>>> {
        let place = view.value_of(option)?;
        let word = &view.words[place.word];
        let name = Word { pieces: word.pieces_from(place.from), ..word.clone() };
        Some(std::iter::once(name).chain(view.after(0).into_iter().cloned()).collect())
    }

    /// Examines `find … -exec sh -c … ;`.
    pub(super) fn executed(&mut self, view: &View<'_, '_>, marks: &[&str]) -> bool {
        let is_exec = |word: &Word<'_>| {
            word.text().is_some_and(|text| marks.iter().any(|mark| mark.as_bytes() == &*text))
        };
        let outer = self.placeholder.replace(b"{}".to_vec());
        for (at, word) in view.words.iter().enumerate() {
            if is_exec(word) {
                let rest = &view.words[at + 1..];
                let is_end = |word: &Word<'_>| word.text().is_some_and(|text| matches!(&*text, b";" | b"+"));
                let end = rest.iter().position(is_end).unwrap_or(rest.len());
                self.command(&rest[..end], view.in_sh, view.depth + 1);
            }
        }
        self.placeholder = outer;
        true
    }

    /// Examines `flock lock command` and `flock lock -c code`.
    pub(super) fn locked(&mut self, label: &str, view: &View<'_, '_>) -> bool {
        let option =
            view.operand(1).and_then(Word::name).filter(|name| matches!(&**name, "-c" | "--command"));
        match (option, view.operand(2)) {
            (Some(option), Some(code)) => {
                let reader = Input { language: Language::Sh, label: format!("{label} {option}") };
                self.code(&code.pieces, &reader, Some(code.origin), view.depth);
                true
            }
            _ => self.inner(view, 1),
        }
    }

    /// Examines `git config core.editor …`.
    pub(super) fn git_config(&mut self, label: &str, view: &View<'_, '_>) -> bool {
        let is_verb =
            |word: &Word<'_>| matches!(word.name().as_deref(), Some("set" | "get" | "unset" | "list"));
        let words = view.after(usize::from(view.operand(0).is_some_and(is_verb)));
        let (Some(key), Some(value)) = (words.first(), words.get(1)) else { return false };
        let key = key.name();
        if let Some((key, language)) = key.as_deref().and_then(|key| Some((key, git_key(key)?))) {
            let reader = Input { language, label: format!("{label} {key}") };
            self.code(&value.pieces, &reader, Some(value.origin), view.depth);
        }
        false
    }

    pub(super) fn parallel(&mut self, label: &str, view: &View<'_, '_>) -> bool {
        let words = view.after(0);
        let is_input = |word: &&Word<'_>| word.head().starts_with(b":::");
        let end = words.iter().position(is_input).unwrap_or(words.len());
        // Without a command, the inputs are commands.
        let code = if end == 0 { words.get(1..).unwrap_or_default() } else { &words[..end] };
        let pieces = joined(code.iter().map(|word| word.pieces.clone()));
        let reader = Input { language: Language::Sh, label: label.to_string() };
        self.code(&pieces, &reader, None, view.depth);
        !words.is_empty()
    }

    /// Examines `[[ $x -eq 1 ]]`, which calculates: an index in it can contain commands, which are run.
    pub(super) fn condition(&mut self, label: &str, view: &View<'_, '_>) -> bool {
        const CALCULATES: &[&[u8]] = &[b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-v"];
        let calculates =
            view.words.iter().any(|word| word.text().is_some_and(|text| CALCULATES.contains(&text.as_ref())));
        let reader = Input { language: Language::Other, label: label.to_string() };
        if calculates {
            view.words.iter().for_each(|word| self.code(&word.pieces, &reader, None, view.depth));
        }
        false
    }
}

/// Returns whether a value extends into the first bytes of a word.
fn is_from_value(word: &Word<'_>, length: usize) -> bool {
    let literal = word.pieces.iter().map_while(|piece| match piece {
        Piece::Text(text) => Some(text.len()),
        Piece::Value(_) => None,
    });
    literal.sum::<usize>() <= length
}

fn has_sign(word: &Word<'_>) -> bool {
    word.pieces.iter().any(|piece| piece.text().is_some_and(|text| text.contains(&b'=')))
}
