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

use super::{Program, Shapes};

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

const SHAPES: &Shapes = &{
    let mut shapes = Shapes::new();
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut program = 0;
        while program < FAMILIES[family].len() {
            shapes = shapes.with(FAMILIES[family][program].names);
            program += 1;
        }
        family += 1;
    }
    shapes
};

/// The program of exactly this name.
pub fn find(name: &str) -> Option<&'static Program> {
    if !SHAPES.may_hold(name) {
        return None;
    }
    all().find(|program| program.called(name))
}

/// A builtin of sh, which stands in code only.
pub fn builtin_of_sh(name: &str) -> Option<&'static Program> {
    shells::BUILTINS.iter().find(|program| program.called(name))
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Program> {
    FAMILIES.iter().copied().flatten()
}
