//! A script with the files that it uses: the contribution of each file to the whole.

use super::program::{
    ARGS, Foreseen, Formal, Function, FunctionId, Module, ModuleId, Need, Program, Slot, VariableProgram,
};
use super::scope::Name;
use super::side_by_side::{CallInTurn, Effect, Effects};
use crate::diag::{Diagnostic, Source, code};
use crate::host::Hosted;
use crate::span::Span;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Reads the files that a script uses.
pub trait Loader {
    /// Returns the file that `path` means in a file named `from`.
    ///
    /// # Errors
    /// Fails if it can't be read, or may not be read.
    fn load(&self, from: &str, path: &str) -> Result<Loaded, NotLoaded>;

    /// Returns the key of the file with this name, if it is a file.
    fn key(&self, name: &str) -> Option<String>;

    /// Returns the absolute path of a file, without symbolic links.
    fn resolve(&self, path: &Path) -> Option<PathBuf>;
}

/// The reason why a file was not read.
pub enum NotLoaded {
    /// The reason of the system, for the message.
    Failed(String),
    /// The policy of the host refuses `what`, by a rule.
    Refused { what: String, rule: String },
}

impl From<String> for NotLoaded {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// A file that was read.
pub struct Loaded {
    /// The same for the same file, by any path.
    pub key: String,
    /// Its name in messages.
    pub name: String,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// The knowledge about all files so far.
#[derive(Clone, Default)]
pub struct Project {
    pub loader: Option<Rc<dyn Loader>>,
    pub modules: Vec<Option<Arc<Module>>>,
    /// The module of the script itself.
    pub script: ModuleId,
    pub functions: Vec<Known>,
    /// The number of variables of the modules.
    pub slots: u32,
    pub warnings: Vec<Diagnostic>,
    /// Variables of the script that its host sets.
    pub inputs: Vec<Box<str>>,
    pub hosted: Hosted,
    /// Commands that run programs with the names of variables.
    pub variable_programs: Vec<VariableProgram>,
    /// The known actions before a run, if they are gathered.
    pub foreseen: Option<Foreseen>,
    /// At a prompt, the declarations of the earlier entries, which enclose the entry that is checked now.
    pub earlier: Option<Members>,
    /// At a prompt, the variables that were assigned as sh does it.
    pub texts_of_sh: BTreeSet<String>,
    files: HashMap<String, File>,
    /// The paths of the modules, if they are files.
    paths: Vec<Option<PathBuf>>,
    /// Calls in turns side by side.
    pub(super) calls_in_turns: Vec<(CallInTurn, Arc<Source>)>,
    /// Calls that work on a copy of the variables.
    copied_calls: Vec<(FunctionId, Arc<Source>, Span)>,
}

/// A function as its callers see it, before and after its body was checked.
#[derive(Clone)]
pub struct Known {
    pub signature: Rc<Signature>,
    pub function: Option<Arc<Function>>,
    /// A variable of a module that it assigns.
    assigns: Option<String>,
    /// Its direct effects on the script around it.
    pub(super) effects: Effects,
    calls: Vec<Call>,
}

/// A function that another one names.
#[derive(Clone, Copy)]
pub struct Call {
    pub callee: FunctionId,
    /// Whether it is called there, and not only taken as a value.
    pub called: bool,
    /// The effects of the callee that also reach the code around the caller.
    pub effects: Effects,
}

/// The properties that a call needs.
pub struct Signature {
    pub name: String,
    pub parameters: Vec<Formal>,
}

/// The members of a file for the files that use it.
pub type Members = HashMap<String, Name>;

#[derive(Clone)]
pub enum File {
    /// Being read: using it now is a cycle.
    Open,
    Read(ModuleId, Rc<Members>),
}

impl Project {
    pub fn new(loader: Option<Rc<dyn Loader>>) -> Self {
        Self { loader, ..Self::default() }
    }

    pub fn declare(&mut self, signature: Signature) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        let signature = Rc::new(signature);
        self.functions.push(Known {
            signature,
            function: None,
            assigns: None,
            effects: 0,
            calls: Vec::new(),
        });
        id
    }

    pub fn signature(&self, id: FunctionId) -> Rc<Signature> {
        self.functions[id.0 as usize].signature.clone()
    }

    pub fn define(&mut self, id: FunctionId, function: Function) {
        self.functions[id.0 as usize].function = Some(Arc::new(function));
    }

    /// Reserves a place for a module whose check begins.
    pub fn open(&mut self, key: Option<&str>, path: Option<PathBuf>) -> ModuleId {
        self.modules.push(None);
        self.paths.resize(self.modules.len() - 1, None);
        self.paths.push(path);
        if let Some(key) = key {
            self.reading(key);
        }
        ModuleId(self.modules.len() as u32 - 1)
    }

    /// Returns the absolute path of a module that is a file.
    pub fn path_of(&self, id: ModuleId) -> Option<Box<Path>> {
        let path = self.paths.get(id.0 as usize)?.as_deref()?;
        self.loader.as_ref()?.resolve(path).map(PathBuf::into_boxed_path)
    }

    /// Notes that a file is being read.
    pub fn reading(&mut self, key: &str) {
        self.files.insert(key.to_string(), File::Open);
    }

    pub fn close(&mut self, key: &str, id: ModuleId, members: Members) -> Rc<Members> {
        let members = Rc::new(members);
        self.files.insert(key.to_string(), File::Read(id, members.clone()));
        members
    }

    pub fn file(&self, key: &str) -> Option<&File> {
        self.files.get(key)
    }

    /// Removes the diagnostics of earlier checks, so that they are not reported again.
    #[cfg(feature = "dialog")]
    pub fn settle(&mut self) {
        self.loader = None;
        self.warnings.clear();
        self.copied_calls.clear();
        self.calls_in_turns.clear();
    }

    /// Forgets the files that were read after the first `modules`; they are read again when they are used
    /// again.
    #[cfg(feature = "dialog")]
    pub fn forget_files(&mut self, modules: usize) {
        self.files.retain(|_, file| matches!(file, File::Read(id, _) if (id.0 as usize) < modules));
    }

    /// Returns the members of a module.
    pub fn members(&self, id: ModuleId) -> Option<Rc<Members>> {
        self.files.values().find_map(|file| match file {
            File::Read(known, members) if *known == id => Some(members.clone()),
            _ => None,
        })
    }

    // -------------------------------------------------------------------------------------- what functions assign

    pub fn assigns(&mut self, function: FunctionId, variable: &str) {
        self.functions[function.0 as usize].assigns.get_or_insert_with(|| variable.to_string());
    }

    pub fn calls(&mut self, caller: FunctionId, call: Call) {
        self.functions[caller.0 as usize].calls.push(call);
    }

    /// Returns the functions that one names.
    pub fn callees(&self, caller: FunctionId) -> impl Iterator<Item = FunctionId> {
        self.functions[caller.0 as usize].calls.iter().map(|call| call.callee)
    }

    /// Returns a function with one of these effects: `from`, or a function that it calls.
    pub(super) fn effect(&self, from: FunctionId, effects: Effects) -> Option<(FunctionId, Effect)> {
        let mut seen = HashSet::new();
        let mut next = vec![(from, effects)];
        while let Some((id, effects)) = next.pop() {
            if effects == 0 || !seen.insert((id, effects)) {
                continue;
            }
            let known = &self.functions[id.0 as usize];
            if let Some(found) = Effect::ALL.into_iter().find(|one| known.effects & effects & *one as u8 != 0)
            {
                return Some((id, found));
            }
            next.extend(known.calls.iter().map(|call| (call.callee, effects & call.effects)));
        }
        None
    }

    /// Returns the callers of each function.
    pub fn callers(&self) -> HashMap<FunctionId, Vec<FunctionId>> {
        let mut callers: HashMap<_, Vec<_>> = HashMap::new();
        for (caller, known) in self.functions.iter().enumerate() {
            for call in known.calls.iter().filter(|call| call.called) {
                callers.entry(call.callee).or_default().push(FunctionId(caller as u32));
            }
        }
        callers
    }

    /// Makes a function check its needs when it is called.
    pub fn needs(&mut self, id: FunctionId, needs: Vec<Need>) {
        if let Some(function) = self.functions[id.0 as usize].function.as_mut().and_then(Arc::get_mut) {
            function.needs = needs.into();
        }
    }

    pub fn copied_call(&mut self, callee: FunctionId, source: &Arc<Source>, span: Span) {
        self.copied_calls.push((callee, source.clone(), span));
    }

    /// Refuses calls in a stage, job or capture whose function, or a function that it calls, assigns a variable
    /// whose new value would be lost there.
    pub fn lost_assignments(&self) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        for (callee, source, span) in &self.copied_calls {
            let Some((assigner, variable)) = self.assigner(*callee) else { continue };
            let name = &self.functions[callee.0 as usize].signature.name;
            let by = &self.functions[assigner.0 as usize].signature.name;
            let message = if assigner == *callee {
                format!("`{name}` assigns `{variable}`, which would be lost here")
            } else {
                format!("`{name}` calls `{by}`, which assigns `{variable}`, and that would be lost here")
            };
            let error = Diagnostic::new(code::COPIED_VARIABLE, message)
                .at(source, *span, "these commands work on copies of the variables")
                .help("let the function return a value instead, or call it in a statement of its own");
            errors.push(error);
        }
        errors
    }

    /// Returns the function that assigns a variable of a module: `from`, or a function that it calls.
    pub fn assigner(&self, from: FunctionId) -> Option<(FunctionId, &str)> {
        let mut seen = HashSet::from([from]);
        let mut next = vec![from];
        while let Some(id) = next.pop() {
            let known = &self.functions[id.0 as usize];
            if let Some(variable) = &known.assigns {
                return Some((id, variable));
            }
            next.extend(self.callees(id).filter(|callee| seen.insert(*callee)));
        }
        None
    }

    /// Returns the whole program, if no file had an error, with the declarations of its script outside any
    /// block.
    pub fn into_program(self, main: Option<FunctionId>, members: &Members) -> Option<Program> {
        let is_input = |name: &str| self.inputs.iter().any(|input| &**input == name);
        let mut variables: Vec<(Box<str>, Slot)> = members
            .iter()
            .filter_map(|(name, meaning)| match meaning {
                Name::Variable(variable) if variable.slot() != ARGS => {
                    Some((name.as_str().into(), variable.slot()))
                }
                _ => None,
            })
            .collect();
        // In the order of the text, not of the map.
        variables.sort_by_key(|(_, slot)| slot.place());
        let (inputs, variables) = variables.into_iter().partition::<Vec<_>, _>(|(name, _)| is_input(name));
        let declared = members.iter().filter_map(|(name, meaning)| match meaning {
            Name::Function(id) => Some((name.as_str().into(), *id)),
            _ => None,
        });
        Some(Program {
            declared: declared.collect(),
            inputs: inputs.into(),
            variables: variables.into(),
            modules: self.modules.into_iter().collect::<Option<_>>()?,
            script: self.script,
            functions: self.functions.into_iter().map(|known| known.function).collect::<Option<_>>()?,
            slots: self.slots as usize,
            main,
            is_typed: self.hosted.is_prompt,
            warnings: self.warnings,
            variable_programs: self.variable_programs.into(),
            foreseen: self.foreseen.unwrap_or_default(),
        })
    }
}
