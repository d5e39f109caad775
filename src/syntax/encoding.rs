//! What a source must be before it is read at all: UTF-8, with lines that end in LF alone, and nothing hidden in it.

use super::hidden;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// How large a source may be. Offsets are 32 bits wide; a script of this size is a mistake well before that.
pub const MAX_BYTES: usize = 256 << 20;

/// The text of a source given as bytes, or why it is none.
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

/// What UTF-8 text may still hold that would silently mean something else.
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
                .at(source, Span::new(at, at + 1), "no argument and no file name can hold it")
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
