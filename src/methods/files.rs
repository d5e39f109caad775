//! The access of path methods and of `read`, `write` and `glob` to files, through the host.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::access::{argument, optional_truth, string};
use super::{FileKind, Host, Metadata, MethodError, Outcome, limits};
use crate::diag::{code, quote_word, reason};
use crate::value::format::to_word;
use crate::value::{List, Size, Value};

type Arguments<'a> = &'a mut [Value];

pub fn exists(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(look(host, this, true)?.is_some().into())
}

pub fn is_file(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(look(host, this, true)?.is_some_and(|found| found.kind == FileKind::File).into())
}

pub fn is_dir(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(look(host, this, true)?.is_some_and(|found| found.kind == FileKind::Directory).into())
}

pub fn is_link(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(look(host, this, false)?.is_some_and(|found| found.kind == FileKind::Link).into())
}

/// Examines a file like test(1): a file that can't be examined does not exist.
fn look(host: &mut dyn Host, this: &Value, follow: bool) -> Outcome<Option<Metadata>> {
    Ok(resolve(host, string(this)?).ok().and_then(|path| host.metadata(&path, follow).ok()))
}

pub fn file_size(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let found = metadata("file_size", host, this)?;
    Ok(Size::from_bytes(i64::try_from(found.size).unwrap_or(i64::MAX)).into())
}

pub fn modified(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(metadata("modified", host, this)?.modified.into())
}

fn metadata(method: &str, host: &mut dyn Host, this: &Value) -> Outcome<Metadata> {
    let path = string(this)?;
    let found = resolve(host, path).and_then(|path| host.metadata(&path, true));
    found.map_err(|error| failure(code::READ_FAILED, method, path, &error))
}

pub fn absolute(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let path = string(this)?;
    let resolved = resolve(host, path).map_err(|error| failure(code::BAD_VALUE, "absolute", path, &error))?;
    // Rust's components leave out `.` and doubled slashes, and keep `..`: the parent of a symbolic
    // link's target differs from the name before it.
    let plain: PathBuf = resolved.components().collect();
    Ok(plain.as_os_str().as_bytes().into())
}

/// Implements `read(path)`.
pub fn read(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let path = string(argument(arguments, 0))?;
    let read = resolve(host, path).and_then(|path| host.read(&path, limits::BYTES));
    match read.map_err(|error| failure(code::READ_FAILED, "read", path, &error).at(0))? {
        Some(bytes) => Ok(bytes.into()),
        None => {
            let message = format!("`read`: {} holds more than 256M", quote_word(path));
            Err(MethodError::new(code::TOO_LARGE, message)
                .at(0)
                .help("go through it line by line: each line { … } < $path"))
        }
    }
}

/// Implements `write(path, text, append?)`.
pub fn write(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let path = string(argument(arguments, 0))?;
    let content = argument(arguments, 1);
    let append = optional_truth(argument(arguments, 2))?.unwrap_or(false);
    let bytes = match content.as_secret() {
        Some(secret) => Ok(secret.as_bytes().into()),
        None => to_word(content),
    };
    let bytes = bytes.map_err(|error| {
        let message = format!("`write` writes a string, and {error}");
        MethodError::new(code::NOT_A_WORD, message)
            .at(1)
            .help("join a list: xs.join(\"\\n\"); write a map as JSON: to_json(m)")
    })?;
    let private = content.as_secret().is_some();
    let written = resolve(host, path).and_then(|path| host.write(&path, &bytes, append, private));
    written.map_err(|error| failure(code::WRITE_FAILED, "write", path, &error).at(0))?;
    Ok(Value::Null)
}

/// Implements `glob(pattern)`.
pub fn glob(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let pattern = string(argument(arguments, 0))?;
    match host.glob(pattern) {
        Ok(paths) => Ok(paths.into_iter().map(Value::from).collect::<List>().into()),
        Err(reason) => Err(MethodError::value(format!("`glob`: {reason}"), 0)),
    }
}

/// Implements `script_path()`.
pub fn script_path(host: &mut dyn Host, _: &Value, _: Arguments) -> Outcome {
    match host.script_path() {
        Some(path) => Ok(path.as_os_str().as_bytes().into()),
        None => Err(MethodError::new(code::NOT_A_FILE, "`script_path`: this code is not in a file")
            .help("run it as a script: pipewright FILE; or hand the directory over as an argument")),
    }
}

/// Returns the path relative to the session's directory. An empty path would be the directory itself,
/// and one that contains NUL would be a different one.
fn resolve(host: &dyn Host, path: &[u8]) -> io::Result<PathBuf> {
    if path.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the path is empty"));
    }
    if path.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path holds a NUL byte"));
    }
    Ok(host.directory().join(Path::new(OsStr::from_bytes(path))))
}

#[cold]
fn failure(code: crate::diag::Code, method: &str, path: &[u8], error: &io::Error) -> MethodError {
    MethodError::new(code, format!("`{method}`: {}: {}", quote_word(path), reason(error)))
}
