//! The requirements for a source before it is read: UTF-8, lines that end only in LF, and no hidden
//! characters.

use super::hidden;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// The largest size of a source. Offsets have 32 bits; a script of this size is already a mistake.
pub const MAX_BYTES: usize = 256 << 20;

/// Returns the text of a source given as bytes, or the error if it is not one.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Arc<Source>, Box<Diagnostic>> {
    if bytes.len() > MAX_BYTES {
        let message = format!("{name} holds {} bytes; a script holds at most {MAX_BYTES}", bytes.len());
        return Err(Box::new(Diagnostic::new(code::SYNTAX, message)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source::new(name, text))),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let byte = bytes[at];
            let shown = &bytes[..bytes.len().min(at + 4096)];
            let source = Arc::new(Source::lossy(name, shown));
            Err(Box::new(
                Diagnostic::new(code::INVALID_UTF8, "the source is not UTF-8")
                    .at(&source, Span::new(at, at + 1), format!("the byte 0x{byte:02x}"))
                    .help(format!("write this byte as $'\\x{byte:02x}', or save the file as UTF-8")),
            ))
        }
    }
}

/// Refuses characters that are valid UTF-8 but would silently mean something else.
pub fn check(source: &Arc<Source>) -> Result<(), Box<Diagnostic>> {
    let text = source.text();
    if text.starts_with('\u{feff}') {
        return Err(Box::new(
            Diagnostic::new(code::BOM, "the source begins with a byte order mark")
                .at(source, Span::new(0, 3), "U+FEFF")
                .help("save the file as UTF-8 without a byte order mark"),
        ));
    }
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return Err(Box::new(
            Diagnostic::new(code::NUL_BYTE, "a NUL byte in the source")
                .at(source, Span::new(at, at + 1), "arguments and file names can't contain it")
                .help("remove it; this is probably not a script"),
        ));
    }
    if let Some(at) = memchr::memmem::find(text.as_bytes(), b"\r\n") {
        return Err(Box::new(
            Diagnostic::new(code::CRLF, "a line ends in CR LF")
                .at(source, Span::new(at, at + 1), "this carriage return would become part of the line")
                .help("end lines in LF alone: sed -i 's/\\r$//' FILE"),
        ));
    }
    match hidden::find(text) {
        Some((at, found)) => Err(hidden::refusal(source, at, found)),
        None => Ok(()),
    }
}
