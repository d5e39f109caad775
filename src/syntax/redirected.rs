//! `step() > log`: a redirection after a call, which is allowed only after a command or a block.

use super::line_at;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// Returns the error for a redirected call on the line of this place.
pub fn page(source: &Arc<Source>, at: usize) -> Option<Box<Diagnostic>> {
    let (start, line) = line_at(source.text(), at);
    let (call, redirection) = line.match_indices('(').find_map(|(open, _)| redirected(line, open))?;
    let span = Span::new(start + redirection.start as usize, start + redirection.end as usize);
    let error = Diagnostic::new(code::SYNTAX, "a call takes no redirection").at(source, span, "after a call");
    let help = format!("give it to a block: {{ {} }} {}", &line[call.range()], &line[redirection.range()]);
    Some(Box::new(error.help(help)))
}

/// Returns the call whose parenthesis opens here, and the redirection after it.
fn redirected(line: &str, open: usize) -> Option<(Span, Span)> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    let name = line.as_bytes()[..open].iter().rev().take_while(|byte| is_name(byte)).count();
    let start = open - name;
    let before = line[..start].trim_end();
    let begins = before.is_empty() || before.ends_with(['{', ';', '&', '|']);
    if name == 0 || !begins || line.as_bytes()[start].is_ascii_digit() {
        return None;
    }
    let mut depth = 0;
    let length = line[open..].bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    })?;
    let end = open + length + 1;
    let rest = line[end..].trim_start();
    let operator = rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '&');
    if !operator.starts_with(['<', '>']) {
        return None;
    }
    let from = line.len() - rest.len();
    let target = rest.find([';', '}', '|']).map_or(rest.len(), |end| end);
    Some((Span::new(start, end), Span::new(from, from + rest[..target].trim_end().len())))
}
