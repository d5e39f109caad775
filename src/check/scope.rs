//! Names: the variable, function or module that each means at a point of the text.

use super::program::{FunctionId, ModuleId, Slot};
use crate::diag;
use std::collections::HashMap;

/// The visible names, with the innermost declaration last.
pub struct Scopes<'s> {
    names: HashMap<&'s str, Vec<Declared>>,
    /// The names that each open block has declared, which are forgotten at its end.
    blocks: Vec<Vec<&'s str>>,
    /// The number of open blocks at the outermost level of the file: one, or two if it has names around
    /// it.
    file: usize,
    /// The depths of blocks at which copies begin: variables that were declared outside can be read
    /// there, but not assigned.
    copies: Vec<usize>,
    /// The open blocks that don't run at their place.
    later: Vec<Later>,
    /// The number of declared variables.
    declared: u32,
    /// The module's own frame, and those of the open functions.
    frames: Vec<Frame>,
}

/// The meaning of a name.
#[derive(Clone, Copy)]
pub enum Name {
    Variable(Variable),
    Function(FunctionId),
    Module(ModuleId),
}

#[derive(Clone, Copy)]
struct Declared {
    name: Name,
    depth: usize,
}

#[derive(Clone, Copy)]
pub struct Variable {
    /// Distinguishes it from every other name of the file.
    pub id: u32,
    slot: Slot,
    depth: usize,
    frame: usize,
    /// Whether it is declared as a bool.
    pub is_bool: bool,
}

impl Variable {
    /// Returns its slot in its own frame.
    pub fn slot(self) -> Slot {
        self.slot
    }
}

/// The variables of one function while it runs.
struct Frame {
    kind: FrameKind,
    slots: u32,
    /// The variables of the enclosing frame that a lambda captures, and their destinations.
    captures: Vec<(Slot, Slot)>,
    /// The copies, and the blocks that don't run at their place, that were open around it: a call works on the variables that its caller
    /// works on.
    around: (Vec<usize>, Vec<Later>),
}

/// A block that does not run at its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// When the enclosing block is left: `defer`.
    Deferred,
    /// When a signal comes: `on`.
    Signalled,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    Module,
    Function,
    Lambda,
}

/// The result of a frame.
pub struct ClosedFrame {
    pub slots: usize,
    pub captures: Vec<(Slot, Slot)>,
}

/// The error of a function that names a variable of another function.
pub struct OtherFunction;

impl<'s> Scopes<'s> {
    /// Creates one. `slots` variables belong to modules that were read before.
    pub fn new(slots: u32) -> Self {
        let module =
            Frame { kind: FrameKind::Module, slots, captures: Vec::new(), around: (Vec::new(), Vec::new()) };
        Self {
            names: HashMap::new(),
            blocks: Vec::new(),
            file: 1,
            copies: Vec::new(),
            later: Vec::new(),
            declared: 0,
            frames: vec![module],
        }
    }

    pub fn enter(&mut self) {
        self.blocks.push(Vec::new());
    }

    /// Enters the outermost block of the file.
    pub fn enter_file(&mut self) {
        self.enter();
        self.file = self.blocks.len();
    }

    /// Returns whether only the outermost block of the file is open.
    pub fn is_outermost(&self) -> bool {
        self.blocks.len() == self.file
    }

    pub fn leave(&mut self) {
        for name in self.blocks.pop().unwrap_or_default() {
            if let Some(declared) = self.names.get_mut(name) {
                declared.pop();
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

    /// Returns whether the checked code works on a copy, within its function.
    pub fn in_copy(&self) -> bool {
        !self.copies.is_empty()
    }

    pub fn enter_later(&mut self, later: Later) {
        self.later.push(later);
    }

    pub fn leave_later(&mut self) {
        self.later.pop();
    }

    /// Returns the innermost open block that does not run at its place.
    pub fn in_later(&self) -> Option<Later> {
        self.later.last().copied()
    }

    // -------------------------------------------------------------------------------------- frames

    pub fn enter_frame(&mut self, kind: FrameKind) {
        let around = (std::mem::take(&mut self.copies), std::mem::take(&mut self.later));
        self.frames.push(Frame { kind, slots: 0, captures: Vec::new(), around });
        self.enter();
    }

    pub fn leave_frame(&mut self) -> ClosedFrame {
        self.leave();
        let Some(frame) = self.frames.pop() else { return ClosedFrame { slots: 0, captures: Vec::new() } };
        (self.copies, self.later) = frame.around;
        ClosedFrame { slots: frame.slots as usize, captures: frame.captures }
    }

    /// Returns the innermost frame's kind.
    pub fn frame(&self) -> FrameKind {
        self.frames.last().map_or(FrameKind::Module, |frame| frame.kind)
    }

    /// Returns whether a named function is open.
    pub fn in_function(&self) -> bool {
        self.frames.iter().any(|frame| frame.kind == FrameKind::Function)
    }

    /// Returns the slot of a variable in the innermost frame, where a lambda may have to capture it.
    pub fn reach(&mut self, variable: Variable) -> Result<Slot, OtherFunction> {
        let here = self.frames.len() - 1;
        let between = variable.frame + 1..=here;
        let function = between.rev().find(|frame| self.frames[*frame].kind == FrameKind::Function);
        // A function can use the variables of its module, but not those of other functions.
        if function.is_some() && variable.frame != 0 {
            return Err(OtherFunction);
        }
        let mut slot = variable.slot;
        for frame in function.unwrap_or(variable.frame) + 1..=here {
            let frame = &mut self.frames[frame];
            slot = match frame.captures.iter().find(|(outer, _)| *outer == slot) {
                Some((_, inner)) => *inner,
                None => {
                    let inner = Slot::of_frame(frame.slots);
                    frame.slots += 1;
                    frame.captures.push((slot, inner));
                    inner
                }
            };
        }
        Ok(slot)
    }

    /// Returns whether a variable belongs to a module, not to a call of a function.
    pub fn is_of_module(&self, variable: Variable) -> bool {
        variable.frame == 0
    }

    // -------------------------------------------------------------------------------------- declarations

    pub fn declare(&mut self, name: &'s str) -> Slot {
        let depth = self.blocks.len();
        let at = self.frames.len() - 1;
        let again = if self.is_outermost() { self.earlier_slot(name) } else { None };
        if let Some(slot) = again {
            self.declared += 1;
            self.put(
                name,
                Name::Variable(Variable { id: self.declared, slot, depth, frame: at, is_bool: false }),
            );
            return slot;
        }
        let frame = &mut self.frames[at];
        let slot = if at == 0 { Slot::of_module(frame.slots) } else { Slot::of_frame(frame.slots) };
        frame.slots += 1;
        self.declared += 1;
        self.put(
            name,
            Name::Variable(Variable { id: self.declared, slot, depth, frame: at, is_bool: false }),
        );
        slot
    }

    /// Notes that the last declared variable with this name is a bool.
    pub fn mark_bool(&mut self, name: &str) {
        if let Some(Declared { name: Name::Variable(variable), .. }) =
            self.names.get_mut(name).and_then(|declared| declared.last_mut())
        {
            variable.is_bool = true;
        }
    }

    /// Adds a name that encloses the file.
    pub fn put_earlier(&mut self, name: &'s str, meaning: Name) {
        let depth = self.blocks.len();
        self.declared += 1;
        let id = self.declared;
        self.put(
            name,
            match meaning {
                Name::Variable(variable) => Name::Variable(Variable { id, depth, ..variable }),
                other => other,
            },
        );
    }

    /// Returns the slot of a variable around the file with this name: functions that use it then see the
    /// new declaration.
    fn earlier_slot(&self, name: &str) -> Option<Slot> {
        let earlier = self.names.get(name)?.iter().find(|declared| declared.depth < self.file)?;
        match earlier.name {
            Name::Variable(variable) => Some(variable.slot),
            _ => None,
        }
    }

    /// Returns a new point of the text, which lies after all earlier declarations and before all later ones.
    pub fn pass(&mut self) -> u32 {
        self.declared += 1;
        self.declared
    }

    /// Returns the id of the variable that was declared last.
    pub fn latest(&self) -> u32 {
        self.declared
    }

    pub fn put(&mut self, name: &'s str, meaning: Name) {
        let declared = Declared { name: meaning, depth: self.blocks.len() };
        self.names.entry(name).or_default().push(declared);
        if let Some(block) = self.blocks.last_mut() {
            block.push(name);
        }
    }

    /// Returns whether the innermost block has declared this name.
    pub fn is_declared_here(&self, name: &str) -> bool {
        self.innermost(name).is_some_and(|declared| declared.depth == self.blocks.len())
    }

    fn innermost(&self, name: &str) -> Option<Declared> {
        self.names.get(name).and_then(|declared| declared.last()).copied()
    }

    pub fn find(&self, name: &str) -> Option<Name> {
        self.innermost(name).map(|declared| declared.name)
    }

    /// Returns whether a variable belongs to the scope of which the commands here have a copy.
    pub fn is_copied(&self, variable: Variable) -> bool {
        self.copies.last().is_some_and(|depth| variable.depth <= *depth)
            || (self.frame() == FrameKind::Lambda && variable.frame + 1 < self.frames.len())
    }

    /// Returns the number of variables of the modules so far.
    pub fn slots(&self) -> u32 {
        self.frames.first().map_or(0, |frame| frame.slots)
    }

    /// Sets that number after a module was read in between.
    pub fn set_slots(&mut self, slots: u32) {
        if let Some(frame) = self.frames.first_mut() {
            frame.slots = slots;
        }
    }

    /// Returns the declarations of the outermost block.
    pub fn outermost(&self) -> impl Iterator<Item = (&'s str, Name)> {
        let names = self.blocks.get(self.file - 1).into_iter().flatten();
        let of_file = |declared: &&Declared| declared.depth == self.file;
        names.filter_map(move |name| Some((*name, self.names.get(name)?.iter().find(of_file)?.name)))
    }

    /// Returns a visible name that is similar to this one.
    pub fn similar(&self, name: &str) -> Option<&'s str> {
        let visible = self.names.iter().filter(|(_, declared)| !declared.is_empty()).map(|(name, _)| *name);
        diag::similar(name, visible)
    }
}
