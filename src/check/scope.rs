//! Names: which variable each stands for at a point of the text.

use super::program::Slot;
use std::collections::HashMap;

/// The variables that are visible, innermost declaration last.
#[derive(Default)]
pub struct Scopes<'s> {
    names: HashMap<&'s str, Vec<Variable>>,
    /// The names that each open block declared, to be forgotten at its end.
    blocks: Vec<Vec<&'s str>>,
    /// At which depths of blocks copies begin: what was declared outside can be read there, not assigned.
    copies: Vec<usize>,
    slots: u32,
}

#[derive(Clone, Copy)]
pub struct Variable {
    pub slot: Slot,
    depth: usize,
}

impl<'s> Scopes<'s> {
    pub fn enter(&mut self) {
        self.blocks.push(Vec::new());
    }

    pub fn leave(&mut self) {
        for name in self.blocks.pop().unwrap_or_default() {
            if let Some(variables) = self.names.get_mut(name) {
                variables.pop();
            }
        }
    }

    /// Runs a part of the check for commands that work on copies of the variables.
    pub fn enter_copy(&mut self) {
        self.copies.push(self.blocks.len());
    }

    pub fn leave_copy(&mut self) {
        self.copies.pop();
    }

    pub fn declare(&mut self, name: &'s str) -> Slot {
        let slot = Slot(self.slots);
        self.slots += 1;
        let depth = self.blocks.len();
        self.names.entry(name).or_default().push(Variable { slot, depth });
        if let Some(block) = self.blocks.last_mut() {
            block.push(name);
        }
        slot
    }

    /// Whether the innermost block has declared this name.
    pub fn is_declared_here(&self, name: &str) -> bool {
        self.find(name).is_some_and(|variable| variable.depth == self.blocks.len())
    }

    pub fn find(&self, name: &str) -> Option<Variable> {
        self.names.get(name).and_then(|variables| variables.last()).copied()
    }

    /// Whether a variable belongs to what the commands here are a copy of.
    pub fn is_copied(&self, variable: Variable) -> bool {
        self.copies.last().is_some_and(|depth| variable.depth <= *depth)
    }

    pub const fn slots(&self) -> usize {
        self.slots as usize
    }

    /// A visible name that looks like this one.
    pub fn similar(&self, name: &str) -> Option<&'s str> {
        let visible = self.names.iter().filter(|(_, variables)| !variables.is_empty()).map(|(name, _)| *name);
        visible
            .filter_map(|candidate| Some((distance(name, candidate)?, candidate)))
            .min()
            .map(|(_, name)| name)
    }
}

/// How many letters differ between two names; none when it is more than a third of them.
pub fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let most = a.len().max(b.len());
    if a.len().abs_diff(b.len()) > most / 3 || most > 64 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = usize::from(!x.eq_ignore_ascii_case(y));
            let next = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    (row[b.len()] <= (most / 3).max(1) && most > 1).then_some(row[b.len()])
}
