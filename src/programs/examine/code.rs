//! Texts that are code: which of their values would become a part of it.

use super::super::language::Language;
use super::super::settings::{apt_key, assignment, git_key, ssh_key};
use super::super::sh_code::{self, State};
use super::super::variables;
use super::super::word::{Piece, Value, ValueKind, Word, joined};
use super::{Examiner, Fault, Input, Problem, Subject};

impl Examiner {
    /// Examines a text that is code.
    pub(super) fn code(&mut self, pieces: &[Piece<'_>], reader: &Input, word: Option<usize>, depth: usize) {
        self.names(pieces, reader, word);
        let is_empty = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if text.is_empty());
        self.is_whole = pieces.iter().filter(|piece| !is_empty(piece)).count() == 1;
        match reader.language {
            Language::Sh => self.sh(pieces, reader, depth),
            Language::GitConfig => self.setting(pieces, reader, false, git_key),
            Language::SshOption => self.setting(pieces, reader, true, ssh_key),
            Language::AptOption => self.setting(pieces, reader, false, apt_key),
            Language::TarAction => {
                self.setting(pieces, reader, false, |key| (key == "exec").then_some(Language::Sh))
            }
            Language::Assignment => {
                let word = Word { pieces: pieces.to_vec(), ..Word::default() };
                if let Some((name, from)) = assignment(&word.head(), false) {
                    self.variable(name, &word.pieces_from(from));
                } else if word.values().next().is_some() {
                    let fault = match reader.label.as_str() {
                        "export" => Fault::Might,
                        // The index of an element is arithmetic, which can run commands: `declare 'a[$(cmd)]=1'`.
                        _ => Fault::Code(State::Unquoted),
                    };
                    self.problem(plain(word.values()), reader, fault);
                }
            }
            Language::Psql | Language::Sqlite => self.sql(pieces, reader),
            language => {
                for value in values(pieces) {
                    let is_fine = match value.kind {
                        ValueKind::MakeText => language == Language::Make,
                        ValueKind::Code | ValueKind::Number => true,
                        _ => false,
                    };
                    if !is_fine {
                        self.problem(Some(value), reader, plain_fault(language));
                    }
                }
            }
        }
    }

    /// Finds `{}` in the code, which a file's name will replace.
    fn names(&mut self, pieces: &[Piece<'_>], reader: &Input, word: Option<usize>) {
        let (Some(placeholder), Some(word)) = (&self.placeholder, word) else { return };
        let holds = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => text.windows(placeholder.len()).any(|part| part == placeholder.as_slice()),
            Piece::Value(_) => false,
        };
        let is_run = !reader.language.only_might() && reader.language != Language::AwkText;
        if is_run && !placeholder.is_empty() && pieces.iter().any(holds) {
            let problem = Problem {
                subject: Subject::Names(word),
                reader: reader.clone(),
                fault: Fault::Might,
                is_whole: false,
            };
            self.findings.problems.push(problem);
        }
    }

    fn sh(&mut self, pieces: &[Piece<'_>], reader: &Input, depth: usize) {
        let code = sh_code::read(pieces);
        for (value, state) in &code.values {
            let fault = match value.kind {
                ValueKind::Code | ValueKind::Number => continue,
                ValueKind::Quoted if *state == State::Unquoted => continue,
                ValueKind::Quoted => Fault::Misquoted(*state),
                _ => Fault::Code(*state),
            };
            self.problem(Some(value), reader, fault);
        }
        let placeholder = self.placeholder.take();
        let own = self.findings.problems.len();
        let mut earlier: &[Word<'_>] = &[];
        for command in &code.commands {
            let input = self.findings.input.take();
            self.command(&command.words, true, depth + 1);
            if command.is_piped
                && let Some(inner) = self.findings.input.take()
            {
                let text = joined(earlier.iter().map(|word| word.pieces.clone()));
                self.code(&text, &inner, None, depth + 1);
            }
            self.findings.input = self.findings.input.take().or(input);
            earlier = &command.words;
        }
        self.placeholder = placeholder;
        // A program within the code parses a value again that was quoted only for the shell around it.
        for problem in &mut self.findings.problems[own..] {
            if matches!(problem.fault, Fault::Code(_) | Fault::Misquoted(_)) {
                problem.fault = Fault::Nested(problem.reader.label.clone());
            }
        }
    }

    /// Examines SQL: a value inside single quotes may have its own quotes doubled.
    fn sql(&mut self, pieces: &[Piece<'_>], reader: &Input) {
        let mut in_string = false;
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    in_string ^= text.iter().filter(|byte| **byte == b'\'').count() % 2 == 1;
                }
                Piece::Value(value) => match value.kind {
                    ValueKind::Code | ValueKind::Number => {}
                    ValueKind::SqlText if in_string => {}
                    _ => {
                        let state = if in_string { State::SingleQuoted } else { State::Unquoted };
                        self.problem(Some(value), reader, Fault::Code(state));
                    }
                },
            }
        }
    }

    /// Examines `key=value`, where the key determines whether the value is code.
    fn setting(
        &mut self,
        pieces: &[Piece<'_>],
        reader: &Input,
        blank: bool,
        key: fn(&str) -> Option<Language>,
    ) {
        let word = Word { pieces: pieces.to_vec(), ..Word::default() };
        let head = word.head();
        match assignment(&head, blank) {
            Some((name, from)) => {
                if let Some(language) = key(name) {
                    let reader = Input { language, label: format!("{} {name}", reader.label) };
                    self.code(&word.pieces_from(from), &reader, None, 0);
                }
            }
            None => self.problem(plain(word.values()), reader, Fault::Code(State::Unquoted)),
        }
    }

    /// Examines the value of an environment variable.
    pub(super) fn variable(&mut self, name: &str, pieces: &[Piece<'_>]) {
        if let Some(language) = variables::find(name) {
            let reader = Input { language, label: format!("{name}=") };
            self.code(&trusted(pieces), &reader, None, 0);
        }
    }

    pub(super) fn problem(&mut self, value: Option<&Value<'_>>, reader: &Input, fault: Fault) {
        let Some(value) = value.filter(|value| value.id != usize::MAX) else { return };
        let subject = Subject::Value(value.id);
        if self.findings.problems.iter().all(|known| known.subject != subject) {
            let is_whole = self.is_whole;
            self.findings.problems.push(Problem { subject, reader: reader.clone(), fault, is_whole });
        }
    }
}

/// Returns the values except those from the environment. A value from the environment is trusted as much as the
/// environment itself.
fn trusted<'a>(pieces: &[Piece<'a>]) -> Vec<Piece<'a>> {
    let trust = |piece: &Piece<'a>| match piece {
        Piece::Value(value) if value.kind == ValueKind::Environment => {
            Piece::Value(Value { kind: ValueKind::Code, ..value.clone() })
        }
        piece => piece.clone(),
    };
    pieces.iter().map(trust).collect()
}

fn plain_fault(language: Language) -> Fault {
    if language.only_might() || language == Language::AwkText {
        Fault::Might
    } else {
        Fault::Code(State::Unquoted)
    }
}

fn values<'t, 'w>(pieces: &'t [Piece<'w>]) -> impl Iterator<Item = &'t Value<'w>> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Value(value) => Some(value),
        Piece::Text(_) => None,
    })
}

/// Returns the first value that is not marked as code.
fn plain<'t, 'w: 't>(mut values: impl Iterator<Item = &'t Value<'w>>) -> Option<&'t Value<'w>> {
    values.find(|value| !matches!(value.kind, ValueKind::Code | ValueKind::Number))
}
