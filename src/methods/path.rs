//! Paths as texts: no file is accessed. Where programs of POSIX have the same function, such as
//! basename(1) and dirname(1), the results are the same.

use super::access::{argument, list, string};
use super::{Host, MethodError, Outcome};
use crate::diag::quote_word;
use crate::value::Value;

type Arguments<'a> = &'a mut [Value];

pub fn basename(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let path = string(this)?;
    let name = name(path);
    Ok(if name.is_empty() && !path.is_empty() { b"/"[..].into() } else { name.into() })
}

pub fn dirname(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(parent(string(this)?).into())
}

pub fn ext(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(split_name(name(string(this)?)).1.into())
}

pub fn stem(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(split_name(name(string(this)?)).0.into())
}

pub fn with_ext(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let path = trim_slashes(string(this)?);
    let ext = string(argument(arguments, 0))?;
    let ext = ext.strip_prefix(b".").unwrap_or(ext);
    if ext.contains(&b'/') {
        return Err(MethodError::value(format!("`with_ext`: {} holds a slash", quote_word(ext)), 0));
    }
    let name = name(path);
    if matches!(name, b"" | b"." | b"..") {
        let message = format!("`with_ext`: {} names no file", quote_word(path));
        return Err(MethodError::new(crate::diag::code::BAD_VALUE, message));
    }
    let kept = path.len() - name.len() + split_name(name).0.len();
    let mut out = path[..kept].to_vec();
    if !ext.is_empty() {
        out.push(b'.');
        out.extend_from_slice(ext);
    }
    Ok(out.into())
}

/// Joins parts, and refuses an absolute one. Scenario: `root.join(name)` with `/etc/passwd` from a list;
/// other languages drop the root, and sh's `$root/$name` uses an unintended path.
pub fn join(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut path = string(this)?.to_vec();
    for (at, part) in list(argument(arguments, 0))?.iter().enumerate() {
        let part = string(part)?;
        if part.starts_with(b"/") {
            let message = format!("`join`: {} is absolute, and can't be below another", quote_word(part));
            return Err(MethodError::value(message, at).help("take the slash off: part.strip_prefix(\"/\")"));
        }
        if !path.is_empty() && !path.ends_with(b"/") && !part.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(part);
        super::limits::bytes(host, "join", Some(path.len()))?;
    }
    Ok(path.into())
}

/// Returns the text after the last slash, ignoring slashes at the end; empty for `/` and the empty path.
fn name(path: &[u8]) -> &[u8] {
    let path = trim_slashes(path);
    memchr::memrchr(b'/', path).map_or(path, |at| &path[at + 1..])
}

/// Returns the result of dirname(1).
fn parent(path: &[u8]) -> &[u8] {
    let trimmed = trim_slashes(path);
    let Some(at) = memchr::memrchr(b'/', trimmed) else { return b"." };
    let parent = trim_slashes(&trimmed[..=at]);
    if parent.is_empty() { b"/" } else { parent }
}

/// Returns it without the slashes at the end; if there are only slashes, one is left.
fn trim_slashes(path: &[u8]) -> &[u8] {
    let len = path.iter().rposition(|byte| *byte != b'/').map_or(path.len().min(1), |last| last + 1);
    &path[..len]
}

/// Returns stem and extension. A dot at the start, as in `.profile`, does not begin an extension.
fn split_name(name: &[u8]) -> (&[u8], &[u8]) {
    if name == b".." {
        return (name, b"");
    }
    match memchr::memrchr(b'.', name) {
        Some(at @ 1..) => (&name[..at], &name[at + 1..]),
        _ => (name, b""),
    }
}
