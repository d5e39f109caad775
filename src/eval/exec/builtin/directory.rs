//! `cd` and `pwd`: the working directory of the run, which is not that of the process.

use crate::diag::{code, quote_word, reason, visible};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::sys::access;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

impl Interpreter {
    /// Returns the directory under the path by which the script changed to it, including symbolic links.
    pub(in crate::eval) fn working_directory(&self, span: Span) -> Eval<Vec<u8>> {
        if let Some(directory) = &self.env.directory {
            return Ok(directory.to_bytes().to_vec());
        }
        // An inherited PWD is used if it names the directory (POSIX 2.5.3). For a directory that has been removed it is
        // the only known path: `cd ..` leaves it, as in sh.
        let current = std::env::current_dir();
        if let Some(given) = self.env.environment.get(b"PWD")
            && given.first() == Some(&b'/')
            && !given.split(|b| *b == b'/').any(|part| part == b"." || part == b"..")
            && current.as_ref().map_or(true, |current| {
                current.as_os_str().as_bytes() == given || crate::process::same_file(None, given, b".")
            })
        {
            return Ok(given.to_vec());
        }
        current.map(|current| current.into_os_string().into_vec()).map_err(|error| {
            let message = format!("the directory that the script runs in is gone: {}", reason(&error));
            self.fail(Error::command(page(code::NO_DIRECTORY, self.source(), span, message, "here"), 1))
        })
    }

    pub(super) fn physical_directory(&self, span: Span) -> Eval<Vec<u8>> {
        let directory = self.working_directory(span)?;
        self.reach(&directory, span)?;
        let path = std::fs::canonicalize(OsStr::from_bytes(&directory));
        path.map(|path| path.into_os_string().into_vec())
            .map_err(|error| self.problem(span, &format!("pwd: {}", reason(&error)), 1))
    }

    pub(super) fn cd(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let (physical, rest) = links(call);
        // A value is always the name of a directory, even `-` and text that looks like an option.
        let is_value = call.args.len() - rest.len() >= call.literals;
        let ended = call.args[..call.args.len() - rest.len()].last().is_some_and(|last| last == b"--");
        let mut print = false;
        let target = match rest {
            [] => match self.env.environment.get(b"HOME") {
                Some(home) if !home.is_empty() => home.to_vec(),
                _ => return Err(self.usage(span, "cd: HOME is not set or empty")),
            },
            [dash] if dash == b"-" && !is_value => {
                print = true;
                match self.env.environment.get(b"OLDPWD") {
                    Some(old) => old.to_vec(),
                    None => return Err(self.problem(span, "cd: there is no directory before this one", 1)),
                }
            }
            [option] if option.first() == Some(&b'-') && !is_value && !ended => {
                return Err(self.usage(
                    span,
                    &format!(
                        "cd has no option {}; a directory of this name is ./{}",
                        quote_word(option),
                        visible(option)
                    ),
                ));
            }
            [target] if !target.is_empty() => target.clone(),
            [_] => return Err(self.usage(span, "cd: the name of the directory is empty")),
            _ => return Err(self.usage(span, "cd takes one directory")),
        };
        let relative = !target.starts_with(b"/")
            && target != b"."
            && !target.starts_with(b"./")
            && target != b".."
            && !target.starts_with(b"../");
        if relative && self.env.environment.get(b"CDPATH").is_some_and(|path| !path.is_empty()) {
            return Err(
                self.usage(span, "cd: CDPATH is set, and not followed here; write ./ before the directory")
            );
        }
        let before = self.working_directory(span)?;
        let directory = self.enter_directory(&before, &target, physical, span)?;
        let new = directory.to_bytes().to_vec();
        // Neither name can be refused, and a path contains no NUL. If the script has removed PWD, it stays removed.
        if !self.env.directory_named || self.env.environment.get(b"PWD").is_some() {
            let _ = self.env.environment.set(b"OLDPWD", &before);
            let _ = self.env.environment.set(b"PWD", &new);
        }
        self.env.directory = Some(directory);
        if print {
            let mut line = new;
            line.push(b'\n');
            out.write(self, 1, &line, span)?;
        }
        Ok(0)
    }

    /// Returns the directory that a path leads to from another one, if the script can work in it.
    pub(in crate::eval) fn enter_directory(
        &self,
        before: &[u8],
        target: &[u8],
        physical: bool,
        span: Span,
    ) -> Eval<Arc<CStr>> {
        let failed = |error: &std::io::Error| self.no_directory(target, error, span);
        let path = Path::new(OsStr::from_bytes(before)).join(OsStr::from_bytes(target));
        // Before this function or a policy follows the path.
        self.reach(path.as_os_str().as_bytes(), span)?;
        let new = if physical {
            std::fs::canonicalize(path).map(|path| path.into_os_string().into_vec())
        } else {
            logical(before, target)
        };
        let new = new.map_err(|error| failed(&error))?;
        let path = Path::new(OsStr::from_bytes(&new));
        self.admit(&Effect::ChangeDirectory(path), span)?;
        let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if !metadata.is_dir() {
            return Err(failed(&std::io::ErrorKind::NotADirectory.into()));
        }
        if !access::is_allowed(path, access::Access::Execute) {
            return Err(failed(&std::io::ErrorKind::PermissionDenied.into()));
        }
        // The kernel would find nothing at a path with a NUL in it.
        let directory = CString::new(new).map_err(|_| failed(&std::io::ErrorKind::NotFound.into()))?;
        Ok(Arc::from(directory))
    }

    fn no_directory(&self, target: &[u8], error: &std::io::Error, span: Span) -> Unwind {
        let message = format!("can't go to {}: {}", quote_word(target), reason(error));
        Error::command(page(code::NO_DIRECTORY, self.source(), span, message, "this command"), 1).into()
    }
}

/// Returns the options -L and -P of `cd` and `pwd`, of which the last counts, and the arguments after them.
pub(super) fn links(call: &BuiltinCall) -> (bool, &[Vec<u8>]) {
    let args = call.args.as_slice();
    let mut physical = false;
    for (index, arg) in args.iter().enumerate() {
        if index >= call.literals {
            return (physical, &args[index..]);
        }
        match arg.as_slice() {
            b"--" => return (physical, &args[index + 1..]),
            [b'-', letters @ ..]
                if !letters.is_empty() && letters.iter().all(|letter| b"LP".contains(letter)) =>
            {
                physical = letters.last() == Some(&b'P');
            }
            _ => return (physical, &args[index..]),
        }
    }
    (physical, &[])
}

/// `cd -L`: `..` goes back along the path that was used. The components that the argument adds must exist (POSIX cd,
/// step 8). The working directory itself may have been removed, which every shell accepts.
fn logical(current: &[u8], target: &[u8]) -> std::io::Result<Vec<u8>> {
    let joined = Path::new(OsStr::from_bytes(current)).join(OsStr::from_bytes(target));
    let mut path = PathBuf::from("/");
    for component in joined.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                let is_before = Path::new(OsStr::from_bytes(current)).starts_with(&path);
                if !is_before && !std::fs::metadata(&path)?.is_dir() {
                    return Err(std::io::ErrorKind::NotADirectory.into());
                }
                path.pop();
            }
            _ => {}
        }
    }
    // Two slashes at the start, but not three, may have a special meaning (POSIX 4.16).
    let mut path = path.into_os_string().into_vec();
    let joined = joined.as_os_str().as_bytes();
    if joined.starts_with(b"//") && !joined.starts_with(b"///") {
        path.insert(0, b'/');
    }
    Ok(path)
}
