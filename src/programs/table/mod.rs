//! The table of programs: a file for each family.

mod build;
mod containers;
mod databases;
mod editors;
mod files;
mod git;
mod interpreters;
mod others;
mod remote;
mod shells;
mod terminals;
mod text;
mod wrappers;

use super::Program;

const FAMILIES: &[&[Program]] = &[
    build::PROGRAMS,
    containers::PROGRAMS,
    databases::PROGRAMS,
    editors::PROGRAMS,
    files::PROGRAMS,
    git::PROGRAMS,
    interpreters::PROGRAMS,
    others::PROGRAMS,
    remote::PROGRAMS,
    shells::PROGRAMS,
    terminals::PROGRAMS,
    text::PROGRAMS,
    wrappers::PROGRAMS,
];

/// A name in the table, and its program.
type Name = (&'static str, &'static Program);

/// Every name in the table, with those of the same first letter adjacent.
static NAMES: [Name; COUNT] = BY_LETTER.0;

/// The first name of each letter in [`NAMES`]; its names end where those of the next letter begin.
static LETTERS: [u16; 129] = BY_LETTER.1;

const COUNT: usize = {
    let (mut count, mut row) = (0, 0);
    while let Some(program) = row_of(row) {
        count += program.names.len();
        row += 1;
    }
    count
};

/// Both, computed at compile time.
const BY_LETTER: ([Name; COUNT], [u16; 129]) = {
    let mut letters = [0; 129];
    let mut row = 0;
    while let Some(program) = row_of(row) {
        let mut at = 0;
        while at < program.names.len() {
            letters[program.names[at].as_bytes()[0] as usize + 1] += 1;
            at += 1;
        }
        row += 1;
    }
    let mut letter = 0;
    while letter < 128 {
        letters[letter + 1] += letters[letter];
        letter += 1;
    }
    let mut names = [("", &FAMILIES[0][0]); COUNT];
    let mut free = letters;
    let mut row = 0;
    while let Some(program) = row_of(row) {
        let mut at = 0;
        while at < program.names.len() {
            let letter = program.names[at].as_bytes()[0] as usize;
            names[free[letter] as usize] = (program.names[at], program);
            free[letter] += 1;
            at += 1;
        }
        row += 1;
    }
    (names, letters)
};

/// Returns the program in this row of the whole table.
const fn row_of(mut row: usize) -> Option<&'static Program> {
    let mut family = 0;
    while family < FAMILIES.len() {
        if row < FAMILIES[family].len() {
            return Some(&FAMILIES[family][row]);
        }
        row -= FAMILIES[family].len();
        family += 1;
    }
    None
}

/// Returns the program of exactly this name. Every command of a script is looked up, but few are in the table.
pub fn find(name: &str) -> Option<&'static Program> {
    let letter = usize::from(*name.as_bytes().first()?);
    let bounds = LETTERS.get(letter..letter + 2)?;
    let names = &NAMES[usize::from(bounds[0])..usize::from(bounds[1])];
    names.iter().find(|(known, _)| *known == name).map(|(_, program)| *program)
}

/// Returns a builtin of sh, which can only be in code.
pub fn builtin_of_sh(name: &str) -> Option<&'static Program> {
    shells::BUILTINS.iter().find(|program| program.called(name))
}

/// All rows.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Program> {
    FAMILIES.iter().copied().flatten()
}
