//! Redirections: targets are opened before any stage starts, and applied to the descriptors of a stage in order.

use crate::check::program::*;
use crate::diag::{Redactions, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::audit::Redirected;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::pipes::{Ends, Pipes};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::policy::Access;
use crate::process::{FileTable, How, OpenMode, Opening, here_document, open};
use crate::span::Span;
use crate::sys::blocking_call::BlockingCall;
use crate::sys::{errno, own_path};
use crate::value::json_text::Text;
use std::io::{self, ErrorKind};
use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A redirection with its target open.
pub struct Opened {
    descriptor: i32,
    span: Span,
    action: Action,
    /// The target as it was opened, if an audit log needs it.
    path: Option<Vec<u8>>,
}

enum Action {
    File(Arc<OwnedFd>),
    Both(Arc<OwnedFd>),
    Duplicate(i32),
    Close,
    /// A FIFO whose other end is not open yet, perhaps because another stage will open it, or a redirection after such
    /// a FIFO.
    Opening {
        opening: Box<Opening>,
        both: bool,
    },
}

/// The time at which a target is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Now, however long it takes.
    Now,
    /// Now, if it can be opened without waiting.
    AtOnce,
    /// After an earlier target that waits.
    Later,
}

/// The target of a redirection.
enum TargetFile {
    Open(Arc<OwnedFd>),
    Waits(Box<Opening>),
}

impl Interpreter {
    /// Opens the targets of all stages. With several stages, a stage whose FIFO has no other end yet is late: the other
    /// end may be the target of another stage, or a file that a program opens which has not started yet.
    pub(in crate::eval) fn open_stages(
        &mut self,
        stages: &[Stage],
        pipes: &mut Pipes,
    ) -> Eval<Vec<Vec<Opened>>> {
        let mut all = Vec::with_capacity(stages.len());
        for (place, stage) in stages.iter().enumerate() {
            let mut ends = Ends { pipes: &mut *pipes, stage: place };
            all.push(self.in_place(place, stage.span, |this| {
                this.open_stage(&stage.redirections, &mut ends, stages.len() > 1)
            })?);
        }
        let mut goes_on = true;
        while goes_on {
            goes_on = false;
            for opened in all.iter_mut().filter(|opened| is_late(opened)) {
                goes_on |= self.open_more(opened)?;
            }
        }
        Ok(all)
    }

    fn open_stage(
        &mut self,
        redirections: &[Redirection],
        ends: &mut Ends<'_>,
        beside: bool,
    ) -> Eval<Vec<Opened>> {
        let mut opened = Vec::with_capacity(redirections.len());
        for redirection in redirections {
            let when = match (beside, is_late(&opened)) {
                (false, _) => When::Now,
                (true, false) => When::AtOnce,
                (true, true) => When::Later,
            };
            let mut path = None;
            let action = self.open_one(redirection, &opened, ends, &mut path, when);
            let action = action.map_err(|unwind| self.print_start_error(unwind, &opened))?;
            opened.push(Opened { descriptor: redirection.descriptor, span: redirection.span, action, path });
        }
        Ok(opened)
    }

    /// Opens the targets of a late stage as far as that does not wait. Returns whether there was such a stage.
    fn open_more(&self, opened: &mut [Opened]) -> Eval<bool> {
        let mut any = false;
        for one in opened {
            let Action::Opening { opening, both } = &mut one.action else { continue };
            let Some(file) = self.advance(opening, one.span)? else { break };
            one.action = if *both { Action::Both(file) } else { Action::File(file) };
            any = true;
        }
        Ok(any)
    }

    /// Opens the targets of a late stage, however long that takes.
    pub(in crate::eval) fn open_late(&self, opened: &mut [Opened]) -> Eval<()> {
        let mut pause = Duration::from_millis(1);
        while is_late(opened) {
            if !self.open_more(opened)? {
                self.pause_until(None, Instant::now().checked_add(pause))?;
                pause = (2 * pause).min(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn open_one(
        &mut self,
        redirection: &Redirection,
        opened: &[Opened],
        ends: &mut Ends<'_>,
        path: &mut Option<Vec<u8>>,
        when: When,
    ) -> Eval<Action> {
        let action = match &redirection.kind {
            RedirectionKind::File(mode, target) => {
                match self.open_target(target, open_mode(*mode), opened, ends, path, when)? {
                    TargetFile::Open(file) => Action::File(file),
                    TargetFile::Waits(opening) => Action::Opening { opening, both: false },
                }
            }
            RedirectionKind::Both { append, target } => {
                let mode = if *append { OpenMode::Append } else { OpenMode::Truncate };
                match self.open_target(target, mode, opened, ends, path, when)? {
                    TargetFile::Open(file) => Action::Both(file),
                    TargetFile::Waits(opening) => Action::Opening { opening, both: true },
                }
            }
            RedirectionKind::Duplicate(from) => {
                // The redirection is reported at its place in the order, before a later target is created (`>&3 3>
                // file`). The first three descriptors may still become pipes.
                let known = *from <= 2
                    || self.env.files.find(*from).is_some()
                    || opened.iter().any(|before| before.descriptor == *from)
                    || self.substitutions.iter().any(|substitution| substitution.number == *from);
                if !known {
                    return Err(self.not_open(*from, redirection.span));
                }
                Action::Duplicate(*from)
            }
            RedirectionKind::Close => Action::Close,
            RedirectionKind::Text(text) => {
                let bytes = self.joined(text)?.text;
                // Text in a shell contains no NUL; bash drops it with a warning.
                if bytes.contains(&0) {
                    let message = "a NUL byte in the text of a redirection";
                    let error = page(code::NUL_IN_ARGUMENT, self.source(), redirection.span, message, "here");
                    return Err(
                        Error::refused(error.help("no argument can hold it either: write the text to a file, write(path, text), and read that: cmd < $path"), 1).into()
                    );
                }
                // Empty text needs only the null device, as in bash.
                let file = if bytes.is_empty() {
                    open(None, b"/dev/null", OpenMode::Read)
                } else {
                    here_document(&bytes)
                };
                let file = file.map_err(|error| {
                    let message = format!("can't hold the text: {error}");
                    self.fail(Error::command(
                        page(code::CANNOT_OPEN, self.source(), redirection.span, message, "here"),
                        1,
                    ))
                })?;
                Action::File(Arc::new(file))
            }
        };
        Ok(action)
    }

    fn open_target(
        &mut self,
        target: &WordText,
        mode: OpenMode,
        before: &[Opened],
        ends: &mut Ends<'_>,
        told: &mut Option<Vec<u8>>,
        when: When,
    ) -> Eval<TargetFile> {
        let path = self.text_of(target)?;
        let opens = Effect::Redirect { path: &path, mode };
        let Some(pass) = self.perform(&opens, target.span, |_, pass| Ok(pass))? else {
            return Err(self.only_the_run_tells(target.span));
        };
        if pass.record.is_some() {
            *told = Some(path.clone());
        }
        let own = own_path::spelt(&path);
        let failed = |this: &Self, reason: String| this.cannot_open(&path, target.span, &reason, "");
        if path.contains(&0) {
            return Err(failed(self, "the name holds a NUL byte".into()));
        }
        if own.is_none() && matches!(mode, OpenMode::Truncate | OpenMode::Append) {
            let created = self.creation(false);
            match self.open_replacement(&path, mode == OpenMode::Append, created, target.span)? {
                Ok(Some(file)) => return Ok(TargetFile::Open(file)),
                Ok(None) => {}
                Err(error) => return Err(failed(self, reason(&error))),
            }
        }
        let how = match own {
            Some(_) => How::USUAL,
            None => self
                .permitted(&path, mode, false, target.span)?
                .map_err(|error| self.not_opened(None, &path, mode, target.span, &error))?,
        };
        if when != When::Now && own.is_none() {
            let mut opening = Box::new(self.begin_to_open(&path, mode, how.clone()));
            let step = if when == When::Later { Ok(None) } else { self.opening_step(&mut opening)? };
            match step {
                // The path leads by links to a descriptor of the stage, as the code below also finds.
                Err(error) if error.raw_os_error() == Some(errno::ELOOP) => {}
                Err(error) => return Err(self.not_opened(None, &path, mode, target.span, &error)),
                Ok(Some(file)) => {
                    self.note_input(&path, mode, &file);
                    return Ok(TargetFile::Open(file));
                }
                Ok(None) => return Ok(TargetFile::Waits(opening)),
            }
        }
        let opened = self.open_meant(own, &path, mode, how, target.span, || {
            let mut files = self.stage_files(ends, target.span)?;
            self.give_substitutions(&mut files);
            for opened in before {
                // A redirection that can't be applied is reported at its place in the order.
                let _ = opened.apply(&mut files);
            }
            Ok(files)
        })?;
        let file = opened.map_err(|error| self.not_opened(own, &path, mode, target.span, &error))?;
        self.note_input(&path, mode, &file);
        Ok(TargetFile::Open(Arc::new(file)))
    }

    /// Notes that a file is read, in case an enclosing block shows its progress.
    fn note_input(&self, path: &[u8], mode: OpenMode, file: &OwnedFd) {
        if let (Some(inputs), OpenMode::Read) = (&self.env.settings.inputs, mode) {
            inputs.opened(path, file);
        }
    }

    fn advance(&self, opening: &mut Opening, span: Span) -> Eval<Option<Arc<OwnedFd>>> {
        self.opening_step(opening)?
            .map_err(|error| self.not_opened(None, opening.path(), opening.mode(), span, &error))
    }

    /// Performs one step of opening a file. The inner error is that of the kernel.
    fn opening_step(&self, opening: &mut Opening) -> Eval<io::Result<Option<Arc<OwnedFd>>>> {
        // A file may have been replaced by a FIFO, which is then opened as a file.
        let _announced = BlockingCall::announce();
        self.check_interrupt()?;
        Ok(match opening.advance() {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
            opened => opened.map(|file| file.map(Arc::new)),
        })
    }

    /// Returns the error for a target that can't be opened, with help. `own` is the descriptor number in its path.
    fn not_opened(
        &self,
        own: Option<RawFd>,
        path: &[u8],
        mode: OpenMode,
        span: Span,
        error: &io::Error,
    ) -> Unwind {
        let socket = own.filter(|_| error.raw_os_error() == Some(errno::ENXIO)).map(|number| {
            let sign = if mode == OpenMode::Read { '<' } else { '>' };
            format!("a socket can't be opened a second time; copy the descriptor: {sign}&{number}")
        });
        let help = match (error.kind(), mode) {
            _ if own.is_some() => socket.as_deref().unwrap_or_default(),
            (ErrorKind::NotFound, OpenMode::Read) => {
                "the file must exist; check the path and the directory that the script runs in"
            }
            (ErrorKind::NotFound, _) => "the directory must exist: make it before, with mkdir -p",
            (ErrorKind::PermissionDenied, _) => {
                "this user may not open it; see ls -ld of the file and its directory"
            }
            _ => "",
        };
        self.cannot_open(path, span, &reason(error), help)
    }

    fn cannot_open(&self, path: &[u8], span: Span, reason: &str, help: &str) -> Unwind {
        let message = format!("can't open {}: {reason}", quote_word(path));
        let mut error = page(code::CANNOT_OPEN, self.source(), span, message, "this target");
        if !help.is_empty() {
            error = error.help(help);
        }
        self.fail(Error::command(error, 1))
    }

    /// Refuses a target that the same pipeline reads under a name that the check could not compare.
    pub(in crate::eval) fn guard_truncation(&mut self, stages: &[Stage], argv: &[Vec<Vec<u8>>]) -> Eval<()> {
        let mut writes = Vec::new();
        let mut reads = Vec::new();
        for redirection in stages.iter().flat_map(|stage| &stage.redirections) {
            match &redirection.kind {
                RedirectionKind::File(FileMode::Write, target)
                | RedirectionKind::Both { append: false, target } => {
                    writes.push(target);
                }
                RedirectionKind::File(FileMode::Read, target) => reads.push(target),
                _ => {}
            }
        }
        // A file whose replacement is written separately is not emptied.
        if writes.is_empty() || self.env.settings.replacements.is_some() {
            return Ok(());
        }
        let directory = self.env.directory.clone();
        let holds_data = |path: &[u8]| {
            !path.starts_with(b"/dev/") && crate::sys::open::holds_data(directory.as_deref(), path)
        };
        for target in writes {
            // Only names without captures are compared, since they have the same value each time and no capture
            // runs twice.
            let Some(path) = self.still(target)? else { continue };
            // The policy decides first: if a file may not be written, it is not examined either.
            self.allow(&Effect::Redirect { path: &path, mode: OpenMode::Truncate }, target.span)?;
            if !holds_data(&path) {
                continue;
            }
            let same = |other: &[u8]| crate::process::same_file(directory.as_deref(), &path, other);
            let mut reader = None;
            for read in &reads {
                if let Some(other) = self.still(read)? {
                    self.reach(&other, read.span)?;
                    if same(&other) {
                        reader = Some(read.span);
                    }
                }
            }
            let arguments = stages.iter().zip(argv).filter(|(stage, _)| {
                matches!(&stage.kind, StageKind::Command(command) if matches!(command.target, Target::Program | Target::Host(_)))
            });
            for (stage, argv) in arguments {
                for argument in argv.iter().skip(1).filter(|argument| argument.first() != Some(&b'-')) {
                    self.reach(argument, stage.span)?;
                    if same(argument) {
                        reader = Some(stage.span);
                    }
                }
            }
            if let Some(reader) = reader {
                let message = format!("{} would be emptied before it is read", quote_word(&path));
                let error = page(
                    code::WOULD_TRUNCATE,
                    self.source(),
                    target.span,
                    message,
                    "truncated when the pipeline starts",
                );
                let help = "replace the file when the new content is complete: with atomic=true { … }; >| truncates whatever is read";
                return Err(
                    Error::refused(error.also_at(self.source(), reader, "read here").help(help), 1).into()
                );
            }
        }
        Ok(())
    }

    /// Returns the text of a target that contains no capture.
    fn still(&mut self, target: &WordText) -> Eval<Option<Vec<u8>>> {
        let is_still = |part: &Part| match part {
            Part::Text(_) | Part::Home(..) | Part::Status => true,
            Part::Value(value) => {
                matches!(value.kind, ExprKind::Slot(_) | ExprKind::Environment { .. } | ExprKind::Value(_))
            }
            Part::Capture(_) | Part::Process { .. } => false,
        };
        if target.parts.iter().all(is_still) { self.text_of(target).map(Some) } else { Ok(None) }
    }

    /// Applies redirections to a stage's descriptors, from left to right.
    pub(in crate::eval) fn apply(&self, opened: &[Opened], files: &mut FileTable) -> Eval<()> {
        for redirection in opened {
            redirection.apply(files).map_err(|number| self.not_open(number, redirection.span))?;
        }
        Ok(())
    }

    fn not_open(&self, number: i32, span: Span) -> Unwind {
        let message = format!("descriptor {number} is not open");
        Error::command(page(code::BAD_DESCRIPTOR, self.source(), span, message, "copies it"), 1).into()
    }
}

const fn open_mode(mode: FileMode) -> OpenMode {
    match mode {
        FileMode::Read => OpenMode::Read,
        FileMode::Write | FileMode::Clobber => OpenMode::Truncate,
        FileMode::Append => OpenMode::Append,
        FileMode::ReadWrite => OpenMode::ReadWrite,
    }
}

/// Returns the requests to a policy for a target. There are none for a descriptor that already exists.
pub fn target_accesses(path: &[u8], mode: FileMode) -> &'static [Access] {
    if own_path::spelt(path).is_some() { &[] } else { accesses(open_mode(mode)) }
}

/// Returns the requests to a policy for a mode.
pub(in crate::eval) const fn accesses(mode: OpenMode) -> &'static [Access] {
    match mode {
        OpenMode::Read => &[Access::Read],
        OpenMode::Truncate => &[Access::Write],
        OpenMode::Append => &[Access::Append],
        OpenMode::ReadWrite => &[Access::Read, Access::Write],
    }
}

/// Returns whether one of the redirections waits for the other end of a FIFO.
pub(in crate::eval) fn is_late(opened: &[Opened]) -> bool {
    opened.iter().any(|one| matches!(one.action, Action::Opening { .. }))
}

impl Opened {
    /// Returns the entry of the redirection in the audit log, without the path by which its target was opened.
    pub fn recorded(&self, redactions: &Redactions) -> Vec<Redirected<'static>> {
        let (mode, of) = match &self.action {
            Action::File(_) if self.path.is_none() => ("text", None),
            Action::File(_) | Action::Both(_) => ("file", None),
            Action::Duplicate(from) => ("copy", Some(*from)),
            Action::Close => ("close", None),
            Action::Opening { .. } => ("file", None),
        };
        let path = self.path.as_ref().map(|path| Text(redactions.apply(path).into_owned().into()));
        let mut recorded = vec![Redirected { fd: self.descriptor, mode, path, of }];
        if let Action::Both(_) = self.action {
            recorded.push(Redirected { fd: 2, mode: "copy", path: None, of: Some(self.descriptor) });
        }
        recorded
    }

    fn apply(&self, files: &mut FileTable) -> Result<(), i32> {
        match &self.action {
            Action::File(file) => files.set(self.descriptor, file.clone()),
            Action::Both(file) => {
                files.set(1, file.clone());
                files.set(2, file.clone());
            }
            Action::Duplicate(from) => files.dup(*from, self.descriptor).map_err(|error| error.0)?,
            Action::Close => files.close(self.descriptor),
            // The message of another failure has no other destination yet.
            Action::Opening { .. } => {}
        }
        Ok(())
    }
}
