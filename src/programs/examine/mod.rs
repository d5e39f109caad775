//! Finds the code in a command, and the values in it.

mod code;
mod commands;

use super::language::Language;
use super::options::{Item, Place};
use super::settings::assignment;
use super::sh_code::State;
use super::word::{Piece, Word, joined};
use super::{Operands, Program, base_name, find, table};
use std::borrow::Cow;

/// The code in a command.
#[derive(Debug, Default)]
pub struct Findings {
    pub problems: Vec<Problem>,
    /// The input, if standard input is code.
    pub input: Option<Input>,
    /// Words that name files of code: the index of a word, and the reader of the file.
    pub files: Vec<(usize, Input)>,
    /// The word that names a program by a value: the run knows more.
    pub dynamic: Option<usize>,
    /// Whether a value may be an option that begins with a plus, such as `+command` of vim: the run knows
    /// more.
    pub is_plus_open: bool,
}

/// The reader of a text as code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub language: Language,
    /// Its name, such as `bash -c`.
    pub label: String,
}

/// A value where code is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub subject: Subject,
    pub reader: Input,
    pub fault: Fault,
    /// Whether the code is only this value.
    pub is_whole: bool,
}

/// The text in the place of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A value, by its number.
    Value(usize),
    /// A word with `{}`, by its number: the name of a file will replace it.
    Names(usize),
}

/// The reason for a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The value becomes code. For a shell, the place in its code.
    Code(State),
    /// `quote(x)` is in a place where its quotes do not protect the value.
    Misquoted(State),
    /// `quote(x)` protects once, and this program within the code parses its value again.
    Nested(String),
    /// The value may be run.
    Might,
}

/// The limit on shells within shells.
const MAX_DEPTH: usize = 8;

/// Examines a command.
pub fn examine(words: &[Word<'_>]) -> Findings {
    let mut examiner = Examiner::default();
    examiner.command(words, false, 0);
    examiner.findings
}

/// Examines the value of an environment variable.
pub fn examine_variable(name: &str, pieces: &[Piece<'_>]) -> Vec<Problem> {
    let mut examiner = Examiner::default();
    examiner.variable(name, pieces);
    examiner.findings.problems
}

/// Examines a text that is code.
pub fn examine_text(pieces: &[Piece<'_>], reader: &Input) -> Vec<Problem> {
    let mut examiner = Examiner::default();
    examiner.code(pieces, reader, None, 0);
    examiner.findings.problems
}

#[derive(Default)]
struct Examiner {
    findings: Findings,
    /// The text that represents file names in the words of `find -exec` and `xargs -I`.
    placeholder: Option<Vec<u8>>,
    /// Whether the examined code is one value.
    is_whole: bool,
}

impl Examiner {
    fn command(&mut self, words: &[Word<'_>], in_sh: bool, depth: usize) {
        let Some(first) = words.first().filter(|_| depth < MAX_DEPTH) else { return };
        if in_sh
            && let Some((name, from)) = assignment(&first.head(), false).filter(|(name, _)| is_name(name))
        {
            self.variable(name, &first.pieces_from(from));
            return self.command(&words[1..], true, depth);
        }
        let Some(name) = first.program() else {
            if !in_sh {
                self.findings.dynamic.get_or_insert(first.origin);
            }
            return;
        };
        let name = base_name(&name);
        let builtin = if in_sh { table::builtin_of_sh(name) } else { None };
        if let Some(program) = builtin.or_else(|| find(name)) {
            self.program(program, name, words, in_sh, depth);
        }
    }

    fn program(&mut self, program: &Program, label: &str, words: &[Word<'_>], in_sh: bool, depth: usize) {
        let items = program.parse(words);
        let given = |names: &str| {
            let is = |item: &Item| matches!(item, Item::Option { name, .. } if names.split(' ').any(|one| one == name));
            items.iter().any(is)
        };
        let alternative = program.when.iter().find(|(names, _)| given(names)).map(|(_, operands)| *operands);
        if alternative == Some(Operands::Harmless) {
            return;
        }
        let mut has_code = alternative.is_some_and(|operands| operands != Operands::Stdin);
        for item in &items {
            has_code &= !self.option(item, label, words, depth);
        }
        let operands: Vec<usize> = items
            .iter()
            .filter_map(|item| match item {
                Item::Operand(word) => Some(*word),
                _ => None,
            })
            .collect();
        let unknown = items.iter().any(|item| matches!(item, Item::Unknown(_)));
        let of_flags = alternative.and_then(|_| given("-c").then(|| format!("{label} -c")));
        let view = View { words, items: &items, operands: &operands, unknown, in_sh, depth };
        self.findings.is_plus_open |=
            !in_sh && program.takes_plus() && view.operands.iter().any(|at| view.may_be_plus(*at));
        let kind = alternative.unwrap_or(program.operands);
        has_code |= self.operands(program, kind, of_flags.as_deref().unwrap_or(label), &view);
        if !has_code && let Some(language) = program.input {
            self.findings.input = Some(Input { language, label: label.to_string() });
        }
    }

    /// Examines an option. Returns whether its code is standard input.
    fn option(&mut self, item: &Item, label: &str, words: &[Word<'_>], depth: usize) -> bool {
        let Item::Option { name, entry, value: Some(Place { word, from }), .. } = item else { return false };
        let Some(language) = entry.code else { return false };
        let label = if name == "+" { format!("{label} +") } else { format!("{label} {name}") };
        let reader = Input { language, label };
        let word = &words[*word];
        if !entry.is_file {
            self.code(&word.pieces_from(*from), &reader, Some(word.origin), depth);
            return false;
        }
        self.file(word, *from, reader)
    }

    /// Notes a file of code. Returns whether it is standard input.
    fn file(&mut self, word: &Word<'_>, from: usize, reader: Input) -> bool {
        let is_input =
            word.text().is_some_and(|text| matches!(&text[from..], b"-" | b"/dev/stdin" | b"/dev/fd/0"));
        if is_input {
            self.findings.input = Some(reader);
        } else {
            self.findings.files.push((word.origin, reader));
        }
        is_input
    }

    /// Examines the operands. Returns whether the arguments determine where the code is.
    fn operands(&mut self, program: &Program, kind: Operands, label: &str, view: &View<'_, '_>) -> bool {
        let reader = |language: Language| Input { language, label: label.to_string() };
        match kind {
            Operands::Data | Operands::Harmless | Operands::Stdin => false,
            Operands::Script(language) => {
                view.operand(0).is_some_and(|word| !self.file(word, 0, reader(language)))
            }
            Operands::First(Language::Yq) if is_verb_of_yq(view.operand(0)) => {
                let rest = View { operands: &view.operands[1..], ..*view };
                self.operands(program, kind, label, &rest)
            }
            Operands::First(language) => view.operand(0).is_some_and(|word| {
                self.code(&word.pieces, &reader(language), Some(word.origin), view.depth);
                true
            }),
            Operands::After(own, language) => {
                let code = view.after(own);
                let pieces = joined(code.iter().map(|word| word.pieces.clone()));
                self.code(&pieces, &reader(language), code.first().map(|word| word.origin), view.depth);
                !code.is_empty()
            }
            Operands::EachAfter(own, language) => {
                let code = view.after(own);
                for word in &code {
                    self.code(&word.pieces, &reader(language), Some(word.origin), view.depth);
                }
                !code.is_empty()
            }
            Operands::Command(own) => self.inner(view, own),
            Operands::AppendedCommand => {
                let outer = self.placeholder.replace(placeholder(view));
                let has_code = self.inner(view, 0);
                self.placeholder = outer;
                has_code
            }
            Operands::AssignedCommand => self.assigned_command(view),
            Operands::Shell(own) => {
                let is_dash = |at: &&usize| view.words[**at].text().is_some_and(|text| &*text == b"-");
                let named: Vec<usize> =
                    view.operands.iter().filter(|at| own == 0 || !is_dash(at)).copied().collect();
                let mut words = vec![Word::literal(b"sh")];
                words.extend(View { operands: &named, ..*view }.after(own).into_iter().cloned());
                self.command(&words, view.in_sh, view.depth);
                true
            }
            Operands::Assignments(language) => {
                for word in view.after(0) {
                    if let Some((_, from)) = assignment(&word.head(), false) {
                        self.code(&word.pieces_from(from), &reader(language), Some(word.origin), view.depth);
                    }
                }
                false
            }
            Operands::Subcommand => self.subcommand(program, label, view),
            Operands::Verbs => self.verbs(program, label, view),
            Operands::Module => self.module(label, view),
            Operands::Started(options) => self.started(options, view),
            Operands::Exec(marks) => self.executed(view, marks),
            Operands::Expression(language) => match view.operand(0) {
                Some(word) if !word.head().is_empty() => {
                    self.code(&word.pieces, &reader(language), Some(word.origin), view.depth);
                    true
                }
                word => word.is_some(),
            },
            Operands::Locked => self.locked(label, view),
            Operands::GitConfig => self.git_config(label, view),
            Operands::Parallel => self.parallel(label, view),
            Operands::Condition => self.condition(label, view),
        }
    }
}

/// The words of a command with its operands.
#[derive(Clone, Copy)]
struct View<'t, 'w> {
    words: &'t [Word<'w>],
    items: &'t [Item],
    operands: &'t [usize],
    unknown: bool,
    in_sh: bool,
    depth: usize,
}

impl<'t, 'w> View<'t, 'w> {
    fn operand(&self, place: usize) -> Option<&'t Word<'w>> {
        self.operands.get(place).map(|word| &self.words[*word])
    }

    /// Returns the value of the last of some options.
    fn value_of(&self, names: &str) -> Option<Place> {
        self.items.iter().rev().find_map(|item| match item {
            Item::Option { name, value, .. } if names.split(' ').any(|one| one == name) => *value,
            _ => None,
        })
    }

    /// Returns whether a value may begin this word with a plus, and the program would look for options in it.
    fn may_be_plus(&self, at: usize) -> bool {
        let is_end = |word: &Word<'_>| word.text().is_some_and(|text| &*text == b"--");
        let word = &self.words[at];
        word.head().is_empty() && word.values().next().is_some() && !self.words[..at].iter().any(is_end)
    }

    /// Returns the operands after this many; a list among these may contain more than one.
    fn after(&self, own: usize) -> Vec<&'t Word<'w>> {
        let list = self.operands.iter().take(own).position(|word| self.words[*word].many);
        self.operands.iter().skip(list.unwrap_or(own)).map(|word| &self.words[*word]).collect()
    }
}

/// Returns whether it is a verb of `yq eval …`.
fn is_verb_of_yq(word: Option<&Word<'_>>) -> bool {
    let name = word.and_then(Word::name);
    matches!(name.as_deref(), Some("e" | "eval" | "ea" | "eval-all"))
}

/// Returns the text that `xargs -I` replaces with input.
fn placeholder(view: &View<'_, '_>) -> Vec<u8> {
    let option = view.words.iter().find_map(|word| {
        let text = word.text()?;
        let rest = text.strip_prefix(b"-I").or_else(|| text.strip_prefix(b"--replace="))?;
        Some(Cow::Owned::<[u8]>(rest.to_vec()))
    });
    match option {
        Some(given) if !given.is_empty() => given.into_owned(),
        Some(_) => b"{}".to_vec(),
        None => Vec::new(),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
