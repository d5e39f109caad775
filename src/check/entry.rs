//! The check of text that is typed at a prompt: each entry is a file of its own, inside the scope of all earlier
//! ones.
//!
//! ```text
//! > let host = "web1"              the first entry
//! > fn ping() { echo $host }       sees it
//! > let host = "web2"              the same variable: `ping` prints web2 from now on
//! > fn ping() { echo up }          another function: who was declared before still calls the one it was checked with
//! ```
//!
//! Functions, variables and files keep their numbers from entry to entry, so that the state of the run remains valid.

use super::lower::Checked;
use super::program::{ARGS, Block, FunctionId, Module, ModuleId, Program, Slot};
use super::project::{Loader, Project};
use super::scope::{Name, Scopes};
use crate::diag::{Diagnostic, Source};
use crate::host::Hosted;
use crate::value::Value;
use indexmap::IndexMap;
use std::rc::Rc;
use std::sync::Arc;

/// The declarations at a prompt so far.
#[derive(Clone)]
pub struct Earlier(Project);

/// The meaning of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Variable(Slot),
    Function(FunctionId),
    File,
}

impl Earlier {
    /// Creates one with only `args`, the host's functions and stages, and the variables of the host, each with its
    /// slot.
    pub fn of(hosted: Hosted, variables: &IndexMap<String, Value>) -> (Self, Vec<(Slot, Value)>) {
        let mut project = Project::new(None);
        project.hosted = hosted;
        let source = Arc::new(Source::new("prompt", ""));
        project.modules.push(Some(Arc::new(Module { source, body: Block::default(), path: None })));
        let mut scopes = Scopes::new(0);
        scopes.enter_file();
        let args = scopes.declare("args");
        debug_assert_eq!(args, ARGS);
        let given = variables.iter().map(|(name, value)| (scopes.declare(name), value.clone())).collect();
        project.earlier =
            Some(scopes.outermost().map(|(name, meaning)| (name.to_string(), meaning)).collect());
        project.slots = scopes.slots();
        (Self(project), given)
    }

    /// Returns a program that has all declarations, and runs the last entry.
    ///
    /// # Errors
    /// Fails only because of a bug in the check.
    pub fn program(&self) -> Result<Program, Vec<Diagnostic>> {
        let names = self.0.earlier.clone().unwrap_or_default();
        self.0.clone().into_program(None, &names).ok_or_else(|| vec![super::bug()])
    }

    /// Checks an entry. The program has all earlier declarations, and runs only the entry.
    ///
    /// # Errors
    /// Fails as [`super::check`] does.
    pub fn check(
        &self,
        source: &Arc<Source>,
        loader: Rc<dyn Loader>,
    ) -> Result<(Program, Self), Vec<Diagnostic>> {
        self.check_from(source, 0, loader)
    }

    /// Does the same for an entry that assigns variables as sh does it.
    ///
    /// # Errors
    /// Fails as [`super::check`] does.
    pub fn check_taken(
        &self,
        source: &Arc<Source>,
        loader: Rc<dyn Loader>,
        assigned: &[String],
    ) -> Result<(Program, Self), Vec<Diagnostic>> {
        let mut earlier = self.clone();
        earlier.0.texts_of_sh.extend(assigned.iter().cloned());
        let (program, mut earlier) = earlier.check(source, loader)?;
        earlier.0.texts_of_sh.extend(assigned.iter().cloned());
        Ok((program, earlier))
    }

    /// Does the same for its lines from a place on, if those before it are among the earlier entries.
    ///
    /// # Errors
    /// Fails as [`super::check`] does.
    pub fn check_from(
        &self,
        source: &Arc<Source>,
        from: usize,
        loader: Rc<dyn Loader>,
    ) -> Result<(Program, Self), Vec<Diagnostic>> {
        let Checked { mut project, members, errors, .. } = self.looked_at(source, from, loader);
        if !errors.is_empty() {
            return Err(errors);
        }
        project.settle();
        let names = project.earlier.get_or_insert_default();
        // A name that is declared anew is a value of Pipewright.
        project.texts_of_sh.retain(|name| !members.contains_key(name));
        names.extend(members);
        // A `main` in it is a function like any other.
        let earlier = Self(project);
        Ok((earlier.program()?, earlier))
    }

    /// Returns all errors of an entry that is not going to run, from a line on.
    pub fn errors(&self, source: &Arc<Source>, from: usize, loader: Rc<dyn Loader>) -> Vec<Diagnostic> {
        self.looked_at(source, from, loader).errors
    }

    fn looked_at(&self, source: &Arc<Source>, from: usize, loader: Rc<dyn Loader>) -> Checked {
        let mut project = self.0.clone();
        project.loader = Some(loader);
        project.script = ModuleId(project.modules.len() as u32);
        let id = project.open(None, None);
        let mut checked = super::file(source, from, id, project);
        checked.errors.extend(checked.project.lost_assignments());
        checked
    }

    /// Returns the names, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = (&str, Meaning)> {
        self.0.earlier.iter().flatten().map(|(name, meaning)| (name.as_str(), meaning_of(*meaning)))
    }

    pub fn meaning(&self, name: &str) -> Option<Meaning> {
        self.0.earlier.as_ref()?.get(name).copied().map(meaning_of)
    }

    /// Removes, after an entry has failed, the variables that have no value and the files that only this entry has
    /// used, since they may not have run to their end.
    pub fn forget(&mut self, has_value: impl Fn(Slot) -> bool, before: &Self) {
        let files = before.0.modules.len();
        self.0.forget_files(files);
        if let Some(names) = &mut self.0.earlier {
            names.retain(|_, meaning| match meaning {
                Name::Variable(variable) => has_value(variable.slot()),
                Name::Function(_) => true,
                Name::Module(id) => (id.0 as usize) < files,
            });
        }
    }
}

fn meaning_of(name: Name) -> Meaning {
    match name {
        Name::Variable(variable) => Meaning::Variable(variable.slot()),
        Name::Function(id) => Meaning::Function(id),
        Name::Module(_) => Meaning::File,
    }
}
